//! Random fills: Philox, keyed by the generator's seed and counted by the element's number.

use ferrotorch_kernel::kernel::Distribution;
use ferrotorch_kernel::random::Generator;
use ferrotorch_kernel::{Array, DType, Error, Operand, Result, Scalar};
use smallvec::SmallVec;

use super::{output, real_only};
use crate::gpu::{Bound, Gpu, Launch};
use crate::shader::stored::split;
use crate::shader::{Family, Harness, Slot, Stored, Values, Variant};
use crate::space::{Space, Walk};

pub(crate) static RANDOM: Family =
    Family::new("Random", Harness::Elementwise, |_| include_str!("../../../../shaders/random.wgsl")).values(values);

pub(crate) fn run(
    gpu: &Gpu,
    distribution: Distribution,
    generator: &Generator,
    inputs: &[Operand],
    outputs: &[Array],
) -> Result<()> {
    let out = output(outputs, 0)?;
    real_only(&[out])?;
    let (op, compute, parameters) = sampler(distribution, out.dtype)?;
    if compute == Stored::Int64 && !gpu.computes(Stored::Int64) {
        return Err(Error::unsupported("random int64"));
    }
    let probabilities = inputs.first().and_then(Operand::optional);
    let operands: SmallVec<[Option<Bound>; 2]> =
        [Some(out), probabilities].into_iter().flatten().map(|array| gpu.bind(array).map(Some)).collect::<Result<_>>()?;
    let walks = [Some(out), probabilities].into_iter().flatten().map(|array| Walk::of(&array.layout));
    let space = Space::new(out.shape(), walks).merge();
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
        packed: false,
        mode: 0,
    })
}

/// Name, type and parameters of a distribution. What is not float32 or an integer is left to the host.
fn sampler(distribution: Distribution, dtype: DType) -> Result<(&'static str, Stored, [u32; 4])> {
    let floats = |name, a: f64, b: f64| {
        let exact = dtype == DType::Float64;
        let ([a, _], [b, _]) = (Stored::Float32.scalar_words(a.into()), Stored::Float32.scalar_words(b.into()));
        if exact { Err(Error::unsupported(format!("{name} in float64"))) } else { Ok((name, Stored::Float32, [a, 0, b, 0])) }
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
        Distribution::Permutation => Err(Error::unsupported("a random permutation")),
        Distribution::Poisson | Distribution::Binomial | Distribution::Gamma => Err(Error::unsupported("sampling by rejection")),
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
        _ => return Err(Error::unsupported(format!("random integers in {}", dtype.name()))),
    };
    Ok(integers(0, 1 << bits, dtype))
}

fn values(variant: &Variant) -> Values {
    let sample = match variant.op {
        "bernoulli" if variant.slots[1] == Slot::Absent => "truth(unit(draw(i).x) < scalar_f32(2u))".into(),
        "bernoulli" => "truth(unit(draw(i).x) < read_in0(at[1]))".into(),
        "integer" => format!("sample_integer_{}(i)", variant.compute.value()),
        name => format!("sample_{name}(i)"),
    };
    vec![("sample", sample)]
}
