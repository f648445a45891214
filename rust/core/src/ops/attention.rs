//! Scaled dot-product attention.

use smallvec::{SmallVec, smallvec};

use crate::array::Array;
use crate::autograd::{self, Context, Gradients, SavedTensor, keeping_one, record_one};
use crate::backend;
use crate::bail;
use crate::dtype::DType;
use crate::ensure;
use crate::error::Result;
use crate::kernel::Kernel;
use crate::layout::Layout;
use crate::random::Generator;
use crate::scalar::Scalar;
use crate::stride_order;
use crate::tensor::Tensor;

use super::expr::{Expr, select};
use super::reduce::{amax, any, sum};
use super::{cast, creation, matmul, random, softmax, view};

const OP: &str = "scaled_dot_product_attention";

/// `softmax(query @ key^T * scale + mask) @ value` over the last two dimensions: query `(.., L, E)`, key `(.., S, E)`,
/// value `(.., S, V)`; the scale is `1 / sqrt(E)` unless given. A bool mask `(.., L, S)` says which keys take part, a
/// float mask is added. `causal` lets row `i` see the keys up to `i`. Rows that a mask lets see no key, all of whose scores are
/// -inf, give 0.
pub fn scaled_dot_product_attention(
    query: &Tensor,
    key: &Tensor,
    value: &Tensor,
    mask: Option<&Tensor>,
    dropout: f64,
    causal: bool,
    scale: Option<f64>,
    generator: Option<&Generator>,
) -> Result<Tensor> {
    check(query, key, value)?;
    ensure!(
        !(causal && mask.is_some()),
        Runtime,
        "scaled_dot_product_attention(): Explicit attn_mask should not be set when is_causal=True"
    );
    let width = query.size(query.ndim() - 1);
    let factor = scale.unwrap_or(1.0 / (width as f64).sqrt());
    if mask.is_none() && dropout == 0.0 && in_blocks_applies(query, key, value) {
        return in_blocks(query, key, value, factor, causal);
    }
    if query.dtype().accumulate() != query.dtype() {
        // Half types are computed in float32: scores and weights would lose more than the results hold.
        let wide = |t: &Tensor| cast::to_dtype(t, t.dtype().accumulate());
        let mask = mask.map(|m| if m.dtype() == query.dtype() { wide(m) } else { Ok(m.clone()) }).transpose()?;
        let (q, k, v) = (wide(query)?, wide(key)?, wide(value)?);
        let out = scaled_dot_product_attention(&q, &k, &v, mask.as_ref(), dropout, causal, scale, generator)?;
        return cast::to_dtype(&out, query.dtype());
    }
    let out = attend(query, key, value, mask, dropout, causal, factor, generator)?;
    // Heads come as views of (batch, length, heads, width), and programs view the result as that again.
    let is_along = [query, key, value].iter().all(|t| t.with_array(|a| a.layout.strides().last() == Some(&1)));
    if dropout > 0.0 || !is_along || out.shape() != query.shape() {
        return Ok(out);
    }
    let layout = query.with_array(|a| stride_order::of_copy(&a.layout));
    if layout.is_contiguous() { Ok(out) } else { cast::clone_with(&out, layout) }
}

/// [`scaled_dot_product_attention`] in the precision of the arguments, by the matrix of all scores; the result is row-major.
fn attend(
    query: &Tensor,
    key: &Tensor,
    value: &Tensor,
    mask: Option<&Tensor>,
    dropout: f64,
    causal: bool,
    factor: f64,
    generator: Option<&Generator>,
) -> Result<Tensor> {
    let scaled = (Expr::from(query) * factor).into_tensor()?;
    let mut scores = matmul::matmul(&scaled, &view::transpose(key, -2, -1)?)?;
    let hidden = |scores, visible: &Tensor| select(Expr::from(visible), scores, f64::NEG_INFINITY).into_tensor();
    match mask {
        Some(mask) if mask.dtype() == DType::Bool => scores = hidden(scores, mask)?,
        Some(mask) if mask.dtype() == query.dtype() => scores = (Expr::from(scores) + Expr::from(mask)).into_tensor()?,
        Some(mask) => bail!(
            Runtime,
            "scaled_dot_product_attention(): Expected attn_mask dtype to be bool or the query's ({}), got {}",
            query.dtype().name(),
            mask.dtype().name()
        ),
        None if causal => {
            let visible = lower_triangle(&scores)?;
            scores = hidden(scores, &visible)?;
        }
        None => {}
    }
    let weights = if mask.is_some() { weights_of_visible(&scores)? } else { softmax::softmax(&scores, -1, None)? };
    let weights = random::dropout(&weights, dropout, dropout > 0.0, generator)?;
    matmul::matmul(&weights, value)
}

