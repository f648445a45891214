//! Running sums, products and extrema: blocks of lines, and where a line has several, first what each of them comes to.

use ferrotorch_kernel::kernel::Scan;
use ferrotorch_kernel::{Array, DType, Error, Layout, Operand, Result};
use smallvec::SmallVec;

use super::lines::MAX_STEPS;
use super::output;
use super::reductions::Rule;
use super::segments::kept_as;
use crate::gpu::{Bound, Gpu, Launch, spread};
use crate::shader::{Family, Harness, Stored, Values, Variant};
use crate::space::{MAX_DIMS, Space, Walk};

pub(crate) static SCAN: Family =
    Family::new("Scan", Harness::Whole, |_| include_str!("../../../../shaders/scan.wgsl")).values(values).library(library);

/// `Variant::mode`: what blocks come to is written, not their elements.
const TOTALS: u32 = 1;
/// `Variant::mode`: the last inputs are what the blocks before come to.
const CARRIED: u32 = 2;
/// `Variant::mode`: the elements come with indices of their own.
const INDEXED: u32 = 4;
/// `Variant::mode`: elements count as true or false.
const TRUTH: u32 = 8;

/// Threads in a workgroup.
const GROUP: usize = 256;
/// Elements that a team takes of a line that is too long for one.
const BLOCK: usize = 4096;
/// Threads that are enough to keep a GPU busy.
const BUSY: usize = 4096;
/// The parameter with the first step along a line.
const STEPS: usize = 5;

/// Runs a scan along `dim`.
pub(crate) fn run(gpu: &Gpu, op: Scan, dim: usize, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let (input, out) = (inputs[0].array()?, output(outputs, 0)?);
    let (op, compute) = match op {
        Scan::Sum => ("sum", Stored::of(out.dtype.accumulate())),
        Scan::Prod => ("prod", Stored::of(out.dtype.accumulate())),
        Scan::LogSumExp => ("log_sum_exp", Stored::of(out.dtype.accumulate())),
        Scan::Max => ("max", Stored::of(input.dtype)),
        Scan::Min => ("min", Stored::of(input.dtype)),
    };
    if is_extremum(op) && compute.is_complex() {
        return Err(Error::unsupported("an order of complex numbers"));
    }
    if !is_extremum(op) && (compute == Stored::Bool || !Rule::named(op).is_computed_in(compute)) {
        return Err(Error::unsupported(format!("a running {op} in {}", out.dtype.name())));
    }
    Call { op, compute, mode: 0 }.run(gpu, dim, &[input], &outputs.iter().collect::<SmallVec<[&Array; 2]>>())
}

/// How many elements of a vector up to each one are not zero; `out` holds words.
pub(crate) fn count(gpu: &Gpu, flags: &Array, out: &Array) -> Result<()> {
    Call { op: "sum", compute: Stored::Int32, mode: TRUTH }.run(gpu, 0, &[flags], &[out])
}

/// A scan of lines, whatever they lie in.
#[derive(Clone, Copy)]
struct Call {
    op: &'static str,
    compute: Stored,
    mode: u32,
}

/// How lines are cut.
#[derive(Debug, PartialEq, Eq)]
struct Cut {
    block: usize,
    blocks: usize,
    team: usize,
    run: usize,
}

impl Cut {
    /// Where neighbouring elements belong to neighbouring lines, neighbouring threads should take these.
    fn new(lines: usize, length: usize, across: bool) -> Cut {
        if across {
            let wanted = BUSY.div_ceil(lines.max(1)).min(length.div_ceil(64)).max(length.div_ceil(MAX_STEPS)).max(1);
            let block = length.div_ceil(wanted);
            return Cut { block, blocks: length.div_ceil(block), team: 1, run: block };
        }
        let block = if length <= 2 * BLOCK { length } else { BLOCK };
        let team = (block / 8).next_power_of_two().clamp(1, GROUP);
        Cut { block, blocks: length.div_ceil(block), team, run: block.div_ceil(team) }
    }
}

