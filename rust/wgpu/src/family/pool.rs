//! Pooling over one to three spatial dimensions: one output a thread, gradients by looking at the windows that hold a place.

use ferrotorch_kernel::kernel::{Combine, PoolPass, PoolWindow};
use ferrotorch_kernel::{Array, DType, Error, Layout, Operand, Result, Scalar, bail};
use smallvec::SmallVec;

use super::conv::check_words;
use super::{output, real_only};
use crate::gpu::{Bound, Gpu, Launch, spread};
use crate::shader::{Family, Harness, Stored, Values, Variant};
use crate::space::{Space, Walk};

pub(crate) static MAX: Family = family("MaxPool", Harness::Whole, largest).ranked();
pub(crate) static MAX_GRAD: Family =
    family("MaxPoolGrad", Harness::Elementwise, |_| include_str!("../../../../shaders/pool_max_grad.wgsl"));
pub(crate) static AVERAGE: Family =
    family("AveragePool", Harness::Elementwise, |_| include_str!("../../../../shaders/pool_average.wgsl"));
pub(crate) static AVERAGE_GRAD: Family =
    family("AveragePoolGrad", Harness::Elementwise, |_| include_str!("../../../../shaders/pool_average_grad.wgsl"));

/// The same for windows that do not overlap.
pub(crate) static MAX_GRAD_APART: Family = family("MaxPoolGrad", Harness::Whole, apart).ranked();
pub(crate) static AVERAGE_GRAD_APART: Family = family("AveragePoolGrad", Harness::Whole, apart).ranked();

fn largest(variant: &Variant) -> &'static str {
    match variant.mode >> HIGH {
        0 => include_str!("../../../../shaders/pool_max.wgsl"),
        _ => include_str!("../../../../shaders/pool_max_inside.wgsl"),
    }
}

fn apart(_: &Variant) -> &'static str {
    include_str!("../../../../shaders/pool_grad_apart.wgsl")
}

const fn family(name: &'static str, harness: Harness, file: fn(&Variant) -> &'static str) -> Family {
    Family::new(name, harness, file).values(values).library(library).args(ARGS)
}

/// Words of parameters.
const ARGS: usize = 32;
/// `Variant::mode`: windows that divide the input.
pub(crate) const ADAPTIVE: u32 = 1;
/// `Variant::mode`: means are of the places in the padding too.
pub(crate) const PADDING_COUNTS: u32 = 2;
/// `Variant::mode`: sums are divided by what the caller says.
pub(crate) const DIVISOR: u32 = 4;

pub(crate) fn run(gpu: &Gpu, pass: PoolPass, window: &PoolWindow, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let (first, out) = (inputs[0].array()?, output(outputs, 0)?);
    real_only(&[first, out])?;
    if first.dtype == DType::Bool {
        return Err(Error::unsupported("pooling of truth values"));
    }
    let n = first.layout.ndim();
    if !(3..=5).contains(&n) || out.layout.ndim() != n {
        bail!(Runtime, "pool: expected one to three spatial dimensions, got shapes {:?} and {:?}", first.shape(), out.shape());
    }
    if out.numel() == 0 {
        return Ok(());
    }
    if first.numel() == 0 {
        return Err(Error::unsupported("pooling of nothing"));
    }
    check_words([&window.kernel, &window.stride, &window.padding, &window.dilation])?;
    let counted = |count_include_pad: bool| if count_include_pad { PADDING_COUNTS } else { 0 };
    let call =
        |mode: u32, divisor: Option<usize>| Call { window, mode: mode | if divisor.is_some() { DIVISOR } else { 0 }, divisor };
    match pass {
        PoolPass::Max => call(0, None).max(gpu, first, out, output(outputs, 1)?),
        PoolPass::AdaptiveMax => call(ADAPTIVE, None).max(gpu, first, out, output(outputs, 1)?),
        PoolPass::MaxGrad if window.kernel.is_empty() => send_to_largest(gpu, first, inputs[1].array()?, out),
        PoolPass::MaxGrad => call(0, None).gradient(gpu, &MAX_GRAD, &[first, inputs[1].array()?], out),
        PoolPass::Average { count_include_pad, divisor } => call(counted(count_include_pad), divisor).average(gpu, first, out),
        PoolPass::AverageGrad { count_include_pad, divisor } => {
            call(counted(count_include_pad), divisor).gradient(gpu, &AVERAGE_GRAD, &[first], out)
        }
        PoolPass::AdaptiveAverage => call(ADAPTIVE, None).average(gpu, first, out),
        PoolPass::AdaptiveAverageGrad => call(ADAPTIVE, None).gradient(gpu, &AVERAGE_GRAD, &[first], out),
    }
}

