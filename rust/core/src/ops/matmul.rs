//! Products of matrices and vectors.
//!
//! Everything comes down to one recorded product of 3-D tensors, [`batched`], or to [`linear`], which folds the bias in.

use smallvec::{SmallVec, smallvec};

use crate::array::{Array, Operand};
use crate::autograd::many::shape_behind;
use crate::autograd::{
    Context, Gradients, Grads, SavedTensor, at_once, forward, is_differentiated, is_tracked, keeping_both, record, telling,
};
use crate::backend;
use crate::dtype::DType;
use crate::ensure;
use crate::error::{Error, Kind, Result};
use crate::kernel::Kernel;
use crate::layout::Layout;
use crate::scalar::Scalar;
use crate::shape::{self, Shape};
use crate::tensor::Tensor;

use super::expr::{Expr, conjugate};
use super::reduce::{as_i64, sum};
use super::view::{self, expand, reshape};

/// Runs `alpha * a @ b + beta * c` on 3-D arrays, without history.
fn launch(op: &'static str, a: Array, b: Array, c: Operand, alpha: Scalar, beta: Scalar) -> Result<Array> {
    check_operands(op, &a, &b)?;
    let shape = [a.shape()[0], a.shape()[1], b.shape()[2]];
    if shape[0] > 1
        && matches!(c, Operand::None)
        && let Some([a, b]) = as_one_product(&a, &b)
    {
        return Ok(launch(op, a, b, c, alpha, beta)?.with_layout(Layout::contiguous(&shape)));
    }
    let output = (Layout::contiguous(&shape), a.dtype);
    let device = a.device();
    let [out] = backend::compute(op, &Kernel::MatMul { alpha, beta }, &[a.into(), b.into(), c], [output], device)?;
    Ok(out)
}

fn check_operands(op: &'static str, a: &Array, b: &Array) -> Result<()> {
    if a.device() != b.device() {
        return Err(Kind::Devices { op, lhs: a.device(), rhs: b.device() }.into());
    }
    if a.dtype == DType::Bool {
        return Err(Error::dtype(op, a.dtype, "convert to an integer or float dtype first"));
    }
    ensure!(
        a.dtype == b.dtype,
        Runtime,
        "{op}(): expected m1 and m2 to have the same dtype, but got: {} != {} (expected scalar type {} but found {})",
        a.dtype.name(),
        b.dtype.name(),
        a.dtype.legacy_name(),
        b.dtype.legacy_name()
    );
    Ok(())
}

/// The factors of one product that is that of a stack, where the stack repeats one matrix without memory and the others' rows,
/// or vectors, lie one behind the other.
fn as_one_product(a: &Array, b: &Array) -> Option<[Array; 2]> {
    let (&[stack, m, k], &[_, _, n]) = (a.shape(), b.shape()) else { return None };
    if b.layout.strides()[0] == 0 {
        let rows = a.layout.view(&[1, stack * m, k])?;
        return Some([a.with_layout(rows), b.with_layout(b.layout.select(0, 0).unsqueeze(0))]);
    }
    if a.layout.strides()[0] == 0 && n == 1 {
        let rows = b.layout.view(&[1, stack, k])?;
        return Some([b.with_layout(rows), a.with_layout(a.layout.select(0, 0).transpose(0, 1).unsqueeze(0))]);
    }
    None
}

#[cold]
fn mismatch(op: &'static str, a: &[usize], b: &[usize]) -> Error {
    let rows = |s: &[usize]| s.iter().map(usize::to_string).collect::<Vec<_>>().join("x");
    Error::runtime(format!("{op}(): mat1 and mat2 shapes cannot be multiplied ({} and {})", rows(a), rows(b)))
}

/// The last two dimensions exchanged, conjugated where complex: what the derivative of a product multiplies with.
pub(super) fn adjoint(x: &Tensor) -> Result<Tensor> {
    conjugate(view::transpose(x, -2, -1)?).into_tensor()
}

