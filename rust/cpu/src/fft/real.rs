//! Transforms between real lines and the coefficients of which half are the conjugates of the others.

use ferrotorch_kernel::dtype::Element;
use ferrotorch_kernel::{Array, Error, Result};
use num_complex::Complex;
use realfft::FftError;

use super::block::{Blocks, copy_row, rescale};
use super::long_real;
use super::plan::{self, Real, with_buffer};
use crate::view::{Read, Tiles, View, Views, Write, try_for_each_part};

/// Coefficients of real lines along a dimension, times a scale: all that `out` has room for.
pub(super) fn to_complex<T: Real>(dim: usize, scale: T, input: &Array, out: &Array) -> Result<()>
where
    Complex<T>: Element,
{
    let (n, coefficients) = (input.shape()[dim], out.shape()[dim]);
    if let Some(sides) = long_real::sides_of_pairs(n) {
        return long_real::to_complex(dim, sides, scale, input, out);
    }
    let plan = plan::of_real::<T>(n)?;
    let (half, scratch) = (n / 2 + 1, plan.get_scratch_len());
    let blocks = Blocks::new([input, out], dim, size_of::<T>());
    let source = Views::<T, Read, 2>::along(&blocks.arrays[0], blocks.dims)?;
    let tiles = Tiles::new(Views::<Complex<T>, Write, 2>::along(&blocks.arrays[1], blocks.dims)?, blocks.tile(coefficients));
    try_for_each_part(tiles, plan::cost(blocks.lines, half), |_, (matrix, ranges, block)| {
        let source = blocks.as_rows(source.view(matrix).block(blocks.same_lines(ranges, n)));
        let mut block = blocks.as_rows(block);
        with_buffer(n.div_ceil(2) + half + scratch, |buffer| {
            let (line, rest) = buffer.split_at_mut(n.div_ceil(2));
            let (spare, scratch) = rest.split_at_mut(half);
            let line = &mut bytemuck::cast_slice_mut::<Complex<T>, T>(line)[..n];
            (0..block.rows()).try_for_each(|row| {
                copy_row(source.row(row), line);
                write_row(block.row_mut(row), spare, scale, |out| plan.process_with_scratch(line, out, scratch))
            })
        })?
    })
}

/// Lets `transform` write the first half of the coefficients of a row, and adds the others where the row has them.
fn write_row<T: Real>(
    mut row: View<Complex<T>, Write, 1>,
    spare: &mut [Complex<T>],
    scale: T,
    transform: impl FnOnce(&mut [Complex<T>]) -> Result<(), FftError>,
) -> Result<()> {
    let (n, half) = (row.len(), spare.len());
    let values = match row.as_mut_slice() {
        Some(slice) => &mut slice[..half],
        None => &mut *spare,
    };
    transform(values).map_err(refused)?;
    rescale(values, scale);
    if !row.is_slice() {
        row.write_all(spare.iter().copied());
    }
    for k in half..n {
        let mirrored = row.get(n - k).conj();
        row.set(k, mirrored);
    }
    Ok(())
}

/// Real lines along a dimension from the first half of their coefficients, times a scale.
pub(super) fn to_real<T: Real>(dim: usize, scale: T, input: &Array, out: &Array) -> Result<()>
where
    Complex<T>: Element,
{
    let n = out.shape()[dim];
    if let Some(sides) = long_real::sides_of_pairs(n) {
        return long_real::to_real(dim, sides, scale, input, out);
    }
    let plan = plan::to_real::<T>(n)?;
    let (half, scratch) = (n / 2 + 1, plan.get_scratch_len());
    let blocks = Blocks::new([input, out], dim, size_of::<T>());
    let source = Views::<Complex<T>, Read, 2>::along(&blocks.arrays[0], blocks.dims)?;
    let tiles = Tiles::new(Views::<T, Write, 2>::along(&blocks.arrays[1], blocks.dims)?, blocks.tile(n));
    try_for_each_part(tiles, plan::cost(blocks.lines, half), |_, (matrix, ranges, block)| {
        let source = blocks.as_rows(source.view(matrix).block(blocks.same_lines(ranges, half)));
        let mut block = blocks.as_rows(block);
        with_buffer(n.div_ceil(2) + half + scratch, |buffer| {
            let (spare, rest) = buffer.split_at_mut(n.div_ceil(2));
            let (values, scratch) = rest.split_at_mut(half);
            let spare = &mut bytemuck::cast_slice_mut::<Complex<T>, T>(spare)[..n];
            (0..block.rows()).try_for_each(|row| {
                copy_row(source.row(row), values);
                make_real(values, n);
                let mut row = block.row_mut(row);
                let line = row.as_mut_slice().unwrap_or(&mut *spare);
                plan.process_with_scratch(values, line, scratch).map_err(refused)?;
                line.iter_mut().for_each(|x| *x = *x * scale);
                if !row.is_slice() {
                    row.write_all(spare.iter().copied());
                }
                Ok(())
            })
        })?
    })
}

/// Coefficients that equal their own conjugates are real.
fn make_real<T: Real>(values: &mut [Complex<T>], n: usize) {
    values[0].im = T::zero();
    if n.is_multiple_of(2) {
        values[n / 2].im = T::zero();
    }
}

/// The lengths of buffers are those that the plan asked for.
#[cold]
fn refused(error: FftError) -> Error {
    Error::runtime(format!("fft(): {error}"))
}
