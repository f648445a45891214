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
use super::tile::{DotTile, Tile};
use crate::element::Ring;
#[cfg(target_arch = "x86_64")]
use crate::isa::{Level, level};

/// A vector register, or what stands for one.
pub(super) trait Lanes: Copy {
    type T: Number;
    /// Elements.
    const N: usize;
    /// Steps of a packed product between two questions whether it is done.
    const UNROLLED: usize = 4;
    /// The proof that the processor has the register's instructions. Registers exist only where it was shown.
    type Isa: Copy;
    /// The same element everywhere.
    fn splat(isa: Self::Isa, x: Self::T) -> Self;
    /// # Safety
    /// `N` elements can be read at `p`.
    unsafe fn load(isa: Self::Isa, p: *const Self::T) -> Self;
    /// # Safety
    /// `N` elements can be written at `p`.
    unsafe fn store(self, p: *mut Self::T);
    /// `self * b + c`, a register of sums, where `self` holds left factors: a [`Lanes::splat`] or [`Lanes::factors`].
    fn mul_add(self, b: Self, c: Self) -> Self;
    /// `c` and the products of what stands in each of the words of two factors: see [`Kernel::terms`].
    #[inline(always)]
    fn add_products(self, b: Self, c: Self) -> Self {
        self.mul_add(b, c)
    }
    /// Elements as the left factors of the elements of another register.
    #[inline(always)]
    fn factors(self) -> Self {
        self
    }
    /// The elements that a register of sums comes to.
    #[inline(always)]
    fn finished(self) -> Self {
        self
    }
    /// `alpha * self + c` of elements.
    #[inline(always)]
    fn scaled_plus(self, isa: Self::Isa, alpha: Self::T, c: Self) -> Self {
        Self::splat(isa, alpha).mul_add(self, c)
    }
    /// Asks for the memory at an address, which need not be valid, ahead of its use.
    #[inline(always)]
    fn prefetch(_: *const Self::T) {}
    /// The sum of the elements of a register of sums, half added to half.
    fn total(self) -> Self::T;
}

/// Elements without an instruction set of their own; the compiler makes vectors of so many of them where it can.
#[derive(Clone, Copy)]
pub(super) struct Several<T, const N: usize>([T; N]);

impl<T: Number, const N: usize> Lanes for Several<T, N> {
    type T = T;
    const N: usize = N;
    const UNROLLED: usize = 1;
    type Isa = ();
    #[inline(always)]
    fn splat(_: (), x: T) -> Self {
        Several([x; N])
    }
    #[inline(always)]
    unsafe fn load(_: (), p: *const T) -> Self {
        // SAFETY: the caller's promise.
        Several(unsafe { p.cast::<[T; N]>().read_unaligned() })
    }
    #[inline(always)]
    unsafe fn store(self, p: *mut T) {
        // SAFETY: the caller's promise.
        unsafe { p.cast::<[T; N]>().write_unaligned(self.0) }
    }
    #[inline(always)]
    fn mul_add(self, b: Self, mut c: Self) -> Self {
        for i in 0..N {
            c.0[i] = self.0[i].mul_add(b.0[i], c.0[i]);
        }
        c
    }
    #[inline(always)]
    fn scaled_plus(self, _: (), alpha: T, mut c: Self) -> Self {
        for i in 0..N {
            c.0[i] = self.0[i].times_plus(alpha, c.0[i]);
        }
        c
    }
    #[inline(always)]
    fn total(self) -> T {
        let (mut sums, mut n) = (self.0, N);
        while n > 1 {
            n /= 2;
            for i in 0..n {
                sums[i] = sums[i].plus(sums[i + n]);
            }
        }
        sums[0]
    }
}

/// A function of eight rows, where their columns go, and the step between these.
pub(super) type Transpose<T> = fn(&[[T; 8]; 8], &mut [T], usize);

/// A function of rows of one length, how many of them are wanted, where their columns go, and the step between these. Rows beyond
/// those that it takes are not read.
pub(super) type Turn<T> = unsafe fn([&[T]; 8], usize, &mut [T], usize);

