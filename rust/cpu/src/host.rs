//! Typed access to host arrays, and the checks before an [`Array`]'s pointer is followed.
//!
//! A view checks dtype, device, alignment and that the layout lies inside its storage; after that, element access
//! cannot leave the storage. What a view cannot check is what core promises for every kernel call: an output
//! overlaps neither itself nor any other array of the call (but for in-place calls, whose kernels make one
//! view to write and read through it). So a kernel makes at most one view to write of each output at a time. That is the
//! contract of every constructor of one: [`StridedMut::new`], [`crate::dense::write`], and those of [`crate::view`].

use ferrotorch_kernel::dtype::{DType, Element};
use ferrotorch_kernel::{Array, Result, bail, ensure, match_dtype};

use crate::view::{Access, Elements, Read, View, Write};

/// A view of an array of as many dimensions as it has.
pub(crate) struct Strided<'a, T, A = Read> {
    /// The memory that the array spans.
    span: View<'a, T, A, 1>,
    /// Where the first element lies in it.
    first: isize,
    shape: &'a [usize],
    strides: &'a [isize],
}

/// A view of an output.
pub(crate) type StridedMut<'a, T> = Strided<'a, T, Write>;

impl<'a, T: Element, A: Access> Strided<'a, T, A> {
    /// Views an array whose dtype is `T`'s. While a view to [`Write`] lives, nothing else may reach the array: see the module.
    pub(crate) fn new(array: &'a Array) -> Result<Self> {
        ensure!(array.dtype == T::DTYPE, Runtime, "a kernel for {} was given a {} array", T::DTYPE.name(), array.dtype.name());
        let (span, first) = Elements::<A>::new(array)?.into_span();
        Ok(Strided { span, first, shape: array.layout.shape(), strides: array.layout.strides() })
    }

    /// Sizes.
    pub(crate) fn shape(&self) -> &'a [usize] {
        self.shape
    }

    /// The element at an index, one entry a dimension.
    pub(crate) fn get(&self, index: &[usize]) -> T {
        self.span.get(self.place(index))
    }

    /// Where an element lies in the span.
    fn place(&self, index: &[usize]) -> usize {
        (self.first + offset(index, self.shape, self.strides)) as usize
    }
}

impl<'a, T: Element> Strided<'a, T> {
    /// The elements as one slice, if they are row-major without gaps.
    pub(crate) fn as_slice(&self) -> Option<&'a [T]> {
        if is_dense_row_major(self.shape, self.strides) { self.span.as_slice() } else { None }
    }
}

impl<T: Element> StridedMut<'_, T> {
    /// The elements as one slice, if they are row-major without gaps.
    pub(crate) fn as_slice_mut(&mut self) -> Option<&mut [T]> {
        if is_dense_row_major(self.shape, self.strides) { self.span.as_mut_slice() } else { None }
    }

    /// Writes the element at an index, one entry a dimension.
    pub(crate) fn set(&mut self, index: &[usize], value: T) {
        self.span.set(self.place(index), value);
    }
}

/// The pointer to the first element, after checking that the layout can be walked from it with elements `T`
/// (whose size must be the dtype's; kernels that only move elements read them as unsigned integers of that size).
pub(crate) fn checked_ptr<T>(array: &Array) -> Result<*mut T> {
    let ptr = checked_bytes(array, size_of::<T>())?.cast::<T>();
    ensure!(ptr.is_aligned(), Runtime, "the memory of a {} array is not aligned to a kernel's elements", array.dtype.name());
    Ok(ptr)
}

/// [`checked_ptr`] for elements of `size` bytes.
pub(crate) fn checked_bytes(array: &Array, size: usize) -> Result<*mut u8> {
    let Some(ptr) = array.host_ptr() else { bail!(Runtime, "a host kernel was given an array on device {}", array.device()) };
    let dtype = array.dtype;
    ensure!(size == dtype.size(), Runtime, "a kernel of {size}-byte elements was given {}", dtype.name());
    ensure!(array.layout.fits(array.storage.bytes() / size), Runtime, "an array reaches outside of its storage");
    ensure!(
        ptr.addr().is_multiple_of(alignment(dtype)),
        Runtime,
        "the memory of a {} array is not aligned to its elements",
        dtype.name()
    );
    Ok(ptr.cast())
}

