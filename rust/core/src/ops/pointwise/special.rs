//! Error functions, the gamma function's family.

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI, PI};

use super::rows;
use crate::error::{Class, Error};
use crate::ops::expr::{Expr, Terms};

/// The derivative that PyTorch has none of either.
fn missing(what: &str) -> Expr {
    Err(Error::message(Class::NotImplemented, format!("the derivative for '{what}' is not implemented."))).into()
}

/// `x^(a - 1) e^-x / Gamma(a)`, by which the incomplete gamma functions of `a` and `x` change with `x`.
fn gamma_density(t: &Terms) -> Expr {
    ((t.a() - 1.0) * t.b().log() - t.b() - t.a().map(&LGAMMA)).exp()
}

rows! {
    /// `erf(a)`, the error function `2 / sqrt(pi) * integral of e^(-t^2) from 0 to a`
    ERF = "erf" "ErfBackward0" (1, aliases "special.erf", stub "erf_vml_cpu"; HEAVY) FLOAT -> Float [(A) => |t| t.g() * ((-(t.a() * t.a())).exp() * FRAC_2_SQRT_PI)];
    /// `1 - erf(a)`, accurate for large `a`
    ERFC = "erfc" "ErfcBackward0" (1, aliases "special.erfc", stub "erfc_vml_cpu"; HEAVY) FLOAT -> Float [(A) => |t| t.g() * ((-(t.a() * t.a())).exp() * -FRAC_2_SQRT_PI)];
    /// `y` with `erf(y) = a`, the inverse of the error function
    ERFINV = "erfinv" "ErfinvBackward0" (1, aliases "special.erfinv", stub "erfinv_vml_cpu"; HEAVY) FLOAT -> Float [(Y) => |t| t.g() * ((t.y() * t.y()).exp() * (PI.sqrt() / 2.0))];
    /// `ln(|Gamma(a)|)`
    LGAMMA = "lgamma" "LgammaBackward0" (1, aliases "special.gammaln", stub "lgamma_vml_cpu"; HEAVY) FLOAT -> Float [(A) => |t| t.g() * t.a().digamma()];
    /// `Gamma'(a) / Gamma(a)`, the logarithmic derivative of the gamma function
    DIGAMMA = "digamma" "DigammaBackward0" (1, aliases "special.digamma" "special.psi", stub "digamma"; HEAVY) FLOAT -> Float [(A) => |t| t.g() * t.a().map(&TRIGAMMA)];
    /// derivative of `digamma`
    TRIGAMMA = "trigamma" "PolygammaBackward0" (1, python HELPER; HEAVY) FLOAT -> Float [(A) => |t| t.g() * Expr::apply(&POLYGAMMA, [t.a()], &[2i64.into()])];
    /// derivative number `n` (a parameter, at least 2) of `digamma`
    POLYGAMMA = "polygamma" "PolygammaBackward0" (1, params "n"; HEAVY) FLOAT -> Float
        [(A) => |t| t.g() * Expr::apply(&POLYGAMMA, [t.a()], &[(t.params()[0].to_i64() + 1).into()])];
    /// derivative of a sample `b` of the gamma distribution by its shape parameter `a`
    STANDARD_GAMMA_GRAD = "standard_gamma_grad" "" (2, python HELPER; UNBOUNDED HEAVY) FLOAT -> Promoted [];
    /// derivative of a sample `a` of the beta distribution by its first shape parameter `b`, over `1 - a`; `c` is the sum of the shapes
    DIRICHLET_GRAD = "dirichlet_grad" "" (3, python HELPER; UNBOUNDED HEAVY) FLOAT -> Promoted [];
    /// Hurwitz' zeta function `sum over k of 1 / (k + b)^a`
    ZETA = "zeta" "SpecialZetaBackward0" (2, python SPECIAL NUMBER_FIRST; HEAVY UNBOUNDED) FLOAT -> Float
        [() => |_| missing("zeta"), (A B) => |t| t.g() * -t.a() * Expr::apply(&ZETA, [t.a() + 1.0, t.b()], &[])];
    /// `P(a, b)`, the regularised lower incomplete gamma function
    IGAMMA = "igamma" "IgammaBackward0" (2, aliases "special.gammainc", python TENSORS; HEAVY UNBOUNDED) FLOAT -> Promoted
        [() => |_| missing("igamma: input"), (A B) => |t| t.g() * gamma_density(t)];
    /// `1 - P(a, b)`, the regularised upper incomplete gamma function
    IGAMMAC = "igammac" "IgammacBackward0" (2, aliases "special.gammaincc", python TENSORS; HEAVY UNBOUNDED) FLOAT -> Promoted
        [() => |_| missing("igammac: input"), (A B) => |t| -t.g() * gamma_density(t)];
    /// `-a ln(a)`, 0 at 0 and `-inf` below
    ENTR = "entr" "SpecialEntrBackward0" (1, python SPECIAL; HEAVY) FLOAT -> Float [(A) => |t| t.g() * (-t.a().log() - 1.0)];
    /// the probability that a standard normal variable is at most `a`
    NDTR = "ndtr" "SpecialNdtrBackward0" (1, python SPECIAL; HEAVY) FLOAT -> Float
        [(A) => |t| t.g() * ((-(t.a() * t.a()) * 0.5).exp() * (FRAC_2_SQRT_PI * FRAC_1_SQRT_2 * 0.5))];
    /// the number that a standard normal variable is below with probability `a`
    NDTRI = "ndtri" "SpecialNdtriBackward0" (1, python SPECIAL; HEAVY UNBOUNDED) FLOAT -> Float
        [(Y) => |t| t.g() * ((t.y() * t.y() * 0.5).exp() * (2.0 * PI).sqrt())];
    /// the logarithm of the probability that a standard normal variable is at most `a`
    LOG_NDTR = "log_ndtr" "SpecialLogNdtrBackward0" (1, python SPECIAL; HEAVY UNBOUNDED) FLOAT -> Float
        [(A Y) => |t| t.g() * ((-(t.y() + t.a() * t.a() * 0.5)).exp() * (FRAC_2_SQRT_PI * FRAC_1_SQRT_2 * 0.5))];
    /// `e^(a^2) (1 - erf(a))`
    ERFCX = "erfcx" "SpecialErfcxBackward0" (1, python SPECIAL; HEAVY UNBOUNDED) FLOAT -> Float
        [(A Y) => |t| t.g() * (t.a() * t.y() * 2.0 - FRAC_2_SQRT_PI)];
}