/// A layout with a leading dimension of size 1 unless it is 3-D already.
fn as_3d(array: &Array) -> Array {
    if array.layout.ndim() == 3 { array.clone() } else { array.with_layout(array.layout.unsqueeze(0)) }
}

/// `a @ b` for two matrices or two stacks of equally many matrices, with the history of node `node`.
fn product(op: &'static str, node: &'static str, a: &Tensor, b: &Tensor) -> Result<Tensor> {
    let (x, y) = (a.array(), b.array());
    product_shape(op, &x, &y)?;
    let out = without_stack(launch(op, as_3d(&x), as_3d(&y), Operand::None, Scalar::Int(1), Scalar::Int(0))?, &x);
    record(node, &[a, b], &[&out], || {
        let back = move |cx: &Context, [a, b]: &[SavedTensor; 2], g: &Tensor| {
            let product = |a: &Tensor, b: &Tensor| product_behind(cx.lead, op, node, a, b);
            let of_a = || product(g, &adjoint(&b.get(cx)?)?);
            let of_b = || product(&adjoint(&a.get(cx)?)?, g);
            Grads::new(cx).set(0, of_a)?.set(1, of_b)?.done()
        };
        at_once(keeping_both(kept_factors(["self", "mat2"], a, b), back, along(move |a, b| product(op, node, a, b))))
    })?;
    Ok(out)
}

/// [`product`] where one of the factors may have `lead` dimensions in front.
fn product_behind(lead: usize, op: &'static str, node: &'static str, a: &Tensor, b: &Tensor) -> Result<Tensor> {
    if lead == 0 { product(op, node, a, b) } else { matmul(a, b) }
}

/// The shape of a product of two matrices, or of two stacks of equally many.
fn product_shape(op: &'static str, a: &Array, b: &Array) -> Result<Shape> {
    let n = a.layout.ndim();
    if a.shape()[n - 1] != b.shape()[n - 2] || (n == 3 && a.shape()[0] != b.shape()[0]) {
        return Err(mismatch(op, a.shape(), b.shape()));
    }
    Ok(a.shape()[..n - 1].iter().chain(&b.shape()[n - 1..]).copied().collect())
}

/// A product as a tensor of as many dimensions as its first factor has.
fn without_stack(out: Array, a: &Array) -> Tensor {
    Tensor::from_array(if a.layout.ndim() == 2 { out.with_layout(out.layout.squeeze(0)) } else { out })
}

/// The way that the tangents of two factors go along with their product.
pub(super) fn along(
    product: impl Fn(&Tensor, &Tensor) -> Result<Tensor> + Send + Sync,
) -> impl Fn(&Context, &[SavedTensor; 2], &[Option<Tensor>]) -> Result<Gradients> + Send + Sync {
    move |cx, kept, tangents| Ok(smallvec![forward::of_product(cx, kept, [&tangents[0], &tangents[1]], &product)?])
}

/// The factors of a product, each where the other's gradient will need it.
pub(super) fn kept_factors(names: [&'static str; 2], a: &Tensor, b: &Tensor) -> [(&'static str, SavedTensor); 2] {
    let [of_a, of_b] = names;
    [(of_a, SavedTensor::input_if(is_tracked(b), a)), (of_b, SavedTensor::input_if(is_tracked(a), b))]
}

pub(super) fn require_ndim(op: &'static str, what: &str, t: &Tensor, ndim: usize) -> Result<()> {
    ensure!(t.ndim() == ndim, Runtime, "{op}(): {what} must be a {ndim}-D tensor, got shape {:?}", &t.shape()[..]);
    Ok(())
}

/// Matrix product `(m, k) @ (k, n)`.
pub fn mm(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    require_ndim("mm", "self", a, 2)?;
    require_ndim("mm", "mat2", b, 2)?;
    product("mm", "MmBackward0", a, b)
}

/// Products of stacks of matrices `(b, m, k) @ (b, k, n)`.
pub fn bmm(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    require_ndim("bmm", "batch1", a, 3)?;
    require_ndim("bmm", "batch2", b, 3)?;
    product("bmm", "BmmBackward0", a, b)
}

