//! Copies: byte for byte where only the layout changes, by tiles where it is transposed or its rows are short, converting
//! otherwise.

use ferrotorch_kernel::dtype::Element;
use ferrotorch_kernel::{Array, Layout, Operand, Result, ensure};
use smallvec::SmallVec;

use crate::element::match_size;
use crate::fill;
use crate::parallel::{self, Cost};
use crate::plan::Plan;
use crate::pointwise;
use crate::view::{self, Elements, Read, Tiles, View, Views, Walk, Write, dense_as, for_each_part};

/// Side of a tile: 32 elements of 8 bytes are four cache lines.
pub(crate) const TILE: usize = 32;
/// Rows of fewer elements that are near each other are copied by columns, others one after the other.
const SHORT: usize = 12;
const NEAR: usize = 64;
/// Rows of more elements take much longer than to find them does.
const LONG: usize = 1 << 13;
/// Rows that are copied together, and their elements, at most; and how many there must be.
const ROWS: usize = 256;
const ELEMENTS: usize = 1 << 15;
const FEW: usize = 8;
/// Smaller arrays fit into the L1 cache and need no tiles.
pub(crate) const MIN_TILED: usize = 1 << 11;

/// Runs [`ferrotorch_kernel::kernel::Kernel::Copy`].
pub(crate) fn copy(input: &Operand, out: &Array) -> Result<()> {
    let array = match input {
        Operand::Scalar(x) => return fill::fill(*x, out),
        other => other.array()?,
    };
    ensure!(array.shape() == out.shape(), Runtime, "copy: the input has shape {:?}, the output {:?}", array.shape(), out.shape());
    if array.dtype != out.dtype {
        return pointwise::convert(input, out);
    }
    match_size!(out.dtype, T => copy_elements::<T>(array, out))
}

/// Copies elements whose type has the size and alignment of both arrays' dtype.
pub(crate) fn copy_elements<T: Element>(input: &Array, out: &Array) -> Result<()> {
    if let (Some(from), Some(to)) = (dense_as::<T, Read>(input), dense_as::<T, Write>(out)) {
        copy_dense(from, to);
        return Ok(());
    }
    let mut walk = Walk::new(out, &[input.layout.strides()])?;
    let from = Elements::<Read>::new(input)?;
    let is_itself = std::ptr::eq(from.as_ptr(), Elements::<Read>::new(out)?.as_ptr()) && input.layout == out.layout;
    if out.layout.numel() == 0 || is_itself {
        return Ok(());
    }
    if let Some(dim) = transposed_dim(walk.plan(), 1) {
        let [input, out] = [(input, 1), (out, 0)].map(|(array, k)| tiled(array, walk.plan(), k, dim));
        return copy_tiles::<T>(&input, &out);
    }
    if let Some(dim) = dim_of_rows(walk.plan()) {
        let [input, out] = [(input, 1), (out, 0)].map(|(array, k)| tiled(array, walk.plan(), k, dim));
        return copy_rows::<T>(&input, &out);
    }
    let step = walk.plan().inner_stride(1);
    let is_by_elements = step != 1 || walk.plan().inner_stride(0) != 1;
    let cost = if is_by_elements { Cost::streamed(2) } else { Cost::streamed(0) };
    walk.for_each_chunk(cost.plus(cost_of_copy::<T>(1)), |mut chunk| {
        chunk.for_each_run(|at, to| {
            let mut to = to.typed::<T>();
            let from = from.line(at[1], step, to.len()).typed::<T>();
            to.copy_from(from);
        });
    });
    Ok(())
}

/// Copies row-major elements; an array may be copied to itself.
fn copy_dense<T: Element>(from: View<T, Read, 1>, to: View<T, Write, 1>) {
    if from.as_ptr() == to.as_ptr() {
        return;
    }
    if let (Some(from), Some(to)) = (from.as_slice(), to.into_mut_slice()) {
        parallel::for_each_chunk_mut(to, cost_of_copy::<T>(1), |start, to| to.copy_from_slice(&from[start..start + to.len()]));
    }
}

/// What it takes to read and write so many elements that lie dense.
pub(crate) const fn cost_of_copy<T>(elements: usize) -> Cost {
    Cost::moved(2 * elements * size_of::<T>())
}

