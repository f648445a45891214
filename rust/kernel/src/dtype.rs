//! Element types and the one place where a run-time [`DType`] becomes a Rust type.

use bytemuck::{Pod, Zeroable};
pub use half::{bf16, f16};
use num_complex::Complex;

pub use crate::float8::{F8E4M3FN, F8E4M3FNUZ, F8E5M2, F8E5M2FNUZ, F8E8M0FNU};

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
    UInt16,
    UInt32,
    UInt64,
    Float8E4M3FN,
    Float8E4M3FNUZ,
    Float8E5M2,
    Float8E5M2FNUZ,
    Float8E8M0FNU,
    Complex32,
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
    pub const ALL: [DType; 21] = {
        use DType::*;
        [
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
            UInt16,
            UInt32,
            UInt64,
            Float8E4M3FN,
            Float8E4M3FNUZ,
            Float8E5M2,
            Float8E5M2FNUZ,
            Float8E8M0FNU,
            Complex32,
        ]
    };

    /// Bytes an element takes.
    pub const fn size(self) -> usize {
        match self {
            DType::Bool | DType::UInt8 | DType::Int8 => 1,
            DType::Float8E4M3FN | DType::Float8E4M3FNUZ | DType::Float8E5M2 | DType::Float8E5M2FNUZ | DType::Float8E8M0FNU => 1,
            DType::Int16 | DType::UInt16 | DType::Float16 | DType::BFloat16 => 2,
            DType::Int32 | DType::UInt32 | DType::Float32 | DType::Complex32 => 4,
            DType::Int64 | DType::UInt64 | DType::Float64 | DType::Complex64 => 8,
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
            DType::UInt16 => "uint16",
            DType::UInt32 => "uint32",
            DType::UInt64 => "uint64",
            DType::Float8E4M3FN => "float8_e4m3fn",
            DType::Float8E4M3FNUZ => "float8_e4m3fnuz",
            DType::Float8E5M2 => "float8_e5m2",
            DType::Float8E5M2FNUZ => "float8_e5m2fnuz",
            DType::Float8E8M0FNU => "float8_e8m0fnu",
            DType::Complex32 => "complex32",
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
            DType::UInt16 => "UInt16",
            DType::UInt32 => "UInt32",
            DType::UInt64 => "UInt64",
            DType::Float8E4M3FN => "Float8_e4m3fn",
            DType::Float8E4M3FNUZ => "Float8_e4m3fnuz",
            DType::Float8E5M2 => "Float8_e5m2",
            DType::Float8E5M2FNUZ => "Float8_e5m2fnuz",
            DType::Float8E8M0FNU => "Float8_e8m0fnu",
            DType::Complex32 => "ComplexHalf",
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
            DType::UInt16 => "uint16_t",
            DType::UInt32 => "uint32_t",
            DType::UInt64 => "uint64_t",
            DType::Float8E4M3FN => "c10::Float8_e4m3fn",
            DType::Float8E4M3FNUZ => "c10::Float8_e4m3fnuz",
            DType::Float8E5M2 => "c10::Float8_e5m2",
            DType::Float8E5M2FNUZ => "c10::Float8_e5m2fnuz",
            DType::Float8E8M0FNU => "c10::Float8_e8m0fnu",
            DType::Complex32 => "c10::complex<c10::Half>",
        }
    }

    /// Kind of number.
    pub const fn category(self) -> Category {
        match self {
            DType::Bool => Category::Bool,
            DType::UInt8 | DType::Int8 | DType::Int16 | DType::Int32 | DType::Int64 => Category::Integer,
            DType::UInt16 | DType::UInt32 | DType::UInt64 => Category::Integer,
            DType::Float16 | DType::BFloat16 | DType::Float32 | DType::Float64 => Category::Float,
            DType::Float8E4M3FN | DType::Float8E4M3FNUZ | DType::Float8E5M2 | DType::Float8E5M2FNUZ | DType::Float8E8M0FNU => {
                Category::Float
            }
            DType::Complex32 | DType::Complex64 | DType::Complex128 => Category::Complex,
        }
    }

    /// A floating-point number?
    pub const fn is_float(self) -> bool {
        matches!(self.category(), Category::Float)
    }

    /// A complex number?
    pub const fn is_complex(self) -> bool {
        matches!(self.category(), Category::Complex)
    }

    /// An integer, or bool?
    pub const fn is_integral(self) -> bool {
        matches!(self.category(), Category::Integer | Category::Bool)
    }

    /// The usual dtype that holds all values of a barebones one, of uint64 at least their bits. Itself where usual.
    pub const fn usual(self) -> DType {
        match self {
            DType::UInt16 | DType::UInt32 | DType::UInt64 => DType::Int64,
            DType::Complex32 => DType::Complex64,
            float8 if float8.is_float8() => DType::Float32,
            other => other,
        }
    }

    /// May a tensor of this dtype require gradients?
    pub const fn is_differentiable(self) -> bool {
        matches!(self.category(), Category::Float | Category::Complex)
    }

    /// float16 or bfloat16?
    pub const fn is_half(self) -> bool {
        matches!(self, DType::Float16 | DType::BFloat16)
    }

    /// A float of one byte?
    pub const fn is_float8(self) -> bool {
        self.is_float() && self.size() == 1
    }

    /// An unsigned integer of more than one byte?
    pub const fn is_wide_unsigned(self) -> bool {
        matches!(self, DType::UInt16 | DType::UInt32 | DType::UInt64)
    }

    /// A dtype whose elements are stored, moved and converted, but have few ops of their own: those that list them in
    /// [`Accepts`](crate::pointwise::Accepts).
    pub const fn is_barebones(self) -> bool {
        self.is_wide_unsigned() || self.is_float8() || matches!(self, DType::Complex32)
    }

    /// Can it hold negative numbers?
    pub const fn is_signed(self) -> bool {
        !(self.is_wide_unsigned() || matches!(self, DType::Bool | DType::UInt8 | DType::Float8E8M0FNU))
    }

    /// The complex dtype whose parts are of this dtype; bfloat16 has none and takes the next wider. Itself where complex.
    pub const fn complex(self) -> Option<DType> {
        match self {
            DType::Float16 => Some(DType::Complex32),
            DType::BFloat16 | DType::Float32 => Some(DType::Complex64),
            DType::Float64 => Some(DType::Complex128),
            complex if complex.is_complex() => Some(complex),
            _ => None,
        }
    }

    /// The dtype of real and imaginary parts; itself where not complex.
    pub const fn real(self) -> DType {
        match self {
            DType::Complex32 => DType::Float16,
            DType::Complex64 => DType::Float32,
            DType::Complex128 => DType::Float64,
            other => other,
        }
    }

    /// The smallest and the largest value of an integer dtype.
    pub const fn integer_bounds(self) -> Option<(i128, i128)> {
        Some(match self {
            DType::UInt8 => (0, u8::MAX as i128),
            DType::UInt16 => (0, u16::MAX as i128),
            DType::UInt32 => (0, u32::MAX as i128),
            DType::UInt64 => (0, u64::MAX as i128),
            DType::Int8 => (i8::MIN as i128, i8::MAX as i128),
            DType::Int16 => (i16::MIN as i128, i16::MAX as i128),
            DType::Int32 => (i32::MIN as i128, i32::MAX as i128),
            DType::Int64 => (i64::MIN as i128, i64::MAX as i128),
            _ => return None,
        })
    }

    /// The largest finite value of a float dtype, or of the parts of a complex one; infinite for the others, and for floats of one
    /// byte, of which some end in their largest value rather than in infinity.
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
    u16 => UInt16, u32 => UInt32, u64 => UInt64, F8E4M3FN => Float8E4M3FN, F8E4M3FNUZ => Float8E4M3FNUZ, F8E5M2 => Float8E5M2,
    F8E5M2FNUZ => Float8E5M2FNUZ, F8E8M0FNU => Float8E8M0FNU, Complex<f16> => Complex32,
}

