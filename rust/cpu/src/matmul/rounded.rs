//! Products of half types: sums are carried in float32 and rounded once.
//!
//! B is packed for the whole of the sum, so that the sums of a block of rows are complete, and rounded, while they are in the
//! second-level cache. Where rows are few, packing B takes longest, and reads it best by blocks of its rows: then all sums are kept
//! until the last of these.

use ferrotorch_kernel::{Result, interrupt};

use super::blocked::{self, B_BYTES, Panels, block_size, depth, ranges, tiles, with_room};
use super::kernel::Kernel;
use super::matrix::{Matrix, MatrixMut, Scratch};
use super::number::Number;
use super::pack::{Source, pack, pack_rows};
use super::{FEW_ROWS, start};

/// Columns of packed B, at least.
const LEAST_COLUMNS: usize = 128;

/// Elements between rows of sums: were the rows a power of two, those of a tile would displace one another in the first-level cache.
const LINE: usize = 16;

/// `out = alpha * a @ b + beta * c`
pub(super) fn product<S: Source<T>, T: Number>(
    alpha: T,
    a: Matrix<S>,
    b: Matrix<S>,
    c: Option<(Matrix<S>, T)>,
    mut out: MatrixMut<S>,
) -> Result<()> {
    if a.rows() < FEW_ROWS || a.cols() == 0 {
        let [rows, cols] = out.size();
        return Scratch::new::<T>(rows * cols)?.with(|sums: &mut [T]| {
            let mut target = MatrixMut::from_slice_mut(sums, rows, cols);
            start(c, &mut target);
            blocked::product(alpha, a, b, target, c.is_some())?;
            round(sums, cols, out);
            Ok(())
        })?;
    }
    let kernel = S::kernel();
    let words = kernel.words(a.cols());
    let most = (B_BYTES / (size_of::<T>() * words)).max(LEAST_COLUMNS);
    let width = block_size(b.cols(), most).next_multiple_of(kernel.nr);
    let height = block_size(a.rows(), kernel.height).next_multiple_of(kernel.mr);
    let step = width + LINE;
    let room = [width * words, height * depth(&kernel, a.cols()), height * step];
    with_room(room[0], |packed_b: &mut [T]| {
        with_room(room[1], |packed_a: &mut [T]| {
            with_room(room[2], |sums: &mut [T]| {
                for columns in ranges(b.cols(), width) {
                    let b = PackedB::new(&kernel, b.block([0..b.rows(), columns.clone()]), packed_b);
                    let goes_on = |rows: &std::ops::Range<usize>| rows.start == 0 || !interrupt::stops();
                    for rows in ranges(a.rows(), height).take_while(goes_on) {
                        let place = [rows.clone(), columns.clone()];
                        let c = c.map(|(c, beta)| (c.block(place.clone()), beta));
                        let mut target = MatrixMut::from_slice_mut(sums, rows.len(), step);
                        let mut target = target.part([0..rows.len(), 0..columns.len()]);
                        start(c, &mut target);
                        b.multiply(alpha, a.block([rows, 0..a.cols()]), packed_a, target, c.is_some());
                        round(sums, step, out.part(place));
                    }
                }
            })
        })
    })??
}

/// Some columns of B in panels, block of the sum by block.
struct PackedB<'a, T> {
    kernel: &'a Kernel<T>,
    panels: &'a [T],
    columns: usize,
}

impl<'a, T: Number> PackedB<'a, T> {
    fn new<S: Source<T>>(kernel: &'a Kernel<T>, b: Matrix<S>, room: &'a mut [T]) -> Self {
        let (columns, mut rest) = (b.cols().next_multiple_of(kernel.nr), &mut *room);
        for words in ranges(kernel.words(b.rows()), depth(kernel, b.rows())) {
            let (panels, behind) = rest.split_at_mut(columns * words.len());
            let terms = words.start * kernel.terms..b.rows().min(words.end * kernel.terms);
            pack(kernel, b.block([terms, 0..b.cols()]).t(), kernel.nr, |cols| kernel.width(cols), panels);
            rest = behind;
        }
        PackedB { kernel, panels: room, columns }
    }

    /// `c (+)= alpha * a @ b`
    fn multiply<S: Source<T>>(&self, alpha: T, a: Matrix<S>, room: &mut [T], mut c: MatrixMut<T>, accumulate: bool) {
        let kernel = self.kernel;
        for words in ranges(kernel.words(a.cols()), depth(kernel, a.cols())) {
            let terms = words.start * kernel.terms..a.cols().min(words.end * kernel.terms);
            pack_rows(kernel, a.block([0..a.rows(), terms]), room);
            let (a, b) = (Panels::Packed(&*room), Panels::Packed(&self.panels[self.columns * words.start..]));
            tiles(kernel, words.len(), alpha, a, b, c.reborrow(), accumulate || words.start > 0);
        }
    }
}

/// Writes the sums of a result, whose rows lie `step` apart.
fn round<S: Source<T>, T: Number>(sums: &[T], step: usize, mut out: MatrixMut<S>) {
    for i in 0..out.rows() {
        let sums = &sums[i * step..][..out.cols()];
        match out.row_mut(i).as_mut_slice() {
            Some(out) => S::narrow_all(sums, out),
            None => out.row_mut(i).write_all(sums.iter().map(|&x| S::narrow(x))),
        }
    }
}
