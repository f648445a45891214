//! The innermost loops of a matrix product: one tile of the result, held in registers.
//!
//! A tile of `R` rows and `C` vectors of columns is summed over `k`: each step loads `C` vectors of B, and for each row
//! broadcasts one element of A into `C` fused multiply-adds. `R * C` accumulators fill the register file (24 of 32
//! in AVX-512, 12 of 16 in AVX2) and hide the latency of the multiply-adds. Every element of a result is summed in
//! the order of `k`, wherever in a tile it lies, so results depend neither on tiling nor on threads.

use bytemuck::Zeroable;

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
pub(super) struct Tile<T> {
    pub(super) k: usize,
    /// Valid rows, at most the kernel's.
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
    pub(super) c: *mut T,
    pub(super) c_row: isize,
    pub(super) c_col: isize,
    pub(super) alpha: T,
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
}

impl<T> Kernel<T> {
    /// Rows that the panel for the next `rows` rows is padded to.
    pub(crate) fn padded_rows(&self, rows: usize) -> usize {
        rows.min(self.mr).next_multiple_of(self.step)
    }
}

/// Sums a tile. The valid rows of A are read; rows beyond them repeat the last one.
///
/// # Safety
/// As [`Kernel::run`], with `R` rows padded or repeated and `C * V::N` columns of B readable.
#[inline(always)]
unsafe fn sum<V: Lanes, const R: usize, const C: usize, const PACKED: bool>(t: &Tile<V::T>) -> [[V; C]; R] {
    let last = t.rows as isize - 1;
    // SAFETY: steps stay inside A's valid rows (or the padded panel) and B's readable columns, by the caller's promise.
    unsafe {
        let mut acc = [[V::splat(V::T::zeroed()); C]; R];
        let mut rows = [0isize; R];
        for i in 0..R {
            rows[i] = if PACKED { i as isize } else { (i as isize).min(last) * t.a_row };
        }
        let (mut a, mut b) = (t.a, t.b);
        for _ in 0..t.k {
            let mut columns = [V::splat(V::T::zeroed()); C];
            for j in 0..C {
                columns[j] = V::load(b.add(j * V::N));
            }
            for i in 0..R {
                let x = V::splat(*a.offset(if PACKED { i as isize } else { rows[i] }));
                for j in 0..C {
                    acc[i][j] = x.mul_add(columns[j], acc[i][j]);
                }
            }
            a = a.wrapping_offset(if PACKED { R as isize } else { t.a_k });
            b = b.wrapping_offset(t.b_k);
        }
        acc
    }
}

/// Writes a tile: whole vectors where the tile is full and its columns are neighbours, single elements elsewhere.
///
/// # Safety
/// As [`Kernel::run`].
#[inline(always)]
unsafe fn write<V: Lanes, const R: usize, const C: usize>(t: &Tile<V::T>, acc: &[[V; C]; R]) {
    let zero = V::T::zeroed();
    // SAFETY: C has the valid rows and columns, by the caller's promise.
    unsafe {
        let (alpha, none) = (V::splat(t.alpha), V::splat(zero));
        if t.c_col == 1 && t.cols == C * V::N {
            for i in 0..R {
                if i < t.rows {
                    let row = t.c.offset(i as isize * t.c_row);
                    for j in 0..C {
                        let p = row.add(j * V::N);
                        acc[i][j].mul_add(alpha, if t.accumulate { V::load(p) } else { none }).store(p);
                    }
                }
            }
            return;
        }
        for i in 0..R {
            if i < t.rows {
                // No vector is longer than 16 elements, nor are there more than two.
                let mut row = [zero; 32];
                for j in 0..C {
                    acc[i][j].store(row.as_mut_ptr().add(j * V::N));
                }
                for (j, &x) in row[..t.cols].iter().enumerate() {
                    let p = t.c.offset(i as isize * t.c_row + j as isize * t.c_col);
                    *p = x.mul_add(t.alpha, if t.accumulate { *p } else { zero });
                }
            }
        }
    }
}

/// # Safety
/// As [`Kernel::run`].
#[inline(always)]
pub(super) unsafe fn tile<V: Lanes, const R: usize, const C: usize>(t: &Tile<V::T>) {
    // SAFETY: passed on to the caller.
    unsafe {
        let acc = if t.packed { sum::<V, R, C, true>(t) } else { sum::<V, R, C, false>(t) };
        write(t, &acc);
    }
}

/// A function that runs the smallest of three heights that holds the tile's rows:
/// `heights!(name, [features], lanes, 4, 8, 12)` makes `unsafe fn name(&Tile<T>)`.
macro_rules! heights {
    ($name:ident, [$($feature:literal)?], $lanes:ty, $low:literal, $middle:literal, $high:literal) => {
        /// # Safety
        /// As [`Kernel::run`], on a processor that has the features.
        $(#[target_feature(enable = $feature)])?
        pub(super) unsafe fn $name(t: &Tile<<$lanes as Lanes>::T>) {
            // SAFETY: passed on to the caller; the number of rows is at most the highest.
            unsafe {
                if t.rows > $middle {
                    tile::<$lanes, $high, 2>(t)
                } else if t.rows > $low {
                    tile::<$lanes, $middle, 2>(t)
                } else {
                    tile::<$lanes, $low, 2>(t)
                }
            }
        }
    };
}
pub(super) use heights;

/// # Safety
/// As [`Kernel::run`].
unsafe fn portable_tile<T: Number>(t: &Tile<T>) {
    // SAFETY: passed on to the caller; a tile has at most four rows.
    unsafe { if t.rows > 2 { tile::<Four<T>, 4, 2>(t) } else { tile::<Four<T>, 2, 2>(t) } }
}

/// The kernel that needs nothing of the processor.
pub(super) fn portable<T: Number>() -> Kernel<T> {
    Kernel { mr: 4, step: 2, nr: 8, run: portable_tile::<T> }
}