/// Matrix times vector.
pub fn mv(a: &Tensor, v: &Tensor) -> Result<Tensor> {
    require_ndim("mv", "self", a, 2)?;
    require_ndim("mv", "vec", v, 1)?;
    if a.size(1) != v.size(0) {
        return Err(mismatch("mv", &a.shape(), &v.shape()));
    }
    let (x, y) = (a.array(), v.array());
    let column = y.with_layout(y.layout.unsqueeze(1).unsqueeze(0));
    let out = launch("mv", as_3d(&x), column, Operand::None, Scalar::Int(1), Scalar::Int(0))?;
    let out = Tensor::from_array(out.with_layout(Layout::contiguous(&x.shape()[..1])));
    record("MvBackward0", &[a, v], &[&out], || {
        let back = |cx: &Context, [a, v]: &[SavedTensor; 2], g: &Tensor| {
            let of_a = || super::arithmetic::mul(&view::unsqueeze(g, -1)?, &conjugate(v.get(cx)?).into_tensor()?);
            let of_v = || {
                let a = adjoint(&a.get(cx)?)?;
                if cx.lead == 0 { mv(&a, g) } else { matmul(g, &view::transpose(&a, 0, 1)?) }
            };
            Grads::new(cx).set(0, of_a)?.set(1, of_v)?.done()
        };
        at_once(keeping_both(kept_factors(["self", "vec"], a, v), back, along(mv)))
    })?;
    Ok(out)
}

/// Inner product of two vectors.
pub fn dot(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    ensure!(
        a.ndim() == 1 && b.ndim() == 1,
        Runtime,
        "dot(): 1D tensors expected, but got {}D and {}D tensors",
        a.ndim(),
        b.ndim()
    );
    ensure!(
        a.numel() == b.numel(),
        Runtime,
        "dot(): inconsistent tensor size, expected tensor [{}] and src [{}] to have the same number of elements",
        a.numel(),
        b.numel()
    );
    let (x, y) = (a.array(), b.array());
    let row = x.with_layout(x.layout.unsqueeze(0).unsqueeze(0));
    let column = y.with_layout(y.layout.unsqueeze(1).unsqueeze(0));
    let out = launch("dot", row, column, Operand::None, Scalar::Int(1), Scalar::Int(0))?;
    let out = Tensor::from_array(out.with_layout(Layout::contiguous(&[])));
    record("DotBackward0", &[a, b], &[&out], || {
        let back = |cx: &Context, [a, b]: &[SavedTensor; 2], g: &Tensor| {
            let g = if cx.lead == 0 { g.clone() } else { view::unsqueeze(g, -1)? };
            let by = |factor: &SavedTensor| (Expr::from(&g) * conjugate(factor.get(cx)?)).into_tensor();
            Grads::new(cx).set(0, || by(b))?.set(1, || by(a))?.done()
        };
        at_once(keeping_both(kept_factors(["self", "tensor"], a, b), back, along(dot)))
    })?;
    Ok(out)
}

/// Inner product with the first vector conjugated.
pub fn vdot(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    dot(&conjugate(a.clone()).into_tensor()?, b)
}

/// Matrix product with NumPy's rules: vectors gain a dimension that the result loses, leading dimensions broadcast.
pub fn matmul(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    match (a.ndim(), b.ndim()) {
        (0, _) | (_, 0) => Err(Error::runtime("matmul(): both arguments need to be at least 1D, but they are 0D")),
        (1, 1) => dot(a, b),
        (2, 1) => mv(a, b),
        (2, 2) => product("matmul", "MmBackward0", a, b),
        (1, _) => {
            let row = reshape(a, &[1, -1])?;
            view::squeeze_dim(&matmul(&row, b)?, -2)
        }
        (_, 1) => {
            let column = reshape(b, &[-1, 1])?;
            let out = matmul(a, &column)?;
            let shape = as_i64(&out.shape());
            view::unsafe_view(&out, &shape[..shape.len() - 1])
        }
        (_, 2) => fold_into_rows(a, b),
        _ => broadcast_matmul(a, b),
    }
}

