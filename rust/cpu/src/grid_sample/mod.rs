//! Sampling at the points of a grid: forward, and the gradients of images and grids.
//!
//! The taps of some points are found together, and serve all channels. Each sample, each channel of an image's gradient and each
//! point of a grid's is the work of one task alone, in the order of the points, so results do not depend on threads.

mod passes;
mod position;
mod taps;

#[cfg(test)]
mod tests;

use ferrotorch_kernel::grid::{GridMode, GridPass, GridSampling, LONGEST};
use ferrotorch_kernel::{Array, Error, Operand, Result, bail, ensure, match_dtype};

use crate::dense;
use passes::Tensors;
use position::{Coordinate, Sampler};

/// Runs [`ferrotorch_kernel::kernel::Kernel::GridSample`].
pub(crate) fn grid_sample(pass: GridPass, sampling: GridSampling, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let Some(out) = outputs.first() else { bail!(Runtime, "grid_sample: an output is needed") };
    // Half types are computed in float32.
    let dtype = out.dtype.accumulate();
    let inputs = inputs.iter().map(|input| dense::input(input.array()?, dtype)).collect::<Result<Vec<Array>>>()?;
    dense::through(out, dtype, |out| {
        let (image, grid, samples) = match (pass, &inputs[..]) {
            (GridPass::Forward, [x, grid]) => (x, grid, out),
            (GridPass::GradInput, [g, grid]) => (out, grid, g),
            (GridPass::GradGrid, [g, x, grid]) => (x, grid, g),
            _ => bail!(Runtime, "grid_sample: {pass:?} was called with {} inputs", inputs.len()),
        };
        let shapes = Shapes::of(image, grid, samples)?;
        match_dtype!(dtype, T in [f32, f64] => {
            let sampler = Sampler::new(sampling, &image.shape()[2..]);
            run::<T>(pass, &sampler, &shapes, &inputs, out)
        }, else => Err(Error::dtype("grid_sample", dtype, "use a float dtype")))
    })
}

/// The sizes of a call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shapes {
    pub(super) channels: usize,
    /// Of a channel of an image.
    pub(super) pixels: usize,
    /// Of the grid of an image.
    pub(super) points: usize,
}

impl Shapes {
    fn of(image: &Array, grid: &Array, samples: &Array) -> Result<Shapes> {
        let (x, g, y) = (image.shape(), grid.shape(), samples.shape());
        let dims = x.len().saturating_sub(2);
        ensure!(
            (2..=3).contains(&dims) && matches!(*g, [n, p, d] if n == x[0] && d == dims && *y == [n, x[1], p]),
            Runtime,
            "grid_sample: shapes {x:?}, {g:?} and {y:?} do not fit"
        );
        let pixels = x[2..].iter().product();
        let fits = (1..=i32::MAX as usize).contains(&pixels) && x[2..].iter().all(|&size| size <= LONGEST);
        ensure!(fits, Runtime, "grid_sample: images of shape {x:?} cannot be sampled");
        Ok(Shapes { channels: x[1], pixels, points: g[1] })
    }
}

/// Chooses the number of taps: in one dimension, and in all.
fn run<T: Coordinate>(pass: GridPass, sampler: &Sampler<T>, shapes: &Shapes, inputs: &[Array], out: &Array) -> Result<()> {
    let arrays = Tensors { sampler, shapes, inputs, out };
    match (sampler.mode(), sampler.dims()) {
        (GridMode::Nearest, _) => arrays.run::<1, 1>(pass),
        (GridMode::Linear, 2) => arrays.run::<2, 4>(pass),
        (GridMode::Linear, _) => arrays.run::<2, 8>(pass),
        (GridMode::Cubic, 2) => arrays.run::<4, 16>(pass),
        (GridMode::Cubic, _) => arrays.run::<4, 64>(pass),
    }
}
