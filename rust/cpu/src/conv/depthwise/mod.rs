//! Depthwise convolution: every channel has a kernel of its own, so nothing is shared that a matrix product could use. A task is some
//! channels of images.
//!
//! What positions read of a channel is copied once, padding included ([`Window`]): so a tap is a constant distance for all positions,
//! also from the end of one line to the beginning of the next. Sums go over the copy as if it were one line, however short the lines are;
//! what they find between the lines is left out.

mod weight;

use std::ops::Range;

use ferrotorch_kernel::Result;

use super::direct::Call;
use super::geometry::{Sizes, Triple};
use super::plan::Plan;
use super::source::{Piece, Window, copy};
use crate::isa::Isa;
use crate::matmul::{Number, Scratch};
use crate::parallel::{self, Cost};
use crate::simd::{self, SimdLoop};

pub(super) use weight::grad_weight;

/// Neighbours that are summed side by side: as many as hide the latency of an addition.
const LANES: usize = 32;
/// So many channels of images are tasks enough.
const PLANES: usize = 16;
/// Bytes of a copy: it stays in the first-level cache with what is summed of it.
const BYTES: usize = 1 << 14;

/// Does this way apply?
pub(super) fn applies(s: &Sizes) -> bool {
    s.c == 1 && s.o == 1
}

/// Are there enough channels of images for the threads, and more?
pub(super) fn is_quicker(s: &Sizes) -> bool {
    applies(s) && s.batch * s.groups >= PLANES
}

/// Computes images, or their gradients, plan by plan.
pub(super) fn images<T: Number>(call: &Call<T>, plans: &[Plan], y: &mut [T]) -> Result<()> {
    let bands = plans.iter().filter(|plan| !plan.grid().contains(&0)).map(Bands::new).collect::<Result<Vec<Bands>>>()?;
    let Some(first) = bands.first() else { return Ok(()) };
    let (source, target) = (first.plan.source_len(), first.plan.target_len());
    let work = bands.iter().map(|bands| bands.plan.taps() * bands.window.len()).sum::<usize>();
    let room = bands.iter().map(Bands::room).max().unwrap_or(0);
    let mut planes: Vec<&mut [T]> = y.chunks_exact_mut(target).collect();
    parallel::try_for_each_chunk_mut(&mut planes, Cost::multiply_adds(work), |first, planes| {
        Scratch::new::<T>(2 * room)?.with(|scratch: &mut [T]| {
            let (copy, sums) = scratch.split_at_mut(room);
            copy.fill(T::zeroed());
            for (i, y) in planes.iter_mut().enumerate() {
                let (number, s) = (first + i, call.sizes);
                let channel = number % s.groups;
                let w = &call.w[channel * s.kernel_len()..][..s.kernel_len()];
                let bias = call.bias.map_or(T::zeroed(), |bias| bias[channel]);
                let x = &call.x[number * source..][..source];
                bands.iter().for_each(|bands| bands.compute(s.kernel, x, w, bias, [&mut *copy, &mut *sums], y));
            }
        })
    })
}

/// The positions of a plan, some lines at a time.
struct Bands<'a> {
    plan: &'a Plan,
    /// Of as many lines as fit into the cache.
    size: Triple,
    window: Window,
    /// Where the taps start in the copy.
    starts: Vec<usize>,
}

impl<'a> Bands<'a> {
    fn new(plan: &'a Plan) -> Result<Self> {
        let [_, lines, width] = plan.grid();
        let line = Window::new(plan, 1, [1, 1, width])?.len() / (1 + plan.axes[1].span);
        let size = [1, (BYTES / size_of::<f32>() / line.max(1)).clamp(1, lines), width];
        let window = Window::new(plan, 1, size)?;
        Ok(Bands { plan, size, window, starts: window.rows(plan, 0..plan.taps()) })
    }

    /// Elements of a copy, of which the last lanes may lie behind what it holds.
    fn room(&self) -> usize {
        self.window.len() + 2 * LANES
    }

    /// Computes a channel.
    fn compute<T: Number>(&self, kernel: Triple, x: &[T], w: &[T], bias: T, [copy, sums]: [&mut [T]; 2], y: &mut [T]) {
        let weights: Vec<T> = self.plan.tap_numbers(kernel).into_iter().map(|tap| w[tap]).collect();
        let [planes, lines, _] = self.plan.grid();
        for plane in 0..planes {
            for first in (0..lines).step_by(self.size[1]) {
                let piece = Piece { start: [plane, first, 0], size: self.size };
                self.window.fill(self.plan, &piece, x, &mut copy[..self.window.len()]);
                let count = self.size[1].min(lines - first);
                let length = ((count - 1) * self.window.line() + self.size[2]).next_multiple_of(LANES);
                simd::run(SumTaps { weights: &weights, starts: &self.starts, bias, copy, sums: &mut sums[..length] });
                self.write(plane, first..first + count, sums, y);
            }
        }
    }

    /// Writes the sums of lines where they belong.
    fn write<T: Number>(&self, plane: usize, lines: Range<usize>, sums: &[T], y: &mut [T]) {
        let [d, h, w] = &self.plan.axes;
        for (line, sums) in lines.zip(sums.chunks(self.window.line())) {
            let start = (d.target_of(plane) * h.target + h.target_of(line)) * w.target + w.target_start;
            let sums = &sums[..self.size[2]];
            match w.target_step {
                1 => copy(sums, &mut y[start..start + sums.len()]),
                step => y[start..].iter_mut().step_by(step).zip(sums).for_each(|(y, &sum)| *y = sum),
            }
        }
    }
}

/// `sums[i] = bias + sum over taps of weights[tap] * copy[starts[tap] + i]`
struct SumTaps<'a, T> {
    weights: &'a [T],
    starts: &'a [usize],
    bias: T,
    copy: &'a [T],
    sums: &'a mut [T],
}

impl<T: Number> SimdLoop for SumTaps<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self) {
        for (block, out) in self.sums.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
            let mut lanes = [self.bias; LANES];
            for (&weight, &start) in self.weights.iter().zip(self.starts) {
                let Some(x) = self.copy[start + block * LANES..].first_chunk::<LANES>() else { return };
                for i in 0..LANES {
                    lanes[i] = weight.fused::<I>(x[i], lanes[i]);
                }
            }
            *out = lanes;
        }
    }
}
