//! Arithmetic.

use super::comparison::SIGNBIT;
use super::rows;
use crate::dtype::DType;
use crate::error::Error;
use crate::ops::expr::{Expr, Terms, select};
use crate::pointwise::{Accepts, Facts, Form, OpId, Pointwise, ResultType};
use crate::row::{Interface, Partial, Row};

rows! {
    /// `a + alpha * b`
    ADD = "add" "AddBackward0" (2, params "alpha", stub "add_stub"; ROUNDS_PARAMS) ANY + COMPLEX_HALF -> Promoted [() => |t| t.g(), () => |t| scaled(t, 1.0)];
    /// `a - alpha * b`
    SUB = "sub" "SubBackward0" (2, params "alpha", number (0 "RsubBackward1"), refuses TruthDifference, stub "add_stub"; ROUNDS_PARAMS) NUMERIC + COMPLEX_HALF -> Promoted [() => |t| t.g(), () => |t| scaled(t, -1.0)];
    /// `a * b`
    MUL = "mul" "MulBackward0" (2, aliases "multiply", python NUMBERS; KEEPS_NUMBERS) ANY + BAREBONES -> Promoted [(B) => |t| t.g() * t.b(), (A) => |t| t.g() * t.a()];
    /// `a / b`, a float even of integers
    DIV = "div" "DivBackward0" (2; KEEPS_NUMBERS) INEXACT -> Float [(B) => |t| t.g() / t.b(), (A B) => |t| -t.g() * ((t.a() / t.b()) / t.b())];
    /// `floor(a / b)` in the promoted dtype; integer division by zero is an error
    DIV_FLOOR = "div_floor" "DivBackward2" (2, python HELPER, forms FLOORED_QUOTIENTS;
        KEEPS_NUMBERS DIVIDES) REAL -> Promoted [() => |t| t.zeros(), () => |t| t.zeros()];
    /// `trunc(a / b)` in the promoted dtype
    DIV_TRUNC = "div_trunc" "DivBackward2" (2, python HELPER, forms CUT_QUOTIENTS;
        KEEPS_NUMBERS DIVIDES) REAL -> Promoted [() => |t| t.zeros(), () => |t| t.zeros()];
    /// `a - b * floor(a / b)`: the sign of the divisor (Python's `%`)
    REMAINDER = "remainder" "RemainderBackward1" (2, number (1 "RemainderBackward0"); DIVIDES) REAL -> Promoted
        [() => |t| t.g(), (A B) => |t| -t.g() * Expr::apply(&DIV_FLOOR, [t.a(), t.b()], &[])];
    /// `a - b * trunc(a / b)`: the sign of the dividend (C's `fmod`)
    FMOD = "fmod" "FmodBackward1" (2, number (1 "FmodBackward0"); DIVIDES) REAL -> Promoted
        [() => |t| t.g(), (A B) => |t| -t.g() * Expr::apply(&DIV_TRUNC, [t.a(), t.b()], &[])];
    /// `a ** b`; integer powers of integers wrap, negative exponents of integers are refused by core
    POW = "pow" "PowBackward1" (2, inputs "self" "exponent", number (0 "PowBackward2") (1 "PowBackward0"), refuses NegativePowerOfIntegers,
        stub "pow", forms POWERS; HEAVY) NUMERIC -> Promoted
        [(A B) => pow_by_base, (A B Y) => pow_by_exponent];
    /// `-a`
    NEG = "neg" "NegBackward0" (1, aliases "negative", python OUT_OF_OWN_DTYPE, refuses TruthNegation) NUMERIC + COMPLEX_HALF -> Promoted [() => |t| -t.g()];
    /// `|a|`; real for complex input
    ABS = "abs" "AbsBackward0" (1, aliases "absolute", python OUT_OF_OWN_DTYPE; NOT_HOLOMORPHIC) NUMERIC + FLOAT8 + COMPLEX_HALF -> Real [(A) => |t| t.g() * conj(t.a().sgn())];
    /// sign of `a`: -1, 0 or 1; NaN gives 0 as in PyTorch
    SIGN = "sign" "SignBackward0" (1, python OUT_OF_OWN_DTYPE) ORDERED -> Promoted [() => |t| t.zeros()];
    /// `a / |a|` for complex input, `sign` for real
    SGN = "sgn" "SgnBackward0" (1, python OUT_OF_OWN_DTYPE, stub "sign_cpu"; NOT_HOLOMORPHIC) ANY + COMPLEX_HALF -> Promoted [(A Y) => sgn_grad];
    /// complex conjugate of `a`; the identity on real input
    CONJ = "conj_physical" "ConjPhysicalBackward0" (1, python OUT_OF_OWN_DTYPE; NOT_HOLOMORPHIC) ANY + BAREBONES -> Promoted [() => |t| conj(t.g())];
    /// `1 / a`
    RECIPROCAL = "reciprocal" "ReciprocalBackward0" (1) INEXACT -> Float [(Y) => |t| -t.g() * (t.y() * t.y())];
    /// `a * a`
    SQUARE = "square" "PowBackward0" (1, stub "pow") ANY -> Promoted [(A) => |t| t.g() * (first_power(t.a()) * 2.0)];
    /// `sqrt(a)`
    SQRT = "sqrt" "SqrtBackward0" (1, stub "sqrt_vml_cpu") INEXACT -> Float [(Y) => |t| t.g() / (t.y() * 2.0)];
    /// `1 / sqrt(a)`
    RSQRT = "rsqrt" "RsqrtBackward0" (1) INEXACT -> Float [(Y) => |t| t.g() * -0.5 * t.y().pow(3.0)];
    /// `max(a, b)`; NaN wins. Of equals each gets half the gradient
    MAXIMUM = "maximum" "MaximumBackward0" (2, python TENSORS, refuses ComplexOrder) ORDERED + WIDE_UNSIGNED -> Promoted [(A B) => |t| of_larger(t, |t| t.a(), |t| t.b()), (A B) => |t| of_larger(t, |t| t.b(), |t| t.a())];
    /// `min(a, b)`; NaN wins
    MINIMUM = "minimum" "MinimumBackward0" (2, python TENSORS, refuses ComplexOrder) ORDERED + WIDE_UNSIGNED -> Promoted [(A B) => |t| of_larger(t, |t| t.b(), |t| t.a()), (A B) => |t| of_larger(t, |t| t.a(), |t| t.b())];
    /// `max(a, b)`; NaN loses. Of equals each gets half the gradient
    FMAX = "fmax" "FmaxBackward0" (2, python TENSORS, refuses ComplexOrder) ORDERED + WIDE_UNSIGNED -> Promoted
        [(A B) => |t| of_first(t, t.a().gt(t.b())), (A B) => |t| of_second(t, t.a().gt(t.b()))];
    /// `min(a, b)`; NaN loses
    FMIN = "fmin" "FminBackward0" (2, python TENSORS, refuses ComplexOrder) ORDERED + WIDE_UNSIGNED -> Promoted
        [(A B) => |t| of_first(t, t.a().lt(t.b())), (A B) => |t| of_second(t, t.a().lt(t.b()))];
    /// `|a|` with the sign of `b`
    COPYSIGN = "copysign" "CopysignBackward0" (2, number (1 "CopysignBackward1")) FLOAT -> Float [(A Y) => |t| {
        let is_negative = |x: Expr| x.map(&SIGNBIT);
        let signed = select(is_negative(t.a()).eq(is_negative(t.y())), t.g(), -t.g());
        select(t.a().eq(0.0), 0.0, signed)
    }, (Y) => |t| t.zeros()];
    /// `sqrt(a^2 + b^2)` without overflow
    HYPOT = "hypot" "HypotBackward0" (2, python TENSORS; HEAVY) FLOAT -> Promoted [(A Y) => |t| t.g() * (t.a() / t.y()), (B Y) => |t| t.g() * (t.b() / t.y())];
    /// the float next to `a` in the direction of `b`
    NEXTAFTER = "nextafter" "NextafterBackward0" (2, python TENSORS, forms NEIGHBOURS) FLOAT -> Promoted
        [(A B) => |t| select(t.a().eq(t.b()), 0.0, t.g()), () => |t| t.zeros()];
    /// `a + c * (b - a)`, computed from the nearer end
    LERP = "lerp" "LerpBackward1" (3, inputs "self" "end" "weight", number (2 "LerpBackward0"), stub "lerp_kernel_scalar"; KEEPS_NUMBERS) INEXACT -> Promoted
        [(C) => |t| t.g() * (1.0 - t.c()), (C) => |t| t.g() * t.c(), (A B) => |t| t.g() * (t.b() - t.a())];
    /// `a + value * b * c`
    ADDCMUL = "addcmul" "AddcmulBackward0" (3, params "value", inputs "self" "tensor1" "tensor2", stub "addcmul_cpu_out") NUMERIC + COMPLEX_HALF -> Promoted
        [() => |t| t.g(), (C) => |t| scaled(t, 1.0) * t.c(), (B) => |t| scaled(t, 1.0) * t.b()];
    /// `a + value * b / c`
    ADDCDIV = "addcdiv" "AddcdivBackward0" (3, params "value", inputs "self" "tensor1" "tensor2", refuses QuotientOfIntegers, stub "addcdiv_cpu_out") INEXACT -> Promoted
        [(C) => |t| t.g(), (C) => |t| scaled(t, 1.0) / t.c(), (B C) => |t| scaled(t, -1.0) * (t.b() / (t.c() * t.c()))];
    /// `min(max(a, low), high)`; NaN stays
    CLAMP = "clamp" "ClampBackward1" (1, params "min" "max", stub "clamp_scalar_cpu"; ROUNDS_PARAMS) REAL + WIDE_UNSIGNED -> Promoted
        [(A) => |t| select(t.a().ge(t.p(0)).and(t.a().le(t.p(1))), t.g(), 0.0)];
    /// greatest common divisor of `a` and `b`
    GCD = "gcd" "" (2, python TENSORS IN_PLACE_FUNCTION) INTEGER -> Promoted [];
    /// least common multiple of `a` and `b`
    LCM = "lcm" "" (2, python TENSORS IN_PLACE_FUNCTION) INTEGER -> Promoted [];
    /// 0, `b` or 1 for negative, zero or positive `a`
    HEAVISIDE = "heaviside" "torch::autograd::NotImplemented" (2) ORDERED -> Promoted
        [() => |_| no_derivative("heaviside"), () => |_| no_derivative("heaviside")];
}

