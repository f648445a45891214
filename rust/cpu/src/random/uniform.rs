//! From random bits to uniform numbers of each dtype.

use ferrotorch_kernel::dtype::{Element, bf16, f16};

/// 24 bits as a number of `[0, 1)`.
#[inline(always)]
pub(super) fn unit_f32(bits: u32) -> f32 {
    (bits & 0xff_ffff) as f32 * (1.0 / 16_777_216.0)
}

/// 53 bits as a number of `[0, 1)`.
#[inline(always)]
pub(super) fn unit_f64(bits: u64) -> f64 {
    (bits & ((1 << 53) - 1)) as f64 * (1.0 / 9_007_199_254_740_992.0)
}

/// Dtypes whose uniform numbers are computed in float32, from 32 bits each.
pub(super) trait Uniform32: Element {
    /// Rounds.
    fn round(x: f32) -> Self;

    /// A number of `[low, high)`. What rounding would move to `high` becomes `low`.
    #[inline(always)]
    fn scale(bits: u32, low: f32, high: f32) -> Self {
        let x = Self::round(unit_f32(bits).mul_add(high - low, low));
        if x == Self::round(high) { Self::round(low) } else { x }
    }
}

impl Uniform32 for f32 {
    #[inline(always)]
    fn round(x: f32) -> Self {
        x
    }
}

impl Uniform32 for f16 {
    #[inline(always)]
    fn round(x: f32) -> Self {
        f16::from_f32(x)
    }
}

impl Uniform32 for bf16 {
    #[inline(always)]
    fn round(x: f32) -> Self {
        bf16::from_f32(x)
    }
}
