//! Where elements lie in memory that somebody else describes, and whether they can be read there.

use ferrotorch_core::DType;

use crate::errors::{Outcome, value_error};

/// Where the elements of a buffer begin, in bytes, and how many they are: `count` of them, or as many as there are if that is negative.
pub(crate) fn window(length: usize, size: usize, count: i64, offset: i64) -> Outcome<(usize, usize)> {
    if length == 0 || count == 0 {
        return Err(value_error(format!("both buffer length ({length}) and count ({count}) must not be 0")));
    }
    let Some(start) = usize::try_from(offset).ok().filter(|&start| start < length) else {
        return Err(value_error(format!(
            "offset ({offset} bytes) must be non-negative and no greater than buffer length ({length} bytes) minus 1"
        )));
    };
    let available = length - start;
    let Ok(wanted) = usize::try_from(count) else {
        if !available.is_multiple_of(size) {
            return Err(value_error(format!(
                "buffer length ({available} bytes) after offset ({start} bytes) must be a multiple of element size ({size})"
            )));
        }
        return Ok((start, available / size));
    };
    if wanted > available / size {
        return Err(value_error(format!(
            "requested buffer length ({wanted} * {size} bytes) after offset ({start} bytes) must not be greater than actual buffer \
             length ({length} bytes)"
        )));
    }
    Ok((start, wanted))
}

/// Bytes from the first element to behind the last, of a layout with offset 0 that somebody else describes.
pub(crate) fn extent(shape: &[usize], strides: &[isize], dtype: DType) -> Outcome<usize> {
    if shape.contains(&0) {
        return Ok(0);
    }
    let last: Option<usize> = shape.iter().zip(strides).try_fold(0usize, |last, (&n, &stride)| {
        let step = usize::try_from(stride).ok()?;
        last.checked_add((n - 1).checked_mul(step)?)
    });
    let bytes = last.and_then(|last| last.checked_add(1)?.checked_mul(dtype.size()));
    match bytes.filter(|&bytes| bytes <= isize::MAX as usize) {
        Some(bytes) => Ok(bytes),
        None => Err(value_error(format!("sizes {shape:?} and strides {strides:?} reach further than any memory"))),
    }
}

/// What an address of elements must be a multiple of. Complex numbers are pairs, aligned as their halves are, but for those of four
/// bytes, which are aligned as an integer is.
pub(crate) fn alignment(dtype: DType) -> usize {
    if dtype.is_complex() && dtype != DType::Complex32 { dtype.size() / 2 } else { dtype.size() }
}
