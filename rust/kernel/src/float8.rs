//! Floats of one byte.
//!
//! The names say how many bits are exponent and mantissa, and what the format leaves out: `fn` has no infinity (finite, with NaN),
//! `uz` no zero below zero (unsigned zero). [`F8E8M0FNU`] is a scale: a power of two, without sign.

use bytemuck::{Pod, Zeroable};

use crate::scalar::{FromScalar, Scalar};

/// Bits of the mantissa of a float32.
const WIDE_MANTISSA: u32 = 23;
/// Bias of its exponent.
const WIDE_BIAS: u32 = 127;
const SIGN: u8 = 0x80;

/// What a format makes of numbers that are larger than its largest, and of what is no number.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Beyond {
    /// The largest number, with NaN behind it.
    Saturates,
    /// Infinity, with NaNs behind it.
    Infinite,
    /// NaN, which is where minus zero would be.
    Nan,
}

/// A format with sign, exponent and mantissa.
struct Format {
    mantissa: u32,
    bias: u32,
    /// The largest finite number.
    largest: u8,
    beyond: Beyond,
}

impl Format {
    /// The code of a float32, rounded to nearest, ties to even.
    #[inline(always)]
    const fn encode(&self, x: f32) -> u8 {
        let bits = x.to_bits();
        let sign = (bits >> 24) as u8 & SIGN;
        let size = bits & !(1 << 31);
        if size > f32::INFINITY.to_bits() {
            return if self.has_unsigned_zero() { SIGN } else { sign | !SIGN };
        }
        let code = if size < self.smallest_normal() { self.subnormal(size) } else { self.normal(size) };
        if code <= self.largest as u32 {
            return if self.has_unsigned_zero() && code == 0 { 0 } else { sign | code as u8 };
        }
        match self.beyond {
            Beyond::Saturates => sign | self.largest,
            Beyond::Infinite => sign | (self.largest + 1),
            Beyond::Nan => SIGN,
        }
    }

    /// The float32 that a code stands for.
    #[inline(always)]
    const fn decode(&self, code: u8) -> f32 {
        let size = code & !SIGN;
        let sign = ((code & SIGN) as u32) << 24;
        if self.has_unsigned_zero() && code == SIGN {
            return f32::NAN;
        }
        if size > self.largest {
            let is_infinite = matches!(self.beyond, Beyond::Infinite) && size == self.largest + 1;
            return f32::from_bits(sign | if is_infinite { f32::INFINITY.to_bits() } else { f32::NAN.to_bits() });
        }
        let value = if (size as u32) >> self.mantissa == 0 {
            size as f32 * power_of_two(1 - self.bias as i32 - self.mantissa as i32)
        } else {
            f32::from_bits(((size as u32) << self.shift()) + ((WIDE_BIAS - self.bias) << WIDE_MANTISSA))
        };
        f32::from_bits(value.to_bits() | sign)
    }

    const fn has_unsigned_zero(&self) -> bool {
        matches!(self.beyond, Beyond::Nan)
    }

    const fn shift(&self) -> u32 {
        WIDE_MANTISSA - self.mantissa
    }

    const fn smallest_normal(&self) -> u32 {
        (WIDE_BIAS + 1 - self.bias) << WIDE_MANTISSA
    }

    /// Adding half of the last place that stays, less one where that is even, rounds as it should.
    #[inline(always)]
    const fn normal(&self, size: u32) -> u32 {
        let shift = self.shift();
        let rounded = size + ((1 << (shift - 1)) - 1) + ((size >> shift) & 1);
        (rounded >> shift) - ((WIDE_BIAS - self.bias) << self.mantissa)
    }

    /// A float32 whose last place is that of the subnormal numbers rounds what is added to it to one of these.
    #[inline(always)]
    const fn subnormal(&self, size: u32) -> u32 {
        let anchor = power_of_two(WIDE_MANTISSA as i32 + 1 - self.bias as i32 - self.mantissa as i32);
        (f32::from_bits(size) + anchor).to_bits() - anchor.to_bits()
    }
}

/// A power of two within the normal numbers of float32.
const fn power_of_two(exponent: i32) -> f32 {
    f32::from_bits(((exponent + WIDE_BIAS as i32) as u32) << WIDE_MANTISSA)
}

const E4M3FN: Format = Format { mantissa: 3, bias: 7, largest: 0x7e, beyond: Beyond::Saturates };
const E5M2: Format = Format { mantissa: 2, bias: 15, largest: 0x7b, beyond: Beyond::Infinite };
const E4M3FNUZ: Format = Format { mantissa: 3, bias: 8, largest: 0x7f, beyond: Beyond::Nan };
const E5M2FNUZ: Format = Format { mantissa: 2, bias: 16, largest: 0x7f, beyond: Beyond::Nan };

