//! Convolution in matrix registers, whose second factor is read from the input itself.
//!
//! A word is two channels of a position, so the copy of what a piece reads ([`Window`]) is made once, in words; a tap is a distance
//! in it, and a matrix of sixteen words by sixteen positions is loaded from there. The sum runs over groups of 32 channels, over
//! the taps of each, and over the channels last. Nothing is stored once per tap.

use std::ops::Range;

use ferrotorch_kernel::Result;
use ferrotorch_kernel::dtype::Element;

use super::direct::{Call, lines, piece_size, pieces};
use super::plan::Plan;
use super::source::{Piece, Window, copy};
use crate::matmul::{Kernel, Matrix, MatrixMut, Number, Scratch, Source, Stepped, pack_rows, stepped_tiles};
use crate::parallel::{self, Cost};

/// Positions that make up for gathering the weights.
const POSITIONS: usize = 128;
/// The least channels: with fewer, most of a sum would be padding.
const FEW: usize = 16;

/// Is this the way for all plans of a call?
pub(super) fn applies<S: Source<T>, T: Number>(call: &Call<S>, plans: &[Plan]) -> bool {
    let kernel = S::kernel();
    let is_worth_it = |plan: &Plan| {
        let [d, h, w] = plan.grid();
        let spanned = d * (h.saturating_sub(1) * (w + plan.axes[2].span) + w).next_multiple_of(kernel.lanes);
        plan.depth() > 0 && plan.channels >= FEW && call.sizes.batch * d * h * w >= POSITIONS && spanned <= 2 * d * h * w
    };
    kernel.reads_steps() && call.rows() >= FEW && plans.iter().all(is_worth_it)
}

/// Computes a plan of a call into `y`.
pub(super) fn run<S: Source<T>, T: Number>(call: &Call<S>, plan: &Plan, y: &mut [S]) -> Result<()> {
    if plan.grid().contains(&0) || y.is_empty() {
        return Ok(());
    }
    let (s, rows, target) = (call.sizes, call.rows(), plan.target_len());
    let layout = Layout::new(S::kernel(), call, plan)?;
    let len = layout.weights_len(rows);
    Scratch::new::<T>(s.groups * len)?.with(|weights: &mut [T]| {
        for (group, panels) in weights.chunks_exact_mut(len).enumerate() {
            layout.pack_weights(call, plan, group, panels)?;
        }
        let threads = parallel::num_threads();
        let parts = if threads == 1 { 1 } else { (2 * threads).div_ceil(s.batch * s.groups) };
        let height = rows.div_ceil(parts).next_multiple_of(layout.kernel.mr);
        let of_plane = |(plane, y)| {
            let y: &mut [S] = y;
            y.chunks_mut(height * target).enumerate().map(move |(part, y)| Task { plane, row: part * height, y })
        };
        let mut tasks: Vec<Task<S>> = y.chunks_exact_mut(rows * target).enumerate().flat_map(of_plane).collect();
        let job = Job { call, plan, layout, weights, len };
        let work = height.min(rows) * plan.depth() * plan.grid().iter().product::<usize>();
        let cost = Cost::multiply_adds(work / job.layout.kernel.pace);
        parallel::try_for_each_chunk_mut(&mut tasks, cost, |_, tasks| tasks.iter_mut().try_for_each(|task| job.compute(task)))
    })?
}

/// How the factors lie.
struct Layout<T> {
    kernel: Kernel<T>,
    /// Channels of a group.
    group: usize,
    /// The groups of channels that are summed in one go.
    blocks: Vec<Range<usize>>,
    window: Window,
    /// Words from one pair of channels to the next: an odd number of lines of the cache, so that the rows of a matrix do not displace
    /// one another.
    plane: usize,
    /// Where each tap reads for position 0.
    taps: Vec<usize>,
    /// The tap's numbers in the weights.
    numbers: Vec<usize>,
    /// The largest piece.
    size: [usize; 3],
}

