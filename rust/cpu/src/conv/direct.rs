//! Convolution as a matrix product whose second factor is read from the input itself.
//!
//! A task computes all channels of a piece of an image's positions. It copies what the piece reads of some channels once,
//! padding included ([`Window`]); then row (channel, tap) of the unfolded input is that copy, read from a constant
//! distance on, and the register tiles of the matrix product read it there. Nothing is stored once per tap.

use std::ops::Range;

use ferrotorch_kernel::Result;
use ferrotorch_kernel::memory::zeros_for;

use super::geometry::{Sizes, Triple};
use super::packed::{pack_weights, padded};
use super::plan::Plan;
use super::source::{Piece, Window};
use crate::matmul::{Kernel, MatrixMut, Number, Scratch, Strip, indexed_tiles};
use crate::parallel::{self, Cost};

/// Depth of a block of the product.
const DEPTH: usize = 320;
/// Bytes of the copy that a block reads, and of results that are not written in place.
const BYTES: usize = 3 << 16;
/// Multiplications that are worth a piece of their own.
const GRAIN: usize = 1 << 18;
/// Tasks that a call is cut into, where it has so much work.
const TASKS: usize = 8;

/// The arrays of a call, as slices.
pub(super) struct Call<'a, T> {
    pub(super) sizes: &'a Sizes,
    /// What is read: the input, or the gradient of the output.
    pub(super) x: &'a [T],
    pub(super) w: &'a [T],
    pub(super) bias: Option<&'a [T]>,
    /// Is this the gradient of the input?
    pub(super) transposed: bool,
}

impl<T> Call<'_, T> {
    /// Results for each position, in a group.
    pub(super) fn rows(&self) -> usize {
        if self.transposed { self.sizes.c } else { self.sizes.o }
    }
}

/// Computes all plans of a call into `y`. They have the same target.
pub(super) fn run<T: Number>(call: &Call<T>, plans: &[Plan], y: &mut [T]) -> Result<()> {
    let s = call.sizes;
    let images = s.batch * s.groups;
    let jobs: Vec<Job<T>> =
        plans.iter().filter(|plan| !plan.grid().contains(&0)).map(|plan| Job::new(call, plan)).collect::<Result<_>>()?;
    // The plans of an image follow each other, for they read and write the same lines.
    let units: Vec<(&Job<T>, usize)> = jobs.iter().flat_map(|job| (0..job.pieces.len()).map(move |piece| (job, piece))).collect();
    let Some((copy_len, results_len)) = jobs.iter().map(Job::scratch).reduce(|a, b| (a.0.max(b.0), a.1.max(b.1))) else {
        return Ok(());
    };
    let work = jobs.iter().map(Job::work).sum::<usize>() / units.len().max(1);
    let rows = jobs[0].rows;
    let output = MatrixMut::from_slice_mut(y, images * rows, jobs[0].plan.target_len());
    parallel::try_for_each_chunk(images * units.len(), Cost::multiply_adds(work), |range| {
        let tasks = |copy: &mut [T], results: &mut [T]| {
            copy.fill(T::zeroed());
            for task in range {
                let (image, (job, piece)) = (task / units.len(), units[task % units.len()]);
                // SAFETY: the images and pieces of plans do not overlap in the output, and each is one task's.
                let output = unsafe { output.alias() };
                let y = output.block([image * rows..(image + 1) * rows, 0..jobs[0].plan.target_len()]);
                job.compute(image, piece, copy, results, y);
            }
        };
        with_scratch(copy_len, results_len, tasks)
    })
}

fn with_scratch<T: Number>(copy: usize, results: usize, work: impl FnOnce(&mut [T], &mut [T])) -> Result<()> {
    let (mut copy, mut results) = (Scratch::new::<T>(copy)?, Scratch::new::<T>(results)?);
    copy.with(|copy: &mut [T]| results.with(|results: &mut [T]| work(copy, results)))?
}

