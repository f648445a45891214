//! Attention in blocks: `softmax(scale * q @ k^T) @ v` without the matrix of scores.
//!
//! A block of scores lives in the cache only. The forward pass carries the largest score and the sum of each row from
//! block to block and rescales what it has ("online softmax", Milakov and Gimelshein, 2018; Dao et al., 2022); the backward
//! pass computes the scores again, and their weights from the logarithm of each row's sum. Memory is linear in
//! the lengths. What a task computes depends on shapes alone, so the number of threads does not change results.
//!
//! Half types are factors as they are; scores, sums and what is summed are float32, and weights are rounded before they are factors
//! in their turn.

mod backward;
mod forward;
mod mask;

#[cfg(test)]
mod tests;

use std::ops::Range;

use ferrotorch_kernel::attention::Attention;
use ferrotorch_kernel::dtype::{DType, Element, bf16, f16};
use ferrotorch_kernel::{Array, Error, Operand, Result, bail, ensure};
use mask::Mask;

use crate::copy;
use crate::math::Float;
use crate::matmul::{Matrix, Number, Source, matrices};
use crate::parallel::Cost;
use crate::view::{Read, Views};

/// Queries of a block.
const QUERIES: usize = 128;
/// Keys of a block.
const KEYS: usize = 256;

/// float32 and float64.
trait Real: Float + Number {}
impl Real for f32 {}
impl Real for f64 {}

/// Can it be computed here?
pub(crate) fn is_possible(call: &Attention, dtype: DType) -> bool {
    call.dropout.is_none() && matches!(dtype, DType::Float16 | DType::BFloat16 | DType::Float32 | DType::Float64)
}

/// `out0` the result, `out1` the logarithm of the sum of each row's exponentials.
pub(crate) fn attention(call: &Attention, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let ([q, k, v, mask @ ..], [out, sums]) = (inputs, outputs) else {
        bail!(Runtime, "attention: expected three inputs and two outputs")
    };
    let inputs = [q.array()?, k.array()?, v.array()?];
    match out.dtype {
        DType::Float32 => forward::run::<f32, f32>(&Call::new(call, inputs, mask)?, out, sums),
        DType::Float64 => forward::run::<f64, f64>(&Call::new(call, inputs, mask)?, out, sums),
        DType::BFloat16 => forward::run::<bf16, f32>(&Call::new(call, inputs, mask)?, out, sums),
        DType::Float16 => forward::run::<f16, f32>(&Call::new(call, inputs, mask)?, out, sums),
        dtype => Err(Error::dtype("attention", dtype, "the call has no kernel for it")),
    }
}

/// The gradients of the queries, keys and values.
pub(crate) fn attention_grad(call: &Attention, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let ([grad, q, k, v, out, sums, mask @ ..], [dq, dk, dv]) = (inputs, outputs) else {
        bail!(Runtime, "attention: expected six inputs and three outputs")
    };
    let inputs = [q.array()?, k.array()?, v.array()?];
    let (grad, out) = (grad.array()?.contiguous()?, out.array()?.contiguous()?);
    let of_result = [&grad, &out, sums.array()?];
    let outputs = [dq, dk, dv];
    match dq.dtype {
        DType::Float32 => backward::run::<f32, f32>(&Call::new(call, inputs, mask)?, of_result, outputs),
        DType::Float64 => backward::run::<f64, f64>(&Call::new(call, inputs, mask)?, of_result, outputs),
        DType::BFloat16 => rounded(outputs, |sums| backward::run::<bf16, f32>(&Call::new(call, inputs, mask)?, of_result, sums)),
        DType::Float16 => rounded(outputs, |sums| backward::run::<f16, f32>(&Call::new(call, inputs, mask)?, of_result, sums)),
        dtype => Err(Error::dtype("attention", dtype, "the call has no kernel for it")),
    }
}

