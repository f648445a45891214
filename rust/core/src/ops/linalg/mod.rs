//! Linear algebra: factorisations, systems of equations, eigenvalues, one subject a file.
//!
//! Matrices are the last two dimensions, what is before them is a batch. Kernels are calls of
//! [`Kernel::Linalg`]; backward rules are written in recorded ops, so that they can be differentiated again, and send tangents along
//! by being linear. They are those of the literature: Giles (2008) for Cholesky, eigenvalues and singular values, Walter and Lehmann (2010)
//! for QR, Townsend (2016) for the singular value decomposition, Mathias (1996) for the exponential.

mod cholesky;
mod determinant;
mod eig;
mod eigh;
mod exponential;
mod householder;
mod inverse;
mod ldl;
mod lstsq;
mod lu;
mod qr;
mod solve;
mod svd;
mod triangular;

pub use cholesky::{cholesky, cholesky_ex, cholesky_inverse, cholesky_solve};
pub use determinant::{det, logdet, slogdet};
pub use eig::{eig, eigvals};
pub use eigh::{eigh, eigvalsh};
pub use exponential::matrix_exp;
pub use householder::{geqrf, householder_product, ormqr};
pub use inverse::{inv, inv_ex};
pub use ldl::{ldl_factor, ldl_factor_ex, ldl_solve};
pub use lstsq::lstsq;
pub use lu::{lu, lu_factor, lu_factor_ex, lu_solve, lu_unpack};
pub use qr::qr;
pub use solve::{solve, solve_ex};
pub use svd::{svd, svdvals};
pub use triangular::solve_triangular;

use smallvec::SmallVec;

use crate::array::Operand;
use crate::autograd::{Context, Gradients};
use crate::backend;
use crate::dtype::DType;
use crate::error::{Class, Error, Result};
use crate::kernel::Kernel;
use crate::layout::Layout;
use crate::linalg::Linalg;
use crate::scalar::Scalar;
use crate::shape::{self, Shape};
use crate::tensor::Tensor;
use crate::{bail, ensure};

use super::reduce::as_i64;
use super::{creation, view, window_scatter};

/// Runs a kernel on tensors of one dtype and device, into new tensors.
fn run<const N: usize>(op: &'static str, which: Linalg, inputs: &[&Tensor], outputs: [(Shape, DType); N]) -> Result<[Tensor; N]> {
    let operands: SmallVec<[Operand; 3]> = inputs.iter().map(|input| input.operand()).collect();
    let outputs = outputs.map(|(shape, dtype)| (Layout::contiguous(&shape), dtype));
    let done = backend::compute(op, &Kernel::Linalg { op: which }, &operands, outputs, inputs[0].device())?;
    Ok(done.map(Tensor::from_array))
}

/// What is before the last two dimensions.
fn lead(a: &Tensor) -> Shape {
    Shape::from_slice(&a.shape()[..a.ndim() - 2])
}

/// Rows and columns.
fn matrix_size(a: &Tensor) -> [usize; 2] {
    [a.size(a.ndim() - 2), a.size(a.ndim() - 1)]
}

/// A shape with further dimensions.
fn then(lead: &Shape, own: &[usize]) -> Shape {
    lead.iter().chain(own).copied().collect()
}

fn require_matrix(op: &str, a: &Tensor, name: &str) -> Result<()> {
    ensure!(a.ndim() >= 2, Runtime, "{op}: The input tensor {name} must have at least 2 dimensions.");
    Ok(())
}

fn require_square(op: &str, a: &Tensor, name: &str) -> Result<()> {
    require_matrix(op, a, name)?;
    let [m, n] = matrix_size(a);
    ensure!(m == n, Runtime, "{op}: {name} must be batches of square matrices, but they are {m} by {n} matrices");
    Ok(())
}

/// Refuses dtypes that matrices are not factored in.
fn require_dtype(op: &str, a: &Tensor) -> Result<()> {
    let name = a.dtype().legacy_name();
    ensure!(
        a.dtype().is_differentiable(),
        NotImplemented,
        "{op}: Expected a floating point or complex tensor as input. Got {name}"
    );
    ensure!(!a.dtype().is_half(), NotImplemented, "{op}: Low precision dtypes not supported. Got {name}");
    Ok(())
}

