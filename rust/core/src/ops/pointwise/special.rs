//! Error functions, the gamma function's family.

use std::f64::consts::{FRAC_2_SQRT_PI, PI};

use super::rows;
use crate::ops::expr::Expr;

rows! {
    /// `erf(a)`, the error function `2 / sqrt(pi) * integral of e^(-t^2) from 0 to a`
    ERF = "erf" "ErfBackward0" (1, aliases "special.erf"; HEAVY) FLOAT -> Float [(A) => |t| t.g() * ((-(t.a() * t.a())).exp() * FRAC_2_SQRT_PI)];
    /// `1 - erf(a)`, accurate for large `a`
    ERFC = "erfc" "ErfcBackward0" (1, aliases "special.erfc"; HEAVY) FLOAT -> Float [(A) => |t| t.g() * ((-(t.a() * t.a())).exp() * -FRAC_2_SQRT_PI)];
    /// `y` with `erf(y) = a`, the inverse of the error function
    ERFINV = "erfinv" "ErfinvBackward0" (1, aliases "special.erfinv"; HEAVY) FLOAT -> Float [(Y) => |t| t.g() * ((t.y() * t.y()).exp() * (PI.sqrt() / 2.0))];
    /// `ln(|Gamma(a)|)`
    LGAMMA = "lgamma" "LgammaBackward0" (1, aliases "special.gammaln"; HEAVY) FLOAT -> Float [(A) => |t| t.g() * t.a().digamma()];
    /// `Gamma'(a) / Gamma(a)`, the logarithmic derivative of the gamma function
    DIGAMMA = "digamma" "DigammaBackward0" (1, aliases "special.digamma" "special.psi"; HEAVY) FLOAT -> Float [(A) => |t| t.g() * t.a().map(&TRIGAMMA)];
    /// derivative of `digamma`
    TRIGAMMA = "trigamma" "PolygammaBackward0" (1, python HELPER; HEAVY) FLOAT -> Float [(A) => |t| t.g() * Expr::apply(&POLYGAMMA, [t.a()], &[2i64.into()])];
    /// derivative number `n` (a parameter, at least 2) of `digamma`
    POLYGAMMA = "polygamma" "PolygammaBackward0" (1, params 1; HEAVY) FLOAT -> Float
        [(A) => |t| t.g() * Expr::apply(&POLYGAMMA, [t.a()], &[(t.params()[0].to_i64() + 1).into()])];
    /// derivative of a sample `b` of the gamma distribution by its shape parameter `a`
    STANDARD_GAMMA_GRAD = "standard_gamma_grad" "" (2, python HELPER; UNBOUNDED HEAVY) FLOAT -> Promoted [];
    /// derivative of a sample `a` of the beta distribution by its first shape parameter `b`, over `1 - a`; `c` is the sum of the shapes
    DIRICHLET_GRAD = "dirichlet_grad" "" (3, python HELPER; UNBOUNDED HEAVY) FLOAT -> Promoted [];
}