/// A plan that was cut up.
struct Job<'a, T> {
    call: &'a Call<'a, T>,
    plan: &'a Plan,
    kernel: Kernel<T>,
    /// Results for each position.
    rows: usize,
    /// Blocks of the sum, and where their rows lie in the copy.
    blocks: Vec<(Range<usize>, Vec<usize>)>,
    /// Size of the largest piece.
    size: Triple,
    window: Window,
    pieces: Vec<(Piece, Vec<Strip>)>,
    /// Are results written where they belong, or copied there?
    in_place: bool,
    /// Of each group.
    weights: Vec<Vec<T>>,
}

impl<'a, T: Number> Job<'a, T> {
    fn new(call: &'a Call<'a, T>, plan: &'a Plan) -> Result<Self> {
        let s = call.sizes;
        let kernel = T::kernel();
        let rows = call.rows();
        let blocks = depth_blocks(plan);
        let channels = blocks.iter().map(|block| channels(plan, block).len()).max().unwrap_or(0);
        let bytes = |size: Triple| {
            let positions = size.iter().product::<usize>();
            let window = Window::new(plan, channels, size)?;
            Ok((window.len() * channels).max(positions * rows.min(64)) * size_of::<T>())
        };
        let size = piece_size(plan, s.batch * s.groups, rows * plan.depth(), bytes)?;
        let window = Window::new(plan, channels, size)?;
        let in_place = writes_in_place(plan, &kernel, rows, size, &window);
        let width = if rows == 1 { kernel.wide() } else { kernel.nr };
        let strips = |piece: Piece| {
            let lines = if in_place { lines_in_place(plan, &window, &piece) } else { lines_of_copy(&window, &piece) };
            (piece, lines.into_iter().flat_map(|line| cut(line, width)).collect())
        };
        let pieces = pieces(plan.grid(), size).map(strips).collect();
        let packed = |group| {
            let mut panels: Vec<T> = zeros_for("convolution", padded(&kernel, rows) * plan.depth())?;
            pack_weights(call, plan, &kernel, &blocks, group, &mut panels).map(|()| panels)
        };
        let weights = (0..s.groups).map(packed).collect::<Result<_>>()?;
        let blocks = blocks.into_iter().map(|block| (block.clone(), window.rows(plan, block))).collect();
        Ok(Job { call, plan, kernel, rows, blocks, size, window, pieces, in_place, weights })
    }

    /// Elements of the copy, and of the results that are not written in place.
    fn scratch(&self) -> (usize, usize) {
        let channels = self.blocks.iter().map(|(block, _)| channels(self.plan, block).len()).max().unwrap_or(0);
        // Tiles read a whole width at the end too.
        (
            channels * self.window.len() + self.kernel.wide(),
            if self.in_place { 0 } else { self.rows.saturating_mul(self.columns()) },
        )
    }

    /// Columns of the results that are not written in place.
    fn columns(&self) -> usize {
        self.size[0] * self.size[1] * self.window.line()
    }

    /// Multiplications of an image.
    fn work(&self) -> usize {
        self.rows * self.plan.depth() * self.plan.grid().iter().product::<usize>()
    }

    /// Computes a piece of an image, whose places are all that is written to of `y`.
    fn compute(&self, image: usize, piece: usize, copy: &mut [T], results: &mut [T], mut y: MatrixMut<T>) {
        let (piece, strips) = &self.pieces[piece];
        if self.in_place {
            fill(self.plan, piece, self.bias(image), &mut y);
            self.multiply(image, piece, strips, copy, y, self.bias(image).is_some());
        } else {
            let results = &mut results[..self.rows * self.columns()];
            self.multiply(image, piece, strips, copy, MatrixMut::from_slice_mut(results, self.rows, self.columns()), false);
            self.write(piece, self.bias(image), results, y);
        }
    }

    /// The bias of an image's group.
    fn bias(&self, image: usize) -> Option<&[T]> {
        let group = image % self.call.sizes.groups;
        self.call.bias.map(|bias| &bias[group * self.rows..(group + 1) * self.rows])
    }

