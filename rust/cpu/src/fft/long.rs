//! Long lines, as many short ones.
//!
//! A line that no cache holds is laid out as a matrix (Bailey, "FFTs in external or hierarchical memory", 1990): its columns are
//! transformed and turned by roots of unity, then its rows, and these are the columns of the result. All threads share the work,
//! memory is passed twice, and whoever waits can give up between two blocks.

use ferrotorch_kernel::dtype::Element;
use ferrotorch_kernel::{Array, Layout, Result};
use num_complex::Complex;

use super::block::{gather, scatter};
use super::plan::{self, Real, with_buffer};
use super::roots::Roots;
use crate::view::{Read, Tiles, View, Views, Write, try_for_each_part};

/// From this length on a line is divided: shorter ones are quicker whole, as long as a cache holds them.
const LONG: usize = 1 << 21;

/// Of a length with no divisor between this and its root the rest would still be long.
const LEAST_DIVISOR: usize = 64;

/// The numbers of rows and columns that a long line is laid out in.
pub(super) fn sides(n: usize) -> Option<[usize; 2]> {
    if n < LONG {
        return None;
    }
    let rows = (LEAST_DIVISOR..=n.isqrt()).rev().find(|divisor| n.is_multiple_of(*divisor))?;
    Some([rows, n / rows])
}

/// [`complex::transform`](super::complex::transform) of lines with these sides.
pub(super) fn transform<T: Real>(
    dim: usize,
    sides: [usize; 2],
    inverse: bool,
    scale: T,
    input: Option<&Array>,
    out: &Array,
) -> Result<()>
where
    Complex<T>: Element,
{
    let [rows, columns] = sides;
    let source = with_line_as(input.unwrap_or(out), dim, sides, [columns as isize, 1]);
    let between = Array::empty(source.shape(), out.dtype, out.device())?;
    transform_columns::<T>(dim, inverse, &source, &between)?;
    let out = with_line_as(out, dim, sides, [1, rows as isize]);
    transform_rows(dim, inverse, scale, &between, &out)
}

/// An array whose lines along a dimension are matrices with these sides and distances between neighbours.
pub(super) fn with_line_as(array: &Array, dim: usize, sides: [usize; 2], distances: [isize; 2]) -> Array {
    let (mut shape, mut strides) = (array.shape().to_vec(), array.layout.strides().to_vec());
    let step = strides[dim];
    shape.splice(dim..=dim, sides);
    strides.splice(dim..=dim, distances.map(|distance| distance * step));
    array.with_layout(Layout::strided(&shape, &strides, array.layout.offset()))
}

/// Columns that make up whole cache lines.
fn width<T>() -> usize {
    64 / size_of::<Complex<T>>()
}

fn transform_columns<T: Real>(dim: usize, inverse: bool, input: &Array, out: &Array) -> Result<()>
where
    Complex<T>: Element,
{
    let [rows, columns] = [input.shape()[dim], input.shape()[dim + 1]];
    let (plan, roots) = (plan::complex::<T>(rows, inverse)?, Roots::new(rows * columns, inverse));
    let source = Views::<Complex<T>, Read, 2>::along(input, [dim, dim + 1])?;
    let tiles = Tiles::new(Views::<Complex<T>, Write, 2>::along(out, [dim, dim + 1])?, [rows, width::<T>()]);
    try_for_each_part(tiles, plan::cost(width::<T>(), rows), |_, (matrix, ranges, block)| {
        let first = ranges[1].start;
        let source = source.view(matrix).block(ranges).t();
        by_buffer(source, block.t(), T::one(), plan.get_inplace_scratch_len(), |values, scratch| {
            plan.process_with_scratch(values, scratch);
            values.chunks_exact_mut(rows).enumerate().for_each(|(i, column)| roots.turn(column, first + i));
        })
    })
}

fn transform_rows<T: Real>(dim: usize, inverse: bool, scale: T, input: &Array, out: &Array) -> Result<()>
where
    Complex<T>: Element,
{
    let columns = input.shape()[dim + 1];
    let plan = plan::complex::<T>(columns, inverse)?;
    let source = Views::<Complex<T>, Read, 2>::along(input, [dim, dim + 1])?;
    let tiles = Tiles::new(Views::<Complex<T>, Write, 2>::along(out, [dim, dim + 1])?, [width::<T>(), columns]);
    try_for_each_part(tiles, plan::cost(width::<T>(), columns), |_, (matrix, ranges, block)| {
        let source = source.view(matrix).block(ranges);
        by_buffer(source, block, scale, plan.get_inplace_scratch_len(), |values, scratch| {
            plan.process_with_scratch(values, scratch);
        })
    })
}

/// Copies rows into a buffer, lets `work` change them there with so much scratch, and writes them where they belong.
fn by_buffer<T: Real>(
    source: View<Complex<T>, Read, 2>,
    target: View<Complex<T>, Write, 2>,
    scale: T,
    scratch: usize,
    work: impl FnOnce(&mut [Complex<T>], &mut [Complex<T>]),
) -> Result<()>
where
    Complex<T>: Element,
{
    let [lines, n] = source.size();
    with_buffer(lines * n + scratch, |buffer| {
        let (values, scratch) = buffer.split_at_mut(lines * n);
        gather(source, values);
        work(values, scratch);
        scatter(values, scale, target);
    })
}
