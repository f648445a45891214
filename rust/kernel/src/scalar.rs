//! A single number of any category, as Python hands it over.

use std::fmt;

use num_complex::Complex;

use crate::dtype::{Bool, Category, DType, F8E4M3FN, F8E4M3FNUZ, F8E5M2, F8E5M2FNUZ, F8E8M0FNU, bf16, f16};
use crate::ensure;
use crate::error::Result;

/// A number together with its category.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scalar {
    Bool(bool),
    Int(i64),
    /// An integer of 2^63 or more. It counts as an int64, whose bits it has, but keeps its value in float arithmetic.
    Unsigned(u64),
    Float(f64),
    Complex(Complex<f64>),
}

impl Scalar {
    /// Category, for promotion.
    pub fn category(self) -> Category {
        match self {
            Scalar::Bool(_) => Category::Bool,
            Scalar::Int(_) | Scalar::Unsigned(_) => Category::Integer,
            Scalar::Float(_) => Category::Float,
            Scalar::Complex(_) => Category::Complex,
        }
    }

    /// The real value as float64.
    pub fn to_f64(self) -> f64 {
        match self {
            Scalar::Bool(b) => b as u8 as f64,
            Scalar::Int(i) => i as f64,
            Scalar::Unsigned(u) => u as f64,
            Scalar::Float(x) => x,
            Scalar::Complex(z) => z.re,
        }
    }

    /// The real value as int64, truncated toward zero; integers wrap.
    pub fn to_i64(self) -> i64 {
        match self {
            Scalar::Bool(b) => b as i64,
            Scalar::Int(i) => i,
            Scalar::Unsigned(u) => u as i64,
            Scalar::Float(x) => x as i64,
            Scalar::Complex(z) => z.re as i64,
        }
    }

    /// The real value as uint64, truncated toward zero; negative integers wrap.
    pub fn to_u64(self) -> u64 {
        match self {
            Scalar::Unsigned(u) => u,
            Scalar::Float(x) | Scalar::Complex(Complex { re: x, .. }) if x >= 0.0 => x as u64,
            other => other.to_i64() as u64,
        }
    }

    /// The integer that an integer or truth value is.
    fn to_integer(self) -> Option<i128> {
        match self {
            Scalar::Bool(b) => Some(b.into()),
            Scalar::Int(i) => Some(i.into()),
            Scalar::Unsigned(u) => Some(u.into()),
            Scalar::Float(_) | Scalar::Complex(_) => None,
        }
    }

    /// An integer, of those that int64 and uint64 hold.
    pub fn integer(x: i128) -> Scalar {
        u64::try_from(x).map_or(Scalar::Int(x as i64), Scalar::from)
    }

    /// Unequal to zero?
    pub fn to_bool(self) -> bool {
        match self {
            Scalar::Bool(b) => b,
            Scalar::Int(i) => i != 0,
            Scalar::Unsigned(u) => u != 0,
            Scalar::Float(x) => x != 0.0,
            Scalar::Complex(z) => z.re != 0.0 || z.im != 0.0,
        }
    }

    /// As a complex number.
    pub fn to_complex(self) -> Complex<f64> {
        match self {
            Scalar::Complex(z) => z,
            real => Complex::new(real.to_f64(), 0.0),
        }
    }

    /// The value, if an element of the dtype can hold it: a fraction may be lost, size and imaginary part may not. Bool
    /// holds everything; unsigned integers also hold negative ones that wrap once, as in PyTorch.
    pub fn fitting(self, dtype: DType) -> Result<Scalar> {
        let real = self.to_f64();
        let fits = match (self, dtype.integer_bounds()) {
            _ if dtype == DType::Bool => true,
            (Scalar::Complex(z), None) if dtype.is_complex() => {
                is_within(z.re, dtype.largest_float()) && is_within(z.im, dtype.largest_float())
            }
            (Scalar::Complex(z), _) if z.im != 0.0 => false,
            (Scalar::Bool(_), _) => true,
            (_, Some((low, high))) => match self.to_integer() {
                Some(i) => i <= high && (i >= low || low == 0 && i >= -high),
                None => real >= low as f64 && real <= high as f64,
            },
            (_, None) => is_within(real, dtype.largest_float()),
        };
        ensure!(fits, Runtime, "value cannot be converted to type {} without overflow: {self}", dtype.c_name());
        Ok(self)
    }