/// Softmax over the last dimension; 0 in rows that are -inf throughout and so have none.
fn weights_of_visible(scores: &Tensor) -> Result<Tensor> {
    let softmax_of = |scores: &Tensor| softmax::softmax(scores, -1, None);
    if scores.numel() == 0 {
        return softmax_of(scores);
    }
    let blind = Expr::from(amax(&scores.detach(), Some(&[-1]), true)?).le(f64::NEG_INFINITY).into_tensor()?;
    // Most calls need nothing more, where a look at that waits for nothing.
    if blind.with_array(|a| a.storage.as_host().is_some()) && any(&blind, None, false)?.item()? == Scalar::Bool(false) {
        return softmax_of(scores);
    }
    let weights = softmax_of(&select(Expr::from(&blind), 0.0, scores).into_tensor()?)?;
    select(Expr::from(&blind), 0.0, weights).into_tensor()
}

/// Is there a kernel for these that does without the matrix of scores?
fn in_blocks_applies(query: &Tensor, key: &Tensor, value: &Tensor) -> bool {
    let (q, k, v) = (query.shape(), key.shape(), value.shape());
    let n = q.len();
    [key, value].iter().all(|t| t.device() == query.device())
        && backend::supports(query.device(), &Kernel::Attention { scale: 1.0, causal: false }, query.dtype())
        && k.len() == n
        && v.len() == n
        && q[..n - 2] == k[..n - 2]
        && k[..n - 1] == v[..n - 1]
        && q[n - 1] == k[n - 1]
        && k[n - 2] > 0
}

/// Attention by [`Kernel::Attention`], for inputs of common leading dimensions.
fn in_blocks(query: &Tensor, key: &Tensor, value: &Tensor, scale: f64, causal: bool) -> Result<Tensor> {
    let n = query.ndim();
    if n == 4 {
        return in_heads(query, key, value, scale, causal);
    }
    let heads = if n == 2 { 1 } else { query.size(n - 3) as i64 };
    let matrices = query.shape()[..n - 2].iter().product::<usize>() as i64;
    let batch = if heads == 0 { 1 } else { matrices / heads };
    let as_4d = |t: &Tensor| view::reshape(t, &[batch, heads, t.size(n - 2) as i64, t.size(n - 1) as i64]);
    let out = in_heads(&as_4d(query)?, &as_4d(key)?, &as_4d(value)?, scale, causal)?;
    let mut shape: SmallVec<[i64; 5]> = query.shape().iter().map(|&size| size as i64).collect();
    shape[n - 1] = value.size(n - 1) as i64;
    view::reshape(&out, &shape)
}

/// An array whose rows' elements follow one another.
fn by_rows(t: &Tensor) -> Result<Array> {
    let array = t.array();
    if array.layout.strides()[3] == 1 && array.deferred.is_none() { Ok(array) } else { array.contiguous() }
}

/// The layout of a result whose dimensions lie in memory in the order of another array's.
fn like(array: &Array, shape: [usize; 4]) -> Layout {
    let dense = array.layout.dense_like();
    if array.shape() == shape && dense.strides()[3] == 1 { dense } else { Layout::contiguous(&shape) }
}

/// [`in_blocks`] for 4-D inputs.
fn in_heads(query: &Tensor, key: &Tensor, value: &Tensor, scale: f64, causal: bool) -> Result<Tensor> {
    let [q, k, v] = [by_rows(query)?, by_rows(key)?, by_rows(value)?];
    let &[batch, heads, queries, _] = q.shape() else { bail!(Runtime, "{OP}(): heads are needed") };
    let (dtype, device) = (q.dtype, q.device());
    let result = (like(&q, [batch, heads, queries, v.shape()[3]]), dtype);
    let outputs = [result, (Layout::contiguous(&[batch, heads, 1, queries]), dtype.accumulate())];
    let [out, sums] =
        backend::compute(OP, &Kernel::Attention { scale, causal }, &[q.into(), k.into(), v.into()], outputs, device)?;
    let out = Tensor::from_array(out);
    record_one("ScaledDotProductFlashAttentionForCpuBackward0", &[query, key, value], &out, || {
        let [q, k, v] = [query, key, value].map(SavedTensor::input);
        let y = SavedTensor::output(&out, 0);
        keeping_one([("query", q), ("key", k), ("value", v), ("output", y)], move |cx, [q, k, v, y], g| {
            let [q, k, v] = [q.get(cx)?, k.get(cx)?, v.get(cx)?];
            if autograd::is_differentiated() {
                return gradients_in_ops(cx, g, [&q, &k, &v], scale, causal);
            }
            gradients(g, [&q, &k, &v], &y.get(cx)?, &sums, &Kernel::AttentionGrad { scale, causal })
        })
    })?;
    Ok(out)
}