impl Call {
    /// An operand. Indices that are written are pairs of words: they need no 64-bit arithmetic.
    fn bind(&self, gpu: &Gpu, k: usize, array: &Array) -> Result<Bound> {
        let is_index = k == 1 && is_extremum(self.op) && array.dtype == DType::Int64;
        if is_index { gpu.bind_as(array, Stored::Pair) } else { gpu.bind(array) }
    }

    /// Elements, and for extrema indices where these are not the elements' own places; outputs likewise.
    fn run(&self, gpu: &Gpu, dim: usize, inputs: &[&Array], outputs: &[&Array]) -> Result<()> {
        let (shape, length) = (inputs[0].shape(), inputs[0].shape()[dim]);
        let lines = inputs[0].numel() / length.max(1);
        let cut = Cut::new(lines, length, is_across(inputs[0], dim));
        if cut.blocks == 1 {
            return self.launch(gpu, dim, &cut, inputs, outputs, &[]);
        }
        if lines * cut.blocks >= 1 << 31 {
            return Err(Error::unsupported(format!("scans of a tensor of shape {shape:?}")));
        }
        let table = |dtype: DType| gpu.empty_array(&Layout::contiguous(&[lines, cut.blocks]), dtype);
        let tables = || -> Result<SmallVec<[Array; 2]>> {
            let indices = is_extremum(self.op).then(|| table(DType::Int32));
            std::iter::once(table(kept_as(self.compute).0)).chain(indices).collect()
        };
        let (totals, carried) = (tables()?, tables()?);
        let (totals, carried): (SmallVec<[&Array; 2]>, SmallVec<[&Array; 2]>) =
            (totals.iter().collect(), carried.iter().collect());
        Call { mode: self.mode | TOTALS, ..*self }.launch(gpu, dim, &cut, inputs, &totals, &[])?;
        Call { mode: 0, ..*self }.run(gpu, 1, &totals, &carried)?;
        Call { mode: self.mode | CARRIED, ..*self }.launch(gpu, dim, &cut, inputs, outputs, &carried)
    }

    fn launch(&self, gpu: &Gpu, dim: usize, cut: &Cut, inputs: &[&Array], outputs: &[&Array], carried: &[&Array]) -> Result<()> {
        let is_total = self.mode & TOTALS != 0;
        // Blocks are the innermost dimension of the space, so that a point's number tells which one it is.
        let mut shape: SmallVec<[usize; MAX_DIMS]> = inputs[0].shape().into();
        shape.remove(dim);
        shape.push(cut.blocks);
        let along = |array: &Array| {
            let mut walk = Walk::of(&array.layout);
            walk.strides.remove(dim);
            walk.strides.push(0);
            walk
        };
        let by_block = |_: &&Array| Walk::fixed(shape.len());
        let walks = outputs
            .iter()
            .map(|array| if is_total { by_block(array) } else { along(array) })
            .chain(inputs.iter().map(|array| along(array)))
            .chain(carried.iter().map(by_block));
        let space = Space::new(&shape, walks).merge();
        let arrays: SmallVec<[&Array; 6]> = outputs.iter().chain(inputs).chain(carried).copied().collect();
        let mut args: SmallVec<[u32; 12]> = SmallVec::new();
        args.extend([inputs[0].shape()[dim], cut.block, cut.blocks, cut.team, cut.run].map(|n| n as u32));
        args.extend(arrays.iter().enumerate().map(|(k, array)| {
            if k < outputs.len() && is_total { 1 } else { array.layout.strides().get(dim).map_or(0, |&step| step as u32) }
        }));
        let operands = arrays.iter().enumerate().map(|(k, array)| self.bind(gpu, k, array).map(Some));
        let operands = operands.collect::<Result<SmallVec<[Option<Bound>; 6]>>>()?;
        if space.shape.len() > MAX_DIMS || operands.iter().flatten().any(|bound| !gpu.binds_whole(bound)) {
            return Err(Error::unsupported(format!("scans of a tensor of shape {:?}", inputs[0].shape())));
        }
        let indexed = if is_extremum(self.op) && inputs.len() > 1 { INDEXED } else { 0 };
        let launch = Launch {
            family: &SCAN,
            op: self.op,
            compute: self.compute,
            outputs: outputs.len(),
            operands: &operands,
            space: &space,
            args: &args,
            packed: None,
            mode: self.mode | indexed,
        };
        gpu.launch(launch, spread((space.count() * cut.team).div_ceil(GROUP)))
    }
}

