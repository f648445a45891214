//! Discrete Fourier transforms, dimension by dimension: lines of up to 1024 elements (512 of float64) within a workgroup, longer ones
//! in a launch for each doubling, and lengths that are no powers of two as a convolution of such a length.

use ferrotorch_kernel::kernel::Fourier;
use ferrotorch_kernel::{Array, DType, Error, Layout, Operand, Result};
use smallvec::SmallVec;

use super::output;
use crate::gpu::{Bound, Gpu, Launch, spread};
use crate::shader::{Family, Harness, Stored, Values, Variant};
use crate::space::{MAX_DIMS, Space, Walk};

pub(crate) static LINE: Family = Family::new("FftLine", Harness::Whole, |_| include_str!("../../../../shaders/fft_line.wgsl"))
    .values(line_values)
    .library(library);
pub(crate) static BEGIN: Family = Family::new("FftBegin", Harness::Whole, |_| include_str!("../../../../shaders/fft_begin.wgsl"))
    .values(values)
    .library(library);
pub(crate) static STAGE: Family =
    Family::new("FftStage", Harness::Whole, |_| include_str!("../../../../shaders/fft_stage.wgsl")).library(library);
pub(crate) static FILTER: Family =
    Family::new("FftFilter", Harness::Elementwise, |_| include_str!("../../../../shaders/fft_filter.wgsl")).library(library);
pub(crate) static PRODUCT: Family =
    Family::new("FftProduct", Harness::Elementwise, |_| include_str!("../../../../shaders/fft_product.wgsl")).library(library);
pub(crate) static END: Family =
    Family::new("FftEnd", Harness::Whole, |_| include_str!("../../../../shaders/fft_end.wgsl")).values(values).library(library);

/// `Variant::mode`: the input is real.
const REAL_IN: u32 = 1;
/// `Variant::mode`: the input is the first half of coefficients, of which the others are the conjugates.
const HERMITIAN_IN: u32 = 2;
/// `Variant::mode`: the output is real.
const REAL_OUT: u32 = 4;
/// `Variant::mode`: elements are multiplied by the chirp of Bluestein's algorithm.
const CHIRP: u32 = 8;

/// Bytes of a workgroup's own memory, of which each adapter has that many.
const MEMORY: usize = 16_384;
/// The longest line that is not of 2^k elements: squares of places are numbered in 32 bits.
const MAX_CHIRP: usize = 65_535;

pub(crate) fn run(
    gpu: &Gpu,
    transform: Fourier,
    dims: &[usize],
    scale: f64,
    inputs: &[Operand],
    outputs: &[Array],
) -> Result<()> {
    let (input, out) = (inputs[0].array()?, output(outputs, 0)?);
    for array in [input, out] {
        if !matches!(array.dtype.accumulate(), DType::Float32 | DType::Float64 | DType::Complex64 | DType::Complex128)
            || array.layout.ndim() > MAX_DIMS
        {
            return Err(Error::unsupported(format!("Fourier transforms in {}", array.dtype.name())));
        }
    }
    let Some((&last, others)) = dims.split_last() else { return Ok(()) };
    let length = |dim: usize| if transform == Fourier::ToReal { out.shape()[dim] } else { input.shape()[dim] };
    // Transforms of real numbers begin with the last dimension, those to real numbers end with it.
    let order: SmallVec<[usize; MAX_DIMS]> = match transform {
        Fourier::OfReal => std::iter::once(last).chain(others.iter().copied()).collect(),
        _ => dims.into(),
    };
    let inverse = matches!(transform, Fourier::Backward | Fourier::ToReal);
    let mut from = input.clone();
    for (i, &dim) in order.iter().enumerate() {
        let is_end = i + 1 == order.len();
        let mode = match transform {
            Fourier::OfReal if i == 0 => REAL_IN,
            Fourier::ToReal if is_end => HERMITIAN_IN | REAL_OUT,
            _ => 0,
        };
        let between = if transform == Fourier::OfReal { out.shape() } else { input.shape() };
        let to = if is_end { out.clone() } else { gpu.empty_array(&Layout::contiguous(between), complex(out.dtype))? };
        let scale = if is_end { scale } else { 1.0 };
        Step { dim, length: length(dim), inverse, scale, mode, from: &from, to: &to }.run(gpu)?;
        from = to;
    }
    Ok(())
}

