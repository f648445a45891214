//! Typed access to host arrays: the one place where an [`Array`]'s pointer becomes references.
//!
//! A view checks dtype, device, alignment and that the layout lies inside its storage; after that, element access
//! cannot leave the storage. What a view cannot check is what core promises for every kernel call: an output
//! overlaps neither itself nor any other array of the call (but for in-place calls, whose kernels make one
//! [`StridedMut`] and read through it). So a kernel makes at most one mutable view of each output at a time. That is the
//! contract of every constructor of one: [`StridedMut::new`], [`crate::dense::write`], `LinesMut::new`, `PlanesMut::new`.

use std::marker::PhantomData;

use ferrotorch_kernel::dtype::Element;
use ferrotorch_kernel::{Array, Result, bail, ensure};

/// A read-only view of a host array.
#[derive(Clone, Copy)]
pub(crate) struct Strided<'a, T> {
    ptr: *const T,
    shape: &'a [usize],
    strides: &'a [isize],
    life: PhantomData<&'a T>,
}

/// A view of an output array. It is not `Clone`: elements are reached through one view only.
pub(crate) struct StridedMut<'a, T> {
    ptr: *mut T,
    shape: &'a [usize],
    strides: &'a [isize],
    life: PhantomData<&'a mut T>,
}

// SAFETY: a shared view only reads elements that are Sync.
unsafe impl<T: Sync> Send for Strided<'_, T> {}
// SAFETY: as above.
unsafe impl<T: Sync> Sync for Strided<'_, T> {}
// SAFETY: the view is the only way to its elements, like `&mut [T]`.
unsafe impl<T: Send> Send for StridedMut<'_, T> {}
// SAFETY: a shared reference to the view gives no access to elements but through `RowsMut`, which hands out disjoint rows.
unsafe impl<T: Send> Sync for StridedMut<'_, T> {}

impl<'a, T: Element> Strided<'a, T> {
    /// Views an array whose dtype is `T`'s.
    pub(crate) fn new(array: &'a Array) -> Result<Self> {
        ensure!(array.dtype == T::DTYPE, Runtime, "a kernel for {} was given a {} array", T::DTYPE.name(), array.dtype.name());
        let ptr = checked_ptr::<T>(array)?.cast_const();
        Ok(Strided { ptr, shape: array.layout.shape(), strides: array.layout.strides(), life: PhantomData })
    }

    /// The elements as one slice, if they are row-major without gaps.
    pub(crate) fn as_slice(&self) -> Option<&'a [T]> {
        // SAFETY: `checked_ptr` found the whole span inside the storage, and a dense row-major span is one slice.
        is_dense_row_major(self.shape, self.strides).then(|| unsafe { std::slice::from_raw_parts(self.ptr, numel(self.shape)) })
    }

    /// The element at an index, one entry a dimension.
    pub(crate) fn get(&self, index: &[usize]) -> T {
        // SAFETY: `offset` checks the index against the shape, and the span lies inside the storage.
        unsafe { *self.ptr.offset(offset(index, self.shape, self.strides)) }
    }
}

impl<'a, T: Element> StridedMut<'a, T> {
    /// Views an output whose dtype is `T`'s. While the view lives, nothing else may reach the output: see the module.
    pub(crate) fn new(array: &'a Array) -> Result<Self> {
        ensure!(array.dtype == T::DTYPE, Runtime, "a kernel for {} was given a {} array", T::DTYPE.name(), array.dtype.name());
        check_output(array)?;
        Ok(StridedMut {
            ptr: checked_ptr(array)?,
            shape: array.layout.shape(),
            strides: array.layout.strides(),
            life: PhantomData,
        })
    }

    /// The elements as one slice, if they are row-major without gaps.
    pub(crate) fn as_slice_mut(&mut self) -> Option<&mut [T]> {
        // SAFETY: as for `Strided::as_slice`; the view is the only way to the elements for as long as it is borrowed.
        is_dense_row_major(self.shape, self.strides)
            .then(|| unsafe { std::slice::from_raw_parts_mut(self.ptr, numel(self.shape)) })
    }