/// Do neighbouring elements belong to neighbouring lines?
fn is_across(array: &Array, dim: usize) -> bool {
    let (sizes, strides) = (array.shape(), array.layout.strides());
    let step = strides[dim].unsigned_abs();
    (0..strides.len()).any(|d| d != dim && sizes[d] >= 16 && strides[d].unsigned_abs() < step)
}

fn library(variant: &Variant) -> Vec<&'static str> {
    let write = match variant.mode & TOTALS {
        0 => include_str!("../../../../shaders/scan/elements.wgsl"),
        _ => include_str!("../../../../shaders/scan/totals.wgsl"),
    };
    let extremum = include_str!("../../../../shaders/scan/extremum.wgsl");
    let op = if is_extremum(variant.op) { vec![extremum] } else { Rule::named(variant.op).texts().collect() };
    op.into_iter().chain([write]).collect()
}

fn is_extremum(op: &str) -> bool {
    matches!(op, "max" | "min")
}

fn values(variant: &Variant) -> Values {
    let (outputs, mode) = (variant.outputs as usize, variant.mode);
    let is_total = mode & TOTALS != 0;
    let place = |k: usize| if is_total && k < outputs { "block".into() } else { format!("at[{k}] + j * arg({}u)", STEPS + k) };
    let mut values = if is_extremum(variant.op) { extremum_values(variant, place) } else { sum_values(variant, place) };
    values.push(("totals", is_total.to_string()));
    values
}

/// The texts for reductions' states.
fn sum_values(variant: &Variant, place: impl Fn(usize) -> String) -> Values {
    let read = if variant.mode & TRUTH != 0 { "truthy_in0" } else { "read_in0" };
    let before = if variant.mode & CARRIED != 0 { "accept(initial(T()), read_in1(block - 1u))" } else { "initial(T())" };
    vec![
        ("nothing", "initial(T())".into()),
        ("next", format!("accept(state, {read}({}))", place(1))),
        ("before", before.into()),
        ("emit", format!("append_out0({}, convert_out0(finish(state)));", place(0))),
    ]
}

/// The texts for elements and their indices.
fn extremum_values(variant: &Variant, place: impl Fn(usize) -> String) -> Values {
    let is_indexed = variant.mode & INDEXED != 0;
    let index = if is_indexed { format!("bitcast<u32>(load_in1({}))", place(3)) } else { "j".into() };
    let carried = 1 + is_indexed as usize;
    let before = match variant.mode & CARRIED {
        0 => "State(T(), NOTHING)".into(),
        _ => format!("State(read_in{carried}(block - 1u), bitcast<u32>(load_in{}(block - 1u)))", carried + 1),
    };
    let is_word = variant.slots[1].stored() == Some(Stored::Int32);
    let bits = if is_word { "bitcast<i32>(state.index)" } else { "vec2<u32>(state.index, 0u)" };
    vec![
        ("nothing", "State(T(), NOTHING)".into()),
        ("next", format!("merge(state, State(read_in0({}), {index}))", place(2))),
        ("before", before),
        ("emit", format!("append_out0({}, convert_out0(state.x));\n        store_out1({}, {bits});", place(0), place(1))),
        ("order", if variant.op == "max" { ">=" } else { "<=" }.into()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_cover_lines_and_no_thread_goes_far() {
        for (lines, length) in [(1, 1), (3, 17), (1, 8192), (1, 8193), (5, 1_000_000), (100_000, 3), (16, 50_000)] {
            for across in [false, true] {
                let cut = Cut::new(lines, length, across);
                assert!(cut.block * cut.blocks >= length && cut.block * (cut.blocks - 1) < length, "{cut:?}");
                assert!(cut.team * cut.run >= cut.block && cut.run <= MAX_STEPS, "{cut:?}");
            }
        }
    }
}
