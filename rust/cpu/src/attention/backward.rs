//! The gradients. With `p` the weights, `g` the gradient of the result and `d_i = g_i . out_i`:
//! `dv = p^T @ g`, `ds = p * (g @ v^T - d)`, `dq = scale * ds @ k`, `dk = scale * ds^T @ q`.
//!
//! A task is a batch's matrix, whose blocks serve all three; or, where there are few, a block of keys or of queries, which
//! computes the weights that it needs for itself.

use std::ops::Range;

use ferrotorch_kernel::{Array, Result};

use super::{Call, QUERIES, Real, blocks};
use crate::dense;
use crate::isa::Isa;
use crate::matmul::{Matrix, Output, Scratch, product};
use crate::parallel::{self, Cost};
use crate::simd::{self, SimdLoop};

/// Keys of a block.
const KEYS: usize = 128;
/// Matrices that keep all threads busy.
const MANY: usize = 8;

/// What a task adds to: gradients of queries, and of keys and values.
#[derive(Clone, Copy)]
enum Part {
    All,
    OfQueries(usize),
    OfKeys(usize),
}

struct Job<'a, T> {
    call: &'a Call<'a>,
    grad: &'a Array,
    /// The logarithm of each row's sum.
    sums: &'a [T],
    /// `g_i . out_i`.
    dots: &'a [T],
    outputs: [&'a Array; 3],
}

pub(super) fn run<T: Real>(call: &Call, [grad, out, sums]: [&Array; 3], outputs: [&Array; 3]) -> Result<()> {
    let (sums, g, y) = (dense::read::<T>(sums)?, dense::read::<T>(grad)?, dense::read::<T>(out)?);
    let mut dots = Scratch::new::<T>(call.batch * call.queries)?;
    dots.with(|dots: &mut [T]| {
        row_dots(call.depth, g, y, dots);
        let job = Job { call, grad, sums, dots, outputs };
        let parts = parts(call);
        let work = 3 * call.work() / parts.len().max(1);
        parallel::try_for_each_chunk(call.batch * parts.len(), Cost::multiply_adds(2 * work), |mut range| {
            range.try_for_each(|task| {
                // SAFETY: each part of a batch's gradients is one task's.
                unsafe { job.compute(task / parts.len(), parts[task % parts.len()]) }
            })
        })
    })?
}

fn parts(call: &Call) -> Vec<Part> {
    if call.batch >= MANY {
        return vec![Part::All];
    }
    let of_queries = (0..call.queries.div_ceil(QUERIES)).map(Part::OfQueries);
    of_queries.chain((0..call.keys.div_ceil(KEYS)).map(Part::OfKeys)).collect()
}

crate::simd::dispatch!(row_dots<'a; T: Real>(width: usize, a: &'a [T], b: &'a [T], out: &'a mut [T]) => row_dots_loop);

/// `out[i] = a[i] . b[i]` for rows of a width.
#[inline(always)]
fn row_dots_loop<T: Real>(width: usize, a: &[T], b: &[T], out: &mut [T]) {
    for (i, o) in out.iter_mut().enumerate() {
        let (a, b) = (&a[i * width..(i + 1) * width], &b[i * width..(i + 1) * width]);
        *o = a.iter().zip(b).fold(T::ZERO, |sum, (&a, &b)| sum + a * b);
    }
}

