//! Type promotion: PyTorch's lattice, with 0-dim tensors and Python scalars counting only by category.

use std::sync::atomic::{AtomicU8, Ordering};

use crate::dtype::{Category, DType};
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
    if default_dtype() == DType::Float64 { DType::Complex128 } else { DType::Complex64 }
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

/// The smallest dtype that holds both, by PyTorch's table (`torch.promote_types`).
pub fn promote_types(a: DType, b: DType) -> DType {
    use DType::*;
    if a == b {
        return a;
    }
    let (low, high) = if a.category() <= b.category() { (a, b) } else { (b, a) };
    match high.category() {
        Category::Complex => {
            let wide = low == Float64 || low == Complex128 || high == Complex128;
            if wide { Complex128 } else { Complex64 }
        }
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
}

fn join(a: Option<DType>, b: DType) -> Option<DType> {
    Some(a.map_or(b, |a| promote_types(a, b)))
}

fn combine_categories(higher: DType, lower: Option<DType>) -> DType {
    match lower {
        // A higher class that is complex takes its precision from a float of the class above.
        Some(low) if low.category() > higher.category() => {
            if low.is_complex() && higher.is_float() {
                promote_types(higher, if higher == DType::Float64 { DType::Complex128 } else { DType::Complex64 })
            } else {
                low
            }
        }
        _ => higher,
    }
}

impl Promotion {
    /// Adds a tensor.
    pub fn tensor(mut self, dtype: DType, ndim: usize) -> Self {
        let class = if ndim > 0 { &mut self.dimensioned } else { &mut self.zero_dim };
        *class = join(*class, dtype);
        self
    }

    /// Adds a Python number.
    pub fn scalar(mut self, x: Scalar) -> Self {
        self.number = join(self.number, dtype_of_scalar(x));
        self
    }

    /// The result dtype; bool where there were no operands.
    pub fn result(self) -> DType {
        let classes = [self.dimensioned, self.zero_dim, self.number];
        let mut present = classes.into_iter().flatten();
        let first = present.next().unwrap_or(DType::Bool);
        present.fold(first, |acc, next| combine_categories(acc, Some(next)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use DType::*;

    #[test]
    fn promotion_is_symmetric_and_idempotent() {
        for a in DType::ALL {
            assert_eq!(promote_types(a, a), a);
            for b in DType::ALL {
                assert_eq!(promote_types(a, b), promote_types(b, a), "{a:?} {b:?}");
            }
        }
    }

    #[test]
    fn table_of_pytorch() {
        assert_eq!(promote_types(UInt8, Int8), Int16);
        assert_eq!(promote_types(UInt8, Int32), Int32);
        assert_eq!(promote_types(Float16, BFloat16), Float32);
        assert_eq!(promote_types(Int64, Float16), Float16);
        assert_eq!(promote_types(Float64, Complex64), Complex128);
        assert_eq!(promote_types(Bool, UInt8), UInt8);
    }

    #[test]
    fn scalars_count_by_category_only() {
        assert_eq!(Promotion::default().tensor(Float16, 2).scalar(Scalar::Float(1.0)).result(), Float16);
        assert_eq!(Promotion::default().tensor(Int32, 2).scalar(Scalar::Float(1.0)).result(), Float32);
        assert_eq!(Promotion::default().tensor(Int8, 1).tensor(Int64, 0).result(), Int8);
        assert_eq!(Promotion::default().tensor(Int8, 1).tensor(Float64, 0).result(), Float64);
    }
}