/// A type of one byte that is compared as the numbers which it stands for.
macro_rules! bytes {
    ($($(#[$doc:meta])* $name:ident: $encode:expr, $decode:expr;)*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
        #[repr(transparent)]
        pub struct $name(pub u8);

        impl $name {
            /// The nearest number, ties to even.
            #[inline(always)]
            pub fn from_f32(x: f32) -> Self {
                $name($encode(x))
            }

            /// The number, exactly.
            #[inline(always)]
            pub fn to_f32(self) -> f32 {
                $decode(self.0)
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.to_f32() == other.to_f32()
            }
        }

        impl From<$name> for Scalar {
            fn from(x: $name) -> Self {
                Scalar::Float(x.to_f32().into())
            }
        }

        impl FromScalar for $name {
            fn from_scalar(x: Scalar) -> Self {
                Self::from_f32(x.to_f64() as f32)
            }
        }
    )* };
}

bytes! {
    /// float8_e4m3fn: to ±448, no infinity.
    F8E4M3FN: |x| E4M3FN.encode(x), |code| E4M3FN.decode(code);
    /// float8_e5m2: to ±57344, as the upper half of a float16.
    F8E5M2: |x| E5M2.encode(x), |code| E5M2.decode(code);
    /// float8_e4m3fnuz: to ±240, one NaN, one zero, no infinity.
    F8E4M3FNUZ: |x| E4M3FNUZ.encode(x), |code| E4M3FNUZ.decode(code);
    /// float8_e5m2fnuz: to ±57344, one NaN, one zero, no infinity.
    F8E5M2FNUZ: |x| E5M2FNUZ.encode(x), |code| E5M2FNUZ.decode(code);
    /// float8_e8m0fnu: powers of two from 2^-127 to 2^127, one NaN.
    F8E8M0FNU: encode_scale, decode_scale;
}

/// The power of two next to the size of a number; halves go up. What has none is NaN.
#[inline(always)]
const fn encode_scale(x: f32) -> u8 {
    let bits = x.to_bits();
    let (exponent, fraction) = ((bits >> WIDE_MANTISSA) as u8, bits & ((1 << WIDE_MANTISSA) - 1));
    let half = 1 << (WIDE_MANTISSA - 1);
    let up = exponent < u8::MAX && (fraction > half || (fraction == half && exponent > 0));
    exponent + up as u8
}

#[inline(always)]
const fn decode_scale(code: u8) -> f32 {
    match code {
        0 => f32::from_bits(1 << (WIDE_MANTISSA - 1)),
        u8::MAX => f32::NAN,
        _ => f32::from_bits((code as u32) << WIDE_MANTISSA),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_stands_for_the_number_that_is_rounded_to_it() {
        for code in 0..=u8::MAX {
            let same = |back: u8, x: f32| x.is_nan() || back == code;
            assert!(same(F8E4M3FN::from_f32(F8E4M3FN(code).to_f32()).0, F8E4M3FN(code).to_f32()), "{code}");
            assert!(same(F8E5M2::from_f32(F8E5M2(code).to_f32()).0, F8E5M2(code).to_f32()), "{code}");
            assert!(same(F8E4M3FNUZ::from_f32(F8E4M3FNUZ(code).to_f32()).0, F8E4M3FNUZ(code).to_f32()), "{code}");
            assert!(same(F8E5M2FNUZ::from_f32(F8E5M2FNUZ(code).to_f32()).0, F8E5M2FNUZ(code).to_f32()), "{code}");
            assert!(same(F8E8M0FNU::from_f32(F8E8M0FNU(code).to_f32()).0, F8E8M0FNU(code).to_f32()), "{code}");
        }
    }

    #[test]
    fn halves_round_to_even_and_small_numbers_to_zero() {
        assert_eq!([1.0625, 1.1875, -1.0625].map(|x| F8E4M3FN::from_f32(x).to_f32()), [1.0, 1.25, -1.0]);
        assert_eq!([0.0009765625, 0.0029296875, 0.00098].map(|x| F8E4M3FN::from_f32(x).0), [0, 2, 1]);
        assert_eq!((F8E4M3FN::from_f32(-1e-9).0, F8E4M3FNUZ::from_f32(-1e-9).0), (0x80, 0));
        assert_eq!([0.75, 1.5, 3.0, 1e-40, -8.0].map(|x| F8E8M0FNU::from_f32(x).to_f32().log2()), [0.0, 1.0, 2.0, -127.0, 3.0]);
    }

    #[test]
    fn beyond_the_largest_each_format_has_its_rule() {
        for x in [464.1, 1e9, f32::INFINITY] {
            assert_eq!(F8E4M3FN::from_f32(x).to_f32(), 448.0);
            assert_eq!(F8E4M3FN::from_f32(-x).to_f32(), -448.0);
            assert!(F8E4M3FNUZ::from_f32(x).to_f32().is_nan());
        }
        assert_eq!((F8E5M2::from_f32(61439.0).to_f32(), F8E5M2::from_f32(61440.0).to_f32()), (57344.0, f32::INFINITY));
        assert_eq!(F8E5M2::from_f32(-1e9).to_f32(), f32::NEG_INFINITY);
        assert!(F8E5M2FNUZ::from_f32(f32::NEG_INFINITY).to_f32().is_nan() && F8E8M0FNU::from_f32(3e38).to_f32().is_nan());
        assert_eq!([f32::NAN, -f32::NAN].map(|x| (F8E4M3FN::from_f32(x).0, F8E5M2::from_f32(x).0)), [(127, 127), (255, 255)]);
    }
}
