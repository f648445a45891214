//! Element types and the one place where a run-time [`DType`] becomes a Rust type.

use bytemuck::{Pod, Zeroable};
pub use half::{bf16, f16};
use num_complex::Complex;

/// Element type of a tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum DType {
    Bool,
    UInt8,
    Int8,
    Int16,
    Int32,
    Int64,
    Float16,
    BFloat16,
    Float32,
    Float64,
    Complex64,
    Complex128,
}

/// Kinds of number, in the order in which promotion climbs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Category {
    Bool,
    Integer,
    Float,
    Complex,
}

impl DType {
    /// Every dtype.
    pub const ALL: [DType; 12] = {
        use DType::*;
        [Bool, UInt8, Int8, Int16, Int32, Int64, Float16, BFloat16, Float32, Float64, Complex64, Complex128]
    };

    /// Bytes an element takes.
    pub const fn size(self) -> usize {
        match self {
            DType::Bool | DType::UInt8 | DType::Int8 => 1,
            DType::Int16 | DType::Float16 | DType::BFloat16 => 2,
            DType::Int32 | DType::Float32 => 4,
            DType::Int64 | DType::Float64 | DType::Complex64 => 8,
            DType::Complex128 => 16,
        }
    }

    /// Name without the `torch.` prefix.
    pub const fn name(self) -> &'static str {
        match self {
            DType::Bool => "bool",
            DType::UInt8 => "uint8",
            DType::Int8 => "int8",
            DType::Int16 => "int16",
            DType::Int32 => "int32",
            DType::Int64 => "int64",
            DType::Float16 => "float16",
            DType::BFloat16 => "bfloat16",
            DType::Float32 => "float32",
            DType::Float64 => "float64",
            DType::Complex64 => "complex64",
            DType::Complex128 => "complex128",
        }
    }

    /// The C name that PyTorch's messages and legacy tensor types use.
    pub const fn legacy_name(self) -> &'static str {
        match self {
            DType::Bool => "Bool",
            DType::UInt8 => "Byte",
            DType::Int8 => "Char",
            DType::Int16 => "Short",
            DType::Int32 => "Int",
            DType::Int64 => "Long",
            DType::Float16 => "Half",
            DType::BFloat16 => "BFloat16",
            DType::Float32 => "Float",
            DType::Float64 => "Double",
            DType::Complex64 => "ComplexFloat",
            DType::Complex128 => "ComplexDouble",
        }
    }

    /// The type of C++ that PyTorch's messages about single numbers name.
    pub const fn c_name(self) -> &'static str {
        match self {
            DType::Bool => "bool",
            DType::UInt8 => "uint8_t",
            DType::Int8 => "int8_t",
            DType::Int16 => "int16_t",
            DType::Int32 => "int",
            DType::Int64 => "int64_t",
            DType::Float16 => "c10::Half",
            DType::BFloat16 => "c10::BFloat16",
            DType::Float32 => "float",
            DType::Float64 => "double",
            DType::Complex64 => "c10::complex<float>",
            DType::Complex128 => "c10::complex<double>",
        }
    }

    /// Kind of number.
    pub const fn category(self) -> Category {
        match self {
            DType::Bool => Category::Bool,
            DType::UInt8 | DType::Int8 | DType::Int16 | DType::Int32 | DType::Int64 => Category::Integer,
            DType::Float16 | DType::BFloat16 | DType::Float32 | DType::Float64 => Category::Float,
            DType::Complex64 | DType::Complex128 => Category::Complex,
        }
    }

    /// float16, bfloat16, float32 or float64?
    pub const fn is_float(self) -> bool {
        matches!(self.category(), Category::Float)
    }

    /// complex64 or complex128?
    pub const fn is_complex(self) -> bool {
        matches!(self.category(), Category::Complex)
    }

    /// An integer, or bool?
    pub const fn is_integral(self) -> bool {
        matches!(self.category(), Category::Integer | Category::Bool)
    }

    /// May a tensor of this dtype require gradients?
    pub const fn is_differentiable(self) -> bool {
        matches!(self.category(), Category::Float | Category::Complex)
    }

    /// float16 or bfloat16?
    pub const fn is_half(self) -> bool {
        matches!(self, DType::Float16 | DType::BFloat16)
    }

    /// The dtype of real and imaginary parts; itself where not complex.
    pub const fn real(self) -> DType {
        match self {
            DType::Complex64 => DType::Float32,
            DType::Complex128 => DType::Float64,
            other => other,
        }
    }

    /// The smallest and the largest value of an integer dtype.
    pub const fn integer_bounds(self) -> Option<(i64, i64)> {
        Some(match self {
            DType::UInt8 => (0, u8::MAX as i64),
            DType::Int8 => (i8::MIN as i64, i8::MAX as i64),
            DType::Int16 => (i16::MIN as i64, i16::MAX as i64),
            DType::Int32 => (i32::MIN as i64, i32::MAX as i64),
            DType::Int64 => (i64::MIN, i64::MAX),
            _ => return None,
        })
    }

    /// The largest finite value of a float dtype, or of the parts of a complex one; infinite for the others.
    pub const fn largest_float(self) -> f64 {
        match self.real() {
            DType::Float16 => 65504.0,
            DType::BFloat16 => 3.3895313892515355e38,
            DType::Float32 => f32::MAX as f64,
            DType::Float64 => f64::MAX,
            _ => f64::INFINITY,
        }
    }

    /// The dtype that long sums of this dtype are carried in: float32 for the half types, itself otherwise.
    pub const fn accumulate(self) -> DType {
        if self.is_half() { DType::Float32 } else { self }
    }
}

