//! Where rows lie: in slots that index arrays name, or one after the other.

use ferrotorch_kernel::error::{Indexed, Kind};
use ferrotorch_kernel::memory::vec_for;
use ferrotorch_kernel::{Array, Operand, Result};
use smallvec::SmallVec;

use crate::dense;

/// Index arrays, row-major.
pub(super) fn row_major(indices: &[Operand]) -> Result<SmallVec<[Array; 2]>> {
    indices.iter().map(|index| index.array()?.contiguous()).collect()
}

/// An array dimension that is indexed: every index lies in it.
struct Column<'a> {
    indices: &'a [i64],
    size: i64,
    stride: isize,
}

impl<'a> Column<'a> {
    /// Checks the indices; those below zero count from the end, where `wraps` allows them.
    fn new(op: &'static str, dim: usize, wraps: bool, size: usize, stride: isize, indices: &'a [i64]) -> Result<Column<'a>> {
        let range = if wraps { -(size as i64) } else { 0 }..size as i64;
        // Without an end before the last one the compiler compares many at a time.
        if !indices.iter().fold(true, |fits, i| fits & range.contains(i))
            && let Some(&index) = indices.iter().find(|i| !range.contains(i))
        {
            return Err(Kind::IndexOutOfRange { op, index, dim, size, what: Indexed::Slice }.into());
        }
        Ok(Column { indices, size: size as i64, stride })
    }

    #[inline(always)]
    fn offset(&self, index: i64) -> isize {
        (if index < 0 { index + self.size } else { index }) as isize * self.stride
    }

    #[inline(always)]
    fn at(&self, i: usize) -> isize {
        self.offset(self.indices[i])
    }
}

/// The slots that index arrays name together, by the number of the entry.
pub(super) struct Slots<'a> {
    columns: SmallVec<[Column<'a>; 2]>,
    count: usize,
}

impl<'a> Slots<'a> {
    /// In the first dimensions of an array, one for each of the row-major index arrays.
    pub(super) fn new(op: &'static str, wraps: bool, indexed: &Array, indices: &'a [Array]) -> Result<Slots<'a>> {
        let column = |(dim, index): (usize, &'a Array)| {
            let (size, stride) = (indexed.shape()[dim], indexed.layout.strides()[dim]);
            Column::new(op, dim, wraps, size, stride, dense::read::<i64>(index)?)
        };
        let count = indices.first().map_or(1, Array::numel);
        Ok(Slots { columns: indices.iter().enumerate().map(column).collect::<Result<_>>()?, count })
    }

    /// Along the first dimension of an array, which the caller's user knows as `dim`, without negative indices.
    pub(super) fn along(op: &'static str, dim: usize, indexed: &Array, index: &'a Array) -> Result<Slots<'a>> {
        let (size, stride) = (indexed.shape()[0], indexed.layout.strides()[0]);
        let column = Column::new(op, dim, false, size, stride, dense::read::<i64>(index)?)?;
        Ok(Slots { columns: SmallVec::from_iter([column]), count: index.numel() })
    }

    /// Number of entries.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Offset of the slot of an entry, in elements from the array's first.
    #[inline(always)]
    pub(super) fn at(&self, i: usize) -> isize {
        match &self.columns[..] {
            [column] => column.at(i),
            columns => columns.iter().map(|column| column.at(i)).sum(),
        }
    }

    /// Calls `visit` with the offsets of the entries from `start` on and what belongs to each.
    #[inline(always)]
    pub(super) fn zip<P>(&self, start: usize, places: impl Iterator<Item = P>, mut visit: impl FnMut(isize, P)) {
        match &self.columns[..] {
            [column] => places.zip(&column.indices[start..]).for_each(|(place, &index)| visit(column.offset(index), place)),
            _ => places.zip(start..self.count).for_each(|(place, i)| visit(self.at(i), place)),
        }
    }

    /// All offsets.
    pub(super) fn to_list(&self, op: &'static str) -> Result<Vec<isize>> {
        let mut list = vec_for(op, self.count)?;
        list.extend((0..self.count).map(|i| self.at(i)));
        Ok(list)
    }
}

/// The offsets of all positions in dimensions of which sizes and steps are given, in row-major order.
pub(super) fn positions(op: &str, dims: impl IntoIterator<Item = (usize, isize)>) -> Result<Vec<isize>> {
    dims.into_iter().try_fold(vec![0], |outer, dim| within(op, &outer, dim))
}

/// The offsets of the positions along a dimension behind each of those given.
pub(super) fn within(op: &str, outer: &[isize], (size, step): (usize, isize)) -> Result<Vec<isize>> {
    let mut list = vec_for(op, outer.len().saturating_mul(size))?;
    outer.iter().for_each(|&start| list.extend((0..size as isize).map(|i| start + i * step)));
    Ok(list)
}

/// The positions of an array's first dimensions in row-major order.
pub(super) enum Starts {
    /// As far from one another as given.
    Even(isize),
    /// As listed.
    Listed(Vec<isize>),
}

impl Starts {
    /// Of the first `lead` dimensions.
    pub(super) fn new(array: &Array, lead: usize) -> Result<Starts> {
        let dims = || array.shape().iter().copied().zip(array.layout.strides().iter().copied()).take(lead).filter(|d| d.0 != 1);
        let mut step = dims().next_back().map_or(0, |(_, stride)| stride);
        let first = step;
        for (size, stride) in dims().collect::<SmallVec<[_; 5]>>().into_iter().rev() {
            if stride != step {
                return Ok(Starts::Listed(positions("index", dims())?));
            }
            step *= size as isize;
        }
        Ok(Starts::Even(first))
    }

    /// Offset of a position, by its number.
    #[inline(always)]
    pub(super) fn at(&self, i: usize) -> isize {
        match self {
            Starts::Even(step) => i as isize * step,
            Starts::Listed(list) => list[i],
        }
    }
}