impl<T: Number> Layout<T> {
    fn new<S>(kernel: Kernel<T>, call: &Call<S>, plan: &Plan) -> Result<Self> {
        let (group, taps, rows) = (kernel.terms * kernel.group, plan.taps(), call.rows());
        let groups = plan.channels.div_ceil(group);
        let together = (kernel.depth / (kernel.group * taps)).clamp(1, groups);
        let blocks = (0..groups).step_by(together).map(|first| first..groups.min(first + together)).collect();
        let bytes = |size: [usize; 3]| {
            let window = Window::new(plan, together * group, size)?;
            let words = window.len() * together * kernel.group;
            Ok(words.max(size.iter().product::<usize>() * rows.min(64)) * size_of::<T>())
        };
        let size = piece_size(plan, usize::MAX >> 1, 0, bytes)?;
        let window = Window::new(plan, together * group, size)?;
        let plane = (window.len().div_ceil(kernel.group) | 1) * kernel.group;
        let (taps, numbers) = (window.rows(plan, 0..taps), plan.tap_numbers(call.sizes.kernel));
        Ok(Layout { kernel, group, blocks, window, plane, taps, numbers, size })
    }

    /// Words of a row of weights in a block.
    fn words(&self, block: &Range<usize>) -> usize {
        block.len() * self.taps.len() * self.kernel.group
    }

    fn padded(&self, rows: usize) -> usize {
        rows.next_multiple_of(self.kernel.step)
    }

    fn weights_len(&self, rows: usize) -> usize {
        self.padded(rows) * self.blocks.iter().map(|block| self.words(block)).sum::<usize>()
    }

    /// Columns of a piece's results: a line of positions after the other with what lies between them, in whole vectors.
    fn columns(&self, size: [usize; 3]) -> usize {
        ((size[1] - 1) * self.window.line() + size[2]).next_multiple_of(self.kernel.lanes)
    }

    /// Packs the weights of a group, block of the sum by block.
    fn pack_weights<S: Source<T>>(&self, call: &Call<S>, plan: &Plan, group: usize, panels: &mut [T]) -> Result<()> {
        let (rows, mut rest, mut parts) = (call.rows(), panels, Vec::with_capacity(self.blocks.len()));
        for block in &self.blocks {
            let (panel, behind) = rest.split_at_mut(self.words(block) * self.padded(rows));
            parts.push((block, panel));
            rest = behind;
        }
        let most = parts.iter().map(|(block, _)| self.words(block)).max().unwrap_or(0);
        parallel::try_for_each_chunk_mut(&mut parts, Cost::streamed(4 * rows * most), |_, parts| {
            parts.iter_mut().try_for_each(|(block, panel)| {
                let terms = self.words(block) * self.kernel.terms;
                Scratch::new::<S>(rows * terms)?.with(|dense: &mut [S]| {
                    for (row, out) in dense.chunks_exact_mut(terms).enumerate() {
                        self.gather_row(call, plan, block, [group, row], out);
                    }
                    pack_rows(&self.kernel, Matrix::from_slice(dense, rows, terms), panel);
                })
            })
        })
    }

    /// Writes the terms of a row in the order of the sum.
    fn gather_row<S: Element>(&self, call: &Call<S>, plan: &Plan, block: &Range<usize>, [group, row]: [usize; 2], out: &mut [S]) {
        let (s, of_group) = (call.sizes, self.taps.len() * self.group);
        for (first, out) in block.clone().map(|i| i * self.group).zip(out.chunks_exact_mut(of_group)) {
            for channel in first..first + self.group {
                let (o, c) = if call.transposed { (channel, row) } else { (row, channel) };
                let places = out[channel - first..].iter_mut().step_by(self.group);
                if channel < plan.channels {
                    let kernel = &call.w[((group * s.o + o) * s.c + c) * s.kernel_len()..][..s.kernel_len()];
                    places.zip(&self.numbers).for_each(|(out, &tap)| *out = kernel[tap]);
                } else {
                    places.for_each(|out| *out = S::zeroed());
                }
            }
        }
    }
}

/// A plan with its weights, `len` words of each group.
struct Job<'a, S, T> {
    call: &'a Call<'a, S>,
    plan: &'a Plan,
    layout: Layout<T>,
    weights: &'a [T],
    len: usize,
}

/// Some channels of the results of an image's group.
struct Task<'y, S> {
    plane: usize,
    row: usize,
    y: &'y mut [S],
}

