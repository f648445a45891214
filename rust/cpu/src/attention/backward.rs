//! The gradients. With `p` the weights, `g` the gradient of the result and `d_i = g_i . out_i`:
//! `dv = p^T @ g`, `ds = p * (g @ v^T - d)`, `dq = scale * ds @ k`, `dk = scale * ds^T @ q`.
//!
//! A task is a batch's matrix, whose blocks serve all three; or, where there are few, a block of keys or of queries, which
//! computes the weights that it needs for itself.

use std::ops::Range;

use ferrotorch_kernel::{Array, Result};

use super::{Call, QUERIES, Real, as_factors, blocks, room, rows};
use crate::chunks;
use crate::dense;
use crate::isa::Isa;
use crate::matmul::{Matrix, MatrixMut, Scratch, Source, matrices, product};
use crate::parallel;
use crate::simd::{self, SimdLoop};
use crate::view::{Read, Tiles, Views};

/// Keys of a block.
const KEYS: usize = 128;
/// Matrices that keep all threads busy.
const MANY: usize = 8;

/// What a task adds to: the gradients of some queries, of one batch; and of some keys and values, whose batches share them.
struct Task<'a, T> {
    batches: Range<usize>,
    queries: Range<usize>,
    keys: Range<usize>,
    of_queries: Option<MatrixMut<'a, T>>,
    of_keys_and_values: Option<[MatrixMut<'a, T>; 2]>,
}

struct Job<'a, S, T> {
    call: &'a Call<'a, S>,
    grad: Views<'a, S, Read, 2>,
    /// The logarithm of each row's sum.
    sums: &'a [T],
    /// `g_i . out_i`.
    dots: &'a [T],
}

pub(super) fn run<S: Source<T>, T: Real>(call: &Call<S>, [grad, out, sums]: [&Array; 3], outputs: [&Array; 3]) -> Result<()> {
    let (sums, g, y) = (dense::read::<T>(sums)?, dense::read::<S>(grad)?, dense::read::<S>(out)?);
    let mut dots = Scratch::new::<T>(call.batch * call.queries)?;
    dots.with(|dots: &mut [T]| {
        row_dots::<S, T>(call.depth, g, y, dots);
        let job = Job { call, grad: matrices(grad)?, sums, dots };
        let mut tasks = tasks::<S, T>(call, outputs)?;
        let cost = call.cost().times(3 * call.batch).part(tasks.len());
        parallel::try_for_each_chunk_mut(&mut tasks, cost, |_, tasks| tasks.iter_mut().try_for_each(|task| job.compute(task)))
    })?
}

/// The gradients in parts: all of a batch, where batches keep the threads busy, or blocks of queries and blocks of keys.
fn tasks<'a, S, T: Real>(call: &Call<S>, outputs: [&'a Array; 3]) -> Result<Vec<Task<'a, T>>> {
    let [of_queries, of_keys, of_values] = outputs;
    let (height, keys_height) = if call.batch >= MANY * call.group { (call.queries, call.keys) } else { (QUERIES, KEYS) };
    let of_queries = Tiles::new(matrices::<T, _>(of_queries)?, [height, call.width]);
    let of_keys = Tiles::new(matrices::<T, _>(of_keys)?, [keys_height, call.width]);
    let of_values = Tiles::new(matrices::<T, _>(of_values)?, [keys_height, call.depth]);
    let (all_queries, all_keys) = (0..call.queries, 0..call.keys);
    let of_queries = of_queries.into_iter().map(|(batch, [queries, _], part)| {
        let keys = all_keys.clone();
        Task { batches: batch..batch + 1, queries, keys, of_queries: Some(part), of_keys_and_values: None }
    });
    let of_keys = of_keys.into_iter().zip(of_values).map(|((batch, [keys, _], of_keys), (_, _, of_values))| {
        let (queries, batches) = (all_queries.clone(), batch * call.group..(batch + 1) * call.group);
        Task { batches, queries, keys, of_queries: None, of_keys_and_values: Some([of_keys, of_values]) }
    });
    if call.batch < MANY || call.group > 1 {
        return Ok(of_queries.chain(of_keys).collect());
    }
    let both = of_queries.zip(of_keys);
    Ok(both.map(|(all, keys)| Task { of_keys_and_values: keys.of_keys_and_values, ..all }).collect())
}

crate::simd::dispatch!(row_dots<'a; S: Source<T>, T: Real>(width: usize, a: &'a [S], b: &'a [S], out: &'a mut [T]) => row_dots_loop);

/// `out[i] = a[i] . b[i]` for rows of a width.
#[inline(always)]
fn row_dots_loop<S: Source<T>, T: Real>(width: usize, a: &[S], b: &[S], out: &mut [T]) {
    for (i, o) in out.iter_mut().enumerate() {
        let (a, b) = (&a[i * width..(i + 1) * width], &b[i * width..(i + 1) * width]);
        *o = dot(a, b);
    }
}

