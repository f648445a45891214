//! Depthwise convolution: every channel has a kernel of its own, so nothing is shared that a matrix product could
//! use. Rows are combined directly; a task is one plane, or for the gradient of the kernel one channel.

use super::geometry::{Sizes, reach};
use crate::matmul::Number;
use crate::parallel;

/// Multiplications that are worth waking another thread for.
const GRAIN: usize = 1 << 17;

/// Does this way apply?
pub(super) fn applies(s: &Sizes) -> bool {
    s.c == 1 && s.o == 1
}

/// A pair of rows that a kernel element joins, in one dimension after the other.
fn for_each_pair(s: &Sizes, d: usize, mut visit: impl FnMut(usize, usize, usize)) {
    for k in 0..s.kernel[d] {
        let offset = s.offset(d, k);
        for out in reach(s.output[d], s.stride[d], offset, s.input[d]) {
            visit(k, out, (out * s.stride[d]).wrapping_add_signed(offset));
        }
    }
}

/// Calls `visit(tap, output row, input row)` for every row of the kernel and every pair of rows it joins.
fn for_each_row_pair(s: &Sizes, mut visit: impl FnMut(usize, usize, usize)) {
    for_each_pair(s, 0, |kd, od, id| {
        for_each_pair(s, 1, |kh, oh, ih| {
            visit(
                (kd * s.kernel[1] + kh) * s.kernel[2],
                (od * s.output[1] + oh) * s.output[2],
                (id * s.input[1] + ih) * s.input[2],
            );
        });
    });
}

/// `y = x * w + bias`.
pub(super) fn forward<T: Number>(s: &Sizes, x: &[T], w: &[T], bias: Option<&[T]>, y: &mut [T]) {
    planes(s, y, s.output_len(), |plane, y| {
        let channel = plane % s.groups;
        y.fill(bias.map_or(T::zeroed(), |bias| bias[channel]));
        forward_plane(s, &x[plane * s.input_len()..][..s.input_len()], &w[channel * s.kernel_len()..][..s.kernel_len()], y);
    });
}

/// The gradient of the input, plus a bias where there is one.
pub(super) fn grad_input<T: Number>(s: &Sizes, dy: &[T], w: &[T], bias: Option<&[T]>, dx: &mut [T]) {
    planes(s, dx, s.input_len(), |plane, dx| {
        let channel = plane % s.groups;
        dx.fill(bias.map_or(T::zeroed(), |bias| bias[channel]));
        grad_input_plane(
            s,
            &dy[plane * s.output_len()..][..s.output_len()],
            &w[channel * s.kernel_len()..][..s.kernel_len()],
            dx,
        );
    });
}

/// The gradient of the kernel.
pub(super) fn grad_weight<T: Number>(s: &Sizes, dy: &[T], x: &[T], dw: &mut [T]) {
    let len = s.kernel_len();
    let work = len * s.output_len() * s.batch;
    parallel_chunks(dw, len, work, |channel, dw| {
        dw.fill(T::zeroed());
        for image in 0..s.batch {
            let plane = image * s.groups + channel;
            grad_weight_plane(
                s,
                &dy[plane * s.output_len()..][..s.output_len()],
                &x[plane * s.input_len()..][..s.input_len()],
                dw,
            );
        }
    });
}

fn planes<T: Number>(s: &Sizes, out: &mut [T], len: usize, work: impl Fn(usize, &mut [T]) + Sync) {
    parallel_chunks(out, len, s.kernel_len() * s.output_len(), work);
}

/// Calls `work(i, chunk)` for every chunk of `len` elements, each of which takes `cost` multiplications.
fn parallel_chunks<T: Number>(out: &mut [T], len: usize, cost: usize, work: impl Fn(usize, &mut [T]) + Sync) {
    if len == 0 {
        return;
    }
    let mut chunks: Vec<&mut [T]> = out.chunks_exact_mut(len).collect();
    parallel::for_each_chunk_mut(&mut chunks, GRAIN.div_ceil(cost.max(1)), |first, chunks| {
        for (i, chunk) in chunks.iter_mut().enumerate() {
            work(first + i, chunk);
        }
    });
}

