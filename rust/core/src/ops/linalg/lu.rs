//! `A = P L U` with partial pivoting, and what is solved with it.

use smallvec::smallvec;

use crate::autograd::{Context, SavedTensor, keeping_one, record_first};
use crate::dtype::DType;
use crate::error::{Class, Error, Result};
use crate::linalg::Linalg;
use crate::scalar::Scalar;
use crate::shape::Shape;
use crate::tensor::Tensor;
use crate::{autograd, ensure};

use super::super::arithmetic::{add, mul, sub};
use super::super::cast::{clone_contiguous, to_dtype};
use super::super::expr::Expr;
use super::super::gather::gather;
use super::super::matmul::matmul;
use super::super::reduce::as_i64;
use super::super::triangle::{tril, triu};
use super::super::{check, creation, join, sort, view};
use super::{
    broadcast, check_info_as, identity_like, lead, matrix_size, require_matrix, require_square, run, solve_triangular, then,
};

/// LU, int32 pivots counted from 1, and for each matrix the number of the first pivot that is zero, or 0.
pub fn lu_factor_ex(a: &Tensor, pivot: bool, check_errors: bool) -> Result<(Tensor, Tensor, Tensor)> {
    let (lu, pivots, info) = factored("linalg.lu_factor", a, pivot)?;
    if check_errors {
        check_info_as(Class::Runtime, "torch.linalg.lu_factor_ex", &info, singular)?;
    }
    Ok((lu, pivots, info))
}

/// [`lu_factor_ex`] that fails where a pivot is zero.
pub fn lu_factor(a: &Tensor, pivot: bool) -> Result<(Tensor, Tensor)> {
    let (lu, pivots, info) = factored("linalg.lu_factor", a, pivot)?;
    check_info_as(Class::Runtime, "torch.linalg.lu_factor", &info, singular)?;
    Ok((lu, pivots))
}

fn singular(at: i32) -> String {
    format!(
        "U[{at},{at}] is zero and using it on lu_solve would result in a division by zero. If you still want to perform the \
         factorization, consider calling linalg.lu(A, pivot) or linalg.lu_factor_ex(A, pivot)"
    )
}

/// The factorisation with its history.
pub(super) fn factored(op: &'static str, a: &Tensor, pivot: bool) -> Result<(Tensor, Tensor, Tensor)> {
    ensure!(a.ndim() >= 2, Runtime, "expected tensor with 2 or more dimensions, got size: {:?} instead", &a.shape()[..]);
    if !a.dtype().is_differentiable() || a.dtype().is_half() {
        return Err(Error::dtype("lu_factor_cpu", a.dtype(), ""));
    }
    ensure!(pivot, Runtime, "{op}: LU without pivoting is not implemented on the CPU");
    let (lead, [m, n]) = (lead(a), matrix_size(a));
    let k = m.min(n);
    let shapes = [(a.shape(), a.dtype()), (then(&lead, &[k]), DType::Int32), (lead, DType::Int32)];
    let [lu, pivots, info] = run(op, Linalg::Lu, &[a], shapes)?;
    record_first("LinalgLuFactorExBackward0", &[a], &[&lu, &pivots, &info], || {
        let kept = [("LU", SavedTensor::output(&lu, 0)), ("pivots", SavedTensor::input(&pivots))];
        keeping_one(kept, move |cx: &Context, [lu, pivots], g: &Tensor| {
            let order = permutation(&pivots.get(cx)?, m)?;
            Ok(smallvec![Some(backward(&lu.get(cx)?, g, &order)?)])
        })
    })?;
    Ok((lu, pivots, info))
}

/// For each row of `L U` the row of A that it is.
fn permutation(pivots: &Tensor, rows: usize) -> Result<Tensor> {
    let lead = Shape::from_slice(&pivots.shape()[..pivots.ndim() - 1]);
    let [order] = run("linalg.lu", Linalg::Permutation, &[pivots], [(then(&lead, &[rows]), DType::Int64)])?;
    Ok(order)
}

/// Rows in an order, one for each matrix.
fn rows_in(a: &Tensor, order: &Tensor) -> Result<Tensor> {
    let [_, n] = matrix_size(a);
    let mut wide = as_i64(&order.shape());
    wide.push(n as i64);
    gather(a, -2, &view::expand(&view::unsqueeze(order, -1)?, &wide)?)
}

/// Rows put back from an order.
fn rows_back(a: &Tensor, order: &Tensor) -> Result<Tensor> {
    rows_in(a, &sort::argsort(order, -1, false)?)
}