/// The kernel of one element type on this processor, which has the instructions of its functions.
#[derive(Clone, Copy)]
pub(crate) struct Kernel<T> {
    /// Rows of a full tile.
    pub(crate) mr: usize,
    /// Partial tiles have a multiple of this many rows.
    pub(crate) step: usize,
    /// Columns of a tile.
    pub(crate) nr: usize,
    /// Elements of a vector.
    pub(crate) lanes: usize,
    /// Neighbours along the sum that stand in one word of a packed factor, whose products are added to the sum together.
    pub(crate) terms: usize,
    /// Words of a row of A that lie one behind the other in a panel. Panels of both factors have a multiple of so many.
    pub(crate) group: usize,
    /// Rows of a block of A.
    pub(crate) height: usize,
    /// Words of a block of the sum whose panels stay in the first-level cache.
    pub(crate) depth: usize,
    /// Multiplications in the time of one of float32 in a vector.
    pub(crate) pace: usize,
    /// What the processor must be told before and after tiles are computed.
    setup: Option<Setup>,
    /// Computes a tile.
    run: unsafe fn(&Tile<T>),
    /// Computes a tile of dot products.
    dots: unsafe fn(&DotTile<T>),
    /// Writes element `k` of eight rows to `out[k * step..][..8]`, for all `k` in rising order.
    pub(super) transpose: Option<Transpose<T>>,
    /// See [`Kernel::turn`].
    turn: Option<Turn<T>>,
    /// Rows that are turned together.
    pub(super) turned: usize,
}

impl<T: Number> Kernel<T> {
    /// The kernel of a register.
    ///
    /// # Safety
    /// The processor has the instructions of the functions, and the first computes tiles of `heights` as [`any_height`] does.
    pub(super) unsafe fn new<V: Lanes<T = T>>(
        [step, _, mr]: [usize; 3],
        run: unsafe fn(&Tile<T>),
        dots: unsafe fn(&DotTile<T>),
    ) -> Self {
        let (nr, lanes) = (2 * V::N, V::N);
        Kernel {
            mr,
            step,
            nr,
            lanes,
            terms: 1,
            group: 1,
            height: 192,
            depth: 320,
            pace: 1,
            setup: None,
            run,
            dots,
            transpose: None,
            turn: None,
            turned: 0,
        }
    }

    /// The kernel of a register whose [`Lanes::add_products`] takes words of two elements.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn of_pairs(self) -> Self {
        Kernel { terms: 2, ..self }
    }

    /// The kernel with a function that packs so many rows, at most eight, together.
    ///
    /// # Safety
    /// The processor has the function's instructions.
    #[cfg(target_arch = "x86_64")]
    pub(super) unsafe fn with_turn(self, turned: usize, turn: Turn<T>) -> Self {
        Kernel { turn: Some(turn), turned, ..self }
    }

    /// The kernel with panels of a depth.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn with_depth(self, depth: usize) -> Self {
        Kernel { depth, ..self }
    }

    /// Are rows packed by [`Kernel::turn`]?
    #[inline]
    pub(super) fn turns(&self) -> bool {
        self.turn.is_some()
    }

    /// Writes element `k` of the first `valid` of [`turned`](Kernel::turned) rows to `out[k * step..]`, for all `k` in rising order,
    /// if the kernel [`turns`](Kernel::turns). What would be written of further rows may be written, too, inside of `out`.
    #[inline]
    pub(super) fn turn(&self, rows: [&[T]; 8], valid: usize, out: &mut [T], step: usize) {
        if let Some(turn) = self.turn {
            // SAFETY: a kernel is only made where its functions can run.
            unsafe { turn(rows, valid, out, step) }
        }
    }

    /// The kernel with tiles in matrix registers: of 32 rows, in panels of groups of sixteen words. Two panels of A stay in the
    /// first-level cache next to one of B, for the registers wait for what comes from the second.
    ///
    /// # Safety
    /// The processor has the instructions of the functions, and `run` computes tiles of packed and of full panels in place between
    /// the two calls of `setup`.
    #[cfg(target_arch = "x86_64")]
    pub(super) unsafe fn with_matrices(self, setup: Setup, run: unsafe fn(&Tile<T>), transpose: Transpose<T>) -> Self {
        let (setup, transpose) = (Some(setup), Some(transpose));
        Kernel { mr: 32, step: 16, group: 16, height: 64, depth: 160, pace: 8, setup, run, transpose, ..self }
    }

    /// Prepares the processor for tiles.
    #[inline]
    pub(super) fn begin(&self) -> Running<'_, T> {
        if let Some(setup) = self.setup {
            // SAFETY: a kernel is only made where its functions can run.
            unsafe { (setup.begin)() }
        }
        Running(self)
    }

    /// Computes a tile of dot products.
    #[inline(always)]
    pub(super) fn dots(&self, tile: &DotTile<T>) {
        // SAFETY: a kernel is only made where its functions can run.
        unsafe { (self.dots)(tile) }
    }
}

