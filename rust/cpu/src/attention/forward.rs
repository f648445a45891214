//! The forward pass: a task is a block of queries.

use std::ops::Range;

use ferrotorch_kernel::{Array, Result};

use super::{Call, KEYS, QUERIES, Real, as_factors, blocks, room, rows};
use crate::chunks;
use crate::isa::Isa;
use crate::matmul::{Matrix, MatrixMut, Scratch, Source, few_rows, matrices};
use crate::simd::{self, SimdLoop};
use crate::view::{Tiles, try_for_each_part};

pub(super) fn run<S: Source<T>, T: Real>(call: &Call<S>, out: &Array, sums: &Array) -> Result<()> {
    let cost = call.cost().part(call.queries.div_ceil(QUERIES));
    // A block of queries is a tile of the results, and of the sums.
    let out = Tiles::new(matrices::<S, _>(out)?, [QUERIES, call.depth]);
    let sums = Tiles::new(matrices::<T, _>(sums)?, [1, QUERIES]);
    try_for_each_part((out, sums), cost, |_, ((batch, [queries, _], out), (_, _, sums))| {
        if queries.is_empty() {
            return Ok(());
        }
        match out.same_type::<T>() {
            Ok(out) => block_of_queries(call, batch, queries, out, sums),
            Err(mut out) => Scratch::new::<T>(queries.len() * call.depth)?.with(|wide: &mut [T]| {
                let result = MatrixMut::from_slice_mut(wide, queries.len(), call.depth);
                block_of_queries(call, batch, queries, result, sums)?;
                out.for_each_row(|i, out| S::narrow_all(&wide[i * call.depth..(i + 1) * call.depth], out));
                Ok(())
            })?,
        }
    })
}

fn block_of_queries<S: Source<T>, T: Real>(
    call: &Call<S>,
    batch: usize,
    queries: Range<usize>,
    mut result: MatrixMut<T>,
    mut sums: MatrixMut<T>,
) -> Result<()> {
    let (count, q) = (queries.len(), rows(&call.q, batch, &queries));
    let most = count * KEYS.min(call.keys);
    let (mut scores, mut factors) = (Scratch::new::<T>(most)?, Scratch::new::<S>(room::<S, T>(most))?);
    let mut state = Scratch::new::<T>(2 * count)?;
    state.with(|state: &mut [T]| {
        let (largest, totals) = state.split_at_mut(count);
        largest.fill(T::ZERO - T::INFINITY);
        totals.fill(T::ZERO);
        result.for_each_row(|_, out| out.fill(T::ZERO));
        for keys in blocks(call.visible(queries.end - 1), KEYS) {
            scores.with(|scores: &mut [T]| -> Result<()> {
                let scores = &mut scores[..count * keys.len()];
                let target = MatrixMut::from_slice_mut(scores, count, keys.len());
                few_rows(q, rows(&call.k, batch / call.group, &keys).t(), target, false)?;
                result.for_each_row(|i, out| {
                    let scores = &mut scores[i * keys.len()..(i + 1) * keys.len()];
                    let visible = call.visible(queries.start + i).saturating_sub(keys.start).min(keys.len());
                    let (seen, hidden) = scores.split_at_mut(visible);
                    hidden.fill(T::ZERO);
                    let mut scale = T::of(call.scale);
                    if let Some(mask) = &call.mask {
                        seen.iter_mut().for_each(|x| *x = *x * scale);
                        mask.apply([batch, queries.start + i, keys.start], seen);
                        scale = T::ONE;
                    }
                    let (largest, total) = (&mut largest[i], &mut totals[i]);
                    simd::run(Update { scores: seen, scale, out, largest, total });
                });
                factors.with(|factors: &mut [S]| {
                    let weights = as_factors(Matrix::from_slice(scores, count, keys.len()), factors);
                    few_rows(weights, rows(&call.v, batch / call.group, &keys), result.reborrow(), true)
                })?
            })??;
        }
        if call.mask.is_some() {
            // Rows that see nothing are 0, and their weights stay so in the gradient.
            let blind = largest.iter_mut().zip(totals.iter_mut()).filter(|(_, total)| **total == T::ZERO);
            blind.for_each(|(largest, total)| (*largest, *total) = (T::INFINITY, T::ONE));
        }
        result.for_each_row(|i, out| simd::run(Shares { out, total: totals[i] }));
        sums.for_each_row(|_, out| simd::run(Logarithms { largest, totals, out }));
        Ok(())
    })?
}

/// Turns a row's scores of a block into weights, and rescales what the row has from earlier blocks.
struct Update<'a, T> {
    scores: &'a mut [T],
    /// What they are multiplied by.
    scale: T,
    out: &'a mut [T],
    largest: &'a mut T,
    total: &'a mut T,
}

impl<T: Real> SimdLoop for Update<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self) {
        let (scores, before) = (self.scores, *self.largest);
        scores.iter_mut().for_each(|x| *x = *x * self.scale);
        let largest = chunks::largest(scores, before);
        // A row of minus infinities so far has no weights yet.
        let shift = if largest == T::ZERO - T::INFINITY { T::ZERO } else { largest };
        for x in scores.iter_mut() {
            *x = (*x - shift).exp_or_zero::<I>();
        }
        let total = chunks::fold(scores, T::ZERO, |acc, x| acc + x, |a, b| a + b);
        *self.largest = largest;
        // A NaN among them is in the total alone.
        if before == T::ZERO - T::INFINITY || before == largest {
            *self.total = *self.total + total;
        } else {
            let factor = (before - shift).exp::<I>();
            *self.total = *self.total * factor + total;
            self.out.iter_mut().for_each(|x| *x = *x * factor);
        }
    }
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

/// Divides a row by its total.
struct Shares<'a, T> {
    out: &'a mut [T],
    total: T,
}

impl<T: Real> SimdLoop for Shares<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self) {
        let scale = T::ONE / self.total;
        self.out.iter_mut().for_each(|x| *x = *x * scale);
    }
}