/// The gradient of the largest elements of windows that are not known: each goes where its position says.
fn send_to_largest(gpu: &Gpu, g: &Array, positions: &Array, out: &Array) -> Result<()> {
    let as_lines = |array: &Array| -> Result<Array> {
        let shape = array.shape();
        let lines = [shape[0], shape[1], shape[2..].iter().product()];
        match array.layout.view(&lines) {
            Some(layout) => Ok(array.with_layout(layout)),
            None => {
                let dense = gpu.empty_array(&Layout::contiguous(shape), array.dtype)?;
                super::copy::run(gpu, &[Operand::Array(array.clone())], std::slice::from_ref(&dense))?;
                Ok(dense.with_layout(Layout::contiguous(&lines)))
            }
        }
    };
    let sums = match out.layout.view(&[out.shape()[0], out.shape()[1], out.shape()[2..].iter().product()]) {
        Some(layout) => out.with_layout(layout),
        None => {
            let dense = gpu.empty_array(&Layout::contiguous(out.shape()), out.dtype)?;
            send_to_largest(gpu, g, positions, &dense)?;
            return super::copy::run(gpu, &[Operand::Array(dense)], std::slice::from_ref(out));
        }
    };
    super::fill::run(gpu, Scalar::Int(0), std::slice::from_ref(&sums))?;
    let operands = [as_lines(positions)?.into(), as_lines(g)?.into()];
    super::scatter::run(gpu, 2, Combine::Add, &operands, std::slice::from_ref(&sums))
}

/// `Variant::mode`: from here on the sizes of windows of few places, which planes are looked at through one by one.
const HIGH: u32 = 4;
const WIDE: u32 = 8;
/// Longest of their sides.
const FEW: usize = 4;

/// The mode of planes whose windows have few places.
pub(crate) fn few(sides: &[usize]) -> u32 {
    match *sides {
        [high, wide] if (1..=FEW).contains(&high) && (1..=FEW).contains(&wide) => ((high << HIGH) | (wide << WIDE)) as u32,
        _ => 0,
    }
}

/// The windows of a call.
struct Call<'a> {
    window: &'a PoolWindow,
    mode: u32,
    divisor: Option<usize>,
}