    /// The value, if elements of the dtype can be set to it: as [`Scalar::fitting`], but what is beyond a half type becomes
    /// infinite.
    pub fn storable(self, dtype: DType) -> Result<Scalar> {
        self.fitting(dtype.accumulate())
    }

    /// The value as an element of a dtype would hold it, in the category of that dtype.
    pub fn cast(self, dtype: DType) -> Scalar {
        match dtype {
            DType::Bool => Scalar::Bool(self.to_bool()),
            DType::UInt8 => Scalar::Int(self.to_i64() as u8 as i64),
            DType::UInt16 => Scalar::Int(self.to_i64() as u16 as i64),
            DType::UInt32 => Scalar::Int(self.to_i64() as u32 as i64),
            DType::UInt64 => self.to_u64().into(),
            DType::Int8 => Scalar::Int(self.to_i64() as i8 as i64),
            DType::Int16 => Scalar::Int(self.to_i64() as i16 as i64),
            DType::Int32 => Scalar::Int(self.to_i64() as i32 as i64),
            DType::Int64 => Scalar::Int(self.to_i64()),
            DType::Float16 => Scalar::Float(f16::from_f32(self.to_f64() as f32).to_f64()),
            DType::BFloat16 => Scalar::Float(bf16::from_f32(self.to_f64() as f32).to_f64()),
            DType::Float8E4M3FN => F8E4M3FN::from_scalar(self).into(),
            DType::Float8E4M3FNUZ => F8E4M3FNUZ::from_scalar(self).into(),
            DType::Float8E5M2 => F8E5M2::from_scalar(self).into(),
            DType::Float8E5M2FNUZ => F8E5M2FNUZ::from_scalar(self).into(),
            DType::Float8E8M0FNU => F8E8M0FNU::from_scalar(self).into(),
            DType::Float32 => Scalar::Float(self.to_f64() as f32 as f64),
            DType::Float64 => Scalar::Float(self.to_f64()),
            DType::Complex32 => Complex::<f16>::from_scalar(self).into(),
            DType::Complex64 => {
                let z = self.to_complex();
                Scalar::Complex(Complex::new(z.re as f32 as f64, z.im as f32 as f64))
            }
            DType::Complex128 => Scalar::Complex(self.to_complex()),
        }
    }
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Scalar::Bool(b) => write!(f, "{b}"),
            Scalar::Int(i) => write!(f, "{i}"),
            Scalar::Unsigned(u) => write!(f, "{u}"),
            Scalar::Float(x) => write!(f, "{x:?}"),
            Scalar::Complex(z) => write!(f, "{:?}{:+?}j", z.re, z.im),
        }
    }
}

/// Not larger than the largest finite value, unless infinite or NaN itself.
fn is_within(x: f64, largest: f64) -> bool {
    !x.is_finite() || x.abs() <= largest
}

macro_rules! from_primitive {
    ($($rust:ty => $variant:ident),*) => { $(impl From<$rust> for Scalar { fn from(x: $rust) -> Self { Scalar::$variant(x.into()) } })* };
}

impl From<u64> for Scalar {
    fn from(x: u64) -> Self {
        i64::try_from(x).map_or(Scalar::Unsigned(x), Scalar::Int)
    }
}

from_primitive! {
    bool => Bool, u8 => Int, i8 => Int, i16 => Int, u16 => Int, i32 => Int, u32 => Int, i64 => Int,
    f16 => Float, bf16 => Float, f32 => Float, f64 => Float
}

impl From<Complex<f16>> for Scalar {
    fn from(z: Complex<f16>) -> Self {
        Scalar::Complex(Complex::new(z.re.into(), z.im.into()))
    }
}

impl From<usize> for Scalar {
    fn from(x: usize) -> Self {
        Scalar::Int(x as i64)
    }
}

impl From<Bool> for Scalar {
    fn from(x: Bool) -> Self {
        Scalar::Bool(x.get())
    }
}

impl From<Complex<f32>> for Scalar {
    fn from(z: Complex<f32>) -> Self {
        Scalar::Complex(Complex::new(z.re.into(), z.im.into()))
    }
}

impl From<Complex<f64>> for Scalar {
    fn from(z: Complex<f64>) -> Self {
        Scalar::Complex(z)
    }
}

/// An element made from a [`Scalar`], with the conversions of [`Scalar::cast`]. Half types are reached by way of
/// float32, as in PyTorch.
pub trait FromScalar {
    /// Converts.
    fn from_scalar(x: Scalar) -> Self;
}

