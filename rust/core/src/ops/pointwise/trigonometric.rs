//! Trigonometric and hyperbolic functions.

use super::rows;
use crate::ops::expr::{Expr, Terms, select};

rows! {
    /// `sin(a)`
    SIN = "sin" "SinBackward0" (1, stub "sin_vml_cpu"; HEAVY) INEXACT -> Float [(A) => |t| t.g() * t.a().cos()];
    /// `cos(a)`
    COS = "cos" "CosBackward0" (1, stub "cos_vml_cpu"; HEAVY) INEXACT -> Float [(A) => |t| -t.g() * t.a().sin()];
    /// `tan(a)`
    TAN = "tan" "TanBackward0" (1, stub "tan_vml_cpu"; HEAVY) INEXACT -> Float [(Y) => |t| t.g() * (t.y() * t.y() + 1.0)];
    /// `arcsin(a)`
    ASIN = "asin" "AsinBackward0" (1, aliases "arcsin", stub "asin_vml_cpu"; HEAVY) INEXACT -> Float [(A) => |t| t.g() * (1.0 - t.a() * t.a()).rsqrt()];
    /// `arccos(a)`
    ACOS = "acos" "AcosBackward0" (1, aliases "arccos", stub "acos_vml_cpu"; HEAVY) INEXACT -> Float [(A) => |t| -t.g() * (1.0 - t.a() * t.a()).rsqrt()];
    /// `arctan(a)`
    ATAN = "atan" "AtanBackward0" (1, aliases "arctan", stub "atan_vml_cpu"; HEAVY) INEXACT -> Float [(A) => |t| t.g() / (t.a() * t.a() + 1.0)];
    /// angle of the point `(b, a)`, the arctangent of `a / b` in the right quadrant
    ATAN2 = "atan2" "Atan2Backward0" (2, aliases "arctan2", python TENSORS; HEAVY) FLOAT -> Float
        [(A B) => |t| of_angle(t, t.b()), (A B) => |t| -of_angle(t, t.a())];
    /// `sinh(a)`
    SINH = "sinh" "SinhBackward0" (1; HEAVY) INEXACT -> Float [(A) => |t| t.g() * t.a().cosh()];
    /// `cosh(a)`
    COSH = "cosh" "CoshBackward0" (1; HEAVY) INEXACT -> Float [(A) => |t| t.g() * t.a().sinh()];
    /// `tanh(a)`
    TANH = "tanh" "TanhBackward0" (1, stub "tanh_vml_cpu"; HEAVY) INEXACT -> Float [(Y) => |t| Expr::apply(&TANH_BACKWARD, [t.g(), t.y()], &[])];
    /// `a * (1 - b^2)`: the gradient of `tanh` from its result
    TANH_BACKWARD = "tanh_backward" "TanhBackwardBackward0" (2, python HELPER) INEXACT -> Promoted
        [(B) => |t| t.g() * (1.0 - t.b() * t.b()), (A B) => |t| t.g() * t.a() * (t.b() * -2.0)];
    /// `arsinh(a)`
    ASINH = "asinh" "AsinhBackward0" (1, aliases "arcsinh"; HEAVY) INEXACT -> Float [(A) => |t| t.g() * one_more(t.a() * t.a()).rsqrt()];
    /// `arcosh(a)`
    ACOSH = "acosh" "AcoshBackward0" (1, aliases "arccosh"; HEAVY) INEXACT -> Float [(A) => |t| {
        if t.dtype().is_complex() {
            // The root of the product would be on another branch.
            return t.g() * (t.a() - 1.0).rsqrt() * one_more(t.a()).rsqrt();
        }
        let size = || t.a().abs();
        t.g() * ((size() - 1.0) * (size() + 1.0)).rsqrt()
    }];
    /// `artanh(a)`
    ATANH = "atanh" "AtanhBackward0" (1, aliases "arctanh"; HEAVY) INEXACT -> Float [(A) => |t| t.g() / (1.0 - t.a() * t.a())];
    /// `sin(pi a) / (pi a)`, 1 at 0
    SINC = "sinc" "SincBackward0" (1, aliases "special.sinc"; HEAVY) INEXACT -> Float [(A Y) => |t| {
        let pi = std::f64::consts::PI;
        let slope = ((t.a() * pi).cos() - t.y()) / t.a();
        select(t.a().eq(0.0), 0.0, t.g() * slope)
    }];
}

/// The gradient of an angle by a coordinate, but for its sign: the other coordinate over the squared length, which is not
/// formed, for it may overflow. At the origin the angle is taken as constant.
fn of_angle(t: &Terms, other: Expr) -> Expr {
    let length = || Expr::apply(&super::arithmetic::HYPOT, [t.a(), t.b()], &[]);
    select(length().eq(0.0), 0.0, t.g() * (other / length() / length()))
}

/// `x + 1` that keeps a negative zero of the imaginary part, which tells on which side of a branch cut `x` is.
fn one_more(x: Expr) -> Expr {
    x - (-1.0)
}
