//! Arrays of any dtype, by the offsets of their elements.

use std::marker::PhantomData;

use ferrotorch_kernel::dtype::{DType, Element};
use ferrotorch_kernel::{Array, Result};

use super::{Access, Place, Read, View, Write};
use crate::host::checked_bytes;

/// An array's elements by their offsets from the first. Offsets beyond what the layout spans are refused.
pub(crate) struct Elements<'a, A> {
    pub(super) first: Place<'a, u8, A>,
    dtype: DType,
    /// The offsets of the span.
    low: isize,
    high: isize,
}

/// Some stretches of elements of an array of any dtype, each of equally many. What may be done with them is as for a [`View`].
pub(crate) struct Stretches<'a, A> {
    first: Place<'a, u8, A>,
    dtype: DType,
    size: [usize; 2],
    step: [isize; 2],
}

impl Clone for Elements<'_, Read> {
    fn clone(&self) -> Self {
        *self
    }
}

impl Copy for Elements<'_, Read> {}

/// Has a type the size and the alignment of a dtype? That of complex32 is an integer's: see [`crate::host::alignment`].
#[inline(always)]
fn is_stored_as<T: Element>(dtype: DType) -> bool {
    let like_integers = dtype == DType::Complex32 && !T::DTYPE.is_complex();
    size_of::<T>() == dtype.size() && (T::DTYPE.is_complex() == dtype.is_complex() || like_integers)
}

impl Clone for Stretches<'_, Read> {
    fn clone(&self) -> Self {
        *self
    }
}

impl Copy for Stretches<'_, Read> {}

impl<'a, A: Access> Elements<'a, A> {
    /// Views an array. While elements to [`Write`] live, nothing else may reach the array: see [`crate::host`].
    pub(crate) fn new(array: &'a Array) -> Result<Self> {
        A::check(array)?;
        let first = Place(checked_bytes(array, array.dtype.size())?, PhantomData);
        let (span, offset) = (array.layout.span(), array.layout.offset() as isize);
        Ok(Elements { first, dtype: array.dtype, low: span.start as isize - offset, high: span.end as isize - offset })
    }

    /// All of the memory that the array spans as a line, and where the first element lies in it. `T` is a type of the dtype's
    /// size and alignment.
    pub(crate) fn into_span<T: Element>(self) -> (View<'a, T, A, 1>, isize) {
        assert!(is_stored_as::<T>(self.dtype), "elements of another size");
        let first = Place(self.first.0.cast::<T>().wrapping_offset(self.low), PhantomData);
        (View { first, size: [self.high.abs_diff(self.low)], step: [1] }, -self.low)
    }

    /// The same view from a place that is known to be its own.
    pub(super) fn at_place(&self, first: Place<'a, u8, A>) -> Self {
        Elements { first, ..*self }
    }

    /// The address of the first element.
    pub(crate) fn as_ptr(&self) -> *const u8 {
        self.first.0
    }

    /// `size[0]` stretches of `size[1]` elements, the first of which lies at an offset, and the steps from one to the next.
    #[inline(always)]
    fn place(&self, offset: isize, size: [usize; 2], step: [isize; 2]) -> Place<'a, u8, A> {
        if size[0] > 0 && size[1] > 0 {
            let (down, along) = ((size[0] as isize - 1) * step[0], (size[1] as isize - 1) * step[1]);
            let (low, high) = (offset + down.min(0) + along.min(0), offset + down.max(0) + along.max(0));
            assert!(low >= self.low && high < self.high, "elements of the array");
        }
        Place(self.first.0.wrapping_offset(offset * self.dtype.size() as isize), PhantomData)
    }
}

