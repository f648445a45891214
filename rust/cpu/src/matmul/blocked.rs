//! One thread's product of two matrices, in blocks that fit the caches (Goto and van de Geijn, 2008).
//!
//! A panel of B (`k` x `nr`) stays in the first-level cache, a block of A (`MC` x `k`) in the second, while the tiles
//! of a block of the result are computed. Operands that lie well are read in place instead of being packed.

use std::ops::Range;

use ferrotorch_kernel::Result;

use super::kernel::{Kernel, Tile};
use super::matrix::{Matrix, Output, Scratch};
use super::number::Number;
use super::pack::{Source, pack};

/// Depth of a block.
const KC: usize = 320;
/// Rows of a block.
const MC: usize = 192;
/// Bytes of packed B.
const B_BYTES: usize = 1 << 20;
/// Bytes of packed A in an indexed product.
const A_BYTES: usize = 5 << 15;
/// Up to this size B is read in place.
const IN_PLACE_BYTES: usize = 1 << 15;

/// A factor as the innermost loops see it.
#[derive(Clone, Copy)]
pub(crate) enum Panels<'a, T> {
    /// Packed by [`pack`].
    Packed(&'a [T]),
    /// Read where it lies: A with any steps; B with columns that are neighbours, a whole number of panels.
    InPlace(Matrix<'a, T>),
}

/// `c (+)= alpha * a @ b`, on the caller's thread.
///
/// # Safety
/// Nothing else reaches the elements of `c` meanwhile.
pub(crate) unsafe fn product<S: Source<T>, T: Number>(
    alpha: T,
    a: Matrix<S>,
    b: Matrix<S>,
    c: Output<T>,
    accumulate: bool,
) -> Result<()> {
    let kernel = T::kernel();
    let depth = block_size(a.cols, KC);
    let width = (B_BYTES / (size_of::<T>() * depth.max(1))).next_multiple_of(kernel.nr);
    let packing = Packing::choose::<S, T>(&kernel, a, b);
    let mut packed_a = Scratch::new::<T>(if packing.a { block_size(a.rows, MC).next_multiple_of(kernel.mr) * depth } else { 0 })?;
    let mut packed_b =
        Scratch::new::<T>(if packing.b { b.cols.min(width).next_multiple_of(kernel.nr) * depth } else { kernel.nr * depth })?;
    packed_a.with(|pa: &mut [T]| {
        packed_b.with(|pb: &mut [T]| {
            // SAFETY: passed on to the caller.
            unsafe { blocks(&kernel, packing, alpha, a, b, c, accumulate, [depth, width], pa, pb) }
        })
    })?
}

/// Which factors are packed.
#[derive(Clone, Copy)]
struct Packing {
    a: bool,
    b: bool,
}

impl Packing {
    fn choose<S: Source<T>, T: Number>(kernel: &Kernel<T>, a: Matrix<S>, b: Matrix<S>) -> Packing {
        let convert = S::DTYPE != T::DTYPE;
        let small = b.rows * b.cols * size_of::<T>() <= IN_PLACE_BYTES || a.rows <= 2 * kernel.mr;
        Packing { a: convert || b.cols > 4 * kernel.nr, b: convert || b.col != 1 || !small }
    }
}

/// Divides `n` into equal blocks of at most `most`.
fn block_size(n: usize, most: usize) -> usize {
    n.div_ceil(n.div_ceil(most).max(1))
}

/// # Safety
/// As [`product`].
unsafe fn blocks<S: Source<T>, T: Number>(
    kernel: &Kernel<T>,
    packing: Packing,
    alpha: T,
    a: Matrix<S>,
    b: Matrix<S>,
    c: Output<T>,
    accumulate: bool,
    [depth, width]: [usize; 2],
    packed_a: &mut [T],
    packed_b: &mut [T],
) {
    let height = block_size(a.rows, MC).next_multiple_of(kernel.mr);
    for columns in ranges(b.cols, width) {
        for steps in ranges(a.cols, depth) {
            let accumulate = accumulate || steps.start > 0;
            let b_block = b.block(steps.clone(), columns.clone());
            let in_place = if packing.b { None } else { b_block.same_type::<T>() };
            // Columns of B from here on are packed.
            let edge = if in_place.is_some() { b_block.cols - b_block.cols % kernel.nr } else { 0 };
            pack(b_block.block(0..b_block.rows, edge..b_block.cols).t(), kernel.nr, |_| kernel.nr, packed_b);
            for rows in ranges(a.rows, height) {
                let a_block = a.block(rows.clone(), steps.clone());
                let a_panels = match a_block.same_type::<T>() {
                    Some(a) if !packing.a => Panels::InPlace(a),
                    _ => {
                        pack(a_block, kernel.mr, |rows| kernel.padded_rows(rows), packed_a);
                        Panels::Packed(&*packed_a)
                    }
                };
                let c = c.block(rows, columns.clone());
                // SAFETY: passed on to the caller.
                unsafe {
                    if let Some(b) = in_place {
                        let b = Panels::InPlace(b.block(0..b.rows, 0..edge));
                        tiles(kernel, steps.len(), alpha, a_panels, b, c.block(0..c.rows, 0..edge), accumulate);
                    }
                    tiles(
                        kernel,
                        steps.len(),
                        alpha,
                        a_panels,
                        Panels::Packed(packed_b),
                        c.block(0..c.rows, edge..c.cols),
                        accumulate,
                    );
                }
            }
        }
    }
}

/// `0..n` in steps.
fn ranges(n: usize, step: usize) -> impl Iterator<Item = Range<usize>> {
    (0..n).step_by(step.max(1)).map(move |start| start..n.min(start + step))
}

/// `c (+)= alpha * a @ b` over `k` for one block.
///
/// # Safety
/// Nothing else reaches the elements of `c` meanwhile.
pub(crate) unsafe fn tiles<T: Number>(
    kernel: &Kernel<T>,
    k: usize,
    alpha: T,
    a: Panels<T>,
    b: Panels<T>,
    c: Output<T>,
    accumulate: bool,
) {
    for (panel, columns) in ranges(c.cols, kernel.nr).enumerate() {
        let (b, b_k) = match b {
            Panels::Packed(b) => (b[panel * k * kernel.nr..][..k * kernel.nr].as_ptr(), kernel.nr as isize),
            Panels::InPlace(b) => {
                assert!(b.col == 1 && b.rows == k, "B is read in place by whole rows");
                (b.block(0..k, columns.start..columns.start + kernel.nr).as_ptr(), b.row)
            }
        };
        for rows in ranges(c.rows, kernel.mr) {
            let (a, packed, a_row, a_k) = match a {
                Panels::Packed(a) => (a[rows.start * k..][..kernel.padded_rows(rows.len()) * k].as_ptr(), true, 1, 1),
                Panels::InPlace(a) => (a.block(rows.clone(), 0..k).as_ptr(), false, a.row, a.col),
            };
            let c = c.block(rows.clone(), columns.clone());
            let tile = Tile {
                k,
                rows: c.rows,
                cols: c.cols,
                a,
                packed,
                a_row,
                a_k,
                b,
                b_k,
                b_rows: std::ptr::null(),
                c: c.as_ptr(),
                c_row: c.row,
                c_col: c.col,
                alpha,
                wide: false,
                accumulate,
            };
            // SAFETY: the panels were sliced to the whole of what the tile reads, in-place blocks were checked to lie
            // inside their matrices, and `c` is a block of an output that is the caller's alone.
            unsafe { (kernel.run)(&tile) };
        }
    }
}

/// Neighbouring columns of an indexed product, at most a tile's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Strip {
    /// Where they start in what B is read from.
    pub(crate) source: usize,
    /// The first column of C.
    pub(crate) target: usize,
    pub(crate) cols: usize,
}