/// Run an expression with a type name bound to the Rust type of a dtype:
/// `match_dtype!(dtype, T => copy::<T>(src, dst))`.
///
/// With a set in brackets only those types are instantiated, and the arm behind `else` takes the others:
/// `match_dtype!(dtype, T in [f32, f64] => run::<T>(x), else => Err(..))`. Sets: `[all]`, `[usual]` (those that are not
/// barebones), and of the usual ones `[real]` (no complex), `[int]` (no bool), `[float]` (four), or a list of Rust types;
/// `[ordered]` is `[real]` with the unsigned integers of any size.
#[macro_export]
macro_rules! match_dtype {
    ($dtype:expr, $t:ident => $body:expr) => { $crate::match_dtype!($dtype, $t in [all] => $body, else => unreachable!()) };
    ($dtype:expr, $t:ident in [all] => $body:expr, else => $other:expr) => {
        $crate::match_dtype!(@ $dtype, $t, $body, $other, [
            Bool $crate::dtype::Bool, UInt8 u8, Int8 i8, Int16 i16, Int32 i32, Int64 i64,
            Float16 $crate::dtype::f16, BFloat16 $crate::dtype::bf16, Float32 f32, Float64 f64,
            Complex64 $crate::dtype::c32, Complex128 $crate::dtype::c64, UInt16 u16, UInt32 u32, UInt64 u64,
            Float8E4M3FN $crate::dtype::F8E4M3FN, Float8E4M3FNUZ $crate::dtype::F8E4M3FNUZ, Float8E5M2 $crate::dtype::F8E5M2,
            Float8E5M2FNUZ $crate::dtype::F8E5M2FNUZ, Float8E8M0FNU $crate::dtype::F8E8M0FNU, Complex32 $crate::dtype::c16])
    };
    ($dtype:expr, $t:ident in [usual] => $body:expr, else => $other:expr) => {
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
    ($dtype:expr, $t:ident in [ordered] => $body:expr, else => $other:expr) => {
        $crate::match_dtype!(@ $dtype, $t, $body, $other, [
            Bool $crate::dtype::Bool, UInt8 u8, Int8 i8, Int16 i16, Int32 i32, Int64 i64, UInt16 u16, UInt32 u32, UInt64 u64,
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

/// `Complex<f16>`, complex32.
#[allow(non_camel_case_types, reason = "named as the primitive types are")]
pub type c16 = Complex<f16>;
/// `Complex<f32>`, complex64.
#[allow(non_camel_case_types, reason = "named as the primitive types are")]
pub type c32 = Complex<f32>;
/// `Complex<f64>`, complex128.
#[allow(non_camel_case_types, reason = "named as the primitive types are")]
pub type c64 = Complex<f64>;
