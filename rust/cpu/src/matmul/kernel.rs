//! The innermost loops of a matrix product: one tile of the result, held in registers.
//!
//! A tile of `R` rows and `C` vectors of columns is summed over `k`: each step loads `C` vectors of B, and for each row
//! broadcasts one element of A into `C` fused multiply-adds. `R * C` accumulators fill the register file (24 of 32
//! in AVX-512, 12 of 16 in AVX2) and hide the latency of the multiply-adds. Every element of a result is summed in
//! the order of `k`, wherever in a tile it lies, so results depend neither on tiling nor on threads.

use std::mem::MaybeUninit;

use bytemuck::Zeroable;

use super::dots;
use super::number::Number;

/// A vector register, or what stands for one.
///
/// # Safety
/// The functions use instructions of the implementing type's instruction set: callers run on a processor that has them.
pub(super) trait Lanes: Copy {
    type T: Number;
    /// Elements.
    const N: usize;
    /// # Safety
    /// See the trait.
    unsafe fn splat(x: Self::T) -> Self;
    /// # Safety
    /// See the trait; `N` elements can be read at `p`.
    unsafe fn load(p: *const Self::T) -> Self;
    /// # Safety
    /// See the trait; `N` elements can be written at `p`.
    unsafe fn store(self, p: *mut Self::T);
    /// `self * b + c`.
    /// # Safety
    /// See the trait.
    unsafe fn mul_add(self, b: Self, c: Self) -> Self;
    /// Asks for the memory at an address, which need not be valid, ahead of its use.
    #[inline(always)]
    fn prefetch(_: *const Self::T) {}
    /// The sum of the elements, half added to half.
    /// # Safety
    /// See the trait.
    #[inline(always)]
    unsafe fn total(self) -> Self::T {
        let mut elements = [Self::T::zeroed(); LONGEST];
        // SAFETY: there is room; the instruction set by the caller's promise.
        unsafe { self.store(elements.as_mut_ptr()) };
        let mut n = Self::N;
        while n > 1 {
            n /= 2;
            for i in 0..n {
                elements[i] = elements[i].plus(elements[i + n]);
            }
        }
        elements[0]
    }
}

/// Elements without an instruction set of their own; the compiler makes vectors of four of them where it can.
#[derive(Clone, Copy)]
pub(super) struct Four<T>([T; 4]);

impl<T: Number> Lanes for Four<T> {
    type T = T;
    const N: usize = 4;
    #[inline(always)]
    unsafe fn splat(x: T) -> Self {
        Four([x; 4])
    }
    #[inline(always)]
    unsafe fn load(p: *const T) -> Self {
        // SAFETY: the caller's promise.
        Four(unsafe { p.cast::<[T; 4]>().read_unaligned() })
    }
    #[inline(always)]
    unsafe fn store(self, p: *mut T) {
        // SAFETY: the caller's promise.
        unsafe { p.cast::<[T; 4]>().write_unaligned(self.0) }
    }
    #[inline(always)]
    unsafe fn mul_add(self, b: Self, c: Self) -> Self {
        Four(std::array::from_fn(|i| self.0[i].mul_add(b.0[i], c.0[i])))
    }
}

/// A tile's work: `c (+)= alpha * a @ b` for `rows x cols` elements.
#[derive(Clone, Copy)]
pub(super) struct Tile<T> {
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
    /// B, whose columns are neighbours and of which the kernel's full width can be read.
    pub(super) b: *const T,
    /// Step along `k` of B.
    pub(super) b_k: isize,
    /// Where the `k` rows of B start relative to `b`, in place of a step, or null. A is packed then.
    pub(super) b_rows: *const usize,
    pub(super) c: *mut T,
    pub(super) c_row: isize,
    pub(super) c_col: isize,
    pub(super) alpha: T,
    /// One row of up to [`Kernel::wide`] columns, of which all can be read, with an indexed B and A without padding.
    pub(super) wide: bool,
    /// Add to C instead of overwriting it.
    pub(super) accumulate: bool,
}

