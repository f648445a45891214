//! Exponentials and logarithms.

use std::f64::consts::{LN_2, LN_10};

use super::rows;
use crate::ops::expr::{Expr, select};

rows! {
    /// `e^a`
    EXP = "exp" "ExpBackward0" (1, stub "exp_vml_cpu"; HEAVY) INEXACT -> Float [(Y) => |t| t.g() * t.y()];
    /// `2^a`
    EXP2 = "exp2" "Exp2Backward0" (1, aliases "special.exp2", stub "exp2"; HEAVY) INEXACT -> Float [(Y) => |t| t.g() * (t.y() * LN_2)];
    /// `e^a - 1`, accurate near 0
    EXPM1 = "expm1" "Expm1Backward0" (1, aliases "special.expm1", stub "expm1_vml_cpu"; HEAVY) INEXACT -> Float [(Y) => |t| t.g() * (t.y() + 1.0)];
    /// `ln(a)`, the natural logarithm
    LOG = "log" "LogBackward0" (1, stub "log_vml_cpu"; HEAVY) INEXACT -> Float [(A) => |t| t.g() / t.a()];
    /// `log2(a)`, the base-2 logarithm
    LOG2 = "log2" "Log2Backward0" (1, stub "log2_vml_cpu"; HEAVY) INEXACT -> Float [(A) => |t| t.g() / (t.a() * LN_2)];
    /// `log10(a)`, the base-10 logarithm
    LOG10 = "log10" "Log10Backward0" (1, stub "log10_vml_cpu"; HEAVY) INEXACT -> Float [(A) => |t| t.g() / (t.a() * LN_10)];
    /// `log(1 + a)`, accurate near 0
    LOG1P = "log1p" "Log1PBackward0" (1, aliases "special.log1p", stub "log1p_vml_cpu"; HEAVY) INEXACT -> Float [(A) => |t| t.g() / (t.a() + 1.0)];
    /// `1 / (1 + e^-a)`
    SIGMOID = "sigmoid" "SigmoidBackward0" (1, aliases "special.expit"; HEAVY) INEXACT -> Float [(Y) => |t| Expr::apply(&SIGMOID_BACKWARD, [t.g(), t.y()], &[])];
    /// `a * b * (1 - b)`: the gradient of `sigmoid` from its result
    SIGMOID_BACKWARD = "sigmoid_backward" "SigmoidBackwardBackward0" (2, python HELPER) INEXACT -> Promoted
        [(B) => |t| t.g() * (t.b() * (1.0 - t.b())), (A B) => |t| t.g() * t.a() * (1.0 - t.b() * 2.0)];
    /// `log(a / (1 - a))`, `a` first clamped to `[eps, 1 - eps]` where the parameter `eps` is not negative
    LOGIT = "logit" "LogitBackward0" (1, params ""; ROUNDS_PARAMS HEAVY) FLOAT -> Float [(A) => |t| {
        let slope = t.g() / (t.a() * (1.0 - t.a()));
        let eps = t.p(0);
        let (low, beyond) = if eps < 0.0 { (0.0, f64::NAN) } else { (eps, 0.0) };
        select(t.a().ge(low).and(t.a().le(1.0 - low)), slope, beyond)
    }];
    /// `log(e^a + e^b)`
    LOGADDEXP = "logaddexp" "LogaddexpBackward0" (2, python TENSORS; HEAVY) INEXACT -> Promoted
        [(A B) => |t| t.g() * (t.a() - t.b()).sigmoid(), (A B) => |t| t.g() * (t.b() - t.a()).sigmoid()];
    /// `log2(2^a + 2^b)`
    LOGADDEXP2 = "logaddexp2" "Logaddexp2Backward0" (2, python TENSORS; HEAVY) FLOAT -> Promoted
        [(A B) => |t| t.g() * ((t.a() - t.b()) * LN_2).sigmoid(), (A B) => |t| t.g() * ((t.b() - t.a()) * LN_2).sigmoid()];
    /// `a * log(b)`, 0 where `a` is 0 and `b` is not NaN
    XLOGY = "xlogy" "XlogyBackward0" (2, number (0 "XlogyBackward1") (1 "XlogyBackward2"), aliases "special.xlogy", python NUMBER_FIRST IN_PLACE_FUNCTION; HEAVY) FLOAT -> Float
        [(A B) => |t| select(t.a().eq(0.0).and(t.b().le(0.0)), 0.0, t.g() * t.b().log()), (A B) => |t| t.g() * (t.a() / t.b())];
    /// `a * log(1 + b)`, 0 where `a` is 0 and `b` is not NaN
    XLOG1PY = "xlog1py" "SpecialXlog1PyBackward0" (2, number (0 "SpecialXlog1PyBackward1") (1 "SpecialXlog1PyBackward2"), aliases "special.xlog1py", python NUMBER_FIRST; HEAVY) FLOAT -> Float
        [(A B) => |t| select(t.a().eq(0.0).and(t.b().le(-1.0)), 0.0, t.g() * t.b().map(&LOG1P)), (A B) => |t| t.g() * (t.a() / (t.b() + 1.0))];
}