impl<T: Real> Job<'_, T> {
    /// # Safety
    /// Nothing else reaches this part of the outputs meanwhile.
    unsafe fn compute(&self, batch: usize, part: Part) -> Result<()> {
        let call = self.call;
        let (queries, keys) = match part {
            Part::All => (0..call.queries, 0..call.keys),
            Part::OfQueries(i) => (i * QUERIES..call.queries.min((i + 1) * QUERIES), 0..call.keys),
            Part::OfKeys(i) => (0..call.queries, i * KEYS..call.keys.min((i + 1) * KEYS)),
        };
        // SAFETY: by the caller's promise.
        unsafe {
            if !matches!(part, Part::OfKeys(_)) {
                clear::<T>(self.outputs[0], batch, &queries)?;
            }
            if !matches!(part, Part::OfQueries(_)) {
                clear::<T>(self.outputs[1], batch, &keys)?;
                clear::<T>(self.outputs[2], batch, &keys)?;
            }
        }
        let (mut weights, mut slopes) = (Scratch::new::<T>(QUERIES * KEYS)?, Scratch::new::<T>(QUERIES * KEYS)?);
        weights.with(|weights: &mut [T]| {
            slopes.with(|slopes: &mut [T]| -> Result<()> {
                for keys in blocks(keys.len(), KEYS).map(|r| keys.start + r.start..keys.start + r.end) {
                    for queries in blocks(queries.len(), QUERIES).map(|r| queries.start + r.start..queries.start + r.end) {
                        if call.visible(queries.end - 1) > keys.start {
                            // SAFETY: by the caller's promise; the scratch is this task's.
                            unsafe { self.add(batch, part, &queries, &keys, weights, slopes)? };
                        }
                    }
                }
                Ok(())
            })?
        })?
    }

    /// Adds what a block of scores contributes.
    ///
    /// # Safety
    /// As [`Job::compute`].
    unsafe fn add(
        &self,
        batch: usize,
        part: Part,
        queries: &Range<usize>,
        keys: &Range<usize>,
        weights: &mut [T],
        slopes: &mut [T],
    ) -> Result<()> {
        let (call, shape) = (self.call, [queries.len(), keys.len()]);
        let (q, g) = (Call::rows::<T>(call.q, batch, queries)?, Call::rows::<T>(self.grad, batch, queries)?);
        let (k, v) = (Call::rows::<T>(call.k, batch, keys)?, Call::rows::<T>(call.v, batch, keys)?);
        let (weights, slopes) = (&mut weights[..shape[0] * shape[1]], &mut slopes[..shape[0] * shape[1]]);
        // SAFETY: the scratch is this task's; the outputs by the caller's promise.
        unsafe {
            product(T::of(call.scale), q, k.t(), Output::from_slice(weights, shape[0], shape[1]), false)?;
            product(T::ONE, g, v.t(), Output::from_slice(slopes, shape[0], shape[1]), false)?;
            for (i, (weights, slopes)) in weights.chunks_exact_mut(shape[1]).zip(slopes.chunks_exact_mut(shape[1])).enumerate() {
                let (query, row) = (queries.start + i, batch * call.queries + queries.start + i);
                let visible = call.visible(query).saturating_sub(keys.start).min(keys.len());
                simd::run(Slopes {
                    weights,
                    slopes,
                    visible,
                    sum: self.sums[row],
                    dot: self.dots[row],
                    scale: T::of(call.scale),
                });
            }
            let (p, ds) = (Matrix::from_slice(weights, shape[0], shape[1]), Matrix::from_slice(slopes, shape[0], shape[1]));
            if !matches!(part, Part::OfKeys(_)) {
                product(T::ONE, ds, k, output(self.outputs[0], batch, queries)?, true)?;
            }
            if !matches!(part, Part::OfQueries(_)) {
                product(T::ONE, ds.t(), q, output(self.outputs[1], batch, keys)?, true)?;
                product(T::ONE, p.t(), g, output(self.outputs[2], batch, keys)?, true)?;
            }
        }
        Ok(())
    }
}

/// Some rows of a batch's output.
fn output<'a, T: Real>(array: &'a Array, batch: usize, rows: &Range<usize>) -> Result<Output<'a, T>> {
    let matrix = Output::of(array, batch)?;
    Ok(matrix.block(rows.clone(), 0..matrix.cols))
}

/// # Safety
/// Nothing else reaches these rows meanwhile.
unsafe fn clear<T: Real>(array: &Array, batch: usize, rows: &Range<usize>) -> Result<()> {
    let matrix = output::<T>(array, batch, rows)?;
    for i in 0..matrix.rows {
        // SAFETY: by the caller's promise.
        if let Some(row) = unsafe { matrix.row_slice(i) } {
            row.fill(T::ZERO);
        }
    }
    Ok(())
}

/// A row's scores become weights, and the gradients of the weights become those of the scores before scaling.
struct Slopes<'a, T> {
    weights: &'a mut [T],
    slopes: &'a mut [T],
    visible: usize,
    sum: T,
    dot: T,
    scale: T,
}

impl<T: Real> SimdLoop for Slopes<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self) {
        let (weights, hidden) = self.weights.split_at_mut(self.visible);
        let (slopes, hidden_slopes) = self.slopes.split_at_mut(self.visible);
        hidden.fill(T::ZERO);
        hidden_slopes.fill(T::ZERO);
        for (weight, slope) in weights.iter_mut().zip(slopes) {
            *weight = (*weight - self.sum).exp::<I>();
            *slope = *weight * (*slope - self.dot) * self.scale;
        }
    }
}
