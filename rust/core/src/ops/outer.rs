//! Outer products of vectors, and sums with them.

use crate::autograd::needs_record;
use crate::dtype::DType;
use crate::ensure;
use crate::error::Result;
use crate::promote::Promotion;
use crate::scalar::Scalar;
use crate::tensor::Tensor;

use super::matmul::{check_expansion, require_ndim, scaled};
use super::{arithmetic, cast, creation, view};

/// Outer product of two vectors.
pub fn outer(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    require_ndim("outer", "self", a, 1)?;
    require_ndim("outer", "vec2", b, 1)?;
    arithmetic::mul(&view::reshape(a, &[-1, 1])?, b)
}

/// `beta * input + alpha * outer(a, b)`, in the dtype that all three are promoted to.
pub fn addr(input: &Tensor, a: &Tensor, b: &Tensor, beta: Scalar, alpha: Scalar) -> Result<Tensor> {
    // Tensors of no dimension count as others do.
    let dtype = [input, a, b].iter().fold(Promotion::default(), |p, t| p.tensor(t.dtype(), 1)).result()?;
    check_factor(dtype, "beta", beta)?;
    check_factor(dtype, "alpha", alpha)?;
    let product = outer(&cast::to_dtype(a, dtype)?, &cast::to_dtype(b, dtype)?)?;
    check_expansion("addr", input, &product.shape())?;
    // Factors of truth values are truth values.
    let factor = |x: Scalar| if dtype == DType::Bool { Scalar::Bool(x.to_bool()) } else { x };
    let product = scaled(product, factor(alpha))?;
    if !beta.to_bool() {
        // The input is not looked at, and has a gradient of zeros.
        let nothing = || creation::fill(&cast::to_dtype(input, dtype)?, Scalar::Int(0));
        return if needs_record(&[input]) { arithmetic::add(&nothing()?, &product) } else { Ok(product) };
    }
    arithmetic::add(&scaled(cast::to_dtype(input, dtype)?, factor(beta))?, &product)
}

/// Refuses a factor that numbers of the dtype cannot be multiplied by.
fn check_factor(dtype: DType, name: &str, factor: Scalar) -> Result<()> {
    ensure!(
        dtype == DType::Bool || !matches!(factor, Scalar::Bool(_)),
        Runtime,
        "addr(): Boolean {name} only supported for Boolean results."
    );
    ensure!(
        !(dtype.is_integral() && matches!(factor, Scalar::Float(_))),
        Runtime,
        "addr(): For integral input tensors, argument {name} must not be a floating point number."
    );
    ensure!(
        dtype.is_complex() || !matches!(factor, Scalar::Complex(_)),
        Runtime,
        "addr(): For non-complex input tensors, argument {name} must not be a complex number."
    );
    Ok(())
}
