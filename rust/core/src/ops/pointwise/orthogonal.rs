//! Orthogonal polynomials of degree `b`, which have no derivatives in PyTorch. Of a negative degree they are 0.

use super::rows;

rows! {
    /// `T_b(a)`, the Chebyshev polynomial of the first kind of degree `b`
    CHEBYSHEV_POLYNOMIAL_T = "chebyshev_polynomial_t" "" (2, python SPECIAL NUMBER_FIRST DEGREE; HEAVY UNBOUNDED) FLOAT -> Float [];
    /// `U_b(a)`, the Chebyshev polynomial of the second kind of degree `b`
    CHEBYSHEV_POLYNOMIAL_U = "chebyshev_polynomial_u" "" (2, python SPECIAL NUMBER_FIRST DEGREE; HEAVY UNBOUNDED) FLOAT -> Float [];
    /// `V_b(a)`, the Chebyshev polynomial of the third kind of degree `b`
    CHEBYSHEV_POLYNOMIAL_V = "chebyshev_polynomial_v" "" (2, python SPECIAL NUMBER_FIRST DEGREE; HEAVY UNBOUNDED) FLOAT -> Float [];
    /// `W_b(a)`, the Chebyshev polynomial of the fourth kind of degree `b`
    CHEBYSHEV_POLYNOMIAL_W = "chebyshev_polynomial_w" "" (2, python SPECIAL NUMBER_FIRST DEGREE; HEAVY UNBOUNDED) FLOAT -> Float [];
    /// `T_b(2 a - 1)`, the shifted Chebyshev polynomial of the first kind of degree `b`
    SHIFTED_CHEBYSHEV_POLYNOMIAL_T = "shifted_chebyshev_polynomial_t" "" (2, python SPECIAL NUMBER_FIRST DEGREE; HEAVY UNBOUNDED) FLOAT -> Float [];
    /// `U_b(2 a - 1)`, the shifted Chebyshev polynomial of the second kind of degree `b`
    SHIFTED_CHEBYSHEV_POLYNOMIAL_U = "shifted_chebyshev_polynomial_u" "" (2, python SPECIAL NUMBER_FIRST DEGREE; HEAVY UNBOUNDED) FLOAT -> Float [];
    /// `V_b(2 a - 1)`, the shifted Chebyshev polynomial of the third kind of degree `b`
    SHIFTED_CHEBYSHEV_POLYNOMIAL_V = "shifted_chebyshev_polynomial_v" "" (2, python SPECIAL NUMBER_FIRST DEGREE; HEAVY UNBOUNDED) FLOAT -> Float [];
    /// `W_b(2 a - 1)`, the shifted Chebyshev polynomial of the fourth kind of degree `b`
    SHIFTED_CHEBYSHEV_POLYNOMIAL_W = "shifted_chebyshev_polynomial_w" "" (2, python SPECIAL NUMBER_FIRST DEGREE; HEAVY UNBOUNDED) FLOAT -> Float [];
    /// `H_b(a)`, the physicists' Hermite polynomial of degree `b`
    HERMITE_POLYNOMIAL_H = "hermite_polynomial_h" "" (2, python SPECIAL NUMBER_FIRST DEGREE; HEAVY UNBOUNDED) FLOAT -> Float [];
    /// `He_b(a)`, the statisticians' Hermite polynomial of degree `b`
    HERMITE_POLYNOMIAL_HE = "hermite_polynomial_he" "" (2, python SPECIAL NUMBER_FIRST DEGREE; HEAVY UNBOUNDED) FLOAT -> Float [];
    /// `L_b(a)`, the Laguerre polynomial of degree `b`
    LAGUERRE_POLYNOMIAL_L = "laguerre_polynomial_l" "" (2, python SPECIAL NUMBER_FIRST DEGREE; HEAVY UNBOUNDED) FLOAT -> Float [];
    /// `P_b(a)`, the Legendre polynomial of degree `b`
    LEGENDRE_POLYNOMIAL_P = "legendre_polynomial_p" "" (2, python SPECIAL NUMBER_FIRST DEGREE; HEAVY UNBOUNDED) FLOAT -> Float [];
}