    fn multiply(&self, image: usize, piece: &Piece, strips: &[Strip], copy: &mut [T], mut y: MatrixMut<T>, accumulate: bool) {
        let (source, window) = (self.plan.source_len(), self.window.len());
        let x = &self.call.x[image * self.plan.channels * source..][..self.plan.channels * source];
        let (weights, padded) = (&self.weights[image % self.call.sizes.groups], padded(&self.kernel, self.rows));
        for (block, rows) in &self.blocks {
            for (i, channel) in channels(self.plan, block).enumerate() {
                let out = &mut copy[i * window..(i + 1) * window];
                self.window.fill(self.plan, piece, &x[channel * source..][..source], out);
            }
            let weights = &weights[block.start * padded..block.end * padded];
            indexed_tiles(&self.kernel, weights, copy, rows, strips, &mut y, accumulate || block.start > 0);
        }
    }

    /// Copies the results of a piece, a bias added, to their places. Those of other plans lie between them.
    fn write(&self, piece: &Piece, bias: Option<&[T]>, results: &[T], mut y: MatrixMut<T>) {
        let step = self.plan.axes[2].target_step;
        for (row, results) in results.chunks_exact(self.columns()).enumerate() {
            let bias = bias.map_or(T::zeroed(), |bias| bias[row]);
            for (at, target) in lines(self.plan, piece) {
                let results = &results[self.line_of_copy(piece, at)..][..piece.size[2]];
                let mut out = y.row_mut(row).block([target]).every(step);
                if self.plan.depth() == 0 {
                    out.write_all(std::iter::repeat(bias));
                } else if let Some(out) = out.as_mut_slice() {
                    out.iter_mut().zip(results).for_each(|(y, &x)| *y = x.plus(bias));
                } else {
                    out.write_all(results.iter().map(|&x| x.plus(bias)));
                }
            }
        }
    }

    /// Where a line of results starts among the copied.
    fn line_of_copy(&self, piece: &Piece, at: Triple) -> usize {
        (at[0] * piece.size[1] + at[1]) * self.window.line()
    }
}

/// Cuts the sum into equal blocks, between channels where that can be.
fn depth_blocks(plan: &Plan) -> Vec<Range<usize>> {
    let (depth, unit) = (plan.depth(), if plan.taps() <= DEPTH { plan.taps().max(1) } else { 1 });
    let count = depth.div_ceil(DEPTH / unit * unit).max(1);
    let step = (depth / unit).div_ceil(count).max(1) * unit;
    (0..depth).step_by(step).map(|start| start..depth.min(start + step)).collect()
}

/// The channels that a block of the sum reads.
fn channels(plan: &Plan, block: &Range<usize>) -> Range<usize> {
    let taps = plan.taps().max(1);
    block.start / taps..block.end.div_ceil(taps)
}

/// Halves the grid until a piece's memory is small and there is a task for every thread.
pub(super) fn piece_size(plan: &Plan, images: usize, cost: usize, bytes: impl Fn(Triple) -> Result<usize>) -> Result<Triple> {
    let grid = plan.grid();
    let mut size = grid;
    loop {
        let tasks: usize = images * (0..3).map(|d| grid[d].div_ceil(size[d].max(1))).product::<usize>();
        let busy = tasks >= TASKS || size.iter().product::<usize>() * cost <= 2 * GRAIN;
        if bytes(size)? <= BYTES && busy {
            return Ok(size);
        }
        size = match size {
            [d, h, w] if d > 1 => [d.div_ceil(2), h, w],
            [d, h, w] if h > 1 => [d, h.div_ceil(2), w],
            [d, h, w] if w > 256 => [d, h, w.div_ceil(2).next_multiple_of(64)],
            _ => return Ok(size),
        };
    }
}