impl Call<'_> {
    fn max(&self, gpu: &Gpu, x: &Array, out: &Array, positions: &Array) -> Result<()> {
        let operands =
            [Some(gpu.bind(out)?), Some(gpu.bind_as(positions, Stored::Pair)?), Some(whole(gpu, x, Stored::of(x.dtype))?)];
        let space = Space::new(&three(out.shape(), 1), [walk(out), walk(positions), plane(x)]).merge();
        let mode = self.mode | if self.are_inside(x, out) { few(&self.window.kernel) } else { 0 };
        let launch = Launch { mode, ..self.launch(&MAX, &operands, &space, Stored::of(x.dtype.accumulate())) };
        let fits = |space: &Space| (0..2).all(|k| operands[k].as_ref().is_none_or(|bound| gpu.fits(bound, space.span(k))));
        for part in space.clone().parts(&fits) {
            let args = self.args(x, out, &[x]);
            gpu.launch(Launch { outputs: 2, space: &part, args: &args, ..launch }, spread(part.count().div_ceil(256)))?;
        }
        Ok(())
    }

    fn average(&self, gpu: &Gpu, x: &Array, out: &Array) -> Result<()> {
        check_float(out)?;
        let operands = [Some(gpu.bind(out)?), Some(whole(gpu, x, Stored::of(x.dtype))?)];
        let space = Space::new(&three(out.shape(), 1), [walk(out), plane(x)]).merge();
        let launch = self.launch(&AVERAGE, &operands, &space, Stored::of(out.dtype.accumulate()));
        gpu.elementwise(Launch { args: &self.args(x, out, &[x]), ..launch })
    }

    /// The gradient of the input from what lies like the output: the gradient of it, and positions.
    fn gradient(&self, gpu: &Gpu, family: &'static Family, from: &[&Array], out: &Array) -> Result<()> {
        check_float(out)?;
        let mut operands: SmallVec<[Option<Bound>; 3]> = SmallVec::from_elem(None, 0);
        operands.extend([Some(gpu.bind(out)?), Some(whole(gpu, from[0], Stored::of(from[0].dtype))?)]);
        for positions in &from[1..] {
            operands.push(Some(whole(gpu, positions, Stored::Pair)?));
        }
        if self.are_apart() && !out.dtype.is_half() && operands[0].as_ref().is_some_and(|bound| gpu.binds_whole(bound)) {
            return self.gradient_apart(gpu, from, &operands, out);
        }
        let walks = std::iter::once(walk(out)).chain(from.iter().map(|array| plane(array)));
        let space = Space::new(&three(out.shape(), 1), walks).merge();
        let launch = self.launch(family, &operands, &space, Stored::of(out.dtype.accumulate()));
        gpu.elementwise(Launch { args: &self.args(out, from[0], from), ..launch })
    }

    /// Do all windows lie inside of the input?
    fn are_inside(&self, x: &Array, out: &Array) -> bool {
        let PoolWindow { kernel, stride, padding, dilation, .. } = self.window;
        let fits = |d: usize| (out.shape()[2 + d] - 1) * stride[d] + (kernel[d] - 1) * dilation[d] < x.shape()[2 + d];
        self.mode & ADAPTIVE == 0 && padding.iter().all(|&p| p == 0) && (0..kernel.len()).all(fits)
    }

    /// Do the windows not overlap, and does none reach over the edge at the beginning?
    fn are_apart(&self) -> bool {
        let PoolWindow { kernel, stride, padding, dilation, .. } = self.window;
        let dense = padding.iter().all(|&p| p == 0) && dilation.iter().all(|&d| d == 1);
        self.mode & ADAPTIVE == 0 && dense && kernel.iter().zip(stride).all(|(k, s)| k <= s)
    }

    /// The gradient where every place is in one window at most: a thread for each window.
    fn gradient_apart(&self, gpu: &Gpu, from: &[&Array], operands: &[Option<Bound>], out: &Array) -> Result<()> {
        let family = if from.len() > 1 { &MAX_GRAD_APART } else { &AVERAGE_GRAD_APART };
        let mut args = self.args(out, from[0], from);
        let (mut shape, mut windows) = (three(out.shape(), 1), walk(out));
        args.extend(windows.strides[2..].iter().map(|&step| step as u32));
        for d in 0..3 {
            let stride = args[9 + d] as usize;
            shape[2 + d] = shape[2 + d].div_ceil(stride);
            windows.strides[2 + d] *= stride as isize;
        }
        args.extend(shape[2..].iter().map(|&n| n as u32));
        let space = Space::new(&shape, std::iter::once(windows).chain(from.iter().map(|array| plane(array)))).merge();
        let mode = self.mode | few(&self.window.stride);
        let launch = Launch { mode, ..self.launch(family, operands, &space, Stored::of(out.dtype.accumulate())) };
        for part in space.clone().parts(&|_| true) {
            gpu.launch(Launch { space: &part, args: &args, ..launch }, spread(part.count().div_ceil(256)))?;
        }
        Ok(())
    }

    fn launch<'a>(
        &self,
        family: &'static Family,
        operands: &'a [Option<Bound>],
        space: &'a Space,
        compute: Stored,
    ) -> Launch<'a> {
        Launch { family, op: "", compute, outputs: 1, operands, space, args: &[], packed: None, mode: self.mode }
    }

    /// As `shaders/pool/sliding.wgsl` has them, and the strides of `inputs`.
    fn args(&self, x: &Array, y: &Array, inputs: &[&Array]) -> SmallVec<[u32; ARGS]> {
        let mut args: SmallVec<[u32; ARGS]> = SmallVec::new();
        let mut push = |dims: [usize; 5]| args.extend(dims[2..].iter().map(|&n| n as u32));
        push(three(x.shape(), 1));
        push(three(y.shape(), 1));
        let window = |dims: &[usize], missing: usize| three(&[&[0, 0], dims].concat(), missing);
        push(window(&self.window.kernel, 1));
        push(window(&self.window.stride, 1));
        push(window(&self.window.padding, 0));
        push(window(&self.window.dilation, 1));
        for array in inputs {
            let strides: SmallVec<[usize; 5]> = array.layout.strides().iter().map(|&s| s as usize).collect();
            push(three(&strides, 0));
        }
        args.resize(24, 0);
        args.push(self.divisor.unwrap_or(1) as u32);
        args
    }
}

