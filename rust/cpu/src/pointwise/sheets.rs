//! Arrays whose innermost dimension is short, or repeats an element: they are read and written sheet by sheet of the innermost two
//! dimensions, for a call for each row would take longer than the row.

use bytemuck::Zeroable;
use ferrotorch_kernel::dtype::{DType, Element};

use crate::convert::Loader;
use crate::element::match_size;
use crate::lane::Lane;
use crate::plan::Plan;
use crate::view::{Elements, Piece, Read, Stretches, View, Write};

/// Bytes of the elements that are converted together.
const ROOM: usize = 4096;

/// Memory for elements before they are converted.
#[derive(Clone, Copy, Zeroable)]
#[repr(C, align(64))]
pub(super) struct Raw([u64; ROOM / size_of::<u64>()]);

/// An input of a call.
pub(super) struct Input<'a, 'e, T> {
    pub(super) plan: &'a Plan,
    /// Its number in the plan.
    pub(super) array: usize,
    pub(super) elements: &'a Elements<'e, Read>,
    pub(super) dtype: DType,
    pub(super) load: Loader<T>,
}

impl<T: Lane> Input<'_, '_, T> {
    /// Reads elements from number `first` of the walk on: does so and is true, or leaves it to the general way, where `raw` is too small.
    pub(super) fn read(&self, first: usize, raw: &mut Raw, out: &mut [T]) -> bool {
        if self.dtype == T::DTYPE {
            self.copy(first, out);
            return true;
        }
        let n = out.len();
        if n * self.dtype.size() > ROOM {
            return false;
        }
        match_size!(self.dtype, E => self.copy::<E>(first, &mut bytemuck::cast_slice_mut(&mut raw.0)[..n]));
        (self.load)(Stretches::of_buffer(&raw.0, self.dtype, [1, n]), out);
        true
    }

    /// Copies elements, whose type is of the dtype's size.
    fn copy<E: Element>(&self, first: usize, out: &mut [E]) {
        let (array, mut rest) = (self.array, &mut out[..]);
        let step = self.plan.steps(array);
        self.plan.for_each_sheet(first, rest.len(), |at, size| {
            let (part, behind) = std::mem::take(&mut rest).split_at_mut(size[0] * size[1]);
            copy_rows(self.elements.stretches(at[array], size, step).rows::<E>(), part);
            rest = behind;
        });
    }
}

/// Copies the rows of a matrix, one behind the other.
fn copy_rows<E: Element>(from: View<E, Read, 2>, to: &mut [E]) {
    match from.cols() {
        2 => copy_short::<E, 2>(from, to),
        3 => copy_short::<E, 3>(from, to),
        4 => copy_short::<E, 4>(from, to),
        cols => {
            for (i, to) in to.chunks_exact_mut(cols.max(1)).enumerate() {
                let row = from.row(i);
                match row.as_slice() {
                    Some(row) => to.copy_from_slice(row),
                    None if row.step()[0] == 0 => to.fill(row.get(0)),
                    None => to.iter_mut().zip(row.iter()).for_each(|(to, x)| *to = x),
                }
            }
        }
    }
}

/// [`copy_rows`] of a length that the compiler knows.
fn copy_short<E: Element, const N: usize>(from: View<E, Read, 2>, to: &mut [E]) {
    let to = to.as_chunks_mut::<N>().0.iter_mut();
    if from.step()[1] == 0 {
        let column = from.t().row(0);
        return match column.as_slice() {
            Some(column) => to.zip(column).for_each(|(to, &x)| *to = [x; N]),
            None => to.zip(column.iter()).for_each(|(to, x)| *to = [x; N]),
        };
    }
    for (i, to) in to.enumerate() {
        *to = std::array::from_fn(|j| from.get(i, j));
    }
}

/// Writes a block to a piece of the output, which is of its type.
pub(super) fn write<T: Lane>(piece: &mut Piece, block: &[T]) {
    let mut rest = block;
    piece.for_each_sheet_mut(|[rows, columns], to| {
        let (part, behind) = rest.split_at(rows * columns);
        write_rows(part, to.rows::<T>());
        rest = behind;
    });
}

/// The opposite of [`copy_rows`].
fn write_rows<T: Lane>(from: &[T], mut to: View<T, Write, 2>) {
    match to.cols() {
        2 => write_short::<T, 2>(from, to),
        3 => write_short::<T, 3>(from, to),
        4 => write_short::<T, 4>(from, to),
        columns => {
            for (i, from) in from.chunks_exact(columns.max(1)).enumerate() {
                let mut row = to.row_mut(i);
                match row.as_mut_slice() {
                    Some(row) => row.copy_from_slice(from),
                    None => row.write_all(from.iter().copied()),
                }
            }
        }
    }
}

/// [`write_rows`] of a length that the compiler knows.
fn write_short<T: Lane, const N: usize>(from: &[T], mut to: View<T, Write, 2>) {
    for (i, from) in from.as_chunks::<N>().0.iter().enumerate() {
        for j in 0..N {
            to.set(i, j, from[j]);
        }
    }
}
