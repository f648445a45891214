//! Softmax of many short rows that follow one another in memory: the exponentials of a block of rows are one loop.

use ferrotorch_kernel::{Array, Result};

use crate::chunks;
use crate::isa::Isa;
use crate::lines::{Lines, LinesMut, fill_widened, try_for_each_line, widened, with_rooms};
use crate::math::Float;
use crate::matmul::{Number, Source};
use crate::parallel::Cost;
use crate::simd::{self, SimdLoop};

/// Elements of a block of rows.
const BLOCK: usize = 1024;

/// Do rows along a dimension gain by going together?
pub(super) fn applies(dim: usize, arrays: [&Array; 2]) -> bool {
    let length = arrays[0].shape().get(dim).copied().unwrap_or(1);
    let are_rows = arrays.iter().all(|array| array.layout.is_contiguous() && dim + 1 == array.layout.ndim());
    are_rows && (1..chunks::LONG).contains(&length) && arrays[0].layout.numel() > length
}

/// The softmax of contiguous rows, or its logarithm.
pub(super) fn forward<S: Source<T>, T: Float + Number>(log: bool, input: &Array, out: &Array) -> Result<()> {
    let (length, n) = (input.shape()[input.layout.ndim() - 1], input.layout.numel());
    let block = BLOCK / length * length;
    let whole = n / block * block;
    for (start, count, size) in [(0, whole / block, block), (whole, (n - whole).min(1), n - whole)] {
        let blocks = |array: &Array| {
            let offset = array.layout.offset() + start;
            array.with_layout(ferrotorch_kernel::Layout::strided(&[count, size], &[size as isize, 1], offset))
        };
        if count > 0 {
            of_blocks::<S, T>(log, length, &blocks(input), &blocks(out))?;
        }
    }
    Ok(())
}

fn of_blocks<S: Source<T>, T: Float + Number>(log: bool, length: usize, input: &Array, out: &Array) -> Result<()> {
    let (blocks, out) = (Lines::<S>::new(input, 1)?, LinesMut::<S>::new(out, 1)?);
    try_for_each_line(out, Cost::functions(blocks.length()), |block, out| {
        with_rooms(|[copy, own, exponentials]| {
            let x = widened::<S, T>(blocks.line(block), copy)?;
            let exponentials = exponentials.of(if log { x.len() } else { 0 })?;
            fill_widened(out, own, |out| {
                if log {
                    simd::run(LogForward { x, out, exponentials, length });
                } else {
                    simd::run(Forward { x, out, length });
                }
            })
        })
    })
}

struct Forward<'a, T> {
    x: &'a [T],
    out: &'a mut [T],
    length: usize,
}

impl<T: Float> SimdLoop for Forward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self) {
        let Forward { x, out, length } = self;
        less_largest(x, out, length);
        out.iter_mut().for_each(|out| *out = out.exp_or_zero::<I>());
        for row in out.chunks_exact_mut(length) {
            let scale = T::ONE / sum(row);
            row.iter_mut().for_each(|out| *out = out.share_or_zero(scale));
        }
    }
}

struct LogForward<'a, T> {
    x: &'a [T],
    out: &'a mut [T],
    exponentials: &'a mut [T],
    length: usize,
}

impl<T: Float> SimdLoop for LogForward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self) {
        let LogForward { x, out, exponentials, length } = self;
        less_largest(x, out, length);
        exponentials.iter_mut().zip(&*out).for_each(|(e, &x)| *e = x.exp::<I>());
        for (row, exponentials) in out.chunks_exact_mut(length).zip(exponentials.chunks_exact(length)) {
            let shift = sum(exponentials).log::<I>();
            row.iter_mut().for_each(|out| *out = *out - shift);
        }
    }
}

/// Each row, less its largest element.
#[inline(always)]
fn less_largest<T: Float>(x: &[T], out: &mut [T], length: usize) {
    for (x, out) in x.chunks_exact(length).zip(out.chunks_exact_mut(length)) {
        let largest = chunks::largest_short(x, T::ZERO - T::INFINITY);
        out.iter_mut().zip(x).for_each(|(out, &x)| *out = x - largest);
    }
}

#[inline(always)]
fn sum<T: Float>(row: &[T]) -> T {
    chunks::fold_short(row, T::ZERO, |acc, x| acc + x, |a, b| a + b)
}
