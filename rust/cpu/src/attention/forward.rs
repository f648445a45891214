//! The forward pass: a task is a block of queries.

use std::ops::Range;

use ferrotorch_kernel::{Array, Result};

use super::{Call, KEYS, QUERIES, Real, blocks};
use crate::isa::Isa;
use crate::math::Float;
use crate::matmul::{Matrix, Output, Scratch, product};
use crate::parallel::{self, Cost};
use crate::simd::{self, SimdLoop};

pub(super) fn run<T: Real>(call: &Call, out: &Array, sums: &Array) -> Result<()> {
    let count = call.queries.div_ceil(QUERIES);
    let work = call.work() / count.max(1);
    parallel::try_for_each_chunk(call.batch * count, Cost::multiply_adds(2 * work), |mut range| {
        range.try_for_each(|task| {
            let (batch, block) = (task / count, task % count);
            let rows = block * QUERIES..call.queries.min((block + 1) * QUERIES);
            // SAFETY: each block of queries is one task's.
            unsafe { block_of_queries::<T>(call, batch, rows, out, sums) }
        })
    })
}

/// # Safety
/// Nothing else reaches these rows of `out` and `sums` meanwhile.
unsafe fn block_of_queries<T: Real>(call: &Call, batch: usize, rows: Range<usize>, out: &Array, sums: &Array) -> Result<()> {
    let q = Call::rows::<T>(call.q, batch, &rows)?;
    let result = Output::<T>::of(out, batch)?;
    let result = result.block(rows.clone(), 0..result.cols);
    let sums = Output::<T>::of(sums, batch)?.block(0..1, rows.clone());
    let (mut scores, mut state) = (Scratch::new::<T>(rows.len() * KEYS.min(call.keys))?, Scratch::new::<T>(2 * rows.len())?);
    state.with(|state: &mut [T]| {
        let (largest, totals) = state.split_at_mut(rows.len());
        largest.fill(T::ZERO - T::INFINITY);
        totals.fill(T::ZERO);
        // SAFETY: by the caller's promise.
        unsafe { each_row(result, |_, out| out.fill(T::ZERO)) };
        for keys in blocks(call.visible(rows.end - 1), KEYS) {
            scores.with(|scores: &mut [T]| -> Result<()> {
                let scores = &mut scores[..rows.len() * keys.len()];
                let k = Call::rows::<T>(call.k, batch, &keys)?;
                let target = Output::from_slice(scores, rows.len(), keys.len());
                // SAFETY: the scores are this task's; the result by the caller's promise.
                unsafe {
                    product(T::of(call.scale), q, k.t(), target, false)?;
                    each_row(result, |i, out| {
                        let scores = &mut scores[i * keys.len()..(i + 1) * keys.len()];
                        let visible = call.visible(rows.start + i).saturating_sub(keys.start).min(keys.len());
                        simd::run(Update { scores, visible, out, largest: &mut largest[i], total: &mut totals[i] });
                    });
                    let weights = Matrix::from_slice(scores, rows.len(), keys.len());
                    product(T::ONE, weights, Call::rows::<T>(call.v, batch, &keys)?, result, true)
                }
            })??;
        }
        // SAFETY: by the caller's promise.
        unsafe {
            each_row(result, |i, out| out.iter_mut().for_each(|x| *x = *x / totals[i]));
            if let Some(sums) = sums.row_slice(0) {
                simd::run(Logarithms { largest, totals, out: sums });
            }
        }
        Ok(())
    })?
}

/// # Safety
/// Nothing else reaches `matrix`, whose rows are contiguous, meanwhile.
unsafe fn each_row<T: Real>(matrix: Output<T>, mut visit: impl FnMut(usize, &mut [T])) {
    for i in 0..matrix.rows {
        // SAFETY: by the caller's promise.
        if let Some(row) = unsafe { matrix.row_slice(i) } {
            visit(i, row);
        }
    }
}

/// Turns a row's scores of a block into weights, and rescales what the row has from earlier blocks.
struct Update<'a, T> {
    scores: &'a mut [T],
    /// How many of them count.
    visible: usize,
    out: &'a mut [T],
    largest: &'a mut T,
    total: &'a mut T,
}

impl<T: Real> SimdLoop for Update<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self) {
        let (seen, hidden) = self.scores.split_at_mut(self.visible);
        hidden.fill(T::ZERO);
        let largest = fold(seen, *self.largest, |acc, x| if x > acc || x.is_nan() { x } else { acc });
        // A row of minus infinities so far has no weights yet.
        let shift = if largest == T::ZERO - T::INFINITY { T::ZERO } else { largest };
        let factor = (*self.largest - shift).exp::<I>();
        for x in seen.iter_mut() {
            *x = (*x - shift).exp::<I>();
        }
        *self.total = *self.total * factor + fold(seen, T::ZERO, |acc, x| acc + x);
        *self.largest = largest;
        if factor != T::ONE {
            self.out.iter_mut().for_each(|x| *x = *x * factor);
        }
    }
}

/// Combines all elements, in interleaved parts that each begin with `start`.
#[inline(always)]
fn fold<T: Float>(values: &[T], start: T, combine: impl Fn(T, T) -> T) -> T {
    const LANES: usize = 32;
    let (blocks, rest) = values.as_chunks::<LANES>();
    let mut acc = [start; LANES];
    for block in blocks {
        for i in 0..LANES {
            acc[i] = combine(acc[i], block[i]);
        }
    }
    let all = acc.into_iter().reduce(&combine).unwrap_or(start);
    rest.iter().fold(all, |acc, &x| combine(acc, x))
}

/// `out = largest + log(total)`.
struct Logarithms<'a, T> {
    largest: &'a [T],
    totals: &'a [T],
    out: &'a mut [T],
}

impl<T: Real> SimdLoop for Logarithms<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self) {
        for ((out, &largest), &total) in self.out.iter_mut().zip(self.largest).zip(self.totals) {
            *out = largest + total.log::<I>();
        }
    }
}
