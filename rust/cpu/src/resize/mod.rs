//! Resizing of images: forward, and the gradient.
//!
//! A row of an image is resized once, and rows of the result are sums of such rows. The gradient goes the other way. Blocks of rows of
//! the result, and planes of the gradient, are the work of one task alone, so results do not depend on threads. Bytes are resized in
//! integers.

mod bytes;
mod passes;
mod taps;

#[cfg(test)]
mod tests;

use ferrotorch_kernel::dtype::{bf16, f16};
use ferrotorch_kernel::resize::{Resize, ResizePass};
use ferrotorch_kernel::{Array, DType, Error, Operand, Result, bail, ensure};

use crate::matmul::Source;
use bytes::{FixedTaps, ImagesOfBytes};
use passes::Images;
use taps::{Taps, Weight};

/// Runs [`ferrotorch_kernel::kernel::Kernel::Resize`].
pub(crate) fn resize(pass: ResizePass, resize: &Resize, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let ([from], [to]) = (inputs, outputs) else { bail!(Runtime, "interpolate(): expected an input and an output") };
    let from = from.array()?;
    match to.dtype {
        DType::Float32 => run::<f32, f32>(pass, resize, from, to),
        DType::Float64 => run::<f64, f64>(pass, resize, from, to),
        DType::Float16 => run::<f16, f32>(pass, resize, from, to),
        DType::BFloat16 => run::<bf16, f32>(pass, resize, from, to),
        DType::UInt8 if pass == ResizePass::Forward => run_bytes(resize, from, to),
        dtype => Err(Error::dtype("interpolate", dtype, "use a float dtype")),
    }
}

/// Images of bytes have two dimensions.
fn run_bytes(resize: &Resize, from: &Array, to: &Array) -> Result<()> {
    check(resize, from, to)?;
    ensure!(resize.steps.len() == 2, Runtime, "interpolate(): images of bytes are resized in two dimensions");
    let along = |d: usize| {
        let taps = Taps::new(resize.filter, from.shape()[d + 2], to.shape()[d + 2], resize.steps[d], resize.align_corners);
        taps.and_then(|taps| FixedTaps::new(&taps))
    };
    ImagesOfBytes { height: along(0)?, width: along(1)? }.resize(from, to)
}

fn run<S: Source<T>, T: Weight>(pass: ResizePass, resize: &Resize, from: &Array, to: &Array) -> Result<()> {
    let (x, y) = if pass == ResizePass::Forward { (from, to) } else { (to, from) };
    check(resize, x, y)?;
    let dims = resize.steps.len();
    let along = |d: usize| match d.checked_sub(3 - dims) {
        Some(d) => Taps::new(resize.filter, x.shape()[d + 2], y.shape()[d + 2], resize.steps[d], resize.align_corners),
        None => Taps::of_one(),
    };
    let images = Images::<T> { depth: along(0)?, height: along(1)?, width: along(2)? };
    let [from, to] = [volumes(from), volumes(to)];
    match pass {
        ResizePass::Forward => images.resize::<S>(&from, &to),
        ResizePass::Grad => images.resize_back::<S>(&from, &to),
    }
}

fn check(resize: &Resize, x: &Array, y: &Array) -> Result<()> {
    let dims = y.layout.ndim().saturating_sub(2);
    let fits = (1..=3).contains(&dims)
        && x.layout.ndim() == dims + 2
        && resize.steps.len() == dims
        && x.shape()[..2] == y.shape()[..2]
        && x.shape()[2..].iter().chain(&y.shape()[2..]).all(|&size| (1..=u32::MAX as usize >> 1).contains(&size));
    ensure!(fits, Runtime, "interpolate(): shapes {:?} and {:?} do not fit", x.shape(), y.shape());
    Ok(())
}

/// An array with three spatial dimensions.
fn volumes(array: &Array) -> Array {
    (array.layout.ndim()..5).fold(array.clone(), |array, _| array.with_layout(array.layout.unsqueeze(2)))
}