/// What tells the processor that tiles follow, and that they are done.
#[derive(Clone, Copy)]
pub(super) struct Setup {
    pub(super) begin: unsafe fn(),
    pub(super) end: unsafe fn(),
}

/// A kernel on a processor that is prepared for its tiles. A thread has one of these at a time.
pub(super) struct Running<'k, T>(&'k Kernel<T>);

impl<T> Running<'_, T> {
    /// Computes a tile.
    #[inline(always)]
    pub(super) fn run(&self, tile: &Tile<T>) {
        // SAFETY: a kernel is only made where its functions can run, and `begin` was called.
        unsafe { (self.0.run)(tile) }
    }
}

impl<T> Drop for Running<'_, T> {
    #[inline]
    fn drop(&mut self) {
        if let Some(setup) = self.0.setup {
            // SAFETY: as above.
            unsafe { (setup.end)() }
        }
    }
}

impl<T> Kernel<T> {
    /// Does the kernel take tiles whose B is groups of words that lie a step apart?
    pub(crate) fn reads_steps(&self) -> bool {
        self.group > 1
    }

    /// Words of a row of a panel for so many terms of the sum.
    pub(crate) fn words(&self, terms: usize) -> usize {
        terms.div_ceil(self.terms).next_multiple_of(self.group)
    }

    /// Rows that the panel for the next `rows` rows is padded to.
    pub(crate) fn padded_rows(&self, rows: usize) -> usize {
        rows.min(self.mr).next_multiple_of(self.step)
    }

    /// Columns of B that a tile of so many columns reads: a vector of them where that will do.
    pub(crate) fn width(&self, cols: usize) -> usize {
        if cols <= self.lanes { self.lanes } else { self.nr }
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

/// Sums a tile, with `R` rows padded or repeated and `C * V::N` columns of B readable, and writes it. The valid rows of A are
/// read; rows beyond them repeat the last one.
#[inline(always)]
fn sum<V: Lanes, const R: usize, const C: usize, const WAY: u8>(isa: V::Isa, t: &Tile<V::T>) {
    let (last, zero) = (t.rows as isize - 1, V::splat(isa, V::T::zeroed()));
    let mut acc = [[zero; C]; R];
    let mut rows = [0isize; R];
    for i in 0..R {
        rows[i] = if WAY == IN_PLACE { (i as isize).min(last) * t.a_row } else { i as isize };
    }
    let (mut a, mut b, mut k) = (t.a, t.b, 0);
    let (a_k, index) = (if WAY == IN_PLACE { t.a_k } else { R as isize }, t.b_rows.unwrap_or_default());
    // SAFETY: steps stay inside A's valid rows (or the padded panel) and B's readable columns, and the index has an entry for each
    // `k`: see `Tile`.
    unsafe {
        if WAY == PACKED {
            while k + V::UNROLLED <= t.k {
                for _ in 0..V::UNROLLED {
                    add_step(isa, a, &rows, b, &mut acc);
                    (a, b) = (a.wrapping_offset(a_k), b.wrapping_offset(t.b_k));
                }
                k += V::UNROLLED;
            }
        }
        while k < t.k {
            if WAY == INDEXED {
                b = t.b.add(*index.get_unchecked(k));
            }
            add_step(isa, a, &rows, b, &mut acc);
            a = a.wrapping_offset(a_k);
            if WAY != INDEXED {
                b = b.wrapping_offset(t.b_k);
            }
            k += 1;
        }
    }
    write(isa, t, acc);
}

/// Adds the products of a column of A and a row of B.
///
/// # Safety
/// The elements of A at `rows` and `C` vectors of B can be read.
#[inline(always)]
unsafe fn add_step<V: Lanes, const R: usize, const C: usize>(
    isa: V::Isa,
    a: *const V::T,
    rows: &[isize; R],
    b: *const V::T,
    acc: &mut [[V; C]; R],
) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut columns = [V::splat(isa, V::T::zeroed()); C];
        for j in 0..C {
            columns[j] = V::load(isa, b.add(j * V::N));
        }
        for i in 0..R {
            let x = V::splat(isa, *a.offset(rows[i]));
            for j in 0..C {
                acc[i][j] = x.add_products(columns[j], acc[i][j]);
            }
        }
    }
}

/// No vector is longer.
pub(super) const LONGEST: usize = 16;