/// The transform along one dimension.
struct Step<'a> {
    dim: usize,
    length: usize,
    inverse: bool,
    scale: f64,
    mode: u32,
    from: &'a Array,
    to: &'a Array,
}

/// What a launch is, besides the arrays.
struct Call {
    family: &'static Family,
    mode: u32,
    args: SmallVec<[u32; 8]>,
}

impl Step<'_> {
    fn lines(&self) -> usize {
        self.to.numel() / self.to.shape()[self.dim]
    }

    fn run(&self, gpu: &Gpu) -> Result<()> {
        if self.length.is_power_of_two() && self.length <= room(Stored::of(complex(self.to.dtype))) {
            let call = Call { family: &LINE, mode: self.mode, args: self.args(self.scale, 0) };
            return self.launch(gpu, &call, Some(self.to), Some(self.from), self.lines());
        }
        let is_chirped = !self.length.is_power_of_two();
        let padded = if is_chirped { (2 * self.length - 1).next_power_of_two() } else { self.length };
        if (is_chirped && self.length > MAX_CHIRP) || self.lines() * padded >= 1 << 28 {
            return Err(Error::unsupported(format!("Fourier transforms of {} lines of {}", self.lines(), self.length)));
        }
        let chirp = if is_chirped { CHIRP } else { 0 };
        let mut table = gpu.empty_array(&Layout::contiguous(&[self.lines(), padded]), complex(self.to.dtype))?;
        let begin = Call { family: &BEGIN, mode: self.mode & !REAL_OUT | chirp, args: self.args(1.0, padded) };
        self.launch(gpu, &begin, Some(&table), Some(self.from), (self.lines() * padded).div_ceil(256))?;
        if is_chirped {
            table = self.convolve(gpu, table, padded)?;
        } else {
            table = transform(gpu, table, self.inverse, 1.0)?;
        }
        let end = Call { family: &END, mode: self.mode & REAL_OUT | chirp, args: self.args(self.scale, padded) };
        let count = self.lines() * self.to.shape()[self.dim];
        self.launch(gpu, &end, Some(self.to), Some(&table), count.div_ceil(256))
    }

    /// The lines of a table, each convolved with the filter of Bluestein's algorithm.
    fn convolve(&self, gpu: &Gpu, table: Array, padded: usize) -> Result<Array> {
        let filter = gpu.empty_array(&Layout::contiguous(&[1, padded]), table.dtype)?;
        elementwise(gpu, &FILTER, &[&filter], &self.args(1.0, padded))?;
        let filter = transform(gpu, filter, false, 1.0)?;
        let table = transform(gpu, table, false, 1.0)?;
        let product = gpu.empty_array(&table.layout, table.dtype)?;
        let rows = filter.with_layout(Layout::strided(table.shape(), &[0, 1], 0));
        elementwise(gpu, &PRODUCT, &[&product, &table, &rows], &[])?;
        transform(gpu, product, true, 1.0 / padded as f64)
    }

    fn args(&self, scale: f64, padded: usize) -> SmallVec<[u32; 8]> {
        let step = |array: &Array| array.layout.strides()[self.dim] as u32;
        let real = if complex(self.to.dtype) == DType::Complex64 { Stored::Float32 } else { Stored::Float64 };
        let [low, high] = real.scalar_words(scale.into());
        let kept = self.to.shape()[self.dim] as u32;
        SmallVec::from_slice(&[
            self.length as u32,
            step(self.from),
            step(self.to),
            kept,
            self.inverse.into(),
            padded as u32,
            low,
            high,
        ])
    }

    /// Launches over the lines. Arrays other than the step's own are tables, which the shader finds its way in.
    fn launch(&self, gpu: &Gpu, call: &Call, to: Option<&Array>, from: Option<&Array>, groups: usize) -> Result<()> {
        let mut shape: SmallVec<[usize; MAX_DIMS]> = self.to.shape().into();
        shape.remove(self.dim);
        let lines = |array: &Array| {
            let mut walk = Walk::of(&array.layout);
            walk.strides.remove(self.dim);
            walk
        };
        let space = Space::new(&shape, [lines(self.to), lines(self.from)]).merge();
        let operands = [to, from].map(|array| array.map(|array| gpu.bind(array)).transpose());
        let [to, from] = operands;
        launch(gpu, call, &[to?, from?], &space, groups)
    }
}

