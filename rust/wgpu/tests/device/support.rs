//! What the tests share: one open adapter, arrays on it, comparisons.

use std::io::Write;
use std::sync::OnceLock;

use ferrotorch_core::backend::Backend;
use ferrotorch_core::dtype::Element;
use ferrotorch_core::kernel::Kernel;
use ferrotorch_core::{Array, DType, Layout, Operand};

/// The first adapter, or `None` (with a message) where there is none.
pub(crate) fn gpu() -> Option<&'static dyn Backend> {
    static GPU: OnceLock<Option<Box<dyn Backend>>> = OnceLock::new();
    let gpu = GPU.get_or_init(|| {
        if ferrotorch_wgpu::adapters().is_empty() {
            let _ = writeln!(std::io::stderr(), "skipped: no GPU adapter");
            return None;
        }
        Some(ferrotorch_wgpu::open(0).unwrap())
    });
    gpu.as_deref()
}

/// An array on the device with undefined contents.
pub(crate) fn empty(gpu: &dyn Backend, layout: Layout, dtype: DType) -> Array {
    let elements = layout.span().end;
    Array::new(gpu.allocate(elements * dtype.size(), dtype).unwrap(), layout, dtype)
}

/// A row-major array on the device.
pub(crate) fn upload<T: Element>(gpu: &dyn Backend, shape: &[usize], values: &[T]) -> Array {
    assert_eq!(shape.iter().product::<usize>(), values.len());
    let array = empty(gpu, Layout::contiguous(shape), T::DTYPE);
    gpu.write(&Array::from_slice(shape, values).unwrap(), &array).unwrap();
    array
}

/// The elements in row-major order.
pub(crate) fn download<T: Element>(gpu: &dyn Backend, array: &Array) -> Vec<T> {
    gpu.read(array).unwrap().to_vec().unwrap()
}

/// Runs a kernel with one new row-major output.
pub(crate) fn compute<T: Element>(gpu: &dyn Backend, kernel: Kernel, inputs: &[Operand], shape: &[usize]) -> Vec<T> {
    let out = empty(gpu, Layout::contiguous(shape), T::DTYPE);
    gpu.run(&kernel, inputs, std::slice::from_ref(&out)).unwrap();
    download(gpu, &out)
}

/// Numbers that repeat after a while, between -1 and 1.
pub(crate) fn wave(n: usize) -> Vec<f32> {
    (0..n).map(|i| ((i * 7919 + 13) % 2003) as f32 / 1001.5 - 1.0).collect()
}

/// Equal up to a relative error (of the larger of both and 1), NaN equal to NaN.
#[track_caller]
pub(crate) fn assert_close(actual: &[f32], expected: &[f32], tolerance: f32) {
    assert_eq!(actual.len(), expected.len());
    for (i, (&a, &e)) in actual.iter().zip(expected).enumerate() {
        let close = a == e || (a.is_nan() && e.is_nan()) || (a - e).abs() <= tolerance * e.abs().max(1.0);
        assert!(close, "element {i} is {a}, expected {e}");
    }
}