impl<S: Source<T>, T: Number> Job<'_, S, T> {
    fn compute(&self, task: &mut Task<S>) -> Result<()> {
        let (l, size) = (&self.layout, self.layout.size);
        let rows = l.padded(task.y.len() / self.plan.target_len());
        let most = l.blocks.iter().map(Range::len).max().unwrap_or(0);
        // Tiles read whole vectors behind the last words too.
        let source_len = most * l.kernel.group * l.plane + l.kernel.nr;
        let sums_len = rows * size[0] * l.columns(size);
        let lines_len = (2 * l.window.len()).max(size[0] * l.columns(size));
        let (mut words, mut elements) = (Scratch::new::<T>(source_len + sums_len)?, Scratch::new::<S>(lines_len)?);
        words.with(|words: &mut [T]| {
            elements.with(|elements: &mut [S]| {
                let (source, sums) = words.split_at_mut(source_len);
                for piece in pieces(self.plan.grid(), size) {
                    let columns = piece.size[0] * l.columns(piece.size);
                    let sums = &mut sums[..rows * columns];
                    self.multiply(task, &piece, source, elements, MatrixMut::from_slice_mut(sums, rows, columns));
                    self.write(task, &piece, sums, elements);
                }
            })
        })?
    }

    /// Sums the results of a piece.
    fn multiply(&self, task: &Task<S>, piece: &Piece, source: &mut [T], elements: &mut [S], mut sums: MatrixMut<T>) {
        let (l, columns, rows) = (&self.layout, self.layout.columns(piece.size), sums.rows());
        let all_rows = l.padded(self.call.rows());
        let mut weights = &self.weights[task.plane % self.call.sizes.groups * self.len..];
        for block in &l.blocks {
            self.fill(task.plane, piece, block, source, elements);
            let k = l.words(block);
            for d in 0..piece.size[0] {
                let start = l.window.position([d, 0, 0]);
                let of_group = |i: usize| l.taps.iter().map(move |tap| i * l.kernel.group * l.plane + tap + start);
                let starts: Vec<usize> = (0..block.len()).flat_map(of_group).collect();
                let b = Stepped { source, starts: &starts, step: l.plane };
                let c = sums.part([0..rows, d * columns..(d + 1) * columns]);
                stepped_tiles(&l.kernel, &weights[task.row * k..], &b, c, block.start > 0);
            }
            weights = &weights[k * all_rows..];
        }
    }

    /// Copies what a piece reads of a block's channels, two to a word. Channels that only fill a group are zeros.
    fn fill(&self, plane: usize, piece: &Piece, block: &Range<usize>, source: &mut [T], elements: &mut [S]) {
        let (l, len) = (&self.layout, self.plan.source_len());
        let x = &self.call.x[plane * self.plan.channels * len..][..self.plan.channels * len];
        let (first, second) = elements[..2 * l.window.len()].split_at_mut(l.window.len());
        let channels = (block.start * l.group..block.end * l.group).step_by(2);
        for (channel, out) in channels.zip(source.chunks_exact_mut(l.plane)) {
            let read = |channel: usize, out: &mut [S]| match x.chunks_exact(len).nth(channel) {
                Some(x) => l.window.fill(self.plan, piece, x, out),
                None => out.fill(S::zeroed()),
            };
            read(channel, first);
            read(channel + 1, second);
            pair(first, second, out);
        }
    }

    /// Writes sums, a bias added, to their places.
    fn write(&self, task: &mut Task<S>, piece: &Piece, sums: &mut [T], rounded: &mut [S]) {
        let (l, target, step) = (&self.layout, self.plan.target_len(), self.plan.axes[2].target_step);
        let columns = l.columns(piece.size);
        let bias = self.call.bias.map(|bias| &bias[task.plane % self.call.sizes.groups * self.call.rows() + task.row..]);
        let rounded = &mut rounded[..piece.size[0] * columns];
        for (row, y) in task.y.chunks_exact_mut(target).enumerate() {
            let sums = &mut sums[row * rounded.len()..][..rounded.len()];
            if let Some(bias) = bias {
                let bias = bias[row].widen();
                sums.iter_mut().for_each(|sum| *sum = sum.plus(bias));
            }
            S::narrow_all(sums, rounded);
            for (at, target) in lines(self.plan, piece) {
                let line = &rounded[at[0] * columns + at[1] * l.window.line()..][..piece.size[2]];
                if step == 1 {
                    copy(line, &mut y[target]);
                } else {
                    y[target].iter_mut().step_by(step).zip(line).for_each(|(y, &x)| *y = x);
                }
            }
        }
    }
}

crate::simd::dispatch!(pair<'a; S: Source<T>, T: Number>(first: &'a [S], second: &'a [S], out: &'a mut [T]) => pair_loop);

/// Each word is an element of either.
#[inline(always)]
fn pair_loop<S: Source<T>, T: Number>(first: &[S], second: &[S], out: &mut [T]) {
    out.iter_mut().zip(first.iter().zip(second)).for_each(|(out, (&x, &y))| *out = S::word([x, y]));
}
