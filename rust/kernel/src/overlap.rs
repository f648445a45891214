//! Whether the memory of arrays overlaps, decided as PyTorch decides it: by what is cheap to see.

use crate::array::Array;
use crate::bail;
use crate::error::Result;

/// How the memory of one array lies to that of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overlap {
    /// They share none.
    None,
    /// They share some, but not element for element.
    Partial,
    /// They are the same elements in the same places.
    Full,
    /// One of them has gaps or repeats elements; that is not looked into.
    Unknown,
}

/// Where an input may lie that an op reads while it writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// Anywhere: it is read before anything is written.
    Anywhere,
    /// Outside of what is written, or in the very elements that are written.
    InStep,
    /// Outside of what is written.
    Apart,
}

impl Overlap {
    /// How the memory of `a` lies to that of `b`.
    pub fn between(a: &Array, b: &Array) -> Overlap {
        if !a.storage.ptr_eq(&b.storage) || a.numel() == 0 || b.numel() == 0 {
            return Overlap::None;
        }
        if !a.layout.is_dense() || !b.layout.is_dense() {
            return Overlap::Unknown;
        }
        let (x, y) = (bytes(a), bytes(b));
        if x == y && steps(a).eq(steps(b)) {
            Overlap::Full
        } else if x.start < y.end && y.start < x.end {
            Overlap::Partial
        } else {
            Overlap::None
        }
    }
}

/// The range of bytes that a dense array takes in its storage.
fn bytes(array: &Array) -> std::ops::Range<usize> {
    let size = array.dtype.size();
    array.layout.offset() * size..(array.layout.offset() + array.numel()) * size
}

/// Sizes and strides of the dimensions that have more than one entry.
fn steps(array: &Array) -> impl Iterator<Item = (usize, isize)> {
    let layout = &array.layout;
    layout.shape().iter().copied().zip(layout.strides().iter().copied()).filter(|&(n, _)| n != 1)
}

/// Refuses a target that shows one of its elements in several places.
pub fn refuse_repeats(op: &str, target: &Array) -> Result<()> {
    if target.layout.repeats() && target.numel() > 0 {
        bail!(
            Runtime,
            "{op}(): unsupported operation: more than one element of the written-to tensor refers to a single memory location. \
             Please clone() the tensor before performing the operation."
        );
    }
    Ok(())
}

/// Refuses an input that lies where it must not.
pub fn refuse_shared(op: &str, target: &Array, input: &Array, reads: Reads) -> Result<()> {
    let refused = match reads {
        Reads::Anywhere => false,
        Reads::InStep => Overlap::between(target, input) == Overlap::Partial,
        Reads::Apart => matches!(Overlap::between(target, input), Overlap::Partial | Overlap::Full),
    };
    if refused {
        bail!(
            Runtime,
            "{op}(): unsupported operation: some elements of the input tensor and the written-to tensor refer to a single memory \
             location. Please clone() the tensor before performing the operation."
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dtype::DType;
    use crate::layout::Layout;

    fn window(whole: &Array, shape: &[usize], strides: &[isize], offset: usize) -> Array {
        whole.with_layout(Layout::strided(shape, strides, offset))
    }

    #[test]
    fn dense_windows_are_compared_and_others_are_not() {
        let whole = Array::empty(&[12], DType::Float32, crate::Device::CPU).unwrap();
        let first = window(&whole, &[2, 3], &[3, 1], 0);
        assert_eq!(Overlap::between(&first, &first), Overlap::Full);
        assert_eq!(Overlap::between(&first, &window(&whole, &[3, 2], &[1, 3], 0)), Overlap::Partial);
        assert_eq!(Overlap::between(&first, &window(&whole, &[6], &[1], 5)), Overlap::Partial);
        assert_eq!(Overlap::between(&first, &window(&whole, &[6], &[1], 6)), Overlap::None);
        assert_eq!(Overlap::between(&first, &window(&whole, &[6], &[2], 0)), Overlap::Unknown);
        assert_eq!(Overlap::between(&first, &window(&whole, &[0], &[1], 0)), Overlap::None);
        let narrow = Array { dtype: DType::Int16, ..window(&whole, &[4], &[1], 12) };
        assert_eq!(Overlap::between(&first, &narrow), Overlap::None);
        assert_eq!(
            Overlap::between(&first, &Array { dtype: DType::Int16, ..narrow.with_layout(Layout::strided(&[4], &[1], 10)) }),
            Overlap::Partial
        );
    }

    #[test]
    fn one_place_for_several_elements_is_refused() {
        let whole = Array::empty(&[3], DType::Float32, crate::Device::CPU).unwrap();
        assert!(refuse_repeats("add_", &window(&whole, &[2, 3], &[0, 1], 0)).is_err());
        assert!(refuse_repeats("add_", &window(&whole, &[1, 3], &[0, 1], 0)).is_ok());
        assert!(refuse_repeats("add_", &window(&whole, &[2, 0], &[0, 1], 0)).is_ok());
    }
}