/// `(.., m, k) @ (k, n)`: the leading dimensions join the rows.
fn fold_into_rows(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    let mut shape = as_i64(&a.shape());
    let k = a.size(a.ndim() - 1);
    if k != b.size(0) {
        return Err(mismatch("matmul", &a.shape(), &b.shape()));
    }
    let rows: usize = a.shape()[..a.ndim() - 1].iter().product();
    let out = product("matmul", "MmBackward0", &reshape(a, &[rows as i64, k as i64])?, b)?;
    let last = shape.len() - 1;
    shape[last] = b.size(1) as i64;
    view::unsafe_view(&out, &shape)
}

fn broadcast_matmul(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    let (sa, sb) = (a.shape(), b.shape());
    let batch = |s: &Shape| Shape::from_slice(&s[..s.len() - 2]);
    let lead = shape::broadcast_shapes("matmul", &batch(&sa), &batch(&sb))?;
    let stacked = |t: &Tensor, s: &Shape| -> Result<Tensor> {
        let (m, n) = (s[s.len() - 2] as i64, s[s.len() - 1] as i64);
        let mut wide = as_i64(&lead);
        wide.extend([m, n]);
        let t = if s[..s.len() - 2] == lead[..] { t.clone() } else { expand(t, &wide)? };
        reshape(&t, &[shape::numel(&lead) as i64, m, n])
    };
    let out = product("matmul", "BmmBackward0", &stacked(a, &sa)?, &stacked(b, &sb)?)?;
    let mut shape = as_i64(&lead);
    shape.extend([sa[sa.len() - 2] as i64, sb[sb.len() - 1] as i64]);
    view::unsafe_view(&out, &shape)
}

/// `beta * input + alpha * (a @ b)`; where `beta` is 0 the input's values do not matter, not even NaN.
pub fn addmm(input: &Tensor, a: &Tensor, b: &Tensor, beta: Scalar, alpha: Scalar) -> Result<Tensor> {
    require_ndim("addmm", "mat1", a, 2)?;
    require_ndim("addmm", "mat2", b, 2)?;
    sum_with_product("addmm", "AddmmBackward0", input, a, b, beta, alpha)
}

/// `beta * input + alpha * (a @ v)`
pub fn addmv(input: &Tensor, a: &Tensor, v: &Tensor, beta: Scalar, alpha: Scalar) -> Result<Tensor> {
    require_ndim("addmv", "mat", a, 2)?;
    require_ndim("addmv", "vec", v, 1)?;
    if a.size(1) != v.size(0) {
        return Err(mismatch("addmv", &a.shape(), &v.shape()));
    }
    let (rows, beta, alpha) = (a.size(0), truncated(beta, a), truncated(alpha, a));
    check_sum("addmv", input, &[rows], [a.dtype(), v.dtype()], beta, alpha)?;
    let input = view::unsqueeze(&expand(input, &[rows as i64])?, 1)?;
    let out = sum_with_product("addmv", "AddmvBackward0", &input, a, &view::unsqueeze(v, 1)?, beta, alpha)?;
    view::squeeze_dim(&out, 1)
}

/// `beta * input + alpha * bmm(a, b)`
pub fn baddbmm(input: &Tensor, a: &Tensor, b: &Tensor, beta: Scalar, alpha: Scalar) -> Result<Tensor> {
    require_ndim("baddbmm", "batch1", a, 3)?;
    require_ndim("baddbmm", "batch2", b, 3)?;
    sum_with_product("baddbmm", "BaddbmmBackward0", input, a, b, truncated(beta, a), truncated(alpha, a))
}

