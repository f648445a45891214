//! Matrix products.

use ferrotorch_core::ops::{distance, einsum, matmul, outer, pinv, vector};
use ferrotorch_core::overlap::Reads;
use ferrotorch_core::{Result, Scalar, Tensor};

use crate::args::{Args, Ints};
use crate::batching::Batching;
use crate::errors::Outcome;
use crate::op::{Decl, Place, Run, op};
use crate::value::Value;

const fn product(name: &'static str, doc: &'static str, overloads: &'static [(&'static str, Run)]) -> Decl {
    op(name, doc, overloads).reads(Reads::Anywhere, Reads::Anywhere)
}

/// `beta * input + alpha * first @ second`.
type SumOfProduct = fn(&Tensor, &Tensor, &Tensor, Scalar, Scalar) -> Result<Tensor>;

/// Runs it; says which arguments input, first, second and beta are, and alpha, which is 1 without.
fn add_product(a: &Args<'_, '_, '_>, run: SumOfProduct, at: [usize; 4], alpha: Option<usize>) -> Outcome<Value> {
    let [x, y, z] = [a.tensor(at[0])?, a.tensor(at[1])?, a.tensor(at[2])?];
    let alpha = alpha.map_or(Ok(Scalar::Int(1)), |alpha| a.scalar(alpha))?;
    let (beta, alpha) = (a.scalar(at[3])?.storable(x.dtype())?, alpha.storable(x.dtype())?);
    Ok(a.run(|| run(x, y, z, beta, alpha))?.into())
}

/// The old ways have the factors before what they belong to, of methods and of functions.
macro_rules! sum_of_product {
    ($name:literal, $doc:literal, $first:literal, $second:literal, $run:path) => {
        op(
            $name,
            $doc,
            &[
                (concat!("(Tensor input, Tensor ", $first, ", Tensor ", $second, ", *, Scalar beta=1, Scalar alpha=1)"), |a| {
                    add_product(a, $run, [0, 1, 2, 3], Some(4))
                }),
                (concat!("(Tensor input, Scalar beta, Tensor ", $first, ", Tensor ", $second, ") !deprecated"), |a| {
                    add_product(a, $run, [0, 2, 3, 1], None)
                }),
                (
                    concat!("(Tensor input, Scalar beta, Scalar alpha, Tensor ", $first, ", Tensor ", $second, ") !deprecated"),
                    |a| add_product(a, $run, [0, 3, 4, 1], Some(2)),
                ),
                (concat!("(Scalar beta, Tensor input, Tensor ", $first, ", Tensor ", $second, ") !deprecated"), |a| {
                    add_product(a, $run, [1, 2, 3, 0], None)
                }),
                (
                    concat!("(Scalar beta, Tensor input, Scalar alpha, Tensor ", $first, ", Tensor ", $second, ") !deprecated"),
                    |a| add_product(a, $run, [1, 3, 4, 0], Some(2)),
                ),
            ],
        )
        .in_place()
        .reads(Reads::InStep, Reads::Anywhere)
    };
}

pub(super) static OPS: &[Decl] = &[
    product(
        "matmul",
        "Matrix product, batched over leading dimensions.",
        &[("(Tensor input, Tensor other)", |a| a.run2(matmul::matmul))],
    )
    .out_of_own_dtype(),
    product("mm", "Product of two matrices.", &[("(Tensor input, Tensor mat2)", |a| a.run2(matmul::mm))]).out_of_own_dtype(),
    product("bmm", "Products of a batch of matrices.", &[("(Tensor input, Tensor mat2)", |a| a.run2(matmul::bmm))])
        .out_of_own_dtype(),
    product("mv", "Product of matrix and vector.", &[("(Tensor input, Tensor vec)", |a| a.run2(matmul::mv))]).out_of_own_dtype(),
    product("dot", "Inner product of two vectors.", &[("(Tensor input, Tensor tensor)", |a| a.run2(matmul::dot))])
        .out_of_own_dtype(),
    product(
        "vdot",
        "Inner product of two vectors, the first conjugated.",
        &[("(Tensor input, Tensor other)", |a| a.run2(matmul::vdot))],
    )
    .node("VdotBackward0")
    .out_of_own_dtype(),
    product(
        "vecdot",
        "Inner products of vectors along a dimension, the first ones conjugated.",
        &[("(Tensor x, Tensor y, *, int dim=-1)", |a| a.run3(vector::vecdot))],
    )
    .at(Place::Linalg)
    .batched(Batching::Rule)
    .out_of_own_dtype(),
    product(
        "cross",
        "Vector products along a dimension of size 3.",
        &[("(Tensor input, Tensor other, *, int dim=-1)", |a| a.run3(vector::cross))],
    )
    .at(Place::Linalg)
    .batched(Batching::Rule)
    .out_of_own_dtype(),
    product(
        "cross",
        "Vector products along a dimension of size 3, the first such where none is named.",
        &[("(Tensor input, Tensor other, int? dim=None)", |a| a.run3(vector::cross_along))],
    )
    .out_of_own_dtype(),
    product(
        "_as_pinv",
        "A pseudoinverse that is differentiated by the matrices that it is of.",
        &[("(Tensor input, Tensor inverse)", |a| a.run2(pinv::as_pinv))],
    )
    .at(Place::Linalg)
    .batched(Batching::Matrices),
    product(
        "_euclidean_dist",
        "Euclidean distances between all rows of two batches of matrices, by a matrix product.",
        &[("(Tensor x1, Tensor x2)", |a| a.run2(distance::euclidean))],
    )
    .at(Place::Linalg)
    .batched(Batching::Matrices),
    op("outer", "Outer product of two vectors.", &[("(Tensor input, Tensor vec2)", |a| a.run2(outer::outer))])
        .alias(&["ger"])
        .out(),
    sum_of_product!("addmm", "`beta * input + alpha * mat1 @ mat2`.", "mat1", "mat2", matmul::addmm).out_of_own_dtype(),
    sum_of_product!("addmv", "`beta * input + alpha * mat @ vec`.", "mat", "vec", matmul::addmv)
        .in_place_both()
        .out_of_own_dtype()
        .node("AddmvBackward0"),
    sum_of_product!("addr", "`beta * input + alpha * outer(vec1, vec2)`.", "vec1", "vec2", outer::addr)
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
            a.run2(|equation: Option<&str>, tensors: Vec<Tensor>| einsum::einsum(equation.unwrap_or_default(), &tensors))
        })],
    )
    .function(),
    op(
        "_tensordot",
        "Contraction over pairs of dimensions.",
        &[("(Tensor a, Tensor b, int[] dims_a, int[] dims_b)", |a| {
            a.run4(|x: &Tensor, y: &Tensor, dims_a: Ints, dims_b: Ints| matmul::tensordot(x, y, &dims_a, &dims_b))
        })],
    )
    .function(),
];
