//! Linear algebra: the functions of `torch.linalg` that are one op, and their older relatives in `torch`.

use ferrotorch_core::ops::linalg;
use ferrotorch_core::{DType, Result, Tensor, bail};

use crate::args::Args;
use crate::batching::Batching;
use crate::errors::{Outcome, runtime_error};
use crate::op::{Decl, Place, Run, op, out_tensors};

/// A function of `torch.linalg`.
const fn function(name: &'static str, doc: &'static str, overloads: &'static [(&'static str, Run)]) -> Decl {
    op(name, doc, overloads).at(Place::Linalg).out_of_own_dtype()
}

/// A text that has a default.
fn text<'a>(given: Option<&'a str>, default: &'a str) -> &'a str {
    given.unwrap_or(default)
}

/// Refuses an `out=` of eigenvalues that is not complex: they are converted to the precision of one that is.
fn complex(a: &Args<'_, '_, '_>, op: &str) -> Outcome<()> {
    let Some(out) = a.out() else { return Ok(()) };
    let own = a.tensor(0)?.dtype().complex().unwrap_or(DType::Complex64);
    for (target, what) in out_tensors(out)?.iter().zip(["eigenvalues", "eigenvectors"]) {
        let given = target.get().tensor().dtype();
        if !given.is_complex() {
            return Err(runtime_error(format!(
                "torch.linalg.{op}: Expected {what} to be safely castable from {} dtype, but got {what} with dtype {}",
                own.legacy_name(),
                given.legacy_name()
            )));
        }
    }
    Ok(())
}

/// Refuses to choose an algorithm, which only other devices have several of.
fn check_driver(op: &str, driver: Option<&str>) -> Result<()> {
    match driver {
        Some(_) => bail!(
            Runtime,
            "torch.linalg.{op}: keyword argument `driver=` is only supported on CUDA inputs with cuSOLVER backend."
        ),
        None => Ok(()),
    }
}

const DET: &[(&str, Run)] = &[("(Tensor input)", |a| a.run1(linalg::det))];

