//! Tensor arithmetic that reads like a formula: operators on [`Expr`] carry the first error along.

use std::ops::{Add, Div, Mul, Neg, Sub};

use crate::device::Device;
use crate::dtype::{Category, DType, c64};
use crate::error::Result;
use crate::row::Row;
use crate::scalar::Scalar;
use crate::tensor::Tensor;

use super::pointwise::{self, Arg, Opened};

/// A tensor, a number, or the error that came up on the way.
#[derive(Debug)]
pub enum Expr {
    /// A tensor.
    Tensor(Tensor),
    /// A number.
    Number(Scalar),
    /// What went wrong.
    Failed(crate::error::Error),
}

impl Expr {
    /// The tensor, or the error. A bare number becomes a 0-dim tensor.
    pub fn into_tensor(self) -> Result<Tensor> {
        match self {
            Expr::Tensor(tensor) => Ok(tensor),
            Expr::Number(x) => Tensor::from_scalar(x, Device::CPU),
            Expr::Failed(error) => Err(error),
        }
    }

    /// A pointwise op with parameters on expressions.
    pub fn apply<const N: usize>(row: &'static Row, inputs: [Expr; N], params: &[Scalar]) -> Expr {
        let mut inputs = inputs;
        for input in &mut inputs {
            if matches!(input, Expr::Failed(_)) {
                return std::mem::replace(input, Expr::Number(Scalar::Int(0)));
            }
        }
        if inputs.iter().all(|input| matches!(input, Expr::Number(_))) {
            return Expr::of_numbers(row, inputs, params);
        }
        let args: [Arg; N] = std::array::from_fn(|i| match &inputs[i] {
            Expr::Tensor(tensor) => Arg::Tensor(tensor),
            Expr::Number(x) => Arg::Scalar(*x),
            Expr::Failed(_) => Arg::Scalar(Scalar::Int(0)),
        });
        pointwise::run(row, &args, params).into()
    }

    /// Numbers stay numbers, and are computed in double precision whatever the default dtype is.
    fn of_numbers<const N: usize>(row: &'static Row, inputs: [Expr; N], params: &[Scalar]) -> Expr {
        let number = || -> Result<Scalar> {
            let mut tensors = Vec::with_capacity(N);
            for input in inputs {
                let Expr::Number(x) = input else { continue };
                let dtype = if is_complex(x) { DType::Complex128 } else { DType::Float64 };
                tensors.push(Tensor::full(&[], x, dtype, Device::CPU)?);
            }
            let args: Vec<Arg> = tensors.iter().map(Arg::from).collect();
            pointwise::run(row, &args, params)?.item()
        };
        match number() {
            Ok(x) => Expr::Number(x),
            Err(error) => Expr::Failed(error),
        }
    }

    /// A pointwise op of one input.
    pub fn map(self, row: &'static Row) -> Expr {
        Expr::apply(row, [self], &[])
    }

    fn numbers(&self, other: &Expr) -> Option<(Scalar, Scalar)> {
        match (self, other) {
            (Expr::Number(a), Expr::Number(b)) => Some((*a, *b)),
            _ => None,
        }
    }
}

impl From<Result<Tensor>> for Expr {
    fn from(result: Result<Tensor>) -> Self {
        match result {
            Ok(tensor) => Expr::Tensor(tensor),
            Err(error) => Expr::Failed(error),
        }
    }
}

impl From<&Tensor> for Expr {
    fn from(tensor: &Tensor) -> Self {
        Expr::Tensor(tensor.clone())
    }
}

impl From<Tensor> for Expr {
    fn from(tensor: Tensor) -> Self {
        Expr::Tensor(tensor)
    }
}

impl From<Arg<'_>> for Expr {
    fn from(arg: Arg) -> Self {
        match arg {
            Arg::Tensor(tensor) => tensor.into(),
            Arg::Scalar(x) => x.into(),
        }
    }
}

impl From<f64> for Expr {
    fn from(x: f64) -> Self {
        Expr::Number(Scalar::Float(x))
    }
}

impl From<Scalar> for Expr {
    fn from(x: Scalar) -> Self {
        Expr::Number(x)
    }
}

/// Numbers fold, everything else runs the op.
fn binary(
    row: &'static Row,
    a: Expr,
    b: Expr,
    real: fn(f64, f64) -> f64,
    complex: fn(c64, c64) -> c64,
    params: &[Scalar],
) -> Expr {
    match a.numbers(&b) {
        Some((x, y)) if is_complex(x) || is_complex(y) => Scalar::Complex(complex(x.to_complex(), y.to_complex())).into(),
        Some((x, y)) => real(x.to_f64(), y.to_f64()).into(),
        None => Expr::apply(row, [a, b], params),
    }
}

fn is_complex(x: Scalar) -> bool {
    x.category() == Category::Complex
}

macro_rules! operators {
    ($($trait:ident $method:ident $op:expr, $params:expr, $fold:expr;)*) => { $(
        impl $trait for Expr {
            type Output = Expr;
            fn $method(self, other: Expr) -> Expr { binary($op, self, other, $fold, $fold, $params) }
        }
        impl $trait<f64> for Expr {
            type Output = Expr;
            fn $method(self, other: f64) -> Expr { $trait::$method(self, Expr::from(other)) }
        }
        impl $trait<Expr> for f64 {
            type Output = Expr;
            fn $method(self, other: Expr) -> Expr { $trait::$method(Expr::from(self), other) }
        }
    )* };
}