    /// Sizes.
    pub(crate) fn shape(&self) -> &'a [usize] {
        self.shape
    }

    /// The element at an index, one entry a dimension.
    pub(crate) fn get_mut(&mut self, index: &[usize]) -> &mut T {
        // SAFETY: `offset` checks the index against the shape, and the span lies inside the storage.
        unsafe { &mut *self.ptr.offset(offset(index, self.shape, self.strides)) }
    }
}

/// The pointer to the first element, after checking that the layout can be walked from it with elements `T`
/// (whose size must be the dtype's; kernels that only move elements read them as unsigned integers of that size).
pub(crate) fn checked_ptr<T>(array: &Array) -> Result<*mut T> {
    checked_bytes(array, size_of::<T>()).map(|ptr| ptr.cast())
}

/// [`checked_ptr`] for elements of `size` bytes.
pub(crate) fn checked_bytes(array: &Array, size: usize) -> Result<*mut u8> {
    let Some(ptr) = array.host_ptr() else { bail!(Runtime, "a host kernel was given an array on device {}", array.device()) };
    let dtype = array.dtype;
    ensure!(size == dtype.size(), Runtime, "a kernel of {size}-byte elements was given {}", dtype.name());
    ensure!(array.layout.fits(array.storage.bytes() / size), Runtime, "an array reaches outside of its storage");
    let align = ferrotorch_kernel::match_dtype!(dtype, E => align_of::<E>());
    ensure!(ptr.addr().is_multiple_of(align), Runtime, "the memory of a {} array is not aligned to its elements", dtype.name());
    Ok(ptr.cast())
}

/// The pointer to the first element of a row-major array of dtype `T`, and how many there are, after the checks of
/// [`checked_ptr`]; `None` for any other array. This is the quick way for small calls.
#[inline]
pub(crate) fn dense_ptr<T: Element>(array: &Array) -> Option<(*mut T, usize)> {
    let buffer = array.storage.as_host()?;
    let (start, n, room) = (array.layout.offset(), array.layout.numel(), buffer.bytes() / size_of::<T>());
    let fits = array.dtype == T::DTYPE && array.layout.is_contiguous() && start <= room && n <= room - start;
    let ptr = buffer.as_ptr().cast::<T>().wrapping_add(start);
    (fits && ptr.is_aligned()).then_some((ptr, n))
}

/// A pointer that several threads use at once: each on elements of its own, or all only for reading. Whoever
/// follows it says why that is so.
#[derive(Clone, Copy)]
pub(crate) struct Shared<T>(*mut T);

// SAFETY: a pointer does nothing by itself; following it is `unsafe`, and the elements may be used on any thread.
unsafe impl<T: Send + Sync> Send for Shared<T> {}
// SAFETY: as above.
unsafe impl<T: Send + Sync> Sync for Shared<T> {}

impl<T> Shared<T> {
    /// The pointer to an array's first element, after the checks of [`checked_ptr`].
    pub(crate) fn new(array: &Array) -> Result<Self> {
        checked_ptr(array).map(Shared)
    }

    /// The address of an element by its offset; to be followed only where the offset is that of one of the array's indices.
    #[inline(always)]
    pub(crate) fn at(self, offset: isize) -> *mut T {
        self.0.wrapping_offset(offset)
    }
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

fn numel(shape: &[usize]) -> usize {
    shape.iter().product()
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
        *StridedMut::<i32>::new(&transposed).unwrap().get_mut(&[0, 1]) = 9;
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
            assert!(dense_ptr::<f32>(&array).is_none());
        }
        assert!(array.with_layout(Layout::strided(&[4], &[1], 1)).to_vec::<f32>().is_err());
        assert!(Array::from_slice(&[2], &[1i32, 2, 3]).is_err());
    }
}
