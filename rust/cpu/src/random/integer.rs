//! Random integers and permutations.

use std::ops::Range;

use ferrotorch_kernel::dtype::{DType, Element, bf16, f16};
use ferrotorch_kernel::random::Engine;

use super::fill::{from_u32, from_u64};
use ferrotorch_kernel::scalar::{FromScalar, Scalar};

/// From this many values on, an integer takes 64 random bits: with 32 the remainder would favour small values by more
/// than a sixteenth.
const WIDE: u64 = 1 << 28;

/// Integers of `[low, high)`.
pub(super) fn between<T: Element + FromScalar>(engine: &mut Engine, out: &mut [T], low: i64, high: i64) {
    let count = high.wrapping_sub(low) as u64;
    let value = |bits: u64| T::from_scalar(Scalar::Int((bits % count.max(1)).wrapping_add(low as u64) as i64));
    if count >= WIDE {
        from_u64(&mut engine.twister, out, value);
    } else {
        // 32-bit division is several times quicker.
        let count = count.max(1) as u32;
        from_u32(&mut engine.twister, out, |bits| T::from_scalar(Scalar::Int(((bits % count) as i64).wrapping_add(low))));
    }
}

/// Integers from 0 to the largest that the dtype holds together with all its predecessors.
pub(super) fn full_range<T: Element + FromScalar>(engine: &mut Engine, out: &mut [T]) {
    let largest: u64 = match T::DTYPE {
        DType::Bool => 1,
        DType::UInt8 => u8::MAX as u64,
        DType::Int8 => i8::MAX as u64,
        DType::Int16 => i16::MAX as u64,
        DType::Int32 => i32::MAX as u64,
        DType::Int64 => i64::MAX as u64,
        DType::Float16 => 1 << f16::MANTISSA_DIGITS,
        DType::BFloat16 => 1 << bf16::MANTISSA_DIGITS,
        DType::Float32 => 1 << f32::MANTISSA_DIGITS,
        _ => 1 << f64::MANTISSA_DIGITS,
    };
    let value = |bits: u64| T::from_scalar(Scalar::Int((bits % (largest + 1)) as i64));
    if matches!(T::DTYPE, DType::Int64 | DType::Float64) {
        from_u64(&mut engine.twister, out, value);
    } else {
        from_u32(&mut engine.twister, out, |bits| value(bits as u64));
    }
}

/// A permutation of `0..out.len()` by exchanging each element with one of those behind it.
pub(super) fn permutation<T: Element + FromScalar>(engine: &mut Engine, out: &mut [T]) {
    count_up(out);
    exchange(engine, out, 0..out.len());
}

/// The numbers from 0 on.
pub(super) fn count_up<T: FromScalar>(out: &mut [T]) {
    for (i, o) in out.iter_mut().enumerate() {
        *o = T::from_scalar(Scalar::Int(i as i64));
    }
}

/// Exchanges the elements at some places with such as stand there or later.
pub(super) fn exchange<T>(engine: &mut Engine, out: &mut [T], places: Range<usize>) {
    let n = out.len();
    // The bias of 32 bits stays below a twentieth.
    let narrow = n < u32::MAX as usize / 20;
    for i in places.start..places.end.min(n.saturating_sub(1)) {
        let rest = n - i;
        let step =
            if narrow { engine.twister.next_u32() as usize % rest } else { (engine.twister.next_u64() % rest as u64) as usize };
        out.swap(i, i + step);
    }
}