/// The kernel of one element type on this processor.
#[derive(Clone, Copy)]
pub(crate) struct Kernel<T> {
    /// Rows of a full tile.
    pub(crate) mr: usize,
    /// Partial tiles have a multiple of this many rows.
    pub(crate) step: usize,
    /// Columns of a tile.
    pub(crate) nr: usize,
    /// Computes a tile.
    ///
    /// # Safety
    /// The pointers of the tile are valid as described there, and C is reached through nothing else meanwhile.
    pub(super) run: unsafe fn(&Tile<T>),
    /// Elements of a vector.
    pub(crate) lanes: usize,
    /// Computes a tile of dot products.
    ///
    /// # Safety
    /// As [`dots::of_any_height`].
    pub(super) dots: unsafe fn(&dots::Tile<T>),
    /// Writes element `k` of eight rows, whose elements are neighbours, at `out + k * step`, for eight `k` in rising order.
    ///
    /// # Safety
    /// Eight elements can be read at each pointer, and eight written at each of these places.
    pub(super) transpose: Option<unsafe fn(rows: [*const T; 8], out: *mut T, step: usize)>,
}

impl<T> Kernel<T> {
    /// Rows that the panel for the next `rows` rows is padded to.
    pub(crate) fn padded_rows(&self, rows: usize) -> usize {
        rows.min(self.mr).next_multiple_of(self.step)
    }

    /// Columns of a tile of a matrix with a single row, whose A needs no padding: enough sums to hide the latency.
    pub(crate) fn wide(&self) -> usize {
        4 * self.nr
    }
}

/// How a tile's factors lie.
const PACKED: u8 = 0;
const IN_PLACE: u8 = 1;
const INDEXED: u8 = 2;

/// Sums a tile and writes it. The valid rows of A are read; rows beyond them repeat the last one.
///
/// # Safety
/// As [`Kernel::run`], with `R` rows padded or repeated and `C * V::N` columns of B readable.
#[inline(always)]
unsafe fn sum<V: Lanes, const R: usize, const C: usize, const WAY: u8>(t: &Tile<V::T>) {
    let last = t.rows as isize - 1;
    // SAFETY: steps stay inside A's valid rows (or the padded panel) and B's readable columns, by the caller's promise.
    unsafe {
        let mut acc = [[V::splat(V::T::zeroed()); C]; R];
        let mut rows = [0isize; R];
        for i in 0..R {
            rows[i] = if WAY == IN_PLACE { (i as isize).min(last) * t.a_row } else { i as isize };
        }
        let (mut a, mut b) = (t.a, t.b);
        for k in 0..t.k {
            if WAY == INDEXED {
                b = t.b.add(*t.b_rows.add(k));
            }
            let mut columns = [V::splat(V::T::zeroed()); C];
            for j in 0..C {
                columns[j] = V::load(b.add(j * V::N));
            }
            for i in 0..R {
                let x = V::splat(*a.offset(if WAY == IN_PLACE { rows[i] } else { i as isize }));
                for j in 0..C {
                    acc[i][j] = x.mul_add(columns[j], acc[i][j]);
                }
            }
            a = a.wrapping_offset(if WAY == IN_PLACE { t.a_k } else { R as isize });
            if WAY != INDEXED {
                b = b.wrapping_offset(t.b_k);
            }
        }
        write(t, acc);
    }
}

/// No vector is longer.
const LONGEST: usize = 16;

