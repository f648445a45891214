//! What ops refuse, in the words of PyTorch: dtypes that they are not defined for, and operands that a row names.

use crate::array::Operand;
use crate::dtype::DType;
use crate::error::{Class, Error, Result};
use crate::row::{Refusal, Row};
use crate::scalar::Scalar;

/// Refuses operands by what they are, whatever dtype they are promoted to.
#[inline]
pub(super) fn operands(row: &'static Row, operands: &[Operand]) -> Result<()> {
    row.refuses.iter().try_for_each(|refusal| refusal.check(operands))
}

impl Refusal {
    fn check(self, operands: &[Operand]) -> Result<()> {
        match self {
            Refusal::TruthDifference if operands.iter().any(is_truth) => Err(no_difference(operands.iter().all(is_truth))),
            Refusal::NegativePowerOfIntegers if is_negative_power_of_integers(operands) => {
                Err(Error::runtime("Integers to negative integer powers are not allowed."))
            }
            Refusal::QuotientOfIntegers if operands.len() == 3 && operands[1..].iter().all(is_integral) => Err(no_quotient()),
            _ => Ok(()),
        }
    }

    /// What is said of a dtype that the op is not defined for.
    fn of_dtype(self, row: &'static Row, dtype: DType) -> Option<Error> {
        match self {
            Refusal::TruthDifference if dtype == DType::Bool => Some(no_difference(true)),
            Refusal::TruthNegation if dtype == DType::Bool => Some(Error::message(
                Class::NotImplemented,
                "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to invert a mask, use the `~` or \
                 `logical_not()` operator instead.",
            )),
            Refusal::QuotientOfIntegers if dtype.is_integral() => Some(no_quotient()),
            Refusal::ComplexOrder if dtype.is_complex() => {
                Some(Error::type_(format!("{} not implemented for complex tensors.", row.op.name)))
            }
            _ => None,
        }
    }
}

/// The error for a dtype that an op is not defined for.
#[cold]
pub(super) fn dtype(row: &'static Row, dtype: DType) -> Error {
    if let Some(error) = row.refuses.iter().find_map(|refusal| refusal.of_dtype(row, dtype)) {
        return error;
    }
    let hint = if dtype.is_barebones() {
        ""
    } else if dtype.is_integral() && row.op.accepts.contains(DType::Float32) {
        "convert to a float dtype first"
    } else if dtype.is_float() {
        "it is defined for integers and bool"
    } else {
        ""
    };
    Error::dtype(row.stub, dtype, hint)
}

fn is_truth(operand: &Operand) -> bool {
    match operand {
        Operand::Array(array) => array.dtype == DType::Bool,
        Operand::Scalar(x) => matches!(x, Scalar::Bool(_)),
        Operand::None => false,
    }
}

fn is_integral(operand: &Operand) -> bool {
    match operand {
        Operand::Array(array) => array.dtype.is_integral(),
        Operand::Scalar(x) => matches!(x, Scalar::Bool(_) | Scalar::Int(_)),
        Operand::None => false,
    }
}

fn is_negative_power_of_integers(operands: &[Operand]) -> bool {
    matches!(operands, [Operand::Array(base), Operand::Scalar(Scalar::Int(..0))] if base.dtype.is_integral())
}

/// Truth values have no difference: neither of two, nor of one with a number.
#[cold]
fn no_difference(of_two: bool) -> Error {
    Error::message(
        Class::NotImplemented,
        match of_two {
            true => {
                "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or `logical_xor()` operator instead."
            }
            false => {
                "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to invert a mask, use the `~` or \
                 `logical_not()` operator instead."
            }
        },
    )
}

/// A quotient of integers is no integer.
#[cold]
fn no_quotient() -> Error {
    Error::runtime(
        "Integer division with addcdiv is no longer supported, and in a future  release addcdiv will perform a true division of tensor1 \
         and tensor2. The historic addcdiv behavior can be implemented as (input + value * torch.trunc(tensor1 / tensor2)).to(input.dtype) \
         for integer inputs and as (input + value * tensor1 / tensor2) for float inputs. The future addcdiv behavior is just the latter \
         implementation: (input + value * tensor1 / tensor2), for all dtypes.",
    )
}
