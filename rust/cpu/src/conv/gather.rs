//! Convolution as a matrix product whose second factor is gathered while it is packed ("implicit GEMM").
//!
//! `y[m, p] = sum over (channel, tap) of w[m, channel, tap] * x[channel, p * step + offset(tap)]`, 0 outside of `x`.
//! The forward pass is of this form. So is the gradient of the input, once its positions are sorted by their remainder
//! modulo the stride: positions of one remainder (a phase) meet the same kernel elements, and neighbouring ones
//! meet neighbouring elements of the gradient. No element of the unfolded input is stored outside of the caches.

use std::ops::Range;

use ferrotorch_core::Result;
use parking_lot::Mutex;

use super::geometry::{Sizes, Triple, reach};
use crate::matmul::{Matrix, Number, Output, Panels, Scratch, pack, tiles};
use crate::parallel;

/// Depth of a block of the product.
const DEPTH: usize = 320;
/// Panels of positions that a task handles at a time.
const PANELS: usize = 8;
/// Multiplications that are worth waking another thread for.
const GRAIN: usize = 1 << 18;

/// A kernel element in one dimension: its number, and where it reads relative to `p * step`.
pub(super) type Tap = (usize, isize);

/// What is gathered, and where results go.
pub(super) struct Plan {
    /// Channels of `x` in a group.
    channels: usize,
    /// Spatial size of `x`.
    source: Triple,
    taps: [Vec<Tap>; 3],
    /// Step in `x` from a position to its neighbour.
    step: Triple,
    /// Grid of positions.
    grid: Triple,
    /// Spatial size of `y`.
    target: Triple,
    /// Position `p` is element `p * target_step + target_start` of `y`.
    target_step: Triple,
    target_start: Triple,
}

impl Plan {
    /// The forward pass.
    pub(super) fn forward(s: &Sizes) -> Plan {
        Plan {
            channels: s.c,
            source: s.input,
            taps: std::array::from_fn(|d| (0..s.kernel[d]).map(|k| (k, s.offset(d, k))).collect()),
            step: s.stride,
            grid: s.output,
            target: s.output,
            target_step: [1; 3],
            target_start: [0; 3],
        }
    }

    /// The gradient of the input, phase by phase.
    pub(super) fn grad_input(s: &Sizes) -> Vec<Plan> {
        let mut plans = Vec::new();
        for d in 0..s.stride[0].min(s.input[0]) {
            for h in 0..s.stride[1].min(s.input[1]) {
                for w in 0..s.stride[2].min(s.input[2]) {
                    plans.push(Plan::phase(s, [d, h, w]));
                }
            }
        }
        plans
    }

    /// Input positions `q * stride + start` meet kernel element `k` at output `q + (start - offset(k)) / stride`, where
    /// that division has no remainder.
    fn phase(s: &Sizes, start: Triple) -> Plan {
        let taps = std::array::from_fn(|d| {
            let stride = s.stride[d] as isize;
            let distance = |k| start[d] as isize - s.offset(d, k);
            (0..s.kernel[d]).filter(|&k| distance(k) % stride == 0).map(|k| (k, distance(k) / stride)).collect()
        });
        Plan {
            channels: s.o,
            source: s.output,
            taps,
            step: [1; 3],
            grid: std::array::from_fn(|d| (s.input[d] - start[d]).div_ceil(s.stride[d])),
            target: s.input,
            target_step: s.stride,
            target_start: start,
        }
    }

    /// Terms of a sum.
    fn depth(&self) -> usize {
        self.channels * self.taps.iter().map(Vec::len).product::<usize>()
    }

    /// Numbers of the kernel elements `(d, h, w)` in the order of the sum.
    fn tap_numbers(&self) -> impl Iterator<Item = Triple> + '_ {
        let [d, h, w] = &self.taps;
        d.iter().flat_map(move |&(d, _)| h.iter().flat_map(move |&(h, _)| w.iter().map(move |&(w, _)| [d, h, w])))
    }

    /// Are results written row-major without gaps?
    fn is_dense(&self) -> bool {
        self.target == self.grid
    }
}

/// The weights of one plan and group, in panels, block of depth by block of depth.
struct Weights<T> {
    rows: usize,
    blocks: Vec<(Range<usize>, Vec<T>)>,
}

impl<T: Number> Weights<T> {
    /// `weight(row, channel, tap)` is an element of the kernel.
    fn pack(plan: &Plan, rows: usize, weight: impl Fn(usize, usize, Triple) -> T) -> Weights<T> {
        let depth = plan.depth();
        let mut dense = Vec::with_capacity(rows * depth);
        for row in 0..rows {
            for channel in 0..plan.channels {
                dense.extend(plan.tap_numbers().map(|tap| weight(row, channel, tap)));
            }
        }
        let matrix = Matrix::from_slice(&dense, rows, depth);
        let kernel = T::kernel();
        let count = depth.div_ceil(DEPTH).max(1);
        let step = depth.div_ceil(count).max(1);
        let blocks = (0..depth).step_by(step).map(|start| {
            let range = start..depth.min(start + step);
            let mut panels = vec![T::zeroed(); rows.next_multiple_of(kernel.step) * range.len()];
            pack(matrix.block(0..rows, range.clone()), kernel.mr, |rows| kernel.padded_rows(rows), &mut panels);
            (range, panels)
        });
        Weights { rows, blocks: blocks.collect() }
    }
}

