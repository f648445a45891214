//! Scaled dot-product attention.

use smallvec::SmallVec;

use crate::bail;
use crate::dtype::DType;
use crate::ensure;
use crate::error::Result;
use crate::random::Generator;
use crate::scalar::Scalar;
use crate::tensor::Tensor;

use super::expr::{Expr, select};
use super::{cast, creation, matmul, random, softmax, view};

/// `softmax(query @ key^T * scale + mask) @ value` over the last two dimensions: query `(.., L, E)`, key `(.., S, E)`,
/// value `(.., S, V)`; the scale is `1 / sqrt(E)` unless given. A bool mask `(.., L, S)` says which keys take part, a
/// float mask is added. `causal` lets row `i` see the keys up to `i`. Rows that see no key give 0.
pub fn scaled_dot_product_attention(
    query: &Tensor,
    key: &Tensor,
    value: &Tensor,
    mask: Option<&Tensor>,
    dropout: f64,
    causal: bool,
    scale: Option<f64>,
    generator: &Generator,
) -> Result<Tensor> {
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
        !(causal && mask.is_some()),
        Runtime,
        "scaled_dot_product_attention(): Explicit attn_mask should not be set when is_causal=True"
    );
    if query.dtype().accumulate() != query.dtype() {
        // Half types are computed in float32: scores and weights would lose more than the results hold.
        let wide = |t: &Tensor| cast::to_dtype(t, t.dtype().accumulate());
        let mask = mask.map(|m| if m.dtype() == query.dtype() { wide(m) } else { Ok(m.clone()) }).transpose()?;
        let (q, k, v) = (wide(query)?, wide(key)?, wide(value)?);
        let out = scaled_dot_product_attention(&q, &k, &v, mask.as_ref(), dropout, causal, scale, generator)?;
        return cast::to_dtype(&out, query.dtype());
    }
    let width = query.size(query.ndim() - 1);
    let scale = scale.unwrap_or(1.0 / (width as f64).sqrt());
    let scaled = (Expr::from(query) * scale).into_tensor()?;
    let mut scores = matmul::matmul(&scaled, &view::transpose(key, -2, -1)?)?;
    let mut visible = None;
    match mask {
        Some(mask) if mask.dtype() == DType::Bool => visible = Some(mask.clone()),
        Some(mask) if mask.dtype() == query.dtype() => scores = (Expr::from(scores) + Expr::from(mask)).into_tensor()?,
        Some(mask) => bail!(
            Runtime,
            "scaled_dot_product_attention(): Expected attn_mask dtype to be bool or the query's ({}), got {}",
            query.dtype().name(),
            mask.dtype().name()
        ),
        None if causal => visible = Some(lower_triangle(&scores)?),
        None => {}
    }
    if let Some(visible) = &visible {
        scores = select(Expr::from(visible), scores, f64::NEG_INFINITY).into_tensor()?;
    }
    let mut weights = softmax::softmax(&scores, -1, None)?;
    if let (Some(visible), Some(_)) = (&visible, mask) {
        // A row without a visible key has no softmax.
        weights = select(Expr::from(visible), weights, 0.0).into_tensor()?;
    }
    let weights = random::dropout(&weights, dropout, dropout > 0.0, generator)?;
    matmul::matmul(&weights, value)
}

/// True where the column is not above the row, in the shape of the last two dimensions.
fn lower_triangle(scores: &Tensor) -> Result<Tensor> {
    let n = scores.ndim();
    let range = |size: usize| creation::range(Scalar::Int(0), Scalar::Int(1), size, DType::Int64, scores.device());
    let column: SmallVec<[i64; 2]> = SmallVec::from_slice(&[-1, 1]);
    let rows = view::reshape(&range(scores.size(n - 2))?, &column)?;
    Expr::from(range(scores.size(n - 1))?).le(rows).into_tensor()
}
