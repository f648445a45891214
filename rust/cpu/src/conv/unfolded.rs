//! Convolution as a matrix product with the unfolded input, packed into panels.
//!
//! A task computes some channels of some images. Columns of its product are positions, of several images where these are small;
//! rows of the second factor are unfolded a few at a time, and packed while they are in the first-level cache. That costs a copy
//! for each tap, which many channels make up for: the columns hold positions alone, where those of [`super::direct`] span the
//! padding between lines too. Elements become what the kernel multiplies while they are packed.

use std::ops::Range;

use ferrotorch_kernel::Result;

use super::direct::Call;
use super::packed::{pack_weights, padded, words};
use super::plan::Plan;
use super::source::Reader;
use super::unfold::{Unfolding, unfold};
use crate::matmul::{Kernel, Matrix, MatrixMut, Number, Panels, Scratch, Source, pack_at, tiles};
use crate::parallel::{self, Cost};

/// Positions that are computed together.
const COLUMNS: usize = 256;
/// Rows of the unfolded input that are copied at a time: those of whole groups of words.
const CHUNK: usize = 32;
/// Results whose weights share the second-level cache with the packed input.
const ROWS: usize = 192;
/// Multiplications that copying and packing an element takes the time of, as measured.
const COPY: usize = 16;
/// With fewer channels most of a tile would be padding.
const FEW: usize = 4;

/// Multiplications that beginning a plan takes the time of.
const START: usize = 1 << 18;

/// The plans that a call is best computed by, if this is the way for it: its own, or these without products with padding.
pub(super) fn plans<S: Source<T>, T: Number>(call: &Call<S>, plans: &[Plan]) -> Option<Vec<Plan>> {
    let kernel = S::kernel();
    if call.rows() < FEW || plans.is_empty() || plans.iter().any(|plan| plan.depth() == 0) {
        return None;
    }
    let padded = [0, 1, 2].map(|d| plans.iter().any(|plan| plan.axes[d].has_padding()));
    // Lines stay whole: copying pieces of them takes longer than the products with the padding at their ends.
    let ways = [[false, false, false], [false, true, false], [true, false, false], [true, true, false]].into_iter();
    let ways = ways
        .filter(|along| (0..3).all(|d| padded[d] || !along[d]))
        .map(|along| plans.iter().flat_map(|plan| plan.without_padding(along)).collect::<Vec<Plan>>());
    let possible = ways.filter(|plans| plans.iter().all(|plan| plan.depth() > 0));
    let effort = |plans: &[Plan]| plans.iter().map(|plan| effort(call, plan, kernel.lanes)).sum::<usize>();
    // More plans have more edges; less is not worth these.
    let count = plans.len();
    let weighed = |plans: &[Plan]| if plans.len() > count { effort(plans) / 16 * 17 } else { effort(plans) };
    let best = possible.map(|plans| (weighed(&plans), plans)).min_by_key(|(effort, _)| *effort);
    let narrow = S::DTYPE != T::DTYPE || kernel.terms > 1;
    let other = plans.iter().map(|plan| effort_in_place(call, plan, kernel.lanes)).sum::<usize>();
    best.filter(|(effort, _)| narrow || *effort < other).map(|(_, plans)| plans)
}

/// Multiplications that a plan takes the time of. It does not depend on the number of threads, for results do on the way.
fn effort<S>(call: &Call<S>, plan: &Plan, lanes: usize) -> usize {
    let (rows, columns) = (call.rows(), call.sizes.batch * plan.grid().iter().product::<usize>());
    let products = columns.next_multiple_of(lanes) * rows;
    call.sizes.groups * plan.depth() * (products + COPY * (columns + rows)) + START
}

/// The same of [`super::direct`].
fn effort_in_place<S>(call: &Call<S>, plan: &Plan, lanes: usize) -> usize {
    let ([d, h, w], images) = (plan.grid(), call.sizes.batch * call.sizes.groups);
    // Few images are cut into bands of lines there.
    let bands = 8usize.div_ceil(images.max(1)).min(h.max(1));
    let (lines, line) = (h.div_ceil(bands).max(1), w + plan.axes[2].span);
    let spanned = d * bands * ((lines - 1) * line + w).next_multiple_of(lanes);
    plan.depth() * call.rows() * (images * spanned + COPY * call.sizes.groups) + START
}

