//! Arrays whose innermost dimension is short, or repeats an element: they are read and written sheet by sheet of the innermost two
//! dimensions, for a call for each row would take longer than the row.

use bytemuck::Zeroable;
use ferrotorch_kernel::dtype::{DType, Element};

use crate::convert::Loader;
use crate::element::match_size;
use crate::lane::Lane;
use crate::plan::Plan;
use crate::view::{self, Elements, Piece, Read, Stretches, View, Write};

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
    /// Reads the elements of a piece: does so and is true, or leaves it to the general way, where `raw` is too small.
    pub(super) fn read(&self, piece: &Piece, raw: &mut Raw, out: &mut [T]) -> bool {
        if self.dtype == T::DTYPE {
            self.copy(piece, out);
            return true;
        }
        let n = out.len();
        if piece.first().is_none() && self.plan.steps(self.array) == [piece.size()[1] as isize, 1] {
            (self.load)(self.elements.line(piece.at()[self.array], 1, n), out);
            return true;
        }
        if n * self.dtype.size() > ROOM {
            return false;
        }
        match_size!(self.dtype, E => self.copy::<E>(piece, &mut bytemuck::cast_slice_mut(&mut raw.0)[..n]));
        (self.load)(Stretches::of_buffer(&raw.0, self.dtype, [1, n]), out);
        true
    }

    /// Copies the elements of a piece, whose type is of the dtype's size.
    fn copy<E: Element>(&self, piece: &Piece, out: &mut [E]) {
        let (array, mut rest) = (self.array, &mut out[..]);
        let step = self.plan.steps(array);
        let Some(first) = piece.first() else {
            return copy_rows(self.elements.stretches(piece.at()[array], piece.size(), step).rows::<E>(), rest);
        };
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
        cols => view::copy_rows(from, View::from_slice_mut(to, from.rows(), cols)),
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
fn write_rows<T: Lane>(from: &[T], to: View<T, Write, 2>) {
    match to.cols() {
        2 => write_short::<T, 2>(from, to),
        3 => write_short::<T, 3>(from, to),
        4 => write_short::<T, 4>(from, to),
        columns => view::copy_rows(View::from_slice(from, to.rows(), columns), to),
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
