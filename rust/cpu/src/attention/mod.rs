//! Attention in blocks: `softmax(scale * q @ k^T) @ v` without the matrix of scores.
//!
//! A block of scores lives in the cache only. The forward pass carries the largest score and the sum of each row from
//! block to block and rescales what it has ("online softmax", Milakov and Gimelshein, 2018; Dao et al., 2022); the backward
//! pass computes the scores again, and their weights from the logarithm of each row's sum. Memory is linear in
//! the lengths. What a task computes depends on shapes alone, so the number of threads does not change results.

mod backward;
mod forward;

#[cfg(test)]
mod tests;

use std::ops::Range;

use ferrotorch_kernel::attention::Attention;
use ferrotorch_kernel::{Array, Error, Operand, Result, bail, ensure, match_dtype};

use crate::math::Float;
use crate::matmul::{Matrix, Number, matrices};
use crate::view::{Read, Views};

/// Queries of a block.
const QUERIES: usize = 128;
/// Keys of a block.
const KEYS: usize = 256;

/// float32 and float64.
trait Real: Float + Number {}
impl Real for f32 {}
impl Real for f64 {}

/// `out0` the result, `out1` the logarithm of the sum of each row's exponentials.
pub(crate) fn attention(call: &Attention, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    plain_only(call)?;
    let ([q, k, v], [out, sums]) = (inputs, outputs) else { bail!(Runtime, "attention: expected three inputs and two outputs") };
    let inputs = [q.array()?, k.array()?, v.array()?];
    match_dtype!(out.dtype, T in [f32, f64] => forward::run::<T>(&Call::new(call.scale, call.causal, inputs)?, out, sums),
        else => Err(Error::dtype("attention", out.dtype, "convert to float32 or float64 first")))
}

/// The gradients of the queries, keys and values.
pub(crate) fn attention_grad(call: &Attention, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    plain_only(call)?;
    let ([grad, q, k, v, out, sums], [dq, dk, dv]) = (inputs, outputs) else {
        bail!(Runtime, "attention: expected six inputs and three outputs")
    };
    let inputs = [q.array()?, k.array()?, v.array()?];
    let (grad, out) = (grad.array()?.contiguous()?, out.array()?.contiguous()?);
    let of_result = [&grad, &out, sums.array()?];
    match_dtype!(dq.dtype, T in [f32, f64] => backward::run::<T>(&Call::new(call.scale, call.causal, inputs)?, of_result, [dq, dk, dv]),
        else => Err(Error::dtype("attention", dq.dtype, "convert to float32 or float64 first")))
}

/// Refuses what is composed of ops on the host.
fn plain_only(call: &Attention) -> Result<()> {
    if call.is_plain() { Ok(()) } else { Err(Error::unsupported("attention with masks, groups or dropout")) }
}

/// The arrays of a call, `(B, H, L, E)`, `(B, H, S, E)` and `(B, H, S, V)`, whose matrices are numbered through.
struct Call<'a, T> {
    q: Views<'a, T, Read, 2>,
    k: Views<'a, T, Read, 2>,
    v: Views<'a, T, Read, 2>,
    batch: usize,
    queries: usize,
    keys: usize,
    /// Size of queries and keys.
    width: usize,
    /// Size of values.
    depth: usize,
    scale: f64,
    causal: bool,
}

impl<'a, T: Real> Call<'a, T> {
    fn new(scale: f64, causal: bool, [q, k, v]: [&'a Array; 3]) -> Result<Call<'a, T>> {
        let (&[batch, heads, queries, width], &[_, _, keys, _], &[_, _, _, depth]) = (q.shape(), k.shape(), v.shape()) else {
            bail!(Runtime, "attention: arrays of four dimensions are needed")
        };
        ensure!(
            k.shape() == [batch, heads, keys, width] && v.shape() == [batch, heads, keys, depth],
            Runtime,
            "attention: shapes {:?}, {:?} and {:?} do not fit",
            q.shape(),
            k.shape(),
            v.shape()
        );
        let (q, k, v) = (matrices(q)?, matrices(k)?, matrices(v)?);
        Ok(Call { q, k, v, batch: batch * heads, queries, keys, width, depth, scale, causal })
    }

    /// Keys that a query sees.
    fn visible(&self, query: usize) -> usize {
        if self.causal { self.keys.min(query + 1) } else { self.keys }
    }

    /// Multiplications of one batch's product with the scores.
    fn work(&self) -> usize {
        self.queries * self.keys * (self.width + self.depth)
    }
}

/// Some rows of a matrix of a batch.
fn rows<'a, T: Real>(matrices: &Views<'a, T, Read, 2>, batch: usize, rows: &Range<usize>) -> Matrix<'a, T> {
    let matrix = matrices.view(batch);
    matrix.block([rows.clone(), 0..matrix.cols()])
}

/// `0..n` in blocks.
fn blocks(n: usize, size: usize) -> impl Iterator<Item = Range<usize>> {
    (0..n).step_by(size).map(move |start| start..n.min(start + size))
}
