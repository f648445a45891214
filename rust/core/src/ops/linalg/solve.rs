//! Systems of equations.

use crate::autograd::{self, Context, Grads, SavedTensor, keeping_one, record_first};
use crate::dtype::DType;
use crate::error::Result;
use crate::linalg::Linalg;
use crate::scalar::Scalar;
use crate::tensor::Tensor;
use crate::{bail, ensure};

use super::super::arithmetic::mul;
use super::super::cast::clone_contiguous;
use super::super::matmul::matmul;
use super::super::view;
use super::{broadcast, check_info, lead, lu, matrix_size, require_dtype, require_same_dtype, require_square, run};

const OP: &str = "linalg.solve";

/// X with `A X = B` (`X A = B` unless `left`), and for each matrix the number of the first pivot that is zero, or 0. B may be a batch of
/// vectors: it is, where it has one dimension, or the shape of A without its last.
pub fn solve_ex(a: &Tensor, b: &Tensor, left: bool, check_errors: bool) -> Result<(Tensor, Tensor)> {
    require_dtype(OP, a)?;
    require_square(OP, a, "A")?;
    require_same_dtype(OP, a, b)?;
    let vector = b.ndim() == 1 || (a.ndim() - 1 == b.ndim() && b.shape()[..] == a.shape()[..a.ndim() - 1]);
    ensure!(left || !vector, Runtime, "linalg.solve: Vector broadcasting of the left hand side is not supported for left=False.");
    let matrix = if vector { view::unsqueeze(b, -1)? } else { b.clone() };
    ensure!(matrix.ndim() >= 2, Runtime, "{OP}: The input tensor B must have at least 2 dimensions.");
    let ([n, _], [rows, cols]) = (matrix_size(a), matrix_size(&matrix));
    if n != if left { rows } else { cols } {
        let equation = if left { "AX = B" } else { "XA = B" };
        bail!(Runtime, "{OP}: Incompatible shapes of A and B for the equation {equation} ({n}x{n} and {rows}x{cols})");
    }
    let (x, info) = if left {
        solved(a, &matrix)?
    } else {
        let (x, info) = solved(&view::transpose(a, -2, -1)?, &view::transpose(&matrix, -2, -1)?)?;
        (clone_contiguous(&view::transpose(&x, -2, -1)?)?, info)
    };
    if check_errors {
        check_info("torch.linalg.solve", &info, |_| "The solver failed because the input matrix is singular.".into())?;
    }
    Ok((if vector { view::squeeze_dim(&x, -1)? } else { x }, info))
}

/// [`solve_ex`] that fails where a matrix is singular.
pub fn solve(a: &Tensor, b: &Tensor, left: bool) -> Result<Tensor> {
    Ok(solve_ex(a, b, left, true)?.0)
}

fn solved(a: &Tensor, b: &Tensor) -> Result<(Tensor, Tensor)> {
    let of_a = lead(a);
    let (wide, b) = broadcast(OP, a, b)?;
    if !autograd::needs_record(&[a, &b]) {
        let [x, info] = run(OP, Linalg::Solve, &[&wide, &b], [(b.shape(), b.dtype()), (lead(&wide), DType::Int32)])?;
        return Ok((x, if lead(&wide) == of_a { info } else { lu::factored(OP, a, true)?.2 }));
    }
    let (factors, pivots, info) = lu::factored(OP, &wide.detach(), true)?;
    let x = lu::launch(&factors, &pivots, &b.detach(), false)?;
    record_first("LinalgSolveExBackward0", &[&wide, &b], &[&x, &info], || {
        let kept = [
            ("A", SavedTensor::input(&wide)),
            ("LU", SavedTensor::input(&factors)),
            ("pivots", SavedTensor::input(&pivots)),
            ("result", SavedTensor::output(&x, 0)),
        ];
        keeping_one(kept, |cx: &Context, [a, factors, pivots, x], g: &Tensor| {
            let of_b = if autograd::is_differentiated() {
                solved(&view::adjoint(&a.get(cx)?)?, g)?.0
            } else {
                lu::launch(&factors.get(cx)?, &pivots.get(cx)?, g, true)?
            };
            let of_a = || mul(&matmul(&of_b, &view::adjoint(&x.get(cx)?)?)?, Scalar::Int(-1));
            Grads::new(cx).set(0, of_a)?.set(1, || Ok(of_b.clone()))?.done()
        })
    })?;
    let info = if lead(&wide) == of_a { info } else { lu::factored(OP, &a.detach(), true)?.2 };
    Ok((x, info))
}