/// Has gradients computed in float32, and rounds them.
fn rounded(outputs: [&Array; 3], compute: impl FnOnce([&Array; 3]) -> Result<()>) -> Result<()> {
    let wide = outputs.map(|out| Array::empty(out.shape(), DType::Float32, out.device()));
    let [a, b, c] = wide;
    let wide = [a?, b?, c?];
    compute(wide.each_ref())?;
    wide.into_iter().zip(outputs).try_for_each(|(wide, out)| copy::copy(&wide.into(), out))
}

/// The arrays of a call, `(B, H, L, E)`, `(B, H / group, S, E)` and `(B, H / group, S, V)`, whose matrices are numbered through.
struct Call<'a, S> {
    q: Views<'a, S, Read, 2>,
    k: Views<'a, S, Read, 2>,
    v: Views<'a, S, Read, 2>,
    mask: Option<Mask<'a, S>>,
    batch: usize,
    /// Matrices of queries that share one of keys and values.
    group: usize,
    queries: usize,
    keys: usize,
    /// Size of queries and keys.
    width: usize,
    /// Size of values.
    depth: usize,
    scale: f64,
    causal: bool,
}

impl<'a, S: Element> Call<'a, S> {
    fn new(call: &Attention, [q, k, v]: [&'a Array; 3], mask: &'a [Operand]) -> Result<Call<'a, S>> {
        let &Attention { scale, causal, group, .. } = call;
        ensure!(call.dropout.is_none(), Runtime, "attention: dropout is composed of ops on the host");
        let (&[batch, heads, queries, width], &[_, _, keys, _], &[_, _, _, depth]) = (q.shape(), k.shape(), v.shape()) else {
            bail!(Runtime, "attention: arrays of four dimensions are needed")
        };
        let shared = heads / group;
        ensure!(
            shared * group == heads && k.shape() == [batch, shared, keys, width] && v.shape() == [batch, shared, keys, depth],
            Runtime,
            "attention: shapes {:?}, {:?} and {:?} do not fit",
            q.shape(),
            k.shape(),
            v.shape()
        );
        let mask = mask.first().map(|mask| Mask::new(mask.array()?, [batch, heads, queries, keys])).transpose()?;
        let (q, k, v) = (matrices(q)?, matrices(k)?, matrices(v)?);
        Ok(Call { q, k, v, mask, batch: batch * heads, group, queries, keys, width, depth, scale, causal })
    }

    /// Keys that a query sees.
    fn visible(&self, query: usize) -> usize {
        if self.causal { self.keys.min(query + 1) } else { self.keys }
    }

    /// What the products and weights of one batch take, which begin with half a microsecond of their own. Keys and values come from
    /// memory.
    fn cost(&self) -> Cost {
        let (scores, widths) = (self.queries * self.keys, self.width + self.depth);
        Cost::multiply_adds(2 * scores * widths)
            .or(Cost::streamed(2 * self.keys * widths))
            .plus(Cost::functions(scores))
            .plus(Cost::single(self.queries + 500))
    }
}

/// Some rows of a matrix of a batch.
fn rows<'a, S: Element>(matrices: &Views<'a, S, Read, 2>, batch: usize, rows: &Range<usize>) -> Matrix<'a, S> {
    let matrix = matrices.view(batch);
    matrix.block([rows.clone(), 0..matrix.cols()])
}

/// Elements of memory for [`as_factors`] of so many.
fn room<S, T>(len: usize) -> usize {
    if size_of::<S>() == size_of::<T>() { 0 } else { len }
}

/// A matrix in the dtype of a call's inputs: itself, or rounded into `room`.
fn as_factors<'a, S: Source<T>, T: Real>(m: Matrix<'a, T>, room: &'a mut [S]) -> Matrix<'a, S> {
    m.same_type::<S>().unwrap_or_else(|m| {
        let [rows, cols] = m.size();
        for (i, out) in room.chunks_exact_mut(cols.max(1)).enumerate().take(rows) {
            S::narrow_all(m.row_slice(i).unwrap_or_default(), out);
        }
        Matrix::from_slice(room, rows, cols)
    })
}

/// `0..n` in blocks.
fn blocks(n: usize, size: usize) -> impl Iterator<Item = Range<usize>> {
    (0..n).step_by(size).map(move |start| start..n.min(start + size))
}
