//! Discrete Fourier transforms, by the algorithms of `rustfft` and `realfft`.
//!
//! A transform along several dimensions is one along each of them, the last first where real numbers become complex ones and last
//! where they come out. Lines that lie in memory as they are are transformed where they are; of others as many as a cache
//! holds are gathered side by side, transformed and written back. A line that no cache holds is divided ([`long`]).

mod block;
mod complex;
mod long;
mod long_real;
mod plan;
mod real;
mod roots;
#[cfg(test)]
mod tests;

use ferrotorch_kernel::dtype::Element;
use ferrotorch_kernel::kernel::Fourier;
use ferrotorch_kernel::{Array, DType, Error, Operand, Result, bail};
use num_complex::Complex;

use plan::Real;

/// See [`Fourier`].
pub(crate) fn fft(transform: Fourier, dims: &[usize], scale: f64, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let (input, out) = (inputs[0].array()?, &outputs[0]);
    match out.dtype.real() {
        DType::Float32 => transform_dims(transform, dims, scale as f32, input, out),
        DType::Float64 => transform_dims(transform, dims, scale, input, out),
        other => Err(Error::dtype("fft", other, "convert to float32 or float64 first")),
    }
}

fn transform_dims<T: Real>(transform: Fourier, dims: &[usize], scale: T, input: &Array, out: &Array) -> Result<()>
where
    Complex<T>: Element,
{
    let Some((&last, others)) = dims.split_last() else { bail!(Runtime, "a Fourier transform needs a dimension") };
    match transform {
        Fourier::Forward | Fourier::Backward => {
            let inverse = transform == Fourier::Backward;
            complex::transform(last, inverse, scale, Some(input), out)?;
            in_place::<T>(others, inverse, out)
        }
        Fourier::OfReal => {
            real::to_complex(last, scale, input, out)?;
            in_place::<T>(others, false, out)
        }
        Fourier::ToReal => {
            let Some((&first, rest)) = others.split_last() else { return real::to_real(last, scale, input, out) };
            let half = Array::empty(input.shape(), input.dtype, input.device())?;
            complex::transform(first, true, T::one(), Some(input), &half)?;
            in_place::<T>(rest, true, &half)?;
            real::to_real(last, scale, &half, out)
        }
    }
}

/// Transforms what is in `out` already along further dimensions.
fn in_place<T: Real>(dims: &[usize], inverse: bool, out: &Array) -> Result<()>
where
    Complex<T>: Element,
{
    dims.iter().rev().try_for_each(|&dim| complex::transform(dim, inverse, T::one(), None, out))
}