/// `beta * input + alpha * sum of bmm(a, b) over the stack`
pub fn addbmm(input: &Tensor, a: &Tensor, b: &Tensor, beta: Scalar, alpha: Scalar) -> Result<Tensor> {
    require_ndim("addbmm", "batch1", a, 3)?;
    require_ndim("addbmm", "batch2", b, 3)?;
    if a.size(0) != b.size(0) || a.size(2) != b.size(1) {
        return Err(mismatch("addbmm", &a.shape(), &b.shape()));
    }
    // One product whose inner dimension is the stack's and the matrices' together: its sums are rounded once.
    let inner = (a.size(0) * a.size(2)) as i64;
    let wide = reshape(&view::transpose(a, 0, 1)?, &[a.size(1) as i64, inner])?;
    let tall = reshape(b, &[inner, b.size(2) as i64])?;
    sum_with_product("addbmm", "AddbmmBackward0", input, &wide, &tall, truncated(beta, a), truncated(alpha, a))
}

/// A factor of integer products is an integer, too.
fn truncated(factor: Scalar, of: &Tensor) -> Scalar {
    match factor {
        Scalar::Float(x) if of.dtype().is_integral() => Scalar::Int(x as i64),
        other => other,
    }
}

/// Checks what is added to a product of a shape, the dtypes of its two factors, and the numbers that both are multiplied by.
fn check_sum(op: &'static str, input: &Tensor, shape: &[usize], factors: [DType; 2], beta: Scalar, alpha: Scalar) -> Result<()> {
    check_expansion(op, input, shape)?;
    check_dtypes_of_sum(op, input.dtype(), factors)?;
    ensure!(
        !(input.dtype().is_integral() && (matches!(alpha, Scalar::Float(_)) || matches!(beta, Scalar::Float(_)))),
        Runtime,
        "{op}(): For integral input tensors, argument alpha and beta must not be a floating point number."
    );
    Ok(())
}

/// Refuses what cannot be expanded to the shape of a product.
pub(super) fn check_expansion(op: &'static str, input: &Tensor, shape: &[usize]) -> Result<()> {
    ensure!(
        shape::is_expandable(&input.shape(), shape),
        Runtime,
        "{op}(): the expanded size of the input {:?} must match the shape of the product {shape:?}",
        &input.shape()[..]
    );
    Ok(())
}

/// Refuses a sum with a product whose dtypes differ.
fn check_dtypes_of_sum(op: &'static str, input: DType, [mat1, mat2]: [DType; 2]) -> Result<()> {
    for (name, dtype) in [("self", input), ("mat1", mat1)] {
        ensure!(
            dtype == mat2,
            Runtime,
            "{op}(): Input dtypes must be the same: {name} and mat2 must have the same dtype, but got {} and {}",
            dtype.legacy_name(),
            mat2.legacy_name()
        );
    }
    Ok(())
}

fn is_one(x: Scalar) -> bool {
    x.to_complex() == Scalar::Int(1).to_complex()
}

/// `factor * x`; `x` itself for a factor of 1.
pub(super) fn scaled(x: Tensor, factor: Scalar) -> Result<Tensor> {
    if is_one(factor) { Ok(x) } else { super::arithmetic::mul(&x, factor) }
}

fn conjugate_of(factor: Scalar) -> Scalar {
    match factor {
        Scalar::Complex(z) => Scalar::Complex(z.conj()),
        real => real,
    }
}

