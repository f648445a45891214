//! Arithmetic that the core itself needs by name; the ops are rows of the pointwise table.

use crate::error::Result;
use crate::scalar::Scalar;
use crate::tensor::Tensor;

use super::pointwise::arithmetic::{ADD, DIV, MUL, SUB};
use super::pointwise::{Arg, run, run_in_place};

const ONE: [Scalar; 1] = [Scalar::Int(1)];

/// `a + b`
pub fn add<'a>(a: &'a Tensor, b: impl Into<Arg<'a>>) -> Result<Tensor> {
    run(&ADD, &[a.into(), b.into()], &ONE)
}

/// `a - b`
pub fn sub<'a>(a: &'a Tensor, b: impl Into<Arg<'a>>) -> Result<Tensor> {
    run(&SUB, &[a.into(), b.into()], &ONE)
}

/// `a * b`
pub fn mul<'a>(a: &'a Tensor, b: impl Into<Arg<'a>>) -> Result<Tensor> {
    run(&MUL, &[a.into(), b.into()], &[])
}

/// `a / b`
pub fn div<'a>(a: &'a Tensor, b: impl Into<Arg<'a>>) -> Result<Tensor> {
    run(&DIV, &[a.into(), b.into()], &[])
}

/// `a += b`
pub fn add_<'a>(a: &Tensor, b: impl Into<Arg<'a>>) -> Result<()> {
    run_in_place(&ADD, a, &[b.into()], &ONE)
}
