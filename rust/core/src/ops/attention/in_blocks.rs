//! Attention by kernels that do without the matrix of scores.

use smallvec::{SmallVec, smallvec};

use crate::array::{Array, Operand};
use crate::attention::{Attention, Dropout, LONGEST_WORK, WIDEST_MATRIX};
use crate::autograd::{self, Context, Gradients, SavedTensor, forward, keeping_one, record_one};
use crate::backend;
use crate::bail;
use crate::dtype::DType;
use crate::error::Result;
use crate::kernel::Kernel;
use crate::layout::Layout;
use crate::random as generators;
use crate::shape;
use crate::tensor::Tensor;

use super::super::expr::{Expr, select};
use super::super::reduce::{as_i64, sum};
use super::super::{creation, join, matmul, softmax, view};
use super::{OP, Options, lower_triangle, repeated, weights_of_visible};

const NODE: &str = "ScaledDotProductFlashAttentionForCpuBackward0";

/// The result, if there is a kernel for the call.
pub(super) fn attention(query: &Tensor, key: &Tensor, value: &Tensor, options: &Options) -> Result<Option<Tensor>> {
    let Some(mut call) = plan(query, key, value, options) else { return Ok(None) };
    if options.dropout > 0.0 {
        let generator = generators::chosen(options.generator, query.device())?;
        let (seed, offset) = generator.philox(1)?;
        call.dropout = Some(Dropout { probability: options.dropout, seed, offset });
    }
    let n = query.ndim();
    let leading: SmallVec<[i64; 5]> = match n {
        4 => as_i64(&query.shape()[..2]),
        _ => {
            let heads = if n == 2 { 1 } else { query.size(n - 3) as i64 };
            let matrices = query.shape()[..n - 2].iter().product::<usize>() as i64;
            smallvec![if heads == 0 { 1 } else { matrices / heads }, heads]
        }
    };
    let mask = options.mask.map(|mask| of_every_head(mask, query, key, &leading)).transpose()?;
    if n == 4 {
        return in_heads([query, key, value], mask.as_ref(), call).map(Some);
    }
    let group = call.group as i64;
    let as_4d = |t: &Tensor, heads: i64| view::reshape(t, &[leading[0], heads, t.size(n - 2) as i64, t.size(n - 1) as i64]);
    let inputs = [&as_4d(query, leading[1])?, &as_4d(key, leading[1] / group)?, &as_4d(value, leading[1] / group)?];
    let out = in_heads(inputs, mask.as_ref(), call)?;
    let mut shape: SmallVec<[i64; 5]> = query.shape().iter().map(|&size| size as i64).collect();
    shape[n - 1] = value.size(n - 1) as i64;
    view::reshape(&out, &shape).map(Some)
}

/// What a kernel is to compute, without dropout, if the device has one.
fn plan(query: &Tensor, key: &Tensor, value: &Tensor, options: &Options) -> Option<Attention> {
    let group = group(query, key, value, options.grouped)?;
    let is_near = |t: &Tensor| t.device() == query.device();
    if [key, value].into_iter().any(|t| !is_near(t)) || !(0.0..1.0).contains(&options.dropout) {
        return None;
    }
    let call = Attention { scale: options.scale?, causal: options.causal, masked: options.mask.is_some(), group, dropout: None };
    let dropout = (options.dropout > 0.0).then_some(Dropout { probability: options.dropout, seed: 0, offset: 0 });
    let asked = Attention { dropout, ..call };
    if !backend::supports(query.device(), &Kernel::Attention(asked), query.dtype()) {
        return None;
    }
    if asked.is_plain() {
        return Some(call);
    }
    let n = query.ndim();
    let (queries, keys) = (query.size(n - 2), key.size(n - 2));
    let widths = query.size(n - 1) + value.size(n - 1);
    let is_short = queries.max(keys).saturating_mul(widths + 256) <= LONGEST_WORK;
    let takes = |mask: &Tensor| {
        (mask.dtype() == DType::Bool || mask.dtype() == query.dtype())
            && is_near(mask)
            && !(autograd::is_enabled() && mask.requires_grad())
            && queries * keys <= WIDEST_MATRIX
            && shape::is_expandable(&mask.shape(), &scores_shape(query, key))
    };
    // Tangents go by ops.
    (is_short && !forward::is_on() && options.mask.is_none_or(takes)).then_some(call)
}

/// Heads of queries for each of keys and values, of inputs that fit otherwise.
fn group(query: &Tensor, key: &Tensor, value: &Tensor, grouped: bool) -> Option<usize> {
    let (q, k, v) = (query.shape(), key.shape(), value.shape());
    let n = q.len();
    let fits = k.len() == n && v.len() == n && k[..n - 1] == v[..n - 1] && q[n - 1] == k[n - 1] && k[n - 2] > 0;
    if !fits || q[..n - 2] == k[..n - 2] {
        return fits.then_some(1);
    }
    let divides = grouped && n >= 3 && q[..n - 3] == k[..n - 3] && k[n - 3] > 0 && q[n - 3].is_multiple_of(k[n - 3]);
    (divides && q[n - 3] > 0).then(|| q[n - 3] / k[n - 3])
}