operators! {
    Add add &pointwise::arithmetic::ADD, &[Scalar::Int(1)], |x, y| x + y;
    Sub sub &pointwise::arithmetic::SUB, &[Scalar::Int(1)], |x, y| x - y;
    Mul mul &pointwise::arithmetic::MUL, &[], |x, y| x * y;
    Div div &pointwise::arithmetic::DIV, &[], |x, y| x / y;
}

impl Neg for Expr {
    type Output = Expr;

    fn neg(self) -> Expr {
        match self {
            Expr::Number(x) if is_complex(x) => Scalar::Complex(-x.to_complex()).into(),
            Expr::Number(x) => (-x.to_f64()).into(),
            other => other.map(&pointwise::arithmetic::NEG),
        }
    }
}

/// What a derivative's formula may read. Complex inputs and results are handed out conjugated: for a holomorphic op
/// the gradient is `g * conj(f'(x))`, so a formula written for real numbers holds for complex ones as it stands.
pub struct Terms<'a> {
    pub(super) grad: &'a Tensor,
    pub(super) saved: &'a Opened<'a>,
}

impl Terms<'_> {
    /// The gradient of the result.
    pub fn g(&self) -> Expr {
        self.grad.into()
    }

    /// The gradient by an input that the result does not change with: zeros even where the gradient of the result is infinite.
    pub fn zeros(&self) -> Expr {
        let g = self.grad;
        Tensor::full(&g.shape(), Scalar::Int(0), g.dtype(), g.device()).into()
    }

    /// The dtype of the result.
    pub fn dtype(&self) -> DType {
        self.grad.dtype()
    }

    /// The first input.
    pub fn a(&self) -> Expr {
        self.saved.input(0)
    }

    /// The second input.
    pub fn b(&self) -> Expr {
        self.saved.input(1)
    }

    /// The third input.
    pub fn c(&self) -> Expr {
        self.saved.input(2)
    }

    /// The result.
    pub fn y(&self) -> Expr {
        self.saved.result()
    }

    /// A scalar parameter.
    pub fn p(&self, i: usize) -> f64 {
        self.saved.params()[i].to_f64()
    }

    /// All scalar parameters.
    pub fn params(&self) -> &[Scalar] {
        self.saved.params()
    }
}

/// Complex conjugate; a real tensor itself.
pub fn conjugate(x: Tensor) -> Expr {
    if x.dtype().is_complex() { Expr::Tensor(x).map(&pointwise::arithmetic::CONJ) } else { Expr::Tensor(x) }
}

/// `condition ? a : b`, element by element.
pub fn select(condition: Expr, a: impl Into<Expr>, b: impl Into<Expr>) -> Expr {
    Expr::apply(&pointwise::selection::WHERE, [condition, a.into(), b.into()], &[])
}

/// Methods that apply the op of their name.
macro_rules! functions {
    ($($method:ident($this:ident $(, $other:ident)?) $op:path;)*) => { impl Expr { $(
        /// The op of that name.
        pub fn $method($this $(, $other: impl Into<Expr>)?) -> Expr { Expr::apply(&$op, [$this $(, $other.into())?], &[]) }
    )* } };
}

functions! {
    exp(self) pointwise::exponential::EXP;
    log(self) pointwise::exponential::LOG;
    sigmoid(self) pointwise::exponential::SIGMOID;
    sin(self) pointwise::trigonometric::SIN;
    cos(self) pointwise::trigonometric::COS;
    sinh(self) pointwise::trigonometric::SINH;
    cosh(self) pointwise::trigonometric::COSH;
    tanh(self) pointwise::trigonometric::TANH;
    sqrt(self) pointwise::arithmetic::SQRT;
    rsqrt(self) pointwise::arithmetic::RSQRT;
    square(self) pointwise::arithmetic::SQUARE;
    sign(self) pointwise::arithmetic::SIGN;
    sgn(self) pointwise::arithmetic::SGN;
    abs(self) pointwise::arithmetic::ABS;
    floor(self) pointwise::rounding::FLOOR;
    trunc(self) pointwise::rounding::TRUNC;
    digamma(self) pointwise::special::DIGAMMA;
    reciprocal(self) pointwise::arithmetic::RECIPROCAL;
    logical_not(self) pointwise::comparison::LOGICAL_NOT;
    isnan(self) pointwise::comparison::ISNAN;
    eq(self, other) pointwise::comparison::EQ;
    ne(self, other) pointwise::comparison::NE;
    lt(self, other) pointwise::comparison::LT;
    le(self, other) pointwise::comparison::LE;
    gt(self, other) pointwise::comparison::GT;
    ge(self, other) pointwise::comparison::GE;
}

impl Expr {
    /// `self ** exponent`.
    pub fn pow(self, exponent: impl Into<Expr>) -> Expr {
        Expr::apply(&pointwise::arithmetic::POW, [self, exponent.into()], &[])
    }

    /// Logical and.
    pub fn and(self, other: Expr) -> Expr {
        Expr::apply(&pointwise::comparison::LOGICAL_AND, [self, other], &[])
    }

    /// Logical or.
    pub fn or(self, other: Expr) -> Expr {
        Expr::apply(&pointwise::comparison::LOGICAL_OR, [self, other], &[])
    }
}
