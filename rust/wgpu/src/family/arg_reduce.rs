//! Extrema and their positions: lines in one launch, or in chunks whose results are lines for the next.

use ferrotorch_kernel::kernel::Extremum;
use ferrotorch_kernel::{Array, DType, Error, Layout, Operand, Result};
use smallvec::SmallVec;

use super::lines::{MAX_STEPS, team};
use super::{output, real_only};
use crate::gpu::{Bound, Gpu, Launch, spread};
use crate::shader::{Family, Harness, Stored, Values, Variant};
use crate::space::{MAX_DIMS, Space, Walk};

pub(crate) static ARG_REDUCE: Family =
    Family::new("ArgReduce", Harness::Whole, |_| include_str!("../../../../shaders/arg_reduce.wgsl")).values(values);

/// `Variant::mode`: the elements come with indices of their own.
const INDEXED: u32 = 1;
/// `Variant::mode`: the results are chunks' and not yet lines'.
const PARTIAL: u32 = 2;
/// Threads in a workgroup.
const GROUP: usize = 128;

pub(crate) fn run(gpu: &Gpu, op: Extremum, dim: usize, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let (input, values, indices) = (inputs[0].array()?, output(outputs, 0)?, output(outputs, 1)?);
    real_only(&[input, values])?;
    if values.numel() == 0 {
        return Ok(());
    }
    let op = match op {
        Extremum::Max => "max",
        Extremum::Min => "min",
    };
    let lines = Lines { op, dim, input, positions: None };
    lines.run(gpu, values, indices)
}

/// Elements to search along a dimension, and where they come from if they are not the first to be searched.
struct Lines<'a> {
    op: &'static str,
    dim: usize,
    input: &'a Array,
    positions: Option<&'a Array>,
}

impl Lines<'_> {
    /// Results for every line; where lines are long, for their chunks first.
    fn run(&self, gpu: &Gpu, values: &Array, indices: &Array) -> Result<()> {
        let (length, lines) = (self.input.shape()[self.dim], values.numel());
        let across = gpu.is_software || self.is_across();
        // Enough chunks to keep a GPU busy, and none longer than a thread of a team should walk.
        let threads = if across { 1 } else { GROUP };
        let chunks =
            (512 * GROUP / threads / lines).min(length / (64 * threads)).max(length.div_ceil(threads * MAX_STEPS)).max(1);
        let chunk = length.div_ceil(chunks);
        let chunks = length.div_ceil(chunk);
        if chunks == 1 {
            return self.launch(gpu, 1, length, values, indices);
        }
        let mut shape: SmallVec<[usize; 8]> = self.input.shape().into();
        shape[self.dim] = chunks;
        let best = gpu.empty_array(&Layout::contiguous(&shape), values.dtype)?;
        let positions = gpu.empty_array(&Layout::contiguous(&shape), DType::Int32)?;
        self.launch(gpu, chunks, chunk, &best, &positions)?;
        Lines { input: &best, positions: Some(&positions), ..*self }.run(gpu, values, indices)
    }

    /// Do neighbouring elements belong to neighbouring lines? Then neighbouring threads should take these.
    fn is_across(&self) -> bool {
        let strides = self.input.layout.strides();
        let step = strides[self.dim].unsigned_abs();
        let sizes = self.input.shape();
        (0..strides.len()).any(|d| d != self.dim && sizes[d] >= 64 && strides[d].unsigned_abs() < step)
    }

    fn launch(&self, gpu: &Gpu, chunks: usize, chunk: usize, values: &Array, positions: &Array) -> Result<()> {
        // Chunks are the innermost dimension of the space, so that a point's number tells which one it is.
        let along = |layout: &Layout, step: isize| {
            let mut walk = Walk::of(layout);
            walk.strides.remove(self.dim);
            walk.strides.push(step);
            walk
        };
        let outputs = [values, positions].map(|a| along(&a.layout, if chunks > 1 { a.layout.strides()[self.dim] } else { 0 }));
        let inputs = [Some(self.input), self.positions].into_iter().flatten();
        let walks = outputs.into_iter().chain(inputs.clone().map(|a| along(&a.layout, 0)));
        let mut shape: SmallVec<[usize; 8]> = self.input.shape().into();
        shape.remove(self.dim);
        shape.push(chunks);
        let space = Space::new(&shape, walks).merge();
        if space.shape.len() > MAX_DIMS {
            return Err(Error::unsupported("an extremum over more than 8 dimensions"));
        }
        // Positions are written as words: they need no 64-bit arithmetic.
        let partial = positions.dtype == DType::Int32;
        let stored = if partial { Stored::Int32 } else { Stored::Pair };
        let mut operands: SmallVec<[Option<Bound>; 4]> = SmallVec::new();
        operands.extend([Some(gpu.bind(values)?), Some(gpu.bind_as(positions, stored)?)]);
        for array in inputs {
            operands.push(Some(gpu.bind(array)?));
        }
        let team = if gpu.is_software || self.is_across() { 1 } else { team(chunk, GROUP) };
        let step = |array: Option<&Array>| array.map_or(0, |a| a.layout.strides()[self.dim] as u32);
        let length = self.input.shape()[self.dim] as u32;
        let args = [length, chunk as u32, chunks as u32, step(Some(self.input)), step(self.positions), team as u32];
        let launch = Launch {
            family: &ARG_REDUCE,
            op: self.op,
            compute: Stored::of(self.input.dtype),
            outputs: 2,
            operands: &operands,
            space: &space,
            args: &args,
            packed: None,
            mode: if self.positions.is_some() { INDEXED } else { 0 } | if partial { PARTIAL } else { 0 },
        };
        gpu.launch(launch, spread((space.count() * team).div_ceil(GROUP)))
    }
}

fn values(variant: &Variant) -> Values {
    let index = if variant.mode & INDEXED != 0 { "bitcast<u32>(load_in1(at[3] + j * arg(4u)))" } else { "j" };
    let store = if variant.mode & PARTIAL != 0 {
        "store_out1(at[1], bitcast<i32>(bests[lane].index));"
    } else {
        "store_out1(at[1], vec2<u32>(bests[lane].index, 0u));"
    };
    vec![("order", if variant.op == "max" { ">" } else { "<" }.into()), ("index", index.into()), ("store_index", store.into())]
}
