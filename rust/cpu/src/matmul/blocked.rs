//! One thread's product of two matrices, in blocks that fit the caches (Goto and van de Geijn, 2008).
//!
//! A panel of B (`k` x `nr`) stays in the first-level cache, a block of A ([`Kernel::height`] x `k`) in the second, while the tiles
//! of a block of the result are computed. Operands that lie well are read in place instead of being packed.

use std::ops::Range;

use ferrotorch_kernel::{Result, interrupt};

use super::kernel::Kernel;
use super::matrix::{Matrix, MatrixMut, Scratch};
use super::number::Number;
use super::pack::{Source, pack, pack_rows};
use super::tile::{Indexed, Stepped, Tile};

/// Bytes of packed B.
pub(super) const B_BYTES: usize = 1 << 20;
/// Bytes of packed A in an indexed product.
const A_BYTES: usize = 5 << 15;
/// Up to this size B is read in place.
const IN_PLACE_BYTES: usize = 1 << 15;

/// A factor as the innermost loops see it.
#[derive(Clone, Copy)]
pub(crate) enum Panels<'a, T> {
    /// Packed by [`pack`].
    Packed(&'a [T]),
    /// Read where it lies: A with any steps; B with columns that are neighbours, whole tiles of them.
    InPlace(Matrix<'a, T>),
}

/// `c (+)= alpha * a @ b`, on the caller's thread.
pub(crate) fn product<S: Source<T>, T: Number>(
    alpha: T,
    a: Matrix<S>,
    b: Matrix<S>,
    c: MatrixMut<T>,
    accumulate: bool,
) -> Result<()> {
    let kernel = S::kernel();
    let depth = depth(&kernel, a.cols());
    let width = (B_BYTES / (size_of::<T>() * depth.max(1))).next_multiple_of(kernel.nr);
    let packing = Packing::choose::<S, T>(&kernel, a, b);
    let room_a = if packing.a { block_size(a.rows(), kernel.height).next_multiple_of(kernel.mr) * depth } else { 0 };
    let columns = if packing.b { b.cols().min(width) } else { b.cols() - packing.edge(&kernel, b.cols()) };
    let room_b = columns.next_multiple_of(kernel.nr) * depth;
    with_room(room_a, |pa| with_room(room_b, |pb| blocks(&kernel, packing, alpha, a, b, c, accumulate, [depth, width], pa, pb)))?
}

/// Words of a block of a sum of so many terms.
pub(crate) fn depth<T>(kernel: &Kernel<T>, terms: usize) -> usize {
    block_size(kernel.words(terms), kernel.depth).next_multiple_of(kernel.group)
}

/// Calls `work` with memory for so many elements, which are often none.
pub(super) fn with_room<T: Number, R>(len: usize, work: impl FnOnce(&mut [T]) -> R) -> Result<R> {
    if len == 0 { Ok(work(&mut [])) } else { Scratch::new::<T>(len)?.with(work) }
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
        let small = b.rows() * b.cols() * size_of::<T>() <= IN_PLACE_BYTES || a.rows() <= 2 * kernel.mr;
        Packing { a: convert || b.cols() > 4 * kernel.nr, b: convert || b.step()[1] != 1 || !small }
    }

    /// Of so many columns of B, those from here on are packed. What is read in place are whole tiles, the last of which may be
    /// a single vector.
    fn edge<T>(self, kernel: &Kernel<T>, columns: usize) -> usize {
        let rest = columns % kernel.nr;
        match self.b {
            true => 0,
            false if rest == kernel.lanes => columns,
            false => columns - rest,
        }
    }
}

/// Divides `n` into equal blocks of at most `most`.
pub(super) fn block_size(n: usize, most: usize) -> usize {
    n.div_ceil(n.div_ceil(most).max(1))
}

