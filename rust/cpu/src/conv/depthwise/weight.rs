//! The gradient of the kernel of a depthwise convolution. A task is one channel.

use ferrotorch_kernel::Result;

use super::LANES;
use crate::conv::geometry::Sizes;
use crate::conv::plan::Plan;
use crate::conv::source::{Piece, Window};
use crate::isa::Isa;
use crate::matmul::{Number, Scratch};
use crate::parallel::{self, Cost};
use crate::simd::{self, SimdLoop};

/// Computes `dw` from `dy` and `x`, all row-major.
pub(in crate::conv) fn grad_weight<T: Number>(s: &Sizes, dy: &[T], x: &[T], dw: &mut [T]) -> Result<()> {
    let plan = Plan::forward(s);
    let window = Window::new(&plan, 1, plan.grid())?;
    let channel = Channel { s, plan: &plan, window: &window, starts: window.rows(&plan, 0..plan.taps()) };
    let work = s.kernel_len() * s.output_len() * s.batch;
    let mut kernels: Vec<&mut [T]> = dw.chunks_exact_mut(s.kernel_len().max(1)).collect();
    parallel::try_for_each_chunk_mut(&mut kernels, Cost::multiply_adds(2 * work), |first, kernels| {
        let room = window.len() + 2 * LANES;
        Scratch::new::<T>(2 * room)?.with(|scratch: &mut [T]| {
            scratch.fill(T::zeroed());
            let (copy, spread) = scratch.split_at_mut(room);
            for (i, dw) in kernels.iter_mut().enumerate() {
                channel.compute(first + i, dy, x, [&mut *copy, &mut *spread], dw);
            }
        })
    })
}

/// What the channels have in common.
struct Channel<'a> {
    s: &'a Sizes,
    plan: &'a Plan,
    window: &'a Window,
    /// Where the taps start in the copy.
    starts: Vec<usize>,
}

impl Channel<'_> {
    /// The kernel of a channel.
    fn compute<T: Number>(&self, channel: usize, dy: &[T], x: &[T], [copy, spread]: [&mut [T]; 2], dw: &mut [T]) {
        let (s, plan) = (self.s, self.plan);
        let mut sums = vec![T::zeroed(); plan.taps()];
        for image in 0..s.batch {
            let plane = image * s.groups + channel;
            let x = &x[plane * s.input_len()..][..s.input_len()];
            self.window.fill(plan, &Piece::whole(plan), x, &mut copy[..self.window.len()]);
            let dy = &dy[plane * s.output_len()..][..s.output_len()];
            if simd::run(AreFinite { x }) {
                let length = self.spread(dy, spread);
                simd::run(AddDots { dy: &spread[..length], copy, starts: &self.starts, sums: &mut sums });
            } else {
                self.add_by_lines(dy, copy, &mut sums);
            }
        }
        dw.fill(T::zeroed());
        plan.tap_numbers(s.kernel).into_iter().zip(sums).for_each(|(tap, sum)| dw[tap] = sum);
    }

    /// Where the lines of the output start in the copy, for a tap without shift.
    fn lines(&self) -> impl Iterator<Item = usize> {
        let [planes, lines, _] = self.plan.grid();
        (0..planes).flat_map(move |plane| (0..lines).map(move |line| self.window.position([plane, line, 0])))
    }

    /// Copies lines to where they lie as far apart as those of the window, and says how many elements that takes. What lies between them
    /// stays zero.
    fn spread<T: Number>(&self, dy: &[T], out: &mut [T]) -> usize {
        let (width, mut end) = (self.plan.grid()[2], 0);
        for (line, start) in dy.chunks_exact(width.max(1)).zip(self.lines()) {
            end = start + width;
            crate::conv::source::copy(line, &mut out[start..end]);
        }
        end.next_multiple_of(LANES)
    }

    /// Zeros between lines would make NaN of infinities.
    fn add_by_lines<T: Number>(&self, dy: &[T], copy: &[T], sums: &mut [T]) {
        let width = self.plan.grid()[2].max(1);
        for (sum, tap) in sums.iter_mut().zip(&self.starts) {
            for (dy, start) in dy.chunks_exact(width).zip(self.lines()) {
                let both = dy.iter().zip(&copy[tap + start..][..width]);
                *sum = both.fold(*sum, |sum, (dy, x)| dy.mul_add(*x, sum));
            }
        }
    }
}

/// Are all elements finite?
struct AreFinite<'a, T> {
    x: &'a [T],
}

impl<T: Number> SimdLoop for AreFinite<'_, T> {
    type Output = bool;

    #[inline(always)]
    fn run<I: Isa>(self) -> bool {
        self.x.iter().fold(true, |all, &x| all & (x.times(T::zeroed()) == T::zeroed()))
    }
}

/// `sums[tap] += dy . copy[starts[tap]..]`
struct AddDots<'a, T> {
    dy: &'a [T],
    copy: &'a [T],
    starts: &'a [usize],
    sums: &'a mut [T],
}

impl<T: Number> SimdLoop for AddDots<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self) {
        let ((threes, rest), (sums, last)) = (self.starts.as_chunks::<3>(), self.sums.as_chunks_mut::<3>());
        for (sums, &starts) in sums.iter_mut().zip(threes) {
            add_dots::<T, I, 3>(self.dy, self.copy, starts, sums);
        }
        for (sum, &start) in last.iter_mut().zip(rest) {
            add_dots::<T, I, 1>(self.dy, self.copy, [start], std::array::from_mut(sum));
        }
    }
}

/// [`AddDots`] for some taps, which share what is read of `dy`.
#[inline(always)]
fn add_dots<T: Number, I: Isa, const N: usize>(dy: &[T], copy: &[T], starts: [usize; N], sums: &mut [T; N]) {
    let mut lanes = [[T::zeroed(); LANES]; N];
    let x: [&[[T; LANES]]; N] = starts.map(|start| copy[start..].as_chunks().0);
    for (k, dy) in dy.as_chunks::<LANES>().0.iter().enumerate() {
        for n in 0..N {
            let x = &x[n][k];
            for i in 0..LANES {
                lanes[n][i] = dy[i].fused::<I>(x[i], lanes[n][i]);
            }
        }
    }
    for n in 0..N {
        sums[n] = sums[n].plus(total(lanes[n]));
    }
}

#[inline(always)]
fn total<T: Number>(mut sums: [T; LANES]) -> T {
    let mut n = LANES;
    while n > 1 {
        n /= 2;
        for i in 0..n {
            sums[i] = sums[i].plus(sums[i + n]);
        }
    }
    sums[0]
}
