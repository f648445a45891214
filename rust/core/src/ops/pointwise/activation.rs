//! Activation functions and those of their gradients that are worth one pass.

use super::rows;
use crate::ops::expr::{Expr, select};

rows! {
    /// `max(a, 0)`; NaN stays
    RELU = "relu" "ReluBackward0" (1, python NN NO_OUT, stub "clamp_min_scalar_cpu") REAL + WIDE_UNSIGNED -> Promoted [(Y) => |t| Expr::apply(&THRESHOLD_BACKWARD, [t.g(), t.y()], &[0.0.into()])];
    /// `b > threshold ? a : 0`
    THRESHOLD_BACKWARD = "threshold_backward" "ThresholdBackwardBackward0" (2, params "threshold", python HELPER) REAL -> Promoted
        [(B) => |t| Expr::apply(&THRESHOLD_BACKWARD, [t.g(), t.b()], t.params()), () => |t| t.zeros()];
    /// `a > threshold ? a : value`
    THRESHOLD = "threshold" "ThresholdBackward0" (1, params "threshold" "") REAL -> Promoted [(A) => |t| Expr::apply(&THRESHOLD_BACKWARD, [t.g(), t.a()], &t.params()[..1])];
    /// `a > 0 ? a : slope * a`
    LEAKY_RELU = "leaky_relu" "LeakyReluBackward0" (1, params "negative_slope") FLOAT -> Promoted
        [(A) => |t| Expr::apply(&LEAKY_RELU_BACKWARD, [t.g(), t.a()], t.params())];
    /// `b > 0 ? a : slope * a`
    LEAKY_RELU_BACKWARD = "leaky_relu_backward" "LeakyReluBackwardBackward0" (2, params "negative_slope", python HELPER) FLOAT -> Promoted
        [(B) => |t| Expr::apply(&LEAKY_RELU_BACKWARD, [t.g(), t.b()], t.params()), () => |t| t.zeros()];
    /// `a > 0 ? a : b * a`
    PRELU = "prelu" "PreluKernelBackward0" (2, python HELPER) FLOAT -> Promoted [
        (A B) => |t| select(t.a().gt(0.0), t.g(), t.g() * t.b()), (A) => |t| select(t.a().gt(0.0), 0.0, t.g() * t.a())];
    /// `(a - b)^2`
    SQUARED_DIFFERENCE = "squared_difference" "MseLossBackward0" (2, inputs "self" "target", python HELPER) FLOAT -> Promoted
        [(A B) => |t| t.g() * ((t.a() - t.b()) * 2.0), (A B) => |t| t.g() * ((t.b() - t.a()) * 2.0)];
    /// `d^2 / (2 beta)` where `d = |a - b| < beta`, else `d - beta / 2`
    SMOOTH_L1 = "smooth_l1" "SmoothL1LossBackward0" (2, params "beta", inputs "self" "target", python HELPER) FLOAT -> Promoted
        [(A B) => |t| t.g() * within(t.a() - t.b(), t.p(0)) / t.p(0), (A B) => |t| t.g() * within(t.b() - t.a(), t.p(0)) / t.p(0)];
    /// `d^2 / 2` where `d = |a - b| <= delta`, else `delta * (d - delta / 2)`
    HUBER = "huber" "HuberLossBackward0" (2, params "delta", inputs "self" "target", python HELPER) FLOAT -> Promoted [
        (A B) => |t| t.g() * within(t.a() - t.b(), t.p(0)), (A B) => |t| t.g() * within(t.b() - t.a(), t.p(0))];
    /// `a > 0 ? scale * a : scale * alpha * (exp(input_scale * a) - 1)`; parameters alpha, scale, input_scale
    ELU = "elu" "EluBackward0" (1, params "alpha" "scale" "input_scale"; HEAVY) FLOAT -> Promoted [(A) => |t| {
        let (alpha, scale, input_scale) = (t.p(0), t.p(1), t.p(2));
        // The exponential is that of the negative elements alone: it may be infinite of others, and NaN is on the linear side.
        let negative = select(t.a().lt(0.0), t.a(), 0.0);
        t.g() * select(t.a().le(0.0), (negative * input_scale).exp() * (scale * alpha * input_scale), scale)
    }];
    /// `a * Phi(a)` with the normal distribution function
    GELU = "gelu" "GeluBackward0" (1, python HELPER, stub "GeluKernelImpl"; HEAVY) FLOAT -> Promoted [(A) => |t| Expr::apply(&GELU_BACKWARD, [t.g(), t.a()], &[])];
    /// `a * (Phi(b) + b * phi(b))`
    GELU_BACKWARD = "gelu_backward" "GeluBackwardBackward0" (2, python HELPER; HEAVY) FLOAT -> Promoted [
        (B) => |t| Expr::apply(&GELU_BACKWARD, [t.g(), t.b()], &[]),
        // d/dx (Phi(x) + x phi(x)) = phi(x) (2 - x^2)
        (A B) => |t| {
            let density = (t.b() * t.b() * -0.5).exp() * (1.0 / (2.0 * std::f64::consts::PI).sqrt());
            t.g() * t.a() * (density * (2.0 - t.b() * t.b()))
        }];
    /// `a / 2 * (1 + tanh(sqrt(2 / pi) * (a + 0.044715 a^3)))`
    GELU_TANH = "gelu_tanh" "GeluBackward0" (1, python HELPER; HEAVY) FLOAT -> Promoted [(A) => |t| Expr::apply(&GELU_TANH_BACKWARD, [t.g(), t.a()], &[])];
    /// `a` times the derivative of `gelu_tanh` at `b`
    GELU_TANH_BACKWARD = "gelu_tanh_backward" "GeluBackwardBackward0" (2, python HELPER; HEAVY) FLOAT -> Promoted [
        (B) => |t| Expr::apply(&GELU_TANH_BACKWARD, [t.g(), t.b()], &[]),
        // With u = k (x + c x^3), w = tanh u: the derivative is (1 + w) / 2 + x (1 - w^2) u' / 2, and its own derivative
        // is (1 - w^2) (u' + x u'' / 2 - x w u'^2).
        (A B) => |t| {
            let (k, c) = ((2.0 / std::f64::consts::PI).sqrt(), 0.044715);
            let w = || ((t.b() + t.b().pow(3.0) * c) * k).tanh();
            let u1 = || (t.b() * t.b() * (3.0 * c) + 1.0) * k;
            let u2 = t.b() * (6.0 * c * k);
            t.g() * t.a() * ((1.0 - w() * w()) * (u1() + t.b() * u2 * 0.5 - t.b() * w() * u1() * u1()))
        }];
    /// `a * sigmoid(a)`
    SILU = "silu" "SiluBackward0" (1, python NN_ONLY; HEAVY) INEXACT -> Promoted [(A) => |t| Expr::apply(&SILU_BACKWARD, [t.g(), t.a()], &[])];
    /// `a * sigmoid(b)`
    GATED = "gated" "GluBackward0" (2, python HELPER; HEAVY) FLOAT -> Promoted
        [(B) => |t| t.g() * t.b().sigmoid(), (A B) => |t| Expr::apply(&GATED, [t.g() * t.a(), t.b()], &[]) * (-t.b()).sigmoid()];
    /// `a * s * (1 + b * (1 - s))` with `s = sigmoid(b)`
    SILU_BACKWARD = "silu_backward" "SiluBackwardBackward0" (2, python HELPER; HEAVY) INEXACT -> Promoted [
        (B) => |t| Expr::apply(&SILU_BACKWARD, [t.g(), t.b()], &[]),
        (A B) => |t| {
            let s = || t.b().sigmoid();
            t.g() * t.a() * (s() * (1.0 - s()) * (t.b() * (1.0 - s() * 2.0) + 2.0))
        }];
    /// `a * tanh(softplus(a))`
    MISH = "mish" "MishBackward0" (1, python NN_ONLY; HEAVY) FLOAT -> Promoted [(A) => |t| {
        let w = || Expr::apply(&SOFTPLUS, [t.a()], &[1.0.into(), 20.0.into()]).tanh();
        t.g() * (w() + t.a() * t.a().sigmoid() * (1.0 - w() * w()))
    }];
    /// `log(1 + exp(beta * a)) / beta`, or `a` where `beta * a > threshold`
    SOFTPLUS = "softplus" "SoftplusBackward0" (1, params "beta" "threshold"; HEAVY) FLOAT -> Promoted
        [(A) => |t| select((t.a() * t.p(0)).gt(t.p(1)), t.g(), t.g() * (t.a() * t.p(0)).sigmoid())];
    /// `min(max(a, low), high)`, with no gradient at the ends
    HARDTANH = "hardtanh" "HardtanhBackward0" (1, params "min_val" "max_val"; ROUNDS_PARAMS) REAL -> Promoted
        [(A) => |t| select(t.a().le(t.p(0)).or(t.a().ge(t.p(1))), 0.0, t.g())];
    /// `min(max(a + 3, 0), 6) / 6`
    HARDSIGMOID = "hardsigmoid" "HardsigmoidBackward0" (1, python NN_ONLY) FLOAT -> Promoted
        [(A) => |t| select(t.a().gt(-3.0).and(t.a().lt(3.0)), t.g() * (1.0 / 6.0), 0.0)];
    /// `a * hardsigmoid(a)`
    HARDSWISH = "hardswish" "HardswishBackward0" (1, python NN_ONLY) FLOAT -> Promoted
        [(A) => |t| t.g() * select(t.a().le(-3.0), 0.0, select(t.a().lt(3.0), t.a() * (1.0 / 3.0) + 0.5, 1.0))];
    /// `log(sigmoid(a))`
    LOG_SIGMOID = "log_sigmoid" "LogSigmoidBackward0" (1, python NN_ONLY; HEAVY) FLOAT -> Promoted [(A) => |t| t.g() * (-t.a()).sigmoid()];
    /// `a` moved towards 0 by `lambda`, 0 within
    SOFTSHRINK = "softshrink" "SoftshrinkBackward0" (1, params "lambd"; ROUNDS_PARAMS) FLOAT -> Promoted
        [(A) => |t| select(t.a().abs().le(t.p(0)), 0.0, t.g())];
    /// `a`, but 0 where `|a| <= lambda`
    HARDSHRINK = "hardshrink" "HardshrinkBackward0" (1, params "lambd"; ROUNDS_PARAMS) FLOAT -> Promoted
        [(A) => |t| select(t.a().abs().le(t.p(0)), 0.0, t.g())];
}

/// `x`, or where it is farther than that from 0 the limit.
fn within(x: Expr, limit: f64) -> Expr {
    Expr::apply(&HARDTANH, [x], &[(-limit).into(), limit.into()])
}
