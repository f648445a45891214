//! Arrays as planes of two dimensions: rows along the one that a kernel works on, columns along the last.
//!
//! What works along a dimension other than the last walks a plane row by row, so that memory is read in its own order and
//! the loops run over adjacent columns. [`for_each_block`] hands every column of an output's planes to exactly one call, rows
//! and all, so that the order of writes to an element is one and the same.

#[cfg(test)]
mod tests;

use std::ops::Range;

use ferrotorch_kernel::dtype::Element;
use ferrotorch_kernel::{Array, Result, ensure};

use crate::parallel::{self, Cost};
use crate::view::{Access, Read, Tiles, View, Views, Write, for_each_part};

/// Columns that are at least worth a block of their own: a cache line of the narrowest index.
const COLUMNS: usize = 16;
/// Columns of a block at most: several values for each of them fit into the L1 cache.
const MOST_COLUMNS: usize = 512;
/// With fewer columns than this, lines of the dimension are better walked one by one.
pub(crate) const FEW_COLUMNS: usize = 8;

/// Lines of at most so many elements are gathered side by side rather than walked one by one.
const SHORT: usize = 16;

/// Arrays of a call along `dim` that are best walked by planes, and the dimension of their rows: the dimensions behind
/// `dim` count as one where all of the arrays allow that, and so do those before it where its lines are short. `None` where
/// lines of the dimension lie in memory as they are, or too few of them side by side.
pub(crate) fn side_by_side<const N: usize>(arrays: [&Array; N], dim: usize) -> Option<([Array; N], usize)> {
    let ndim = arrays[0].layout.ndim();
    if dim + 1 == ndim {
        return short_lines(arrays);
    }
    let columns: usize = arrays[0].shape()[dim + 1..].iter().product();
    let merged = all(arrays, |array| {
        let shape: Vec<usize> = array.shape()[..=dim].iter().copied().chain([columns]).collect();
        Some(array.with_layout(array.layout.view(&shape)?))
    });
    let arrays = merged.unwrap_or_else(|| arrays.map(Array::clone));
    let (shape, strides) = (arrays[0].shape(), arrays[0].layout.strides());
    let last = shape.len() - 1;
    (shape[last] >= FEW_COLUMNS && strides[last].abs() <= strides[dim].abs()).then_some((arrays, dim))
}

/// Arrays of a call along `dim` as batches of matrices whose rows, of fewer elements than [`FEW_COLUMNS`], lie without gaps; `None`
/// where that is not how they lie.
pub(crate) fn few_columns<const N: usize>(arrays: [&Array; N], dim: usize) -> Option<[Array; N]> {
    let shape = arrays[0].shape();
    let [planes, columns] = [&shape[..dim], &shape[dim + 1..]].map(|sizes| sizes.iter().product::<usize>());
    if !(2..FEW_COLUMNS).contains(&columns) {
        return None;
    }
    all(arrays, |array| {
        let layout = array.layout.view(&[planes, shape[dim], columns])?;
        (layout.strides()[2] == 1).then(|| array.with_layout(layout))
    })
}

/// Short lines of the last dimension, as the columns of one plane.
fn short_lines<const N: usize>(arrays: [&Array; N]) -> Option<([Array; N], usize)> {
    let (&length, outer) = arrays[0].shape().split_last()?;
    let lines: usize = outer.iter().product();
    if length == 0 || length > SHORT || lines < COLUMNS {
        return None;
    }
    let turned = all(arrays, |array| {
        let length = *array.shape().last()?;
        Some(array.with_layout(array.layout.view(&[lines, length])?.transpose(0, 1)))
    });
    Some((turned?, 0))
}

/// What `f` makes of all of the arrays, if it makes something of each.
pub(crate) fn all<const N: usize>(arrays: [&Array; N], f: impl Fn(&Array) -> Option<Array>) -> Option<[Array; N]> {
    let made: Option<Vec<Array>> = arrays.into_iter().map(f).collect();
    made.and_then(|arrays| arrays.try_into().ok())
}

/// The planes of an input.
pub(crate) type Planes<'a, T> = Views<'a, T, Read, 2>;
/// One plane of an input.
pub(crate) type Plane<'a, T> = View<'a, T, Read, 2>;
/// The planes of an output.
pub(crate) type PlanesMut<'a, T> = Views<'a, T, Write, 2>;

impl<'a, T: Element, A: Access> Views<'a, T, A, 2> {
    /// Views an array by planes of a dimension and the last, which is another. `T` may be any type of the dtype's size.
    pub(crate) fn new(array: &'a Array, dim: usize) -> Result<Self> {
        let last = array.layout.ndim() - 1;
        assert!(dim < last, "planes need two dimensions");
        Views::along(array, [dim, last])
    }

