//! The vectorised Box-Muller transform behind `randn`, bit for bit.
//!
//! PyTorch fills tensors of 16 and more elements block by block: of 16 uniform numbers the first eight become radii
//! and the last eight angles, and the block their products with cosine and sine. In float32 the logarithm, sine and
//! cosine are those of the Cephes library (S. Moshier) with fused multiply-adds, which is what fixes the last bits.

#![allow(clippy::excessive_precision, reason = "the coefficients stand as Cephes prints them")]

use super::uniform::{unit_f32, unit_f64};
use crate::isa::{Isa, Level};
use crate::simd::{self, SimdLoop};

/// Elements of a block.
pub(super) const BLOCK: usize = 16;
const LANES: usize = BLOCK / 2;

/// Makes samples of the bits of blocks, which lie where the samples are to.
pub(super) fn transform_f32(blocks: &mut [[f32; BLOCK]], mean: f32, std: f32) {
    simd::run(Transform { blocks, mean, std });
}

/// [`transform_f32`] of float64, whose bits lie as two words an element, the upper one first.
pub(super) fn transform_f64(blocks: &mut [[f64; BLOCK]], mean: f64, std: f64) {
    for block in blocks {
        let words: &[[u32; 2]; BLOCK] = bytemuck::cast_ref(block);
        let uniform = words.map(|[high, low]| unit_f64((high as u64) << 32 | low as u64));
        for i in 0..LANES {
            let radius = (-2.0 * (1.0 - uniform[i]).ln()).sqrt();
            let angle = 2.0 * std::f64::consts::PI * uniform[i + LANES];
            block[i] = (radius * angle.cos()).mul_add(std, mean);
            block[i + LANES] = (radius * angle.sin()).mul_add(std, mean);
        }
    }
}

/// Uniform bits become samples.
struct Transform<'a> {
    blocks: &'a mut [[f32; BLOCK]],
    mean: f32,
    std: f32,
}

impl SimdLoop for Transform<'_> {
    type Output = ();
    const WIDEST: Level = Level::Avx2;

    #[inline(always)]
    fn run<I: Isa>(self) {
        let Transform { blocks, mean, std } = self;
        blocks.iter_mut().for_each(|block| transform_f32_lanes(block, mean, std));
    }
}

#[inline(always)]
fn transform_f32_lanes(block: &mut [f32; BLOCK], mean: f32, std: f32) {
    let bits = block.map(f32::to_bits);
    for i in 0..LANES {
        let radius = (-2.0 * ln(1.0 - unit_f32(bits[i]))).sqrt();
        let (sin, cos) = sin_cos(std::f32::consts::TAU * unit_f32(bits[i + LANES]));
        block[i] = (radius * cos).mul_add(std, mean);
        block[i + LANES] = (radius * sin).mul_add(std, mean);
    }
}

/// `init * x^n + c[0] * x^(n-1) + ... + c[n-1]` by Horner's rule.
#[inline(always)]
fn horner<const N: usize>(x: f32, init: f32, c: [f32; N]) -> f32 {
    c.iter().fold(init, |y, &c| y.mul_add(x, c))
}

/// Natural logarithm of a normal number in (0, 1], Cephes `logf`.
#[inline(always)]
fn ln(x: f32) -> f32 {
    let bits = x.to_bits();
    let mantissa = f32::from_bits(bits & 0x007f_ffff | 0x3f00_0000);
    let below = mantissa < std::f32::consts::FRAC_1_SQRT_2;
    let exponent = ((bits >> 23) as i32 - 126) as f32 - if below { 1.0 } else { 0.0 };
    let x = mantissa - 1.0 + if below { mantissa } else { 0.0 };
    let z = x * x;
    let series = [
        -1.151_461_031_0e-1,
        1.167_699_874_0e-1,
        -1.242_014_084_6e-1,
        1.424_932_278_7e-1,
        -1.666_805_766_5e-1,
        2.000_071_476_5e-1,
        -2.499_999_399_3e-1,
        3.333_333_117_4e-1,
    ];
    let y = horner(x, 7.037_683_629_2e-2, series) * x;
    let y = y.mul_add(z, exponent * -2.121_944_40e-4);
    let y = z.mul_add(-0.5, y);
    exponent.mul_add(0.693_359_375, x + y)
}

/// Sine and cosine of an angle in [0, 2 pi], Cephes `sinf` and `cosf`.
#[inline(always)]
fn sin_cos(x: f32) -> (f32, f32) {
    let octant = ((x * 1.273_239_544_735_16) as i32 + 1) & !1;
    let y = octant as f32;
    let x = y.mul_add(-0.785_156_25, x);
    let x = y.mul_add(-2.418_756_484_985_351_562_5e-4, x);
    let x = y.mul_add(-3.774_894_977_445_941_08e-8, x);
    let z = x * x;
    let cos_series = horner(z, 2.443_315_711_809_948e-5, [-1.388_731_625_493_765e-3, 4.166_664_568_298_827e-2]) * z;
    let cos = cos_series.mul_add(z, z * -0.5) + 1.0;
    let sin_series = horner(z, -1.951_529_589_1e-4, [8.332_160_873_6e-3, -1.666_665_461_1e-1]) * z;
    let sin = sin_series.mul_add(x, x);
    let swap = octant & 2 != 0;
    let (s, c) = if swap { (cos, sin) } else { (sin, cos) };
    let sin_sign = ((octant & 4) as u32) << 29;
    let cos_sign = ((!(octant - 2) & 4) as u32) << 29;
    (f32::from_bits(s.to_bits() ^ sin_sign), f32::from_bits(c.to_bits() ^ cos_sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_series_are_good_to_two_units() {
        for i in 1..=4096 {
            let x = i as f32 / 4096.0;
            assert!((ln(x) as f64 - (x as f64).ln()).abs() <= 2e-7 * (x as f64).ln().abs().max(0.5), "ln {x}");
            let angle = std::f32::consts::TAU * x;
            let (sin, cos) = sin_cos(angle);
            assert!((sin as f64 - (angle as f64).sin()).abs() < 2e-7, "sin {angle}");
            assert!((cos as f64 - (angle as f64).cos()).abs() < 2e-7, "cos {angle}");
        }
    }
}
