//! The calls of linear algebra, as data.

/// What a call computes. Matrices are the last two dimensions, one for each index of the leading dimensions, which all arrays
/// share; of one dtype (float32, float64 or complex) unless something else is said. Outputs are row-major. `info` outputs are
/// int32 and have the leading dimensions alone; they are 0 where all went well, otherwise LAPACK's number of what did not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Linalg {
    /// `in0` (n, n) Hermitian, of which the lower (`upper`: upper) triangle is read; `out0` L of `L L^H` (U of `U^H U`), `out1` info.
    Cholesky { upper: bool },
    /// `in0` (m, n); `out0` L without its diagonal of 1 and U, `out1` int32 pivots (min(m, n)) counted from 1, `out2` info.
    Lu,
    /// `in0`, `in1` of `Lu` with m = n, `in2` B (n, r); `out0` X with `A X = B`, or `A^T X = B`; A conjugated where asked for.
    LuSolve { transposed: bool, conjugated: bool },
    /// `in0` int32 pivots (k); `out0` int64 (m): `P[out0[i], i] = 1` in `P L U = A`.
    Permutation,
    /// `in0` (n, n), of which one triangle is read; `in1` B (n, r); `out0` X with `A X = B`. `unit`: the diagonal counts as 1.
    SolveTriangular { upper: bool, unit: bool },
    /// `in0` A (n, n), `in1` B (n, r); `out0` X with `A X = B`, `out1` info.
    Solve,
    /// `in0` (n, n); `out0` the inverse, `out1` info.
    Inverse,
    /// `in0` (n, n); `out0` of the leading dimensions.
    Determinant,
    /// `in0` (n, n); `out0` the determinant over its modulus, `out1` (real) the logarithm of the modulus; of the leading dimensions.
    LogDeterminant,
    /// `in0` (m, n); `out0` (m, n) LAPACK's R and reflectors, `out1` their factors `tau` (min(m, n)).
    Reflectors,
    /// `in0` (m, n) and `in1` (k) of `Reflectors`; `out0` (m, c) the first columns of Q.
    FormQ,
    /// `in0` (m, n), `in1` (k) of `Reflectors`, `in2` C; `out0` = `Q C`, or `C Q` unless `left`; with `Q^H` for Q where `adjoint`.
    ApplyQ { left: bool, adjoint: bool },
    /// `in0` (m, n); `out0` Q (m, c), `out1` R (c, n), c being min(m, n) or m; without Q where that has no columns.
    Qr,
    /// `in0` (n, n) Hermitian, of which the lower (`upper`: upper) triangle is read; `out0` real eigenvalues (n) in rising order, `out1`
    /// eigenvectors as columns, or absent; the last output is info.
    Eigh { upper: bool },
    /// `in0` (n, n); `out0` complex eigenvalues (n), `out1` complex eigenvectors as columns, or absent; the last output is info.
    Eig,
    /// `in0` (m, n); `out0` real singular values in falling order, `out1` U (m, m or min(m, n)), `out2` V^H, both or none; the last
    /// output is info, negative where the matrix is not finite.
    Svd,
    /// `in0` (n, n) symmetric, or Hermitian, of which the lower triangle is read; `out0` L and D, `out1` int32 pivots (n), `out2` info.
    Ldl { hermitian: bool },
    /// `in0`, `in1` of `Ldl`, `in2` B (n, r); `out0` X with `A X = B`.
    LdlSolve { hermitian: bool },
    /// `in0` (n, n); `out0` its exponential.
    Exponential,
}