fn scores_shape(query: &Tensor, key: &Tensor) -> SmallVec<[usize; 5]> {
    let n = query.ndim();
    query.shape()[..n - 1].iter().copied().chain([key.size(n - 2)]).collect()
}

/// A mask as `(B, H, L, S)`.
fn of_every_head(mask: &Tensor, query: &Tensor, key: &Tensor, leading: &[i64]) -> Result<Tensor> {
    let shape = scores_shape(query, key);
    let spread = view::expand(&mask.detach(), &as_i64(&shape))?;
    let n = shape.len();
    if n == 4 { Ok(spread) } else { view::reshape(&spread, &[leading[0], leading[1], shape[n - 2] as i64, shape[n - 1] as i64]) }
}

/// An array whose rows' elements follow one another, and whose matrices lie together where that is asked for.
fn by_rows(t: &Tensor, call: &Attention) -> Result<Array> {
    let array = t.array();
    let is_by_rows = array.layout.strides()[3] == 1 && array.deferred.is_none();
    if is_by_rows && (call.is_plain() || lies_together(&array)) { Ok(array) } else { array.contiguous() }
}

fn lies_together(array: &Array) -> bool {
    let reach = |d: usize| (array.shape()[d].max(1) - 1) * array.layout.strides()[d].unsigned_abs();
    reach(2) + reach(3) < WIDEST_MATRIX
}

/// A mask whose matrices lie together.
fn mask_array(mask: &Tensor) -> Result<Array> {
    let array = mask.array();
    if array.deferred.is_none() && lies_together(&array) { Ok(array) } else { array.contiguous() }
}

/// The layout of a result whose dimensions lie in memory in the order of another array's.
fn like(array: &Array, shape: [usize; 4]) -> Layout {
    let dense = array.layout.dense_like();
    if array.shape() == shape && dense.strides()[3] == 1 { dense } else { Layout::contiguous(&shape) }
}

/// Attention of 4-D inputs.
fn in_heads(inputs: [&Tensor; 3], mask: Option<&Tensor>, call: Attention) -> Result<Tensor> {
    let [query, key, value] = inputs;
    let [q, k, v] = [by_rows(query, &call)?, by_rows(key, &call)?, by_rows(value, &call)?];
    let &[batch, heads, queries, _] = q.shape() else { bail!(Runtime, "{OP}(): heads are needed") };
    let (dtype, device) = (q.dtype, q.device());
    let result = (like(&q, [batch, heads, queries, v.shape()[3]]), dtype);
    let outputs = [result, (Layout::contiguous(&[batch, heads, 1, queries]), dtype.accumulate())];
    let mut operands: SmallVec<[Operand; 4]> = smallvec![q.into(), k.into(), v.into()];
    if let Some(mask) = mask {
        operands.push(mask_array(mask)?.into());
    }
    let [out, sums] = backend::compute(OP, &Kernel::Attention(call), &operands, outputs, device)?;
    let out = Tensor::from_array(out);
    let kept = || {
        let [q, k, v] = inputs.map(SavedTensor::input);
        [("query", q), ("key", k), ("value", v), ("output", SavedTensor::output(&out, 0))]
    };
    match mask {
        None => record_one(NODE, &inputs, &out, || {
            keeping_one(kept(), move |cx, [q, k, v, y], g| {
                gradients(cx, g, [&q.get(cx)?, &k.get(cx)?, &v.get(cx)?], None, (&y.get(cx)?, &sums), call)
            })
        })?,
        Some(mask) => record_one(NODE, &inputs, &out, || {
            let [q, k, v, y] = kept();
            keeping_one([q, k, v, y, ("attn_mask", SavedTensor::input(mask))], move |cx, [q, k, v, y, mask], g| {
                let mask = mask.get(cx)?;
                gradients(cx, g, [&q.get(cx)?, &k.get(cx)?, &v.get(cx)?], Some(&mask), (&y.get(cx)?, &sums), call)
            })
        })?,
    }
    Ok(out)
}

/// The gradients by one kernel, or in tensor ops where they are themselves to be differentiated.
fn gradients(
    cx: &Context,
    g: &Tensor,
    inputs: [&Tensor; 3],
    mask: Option<&Tensor>,
    (out, sums): (&Tensor, &Array),
    call: Attention,
) -> Result<Gradients> {
    if autograd::is_differentiated() {
        return gradients_in_ops(cx, g, inputs, mask, &call);
    }
    let [q, k, v] = [by_rows(inputs[0], &call)?, by_rows(inputs[1], &call)?, by_rows(inputs[2], &call)?];
    let shape = |array: &Array| std::array::from_fn(|d| array.shape()[d]);
    let (outputs, device) = ([&q, &k, &v].map(|array| (like(array, shape(array)), array.dtype)), q.device());
    let mut operands: SmallVec<[Operand; 7]> = smallvec![by_rows(g, &call)?.into(), q.into(), k.into(), v.into()];
    operands.extend([by_rows(out, &call)?.into(), sums.clone().into()]);
    if let Some(mask) = mask {
        operands.push(mask_array(mask)?.into());
    }
    let grads = backend::compute(OP, &Kernel::AttentionGrad(call), &operands, outputs, device)?;
    Ok(grads.into_iter().map(|grad| Some(Tensor::from_array(grad))).collect())
}