/// [`DIV_FLOOR`] as `//` and `floor_divide` have it, which PyTorch gives no derivative. It stands beside the table: kernels know it as
/// `div_floor`.
pub static FLOOR_DIVIDE: Row = Row {
    op: Pointwise {
        name: "div_floor",
        arity: 2,
        params: 0,
        accepts: Accepts::REAL,
        result: ResultType::Promoted,
        facts: Facts::KEEPS_NUMBERS.and(Facts::DIVIDES),
        forms: &FLOORED_QUOTIENTS,
        id: OpId::new(),
    },
    in_place: "floor_divide_",
    stub: "div_floor_cpu",
    node: "torch::autograd::NotImplemented",
    node_with_number: &[],
    doc: "",
    input_names: &["self", "other"],
    param_names: &[],
    aliases: &[],
    interface: Interface::HELPER,
    refuses: &[],
    partials: &[Partial::new(0, |_| no_derivative("floor_divide")), Partial::new(0, |_| no_derivative("floor_divide"))],
};

/// What stands for the derivative of an op that PyTorch has none for: an error when a gradient arrives.
fn no_derivative(op: &str) -> Expr {
    Expr::Failed(Error::runtime(format!("derivative for aten::{op} is not implemented")))
}

/// Powers with the usual constant exponents are products and roots.
static POWERS: [Form; 6] = [
    Form::of_number(2.0, "square", Accepts::ANY),
    Form::of_number(3.0, "pow_3", Accepts::FLOAT),
    Form::of_number(0.5, "sqrt", Accepts::FLOAT),
    Form::of_number(-0.5, "rsqrt", Accepts::FLOAT),
    Form::of_number(-1.0, "reciprocal", Accepts::FLOAT),
    Form::of_number(-2.0, "pow_minus_2", Accepts::FLOAT),
];
/// The quotient of two half tensors, unlike that of a tensor and a number, is rounded before it is cut to an integer.
static CUT_QUOTIENTS: [Form; 2] = [
    Form::of_half_by_tensor(DType::Float16, "div_trunc_float16"),
    Form::of_half_by_tensor(DType::BFloat16, "div_trunc_bfloat16"),
];
/// Of two tensors of bfloat16 PyTorch rounds every step.
static FLOORED_QUOTIENTS: [Form; 1] = [Form::of_half_by_tensor(DType::BFloat16, "div_floor_bfloat16")];
/// The neighbour of a half float is further away.
static NEIGHBOURS: [Form; 2] =
    [Form::of_half(DType::Float16, "nextafter_float16"), Form::of_half(DType::BFloat16, "nextafter_bfloat16")];