/// The first `count` rows or columns, and the others.
fn cut(a: &Tensor, dim: i64, count: usize) -> Result<(Tensor, Tensor)> {
    let size = a.size((a.ndim() as i64 + dim) as usize);
    Ok((view::narrow(a, dim, 0, count as i64)?, view::narrow(a, dim, count as i64, (size - count) as i64)?))
}

/// `P L^-H (tril(L^H gL, -1) + triu(gU U^H)) U^-H` for square matrices. Of a wide one what is right of the square, of a tall one
/// what is below it, is a function of the square's factors: its gradient is first added to theirs.
fn backward(lu: &Tensor, g: &Tensor, order: &Tensor) -> Result<Tensor> {
    let [m, n] = matrix_size(lu);
    let k = m.min(n);
    let dim = if m > n { -2 } else { -1 };
    let ((square, rest), (of_square, of_rest)) = (cut(lu, dim, k)?, cut(g, dim, k)?);
    let (lower, upper) = (view::adjoint(&square)?, view::adjoint(&triu(&square, 0)?)?);
    let l = add(&tril(&square, -1)?, &identity_like(&square)?)?;
    let mut of_l = matmul(&view::adjoint(&l)?, &tril(&of_square, -1)?)?;
    let mut of_u = matmul(&triu(&of_square, 0)?, &upper)?;
    if m < n {
        of_l = sub(&of_l, &matmul(&of_rest, &view::adjoint(&rest)?)?)?;
    } else if m > n {
        of_u = sub(&of_u, &matmul(&view::adjoint(&rest)?, &of_rest)?)?;
    }
    let inner = add(&tril(&of_l, -1)?, &triu(&of_u, 0)?)?;
    let left = |x: &Tensor| solve_triangular(&lower, x, true, true, true);
    let right = |x: &Tensor| solve_triangular(&upper, x, false, false, false);
    let gradient = left(&right(&inner)?)?;
    let gradient = match m.cmp(&n) {
        std::cmp::Ordering::Less => join::cat(&[gradient, left(&of_rest)?], -1)?,
        std::cmp::Ordering::Equal => gradient,
        std::cmp::Ordering::Greater => join::cat(&[gradient, right(&of_rest)?], -2)?,
    };
    rows_back(&gradient, order)
}

/// P, L and U of a factorisation; those that are not asked for are empty.
pub fn lu_unpack(lu: &Tensor, pivots: &Tensor, data: bool, with_pivots: bool) -> Result<(Tensor, Tensor, Tensor)> {
    require_matrix("torch.lu_unpack", lu, "LU_data")?;
    ensure!(
        !with_pivots || pivots.dtype() == DType::Int32,
        Runtime,
        "torch.lu_unpack: LU_pivots is expected to be a contiguous tensor of torch.int32 dtype.\nNote: this function is intended to \
         be used with the output produced by torch.linalg.lu_factor"
    );
    let m = matrix_size(lu)[0];
    if with_pivots {
        const TEXT: &str = "pivots passed to lu_unpack must be between 1 and LU.size(-2) inclusive.Did you properly pass the result \
                            of lu_factor?";
        require_pivots("lu_unpack", pivots, m, [TEXT, TEXT])?;
    }
    unpacked(lu, pivots, data, with_pivots)
}

/// Refuses pivots that name no row.
fn require_pivots(op: &'static str, pivots: &Tensor, rows: usize, [low, high]: [&str; 2]) -> Result<()> {
    check::require(op, Expr::from(pivots).ge(1.0), low)?;
    check::require(op, Expr::from(pivots).le(rows as f64), high)
}

/// `lu_unpack` of what a factorisation gave.
fn unpacked(lu: &Tensor, pivots: &Tensor, data: bool, with_pivots: bool) -> Result<(Tensor, Tensor, Tensor)> {
    let [m, n] = matrix_size(lu);
    let k = m.min(n);
    let empty = || creation::empty(&[0], lu.dtype(), lu.device());
    if with_pivots {
        let expected: crate::shape::Shape = lu.shape()[..lu.ndim() - 2].iter().copied().chain([k]).collect();
        ensure!(
            pivots.shape() == expected,
            Value,
            "Expected LU_pivots to have shape {:?} but got {:?} instead.",
            &expected[..],
            &pivots.shape()[..]
        );
    }
    let p = if with_pivots { permutation_matrix(&permutation(pivots, m)?, lu.dtype())? } else { empty()? };
    if !data {
        return Ok((p, empty()?, empty()?));
    }
    let l = tril(&view::narrow(lu, -1, 0, k as i64)?, -1)?;
    let l = add(&l, &identity_like(&l)?)?;
    let u = triu(&view::narrow(lu, -2, 0, k as i64)?, 0)?;
    Ok((p, l, u))
}

