//! Type promotion: PyTorch's lattice, with 0-dim tensors and Python scalars counting only by category.

use std::sync::atomic::{AtomicU8, Ordering};

use crate::dtype::{Category, DType};
use crate::error::{Error, Result};
use crate::scalar::Scalar;

static DEFAULT: AtomicU8 = AtomicU8::new(DType::Float32 as u8);

/// The dtype that Python floats become (`torch.get_default_dtype`).
pub fn default_dtype() -> DType {
    DType::ALL[DEFAULT.load(Ordering::Relaxed) as usize]
}

/// Sets it; the caller has checked that it is a float dtype.
pub fn set_default_dtype(dtype: DType) {
    DEFAULT.store(dtype as u8, Ordering::Relaxed);
}

/// The complex dtype of the default dtype's precision.
pub fn default_complex_dtype() -> DType {
    default_dtype().complex().unwrap_or(DType::Complex64)
}

/// The dtype of a tensor made from a number alone.
pub fn dtype_of_scalar(x: Scalar) -> DType {
    match x {
        Scalar::Bool(_) => DType::Bool,
        Scalar::Int(_) | Scalar::Unsigned(_) => DType::Int64,
        Scalar::Float(_) => default_dtype(),
        Scalar::Complex(_) => default_complex_dtype(),
    }
}

/// The smallest dtype that holds both, by PyTorch's table (`torch.promote_types`). There is none for two dtypes of which one is a
/// float of one byte, or an unsigned integer of several bytes that meets anything but a float.
pub fn promote_types(a: DType, b: DType) -> Result<DType> {
    if a == b {
        return Ok(a);
    }
    let (low, high) = if a.category() <= b.category() { (a, b) } else { (b, a) };
    if low.is_float8() || high.is_float8() {
        return Err(no_common("Float8 Types", a, b));
    }
    if (low.is_wide_unsigned() && !high.is_float()) || high.is_wide_unsigned() {
        return Err(no_common("uint16, uint32, uint64 types", a, b));
    }
    Ok(promote_usual(low, high))
}

#[cold]
fn no_common(which: &str, a: DType, b: DType) -> Error {
    let (a, b) = (a.legacy_name(), b.legacy_name());
    Error::runtime(format!("Promotion for {which} is not supported, attempted to promote {a} and {b}"))
}

/// The lattice; `high` is of the higher category, or of the same.
fn promote_usual(low: DType, high: DType) -> DType {
    use DType::*;
    match high.category() {
        Category::Complex => match (low, high) {
            (Float64 | Complex128, _) | (_, Complex128) => Complex128,
            (BFloat16 | Float32 | Complex64, _) | (_, Complex64) => Complex64,
            _ => Complex32,
        },
        Category::Float if low.category() < Category::Float => high,
        Category::Float => match (low, high) {
            (Float64, _) | (_, Float64) => Float64,
            (Float32, _) | (_, Float32) => Float32,
            // The two half types have no common half type.
            _ => Float32,
        },
        Category::Integer if low == Bool => high,
        Category::Integer => match (low, high) {
            // Unsigned and signed bytes need the next size.
            (UInt8, Int8) | (Int8, UInt8) => Int16,
            _ => {
                if low.size() >= high.size() {
                    low
                } else {
                    high
                }
            }
        },
        Category::Bool => Bool,
    }
}

/// Folds operands into a result dtype. Operands count in three classes, a later one only where its category is
/// higher than all before: tensors with dimensions, 0-dim tensors, Python numbers.
#[derive(Clone, Copy, Default)]
pub struct Promotion {
    dimensioned: Option<DType>,
    zero_dim: Option<DType>,
    number: Option<DType>,
    /// The first two that have no common dtype.
    clash: Option<(DType, DType)>,
}

/// What two classes make together, the one that counts for more first.
fn combine_categories(higher: DType, lower: DType) -> Result<DType> {
    if lower.category() <= higher.category() {
        return Ok(higher);
    }
    if lower.is_complex() && higher.is_float() {
        // A complex number takes its precision from a float of the class above.
        let name = higher.legacy_name();
        return higher.complex().ok_or_else(|| Error::runtime(format!("Unknown Complex ScalarType for {name}")));
    }
    Ok(lower)
}

