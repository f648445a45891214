//! What a kernel is given: the places that a tile of a product reads and writes, each checked when a tile is made.

use super::blocked::Panels;
use super::dots;
use super::kernel::Kernel;
use super::matrix::{Matrix, MatrixMut};
use super::number::Number;

/// A tile's work: `c (+)= alpha * a @ b` for `rows x cols` elements. Its constructors see to it that all pointers lead to what is
/// read and written, and that nothing else reaches C.
#[derive(Clone, Copy)]
pub(super) struct Tile<'a, T> {
    pub(super) k: usize,
    /// Valid rows, at most the kernel's; or twice as many with an indexed B of at most one vector of columns.
    pub(super) rows: usize,
    /// Valid columns, at most the kernel's.
    pub(super) cols: usize,
    pub(super) a: *const T,
    /// A is a packed panel: `k` columns, one behind the other, of rows padded to the kernel's. Its steps are not read.
    pub(super) packed: bool,
    /// Step between rows of A.
    pub(super) a_row: isize,
    /// Step along `k` of A.
    pub(super) a_k: isize,
    /// B, whose columns are neighbours and of which [`Kernel::width`] of them can be read.
    pub(super) b: *const T,
    /// Step along `k` of B.
    pub(super) b_k: isize,
    /// Where the `k` rows of B start relative to `b`, in place of a step; or its groups of words, for kernels that
    /// [read steps](Kernel::reads_steps). A is packed then.
    pub(super) b_rows: Option<&'a [usize]>,
    pub(super) c: *mut T,
    pub(super) c_row: isize,
    pub(super) c_col: isize,
    pub(super) alpha: T,
    /// One row of up to [`Kernel::wide`] columns, of which all can be read, with an indexed B and A without padding.
    pub(super) wide: bool,
    /// Add to C instead of overwriting it.
    pub(super) accumulate: bool,
}

impl<'a, T: Number> Tile<'a, T> {
    /// A tile of at most the kernel's rows and columns. `a` is its rows: as many as [`Kernel::padded_rows`] says where they are
    /// packed. `b` is as many columns as [`Kernel::width`] says.
    #[inline]
    pub(super) fn new(
        kernel: &Kernel<T>,
        k: usize,
        alpha: T,
        a: Panels<'a, T>,
        b: Panels<'a, T>,
        c: MatrixMut<'a, T>,
        accumulate: bool,
    ) -> Self {
        let ([rows, cols], [c_row, c_col]) = (c.size(), c.step());
        assert!((1..=kernel.mr).contains(&rows) && (1..=kernel.nr).contains(&cols), "a tile of the kernel's size");
        let (a, packed, [a_row, a_k]) = match a {
            Panels::Packed(a) => (a[..kernel.padded_rows(rows) * k].as_ptr(), true, [1, 1]),
            Panels::InPlace(a) => {
                assert_eq!(a.size(), [rows, k], "A is read in place by the tile's rows");
                (a.as_ptr().cast_const(), false, a.step())
            }
        };
        let width = kernel.width(cols);
        let (b, b_k) = match b {
            Panels::Packed(b) => (b[..width * k].as_ptr(), width as isize),
            Panels::InPlace(b) => {
                assert!(b.step()[1] == 1 && b.size() == [k, width], "B is read in place by whole rows");
                (b.as_ptr().cast_const(), b.step()[0])
            }
        };
        let (c, b_rows, wide) = (c.as_ptr(), None, false);
        Tile { k, rows, cols, a, packed, a_row, a_k, b, b_k, b_rows, c, c_row, c_col, alpha, wide, accumulate }
    }

    /// A tile whose B is read by an index, from `start` on. `a` is packed: padded to [`Kernel::step`], two full panels, or one row
    /// without padding, for which there may be up to [`Kernel::wide`] columns.
    #[inline]
    pub(super) fn indexed(
        kernel: &Kernel<T>,
        a: &'a [T],
        b: &Indexed<'a, T>,
        start: usize,
        c: MatrixMut<'a, T>,
        accumulate: bool,
    ) -> Self {
        let (k, [rows, cols], [c_row, c_col]) = (b.rows.len(), c.size(), c.step());
        let two_panels = rows == 2 * kernel.mr && cols <= kernel.lanes;
        assert!(rows >= 1 && (rows <= kernel.mr || two_panels) && (1..=b.width).contains(&cols), "a tile of the kernel's size");
        assert!(start < b.end, "a tile inside of what is read");
        let padded = if b.wide { rows } else { rows.next_multiple_of(kernel.step) };
        Tile {
            k,
            rows,
            cols,
            a: a[..padded * k].as_ptr(),
            packed: true,
            a_row: 1,
            a_k: 1,
            b: b.source[start..].as_ptr(),
            b_k: 0,
            b_rows: Some(b.rows),
            c: c.as_ptr(),
            c_row,
            c_col,
            alpha: T::from_scalar(1i64.into()),
            wide: b.wide,
            accumulate,
        }
    }

