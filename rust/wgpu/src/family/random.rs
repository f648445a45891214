//! Random fills: Philox, keyed by the generator's seed and counted by the element's number.

use ferrotorch_kernel::kernel::Distribution;
use ferrotorch_kernel::random::Generator;
use ferrotorch_kernel::{Array, DType, Error, Layout, Operand, Result, Scalar};
use smallvec::SmallVec;

use super::{copy, output, real_only, sort};
use crate::gpu::{Bound, Gpu, Launch};
use crate::shader::stored::split;
use crate::shader::{Family, Harness, Slot, Stored, Values, Variant};
use crate::space::{Space, Walk};

pub(crate) static RANDOM: Family =
    Family::new("Random", Harness::Elementwise, |_| include_str!("../../../../shaders/random.wgsl"))
        .values(values)
        .library(library);

/// Random bits become as many digits as the type has.
fn library(variant: &Variant) -> Vec<&'static str> {
    let units = match variant.compute {
        Stored::Float64 => include_str!("../../../../shaders/random/units64.wgsl"),
        _ => include_str!("../../../../shaders/random/units.wgsl"),
    };
    vec![units, include_str!("../../../../shaders/lib/rejection.wgsl")]
}

pub(crate) fn run(
    gpu: &Gpu,
    distribution: Distribution,
    generator: &Generator,
    inputs: &[Operand],
    outputs: &[Array],
) -> Result<()> {
    let out = output(outputs, 0)?;
    real_only(&[out])?;
    if distribution == Distribution::Permutation {
        return permutation(gpu, generator, out);
    }
    let (op, compute, parameters) = sampler(distribution, out.dtype)?;
    if compute == Stored::Int64 && !gpu.computes(Stored::Int64) {
        return Err(Error::unsupported("random int64"));
    }
    let given: SmallVec<[&Array; 2]> = inputs.iter().filter_map(Operand::optional).collect();
    real_only(&given)?;
    fill(gpu, (op, compute, parameters), generator, &given, out)
}