pub(super) static OPS: &[Decl] = &[
    function(
        "cholesky_ex",
        "Cholesky factors, and for each matrix the order of the first leading minor that is not positive, or 0.",
        &[("(Tensor input, *, bool upper=False, bool check_errors=False) -> linalg_cholesky_ex", |a| {
            a.run3(linalg::cholesky_ex)
        })],
    ),
    function(
        "cholesky",
        "L with `A = L L^H` of Hermitian positive-definite matrices; U with `A = U^H U` if `upper`.",
        &[("(Tensor input, *, bool upper=False)", |a| a.run2(linalg::cholesky))],
    ),
    op(
        "cholesky_solve",
        "X with `A X = input`, given the Cholesky factor of A.",
        &[("(Tensor input, Tensor input2, bool upper=False)", |a| a.run3(linalg::cholesky_solve))],
    )
    .out()
    .batched(Batching::Broadcast),
    op(
        "cholesky_inverse",
        "The inverse of A, given its Cholesky factor.",
        &[("(Tensor input, bool upper=False)", |a| a.run2(linalg::cholesky_inverse))],
    )
    .out(),
    function(
        "lu_factor_ex",
        "LU factors in one matrix, pivots counted from 1, and for each matrix the number of the first pivot that is zero, or 0.",
        &[("(Tensor A, *, bool pivot=True, bool check_errors=False) -> linalg_lu_factor_ex", |a| a.run3(linalg::lu_factor_ex))],
    ),
    function(
        "lu_factor",
        "LU factors in one matrix, and pivots counted from 1.",
        &[("(Tensor A, *, bool pivot=True) -> linalg_lu_factor", |a| a.run2(linalg::lu_factor))],
    ),
    function("lu", "P, L and U with `A = P L U`.", &[("(Tensor A, *, bool pivot=True) -> linalg_lu", |a| a.run2(linalg::lu))])
        .node("LinalgLuBackward0")
        .shows(&["pivot"]),
    op(
        "lu_unpack",
        "P, L and U of LU factors and pivots.",
        &[("(Tensor LU_data, Tensor LU_pivots, bool unpack_data=True, bool unpack_pivots=True) -> lu_unpack", |a| {
            a.run4(linalg::lu_unpack)
        })],
    )
    .function()
    .out_of_own_dtype()
    .node("LuUnpackBackward0"),
    function(
        "lu_solve",
        "X with `A X = B` (`X A = B` unless `left`), given the LU factors of A; with `adjoint` for the adjoint of A.",
        &[("(Tensor LU, Tensor pivots, Tensor B, *, bool left=True, bool adjoint=False)", |a| a.run5(linalg::lu_solve))],
    )
    .node("LinalgLuSolveBackward0")
    .shows(&["LU", "pivots", "left", "adjoint"])
    .batched(Batching::Rule),
    function(
        "qr",
        "Q with orthonormal columns and upper triangular R with `A = Q R`.",
        &[("(Tensor A, str mode=reduced) -> linalg_qr", |a| {
            a.run2(|a: &Tensor, mode: Option<&str>| linalg::qr(a, text(mode, "reduced")))
        })],
    ),
    op("geqrf", "R and the reflectors of Q, as LAPACK stores them.", &[("(Tensor input) -> geqrf", |a| a.run1(linalg::geqrf))])
        .out(),
    op(
        "householder_product",
        "The first columns of a product of reflectors.",
        &[("(Tensor input, Tensor tau)", |a| a.run2(linalg::householder_product))],
    )
    .at(Place::Linalg)
    .out()
    .node("LinalgHouseholderProductBackward0"),
    op(
        "orgqr",
        "The first columns of a product of reflectors.",
        &[("(Tensor input, Tensor input2)", |a| a.run2(linalg::householder_product))],
    )
    .out()
    .node("LinalgHouseholderProductBackward0"),
    op(
        "ormqr",
        "A matrix times a product of reflectors.",
        &[("(Tensor input, Tensor input2, Tensor input3, bool left=True, bool transpose=False)", |a| a.run5(linalg::ormqr))],
    )
    .out_of_own_dtype()
    .node("OrmqrBackward0"),
    function(
        "eigh",
        "Eigenvalues and eigenvectors of Hermitian matrices.",
        &[("(Tensor A, str UPLO=L) -> linalg_eigh", |a| {
            a.run2(|a: &Tensor, uplo: Option<&str>| linalg::eigh(a, text(uplo, "L")))
        })],
    ),
    function(
        "eigvalsh",
        "Eigenvalues of Hermitian matrices.",
        &[("(Tensor A, str UPLO=L)", |a| a.run2(|a: &Tensor, uplo: Option<&str>| linalg::eigvalsh(a, text(uplo, "L"))))],
    ),
    op(
        "eig",
        "Eigenvalues and eigenvectors.",
        &[("(Tensor A) -> linalg_eig", |a| complex(a, "eig").and_then(|()| a.run1(linalg::eig)))],
    )
    .at(Place::Linalg)
    .out(),
    op("eigvals", "Eigenvalues.", &[("(Tensor A)", |a| complex(a, "eigvals").and_then(|()| a.run1(linalg::eigvals)))])
        .at(Place::Linalg)
        .out(),
    function(
        "svd",
        "U, singular values S and V^H with `A = U diag(S) V^H`.",
        &[("(Tensor A, bool full_matrices=True, *, str? driver=None) -> linalg_svd", |a| {
            a.run3(|a: &Tensor, full: bool, driver: Option<&str>| {
                check_driver("svd", driver)?;
                linalg::svd(a, full)
            })
        })],
    ),
    function(
        "svdvals",
        "Singular values.",
        &[("(Tensor A, *, str? driver=None)", |a| {
            a.run2(|a: &Tensor, driver: Option<&str>| {
                check_driver("svdvals", driver)?;
                linalg::svdvals(a)
            })
        })],
    ),
    function(
        "solve_triangular",
        "X with `A X = B` (`X A = B` unless `left`) for triangular A.",
        &[("(Tensor input, Tensor B, *, bool upper, bool left=True, bool unitriangular=False)", |a| {
            a.run5(linalg::solve_triangular)
        })],
    )
    .batched(Batching::Broadcast),
    function(
        "solve_ex",
        "X with `A X = B` (`X A = B` unless `left`), and for each matrix the number of the first pivot that is zero, or 0.",
        &[("(Tensor A, Tensor B, *, bool left=True, bool check_errors=False) -> linalg_solve_ex", |a| a.run4(linalg::solve_ex))],
    )
    .batched(Batching::Rule),
    function(
        "solve",
        "X with `A X = B` (`X A = B` unless `left`).",
        &[("(Tensor A, Tensor B, *, bool left=True)", |a| a.run3(linalg::solve))],
    )
    .batched(Batching::Rule),
    function(
        "inv_ex",
        "Inverses, and for each matrix the number of the first pivot that is zero, or 0.",
        &[("(Tensor A, *, bool check_errors=False) -> linalg_inv_ex", |a| a.run2(linalg::inv_ex))],
    ),
    function("inv", "Inverses.", &[("(Tensor A)", |a| a.run1(linalg::inv))]),
    op("inverse", "Inverses.", &[("(Tensor input)", |a| a.run1(linalg::inv))]).out_of_own_dtype(),
    function("det", "Determinants.", &[("(Tensor A)", |a| a.run1(linalg::det))]),
    op("det", "Determinants.", DET),
    function(
        "slogdet",
        "Signs of determinants, and the logarithms of their moduli.",
        &[("(Tensor A) -> linalg_slogdet", |a| a.run1(linalg::slogdet))],
    ),
    op(
        "slogdet",
        "Signs of determinants, and the logarithms of their moduli.",
        &[("(Tensor input) -> slogdet", |a| a.run1(linalg::slogdet))],
    )
    .out_of_own_dtype(),
    op("logdet", "Logarithms of determinants; NaN of negative ones.", &[("(Tensor input)", |a| a.run1(linalg::logdet))]),
    function(
        "ldl_factor_ex",
        "L and D of symmetric matrices in one, LAPACK's pivots, and the number of the first block of D that is zero, or 0.",
        &[("(Tensor input, *, bool hermitian=False, bool check_errors=False) -> linalg_ldl_factor_ex", |a| {
            a.run3(linalg::ldl_factor_ex)
        })],
    ),
    function(
        "ldl_factor",
        "L and D of symmetric matrices (Hermitian if `hermitian`) in one, and LAPACK's pivots.",
        &[("(Tensor input, *, bool hermitian=False) -> linalg_ldl_factor", |a| a.run2(linalg::ldl_factor))],
    ),
    function(
        "ldl_solve",
        "X with `A X = B`, given the LDL factors of A.",
        &[("(Tensor LD, Tensor pivots, Tensor B, *, bool hermitian=False)", |a| a.run4(linalg::ldl_solve))],
    )
    .batched(Batching::Rule),
    function(
        "lstsq",
        "The shortest X with the least `|A X - B|`, residuals, ranks and singular values.",
        &[("(Tensor input, Tensor b, float? rcond=None, *, str? driver=None) -> linalg_lstsq", |a| a.run4(linalg::lstsq))],
    )
    .node("LinalgLstsqBackward0")
    .batched(Batching::Rule),
    op("matrix_exp", "Exponentials of matrices.", &[("(Tensor input)", |a| a.run1(linalg::matrix_exp))]),
    op("matrix_exp", "Exponentials of matrices.", &[("(Tensor A)", |a| a.run1(linalg::matrix_exp))]).at(Place::Linalg),
];