/// The arrays of a call, as slices.
pub(super) struct Call<'a, T> {
    pub(super) sizes: &'a Sizes,
    /// What is gathered: the input, or the gradient of the output.
    pub(super) x: &'a [T],
    pub(super) w: &'a [T],
    pub(super) bias: Option<&'a [T]>,
    /// Is this the gradient of the input?
    pub(super) transposed: bool,
}

/// Computes all plans of a call into `y`.
pub(super) fn run<T: Number>(call: &Call<T>, plans: &[Plan], y: &mut [T]) -> Result<()> {
    let s = call.sizes;
    let rows = if call.transposed { s.c } else { s.o };
    let images = s.batch * s.groups;
    let nr = T::kernel().nr;
    for plan in plans {
        let weights: Vec<Weights<T>> = (0..s.groups)
            .map(|group| Weights::pack(plan, rows, |row, channel, tap| element(call, group, row, channel, tap)))
            .collect();
        let positions: usize = plan.grid.iter().product();
        let pieces = positions.div_ceil(PANELS * nr).max(1);
        let target_len: usize = plan.target.iter().product();
        let output = Output::from_slice(y, images * rows, target_len);
        let failure = Mutex::new(None);
        let work = rows * plan.depth() * positions.min(PANELS * nr);
        parallel::for_each_chunk(images * pieces, GRAIN.div_ceil(work.max(1)), |range| {
            for task in range {
                let (image, piece) = (task / pieces, task % pieces);
                let range = piece * PANELS * nr..positions.min((piece + 1) * PANELS * nr);
                let y = output.block(image * rows..(image + 1) * rows, 0..target_len);
                // SAFETY: the images and pieces of plans do not overlap in the output, and each is one task's.
                if let Err(error) = unsafe { compute(call, plan, &weights[image % s.groups], image, range, y) } {
                    *failure.lock() = Some(error);
                }
            }
        });
        if let Some(error) = failure.into_inner() {
            return Err(error);
        }
    }
    Ok(())
}

/// The kernel element that joins row `row` of the result with channel `channel` of what is gathered.
fn element<T: Number>(call: &Call<T>, group: usize, row: usize, channel: usize, [d, h, w]: Triple) -> T {
    let s = call.sizes;
    let (o, c) = if call.transposed { (channel, row) } else { (row, channel) };
    let tap = (d * s.kernel[1] + h) * s.kernel[2] + w;
    call.w[((group * s.o + o) * s.c + c) * s.kernel_len() + tap]
}

/// Computes the positions `range` of one image and group.
///
/// # Safety
/// Nothing else reaches these positions of `y` meanwhile.
unsafe fn compute<T: Number>(
    call: &Call<T>,
    plan: &Plan,
    weights: &Weights<T>,
    image: usize,
    range: Range<usize>,
    y: Output<T>,
) -> Result<()> {
    let kernel = T::kernel();
    let plane: usize = plan.source.iter().product();
    let x = &call.x[image * plan.channels * plane..(image + 1) * plan.channels * plane];
    let group = image % call.sizes.groups;
    let bias = call.bias.map(|bias| &bias[group * weights.rows..(group + 1) * weights.rows]);
    let runs = runs(plan, &range, kernel.nr);
    let depth = weights.blocks.iter().map(|(range, _)| range.len()).max().unwrap_or(0);
    let width = range.len();
    let (panels, results) = (
        Scratch::new::<T>(width.next_multiple_of(kernel.nr) * depth)?,
        Scratch::new::<T>(if plan.is_dense() { 0 } else { weights.rows * width })?,
    );
    results.with(|results: &mut [T]| {
        let target =
            if plan.is_dense() { y.block(0..weights.rows, range) } else { Output::from_slice(results, weights.rows, width) };
        let starts = bias.is_some() || weights.blocks.is_empty();
        panels.with(|panels: &mut [T]| {
            // SAFETY: `results` is this task's; the positions of `y` are by the caller's promise.
            unsafe {
                if starts {
                    fill_rows(target, bias);
                }
                for (i, (depth, weights)) in weights.blocks.iter().enumerate() {
                    gather(plan, x, depth.clone(), &runs, kernel.nr, panels);
                    tiles(
                        &kernel,
                        depth.len(),
                        T::from_scalar(1i64.into()),
                        Panels::Packed(weights),
                        Panels::Packed(panels),
                        target,
                        starts || i > 0,
                    );
                }
            }
        })?;
        if !plan.is_dense() {
            // SAFETY: by the caller's promise.
            unsafe { scatter(plan, results, width, &runs, kernel.nr, y) };
        }
        Ok(())
    })?
}