    /// Length of the dimension that was chosen.
    pub(crate) fn rows(&self) -> usize {
        self.size()[0]
    }
}

impl<'a, T: Element> Planes<'a, T> {
    /// A plane; it must have elements.
    pub(crate) fn plane(&self, plane: usize) -> Plane<'a, T> {
        self.view(plane)
    }
}

impl<T: Element> Plane<'_, T> {
    /// Some columns of a row: the memory itself where they follow one another, else a copy in `buffer`.
    #[inline(always)]
    pub(crate) fn read_row<'b>(&'b self, row: usize, columns: Range<usize>, buffer: &'b mut Vec<T>) -> &'b [T] {
        let line = self.row(row).block([columns]);
        if let Some(slice) = line.as_slice() {
            return slice;
        }
        buffer.clear();
        buffer.extend(line.iter());
        buffer
    }
}

/// Some columns of one plane of an output, held by one call alone.
pub(crate) struct Block<'a, T> {
    view: View<'a, T, Write, 2>,
    columns: Range<usize>,
}

impl<T: Element> Block<'_, T> {
    /// The columns that are the block's.
    pub(crate) fn columns(&self) -> Range<usize> {
        self.columns.clone()
    }

    /// Reads an element.
    #[inline(always)]
    pub(crate) fn get(&self, row: usize, column: usize) -> T {
        self.view.get(row, column.wrapping_sub(self.columns.start))
    }

    /// Writes an element.
    #[inline(always)]
    pub(crate) fn set(&mut self, row: usize, column: usize, value: T) {
        self.view.set(row, column.wrapping_sub(self.columns.start), value);
    }

    /// The block's columns of a row, to be overwritten: their own memory where they follow one another, else `buffer`, which
    /// [`Block::write_back`] then copies there.
    #[inline(always)]
    pub(crate) fn row_mut<'b>(&'b mut self, row: usize, buffer: &'b mut Vec<T>) -> &'b mut [T] {
        if self.view.step()[1] == 1 {
            return self.view.reborrow().row(row).into_mut_slice().unwrap_or_default();
        }
        buffer.resize(self.columns.len(), T::zeroed());
        buffer
    }

    /// See [`Block::row_mut`].
    #[inline(always)]
    pub(crate) fn write_back(&mut self, row: usize, buffer: &[T]) {
        if self.view.step()[1] != 1 {
            self.view.row_mut(row).write_all(buffer.iter().copied());
        }
    }

    /// Overwrites the block's columns of a row.
    pub(crate) fn write_row(&mut self, row: usize, values: &[T]) {
        assert_eq!(values.len(), self.columns.len(), "one value for each column");
        self.view.row_mut(row).write(values);
    }
}

/// Calls `work(plane, block)` for blocks that together are all columns of all planes of an output, in parallel. `cost` is
/// that of a column.
pub(crate) fn for_each_block<T: Element>(out: PlanesMut<T>, cost: Cost, work: impl Fn(usize, Block<T>) + Sync) -> Result<()> {
    let Some(width) = cut(&out) else { return Ok(()) };
    for_each_part(blocks(out, width), cost.times(width), |_, (plane, [_, columns], view)| work(plane, Block { view, columns }))
}

/// [`for_each_block`] over two outputs with equally many planes and columns.
pub(crate) fn for_each_block_pair<T: Element, U: Element>(
    first: PlanesMut<T>,
    second: PlanesMut<U>,
    cost: Cost,
    work: impl Fn(usize, Block<T>, Block<U>) + Sync,
) -> Result<()> {
    let alike = first.size() == second.size() && first.count() == second.count();
    ensure!(alike, Runtime, "the outputs of a kernel differ in shape");
    let Some(width) = cut(&first) else { return Ok(()) };
    let pair = (blocks(first, width), blocks(second, width));
    for_each_part(pair, cost.times(width), |_, ((plane, [_, columns], first), (_, _, second))| {
        let first = Block { view: first, columns: columns.clone() };
        work(plane, first, Block { view: second, columns });
    })
}

/// Planes cut into blocks of all rows and some columns.
fn blocks<T: Element>(out: PlanesMut<T>, width: usize) -> Tiles<T> {
    let rows = out.rows();
    Tiles::new(out, [rows, width])
}

/// Columns of a block; `None` where there are no elements.
fn cut<T: Element>(out: &PlanesMut<T>) -> Option<usize> {
    let (planes, size) = (out.count(), out.size());
    if planes == 0 || size.contains(&0) {
        return None;
    }
    // Fewer, wider blocks where there are planes enough.
    let wanted = (parallel::num_threads() * 2).div_ceil(planes);
    Some(size[1].div_ceil(wanted).clamp(COLUMNS, MOST_COLUMNS).min(size[1]))
}