/// `P[order[i], i] = 1`
fn permutation_matrix(order: &Tensor, dtype: DType) -> Result<Tensor> {
    let m = order.size(order.ndim() - 1);
    let rows = creation::range(Scalar::Int(0), Scalar::Int(1), m, DType::Int64, order.device())?;
    let equal = Expr::from(view::unsqueeze(&rows, -1)?).eq(Expr::from(view::unsqueeze(order, -2)?)).into_tensor()?;
    to_dtype(&equal, dtype)
}

/// P, L and U with `A = P L U`.
pub fn lu(a: &Tensor, pivot: bool) -> Result<(Tensor, Tensor, Tensor)> {
    let (lu, pivots, _) = factored("linalg.lu", a, pivot)?;
    unpacked(&lu, &pivots, true, true)
}

/// X with `A X = B`, or `X A = B` unless `left`, given the factors of A; with `adjoint` for `A^H`.
pub fn lu_solve(lu: &Tensor, pivots: &Tensor, b: &Tensor, left: bool, adjoint: bool) -> Result<Tensor> {
    const OP: &str = "linalg.lu_solve";
    ensure!(pivots.dtype() == DType::Int32, Runtime, "{OP}: pivots should be a Tensor of scalar type torch.int32");
    require_square(OP, lu, "LU")?;
    require_matrix(OP, b, "B")?;
    let ([n, _], [rows, cols]) = (matrix_size(lu), matrix_size(b));
    ensure!(
        lu.dtype() == b.dtype(),
        Runtime,
        "{OP}: Expected LU and B to have the same dtype, but found LU of type {} and B of type {} instead",
        lu.dtype().legacy_name(),
        b.dtype().legacy_name()
    );
    ensure!(
        n == if left { rows } else { cols },
        Runtime,
        "{OP}: Incompatible shapes of A and B for the equation {} ({n}x{n} and {rows}x{cols})",
        if left { "AX = B" } else { "XA = B" }
    );
    ensure!(
        pivots.ndim() + 1 == lu.ndim() && pivots.size(pivots.ndim() - 1) == n,
        Runtime,
        "{OP}: Number of pivots per batch should be same as the dimension of the matrix"
    );
    let texts = [
        "Pivots given to lu_solve must all be greater or equal to 1. Did you properly pass the result of lu_factor?",
        "Pivots given to lu_solve must all be smaller or equal to LU.size(-2). Did you properly pass the result of lu_factor?",
    ];
    require_pivots(OP, pivots, n, texts)?;
    if !left {
        let x = lu_solve(lu, pivots, &view::adjoint(b)?, true, !adjoint)?;
        return clone_contiguous(&view::adjoint(&x)?);
    }
    let (lu, b) = broadcast(OP, lu, b)?;
    let pivots = view::expand(pivots, &as_i64(&then(&lead(&lu), &[n])))?;
    if autograd::needs_record(&[&lu, &b]) {
        return recorded_solve(&lu, &pivots, &b, adjoint);
    }
    launch(&lu, &pivots, &b, adjoint)
}

/// The kernel's call, without history.
pub(super) fn launch(lu: &Tensor, pivots: &Tensor, b: &Tensor, adjoint: bool) -> Result<Tensor> {
    let which = Linalg::LuSolve { transposed: adjoint, conjugated: adjoint && lu.dtype().is_complex() };
    let [x] = run("linalg.lu_solve", which, &[lu, pivots, b], [(b.shape(), b.dtype())])?;
    Ok(x)
}

/// The same in ops that have rules.
fn recorded_solve(lu: &Tensor, pivots: &Tensor, b: &Tensor, adjoint: bool) -> Result<Tensor> {
    let order = permutation(pivots, matrix_size(lu)[0])?;
    if adjoint {
        let lu = view::adjoint(lu)?;
        let x = solve_triangular(&lu, b, false, true, false)?;
        return rows_back(&solve_triangular(&lu, &x, true, true, true)?, &order);
    }
    let x = solve_triangular(lu, &rows_in(b, &order)?, false, true, true)?;
    solve_triangular(lu, &x, true, true, false)
}

/// `x` times a number for each matrix.
pub(super) fn scaled(x: &Tensor, factor: &Tensor) -> Result<Tensor> {
    mul(x, &view::unsqueeze(&view::unsqueeze(factor, -1)?, -1)?)
}