/// Computes a plan of a call into `y`.
pub(super) fn run<S: Source<T>, T: Number>(call: &Call<S>, plan: &Plan, y: &mut [S]) -> Result<()> {
    if plan.grid().contains(&0) || y.is_empty() {
        return Ok(());
    }
    let (s, kernel, rows) = (call.sizes, S::kernel(), call.rows());
    let blocks = depth_blocks(plan, &kernel);
    let len = padded(&kernel, rows) * blocks.iter().map(|block| words(&kernel, block)).sum::<usize>();
    Scratch::new::<T>(s.groups * len)?.with(|weights: &mut [T]| {
        for (group, panels) in weights.chunks_exact_mut(len).enumerate() {
            pack_weights(call, plan, &kernel, &blocks, group, panels)?;
        }
        let (images, height) = task_size(&kernel, call, plan);
        let job = Job { call, plan, kernel, blocks, weights, len, height };
        let mut tasks = job.tasks(y, images);
        let work = height * images * plan.depth() * plan.grid().iter().product::<usize>();
        parallel::try_for_each_chunk_mut(&mut tasks, Cost::multiply_adds(work / kernel.pace), |_, tasks| {
            tasks.iter_mut().try_for_each(|task| job.compute(task))
        })
    })?
}

/// Cuts the sum into equal blocks of whole words.
fn depth_blocks<T>(plan: &Plan, kernel: &Kernel<T>) -> Vec<Range<usize>> {
    let depth = plan.depth();
    let count = depth.div_ceil(kernel.depth * kernel.terms);
    let step = depth.div_ceil(count).next_multiple_of(kernel.terms * kernel.group);
    (0..depth).step_by(step).map(|start| start..depth.min(start + step)).collect()
}

/// Images and channels of a task: images that fill the columns, and all channels where there are tasks for all threads then.
fn task_size<S, T: Number>(kernel: &Kernel<T>, call: &Call<S>, plan: &Plan) -> (usize, usize) {
    let (s, rows, threads) = (call.sizes, call.rows(), parallel::num_threads());
    let images = (COLUMNS / plan.grid().iter().product::<usize>()).clamp(1, s.batch.max(1));
    let tasks = s.batch.div_ceil(images) * s.groups;
    let parts = if threads == 1 { 1 } else { (2 * threads).div_ceil(tasks) };
    (images, rows.div_ceil(parts).next_multiple_of(kernel.mr))
}

/// A plan with its weights.
struct Job<'a, S, T> {
    call: &'a Call<'a, S>,
    plan: &'a Plan,
    kernel: Kernel<T>,
    blocks: Vec<Range<usize>>,
    /// The packed weights, `len` of each group.
    weights: &'a [T],
    len: usize,
    /// Channels of a task.
    height: usize,
}

/// Some channels of the results of some images.
struct Task<'y, S> {
    group: usize,
    image: usize,
    row: usize,
    /// The channels of each image.
    results: Vec<&'y mut [S]>,
}

/// A line of positions: an image among a task's, and the first two coordinates.
type Line = [usize; 3];