macro_rules! from_scalar {
    ($($rust:ty: $x:ident => $body:expr),* $(,)?) => { $(impl FromScalar for $rust { fn from_scalar($x: Scalar) -> Self { $body } })* };
}

from_scalar! {
    Bool: x => Bool::new(x.to_bool()), u8: x => x.to_i64() as u8, i8: x => x.to_i64() as i8, i16: x => x.to_i64() as i16,
    i32: x => x.to_i64() as i32, i64: x => x.to_i64(), f16: x => f16::from_f32(x.to_f64() as f32), bf16: x => bf16::from_f32(x.to_f64() as f32),
    f32: x => x.to_f64() as f32, f64: x => x.to_f64(), u16: x => x.to_i64() as u16, u32: x => x.to_i64() as u32, u64: x => x.to_u64(),
    Complex<f16>: x => { let z = x.to_complex(); Complex::new(f16::from_f32(z.re as f32), f16::from_f32(z.im as f32)) },
    Complex<f32>: x => { let z = x.to_complex(); Complex::new(z.re as f32, z.im as f32) },
    Complex<f64>: x => x.to_complex(),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_unsigned_numbers_keep_their_value_in_floats_and_their_bits_in_integers() {
        let x = Scalar::from(u64::MAX);
        assert_eq!(x.to_f64(), 2f64.powi(64));
        assert_eq!((x.to_i64(), x.cast(DType::Int64), x.cast(DType::UInt8)), (-1, Scalar::Int(-1), Scalar::Int(255)));
        assert_eq!(Scalar::from(5u64), Scalar::Int(5));
        assert_eq!(
            (x.cast(DType::UInt64), Scalar::Int(-1).cast(DType::UInt64), Scalar::Float(1e19).to_u64()),
            (x, x, 10u64.pow(19))
        );
        assert_eq!((Scalar::Int(-1).cast(DType::UInt16), Scalar::Float(-1.5).to_u64()), (Scalar::Int(65535), u64::MAX));
    }

    #[test]
    fn small_floats_round_and_saturate() {
        let cast = |x, dtype| Scalar::Float(x).cast(dtype).to_f64();
        assert_eq!(
            (cast(500.0, DType::Float8E4M3FN), cast(500.0, DType::Float8E5M2), cast(3.0, DType::Float8E8M0FNU)),
            (448.0, 512.0, 4.0)
        );
        assert_eq!(Scalar::Float(0.1).cast(DType::Complex32), Scalar::Complex(Complex::new(0.0999755859375, 0.0)));
    }

    #[test]
    fn a_value_fits_where_it_keeps_its_size() {
        let fits = |x: Scalar, dtype| x.fitting(dtype).is_ok();
        assert!(fits(Scalar::Int(2), DType::Bool) && fits(Scalar::Complex(Complex::new(0.0, 1.0)), DType::Bool));
        assert!(fits(Scalar::Float(1.5), DType::Int64) && fits(Scalar::Int(-255), DType::UInt8));
        assert!(!fits(Scalar::Int(-256), DType::UInt8) && !fits(Scalar::Float(-0.5), DType::UInt8));
        assert!(!fits(Scalar::Int(128), DType::Int8) && !fits(Scalar::Float(f64::NAN), DType::Int64));
        assert!(fits(Scalar::Float(f64::INFINITY), DType::Float16) && !fits(Scalar::Float(1e6), DType::Float16));
        assert!(!fits(Scalar::Int(70000), DType::Float16) && Scalar::Int(70000).storable(DType::Float16).is_ok());
        assert!(fits(Scalar::from(1u64 << 63), DType::UInt64) && fits(Scalar::Int(-1), DType::UInt64));
        assert!(!fits(Scalar::Int(70000), DType::UInt16) && !fits(Scalar::Float(-1.5), DType::UInt64));
        assert!(!fits(Scalar::from(1u64 << 63), DType::Int64) && fits(Scalar::from(1u64 << 63), DType::Float32));
        assert!(fits(Scalar::Complex(Complex::new(1.0, 0.0)), DType::Float32));
        assert!(!fits(Scalar::Complex(Complex::new(1.0, f64::NAN)), DType::Float32));
        assert!(!fits(Scalar::Complex(Complex::new(0.0, 1e300)), DType::Complex64));
    }
}