/// The gradient of an addend with a factor.
fn scaled(t: &Terms, sign: f64) -> Expr {
    let factor = t.params()[0];
    match factor.category() {
        crate::dtype::Category::Complex => t.g() * Expr::from(crate::Scalar::Complex(factor.to_complex().conj() * sign)),
        _ if factor.to_f64() * sign == 1.0 => t.g(),
        _ if factor.to_f64() * sign == -1.0 => -t.g(),
        _ => t.g() * (factor.to_f64() * sign),
    }
}

/// `b * a^(b - 1)`, and 0 where the exponent is 0.
fn pow_by_base(t: &Terms) -> Expr {
    match t.b() {
        Expr::Number(n) if n.to_f64() == 2.0 && !matches!(n, crate::Scalar::Complex(_)) => t.g() * (first_power(t.a()) * 2.0),
        Expr::Number(n) if n.to_f64() == 0.0 && !matches!(n, crate::Scalar::Complex(_)) => t.zeros(),
        Expr::Number(n) => t.g() * (base_of_power(t).pow(Expr::from(n) - 1.0) * Expr::from(n)),
        exponent => {
            let one_less = t.b() - 1.0;
            let slope = base_of_power(t).pow(one_less) * exponent;
            select(t.b().eq(0.0), 0.0, t.g() * slope)
        }
    }
}