/// # Safety
/// Nothing else reaches `y` meanwhile.
unsafe fn fill_rows<T: Number>(y: Output<T>, values: Option<&[T]>) {
    for row in 0..y.rows {
        // SAFETY: by the caller's promise.
        if let Some(out) = unsafe { y.row_slice(row) } {
            out.fill(values.map_or(T::zeroed(), |values| values[row]));
        }
    }
}

/// Positions next to each other along the last dimension that share a panel.
struct Run {
    panel: usize,
    /// First column in the panel.
    column: usize,
    len: usize,
    at: Triple,
}

/// Cuts a range of positions where a row of the grid or a panel ends.
fn runs(plan: &Plan, range: &Range<usize>, nr: usize) -> Vec<Run> {
    let [_, height, width] = plan.grid;
    let mut runs = Vec::new();
    let mut p = range.start;
    while p < range.end {
        let column = p - range.start;
        let w = p % width;
        let len = (width - w).min(range.end - p).min(nr - column % nr);
        runs.push(Run { panel: column / nr, column: column % nr, len, at: [p / width / height, p / width % height, w] });
        p += len;
    }
    runs
}

/// Packs the rows `depth` (channel by channel, tap by tap) of the gathered matrix.
fn gather<T: Number>(plan: &Plan, x: &[T], depth: Range<usize>, runs: &[Run], nr: usize, panels: &mut [T]) {
    let [taps_d, taps_h, taps_w] = &plan.taps;
    let per_channel = taps_d.len() * taps_h.len() * taps_w.len();
    let [source_d, source_h, source_w] = plan.source;
    let plane = source_d * source_h * source_w;
    let k = depth.len();
    if let Some(last) = runs.last().filter(|last| last.column + last.len < nr) {
        // The columns beyond the last position count for nothing, but must not be garbage that slows the arithmetic.
        panels[last.panel * k * nr..(last.panel + 1) * k * nr].fill(T::zeroed());
    }
    for (row, index) in depth.enumerate() {
        let (channel, tap) = (index / per_channel, index % per_channel);
        let (_, offset_d) = taps_d[tap / (taps_h.len() * taps_w.len())];
        let (_, offset_h) = taps_h[tap / taps_w.len() % taps_h.len()];
        let (_, offset_w) = taps_w[tap % taps_w.len()];
        let x = &x[channel * plane..(channel + 1) * plane];
        for run in runs {
            let start = (run.panel * k + row) * nr + run.column;
            let out = &mut panels[start..start + run.len];
            let d = (run.at[0] * plan.step[0]) as isize + offset_d;
            let h = (run.at[1] * plan.step[1]) as isize + offset_h;
            if d < 0 || h < 0 || d >= source_d as isize || h >= source_h as isize {
                out.fill(T::zeroed());
                continue;
            }
            let line = &x[(d as usize * source_h + h as usize) * source_w..][..source_w];
            gather_line(line, plan.step[2], (run.at[2] * plan.step[2]) as isize + offset_w, out);
        }
    }
}

/// `out[i] = line[i * step + offset]`, 0 outside.
#[inline(always)]
fn gather_line<T: Number>(line: &[T], step: usize, offset: isize, out: &mut [T]) {
    let inside = reach(out.len(), step, offset, line.len());
    out[..inside.start].fill(T::zeroed());
    out[inside.end..].fill(T::zeroed());
    if inside.is_empty() {
        return;
    }
    let first = (inside.start * step) as isize + offset;
    let line = &line[first as usize..];
    let out = &mut out[inside];
    if step == 1 {
        out.copy_from_slice(&line[..out.len()]);
    } else {
        out.iter_mut().zip(line.iter().step_by(step)).for_each(|(o, &x)| *o = x);
    }
}

/// Writes the results of a phase to its positions.
///
/// # Safety
/// Nothing else reaches these positions of `y` meanwhile.
unsafe fn scatter<T: Number>(plan: &Plan, results: &[T], width: usize, runs: &[Run], nr: usize, y: Output<T>) {
    let [_, target_h, target_w] = plan.target;
    let at = |d: usize, p: usize| p * plan.target_step[d] + plan.target_start[d];
    for (row, results) in results.chunks_exact(width).enumerate() {
        for run in runs {
            let line = (at(0, run.at[0]) * target_h + at(1, run.at[1])) * target_w;
            let results = &results[run.panel * nr + run.column..][..run.len];
            for (i, &x) in results.iter().enumerate() {
                // SAFETY: by the caller's promise.
                unsafe { y.set(row, line + at(2, run.at[2] + i), x) };
            }
        }
    }
}