impl<S: Source<T>, T: Number> Job<'_, S, T> {
    /// Shares out the results.
    fn tasks<'y>(&self, y: &'y mut [S], images: usize) -> Vec<Task<'y, S>> {
        let (s, rows, target) = (self.call.sizes, self.call.rows(), self.plan.target_len());
        let parts = rows.div_ceil(self.height);
        let task = |number: usize| Task {
            group: number / parts % s.groups,
            image: number / parts / s.groups * images,
            row: number % parts * self.height,
            results: Vec::with_capacity(images),
        };
        let mut tasks: Vec<Task<S>> = (0..s.batch.div_ceil(images) * s.groups * parts).map(task).collect();
        for (plane, y) in y.chunks_exact_mut(rows * target).enumerate() {
            let first = (plane / s.groups / images * s.groups + plane % s.groups) * parts;
            y.chunks_mut(self.height * target).zip(&mut tasks[first..]).for_each(|(y, task)| task.results.push(y));
        }
        tasks
    }

    fn compute(&self, task: &mut Task<S>) -> Result<()> {
        let [depth, height, width] = self.plan.grid();
        let lines: Vec<Line> = (0..task.results.len())
            .flat_map(|image| (0..depth).flat_map(move |d| (0..height).map(move |h| [image, d, h])))
            .collect();
        let step = width.div_ceil(width.div_ceil(COLUMNS));
        let count = (COLUMNS / step).min(lines.len());
        let rows = task.results[0].len() / self.plan.target_len();
        let deepest = self.blocks.iter().map(|block| words(&self.kernel, block)).max().unwrap_or(0);
        let columns = (count * step).next_multiple_of(self.kernel.nr);
        let (mut few, mut panels, mut sums) =
            (Scratch::new::<S>(CHUNK * columns)?, Scratch::new::<T>(deepest * columns)?, Scratch::new::<T>(rows * columns)?);
        few.with(|few: &mut [S]| {
            panels.with(|panels: &mut [T]| {
                sums.with(|sums: &mut [T]| {
                    for start in (0..width).step_by(step) {
                        let part = start..width.min(start + step);
                        for lines in lines.chunks(count) {
                            let sums = &mut sums[..rows * lines.len() * part.len()];
                            self.multiply(task, lines, &part, few, panels, sums);
                            self.write(task, lines, &part, sums);
                        }
                    }
                })
            })
        })??
    }

    /// Sums the results of a part of some lines.
    fn multiply(&self, task: &Task<S>, lines: &[Line], part: &Range<usize>, few: &mut [S], panels: &mut [T], sums: &mut [T]) {
        let (kernel, columns) = (&self.kernel, lines.len() * part.len());
        let unfolding = self.unfolding(task, lines, part);
        let (rows, padded) = (sums.len() / columns, padded(kernel, self.call.rows()));
        let mut weights = &self.weights[task.group * self.len..];
        for block in &self.blocks {
            let k = words(kernel, block);
            for start in block.clone().step_by(CHUNK) {
                let chunk = start..block.end.min(start + CHUNK);
                unfold(&unfolding, self.call.x, chunk.clone(), few, columns);
                let rows = Matrix::from_slice(few, chunk.len(), columns);
                let place = [k, (start - block.start) / kernel.terms];
                pack_at(kernel, rows.t(), kernel.nr, |columns| kernel.width(columns), place, panels);
            }
            for first in (0..rows).step_by(ROWS) {
                let rows = first..rows.min(first + ROWS);
                let a = Panels::Packed(&weights[(task.row + first) * k..]);
                let target = &mut sums[first * columns..];
                let c = MatrixMut::from_slice_mut(target, rows.len(), columns);
                tiles(kernel, k, T::UNIT, a, Panels::Packed(panels), c, block.start > 0);
            }
            weights = &weights[k * padded..];
        }
    }

    /// What the taps read at a part of some lines.
    fn unfolding(&self, task: &Task<S>, lines: &[Line], part: &Range<usize>) -> Unfolding {
        let (s, plan) = (self.call.sizes, self.plan);
        let [d_axis, h_axis, w_axis] = &plan.axes;
        let start = |kd: usize, kh: usize, &[image, d, h]: &Line| {
            let plane = (task.image + image) * s.groups + task.group;
            let (d, h) = (d_axis.place(kd, d)?, h_axis.place(kh, h)?);
            Some(((plane * plan.channels * d_axis.source + d) * h_axis.source + h) * w_axis.source)
        };
        let taps = (0..d_axis.taps.len()).flat_map(|kd| (0..h_axis.taps.len()).map(move |kh| (kd, kh)));
        let first = |kw: usize| (part.start * w_axis.step) as isize + w_axis.offset(kw);
        let reader = |kw: usize| Reader::new(part.len(), w_axis.step, first(kw), w_axis.source);
        Unfolding {
            starts: taps.flat_map(|(kd, kh)| lines.iter().map(move |line| start(kd, kh, line))).collect(),
            readers: (0..w_axis.taps.len()).map(reader).collect(),
            taps: plan.taps(),
            part: part.len(),
            channel: plan.source_len(),
            line: w_axis.source,
        }
    }

    /// Writes sums, a bias added, to their places.
    fn write(&self, task: &mut Task<S>, lines: &[Line], part: &Range<usize>, sums: &mut [T]) {
        let [d_axis, h_axis, w_axis] = &self.plan.axes;
        let (target, columns, step) = (self.plan.target_len(), lines.len() * part.len(), w_axis.target_step);
        let bias = self.call.bias.map(|bias| &bias[task.group * self.call.rows() + task.row..]);
        for (row, sums) in sums.chunks_exact_mut(columns).enumerate() {
            if let Some(bias) = bias {
                let bias = bias[row].widen();
                sums.iter_mut().for_each(|sum| *sum = sum.plus(bias));
            }
            for (&[image, d, h], sums) in lines.iter().zip(sums.chunks_exact(part.len())) {
                let line = d_axis.target_of(d) * h_axis.target + h_axis.target_of(h);
                let out = &mut task.results[image][row * target + line * w_axis.target + w_axis.target_of(part.start)..];
                if step == 1 {
                    S::narrow_all(sums, &mut out[..sums.len()]);
                } else {
                    out.iter_mut().step_by(step).zip(sums).for_each(|(out, &sum)| *out = S::narrow(sum));
                }
            }
        }
    }
}