/// The pieces of a grid.
pub(super) fn pieces(grid: Triple, size: Triple) -> impl Iterator<Item = Piece> {
    let starts = move |d: usize| (0..grid[d]).step_by(size[d].max(1));
    starts(0)
        .flat_map(move |d| starts(1).flat_map(move |h| starts(2).map(move |w| [d, h, w])))
        .map(move |start| Piece { start, size: std::array::from_fn(|d| size[d].min(grid[d] - start[d])) })
}

/// Is it better to compute the lines of a piece one by one into their places than to compute what lies between them in
/// the copy too, and to copy the results?
fn writes_in_place<T>(plan: &Plan, kernel: &Kernel<T>, rows: usize, size: Triple, window: &Window) -> bool {
    if plan.axes[2].target_step != 1 || plan.depth() == 0 {
        return false;
    }
    let width = if rows == 1 { kernel.wide() } else { kernel.nr };
    // In half tiles. Copying a result is worth half a step of a sum.
    let tiles = |len: usize| len.div_ceil(width / 2);
    let separate = plan.depth() * size[1] * tiles(size[2]);
    let together = plan.depth() * tiles((size[1] - 1) * window.line() + size[2]);
    is_joined(plan, size) || separate <= together + size[1] * size[2]
}

/// Are the lines of a piece back to back in the copy and in the result?
fn is_joined(plan: &Plan, size: Triple) -> bool {
    let [_, h, w] = &plan.axes;
    h.span == 0 && w.span == 0 && h.target_step == 1 && w.target_step == 1 && w.target == size[2]
}

/// The lines of a piece, and what they span of the result.
pub(super) fn lines<'a>(plan: &'a Plan, piece: &'a Piece) -> impl Iterator<Item = (Triple, Range<usize>)> + 'a {
    let [d_axis, h_axis, w_axis] = &plan.axes;
    let place = move |d: usize, h: usize| {
        let line = d_axis.target_of(piece.start[0] + d) * h_axis.target + h_axis.target_of(piece.start[1] + h);
        let start = line * w_axis.target;
        let (first, last) = (w_axis.target_of(piece.start[2]), w_axis.target_of(piece.start[2] + piece.size[2] - 1));
        ([d, h, 0], start + first..start + last + 1)
    };
    (0..piece.size[0]).flat_map(move |d| (0..piece.size[1]).map(move |h| place(d, h)))
}

fn lines_in_place(plan: &Plan, window: &Window, piece: &Piece) -> Vec<Strip> {
    let strip =
        |(at, target): (Triple, Range<usize>)| Strip { source: window.position(at), target: target.start, cols: target.len() };
    let joined = is_joined(plan, piece.size);
    let longer = |strip: Strip| Strip { cols: strip.cols * if joined { piece.size[1] } else { 1 }, ..strip };
    lines(plan, piece).filter(|(at, _)| !joined || at[1] == 0).map(strip).map(longer).collect()
}

/// All lines of a plane at once, with what lies between them.
fn lines_of_copy(window: &Window, piece: &Piece) -> Vec<Strip> {
    let line = |d: usize| Strip {
        source: window.position([d, 0, 0]),
        target: d * piece.size[1] * window.line(),
        cols: (piece.size[1] - 1) * window.line() + piece.size[2],
    };
    (0..piece.size[0]).map(line).collect()
}

/// Cuts a line into strips.
fn cut(line: Strip, width: usize) -> impl Iterator<Item = Strip> {
    (0..line.cols).step_by(width).map(move |skip| Strip {
        source: line.source + skip,
        target: line.target + skip,
        cols: width.min(line.cols - skip),
    })
}

/// Fills a piece of the result, which has no gaps, with a bias.
fn fill<T: Number>(plan: &Plan, piece: &Piece, bias: Option<&[T]>, y: &mut MatrixMut<T>) {
    for (row, &bias) in bias.unwrap_or_default().iter().enumerate() {
        for (_, target) in lines(plan, piece) {
            y.row_mut(row).block([target]).write_all(std::iter::repeat(bias));
        }
    }
}