/// The dimension whose places make rows of the innermost one, where that has so few elements that finding each run by itself
/// would take longer than copying it: the next, whose elements are close by, or the largest.
fn dim_of_rows(plan: &Plan) -> Option<usize> {
    if plan.ndim() == 1 || plan.inner() >= LONG {
        return None;
    }
    let dim = if plan.size(1) >= FEW { Some(1) } else { (1..plan.ndim()).max_by_key(|&d| plan.size(d)) };
    dim.filter(|&d| plan.size(d) >= FEW)
}

/// Copies matrices, many rows at a time: by columns where these are the longer ones.
fn copy_rows<T: Element>(input: &Array, out: &Array) -> Result<()> {
    let dims = [input.layout.ndim() - 2, input.layout.ndim() - 1];
    let input = Views::<T, Read, 2>::along(input, dims)?;
    let columns = out.shape()[dims[1]];
    let rows = (ELEMENTS / columns.max(1)).clamp(1, ROWS);
    let tiles = Tiles::new(Views::<T, Write, 2>::along(out, dims)?, [rows, columns]);
    let is_dense = input.is_contiguous() && tiles.is_contiguous();
    let by_elements = if is_dense && columns >= SHORT { Cost::single(8 * rows) } else { Cost::streamed(2 * rows * columns) };
    for_each_part(tiles, by_elements.plus(cost_of_copy::<T>(rows * columns)), |_, (matrix, ranges, out)| {
        let from = input.view(matrix).block(ranges);
        // Columns of rows that lie far apart would each touch every one of their cache lines.
        let is_near = [from.step(), out.step()].iter().all(|step| step[0].unsigned_abs() <= NEAR);
        let (from, to) = if columns < SHORT && is_near { (from.t(), out.t()) } else { (from, out) };
        view::copy_rows(from, to);
    })
}

/// The dimension along which an input is contiguous, where that is not the innermost and tiles pay.
pub(crate) fn transposed_dim(plan: &Plan, input: usize) -> Option<usize> {
    if plan.numel() < MIN_TILED || plan.inner_stride(input).unsigned_abs() <= 1 || plan.inner_stride(0) != 1 {
        return None;
    }
    (1..plan.ndim()).find(|&d| plan.stride(d, input) == 1).filter(|&d| plan.size(d).min(plan.inner()) >= 4)
}

/// An array of the plan as matrices: their rows along `dim`, their columns along the innermost dimension.
pub(crate) fn tiled(array: &Array, plan: &Plan, k: usize, dim: usize) -> Array {
    let dims = || (1..plan.ndim()).rev().filter(|&d| d != dim).chain([dim, 0]);
    let (shape, strides): (SmallVec<[usize; 6]>, SmallVec<[isize; 6]>) =
        (dims().map(|d| plan.size(d)).collect(), dims().map(|d| plan.stride(d, k)).collect());
    array.with_layout(Layout::strided(&shape, &strides, array.layout.offset()))
}

/// Copies matrices tile by tile: the columns of the input and the rows of the output are contiguous.
fn copy_tiles<T: Element>(input: &Array, out: &Array) -> Result<()> {
    let dims = [input.layout.ndim() - 2, input.layout.ndim() - 1];
    let input = Views::<T, Read, 2>::along(input, dims)?;
    let tiles = Tiles::new(Views::<T, Write, 2>::along(out, dims)?, [TILE, TILE]);
    for_each_part(tiles, Cost::streamed(2 * TILE * TILE).plus(cost_of_copy::<T>(TILE * TILE)), |_, (matrix, ranges, out)| {
        copy_tile(input.view(matrix).block(ranges), out);
    })
}

/// Transposes a tile, whose columns are lines of memory, by way of a buffer, so that both arrays are touched line by line.
pub(crate) fn copy_tile<T: Element>(from: View<T, Read, 2>, mut to: View<T, Write, 2>) {
    let mut buffer = [[T::zeroed(); TILE]; TILE];
    for (i, line) in buffer.iter_mut().enumerate().take(from.cols()) {
        if let Some(column) = from.t().row_slice(i) {
            line[..column.len()].copy_from_slice(column);
        }
    }
    to.for_each_row(|j, row| row.iter_mut().zip(&buffer).for_each(|(x, line)| *x = line[j]));
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrotorch_kernel::Scalar;

    #[test]
    fn scalars_fill() {
        let out = Array::from_slice(&[2], &[0i8, 0]).unwrap();
        copy(&Operand::Scalar(Scalar::Int(-3)), &out).unwrap();
        assert_eq!(out.to_vec::<i8>().unwrap(), [-3, -3]);
    }
}