fn check_float(out: &Array) -> Result<()> {
    if out.dtype.is_float() { Ok(()) } else { Err(Error::unsupported(format!("means in {}", out.dtype.name()))) }
}

/// Sizes or strides with three dimensions behind the first two.
fn three(dims: &[usize], missing: usize) -> [usize; 5] {
    let spatial = dims.len() - 2;
    std::array::from_fn(|d| match d {
        0 | 1 => dims[d],
        _ => (d + spatial).checked_sub(3).filter(|&d| d >= 2).map_or(missing, |d| dims[d]),
    })
}

/// An operand that has an element for each point.
fn walk(array: &Array) -> Walk {
    let mut walk = plane(array);
    let strides = array.layout.strides();
    let spatial = strides.len() - 2;
    (0..spatial).for_each(|d| walk.strides[5 - spatial + d] = strides[2 + d]);
    walk
}

/// An operand that is looked into by planes.
fn plane(array: &Array) -> Walk {
    let strides = array.layout.strides();
    Walk { offset: array.layout.offset(), strides: [strides[0], strides[1], 0, 0, 0].into_iter().collect() }
}

/// An operand of which a thread may read any element of a plane.
fn whole(gpu: &Gpu, array: &Array, stored: Stored) -> Result<Bound> {
    let bound = gpu.bind_as(array, stored)?;
    if !gpu.binds_whole(&bound) {
        return Err(Error::unsupported(format!("pooling of a tensor of {} bytes", bound.block.bytes)));
    }
    Ok(bound)
}

fn library(variant: &Variant) -> Vec<&'static str> {
    let windows = match variant.mode & ADAPTIVE {
        0 => include_str!("../../../../shaders/pool/sliding.wgsl"),
        _ => include_str!("../../../../shaders/pool/adaptive.wgsl"),
    };
    vec![windows, include_str!("../../../../shaders/pool/window.wgsl")]
}

fn values(variant: &Variant) -> Values {
    let counted = match variant.mode {
        mode if mode & DIVISOR != 0 => "vec3<u32>(arg(24u), 1u, 1u)",
        mode if mode & PADDING_COUNTS != 0 => "w.padded",
        _ => "max(w.end, w.begin) - w.begin",
    };
    let lowest = match variant.compute {
        Stored::Int64 => "T(-9223372036854775807li - 1li)",
        Stored::Bool | Stored::UInt8 => "T(0)",
        Stored::Int8 | Stored::Int16 | Stored::Int32 => "T(-2147483647 - 1)",
        _ => "T(-infinity())",
    };
    let (find, shares, divided) = match variant.operands {
        2 => ("", "all(here - first < arg3(6u))", " / divisor(window(o))"),
        _ => {
            ("largest = load_in1(at[2] + dot(o, arg3(21u))).x;", "(here.x * arg(1u) + here.y) * arg(2u) + here.z == largest", "")
        }
    };
    let [high, wide] = [HIGH, WIDE].map(|shift| variant.mode >> shift & 0xf);
    // The last of three digits is known to be zero in planes.
    let place = if high > 0 { "digits_of_plane(space.first + i, sizes)" } else { "digits(space.first + i, sizes).xyz" };
    let store = |step: &str| format!("write_out0(at[0] + {step}, select(T(0), g, is_window && {shares}));");
    let stores = if high > 0 {
        let store = store("#hu * arg(26u) + #wu * arg(27u)");
        format!("@each h {high}, w {wide}: {{ let here = first + vec3<u32>(0u, #hu, #wu); if (all(here < end)) {{ {store} }} }}")
    } else {
        let store = store("dot(here - first, arg3(25u))");
        let [d, h, v] = ["x", "y", "z"].map(|part| format!("for (var {part} = first.{part}; {part} < end.{part}; {part}++) {{"));
        format!("{d}{h}{v} let here = vec3<u32>(x, y, z); {store} }}}}}}")
    };
    let mut values = vec![("stores", stores), ("high", high.to_string()), ("wide", wide.to_string()), ("place", place.into())];
    let texts = [("counted", counted), ("lowest", lowest), ("find", find), ("shares", shares), ("divided", divided)];
    values.extend(texts.map(|(name, text)| (name, text.to_owned())));
    values
}