/// `c (+)= a @ b` for a packed A and a B whose row `k` is read at `rows[k]` from the start of a strip on. A single row is
/// packed without padding, and its strips are [`Kernel::wide`].
///
/// # Safety
/// Nothing else reaches the elements of `c` meanwhile.
pub(crate) unsafe fn indexed_tiles<T: Number>(
    kernel: &Kernel<T>,
    a: &[T],
    source: &[T],
    rows: &[usize],
    strips: &[Strip],
    c: Output<T>,
    accumulate: bool,
) {
    let wide = c.rows == 1;
    let (k, width) = (rows.len(), if wide { kernel.wide() } else { kernel.nr });
    // The first place that no strip may start at.
    let end = rows.iter().max().map_or(source.len() + 1, |&last| (source.len() + 1).saturating_sub(last).saturating_sub(width));
    assert!(strips.iter().all(|strip| strip.cols <= width && strip.source < end), "strips inside of what is read");
    let mut tile = Tile {
        k,
        rows: 0,
        cols: 0,
        a: a.as_ptr(),
        packed: true,
        a_row: 1,
        a_k: 1,
        b: source.as_ptr(),
        b_k: 0,
        b_rows: rows.as_ptr(),
        c: c.as_ptr(),
        c_row: c.row,
        c_col: c.col,
        alpha: T::from_scalar(1i64.into()),
        wide,
        accumulate,
    };
    // A block of A stays in the second-level cache next to what B is read from.
    let most = (A_BYTES / (size_of::<T>() * k.max(1)) / (2 * kernel.mr)).max(1) * 2 * kernel.mr;
    for block in ranges(c.rows, most) {
        for strip in strips {
            (tile.cols, tile.b) = (strip.cols, source[strip.source..].as_ptr());
            let mut row = block.start;
            while row < block.end {
                let two_panels = strip.cols <= kernel.lanes && block.end - row >= 2 * kernel.mr;
                let height = (block.end - row).min(if two_panels { 2 * kernel.mr } else { kernel.mr });
                let padded = if wide { 1 } else { height.next_multiple_of(kernel.step) };
                tile.rows = height;
                tile.a = a[row * k..][..padded * k].as_ptr();
                tile.c = c.block(row..row + height, strip.target..strip.target + strip.cols).as_ptr();
                // SAFETY: A's panels were sliced to the whole of what is read, rows of B were checked to end inside of `source`,
                // and the tile's is a block of an output that is the caller's alone.
                unsafe { (kernel.run)(&tile) };
                row += height;
            }
        }
    }
}