impl Promotion {
    /// Adds a tensor.
    pub fn tensor(mut self, dtype: DType, ndim: usize) -> Self {
        if ndim > 0 {
            self.dimensioned = self.join(self.dimensioned, dtype);
        } else {
            self.zero_dim = self.join(self.zero_dim, dtype);
        }
        self
    }

    /// Adds a Python number.
    pub fn scalar(mut self, x: Scalar) -> Self {
        self.number = self.join(self.number, dtype_of_scalar(x));
        self
    }

    fn join(&mut self, seen: Option<DType>, dtype: DType) -> Option<DType> {
        let Some(seen) = seen else { return Some(dtype) };
        let common = promote_types(seen, dtype);
        if common.is_err() {
            self.clash = self.clash.or(Some((seen, dtype)));
        }
        Some(common.unwrap_or(seen))
    }

    /// The result dtype; bool where there were no operands.
    pub fn result(self) -> Result<DType> {
        if let Some((a, b)) = self.clash {
            return promote_types(a, b);
        }
        let classes = [self.dimensioned, self.zero_dim, self.number];
        let mut present = classes.into_iter().flatten();
        let first = present.next().unwrap_or(DType::Bool);
        present.try_fold(first, combine_categories)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use DType::*;

    #[test]
    fn promotion_is_symmetric_and_idempotent() {
        for a in DType::ALL {
            assert_eq!(promote_types(a, a).unwrap(), a);
            for b in DType::ALL {
                assert_eq!(promote_types(a, b).ok(), promote_types(b, a).ok(), "{a:?} {b:?}");
            }
        }
    }

    #[test]
    fn table_of_pytorch() {
        let promote_types = |a, b| promote_types(a, b).unwrap();
        assert_eq!(promote_types(UInt8, Int8), Int16);
        assert_eq!(promote_types(UInt8, Int32), Int32);
        assert_eq!(promote_types(Float16, BFloat16), Float32);
        assert_eq!(promote_types(Int64, Float16), Float16);
        assert_eq!(promote_types(Float64, Complex64), Complex128);
        assert_eq!(promote_types(Bool, UInt8), UInt8);
        assert_eq!((promote_types(Complex32, Float16), promote_types(Complex32, Int64)), (Complex32, Complex32));
        assert_eq!((promote_types(Complex32, BFloat16), promote_types(Float64, Complex32)), (Complex64, Complex128));
        assert_eq!((promote_types(UInt16, BFloat16), promote_types(Float64, UInt64)), (BFloat16, Float64));
    }

    #[test]
    fn some_dtypes_have_none_in_common() {
        for (a, b) in
            [(UInt16, UInt8), (UInt16, UInt32), (Bool, UInt64), (UInt32, Complex64), (Float8E5M2, Float32), (Float8E5M2, UInt16)]
        {
            assert!(promote_types(a, b).is_err() && promote_types(b, a).is_err(), "{a:?} {b:?}");
            assert!(Promotion::default().tensor(a, 1).tensor(b, 2).result().is_err());
        }
        let with = |dtype, x| Promotion::default().tensor(dtype, 1).scalar(x).result();
        assert_eq!(with(UInt16, Scalar::Int(1)).unwrap(), UInt16);
        assert_eq!(with(Float8E5M2, Scalar::Float(1.0)).unwrap(), Float8E5M2);
        assert!(with(Float8E5M2, Scalar::Complex(num_complex::Complex::I)).is_err());
        assert_eq!(with(Float16, Scalar::Complex(num_complex::Complex::I)).unwrap(), Complex32);
    }

    #[test]
    fn scalars_count_by_category_only() {
        assert_eq!(Promotion::default().tensor(Float16, 2).scalar(Scalar::Float(1.0)).result().unwrap(), Float16);
        assert_eq!(Promotion::default().tensor(Int32, 2).scalar(Scalar::Float(1.0)).result().unwrap(), Float32);
        assert_eq!(Promotion::default().tensor(Int8, 1).tensor(Int64, 0).result().unwrap(), Int8);
        assert_eq!(Promotion::default().tensor(Int8, 1).tensor(Float64, 0).result().unwrap(), Float64);
    }
}