crate::simd::dispatch!(forward_plane<'a; T: Number>(s: &'a Sizes, x: &'a [T], w: &'a [T], y: &'a mut [T]) => forward_loop);
crate::simd::dispatch!(
    grad_input_plane<'a; T: Number>(s: &'a Sizes, dy: &'a [T], w: &'a [T], dx: &'a mut [T]) => grad_input_loop
);
crate::simd::dispatch!(
    grad_weight_plane<'a; T: Number>(s: &'a Sizes, dy: &'a [T], x: &'a [T], dw: &'a mut [T]) => grad_weight_loop
);

#[inline(always)]
fn forward_loop<T: Number>(s: &Sizes, x: &[T], w: &[T], y: &mut [T]) {
    for_each_row_pair(s, |tap, out, input| {
        let (y, x) = (&mut y[out..out + s.output[2]], &x[input..input + s.input[2]]);
        for k in 0..s.kernel[2] {
            let Some((inside, x)) = joined(s, k, x) else { continue };
            let factor = w[tap + k];
            if s.stride[2] == 1 {
                y[inside].iter_mut().zip(x).for_each(|(y, &x)| *y = x.mul_add(factor, *y));
            } else {
                y[inside].iter_mut().zip(x.iter().step_by(s.stride[2])).for_each(|(y, &x)| *y = x.mul_add(factor, *y));
            }
        }
    });
}

#[inline(always)]
fn grad_input_loop<T: Number>(s: &Sizes, dy: &[T], w: &[T], dx: &mut [T]) {
    for_each_row_pair(s, |tap, out, input| {
        let (dy, dx) = (&dy[out..out + s.output[2]], &mut dx[input..input + s.input[2]]);
        for k in 0..s.kernel[2] {
            let offset = s.offset(2, k);
            let inside = reach(s.output[2], s.stride[2], offset, s.input[2]);
            if inside.is_empty() {
                continue;
            }
            let dx = &mut dx[(inside.start * s.stride[2]).wrapping_add_signed(offset)..];
            let factor = w[tap + k];
            if s.stride[2] == 1 {
                dx.iter_mut().zip(&dy[inside]).for_each(|(dx, &dy)| *dx = dy.mul_add(factor, *dx));
            } else {
                dx.iter_mut().step_by(s.stride[2]).zip(&dy[inside]).for_each(|(dx, &dy)| *dx = dy.mul_add(factor, *dx));
            }
        }
    });
}

#[inline(always)]
fn grad_weight_loop<T: Number>(s: &Sizes, dy: &[T], x: &[T], dw: &mut [T]) {
    for_each_row_pair(s, |tap, out, input| {
        let (dy, x) = (&dy[out..out + s.output[2]], &x[input..input + s.input[2]]);
        for k in 0..s.kernel[2] {
            let Some((inside, x)) = joined(s, k, x) else { continue };
            dw[tap + k] = dw[tap + k].plus(dot(&dy[inside], x, s.stride[2]));
        }
    });
}

/// The outputs of a row that kernel element `k` serves, and the part of the input row that starts with what it reads
/// for the first of them.
#[inline(always)]
fn joined<'a, T>(s: &Sizes, k: usize, x: &'a [T]) -> Option<(std::ops::Range<usize>, &'a [T])> {
    let offset = s.offset(2, k);
    let inside = reach(s.output[2], s.stride[2], offset, s.input[2]);
    let first = (inside.start * s.stride[2]).wrapping_add_signed(offset);
    (!inside.is_empty()).then(|| (inside, &x[first..]))
}

/// Sum of `a[i] * b[i * step]`, in sixteen interleaved parts.
#[inline(always)]
fn dot<T: Number>(a: &[T], b: &[T], step: usize) -> T {
    const LANES: usize = 16;
    let mut sums = [T::zeroed(); LANES];
    if step == 1 {
        let (a_blocks, a_rest) = a.as_chunks::<LANES>();
        let (b_blocks, b_rest) = b[..a.len()].as_chunks::<LANES>();
        for (a, b) in a_blocks.iter().zip(b_blocks) {
            for i in 0..LANES {
                sums[i] = a[i].mul_add(b[i], sums[i]);
            }
        }
        for (i, (&a, &b)) in a_rest.iter().zip(b_rest).enumerate() {
            sums[i] = a.mul_add(b, sums[i]);
        }
    } else {
        for (i, (&a, &b)) in a.iter().zip(b.iter().step_by(step)).enumerate() {
            sums[i % LANES] = a.mul_add(b, sums[i % LANES]);
        }
    }
    let mut n = LANES;
    while n > 1 {
        n /= 2;
        for i in 0..n {
            sums[i] = sums[i].plus(sums[i + n]);
        }
    }
    sums[0]
}
