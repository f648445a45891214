//! Constant and evenly spaced fills.

use std::ops::{Add, Div, Mul, Sub};

use ferrotorch_kernel::dtype::{DType, Element, c32, c64};
use ferrotorch_kernel::scalar::FromScalar;
use ferrotorch_kernel::{Array, Error, Layout, Result, Scalar, ensure, match_dtype};
use smallvec::{SmallVec, smallvec};

use crate::convert::Cast;
use crate::copy;
use crate::element::match_size;
use crate::host::{StridedMut, check_output};
use crate::isa::{Isa, Level};
use crate::parallel::{Cost, for_each_chunk_mut};
use crate::simd::{self, SimdLoop};
use crate::view::{View, Write, dense_as};

/// Runs [`ferrotorch_kernel::kernel::Kernel::Fill`].
pub(crate) fn fill(value: Scalar, out: &Array) -> Result<()> {
    let bytes = element_bytes(value, out.dtype);
    match_size!(out.dtype, T => fill_with::<T>(bytemuck::pod_read_unaligned(&bytes[..size_of::<T>()]), out))
}

/// The bytes of an element of a dtype; as many as the dtype has are its own.
pub(crate) fn element_bytes(value: Scalar, dtype: DType) -> [u8; 16] {
    let mut bytes = [0; 16];
    match_dtype!(dtype, T => bytes[..size_of::<T>()].copy_from_slice(bytemuck::bytes_of(&T::from_scalar(value))));
    bytes
}

fn fill_with<T: Element>(value: T, out: &Array) -> Result<()> {
    check_output(out)?;
    if let Some(slice) = dense_as::<T, Write>(out).as_mut().and_then(View::as_mut_slice) {
        for_each_chunk_mut(slice, Cost::moved(size_of::<T>()), |_, part| simd::run(Repeat { value, part }));
        return Ok(());
    }
    // What repeats a number is copied as anything else is: lines of it, or short rows by columns.
    let number = Array::from_slice::<T>(&[], &[value])?;
    let strides: SmallVec<[isize; 8]> = smallvec![0; out.layout.ndim()];
    copy::copy_elements::<T>(&number.with_layout(Layout::strided(out.shape(), &strides, 0)), out)
}

/// Fills a slice with the widest stores that there are.
struct Repeat<'a, T> {
    value: T,
    part: &'a mut [T],
}

impl<T: Copy> SimdLoop for Repeat<'_, T> {
    type Output = ();
    const WIDEST: Level = Level::Avx2;

    #[inline(always)]
    fn run<I: Isa>(self) {
        self.part.fill(self.value);
    }
}

/// Runs [`ferrotorch_kernel::kernel::Kernel::Range`].
pub(crate) fn range(start: Scalar, step: Scalar, out: &Array) -> Result<()> {
    if out.dtype.is_integral() {
        let (start, step) = (start.to_i64(), step.to_i64());
        spaced("arange_cpu", out, |i| start.wrapping_add(step.wrapping_mul(i as i64)))
    } else {
        let (start, step) = (start.to_f64(), step.to_f64());
        spaced("arange_cpu", out, |i| step.mul_add(i as f64, start))
    }
}

/// Runs [`ferrotorch_kernel::kernel::Kernel::Linspace`].
pub(crate) fn linspace(start: Scalar, end: Scalar, out: &Array) -> Result<()> {
    const OP: &str = "linspace_cpu";
    let n = out.layout.numel();
    // As PyTorch: the step is computed in the dtype itself, for integers in float64 and for half types in float32.
    match out.dtype {
        DType::Complex64 => {
            spaced(OP, out, between(c32::from_scalar(start), c32::from_scalar(end), n, |i| c32::new(i as f32, 0.0)))
        }
        DType::Complex128 => spaced(OP, out, between(start.to_complex(), end.to_complex(), n, |i| c64::new(i as f64, 0.0))),
        dtype if dtype == DType::Float64 || dtype.is_integral() => {
            spaced(OP, out, between(start.to_f64(), end.to_f64(), n, |i| i as f64))
        }
        _ => spaced(OP, out, between(start.to_f64() as f32, end.to_f64() as f32, n, |i| i as f32)),
    }
}

/// Point `i` of `n` from `start` to `end`; the second half is computed from the end, so that both ends are exact.
fn between<T>(start: T, end: T, n: usize, number: impl Fn(usize) -> T + Sync) -> impl Fn(usize) -> T + Sync
where
    T: Copy + Sync + Add<Output = T> + Sub<Output = T> + Mul<Output = T> + Div<Output = T>,
{
    let step = (end - start) / number(n.max(2) - 1);
    move |i| if i < n / 2 || n == 1 { start + step * number(i) } else { end - step * number(n - 1 - i) }
}

/// Writes `value(i)` to element `i` of a 1-D output, converted to its dtype.
fn spaced<S>(op: &'static str, out: &Array, value: impl Fn(usize) -> S + Sync) -> Result<()>
where
    S: Cast<ferrotorch_kernel::dtype::Bool> + Cast<u8> + Cast<i8> + Cast<i16> + Cast<i32> + Cast<i64>,
    S: Cast<half::f16> + Cast<half::bf16> + Cast<f32> + Cast<f64> + Cast<c32> + Cast<c64>,
{
    ensure!(out.layout.ndim() == 1, Runtime, "a range is 1-D, the output has shape {:?}", out.shape());
    match_dtype!(out.dtype, T in [usual] => {
        let mut view = StridedMut::<T>::new(out)?;
        if let Some(slice) = view.as_slice_mut() {
            for_each_chunk_mut(slice, Cost::streamed(4), |start, part| part.iter_mut().enumerate().for_each(|(i, x)| *x = value(start + i).cast()));
        } else {
            (0..out.layout.numel()).for_each(|i| view.set(&[i], value(i).cast()));
        }
        Ok(())
    }, else => Err(Error::dtype(op, out.dtype, "")))
}
