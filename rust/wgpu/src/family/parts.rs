//! Complex calls as calls on real and imaginary parts, which are arrays of float32 with twice the steps: whatever is linear in each
//! part, and products, of which there are four.

use ferrotorch_kernel::kernel::{Combine, Kernel, Reduction, Scan};
use ferrotorch_kernel::{Array, DType, Error, Layout, Operand, Result, Scalar};
use smallvec::SmallVec;

use super::matmul;
use crate::gpu::Gpu;

/// Is it a call on complex64 that comes to calls on parts?
pub(crate) fn applies(kernel: &Kernel, outputs: &[Array]) -> bool {
    let is_complex = outputs.first().is_some_and(|out| out.dtype == DType::Complex64);
    is_complex
        && matches!(
            kernel,
            Kernel::Reduce { op: Reduction::Mean }
                | Kernel::Scan { op: Scan::Sum, .. }
                | Kernel::Scatter { combine: Combine::Add, .. }
                | Kernel::IndexPut { combine: Combine::Add, .. }
                | Kernel::MatMul { .. }
        )
}

/// The real part of an array, or the imaginary one.
fn part(array: &Array, imaginary: bool) -> Array {
    let strides: SmallVec<[isize; 8]> = array.layout.strides().iter().map(|stride| 2 * stride).collect();
    let layout = Layout::strided(array.shape(), &strides, 2 * array.layout.offset() + imaginary as usize);
    Array::new(array.storage.clone(), layout, DType::Float32)
}

/// The operand of a call on parts. Indices are those of both.
fn part_of(operand: &Operand, imaginary: bool) -> Result<Operand> {
    match operand {
        Operand::Array(array) if array.dtype == DType::Complex64 => Ok(part(array, imaginary).into()),
        Operand::Array(array) if array.dtype == DType::Int64 => Ok(array.clone().into()),
        Operand::Array(array) => Err(Error::unsupported(format!("{} beside complex64", array.dtype.name()))),
        Operand::Scalar(x) => {
            let z = x.to_complex();
            Ok(Operand::Scalar(Scalar::Float(if imaginary { z.im } else { z.re })))
        }
        Operand::None => Ok(Operand::None),
    }
}

/// The real or the imaginary parts of a call's inputs and outputs.
type Parts = (SmallVec<[Operand; 8]>, SmallVec<[Array; 2]>);

/// Runs the calls on parts. `record` runs a call.
pub(crate) fn run(
    gpu: &Gpu,
    kernel: &Kernel,
    inputs: &[Operand],
    outputs: &[Array],
    record: fn(&Gpu, &Kernel, &[Operand], &[Array]) -> Result<()>,
) -> Result<()> {
    let parts = |imaginary: bool| -> Result<Parts> {
        let inputs = inputs.iter().map(|operand| part_of(operand, imaginary)).collect::<Result<_>>()?;
        Ok((inputs, outputs.iter().map(|out| part(out, imaginary)).collect()))
    };
    let (real, imaginary) = (parts(false)?, parts(true)?);
    if let Kernel::MatMul { alpha, beta } = *kernel {
        return multiply(gpu, [alpha, beta], [&real.0, &imaginary.0], [&real.1, &imaginary.1]);
    }
    [real, imaginary].iter().try_for_each(|(inputs, outputs)| record(gpu, kernel, inputs, outputs))
}

/// `(a + b i) (c + d i) = (a c - b d) + (a d + b c) i`: to the product that has the addend the other one is added.
fn multiply(gpu: &Gpu, factors: [Scalar; 2], [real, imaginary]: [&[Operand]; 2], outputs: [&[Array]; 2]) -> Result<()> {
    let [alpha, beta] = factors.map(|factor| factor.to_complex());
    if alpha.im != 0.0 || beta.im != 0.0 || outputs[0].len() > 1 {
        return Err(Error::unsupported("a product with a complex factor"));
    }
    let number = Scalar::Float;
    let [(a, c), (b, d)] = [real, imaginary].map(|operands| (&operands[0], &operands[1]));
    let addends = [real, imaginary].map(|operands| operands.get(2).cloned().unwrap_or(Operand::None));
    for (addend, out, [(x, y), (z, w)], sign) in
        [(&addends[0], outputs[0], [(a, c), (b, d)], -1.0), (&addends[1], outputs[1], [(a, d), (b, c)], 1.0)]
    {
        matmul::run(gpu, number(alpha.re), number(beta.re), &[x.clone(), y.clone(), addend.clone()], out)?;
        matmul::run(gpu, number(sign * alpha.re), Scalar::Int(1), &[z.clone(), w.clone(), out[0].clone().into()], out)?;
    }
    Ok(())
}
