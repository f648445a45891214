//! Matrix products.

use ferrotorch_core::ops::{einsum, matmul};
use ferrotorch_core::overlap::Reads;

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
        .reads(Reads::Anywhere, Reads::Anywhere)
    };
}

macro_rules! sum_of_product {
    ($name:literal, $doc:literal, $first:literal, $second:literal, $run:path) => {
        op(
            $name,
            $doc,
            &[(concat!("(Tensor input, Tensor ", $first, ", Tensor ", $second, ", *, Scalar beta=1, Scalar alpha=1)"), |a| {
                let (x, y, z) = (a.tensor(0)?, a.tensor(1)?, a.tensor(2)?);
                let (beta, alpha) = (a.scalar(3)?.storable(x.dtype())?, a.scalar(4)?.storable(x.dtype())?);
                Ok(a.run(|| $run(x, y, z, beta, alpha))?.into())
            })],
        )
        .in_place()
        .reads(Reads::InStep, Reads::Anywhere)
    };
}

pub(super) static OPS: &[Decl] = &[
    product!("matmul", "Matrix product, batched over leading dimensions.", "other", matmul::matmul).out_of_own_dtype(),
    product!("mm", "Product of two matrices.", "mat2", matmul::mm).out_of_own_dtype(),
    product!("bmm", "Products of a batch of matrices.", "mat2", matmul::bmm).out_of_own_dtype(),
    product!("mv", "Product of matrix and vector.", "vec", matmul::mv).out_of_own_dtype(),
    product!("dot", "Inner product of two vectors.", "tensor", matmul::dot).out_of_own_dtype(),
    product!("vdot", "Inner product of two vectors, the first conjugated.", "other", matmul::vdot).out_of_own_dtype(),
    product!("outer", "Outer product of two vectors.", "vec2", matmul::outer)
        .alias(&["ger"])
        .reads(Reads::InStep, Reads::InStep)
        .out(),
    sum_of_product!("addmm", "`beta * input + alpha * mat1 @ mat2`.", "mat1", "mat2", matmul::addmm).out_of_own_dtype(),
    sum_of_product!("addmv", "`beta * input + alpha * mat @ vec`.", "mat", "vec", matmul::addmv)
        .out_of_own_dtype()
        .node("AddmvBackward0"),
    sum_of_product!("addr", "`beta * input + alpha * outer(vec1, vec2)`.", "vec1", "vec2", matmul::addr)
        .node("AddrBackward0")
        .reads(Reads::InStep, Reads::InStep)
        .out(),
    sum_of_product!("baddbmm", "`beta * input + alpha * batch1 @ batch2`.", "batch1", "batch2", matmul::baddbmm)
        .out_of_own_dtype(),
    sum_of_product!("addbmm", "`beta * input + alpha * sum(batch1 @ batch2)`.", "batch1", "batch2", matmul::addbmm)
        .out_of_own_dtype(),
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