/// `beta * input + alpha * (a @ b)` for two matrices or two stacks of them, rounded once, with the history of node `node`.
fn sum_with_product(
    op: &'static str,
    node: &'static str,
    input: &Tensor,
    a: &Tensor,
    b: &Tensor,
    beta: Scalar,
    alpha: Scalar,
) -> Result<Tensor> {
    let (x, y) = (a.array(), b.array());
    let shape = product_shape(op, &x, &y)?;
    check_sum(op, input, &shape, [x.dtype, y.dtype], beta, alpha)?;
    let (left, right, factor) = factors(op, as_3d(&x), as_3d(&y), alpha);
    let out = launch(op, left, right, addend(op, input, &shape, &x, beta)?, factor, beta)?;
    let out = without_stack(out, &x);
    record(node, &[input, a, b], &[&out], || {
        let names = if x.layout.ndim() == 2 { ["mat1", "mat2"] } else { ["batch1", "batch2"] };
        let (back_beta, back_alpha) = (conjugate_of(beta), conjugate_of(alpha));
        let back = move |cx: &Context, [a, b]: &[SavedTensor; 2], g: &Tensor| {
            let back = |a: &Tensor, b: &Tensor| scaled(product_behind(cx.lead, op, node, a, b)?, back_alpha);
            Grads::new(cx)
                .set(0, || scaled(g.clone(), back_beta))?
                .set(1, || back(g, &adjoint(&b.get(cx)?)?))?
                .set(2, || back(&adjoint(&a.get(cx)?)?, g))?
                .done()
        };
        let rule = keeping_both(kept_factors(names, a, b), back, move |cx, kept, tangents| {
            let along = |a: &Tensor, b: &Tensor| scaled(product(op, node, a, b)?, alpha);
            let of_product = forward::of_product(cx, kept, [&tangents[1], &tangents[2]], along)?;
            let of_input = tangents[0].clone().map(|tangent| scaled(tangent, beta)).transpose()?;
            Ok(smallvec![forward::sum(of_product, of_input)?])
        });
        at_once(telling([("beta", beta.into()), ("alpha", alpha.into())], rule))
    })?;
    Ok(out)
}

/// The factors of a product, and what it is multiplied by. As in BLAS, nothing is computed where that is 0, or where there is
/// nothing to sum: then neither infinities nor NaN come into the result.
fn factors(op: &'static str, left: Array, right: Array, alpha: Scalar) -> (Array, Array, Scalar) {
    let is_void = left.shape()[2] == 0 || op != "baddbmm" && !alpha.to_bool();
    if !is_void {
        return (left, right, alpha);
    }
    let (rows, columns) = (left.layout.slice(2, 0, 0, 1), right.layout.slice(1, 0, 0, 1));
    (left.with_layout(rows), right.with_layout(columns), Scalar::Int(1))
}

/// What is added to a product, as the kernel takes it: nothing where the factor is 0.
fn addend(op: &'static str, input: &Tensor, shape: &[usize], like: &Array, beta: Scalar) -> Result<Operand> {
    let array = input.array();
    if array.device() != like.device() {
        return Err(Kind::Devices { op, lhs: array.device(), rhs: like.device() }.into());
    }
    match array.layout.expand(shape) {
        Some(layout) if beta.to_bool() => Ok(as_3d(&array.with_layout(layout)).into()),
        _ => Ok(Operand::None),
    }
}

