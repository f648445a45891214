//! Rounding. Where the instruction set has no rounding instruction, the float is split at its largest fraction bit.

macro_rules! rounding {
    ($t:ident, $integral:literal) => {
        pub(crate) mod $t {
            use crate::isa::Isa;

            /// From here on, every float is an integer; adding it rounds to one, halves to even.
            const INTEGRAL: $t = $integral;

            #[inline(always)]
            pub(crate) fn round_even<I: Isa>(x: $t) -> $t {
                if I::FMA {
                    return x.round_ties_even();
                }
                let rounded = ((x.abs() + INTEGRAL) - INTEGRAL).copysign(x);
                if x.abs() < INTEGRAL { rounded } else { x }
            }

            #[inline(always)]
            pub(crate) fn floor<I: Isa>(x: $t) -> $t {
                if I::FMA {
                    return x.floor();
                }
                let rounded = round_even::<I>(x);
                (if rounded > x { rounded - 1.0 } else { rounded }).copysign(x)
            }

            #[inline(always)]
            pub(crate) fn ceil<I: Isa>(x: $t) -> $t {
                if I::FMA { x.ceil() } else { -floor::<I>(-x) }
            }

            #[inline(always)]
            pub(crate) fn trunc<I: Isa>(x: $t) -> $t {
                if I::FMA { x.trunc() } else { floor::<I>(x.abs()).copysign(x) }
            }
        }
    };
}

rounding! { f32, 8388608.0 }
rounding! { f64, 4503599627370496.0 }
