//! Arithmetic progressions, given by start and step or by both ends.

use ferrotorch_kernel::{Array, DType, Error, Result, Scalar};

use super::{output, parts, real_only};
use crate::gpu::{Gpu, Launch};
use crate::shader::{Family, Harness, Stored};
use crate::space::{Space, Walk};

pub(crate) static RANGE: Family = Family::new("Range", Harness::Elementwise, |_| include_str!("../../../../shaders/range.wgsl"));

pub(crate) static LINSPACE: Family =
    Family::new("Linspace", Harness::Elementwise, |_| include_str!("../../../../shaders/linspace.wgsl"));

/// Floats are computed in float64, as the kernel's contract asks; an adapter without it leaves them to the host.
/// For integers of at most 32 bits, arithmetic modulo 2^32 gives the low bits of the exact value.
pub(crate) fn run(gpu: &Gpu, start: Scalar, step: Scalar, outputs: &[Array]) -> Result<()> {
    let out = output(outputs, 0)?;
    real_only(&[out])?;
    let (compute, args) = match out.dtype {
        DType::Int64 => (Stored::Int64, words(Stored::Int64, start, step)),
        dtype if dtype.is_float() => (Stored::Float64, words(Stored::Float64, start, step)),
        _ => (Stored::Int32, [start.to_i64() as u32, 0, step.to_i64() as u32, 0]),
    };
    gpu.elementwise(Launch {
        family: &RANGE,
        op: "",
        compute,
        outputs: 1,
        operands: &[Some(gpu.bind(out)?)],
        space: &Space::new(out.shape(), [Walk::of(&out.layout)]),
        args: &args,
        packed: None,
        mode: 0,
    })
}

/// Points are computed in the dtype itself; of half types in float32, of integers in float64.
pub(crate) fn run_linspace(gpu: &Gpu, start: Scalar, end: Scalar, outputs: &[Array]) -> Result<()> {
    let out = output(outputs, 0)?;
    if out.dtype.is_complex() {
        let (start, end) = (start.to_complex(), end.to_complex());
        run_linspace(gpu, Scalar::Float(start.re), Scalar::Float(end.re), &[parts::part(out, false)])?;
        return run_linspace(gpu, Scalar::Float(start.im), Scalar::Float(end.im), &[parts::part(out, true)]);
    }
    let (n, compute) = (out.numel(), if out.dtype.is_integral() { DType::Float64 } else { out.dtype.accumulate() });
    if n >= 1 << 31 {
        return Err(Error::unsupported(format!("{n} points")));
    }
    let (start, end, gaps) = (start.to_f64(), end.to_f64(), n.max(2) - 1);
    let step = match compute {
        DType::Float64 => (end - start) / gaps as f64,
        _ => ((end as f32 - start as f32) / gaps as f32) as f64,
    };
    let mut args = [start, end, step].map(|x| Stored::of(compute).scalar_words(x.into())).concat();
    args.push(n as u32);
    gpu.elementwise(Launch {
        family: &LINSPACE,
        op: "",
        compute: Stored::of(compute),
        outputs: 1,
        operands: &[Some(gpu.bind(out)?)],
        space: &Space::new(out.shape(), [Walk::of(&out.layout)]),
        args: &args,
        packed: None,
        mode: 0,
    })
}

fn words(compute: Stored, start: Scalar, step: Scalar) -> [u32; 4] {
    let ([a, b], [c, d]) = (compute.scalar_words(start), compute.scalar_words(step));
    [a, b, c, d]
}