/// Writes a tile: a full one from the registers. Others go by way of memory: were the sums themselves indexed by a variable,
/// the compiler would keep them in memory while they are summed.
#[inline(always)]
fn write<V: Lanes, const R: usize, const C: usize>(isa: V::Isa, t: &Tile<V::T>, acc: [[V; C]; R]) {
    // SAFETY: C has the valid rows and columns: see `Tile`; there is room for the vectors.
    unsafe {
        if t.rows == R && t.cols == C * V::N && t.c_col == 1 {
            let none = V::splat(isa, V::T::zeroed());
            for i in 0..R {
                let row = t.c.offset(i as isize * t.c_row);
                for j in 0..C {
                    let p = row.add(j * V::N);
                    let c = if t.accumulate { V::load(isa, p) } else { none };
                    acc[i][j].finished().scaled_plus(isa, t.alpha, c).store(p);
                }
            }
        } else {
            let mut sums = MaybeUninit::<[[[V::T; LONGEST]; C]; R]>::uninit();
            let sums: *mut [[V::T; LONGEST]; C] = sums.as_mut_ptr().cast();
            for i in 0..R {
                for j in 0..C {
                    acc[i][j].finished().store(sums.add(i).cast::<[V::T; LONGEST]>().add(j).cast());
                }
            }
            write_part::<V, C>(isa, t, sums);
        }
    }
}

/// Writes the valid rows and columns of a tile: whole vectors where columns are neighbours, single elements elsewhere.
///
/// # Safety
/// The sums of the valid rows can be read.
#[inline(always)]
pub(super) unsafe fn write_part<V: Lanes, const C: usize>(isa: V::Isa, t: &Tile<V::T>, sums: *const [[V::T; LONGEST]; C]) {
    let zero = V::T::zeroed();
    let none = V::splat(isa, zero);
    // SAFETY: C has the valid rows and columns: see `Tile`; `j` stays inside of them and of the sums.
    unsafe {
        for i in 0..t.rows {
            let row = t.c.offset(i as isize * t.c_row);
            for j in 0..C {
                let (sums, first) = (sums.add(i).cast::<V::T>().add(j * LONGEST), j * V::N);
                if t.c_col == 1 && first + V::N <= t.cols {
                    let p = row.add(first);
                    let c = if t.accumulate { V::load(isa, p) } else { none };
                    V::load(isa, sums).scaled_plus(isa, t.alpha, c).store(p);
                    continue;
                }
                for column in first..t.cols.min(first + V::N) {
                    let p = row.offset(column as isize * t.c_col);
                    *p = (*sums.add(column - first)).times_plus(t.alpha, if t.accumulate { *p } else { zero });
                }
            }
        }
    }
}

#[inline(always)]
fn tile<V: Lanes, const R: usize, const C: usize>(isa: V::Isa, t: &Tile<V::T>) {
    // Results are often far away, and wanted as soon as the sums are done.
    for i in 0..R.min(t.rows) {
        let row = t.c.wrapping_offset(i as isize * t.c_row);
        for j in 0..C {
            V::prefetch(row.wrapping_add(j * V::N));
        }
    }
    if t.b_rows.is_some() {
        sum::<V, R, C, INDEXED>(isa, t)
    } else if t.packed {
        sum::<V, R, C, PACKED>(isa, t)
    } else {
        sum::<V, R, C, IN_PLACE>(isa, t)
    }
}

/// A tile of up to `R` rows: of one vector of columns where that will do.
#[inline(always)]
fn high<V: Lanes, const R: usize>(isa: V::Isa, t: &Tile<V::T>) {
    if t.cols > V::N { tile::<V, R, 2>(isa, t) } else { tile::<V, R, 1>(isa, t) }
}

/// Two packed panels of `R` rows each with an indexed B of one vector of columns: as many sums as two vectors have with one
/// panel.
#[inline(always)]
fn tall<V: Lanes, const R: usize>(isa: V::Isa, t: &Tile<V::T>) {
    let mut acc = [[[V::splat(isa, V::T::zeroed()); 1]; R]; 2];
    let (mut upper, mut lower) = (t.a, t.a.wrapping_add(R * t.k));
    for &row in t.b_rows.unwrap_or_default() {
        // SAFETY: steps stay inside the two panels and B's rows: see `Tile`.
        unsafe {
            let column = V::load(isa, t.b.add(row));
            for i in 0..R {
                acc[0][i][0] = V::splat(isa, *upper.add(i)).add_products(column, acc[0][i][0]);
                acc[1][i][0] = V::splat(isa, *lower.add(i)).add_products(column, acc[1][i][0]);
            }
        }
        (upper, lower) = (upper.wrapping_add(R), lower.wrapping_add(R));
    }
    let [upper, lower] = acc;
    let half = Tile { rows: R, ..*t };
    write(isa, &half, upper);
    write(isa, &Tile { c: t.c.wrapping_offset(R as isize * t.c_row), ..half }, lower);
}

