//! Trigonometric and hyperbolic functions.

use super::rows;
use crate::ops::expr::{Expr, select};

rows! {
    /// `sin(a)`
    SIN = "sin" "SinBackward0" (1) INEXACT -> Float [(A) => |t| t.g() * t.a().cos()];
    /// `cos(a)`
    COS = "cos" "CosBackward0" (1) INEXACT -> Float [(A) => |t| -t.g() * t.a().sin()];
    /// `tan(a)`
    TAN = "tan" "TanBackward0" (1) INEXACT -> Float [(Y) => |t| t.g() * (t.y() * t.y() + 1.0)];
    /// `arcsin(a)`
    ASIN = "asin" "AsinBackward0" (1) INEXACT -> Float [(A) => |t| t.g() * (1.0 - t.a() * t.a()).rsqrt()];
    /// `arccos(a)`
    ACOS = "acos" "AcosBackward0" (1) INEXACT -> Float [(A) => |t| -t.g() * (1.0 - t.a() * t.a()).rsqrt()];
    /// `arctan(a)`
    ATAN = "atan" "AtanBackward0" (1) INEXACT -> Float [(A) => |t| t.g() / (t.a() * t.a() + 1.0)];
    /// angle of the point `(b, a)`, the arctangent of `a / b` in the right quadrant
    ATAN2 = "atan2" "Atan2Backward0" (2) FLOAT -> Float
        [(A B) => |t| t.g() * (t.b() / (t.a() * t.a() + t.b() * t.b())), (A B) => |t| -t.g() * (t.a() / (t.a() * t.a() + t.b() * t.b()))];
    /// `sinh(a)`
    SINH = "sinh" "SinhBackward0" (1) INEXACT -> Float [(A) => |t| t.g() * t.a().cosh()];
    /// `cosh(a)`
    COSH = "cosh" "CoshBackward0" (1) INEXACT -> Float [(A) => |t| t.g() * t.a().sinh()];
    /// `tanh(a)`
    TANH = "tanh" "TanhBackward0" (1) INEXACT -> Float [(Y) => |t| Expr::apply(&TANH_BACKWARD, [t.g(), t.y()], &[])];
    /// `a * (1 - b^2)`: the gradient of `tanh` from its result
    TANH_BACKWARD = "tanh_backward" "TanhBackwardBackward0" (2) INEXACT -> Promoted
        [(B) => |t| t.g() * (1.0 - t.b() * t.b()), (A B) => |t| t.g() * t.a() * (t.b() * -2.0)];
    /// `arsinh(a)`
    ASINH = "asinh" "AsinhBackward0" (1) INEXACT -> Float [(A) => |t| t.g() * (t.a() * t.a() + 1.0).rsqrt()];
    /// `arcosh(a)`
    ACOSH = "acosh" "AcoshBackward0" (1) INEXACT -> Float [(A) => |t| t.g() * (t.a() - 1.0).rsqrt() * (t.a() + 1.0).rsqrt()];
    /// `artanh(a)`
    ATANH = "atanh" "AtanhBackward0" (1) INEXACT -> Float [(A) => |t| t.g() / (1.0 - t.a() * t.a())];
    /// `sin(pi a) / (pi a)`, 1 at 0
    SINC = "sinc" "SincBackward0" (1) INEXACT -> Float [(A Y) => |t| {
        let pi = std::f64::consts::PI;
        let slope = ((t.a() * pi).cos() - t.y()) / t.a();
        select(t.a().eq(0.0), 0.0, t.g() * slope)
    }];
}
