//! `A = L D L^T` of symmetric, or `L D L^H` of Hermitian matrices.

use crate::autograd::record;
use crate::dtype::DType;
use crate::ensure;
use crate::error::{Error, Result};
use crate::linalg::Linalg;
use crate::tensor::Tensor;

use super::super::expr::Expr;
use super::super::reduce::as_i64;
use super::super::{check, view};
use super::{
    broadcast, check_info, lead, matrix_size, require_matrix, require_same_dtype, require_square, run, then, underivable,
};

/// L and D in one matrix, LAPACK's int32 pivots, and for each matrix the number of the first block of D that is zero, or 0. The lower triangle is read.
pub fn ldl_factor_ex(a: &Tensor, hermitian: bool, check_errors: bool) -> Result<(Tensor, Tensor, Tensor)> {
    let op = "torch.linalg.ldl_factor_ex";
    require_square(op, a, "A")?;
    if !a.dtype().is_differentiable() || a.dtype().is_half() {
        return Err(Error::dtype("ldl_factor_cpu", a.dtype(), ""));
    }
    let (lead, [n, _]) = (lead(a), matrix_size(a));
    let shapes = [(a.shape(), a.dtype()), (then(&lead, &[n]), DType::Int32), (lead, DType::Int32)];
    let [ld, pivots, info] = run("linalg.ldl_factor", Linalg::Ldl { hermitian }, &[a], shapes)?;
    if check_errors {
        check_info(op, &info, |at| {
            format!(
                "The factorization has been completed, but the block diagonal matrix D is exactly singular (D[{at},{at}] is zero)."
            )
        })?;
    }
    record("NotImplemented", &[a], &[&ld], || underivable("linalg_ldl_factor_ex"))?;
    Ok((ld, pivots, info))
}

/// [`ldl_factor_ex`] that fails where D is singular.
pub fn ldl_factor(a: &Tensor, hermitian: bool) -> Result<(Tensor, Tensor)> {
    let (ld, pivots, _) = ldl_factor_ex(a, hermitian, true)?;
    Ok((ld, pivots))
}

/// X with `A X = B`, given the factors of A.
pub fn ldl_solve(ld: &Tensor, pivots: &Tensor, b: &Tensor, hermitian: bool) -> Result<Tensor> {
    let op = "torch.linalg.ldl_solve";
    require_square(op, ld, "LD")?;
    require_matrix(op, b, "B")?;
    ensure!(pivots.dtype().is_integral(), Runtime, "{op}: Expected pivots to be integers. Got {}", pivots.dtype().legacy_name());
    require_same_dtype(op, ld, b)?;
    let ([n, _], [rows, cols]) = (matrix_size(ld), matrix_size(b));
    ensure!(n == rows, Runtime, "{op}: Incompatible shapes of A and B for the equation AX = B ({n}x{n} and {rows}x{cols})");
    ensure!(
        pivots.ndim() + 1 == ld.ndim() && pivots.shape()[..] == ld.shape()[..ld.ndim() - 1],
        Runtime,
        "{op}: Expected LD.shape[:-1] and pivots.shape to be the same, but got pivots with shape {:?} instead",
        &pivots.shape()[..]
    );
    const HINT: &str = "Did you properly pass the result of ldl_factor?";
    let size = || Expr::from(pivots).abs();
    let low = format!("Pivots given to ldl_solve must all satisfy |pivot| >= 1. {HINT}");
    check::require("linalg.ldl_solve", size().ge(1.0), &low)?;
    let high = format!("Pivots given to ldl_solve must all satisfy |pivot| <= LD.size(-2). {HINT}");
    check::require("linalg.ldl_solve", size().le(n as f64), &high)?;
    let (ld, b) = broadcast("linalg.ldl_solve", ld, b)?;
    let pivots = super::super::cast::to_dtype(pivots, DType::Int32)?;
    let pivots = view::expand(&pivots, &as_i64(&then(&lead(&ld), &[n])))?;
    let [x] = run("linalg.ldl_solve", Linalg::LdlSolve { hermitian }, &[&ld, &pivots, &b], [(b.shape(), b.dtype())])?;
    record("NotImplemented", &[&ld, &b], &[&x], || underivable("linalg_ldl_solve"))?;
    Ok(x)
}