/// Transforms the lines of a table of 2^k columns.
fn transform(gpu: &Gpu, mut table: Array, inverse: bool, scale: f64) -> Result<Array> {
    let (lines, length) = (table.shape()[0], table.shape()[1]);
    let dtype = table.dtype;
    let new = || gpu.empty_array(&Layout::contiguous(&[lines, length]), dtype);
    if length <= room(Stored::of(dtype)) {
        let to = new()?;
        Step { dim: 1, length, inverse, scale, mode: 0, from: &table, to: &to }.run(gpu)?;
        return Ok(to);
    }
    let mut p = 1;
    while p < length {
        let to = new()?;
        let args = SmallVec::from_slice(&[length as u32, 1, 1, length as u32, inverse.into(), p as u32]);
        let space = Space::new(&[lines], [Walk::fixed(1), Walk::fixed(1)]);
        let operands = [Some(gpu.bind(&to)?), Some(gpu.bind(&table)?)];
        launch(gpu, &Call { family: &STAGE, mode: 0, args }, &operands, &space, (lines * length / 2).div_ceil(256))?;
        (table, p) = (to, 2 * p);
    }
    if scale == 1.0 {
        return Ok(table);
    }
    // The factor, which stages have no place for, is that of a last copy.
    let (to, padded) = (new()?, length);
    let step = Step { dim: 1, length, inverse, scale, mode: 0, from: &table, to: &to };
    let end = Call { family: &END, mode: 0, args: step.args(scale, padded) };
    step.launch(gpu, &end, Some(&to), Some(&table), (lines * length).div_ceil(256))?;
    Ok(to)
}

fn launch(gpu: &Gpu, call: &Call, operands: &[Option<Bound>], space: &Space, groups: usize) -> Result<()> {
    let is_double = operands.iter().flatten().any(|bound| bound.stored.is_double());
    let compute = if is_double { Stored::Complex128 } else { Stored::Complex64 };
    if operands.iter().flatten().any(|bound| !gpu.binds_whole(bound)) {
        return Err(Error::unsupported("Fourier transforms of so large a tensor"));
    }
    let launch = Launch {
        family: call.family,
        op: "",
        compute,
        outputs: 1,
        operands,
        space,
        args: &call.args,
        packed: None,
        mode: call.mode,
    };
    gpu.launch(launch, spread(groups))
}

fn elementwise(gpu: &Gpu, family: &'static Family, arrays: &[&Array], args: &[u32]) -> Result<()> {
    let operands = arrays.iter().map(|array| gpu.bind(array).map(Some)).collect::<Result<SmallVec<[Option<Bound>; 3]>>>()?;
    gpu.elementwise(Launch {
        family,
        op: "",
        compute: Stored::of(arrays[0].dtype),
        outputs: 1,
        operands: &operands,
        space: &Space::new(arrays[0].shape(), arrays.iter().map(|array| Walk::of(&array.layout))),
        args,
        packed: None,
        mode: 0,
    })
}

/// The complex dtype beside a dtype.
fn complex(dtype: DType) -> DType {
    match dtype {
        DType::Float64 | DType::Complex128 => DType::Complex128,
        _ => DType::Complex64,
    }
}

/// Elements of a line that a workgroup has room for, before and after a step.
fn room(compute: Stored) -> usize {
    MEMORY / 2 / compute.bytes()
}

fn library(variant: &Variant) -> Vec<&'static str> {
    let fetch = match variant.mode & (REAL_IN | HERMITIAN_IN) {
        REAL_IN => include_str!("../../../../shaders/fft/real_in.wgsl"),
        HERMITIAN_IN => include_str!("../../../../shaders/fft/hermitian_in.wgsl"),
        _ => include_str!("../../../../shaders/fft/complex_in.wgsl"),
    };
    let deliver = match variant.mode & REAL_OUT {
        0 => include_str!("../../../../shaders/fft/complex_out.wgsl"),
        _ => include_str!("../../../../shaders/fft/real_out.wgsl"),
    };
    vec![include_str!("../../../../shaders/fft/turn.wgsl"), fetch, deliver]
}

fn values(variant: &Variant) -> Values {
    let chirped = if variant.mode & CHIRP != 0 { "complex_product(x, chirp(j, arg(0u)))" } else { "x" };
    vec![("chirped", chirped.into())]
}

fn line_values(variant: &Variant) -> Values {
    let room = room(variant.compute);
    vec![("room", room.to_string()), ("halves", (2 * room).to_string())]
}
