//! Sampling images and volumes at the points of a grid (spatial transformers, Jaderberg et al., 2015).

mod composed;

use smallvec::{SmallVec, smallvec};

use crate::array::{Array, Operand};
use crate::autograd::composite::one_node;
use crate::autograd::{Gradients, SavedTensor, forward, is_differentiated, keeping_one, record_one};
use crate::backend;
use crate::ensure;
use crate::error::Result;
use crate::grid::{GridMode, GridPadding, GridPass, GridSampling, LONGEST};
use crate::kernel::Kernel;
use crate::layout::Layout;
use crate::shape::Shape;
use crate::tensor::Tensor;

use super::expr::{Expr, select};
use super::pointwise::{self, comparison};
use super::{reduce, view};

const OP: &str = "grid_sample";

/// Samples of `input` (N, C, H, W) at the points of `grid` (N, H', W', 2), of shape (N, C, H', W'); or likewise in three
/// dimensions. Half types are computed in float32.
pub fn grid_sample(input: &Tensor, grid: &Tensor, sampling: GridSampling) -> Result<Tensor> {
    let (x, g) = (input.shape(), grid.shape());
    let dims = x.len().saturating_sub(2);
    ensure!(
        (2..=3).contains(&dims) && g.len() == x.len() && g[0] == x[0] && g[dims + 1] == dims && !x[2..].contains(&0),
        Runtime,
        "{OP}(): expected input of shape (N, C, H, W) with grid (N, H', W', 2), or (N, C, D, H, W) with (N, D', H', W', 3), but got \
         input {x:?} and grid {g:?}"
    );
    ensure!(input.dtype() == grid.dtype(), Runtime, "{OP}(): expected input and grid of one dtype");
    let node = if dims == 2 { "GridSampler2DBackward0" } else { "GridSampler3DBackward0" };
    let kernel = Kernel::GridSample { pass: GridPass::Forward, sampling };
    let fits = x[2..].iter().product::<usize>() <= i32::MAX as usize && x[2..].iter().all(|&size| size <= LONGEST);
    // Tangents go by ops.
    let is_plain = fits && !forward::is_on() && input.device() == grid.device();
    if is_plain && backend::supports(input.device(), &kernel, input.dtype()) {
        return by_kernel(node, input, grid, sampling);
    }
    one_node(node, || composed::grid_sample(input, grid, sampling))
}

fn by_kernel(node: &'static str, input: &Tensor, grid: &Tensor, sampling: GridSampling) -> Result<Tensor> {
    let (x, points) = (input.array().contiguous()?, points_of(grid)?);
    let shape: Shape = x.shape()[..2].iter().chain(&grid.shape()[1..grid.ndim() - 1]).copied().collect();
    let flat = [shape[0], shape[1], points.shape()[1]];
    let out = launch(GridPass::Forward, sampling, [x, points], &flat)?;
    let out = within(sampling, grid, Tensor::from_array(out.with_layout(Layout::contiguous(&shape))), 1)?;
    record_one(node, &[input, grid], &out, || {
        let kept = [("input", SavedTensor::input(input)), ("grid", SavedTensor::input(grid))];
        keeping_one(kept, move |cx, [input, grid], g| {
            let (input, grid) = (input.get(cx)?, grid.get(cx)?);
            if is_differentiated() {
                return composed::gradients(cx, &input, &grid, g, sampling);
            }
            gradients([cx.needs[0], cx.needs[1]], &input, &grid, g, sampling)
        })
    })?;
    Ok(out)
}

/// The gradients by kernels.
fn gradients(needs: [bool; 2], input: &Tensor, grid: &Tensor, g: &Tensor, sampling: GridSampling) -> Result<Gradients> {
    let (x, points, g) = (input.array().contiguous()?, points_of(grid)?, g.array().contiguous()?);
    let g = g.with_layout(Layout::contiguous(&[x.shape()[0], x.shape()[1], points.shape()[1]]));
    let of_input =
        if needs[0] { Some(launch(GridPass::GradInput, sampling, [g.clone(), points.clone()], x.shape())?) } else { None };
    let of_grid = if needs[1] {
        let shape: SmallVec<[usize; 3]> = SmallVec::from_slice(points.shape());
        let of_grid =
            launch(GridPass::GradGrid, sampling, [g, x, points], &shape)?.with_layout(Layout::contiguous(&grid.shape()));
        Some(within(sampling, grid, Tensor::from_array(of_grid), -1)?)
    } else {
        None
    };
    Ok(smallvec![of_input.map(Tensor::from_array), of_grid])
}

/// Zeros at points of volumes that are not finite, as PyTorch has there (in images it has NaN). `dim` is that which the points
/// lack.
fn within(sampling: GridSampling, grid: &Tensor, values: Tensor, dim: i64) -> Result<Tensor> {
    let is_volume = grid.ndim() == 5 && sampling.padding == GridPadding::Zeros && sampling.mode == GridMode::Linear;
    if !is_volume || values.numel() == 0 {
        return Ok(values);
    }
    let finite = pointwise::run(&comparison::ISFINITE, &[(&grid.detach()).into()], &[])?;
    let all = view::unsqueeze(&reduce::all(&finite, Some(&[-1]), false)?, dim)?;
    select(Expr::from(&all), Expr::from(&values), 0.0).into_tensor()
}

fn launch<const N: usize>(pass: GridPass, sampling: GridSampling, inputs: [Array; N], shape: &[usize]) -> Result<Array> {
    let (output, device) = ((Layout::contiguous(shape), inputs[0].dtype), inputs[0].device());
    let [out] = backend::compute(OP, &Kernel::GridSample { pass, sampling }, &inputs.map(Operand::from), [output], device)?;
    Ok(out)
}

/// A grid as (N, P, D).
fn points_of(grid: &Tensor) -> Result<Array> {
    let (array, shape) = (grid.array().contiguous()?, grid.shape());
    let points = shape[1..shape.len() - 1].iter().product();
    Ok(array.with_layout(Layout::contiguous(&[shape[0], points, shape[shape.len() - 1]])))
}
