//! Transforms of complex lines.

use ferrotorch_kernel::dtype::Element;
use ferrotorch_kernel::{Array, Result};
use num_complex::Complex;
use rustfft::Fft;

use super::block::{Blocks, gather, rescale, scatter};
use super::long;
use super::plan::{self, Real, with_buffer};
use crate::view::{Read, Tiles, View, Views, Write, try_for_each_part};

/// Transforms lines along a dimension, times a scale: those of `input`, or where there is none those of `out` itself.
pub(super) fn transform<T: Real>(dim: usize, inverse: bool, scale: T, input: Option<&Array>, out: &Array) -> Result<()>
where
    Complex<T>: Element,
{
    let n = out.shape()[dim];
    if let Some(sides) = long::sides(n) {
        return long::transform(dim, sides, inverse, scale, input, out);
    }
    let plan = plan::complex::<T>(n, inverse)?;
    let blocks = Blocks::new([input.unwrap_or(out), out], dim, size_of::<Complex<T>>());
    let source = match input {
        Some(_) => Some(Views::<Complex<T>, Read, 2>::along(&blocks.arrays[0], blocks.dims)?),
        None => None,
    };
    let tiles = Tiles::new(Views::<Complex<T>, Write, 2>::along(&blocks.arrays[1], blocks.dims)?, blocks.tile(n));
    try_for_each_part(tiles, plan::cost(blocks.lines, n), |_, (matrix, ranges, block)| {
        let source = source.as_ref().map(|source| blocks.as_rows(source.view(matrix).block(ranges)));
        transform_block(&*plan, scale, source, blocks.as_rows(block))
    })
}

/// Transforms the rows of a block, by way of a buffer where they do not lie in memory one behind the other.
fn transform_block<T: Real>(
    plan: &dyn Fft<T>,
    scale: T,
    source: Option<View<Complex<T>, Read, 2>>,
    mut block: View<Complex<T>, Write, 2>,
) -> Result<()>
where
    Complex<T>: Element,
{
    let [lines, n] = block.size();
    let from = source.as_ref().map(|source| source.flat().and_then(|line| line.as_slice()));
    let to = block.reborrow().flat().and_then(View::into_mut_slice);
    match (from, to) {
        (Some(Some(from)), Some(to)) => with_buffer(plan.get_immutable_scratch_len(), |scratch| {
            plan.process_immutable_with_scratch(from, to, scratch);
            rescale(to, scale);
        }),
        (None, Some(both)) => with_buffer(plan.get_inplace_scratch_len(), |scratch| {
            plan.process_with_scratch(both, scratch);
            rescale(both, scale);
        }),
        _ => with_buffer(lines * n + plan.get_inplace_scratch_len(), |buffer| {
            let (values, scratch) = buffer.split_at_mut(lines * n);
            gather(source.unwrap_or(block.reading()), values);
            plan.process_with_scratch(values, scratch);
            scatter(values, scale, block);
        }),
    }
}