fn blocks<S: Source<T>, T: Number>(
    kernel: &Kernel<T>,
    packing: Packing,
    alpha: T,
    a: Matrix<S>,
    b: Matrix<S>,
    mut c: MatrixMut<T>,
    accumulate: bool,
    [depth, width]: [usize; 2],
    packed_a: &mut [T],
    packed_b: &mut [T],
) {
    let height = block_size(a.rows(), kernel.height).next_multiple_of(kernel.mr);
    for columns in ranges(b.cols(), width) {
        for words in ranges(kernel.words(a.cols()), depth) {
            let accumulate = accumulate || words.start > 0;
            let steps = words.start * kernel.terms..a.cols().min(words.end * kernel.terms);
            let b_block = b.block([steps.clone(), columns.clone()]);
            let in_place = if packing.b { None } else { b_block.same_type::<T>().ok() };
            let edge = if in_place.is_some() { packing.edge(kernel, b_block.cols()) } else { 0 };
            pack(
                kernel,
                b_block.block([0..b_block.rows(), edge..b_block.cols()]).t(),
                kernel.nr,
                |cols| kernel.width(cols),
                packed_b,
            );
            // Blocks take about a millisecond; most products are one.
            let goes_on = |rows: &Range<usize>| rows.start + words.start == 0 || !interrupt::stops();
            for rows in ranges(a.rows(), height).take_while(goes_on) {
                let a_block = a.block([rows.clone(), steps.clone()]);
                let a_panels = match a_block.same_type::<T>() {
                    Ok(a) if !packing.a => Panels::InPlace(a),
                    _ => {
                        pack_rows(kernel, a_block, packed_a);
                        Panels::Packed(&*packed_a)
                    }
                };
                let mut c = c.part([rows.clone(), columns.clone()]);
                if let Some(b) = in_place {
                    let b = Panels::InPlace(b.block([0..b.rows(), 0..edge]));
                    tiles(kernel, words.len(), alpha, a_panels, b, c.part([0..rows.len(), 0..edge]), accumulate);
                }
                let rest = c.part([0..rows.len(), edge..columns.len()]);
                tiles(kernel, words.len(), alpha, a_panels, Panels::Packed(packed_b), rest, accumulate);
            }
        }
    }
}

/// `0..n` in steps.
pub(super) fn ranges(n: usize, step: usize) -> impl Iterator<Item = Range<usize>> {
    (0..n).step_by(step.max(1)).map(move |start| start..n.min(start + step))
}

/// `c (+)= alpha * a @ b` over `k` words for one block.
pub(crate) fn tiles<T: Number>(
    kernel: &Kernel<T>,
    k: usize,
    alpha: T,
    a: Panels<T>,
    b: Panels<T>,
    mut c: MatrixMut<T>,
    accumulate: bool,
) {
    let ([height, width], running) = (c.size(), kernel.begin());
    for (panel, columns) in ranges(width, kernel.nr).enumerate() {
        let b = match b {
            Panels::Packed(b) => Panels::Packed(&b[panel * k * kernel.nr..]),
            Panels::InPlace(b) => Panels::InPlace(b.block([0..k, columns.clone()])),
        };
        for rows in ranges(height, kernel.mr) {
            let a = match a {
                Panels::Packed(a) => Panels::Packed(&a[rows.start * k..]),
                Panels::InPlace(a) => Panels::InPlace(a.block([rows.clone(), 0..k])),
            };
            running.run(&Tile::new(kernel, k, alpha, a, b, c.part([rows, columns.clone()]), accumulate));
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
pub(crate) fn indexed_tiles<T: Number>(
    kernel: &Kernel<T>,
    a: &[T],
    source: &[T],
    rows: &[usize],
    strips: &[Strip],
    c: &mut MatrixMut<T>,
    accumulate: bool,
) {
    let (count, wide, k) = (c.rows(), c.rows() == 1, rows.len());
    let (b, running) = (Indexed::new(kernel, source, rows, wide), kernel.begin());
    // A block of A stays in the second-level cache next to what B is read from.
    let most = (A_BYTES / (size_of::<T>() * k.max(1)) / (2 * kernel.mr)).max(1) * 2 * kernel.mr;
    for block in ranges(count, most) {
        for strip in strips {
            let mut row = block.start;
            while row < block.end {
                let two_panels = strip.cols <= kernel.lanes && block.end - row >= 2 * kernel.mr;
                let height = (block.end - row).min(if two_panels { 2 * kernel.mr } else { kernel.mr });
                let c = c.part([row..row + height, strip.target..strip.target + strip.cols]);
                running.run(&Tile::indexed(kernel, &a[row * k..], &b, strip.source, c, accumulate));
                row += height;
            }
        }
    }
}

/// `c (+)= a @ b` for a packed A and a B that is read by groups of words: see [`Kernel::reads_steps`]. C is whole vectors wide, and
/// a multiple of [`Kernel::step`] high. A panel of A stays in the first-level cache.
pub(crate) fn stepped_tiles<T: Number>(kernel: &Kernel<T>, a: &[T], b: &Stepped<T>, mut c: MatrixMut<T>, accumulate: bool) {
    let ([height, width], running) = (c.size(), kernel.begin());
    let k = b.starts.len() * kernel.group;
    b.check(kernel, width);
    for rows in ranges(height, kernel.mr) {
        for columns in ranges(width, kernel.nr) {
            let c = c.part([rows.clone(), columns.clone()]);
            running.run(&Tile::stepped(kernel, &a[rows.start * k..], b, columns.start, c, accumulate));
        }
    }
}
