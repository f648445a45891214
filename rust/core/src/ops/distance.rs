//! Distances between all rows of two matrices.

use crate::autograd::{Grads, SavedTensor, keeping_one, mode, record_one};
use crate::error::Result;
use crate::scalar::Scalar;
use crate::tensor::Tensor;

use super::expr::{Expr, select};
use super::{creation, join, matmul, pointwise, reduce, view};

/// Euclidean distances between all rows of `x` `(.., P, M)` and of `y` `(.., R, M)`, whose other dimensions are alike, as
/// `(.., P, R)`. By `|x - y|^2 = |x|^2 + |y|^2 - 2 x.y` most of it is a matrix product; distances that are small beside the rows
/// themselves lose digits.
pub fn euclidean(x: &Tensor, y: &Tensor) -> Result<Tensor> {
    let distances = mode::no_grad(|| {
        let squares = |rows: &Tensor| reduce::sum(&Expr::from(rows).square().into_tensor()?, Some(&[-1]), true, None);
        let (of_x, of_y) = (squares(x)?, squares(y)?);
        let ones = |like: &Tensor| creation::ones_like(like, None, None);
        // |x|^2 and |y|^2 are two more terms of the product.
        let left = join::cat(&[(Expr::from(x) * -2.0).into_tensor()?, of_x.clone(), ones(&of_x)?], -1)?;
        let right = join::cat(&[y.clone(), ones(&of_y)?, of_y], -1)?;
        let squared = matmul::matmul(&left, &view::transpose(&right, -1, -2)?)?;
        // What is negative is so by rounding; NaN stays.
        let zero = Scalar::Int(0);
        let squared = pointwise::run(&pointwise::arithmetic::MAXIMUM, &[(&squared).into(), zero.into()], &[])?;
        Expr::from(squared).sqrt().into_tensor()
    })?;
    record_one("CdistBackward0", &[x, y], &distances, || {
        let kept = [("x1", SavedTensor::input(x)), ("x2", SavedTensor::input(y)), ("result", SavedTensor::output(&distances, 0))];
        keeping_one(kept, |cx, [x, y, distances], g| {
            let (x, y, distances) = (x.get(cx)?, y.get(cx)?, distances.get(cx)?);
            // Points in one place have no direction from one another, and no derivative.
            let ratio = select(Expr::from(&distances).eq(0.0), 0.0, Expr::from(g) / Expr::from(&distances)).into_tensor()?;
            let turned = view::transpose(&ratio, -1, -2)?;
            Grads::new(cx).set(0, || pulled(&x, &y, &ratio))?.set(1, || pulled(&y, &x, &turned))?.done()
        })
    })?;
    Ok(distances)
}

/// `sum_j ratio[i][j] (rows[i] - others[j])`
fn pulled(rows: &Tensor, others: &Tensor, ratio: &Tensor) -> Result<Tensor> {
    let total = reduce::sum(ratio, Some(&[-1]), true, None)?;
    (Expr::from(rows) * Expr::from(total) - Expr::from(matmul::matmul(ratio, others)?)).into_tensor()
}