/// The product of two rows, in sums that do not wait for one another.
#[inline(always)]
fn dot<S: Source<T>, T: Real>(a: &[S], b: &[S]) -> T {
    const LANES: usize = 32;
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut sums = [T::ZERO; LANES];
    for (a, b) in a.iter().zip(b) {
        for i in 0..LANES {
            sums[i] = sums[i] + a[i].widen() * b[i].widen();
        }
    }
    let rest = a_rest.iter().zip(b_rest).fold(T::ZERO, |sum, (&a, &b)| sum + a.widen() * b.widen());
    chunks::merged(sums, &|a, b| a + b) + rest
}

impl<S: Source<T>, T: Real> Job<'_, S, T> {
    fn compute(&self, task: &mut Task<T>) -> Result<()> {
        let (queries, keys) = (task.queries.clone(), task.keys.clone());
        task.of_queries.iter_mut().chain(task.of_keys_and_values.iter_mut().flatten()).for_each(clear);
        let (mut weights, mut slopes) = (Scratch::new::<T>(QUERIES * KEYS)?, Scratch::new::<T>(QUERIES * KEYS)?);
        let mut factors = Scratch::new::<S>(room::<S, T>(2 * QUERIES * KEYS))?;
        weights.with(|weights: &mut [T]| {
            slopes.with(|slopes: &mut [T]| -> Result<()> {
                for (batch, keys) in task.batches.clone().flat_map(|batch| within(&keys, KEYS).map(move |keys| (batch, keys))) {
                    for queries in within(&queries, QUERIES).filter(|queries| self.call.visible(queries.end - 1) > keys.start) {
                        factors.with(|factors| self.add(task, batch, [&queries, &keys], [weights, slopes], factors))??;
                    }
                }
                Ok(())
            })?
        })?
    }

    /// Adds what a block of scores contributes.
    fn add(
        &self,
        task: &mut Task<T>,
        batch: usize,
        [queries, keys]: [&Range<usize>; 2],
        [weights, slopes]: [&mut [T]; 2],
        factors: &mut [S],
    ) -> Result<()> {
        let (call, shape) = (self.call, [queries.len(), keys.len()]);
        let (q, g) = (rows(&call.q, batch, queries), rows(&self.grad, batch, queries));
        let (k, v) = (rows(&call.k, batch / call.group, keys), rows(&call.v, batch / call.group, keys));
        let (weights, slopes) = (&mut weights[..shape[0] * shape[1]], &mut slopes[..shape[0] * shape[1]]);
        product(T::of(call.scale), q, k.t(), MatrixMut::from_slice_mut(weights, shape[0], shape[1]), false)?;
        product(T::ONE, g, v.t(), MatrixMut::from_slice_mut(slopes, shape[0], shape[1]), false)?;
        for (i, (weights, slopes)) in weights.chunks_exact_mut(shape[1]).zip(slopes.chunks_exact_mut(shape[1])).enumerate() {
            let (query, row) = (queries.start + i, batch * call.queries + queries.start + i);
            let visible = call.visible(query).saturating_sub(keys.start).min(keys.len());
            if let Some(mask) = &call.mask {
                mask.apply([batch, query, keys.start], &mut weights[..visible]);
            }
            simd::run(Slopes { weights, slopes, visible, sum: self.sums[row], dot: self.dots[row], scale: T::of(call.scale) });
        }
        let (of_weights, of_slopes) = factors.split_at_mut(factors.len() / 2);
        let p = as_factors(Matrix::from_slice(weights, shape[0], shape[1]), of_weights);
        let ds = as_factors(Matrix::from_slice(slopes, shape[0], shape[1]), of_slopes);
        if let Some(of_queries) = &mut task.of_queries {
            product(T::ONE, ds, k, part(of_queries, &task.queries, queries), true)?;
        }
        if let Some([of_keys, of_values]) = &mut task.of_keys_and_values {
            product(T::ONE, ds.t(), q, part(of_keys, &task.keys, keys), true)?;
            product(T::ONE, p.t(), g, part(of_values, &task.keys, keys), true)?;
        }
        Ok(())
    }
}

/// A range in blocks.
fn within(range: &Range<usize>, size: usize) -> impl Iterator<Item = Range<usize>> + use<> {
    let first = range.start;
    blocks(range.len(), size).map(move |block| first + block.start..first + block.end)
}

/// Some rows of a part of an output that has the rows `all`.
fn part<'a, T: Real>(matrix: &'a mut MatrixMut<T>, all: &Range<usize>, rows: &Range<usize>) -> MatrixMut<'a, T> {
    let cols = matrix.cols();
    matrix.part([rows.start - all.start..rows.end - all.start, 0..cols])
}

fn clear<T: Real>(matrix: &mut MatrixMut<T>) {
    matrix.for_each_row(|_, row| row.fill(T::ZERO));
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
            *weight = (*weight - self.sum).exp_or_zero::<I>();
            *slope = *weight * (*slope - self.dot) * self.scale;
        }
    }
}