/// One row with an indexed B.
#[inline(always)]
fn wide<V: Lanes>(isa: V::Isa, t: &Tile<V::T>) {
    match t.cols.div_ceil(V::N) {
        ..=2 => sum::<V, 1, 2, INDEXED>(isa, t),
        3 | 4 => sum::<V, 1, 4, INDEXED>(isa, t),
        _ => sum::<V, 1, 8, INDEXED>(isa, t),
    }
}

/// Computes a tile with the lowest of three heights that it fits: the kernel's step, one between, and the kernel's rows.
#[inline(always)]
pub(super) fn any_height<V: Lanes, const LOW: usize, const MIDDLE: usize, const HIGH: usize>(isa: V::Isa, t: &Tile<V::T>) {
    if t.wide {
        wide::<V>(isa, t)
    } else if t.rows > HIGH {
        tall::<V, HIGH>(isa, t)
    } else if t.rows > MIDDLE {
        high::<V, HIGH>(isa, t)
    } else if t.rows > LOW {
        high::<V, MIDDLE>(isa, t)
    } else {
        high::<V, LOW>(isa, t)
    }
}

/// Computes a tile of at most `R` rows; rows beyond the valid ones repeat the last.
#[inline(always)]
fn dot_tile<V: Lanes, const R: usize>(isa: V::Isa, t: &DotTile<V::T>) {
    let zero = V::splat(isa, V::T::zeroed());
    let mut acc = [[zero; dots::COLS]; R];
    let (mut a, mut b) = ([t.a; R], [t.b; dots::COLS]);
    for i in 0..R {
        a[i] = t.a.wrapping_offset(i.min(t.rows - 1) as isize * t.a_row);
    }
    for j in 0..dots::COLS {
        b[j] = t.b.wrapping_offset(j.min(t.cols - 1) as isize * t.b_row);
    }
    for k in (0..t.k).step_by(V::N) {
        // SAFETY: the rows have `k` elements (see `DotTile`), and `k` is a multiple of the vector's length.
        unsafe {
            let mut x = [zero; R];
            for i in 0..R {
                x[i] = V::load(isa, a[i].add(k)).factors();
            }
            for j in 0..dots::COLS {
                let y = V::load(isa, b[j].add(k));
                for i in 0..R {
                    acc[i][j] = x[i].add_products(y, acc[i][j]);
                }
            }
        }
    }
    for i in 0..R {
        for j in 0..dots::COLS {
            let sum = acc[i][j].total();
            if i < t.rows && j < t.cols {
                let c = t.c.wrapping_offset(i as isize * t.c_row + j as isize * t.c_col);
                // SAFETY: the row and the column are the tile's.
                unsafe { *c = sum.plus(if t.accumulate { *c } else { V::T::zeroed() }) };
            }
        }
    }
}

/// Computes a tile of dot products.
#[inline(always)]
pub(super) fn any_dots<V: Lanes>(isa: V::Isa, t: &DotTile<V::T>) {
    match t.rows {
        1 => dot_tile::<V, 1>(isa, t),
        2 => dot_tile::<V, 2>(isa, t),
        _ => dot_tile::<V, { dots::ROWS }>(isa, t),
    }
}

/// The kernel that needs nothing of the processor.
pub(super) fn portable<T: Number>() -> Kernel<T> {
    let (run, dots) =
        (|t: &Tile<T>| any_height::<Several<T, 4>, 2, 4, 4>((), t), |t: &DotTile<T>| any_dots::<Several<T, 4>>((), t));
    // SAFETY: every processor has what the functions need.
    unsafe { Kernel::new::<Several<T, 4>>([2, 4, 4], run, dots) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn tile_of_integers(t: &Tile<i32>) {
    any_height::<Several<i32, 8>, 2, 4, 6>((), t)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn dots_of_integers(t: &DotTile<i32>) {
    any_dots::<Several<i32, 8>>((), t)
}

/// The kernel of integers of 32 bits, of which the compiler makes vectors where it may.
pub(super) fn of_integers() -> Kernel<i32> {
    #[cfg(target_arch = "x86_64")]
    if level() > Level::Baseline {
        // SAFETY: the processor was found to have the features.
        return unsafe { Kernel::new::<Several<i32, 8>>([2, 4, 6], tile_of_integers, dots_of_integers).with_depth(256) };
    }
    portable()
}
