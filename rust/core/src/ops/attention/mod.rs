//! Scaled dot product attention.

mod in_blocks;

use smallvec::SmallVec;

use crate::bail;
use crate::dtype::DType;
use crate::ensure;
use crate::error::Result;
use crate::random::Generator;
use crate::scalar::Scalar;
use crate::shape::{self, Shape};
use crate::stride_order;
use crate::tensor::Tensor;

use super::expr::{Expr, select};
use super::reduce::{amax, any};
use super::{cast, creation, matmul, random, repeat, softmax, view};

const OP: &str = "scaled_dot_product_attention";

/// What there is to attention besides queries, keys and values.
#[derive(Clone, Copy, Default)]
pub struct Options<'a> {
    /// Broadcasts to `(.., L, S)`. One of bool says which keys take part, one of floats is added to the scores. Rows that see no
    /// key, all of whose scores are -inf, give 0.
    pub mask: Option<&'a Tensor>,
    /// Probability with which a weight is dropped.
    pub dropout: f64,
    /// Does row `i` see the keys up to `i` only?
    pub causal: bool,
    /// Factor of the scores; `1 / sqrt(E)` unless given.
    pub scale: Option<f64>,
    /// May heads of keys and values, dimension -3, each serve several heads of queries?
    pub grouped: bool,
    /// Source of what is dropped.
    pub generator: Option<&'a Generator>,
}

/// `softmax(query @ key^T * scale + mask) @ value` over the last two dimensions: query `(.., L, E)`, key `(.., S, E)`,
/// value `(.., S, V)`.
pub fn scaled_dot_product_attention(query: &Tensor, key: &Tensor, value: &Tensor, options: &Options) -> Result<Tensor> {
    check(query, key, value, options)?;
    if let Some(mask) = options.mask.filter(|mask| query.ndim() == 3 && mask.ndim() == 4) {
        // The queries are one batch of heads, and so is the result.
        let mask = view::squeeze_dim(mask, 0)?;
        return scaled_dot_product_attention(query, key, value, &Options { mask: Some(&mask), ..*options });
    }
    let width = query.size(query.ndim() - 1);
    let options = &Options { scale: Some(options.scale.unwrap_or(1.0 / (width as f64).sqrt())), ..*options };
    if let Some(out) = in_blocks::attention(query, key, value, options)? {
        return Ok(out);
    }
    if options.grouped {
        let (key, value) = (repeated(query, key)?, repeated(query, value)?);
        return scaled_dot_product_attention(query, &key, &value, &Options { grouped: false, ..*options });
    }
    if query.dtype().accumulate() != query.dtype() {
        // Half types are computed in float32: scores and weights would lose more than the results hold.
        let wide = |t: &Tensor| cast::to_dtype(t, t.dtype().accumulate());
        let mask = options.mask.map(|m| if m.dtype() == query.dtype() { wide(m) } else { Ok(m.clone()) }).transpose()?;
        let (q, k, v) = (wide(query)?, wide(key)?, wide(value)?);
        let out = scaled_dot_product_attention(&q, &k, &v, &Options { mask: mask.as_ref(), ..*options })?;
        return cast::to_dtype(&out, query.dtype());
    }
    let weights = weights(query, key, options)?;
    let weights = random::dropout(&weights, options.dropout, options.dropout > 0.0, options.generator)?;
    let out = matmul::matmul(&weights, value)?;
    // Heads come as views of (batch, length, heads, width), and programs view the result as that again.
    let is_along = [query, key, value].iter().all(|t| t.with_array(|a| a.layout.strides().last() == Some(&1)));
    if options.dropout > 0.0 || !is_along || out.shape() != query.shape() {
        return Ok(out);
    }
    let layout = query.with_array(|a| stride_order::of_copy(&a.layout));
    if layout.is_contiguous() { Ok(out) } else { cast::clone_with(&out, layout) }
}