/// Writes a tile: a full one from the registers. Others go by way of memory: were the sums themselves indexed by a variable,
/// the compiler would keep them in memory while they are summed.
///
/// # Safety
/// As [`Kernel::run`].
#[inline(always)]
unsafe fn write<V: Lanes, const R: usize, const C: usize>(t: &Tile<V::T>, acc: [[V; C]; R]) {
    // SAFETY: C has the valid rows and columns, by the caller's promise; there is room for the vectors.
    unsafe {
        if t.rows == R && t.cols == C * V::N && t.c_col == 1 {
            let (alpha, none) = (V::splat(t.alpha), V::splat(V::T::zeroed()));
            for i in 0..R {
                let row = t.c.offset(i as isize * t.c_row);
                for j in 0..C {
                    let p = row.add(j * V::N);
                    acc[i][j].mul_add(alpha, if t.accumulate { V::load(p) } else { none }).store(p);
                }
            }
        } else {
            let mut sums = MaybeUninit::<[[[V::T; LONGEST]; C]; R]>::uninit();
            let sums: *mut [[V::T; LONGEST]; C] = sums.as_mut_ptr().cast();
            for i in 0..R {
                for j in 0..C {
                    acc[i][j].store(sums.add(i).cast::<[V::T; LONGEST]>().add(j).cast());
                }
            }
            write_part::<V, C>(t, sums);
        }
    }
}

/// Writes the valid rows and columns of a tile: whole vectors where columns are neighbours, single elements elsewhere.
///
/// # Safety
/// As [`Kernel::run`]; the sums of the valid rows can be read.
#[inline(always)]
unsafe fn write_part<V: Lanes, const C: usize>(t: &Tile<V::T>, sums: *const [[V::T; LONGEST]; C]) {
    let zero = V::T::zeroed();
    // SAFETY: C has the valid rows and columns, by the caller's promise; `j` stays inside of them and of the sums.
    unsafe {
        let (alpha, none) = (V::splat(t.alpha), V::splat(zero));
        for i in 0..t.rows {
            let row = t.c.offset(i as isize * t.c_row);
            for j in 0..C {
                let (sums, first) = (sums.add(i).cast::<V::T>().add(j * LONGEST), j * V::N);
                if t.c_col == 1 && first + V::N <= t.cols {
                    let p = row.add(first);
                    V::load(sums).mul_add(alpha, if t.accumulate { V::load(p) } else { none }).store(p);
                    continue;
                }
                for column in first..t.cols.min(first + V::N) {
                    let p = row.offset(column as isize * t.c_col);
                    *p = (*sums.add(column - first)).mul_add(t.alpha, if t.accumulate { *p } else { zero });
                }
            }
        }
    }
}

/// # Safety
/// As [`Kernel::run`].
#[inline(always)]
unsafe fn tile<V: Lanes, const R: usize, const C: usize>(t: &Tile<V::T>) {
    // SAFETY: passed on to the caller.
    unsafe {
        // Results are often far away, and wanted as soon as the sums are done.
        for i in 0..R.min(t.rows) {
            let row = t.c.wrapping_offset(i as isize * t.c_row);
            for j in 0..C {
                V::prefetch(row.wrapping_add(j * V::N));
            }
        }
        if !t.b_rows.is_null() {
            sum::<V, R, C, INDEXED>(t)
        } else if t.packed {
            sum::<V, R, C, PACKED>(t)
        } else {
            sum::<V, R, C, IN_PLACE>(t)
        }
    }
}

/// A tile of up to `R` rows: of one vector of columns where that will do.
///
/// # Safety
/// As [`Kernel::run`].
#[inline(always)]
pub(super) unsafe fn high<V: Lanes, const R: usize>(t: &Tile<V::T>) {
    // SAFETY: passed on to the caller.
    unsafe { if t.cols > V::N { tile::<V, R, 2>(t) } else { tile::<V, R, 1>(t) } }
}