/// The gradients by one kernel.
fn gradients(g: &Tensor, inputs: [&Tensor; 3], out: &Tensor, sums: &Array, kernel: &Kernel) -> Result<Gradients> {
    let [q, k, v] = [by_rows(inputs[0])?, by_rows(inputs[1])?, by_rows(inputs[2])?];
    let shape = |array: &Array| std::array::from_fn(|d| array.shape()[d]);
    let (outputs, device) = ([&q, &k, &v].map(|array| (like(array, shape(array)), array.dtype)), q.device());
    let operands = [by_rows(g)?.into(), q.into(), k.into(), v.into(), by_rows(out)?.into(), sums.clone().into()];
    let grads = backend::compute(OP, kernel, &operands, outputs, device)?;
    Ok(grads.into_iter().map(|grad| Some(Tensor::from_array(grad))).collect())
}

/// The gradients in tensor ops, where they are themselves to be differentiated.
fn gradients_in_ops(cx: &Context, g: &Tensor, [q, k, v]: [&Tensor; 3], scale: f64, causal: bool) -> Result<Gradients> {
    let flipped = |t: &Tensor| view::transpose(t, -2, -1);
    let scaled = |t: &Tensor| (Expr::from(t) * scale).into_tensor();
    let mut scores = matmul::matmul(&scaled(q)?, &flipped(k)?)?;
    if causal {
        let visible = lower_triangle(&scores)?;
        scores = select(Expr::from(visible), scores, f64::NEG_INFINITY).into_tensor()?;
    }
    let weights = softmax::softmax(&scores, -1, None)?;
    let of_weights = matmul::matmul(g, &flipped(v)?)?;
    let mean = sum(&(Expr::from(&of_weights) * Expr::from(&weights)).into_tensor()?, Some(&[-1]), true, None)?;
    let of_scores = (Expr::from(&weights) * (Expr::from(&of_weights) - Expr::from(mean)) * scale).into_tensor()?;
    let when = |needed: bool, a: Result<Tensor>, b: &Tensor| -> Result<Option<Tensor>> {
        if needed { Ok(Some(matmul::matmul(&a?, b)?)) } else { Ok(None) }
    };
    Ok(smallvec![
        when(cx.needs[0], Ok(of_scores.clone()), k)?,
        when(cx.needs[1], flipped(&of_scores), q)?,
        when(cx.needs[2], flipped(&weights), g)?,
    ])
}

/// True where the column is not above the row, in the shape of the last two dimensions.
fn lower_triangle(scores: &Tensor) -> Result<Tensor> {
    let n = scores.ndim();
    let range = |size: usize| creation::range(Scalar::Int(0), Scalar::Int(1), size, DType::Int64, scores.device());
    let column: SmallVec<[i64; 2]> = SmallVec::from_slice(&[-1, 1]);
    let rows = view::reshape(&range(scores.size(n - 2))?, &column)?;
    Expr::from(range(scores.size(n - 1))?).le(rows).into_tensor()
}

fn check(query: &Tensor, key: &Tensor, value: &Tensor) -> Result<()> {
    for (name, t) in [("query", query), ("key", key), ("value", value)] {
        ensure!(
            t.ndim() >= 2,
            Runtime,
            "scaled_dot_product_attention(): {name} must have at least 2 dimensions, got shape {:?}",
            &t.shape()[..]
        );
        ensure!(
            t.dtype() == query.dtype(),
            Runtime,
            "scaled_dot_product_attention(): Expected query, key, and value to have the same dtype, but got {} and {}",
            query.dtype().name(),
            t.dtype().name()
        );
    }
    Ok(())
}