fn require_same_dtype(op: &str, a: &Tensor, b: &Tensor) -> Result<()> {
    ensure!(
        a.dtype() == b.dtype(),
        Runtime,
        "{op}: Expected A and B to have the same dtype, but found A of type {} and B of type {} instead",
        a.dtype().legacy_name(),
        b.dtype().legacy_name()
    );
    Ok(())
}

/// Two tensors with one batch: leading dimensions broadcast.
fn broadcast(op: &'static str, a: &Tensor, b: &Tensor) -> Result<(Tensor, Tensor)> {
    let (of_a, of_b) = (lead(a), lead(b));
    if of_a == of_b {
        return Ok((a.clone(), b.clone()));
    }
    let common = shape::broadcast_shapes(op, &of_a, &of_b)?;
    let wide = |t: &Tensor| view::expand(t, &as_i64(&then(&common, &matrix_size(t))));
    Ok((wide(a)?, wide(b)?))
}

/// Refuses a call whose `info` says that a matrix could not be treated; `text` says why, given the number.
fn check_info(op: &str, info: &Tensor, text: impl Fn(i32) -> String) -> Result<()> {
    check_info_as(Class::LinAlg, op, info, text)
}

fn check_info_as(class: Class, op: &str, info: &Tensor, text: impl Fn(i32) -> String) -> Result<()> {
    if !info.device().has_data() {
        return Ok(());
    }
    let numbers = info.array().to_vec::<i32>()?;
    match numbers.iter().position(|&number| number != 0) {
        None => Ok(()),
        Some(_) if info.ndim() == 0 => Err(Error::message(class, format!("{op}: {}", text(numbers[0])))),
        Some(at) => Err(Error::message(class, format!("{op}: (Batch element {at}): {}", text(numbers[at])))),
    }
}

/// Zeros with a vector on their diagonal.
fn diagonal_matrix(diagonal: &Tensor) -> Result<Tensor> {
    super::triangle::diag_embed(diagonal, 0, -2, -1)
}

/// The main diagonal.
fn diagonal(a: &Tensor) -> Result<Tensor> {
    view::diagonal(a, 0, -2, -1)
}

/// The matrix with another diagonal.
fn with_diagonal(a: &Tensor, diagonal: &Tensor) -> Result<Tensor> {
    window_scatter::diagonal_scatter(a, diagonal, 0, -2, -1)
}

/// Identity matrices like some others.
fn identity_like(a: &Tensor) -> Result<Tensor> {
    let [m, n] = matrix_size(a);
    let one = creation::eye(m as i64, n as i64, a.dtype(), a.device())?;
    view::expand(&one, &as_i64(&a.shape()))
}

/// Half of a tensor.
fn half(a: &Tensor) -> Result<Tensor> {
    super::arithmetic::mul(a, Scalar::Float(0.5))
}

/// `a + a^H`
fn plus_adjoint(a: &Tensor) -> Result<Tensor> {
    super::arithmetic::add(a, &view::adjoint(a)?)
}

/// `a - a^H`
fn minus_adjoint(a: &Tensor) -> Result<Tensor> {
    super::arithmetic::sub(a, &view::adjoint(a)?)
}

/// The sum of what there is.
fn sum_of(a: Option<Tensor>, b: Option<Tensor>) -> Result<Option<Tensor>> {
    match (a, b) {
        (Some(a), Some(b)) => Ok(Some(super::arithmetic::add(&a, &b)?)),
        (a, b) => Ok(a.or(b)),
    }
}

/// The gradient of a real tensor of what was computed in complex numbers.
fn like(gradient: Tensor, dtype: DType) -> Result<Tensor> {
    if gradient.dtype().is_complex() && !dtype.is_complex() { super::complex::real(&gradient) } else { Ok(gradient) }
}

/// The rule of an op that has no derivative.
fn underivable(op: &'static str) -> impl Fn(&Context, Gradients) -> Result<Gradients> + Send + Sync {
    move |_: &Context, _: Gradients| bail!(Runtime, "derivative for aten::{op} is not implemented")
}
