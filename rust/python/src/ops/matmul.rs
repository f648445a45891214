//! Matrix products.

use ferrotorch_core::ops::{einsum, matmul};

use crate::op::{Decl, op};

macro_rules! product {
    ($name:literal, $doc:literal, $second:literal, $run:path) => {
        op(
            $name,
            $doc,
            &[(concat!("(Tensor input, Tensor ", $second, ")"), |a| {
                let (x, y) = (a.tensor(0)?, a.tensor(1)?);
                Ok(a.run(|| $run(x, y))?.into())
            })],
        )
        .out()
    };
}

macro_rules! sum_of_product {
    ($name:literal, $doc:literal, $first:literal, $second:literal, $run:path) => {
        op(
            $name,
            $doc,
            &[(concat!("(Tensor input, Tensor ", $first, ", Tensor ", $second, ", *, Scalar beta=1, Scalar alpha=1)"), |a| {
                let (x, y, z) = (a.tensor(0)?, a.tensor(1)?, a.tensor(2)?);
                let (beta, alpha) = (a.scalar(3)?.fitting(x.dtype())?, a.scalar(4)?.fitting(x.dtype())?);
                Ok(a.run(|| $run(x, y, z, beta, alpha))?.into())
            })],
        )
        .in_place()
        .out()
    };
}

pub(super) static OPS: &[Decl] = &[
    product!("matmul", "Matrix product, batched over leading dimensions.", "other", matmul::matmul),
    product!("mm", "Product of two matrices.", "mat2", matmul::mm),
    product!("bmm", "Products of a batch of matrices.", "mat2", matmul::bmm),
    product!("mv", "Product of matrix and vector.", "vec", matmul::mv),
    product!("dot", "Inner product of two vectors.", "tensor", matmul::dot),
    product!("vdot", "Inner product of two vectors, the first conjugated.", "other", matmul::vdot),
    product!("outer", "Outer product of two vectors.", "vec2", matmul::outer).alias(&["ger"]),
    sum_of_product!("addmm", "`beta * input + alpha * mat1 @ mat2`.", "mat1", "mat2", matmul::addmm),
    sum_of_product!("addmv", "`beta * input + alpha * mat @ vec`.", "mat", "vec", matmul::addmv),
    sum_of_product!("addr", "`beta * input + alpha * outer(vec1, vec2)`.", "vec1", "vec2", matmul::addr),
    sum_of_product!("baddbmm", "`beta * input + alpha * batch1 @ batch2`.", "batch1", "batch2", matmul::baddbmm),
    sum_of_product!("addbmm", "`beta * input + alpha * sum(batch1 @ batch2)`.", "batch1", "batch2", matmul::addbmm),
    op(
        "_einsum",
        "Sum of products by an equation.",
        &[("(str equation, Tensor[] operands)", |a| {
            let (tensors, equation) = (a.tensors(1)?, a.str(0)?.unwrap_or_default());
            Ok(einsum::einsum(equation, &tensors)?.into())
        })],
    )
    .function(),
    op(
        "_tensordot",
        "Contraction over pairs of dimensions.",
        &[("(Tensor a, Tensor b, int[] dims_a, int[] dims_b)", |a| {
            let (x, y, dims_a, dims_b) = (a.tensor(0)?, a.tensor(1)?, a.ints(2)?, a.ints(3)?);
            Ok(a.run(|| matmul::tensordot(x, y, &dims_a, &dims_b))?.into())
        })],
    )
    .function(),
];