/// Fills an array by an op of the shader, a number of the generator an element.
fn fill(
    gpu: &Gpu,
    (op, compute, parameters): (&'static str, Stored, [u32; 4]),
    generator: &Generator,
    given: &[&Array],
    out: &Array,
) -> Result<()> {
    let arrays = || std::iter::once(out).chain(given.iter().copied());
    let operands: SmallVec<[Option<Bound>; 3]> = arrays()
        .enumerate()
        .map(|(k, array)| if k == 0 && op == "bits" { gpu.bind_as(array, Stored::Pair) } else { gpu.bind(array) }.map(Some))
        .collect::<Result<_>>()?;
    let space = Space::new(out.shape(), arrays().map(|array| Walk::of(&array.layout))).merge();
    let (seed, offset) = generator.philox(out.numel() as u64)?;
    let args: SmallVec<[u32; 8]> = split(seed).into_iter().chain(split(offset)).chain(parameters).collect();
    gpu.elementwise(Launch {
        family: &RANDOM,
        op,
        compute,
        outputs: 1,
        operands: &operands,
        space: &space,
        args: &args,
        packed: None,
        mode: 0,
    })
}

/// The order of random numbers of 64 bits, among which equal ones are next to impossible.
fn permutation(gpu: &Gpu, generator: &Generator, out: &Array) -> Result<()> {
    let row = Layout::contiguous(&[out.numel()]);
    let bits = gpu.empty_array(&row, DType::Int64)?;
    fill(gpu, ("bits", Stored::Pair, [0; 4]), generator, &[], &bits)?;
    if out.dtype == DType::Int64 {
        return sort::argsort(gpu, &bits, out);
    }
    let order = gpu.empty_array(&row, DType::Int64)?;
    sort::argsort(gpu, &bits, &order)?;
    copy::run(gpu, &[Operand::Array(order)], std::slice::from_ref(out))
}

/// Name, type and parameters of a distribution.
fn sampler(distribution: Distribution, dtype: DType) -> Result<(&'static str, Stored, [u32; 4])> {
    let floats = |name, a: f64, b: f64| {
        let compute = Stored::of(dtype.accumulate());
        let ([a, b], [c, d]) = (compute.scalar_words(a.into()), compute.scalar_words(b.into()));
        Ok((name, compute, [a, b, c, d]))
    };
    match distribution {
        Distribution::Uniform { low, high } => floats("uniform", low, high),
        Distribution::Normal { mean, std } => floats("normal", mean, std),
        Distribution::LogNormal { mean, std } => floats("log_normal", mean, std),
        Distribution::Exponential { rate } => floats("exponential", rate, 0.0),
        Distribution::Geometric { p } => floats("geometric", p, 0.0),
        Distribution::Cauchy { median, sigma } => floats("cauchy", median, sigma),
        Distribution::Bernoulli { p } => {
            Ok(("bernoulli", Stored::Float32, [Stored::Float32.scalar_words(Scalar::Float(p))[0], 0, 0, 0]))
        }
        Distribution::Integer { low, high } => Ok(integers(low, high.wrapping_sub(low) as u64, dtype)),
        Distribution::FullRange => full_range(dtype),
        Distribution::Permutation => Err(Error::unsupported("a permutation as numbers of a distribution")),
        Distribution::Poisson => floats("poisson", 0.0, 0.0),
        Distribution::Binomial => floats("binomial", 0.0, 0.0),
        Distribution::Gamma => floats("gamma", smallest_normal(dtype), 0.0),
    }
}

/// What stands for numbers that would be zero.
fn smallest_normal(dtype: DType) -> f64 {
    match dtype {
        DType::Float16 => half::f16::MIN_POSITIVE.to_f64(),
        DType::Float64 => f64::MIN_POSITIVE,
        _ => f32::MIN_POSITIVE as f64,
    }
}

/// Narrow ranges are drawn in 32 bits; what they are stored as does not matter.
fn integers(low: i64, range: u64, dtype: DType) -> (&'static str, Stored, [u32; 4]) {
    let narrow = range <= 1 << 32 && i32::try_from(low).is_ok() && i32::try_from(low as i128 + range as i128 - 1).is_ok();
    let ([a, b], [c, d]) = (split(low as u64), split(range));
    let compute =
        if narrow || !matches!(dtype, DType::Int64 | DType::Float32 | DType::Float64) { Stored::Int32 } else { Stored::Int64 };
    ("integer", compute, [a, b, c, d])
}

fn full_range(dtype: DType) -> Result<(&'static str, Stored, [u32; 4])> {
    let bits = match dtype {
        DType::Bool => 1,
        DType::UInt8 => 8,
        DType::Int8 => 7,
        DType::Int16 => 15,
        DType::Int32 => 31,
        DType::Int64 => 63,
        DType::Float16 => return Ok(integers(0, 2049, dtype)),
        DType::BFloat16 => return Ok(integers(0, 257, dtype)),
        DType::Float32 => return Ok(integers(0, (1 << 24) + 1, dtype)),
        DType::Float64 => return Ok(integers(0, (1 << 53) + 1, dtype)),
        _ => return Err(Error::unsupported(format!("random integers in {}", dtype.name()))),
    };
    Ok(integers(0, 1 << bits, dtype))
}

fn values(variant: &Variant) -> Values {
    let sample = match variant.op {
        "bernoulli" if variant.slots[1] == Slot::Absent => "truth(unit(draw(i).x) < scalar_f32(2u))".into(),
        "bernoulli" => "truth(unit(draw(i).x) < read_in0(at[1]))".into(),
        "integer" => format!("sample_integer_{}(i)", variant.compute.value()),
        "poisson" | "gamma" => format!("sample_{}(i, read_in0(at[1]))", variant.op),
        "binomial" => "sample_binomial(i, read_in0(at[1]), read_in1(at[2]))".into(),
        "bits" => "draw(i).xy".into(),
        name => format!("sample_{name}(i)"),
    };
    vec![("sample", sample)]
}