    /// A tile whose B is read by groups of words, from column `start` on. `a` is packed; B was found to have so many columns by
    /// [`Stepped::check`].
    #[inline]
    pub(super) fn stepped(
        kernel: &Kernel<T>,
        a: &'a [T],
        b: &Stepped<'a, T>,
        start: usize,
        c: MatrixMut<'a, T>,
        accumulate: bool,
    ) -> Self {
        let (k, [rows, cols], [c_row, c_col]) = (b.starts.len() * kernel.group, c.size(), c.step());
        assert!(kernel.reads_steps() && (1..=kernel.mr).contains(&rows) && (1..=kernel.nr).contains(&cols), "the kernel's size");
        Tile {
            k,
            rows,
            cols,
            a: a[..kernel.padded_rows(rows) * k].as_ptr(),
            packed: true,
            a_row: 1,
            a_k: 1,
            b: b.source[start..].as_ptr(),
            b_k: b.step as isize,
            b_rows: Some(b.starts),
            c: c.as_ptr(),
            c_row,
            c_col,
            alpha: T::from_scalar(1i64.into()),
            wide: false,
            accumulate,
        }
    }
}

/// A factor whose words lie a step apart within a group, and whose groups start at places of their own.
pub(crate) struct Stepped<'a, T> {
    pub(crate) source: &'a [T],
    pub(crate) starts: &'a [usize],
    pub(crate) step: usize,
}

impl<T> Stepped<'_, T> {
    /// Can tiles of so many columns, a multiple of a vector, be read?
    pub(super) fn check(&self, kernel: &Kernel<T>, columns: usize) {
        let last = self.starts.iter().max().map_or(0, |&start| start + (kernel.group - 1) * self.step);
        assert!(columns.is_multiple_of(kernel.lanes), "whole vectors");
        assert!(last + columns <= self.source.len(), "all words can be read");
    }
}

/// A tile of dot products, `c (+)= a @ b^T`. Its constructor sees to it that the rows can be read, which are whole vectors, and that
/// nothing else reaches C.
pub(super) struct DotTile<T> {
    pub(super) k: usize,
    pub(super) rows: usize,
    pub(super) cols: usize,
    pub(super) a: *const T,
    pub(super) b: *const T,
    /// Steps between the rows of A and of B.
    pub(super) a_row: isize,
    pub(super) b_row: isize,
    pub(super) c: *mut T,
    pub(super) c_row: isize,
    pub(super) c_col: isize,
    pub(super) accumulate: bool,
}

impl<T: Number> DotTile<T> {
    /// A tile of at most [`dots::ROWS`] rows of A and [`dots::COLS`] of B, whose elements are neighbours, a multiple of
    /// [`Kernel::lanes`] of them.
    #[inline]
    pub(super) fn new(kernel: &Kernel<T>, a: Matrix<T>, b: Matrix<T>, c: MatrixMut<T>, accumulate: bool) -> Self {
        let (k, [rows, cols], [c_row, c_col]) = (a.cols(), c.size(), c.step());
        assert!((1..=dots::ROWS).contains(&rows) && (1..=dots::COLS).contains(&cols), "a tile of the kernel's size");
        assert!(a.size() == [rows, k] && b.size() == [cols, k], "as many rows as the tile has");
        assert!(k.is_multiple_of(kernel.lanes) && a.step()[1] == 1 && b.step()[1] == 1, "rows of whole vectors");
        let ([a_row, _], [b_row, _]) = (a.step(), b.step());
        DotTile { k, rows, cols, a: a.as_ptr(), b: b.as_ptr(), a_row, b_row, c: c.as_ptr(), c_row, c_col, accumulate }
    }
}

/// A factor whose row `k` is read at `rows[k]` of a source, from a tile's start on.
pub(super) struct Indexed<'a, T> {
    source: &'a [T],
    rows: &'a [usize],
    /// The columns of a tile are for a result of one row.
    wide: bool,
    /// Columns that tiles read.
    width: usize,
    /// The first place that no tile may start at.
    end: usize,
}

impl<'a, T> Indexed<'a, T> {
    pub(super) fn new(kernel: &Kernel<T>, source: &'a [T], rows: &'a [usize], wide: bool) -> Self {
        let width = if wide { kernel.wide() } else { kernel.nr };
        let places = source.len() + 1;
        let end = rows.iter().max().map_or(places, |&last| places.saturating_sub(last).saturating_sub(width));
        Indexed { source, rows, wide, width, end }
    }
}