impl<'a> Elements<'a, Read> {
    /// `n` elements that lie `step` apart, the first at an offset.
    #[inline(always)]
    pub(crate) fn line(&self, offset: isize, step: isize, n: usize) -> Stretches<'a, Read> {
        self.stretches(offset, [1, n], [0, step])
    }

    /// `size[0]` stretches of `size[1]` elements, the first at an offset.
    #[inline(always)]
    pub(crate) fn stretches(&self, offset: isize, size: [usize; 2], step: [isize; 2]) -> Stretches<'a, Read> {
        Stretches { first: self.place(offset, size, step), dtype: self.dtype, size, step }
    }
}

impl<'a> Elements<'a, Write> {
    /// `n` elements that lie `step` apart, the first at an offset. They must be different ones.
    #[inline(always)]
    pub(crate) fn line_mut(&mut self, offset: isize, step: isize, n: usize) -> Stretches<'_, Write> {
        assert!(step != 0 || n <= 1, "an element is written to once");
        Stretches {
            first: Place(self.place(offset, [1, n], [0, step]).0, PhantomData),
            dtype: self.dtype,
            size: [1, n],
            step: [0, step],
        }
    }
}

impl Elements<'_, Write> {
    /// `size[0]` stretches of `size[1]` elements, the first at an offset. They must be different ones.
    #[inline(always)]
    pub(crate) fn stretches_mut(&mut self, offset: isize, size: [usize; 2], step: [isize; 2]) -> Stretches<'_, Write> {
        assert!((0..2).all(|d| step[d] != 0 || size[d] <= 1), "an element is written to once");
        Stretches { first: Place(self.place(offset, size, step).0, PhantomData), dtype: self.dtype, size, step }
    }
}

impl<'a, A> Stretches<'a, A> {
    /// The stretches as rows of a type of the dtype's size and alignment; folds and moves do without the very type.
    #[inline(always)]
    pub(crate) fn rows<T: Element>(self) -> View<'a, T, A, 2> {
        assert!(is_stored_as::<T>(self.dtype), "elements of another size");
        View { first: Place(self.first.0.cast(), PhantomData), size: self.size, step: self.step }
    }

    /// How many elements a stretch has.
    pub(crate) fn length(&self) -> usize {
        self.size[1]
    }

    /// The first stretch as a line of such a type.
    #[inline(always)]
    pub(crate) fn typed<T: Element>(self) -> View<'a, T, A, 1> {
        self.rows().row(0)
    }
}

impl<'a> Stretches<'a, Read> {
    /// Stretches of a buffer that holds elements of a dtype from its beginning on, without gaps.
    pub(crate) fn of_buffer(buffer: &'a [u64], dtype: DType, size: [usize; 2]) -> Self {
        let n = size[0].saturating_mul(size[1]).saturating_mul(dtype.size());
        assert!(n <= size_of_val(buffer), "{size:?} elements in a buffer of {} bytes", size_of_val(buffer));
        let first = Place(buffer.as_ptr().cast_mut().cast(), PhantomData);
        Stretches { first, dtype, size, step: [size[1] as isize, 1] }
    }
}

/// The elements of an array, if it is row-major and of dtype `T`, after the checks of [`Elements::new`]. This is the quick way for
/// small calls, under the same contract.
#[inline]
pub(crate) fn dense<T: Element, A: Access>(array: &Array) -> Option<View<'_, T, A, 1>> {
    if array.dtype == T::DTYPE { dense_as(array) } else { None }
}

/// [`dense`] for moves, which do without the very type: `T` has the dtype's size and alignment.
#[inline]
pub(crate) fn dense_as<T: Element, A: Access>(array: &Array) -> Option<View<'_, T, A, 1>> {
    let buffer = array.storage.as_host()?;
    let (start, n, room) = (array.layout.offset(), array.layout.numel(), buffer.bytes() / size_of::<T>());
    let fits = is_stored_as::<T>(array.dtype) && array.layout.is_contiguous() && start <= room && n <= room - start;
    let first = buffer.as_ptr().cast::<T>().wrapping_add(start);
    (fits && first.is_aligned() && A::may_reach(buffer)).then_some(View {
        first: Place(first, PhantomData),
        size: [n],
        step: [1],
    })
}