/// `a`, as a power where steps are recorded: the third derivative of a square is zeros, not the end of the graph.
fn first_power(a: Expr) -> Expr {
    if crate::autograd::mode::is_enabled() { a.pow(1.0) } else { a }
}

/// The base, complex where the power is: a negative real base has its logarithm on the branch cut, and as all that is handed
/// to formulas, it is taken on the conjugate side.
fn base_of_power(t: &Terms) -> Expr {
    match t.a() {
        Expr::Tensor(base) if t.dtype().is_complex() && !base.dtype().is_complex() => {
            Expr::from(crate::ops::cast::to_dtype(&base, t.dtype())).map(&CONJ)
        }
        Expr::Number(base) if t.dtype().is_complex() => crate::Scalar::Complex(conjugate_of(base)).into(),
        base => base,
    }
}

/// As a complex number, conjugated: a real number gets a negative zero as imaginary part.
fn conjugate_of(x: crate::Scalar) -> crate::dtype::c64 {
    match x {
        // A formula's numbers have been conjugated already.
        crate::Scalar::Complex(z) => z,
        real => real.to_complex().conj(),
    }
}

/// `a^b * log(a)`, and 0 where the base is 0 and the exponent real and not negative.
fn pow_by_exponent(t: &Terms) -> Expr {
    let slope = t.g() * (t.y() * base_of_power(t).log());
    let base_is_zero = match t.a() {
        Expr::Number(base) if base.to_bool() => return slope,
        base => base.eq(0.0),
    };
    let exponent_is_not_negative = match t.b() {
        Expr::Tensor(b) if b.dtype().is_complex() => {
            let part = |part: crate::error::Result<crate::Tensor>| Expr::from(part);
            part(crate::ops::complex::real(&b)).ge(0.0).and(part(crate::ops::complex::imag(&b)).eq(0.0))
        }
        exponent => exponent.ge(0.0),
    };
    select(base_is_zero.and(exponent_is_not_negative), 0.0, slope)
}

/// All of the gradient where `a` is larger, half where both are equal; also all where one of the two is NaN.
fn of_larger(t: &Terms, a: fn(&Terms) -> Expr, b: fn(&Terms) -> Expr) -> Expr {
    select(a(t).lt(b(t)), 0.0, select(a(t).eq(b(t)), t.g() * 0.5, t.g()))
}

/// All of the gradient where the first of two operands wins or the second is NaN, half where they are equal.
fn of_first(t: &Terms, wins: Expr) -> Expr {
    select(wins.or(t.b().isnan()), t.g(), select(t.a().eq(t.b()), t.g() * 0.5, 0.0))
}

/// What is left of the gradient by [`of_first`].
fn of_second(t: &Terms, first_wins: Expr) -> Expr {
    select(first_wins.or(t.b().isnan()), 0.0, select(t.a().eq(t.b()), t.g() * 0.5, t.g()))
}

/// Zero on real input; on complex input the part of the gradient across the direction of `a`, over `|a|`.
fn sgn_grad(t: &Terms) -> Expr {
    match t.y() {
        Expr::Tensor(y) if y.dtype().is_complex() => {
            let along = crate::ops::complex::real_part(t.g() * t.y());
            let across = t.g() - conj(t.y()) * along;
            select(t.a().abs().eq(0.0), 0.0, across / t.a().abs())
        }
        _ => t.zeros(),
    }
}

fn conj(x: Expr) -> Expr {
    match x {
        Expr::Tensor(tensor) if !tensor.dtype().is_complex() => Expr::Tensor(tensor),
        Expr::Number(z) => Expr::Number(match z {
            crate::Scalar::Complex(z) => crate::Scalar::Complex(z.conj()),
            real => real,
        }),
        other => other.map(&CONJ),
    }
}
