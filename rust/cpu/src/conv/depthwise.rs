//! The gradient of the kernel of a depthwise convolution: every channel has a kernel of its own, so nothing is shared that a
//! matrix product could use. A task is one channel.

use ferrotorch_kernel::Result;

use super::geometry::Sizes;
use super::plan::Plan;
use super::source::{Piece, Window};
use crate::matmul::{Number, Scratch};
use crate::parallel::{self, Cost};

/// Interleaved parts of a sum: as many as hide the latency of its additions.
const LANES: usize = 32;

/// Does this way apply?
pub(super) fn applies(s: &Sizes) -> bool {
    s.c == 1 && s.o == 1
}

/// Computes `dw` from `dy` and `x`, all row-major.
pub(super) fn grad_weight<T: Number>(s: &Sizes, dy: &[T], x: &[T], dw: &mut [T]) -> Result<()> {
    let plan = Plan::forward(s);
    let window = Window::new(&plan, 1, plan.grid())?;
    let work = s.kernel_len() * s.output_len() * s.batch;
    let mut kernels: Vec<&mut [T]> = dw.chunks_exact_mut(s.kernel_len().max(1)).collect();
    parallel::try_for_each_chunk_mut(&mut kernels, Cost::multiply_adds(10 * work), |first, kernels| {
        Scratch::new::<T>(window.len())?.with(|copy: &mut [T]| {
            for (i, dw) in kernels.iter_mut().enumerate() {
                channel(s, &plan, &window, dy, x, first + i, copy, dw);
            }
        })
    })
}

/// The kernel of one channel.
fn channel<T: Number>(s: &Sizes, plan: &Plan, window: &Window, dy: &[T], x: &[T], channel: usize, copy: &mut [T], dw: &mut [T]) {
    let mut sums = vec![T::zeroed(); plan.taps()];
    let rows = window.rows(plan, 0..plan.depth());
    for image in 0..s.batch {
        let plane = image * s.groups + channel;
        window.fill(plan, &Piece::whole(plan), &x[plane * s.input_len()..][..s.input_len()], copy);
        let dy = &dy[plane * s.output_len()..][..s.output_len()];
        add_plane(plan.grid()[2], [window.line(), plan.grid()[1], window.position([1, 0, 0])], dy, copy, &rows, &mut sums);
    }
    dw.fill(T::zeroed());
    plan.tap_numbers(s.kernel).into_iter().zip(sums).for_each(|(tap, sum)| dw[tap] = sum);
}

crate::simd::dispatch!(
    add_plane<'a; T: Number>(width: usize, steps: [usize; 3], dy: &'a [T], copy: &'a [T], rows: &'a [usize], sums: &'a mut [T]) => add_loop
);

/// `sums[tap] += dy . x` for the lines of an image, of which the tap's start at `rows[tap]`, and then by the steps: the length of a
/// line, how many make a plane, and the length of a plane.
#[inline(always)]
fn add_loop<T: Number>(width: usize, steps: [usize; 3], dy: &[T], copy: &[T], rows: &[usize], sums: &mut [T]) {
    let ((threes, rest), (sums, last)) = (rows.as_chunks::<3>(), sums.as_chunks_mut::<3>());
    for (sums, &starts) in sums.iter_mut().zip(threes) {
        add_taps(width, steps, dy, copy, starts, sums);
    }
    for (sum, &start) in last.iter_mut().zip(rest) {
        add_taps(width, steps, dy, copy, [start], std::array::from_mut(sum));
    }
}

/// [`add_loop`] for some taps, which share what is read of `dy`.
#[inline(always)]
fn add_taps<T: Number, const N: usize>(
    width: usize,
    [line, lines, plane]: [usize; 3],
    dy: &[T],
    copy: &[T],
    starts: [usize; N],
    sums: &mut [T; N],
) {
    let mut lanes = [[T::zeroed(); LANES]; N];
    for (number, dy) in dy.chunks_exact((lines * width).max(1)).enumerate() {
        for (i, dy) in dy.chunks_exact(width).enumerate() {
            let first = number * plane + i * line;
            let mut x = [&copy[..width]; N];
            for n in 0..N {
                x[n] = &copy[starts[n] + first..][..width];
            }
            let (blocks, rest) = dy.as_chunks::<LANES>();
            for (k, a) in blocks.iter().enumerate() {
                for n in 0..N {
                    add(&mut lanes[n], a, &x[n].as_chunks().0[k]);
                }
            }
            if !rest.is_empty() {
                let a = filled(rest);
                for n in 0..N {
                    add(&mut lanes[n], &a, &filled(x[n].as_chunks::<LANES>().1));
                }
            }
        }
    }
    for n in 0..N {
        sums[n] = sums[n].plus(total(lanes[n]));
    }
}

#[inline(always)]
fn add<T: Number>(sums: &mut [T; LANES], a: &[T; LANES], b: &[T; LANES]) {
    for i in 0..LANES {
        sums[i] = a[i].mul_add(b[i], sums[i]);
    }
}

/// A block that starts with some elements.
#[inline(always)]
fn filled<T: Number>(elements: &[T]) -> [T; LANES] {
    let mut block = [T::zeroed(); LANES];
    block.iter_mut().zip(elements).for_each(|(b, &x)| *b = x);
    block
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