/// Heads of keys or values, one for each head of the queries.
fn repeated(query: &Tensor, heads: &Tensor) -> Result<Tensor> {
    ensure!(
        query.ndim() >= 3 && heads.ndim() >= 3,
        Runtime,
        "{OP}(): enable_gqa needs heads in dimension -3, got shapes {:?} and {:?}",
        query.shape(),
        heads.shape()
    );
    let (wanted, have) = (query.size(query.ndim() - 3), heads.size(heads.ndim() - 3));
    if wanted == have || have == 0 {
        return Ok(heads.clone());
    }
    repeat::repeat_interleave(heads, (wanted / have) as i64, Some(-3), None)
}

/// The weights of the keys, composed of ops.
fn weights(query: &Tensor, key: &Tensor, options: &Options) -> Result<Tensor> {
    let scaled = (Expr::from(query) * options.scale.unwrap_or(1.0)).into_tensor()?;
    let mut scores = matmul::matmul(&scaled, &view::transpose(key, -2, -1)?)?;
    let hidden = |scores, visible: &Tensor| select(Expr::from(visible), scores, f64::NEG_INFINITY).into_tensor();
    match options.mask {
        Some(mask) if mask.dtype() == DType::Bool => scores = hidden(scores, mask)?,
        Some(mask) if mask.dtype() == query.dtype() => scores = (Expr::from(scores) + Expr::from(mask)).into_tensor()?,
        Some(mask) => bail!(
            Runtime,
            "scaled_dot_product_attention(): Expected attn_mask dtype to be bool or the query's ({}), got {}",
            query.dtype().name(),
            mask.dtype().name()
        ),
        None if options.causal => {
            let visible = lower_triangle(&scores)?;
            scores = hidden(scores, &visible)?;
        }
        None => {}
    }
    if options.mask.is_some() { weights_of_visible(&scores) } else { softmax::softmax(&scores, -1, None) }
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

/// True where the column is not above the row, in the shape of the last two dimensions.
fn lower_triangle(scores: &Tensor) -> Result<Tensor> {
    let n = scores.ndim();
    let range = |size: usize| creation::range(Scalar::Int(0), Scalar::Int(1), size, DType::Int64, scores.device());
    let column: SmallVec<[i64; 2]> = SmallVec::from_slice(&[-1, 1]);
    let rows = view::reshape(&range(scores.size(n - 2))?, &column)?;
    Expr::from(range(scores.size(n - 1))?).le(rows).into_tensor()
}

fn check(query: &Tensor, key: &Tensor, value: &Tensor, options: &Options) -> Result<()> {
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
    ensure!(
        !(options.causal && options.mask.is_some()),
        Runtime,
        "scaled_dot_product_attention(): Explicit attn_mask should not be set when is_causal=True"
    );
    let p = options.dropout;
    ensure!((0.0..=1.0).contains(&p), Runtime, "dropout probability has to be between 0 and 1, but got {p}");
    options.mask.map_or(Ok(()), |mask| check_mask(query, key, mask, options.grouped))
}

/// Refuses masks that do not broadcast to the scores.
fn check_mask(query: &Tensor, key: &Tensor, mask: &Tensor, grouped: bool) -> Result<()> {
    let n = query.ndim();
    ensure!(n != 4 || mask.ndim() >= 2, Index, "{OP}(): Dimension out of range: attn_mask has {} dimensions", mask.ndim());
    let lead = |t: &Tensor| Shape::from_slice(&t.shape()[..t.ndim() - 2]);
    let mut scores = if grouped { lead(query) } else { shape::broadcast_shapes(OP, &lead(query), &lead(key))? };
    if scores.len() == 1 {
        scores.insert(0, 1);
    }
    scores.extend([query.size(n - 2), key.size(key.ndim() - 2)]);
    ensure!(
        shape::is_expandable(&mask.shape(), &scores),
        Runtime,
        "{OP}(): attn_mask of shape {:?} doesn't match the broadcast shape {:?} of the scores",
        &mask.shape()[..],
        &scores[..]
    );
    Ok(())
}