/// `input @ weight^T + bias`: input `(.., in)`, weight `(out, in)`, bias `(out)`. One node, the bias folded into the
/// product.
pub fn linear(input: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Result<Tensor> {
    let (x, w) = (input.array(), weight.array());
    if w.layout.ndim() != 2 || x.layout.ndim() < 1 {
        ensure!(
            w.layout.ndim() > 1 || bias.is_none(),
            Runtime,
            "linear(): with a bias the weight must be a matrix, got {}-D",
            w.layout.ndim()
        );
        let out = matmul(input, &if weight.ndim() == 2 { view::transpose(weight, 0, 1)? } else { weight.clone() })?;
        return bias.map_or(Ok(out.clone()), |b| super::arithmetic::add(&out, b));
    }
    let (features, units) = (w.shape()[1], w.shape()[0]);
    let n = x.layout.ndim();
    if x.shape()[n - 1] != features {
        return Err(mismatch("linear", x.shape(), &[features, units]));
    }
    let lead = Shape::from_slice(&x.shape()[..n - 1]);
    let rows = shape::numel(&lead);
    let flat = match x.layout.view(&[1, rows, features]) {
        Some(layout) => x.with_layout(layout),
        None => x.to_dtype(x.dtype)?.with_layout(Layout::contiguous(&[1, rows, features])),
    };
    let (c, beta) = bias_operand(bias, units, rows, [x.dtype, w.dtype])?;
    let out = launch("linear", flat, as_3d(&w).with_layout(w.layout.transpose(0, 1).unsqueeze(0)), c, Scalar::Int(1), beta)?;
    let shape: Shape = lead.iter().copied().chain([units]).collect();
    let out = Tensor::from_array(out.with_layout(Layout::contiguous(&shape)));
    // What is added comes first, as in a sum with a product.
    let inputs: SmallVec<[&Tensor; 3]> = bias.into_iter().chain([input, weight]).collect();
    let node = if bias.is_some() { "AddmmBackward0" } else { "MmBackward0" };
    let kept = || kept_factors(["mat1", "weight"], input, weight);
    record(node, &inputs, &[&out], || at_once(keeping_both(kept(), linear_backward, linear_tangent)))?;
    Ok(out)
}

fn bias_operand(bias: Option<&Tensor>, units: usize, rows: usize, factors: [DType; 2]) -> Result<(Operand, Scalar)> {
    let Some(bias) = bias else { return Ok((Operand::None, Scalar::Int(0))) };
    let array = bias.array();
    check_dtypes_of_sum("linear", array.dtype, factors)?;
    let Some(layout) = array.layout.expand(&[1, rows, units]) else {
        return Err(Error::runtime(format!("linear(): bias of shape {:?} does not fit {units} output features", array.shape())));
    };
    Ok((array.with_layout(layout).into(), Scalar::Int(1)))
}

/// `g` summed over the rows, where there is a bias, `g @ w` and `g^T @ x`.
fn linear_backward(cx: &Context, [x, w]: &[SavedTensor; 2], g: &Tensor) -> Result<Gradients> {
    let units = g.size(g.ndim() - 1);
    let count = shape::numel(&g.shape()[cx.lead..g.ndim() - 1]);
    let stack = shape_behind(g, cx.lead, &[count as i64, units as i64]);
    let rows = reshape(g, &stack)?;
    let of_x = || {
        let w = conjugate(w.get(cx)?).into_tensor()?;
        let mut shape = as_i64(&g.shape());
        let last = shape.len() - 1;
        shape[last] = w.size(1) as i64;
        reshape(&product_behind(cx.lead, "linear", "MmBackward0", &rows, &w)?, &shape)
    };
    let of_w = || {
        let x = conjugate(x.get(cx)?).into_tensor()?;
        let x = reshape(&x, &[count as i64, x.size(x.ndim() - 1) as i64])?;
        product_behind(cx.lead, "linear", "MmBackward0", &view::transpose(&rows, -2, -1)?, &x)
    };
    let of_bias = || sum(&rows, Some(&[cx.lead as i64]), false, None);
    if cx.needs.len() == 2 {
        return Grads::new(cx).set(0, of_x)?.set(1, of_w)?.done();
    }
    if cx.lead == 0 && matches!(cx.needs, [true, _, true]) && !is_differentiated() {
        let mut grads = Grads::new(cx).set(1, of_x)?.done()?;
        let (of_w, of_bias) = weight_and_bias_gradients(&rows, &x.get(cx)?)?;
        (grads[0], grads[2]) = (Some(of_bias), Some(of_w));
        return Ok(grads);
    }
    Grads::new(cx).set(0, of_bias)?.set(1, of_x)?.set(2, of_w)?.done()
}

/// `g^T @ x` and `g` summed over the rows, by one kernel.
fn weight_and_bias_gradients(g: &Tensor, x: &Tensor) -> Result<(Tensor, Tensor)> {
    let x = conjugate(x.clone()).into_tensor()?;
    let x = reshape(&x, &[g.size(0) as i64, x.size(x.ndim() - 1) as i64])?;
    let (g, x) = (g.array(), x.array());
    check_operands("linear", &g, &x)?;
    let (units, features) = (g.shape()[1], x.shape()[1]);
    let outputs = [[1, units, features], [1, units, 1]].map(|shape| (Layout::contiguous(&shape), g.dtype));
    let (device, turned) = (g.device(), g.with_layout(g.layout.transpose(0, 1).unsqueeze(0)));
    let kernel = Kernel::MatMul { alpha: Scalar::Int(1), beta: Scalar::Int(0) };
    let [of_w, of_bias] = backend::compute("linear", &kernel, &[turned.into(), as_3d(&x).into()], outputs, device)?;
    let of_bias = of_bias.with_layout(of_bias.layout.squeeze(2).squeeze(0));
    Ok((without_stack(of_w, &x), Tensor::from_array(of_bias)))
}

/// The tangent of the result: the bias's is folded into the product with the input's.
fn linear_tangent(cx: &Context, [x, w]: &[SavedTensor; 2], tangents: &[Option<Tensor>]) -> Result<Gradients> {
    let (bias, of_x, of_w) = match tangents {
        [bias, of_x, of_w] => (bias.as_ref(), of_x, of_w),
        _ => (None, &tangents[0], &tangents[1]),
    };
    let by_weight = of_w.as_ref().map(|tangent| linear(&x.get(cx)?, tangent, None)).transpose()?;
    let by_input = match of_x {
        Some(tangent) => Some(linear(tangent, &w.get(cx)?, bias)?),
        None => bias.cloned(),
    };
    Ok(smallvec![forward::sum(by_input, by_weight)?])
}

/// Contracts `dims_a` of `a` with `dims_b` of `b`, pair by pair.
pub fn tensordot(a: &Tensor, b: &Tensor, dims_a: &[i64], dims_b: &[i64]) -> Result<Tensor> {
    ensure!(
        dims_a.len() == dims_b.len(),
        Runtime,
        "tensordot(): both dimension lists should have same length, got {dims_a:?} and {dims_b:?}"
    );
    let (da, db) = (shape::wrap_dims("tensordot", dims_a, a.ndim())?, shape::wrap_dims("tensordot", dims_b, b.ndim())?);
    // A dimension of size 1 broadcasts: the other's is summed first.
    let summed = |t: &Tensor, dims: &[usize], other: &Tensor, others: &[usize]| {
        let wide: SmallVec<[i64; 5]> =
            dims.iter().zip(others).filter(|&(&d, &o)| t.size(d) != 1 && other.size(o) == 1).map(|(&d, _)| d as i64).collect();
        if wide.is_empty() { Ok(t.clone()) } else { sum(t, Some(&wide), true, Some(t.dtype())) }
    };
    let (a, b) = (&summed(a, &da, b, &db)?, &summed(b, &db, a, &da)?);
    for (&x, &y) in da.iter().zip(&db) {
        ensure!(
            a.size(x) == b.size(y),
            Runtime,
            "tensordot(): contracted dimensions need to match, but first has size {} in dim {x} and second has size {} in dim {y}",
            a.size(x),
            b.size(y)
        );
    }
    let free = |t: &Tensor, used: &[usize]| {
        (0..t.ndim()).filter(|d| !used.contains(d)).map(|d| d as i64).collect::<SmallVec<[i64; 5]>>()
    };
    let (fa, fb) = (free(a, &da), free(b, &db));
    let order = |first: &[i64], second: &[i64]| first.iter().chain(second).copied().collect::<SmallVec<[i64; 5]>>();
    let (ca, cb): (SmallVec<[i64; 5]>, SmallVec<[i64; 5]>) =
        (da.iter().map(|&d| d as i64).collect(), db.iter().map(|&d| d as i64).collect());
    let (left, right) = (view::permute(a, &order(&fa, &ca))?, view::permute(b, &order(&cb, &fb))?);
    let contracted: i64 = da.iter().map(|&d| a.size(d) as i64).product();
    let sizes = |t: &Tensor, dims: &[i64]| dims.iter().map(|&d| t.size(d as usize) as i64).collect::<SmallVec<[i64; 5]>>();
    let (rows, columns) = (sizes(a, &fa), sizes(b, &fb));
    let left = reshape(&left, &[rows.iter().product(), contracted])?;
    let right = reshape(&right, &[contracted, columns.iter().product()])?;
    reshape(&mm(&left, &right)?, &order(&rows, &columns))
}