/// Two packed panels of `R` rows each with an indexed B of one vector of columns: as many sums as two vectors have with one
/// panel.
///
/// # Safety
/// As [`Kernel::run`], with both panels full.
#[inline(always)]
pub(super) unsafe fn tall<V: Lanes, const R: usize>(t: &Tile<V::T>) {
    // SAFETY: steps stay inside the two panels and B's rows, by the caller's promise.
    unsafe {
        let mut acc = [[[V::splat(V::T::zeroed()); 1]; R]; 2];
        let (mut upper, mut lower) = (t.a, t.a.add(R * t.k));
        for k in 0..t.k {
            let column = V::load(t.b.add(*t.b_rows.add(k)));
            for i in 0..R {
                acc[0][i][0] = V::splat(*upper.add(i)).mul_add(column, acc[0][i][0]);
                acc[1][i][0] = V::splat(*lower.add(i)).mul_add(column, acc[1][i][0]);
            }
            (upper, lower) = (upper.wrapping_add(R), lower.wrapping_add(R));
        }
        let [upper, lower] = acc;
        write(t, upper);
        write(&Tile { c: t.c.offset(R as isize * t.c_row), ..*t }, lower);
    }
}

/// One row with an indexed B.
///
/// # Safety
/// As [`Kernel::run`].
#[inline(always)]
pub(super) unsafe fn wide<V: Lanes>(t: &Tile<V::T>) {
    // SAFETY: passed on to the caller.
    unsafe {
        match t.cols.div_ceil(V::N) {
            ..=2 => sum::<V, 1, 2, INDEXED>(t),
            3 | 4 => sum::<V, 1, 4, INDEXED>(t),
            _ => sum::<V, 1, 8, INDEXED>(t),
        }
    }
}

/// The kernel of a register: functions that enable its features around the generic ones, and their table.
/// `kernel!(name, [features], register, 4, 8, 12, transpose)` makes `fn name() -> Kernel<T>` for tiles of up to these heights.
macro_rules! kernel {
    ($name:ident, [$feature:literal], $lanes:ty, $low:literal, $middle:literal, $high:literal, $transpose:expr) => {
        /// # Safety
        /// The processor has the features.
        pub(super) unsafe fn $name() -> Kernel<<$lanes as Lanes>::T> {
            type T = <$lanes as Lanes>::T;

            /// # Safety
            /// As [`Kernel::run`], on a processor that has the features.
            #[target_feature(enable = $feature)]
            unsafe fn run(t: &Tile<T>) {
                // SAFETY: passed on to the caller; the number of rows is at most the highest, or twice that.
                unsafe {
                    if t.wide {
                        wide::<$lanes>(t)
                    } else if t.rows > $high {
                        tall::<$lanes, $high>(&Tile { rows: $high, ..*t })
                    } else if t.rows > $middle {
                        high::<$lanes, $high>(t)
                    } else if t.rows > $low {
                        high::<$lanes, $middle>(t)
                    } else {
                        high::<$lanes, $low>(t)
                    }
                }
            }

            /// # Safety
            /// As [`dots::of_any_height`], on a processor that has the features.
            #[target_feature(enable = $feature)]
            unsafe fn of_dots(t: &dots::Tile<T>) {
                // SAFETY: passed on to the caller.
                unsafe { dots::of_any_height::<$lanes>(t) }
            }

            let lanes = <$lanes as Lanes>::N;
            Kernel { mr: $high, step: $low, nr: 2 * lanes, run, lanes, dots: of_dots, transpose: $transpose }
        }
    };
}
pub(super) use kernel;

/// # Safety
/// As [`Kernel::run`].
unsafe fn portable_tile<T: Number>(t: &Tile<T>) {
    // SAFETY: passed on to the caller; a tile has at most four rows, or twice four.
    unsafe {
        if t.wide {
            wide::<Four<T>>(t)
        } else if t.rows > 4 {
            tall::<Four<T>, 4>(&Tile { rows: 4, ..*t })
        } else if t.rows > 2 {
            high::<Four<T>, 4>(t)
        } else {
            high::<Four<T>, 2>(t)
        }
    }
}

/// The kernel that needs nothing of the processor.
pub(super) fn portable<T: Number>() -> Kernel<T> {
    Kernel { mr: 4, step: 2, nr: 8, run: portable_tile::<T>, lanes: 4, dots: dots::of_any_height::<Four<T>>, transpose: None }
}