/// One byte that is true unless zero. Foreign memory may hold any byte, which Rust's `bool` must not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(transparent)]
pub struct Bool(pub u8);

impl Bool {
    /// From Rust's bool.
    #[inline]
    pub const fn new(value: bool) -> Self {
        Bool(value as u8)
    }

    /// To Rust's bool.
    #[inline]
    pub const fn get(self) -> bool {
        self.0 != 0
    }
}

/// A Rust type that tensors hold.
pub trait Element: Pod + Send + Sync + PartialEq + std::fmt::Debug {
    /// The dtype it stands for.
    const DTYPE: DType;
}

macro_rules! elements {
    ($($rust:ty => $dtype:ident),* $(,)?) => { $(impl Element for $rust { const DTYPE: DType = DType::$dtype; })* };
}

elements! {
    Bool => Bool, u8 => UInt8, i8 => Int8, i16 => Int16, i32 => Int32, i64 => Int64, f16 => Float16, bf16 => BFloat16,
    f32 => Float32, f64 => Float64, Complex<f32> => Complex64, Complex<f64> => Complex128,
}

/// Run an expression with a type name bound to the Rust type of a dtype:
/// `match_dtype!(dtype, T => copy::<T>(src, dst))`.
///
/// With a set in brackets only those types are instantiated, and the arm behind `else` takes the others:
/// `match_dtype!(dtype, T in [f32, f64] => run::<T>(x), else => Err(..))`. Sets: `[all]`, `[real]` (no complex),
/// `[int]` (no bool), `[float]` (four), or a list of Rust types.
#[macro_export]
macro_rules! match_dtype {
    ($dtype:expr, $t:ident => $body:expr) => { $crate::match_dtype!($dtype, $t in [all] => $body, else => unreachable!()) };
    ($dtype:expr, $t:ident in [all] => $body:expr, else => $other:expr) => {
        $crate::match_dtype!(@ $dtype, $t, $body, $other, [
            Bool $crate::dtype::Bool, UInt8 u8, Int8 i8, Int16 i16, Int32 i32, Int64 i64,
            Float16 $crate::dtype::f16, BFloat16 $crate::dtype::bf16, Float32 f32, Float64 f64,
            Complex64 $crate::dtype::c32, Complex128 $crate::dtype::c64])
    };
    ($dtype:expr, $t:ident in [real] => $body:expr, else => $other:expr) => {
        $crate::match_dtype!(@ $dtype, $t, $body, $other, [
            Bool $crate::dtype::Bool, UInt8 u8, Int8 i8, Int16 i16, Int32 i32, Int64 i64,
            Float16 $crate::dtype::f16, BFloat16 $crate::dtype::bf16, Float32 f32, Float64 f64])
    };
    ($dtype:expr, $t:ident in [int] => $body:expr, else => $other:expr) => {
        $crate::match_dtype!(@ $dtype, $t, $body, $other, [UInt8 u8, Int8 i8, Int16 i16, Int32 i32, Int64 i64])
    };
    ($dtype:expr, $t:ident in [float] => $body:expr, else => $other:expr) => {
        $crate::match_dtype!(@ $dtype, $t, $body, $other, [
            Float16 $crate::dtype::f16, BFloat16 $crate::dtype::bf16, Float32 f32, Float64 f64])
    };
    ($dtype:expr, $t:ident in [f32, f64] => $body:expr, else => $other:expr) => {
        $crate::match_dtype!(@ $dtype, $t, $body, $other, [Float32 f32, Float64 f64])
    };
    ($dtype:expr, $t:ident in [complex] => $body:expr, else => $other:expr) => {
        $crate::match_dtype!(@ $dtype, $t, $body, $other, [Complex64 $crate::dtype::c32, Complex128 $crate::dtype::c64])
    };
    (@ $dtype:expr, $t:ident, $body:expr, $other:expr, [$($variant:ident $rust:ty),*]) => {
        match $dtype {
            $($crate::dtype::DType::$variant => { type $t = $rust; $body })*
            #[allow(unreachable_patterns, reason = "the full set leaves nothing over")]
            _ => $other,
        }
    };
}

/// `Complex<f32>`, complex64.
#[allow(non_camel_case_types, reason = "named as the primitive types are")]
pub type c32 = Complex<f32>;
/// `Complex<f64>`, complex128.
#[allow(non_camel_case_types, reason = "named as the primitive types are")]
pub type c64 = Complex<f64>;