fn gradients_in_ops(
    cx: &Context,
    g: &Tensor,
    [q, k, v]: [&Tensor; 3],
    mask: Option<&Tensor>,
    call: &Attention,
) -> Result<Gradients> {
    let flipped = |t: &Tensor| view::transpose(t, -2, -1);
    let scaled = |t: &Tensor| (Expr::from(t) * call.scale).into_tensor();
    let (keys, values) = (repeated(q, k)?, repeated(q, v)?);
    let scores = masked(matmul::matmul(&scaled(q)?, &flipped(&keys)?)?, mask, call.causal)?;
    let weights = if mask.is_some() { weights_of_visible(&scores)? } else { softmax::softmax(&scores, -1, None)? };
    let kept = call.dropout.map(|dropout| what_is_kept(&weights, dropout)).transpose()?;
    let thinned = |t: Tensor| match &kept {
        Some(kept) => (Expr::from(t) * Expr::from(kept)).into_tensor(),
        None => Ok(t),
    };
    let of_weights = thinned(matmul::matmul(g, &flipped(&values)?)?)?;
    let mean = sum(&(Expr::from(&of_weights) * Expr::from(&weights)).into_tensor()?, Some(&[-1]), true, None)?;
    let of_scores = (Expr::from(&weights) * (Expr::from(&of_weights) - Expr::from(mean)) * call.scale).into_tensor()?;
    let when = |needed: bool, a: Result<Tensor>, b: &Tensor| -> Result<Option<Tensor>> {
        if needed { Ok(Some(in_groups(matmul::matmul(&a?, b)?, call.group)?)) } else { Ok(None) }
    };
    let of_query = if cx.needs[0] { Some(matmul::matmul(&of_scores, &keys)?) } else { None };
    Ok(smallvec![
        of_query,
        when(cx.needs[1], flipped(&of_scores), q)?,
        when(cx.needs[2], thinned(weights).and_then(|w| flipped(&w)), g)?,
    ])
}

fn masked(scores: Tensor, mask: Option<&Tensor>, causal: bool) -> Result<Tensor> {
    let hidden = |scores, visible: &Tensor| select(Expr::from(visible), scores, f64::NEG_INFINITY).into_tensor();
    match mask {
        Some(mask) if mask.dtype() == DType::Bool => hidden(scores, mask),
        Some(mask) => (Expr::from(scores) + Expr::from(mask)).into_tensor(),
        None if causal => {
            let visible = lower_triangle(&scores)?;
            hidden(scores, &visible)
        }
        None => Ok(scores),
    }
}

/// The sums of gradients of heads `(B, H, *, *)` that share one of keys or values.
fn in_groups(grad: Tensor, group: usize) -> Result<Tensor> {
    if group == 1 {
        return Ok(grad);
    }
    let shape = as_i64(&grad.shape());
    let apart = view::reshape(&grad, &[shape[0], shape[1] / group as i64, group as i64, shape[2], shape[3]])?;
    sum(&apart, Some(&[2]), false, None)
}

/// The factors by which dropout multiplies weights `(B, H, L, S)`: what equal weights of unit vectors come to, some vectors at a time.
fn what_is_kept(weights: &Tensor, dropout: Dropout) -> Result<Tensor> {
    const COLUMNS: i64 = 256;
    let &[batch, heads, queries, keys] = &as_i64(&weights.shape())[..] else { bail!(Runtime, "{OP}(): heads are needed") };
    let nothing = |rows: i64| creation::zeros(&[batch, heads, rows, 1], weights.dtype(), weights.device());
    let (q, k) = (nothing(queries)?.array(), nothing(keys)?.array());
    let units = creation::eye(keys, keys, weights.dtype(), weights.device())?;
    let call = Attention { dropout: Some(dropout), ..Attention::plain(0.0, false) };
    let mut parts = Vec::new();
    for first in (0..keys).step_by(COLUMNS as usize) {
        let columns = COLUMNS.min(keys - first);
        let v = view::expand(&view::narrow(&units, 1, first, columns)?, &[batch, heads, keys, columns])?.array().contiguous()?;
        let shape = [batch, heads, queries, columns].map(|size| size as usize);
        let outputs = [
            (Layout::contiguous(&shape), weights.dtype()),
            (Layout::contiguous(&[shape[0], shape[1], 1, shape[2]]), weights.dtype().accumulate()),
        ];
        let operands = [q.clone().into(), k.clone().into(), v.into()];
        let [part, _] = backend::compute(OP, &Kernel::Attention(call), &operands, outputs, weights.device())?;
        parts.push(Tensor::from_array(part));
    }
    (Expr::from(join::cat(&parts, -1)?) * keys as f64).into_tensor()
}