/// What the address of elements must be a multiple of. Those of complex32 are moved as integers of four bytes are.
pub(crate) fn alignment(dtype: DType) -> usize {
    if dtype == DType::Complex32 { align_of::<i32>() } else { match_dtype!(dtype, E => align_of::<E>()) }
}

/// Checks that an array may be written to.
pub(crate) fn check_output(array: &Array) -> Result<()> {
    ensure!(array.storage.as_host().is_some_and(|buffer| buffer.is_writable()), Runtime, "an output lies in read-only memory");
    ensure!(array.layout.is_contiguous() || !array.layout.may_overlap(), Runtime, "an output's elements overlap in memory");
    Ok(())
}

fn is_dense_row_major(shape: &[usize], strides: &[isize]) -> bool {
    let mut expected = 1isize;
    shape.contains(&0)
        || shape.iter().zip(strides).rev().filter(|&(&n, _)| n != 1).all(|(&n, &s)| {
            let dense = s == expected;
            expected *= n as isize;
            dense
        })
}

fn offset(index: &[usize], shape: &[usize], strides: &[isize]) -> isize {
    assert_eq!(index.len(), shape.len(), "an index has one entry a dimension");
    index
        .iter()
        .zip(shape)
        .zip(strides)
        .map(|((&i, &n), &s)| {
            assert!(i < n, "index {i} is outside a dimension of size {n}");
            i as isize * s
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::dense;
    use ferrotorch_kernel::dtype::DType;
    use ferrotorch_kernel::{Device, Layout};

    #[test]
    fn views_reach_every_element() {
        let array = Array::from_slice(&[2, 3], &[0i32, 1, 2, 3, 4, 5]).unwrap();
        let transposed = array.with_layout(array.layout.transpose(0, 1));
        let view = Strided::<i32>::new(&transposed).unwrap();
        assert_eq!(view.get(&[2, 1]), 5);
        assert!(view.as_slice().is_none());
        assert_eq!(Strided::<i32>::new(&array).unwrap().as_slice().unwrap(), [0, 1, 2, 3, 4, 5]);
        StridedMut::<i32>::new(&transposed).unwrap().set(&[0, 1], 9);
        assert_eq!(StridedMut::<i32>::new(&array).unwrap().as_slice_mut().unwrap(), [0, 1, 2, 9, 4, 5]);
    }

    #[test]
    fn negative_strides_stay_inside() {
        let array = Array::from_slice(&[4], &[1.0f64, 2.0, 3.0, 4.0]).unwrap();
        let flipped = array.with_layout(array.layout.flip(&[0]));
        assert_eq!(Strided::<f64>::new(&flipped).unwrap().get(&[0]), 4.0);
    }

    #[test]
    fn refuses_what_does_not_fit() {
        let array = Array::empty(&[4], DType::Float32, Device::CPU).unwrap();
        assert!(Strided::<f64>::new(&array).is_err());
        assert!(Strided::<f32>::new(&array.with_layout(Layout::strided(&[4], &[64], 0))).is_err());
        assert!(StridedMut::<f32>::new(&array.with_layout(Layout::strided(&[4], &[0], 0))).is_err());
        for layout in [
            Layout::strided(&[4], &[-1], 2),
            Layout::strided(&[2], &[isize::MAX], 0),
            Layout::strided(&[1], &[1], usize::MAX),
            Layout::strided(&[2], &[1], isize::MAX as usize),
        ] {
            let array = array.with_layout(layout);
            assert!(Strided::<f32>::new(&array).is_err());
            assert!(dense::<f32, Read>(&array).is_none());
        }
        assert!(array.with_layout(Layout::strided(&[4], &[1], 1)).to_vec::<f32>().is_err());
        assert!(Array::from_slice(&[2], &[1i32, 2, 3]).is_err());
    }
}
