//! What the tests share: one open adapter, and arrays on it.

use std::io::Write;
use std::sync::OnceLock;

use ferrotorch_core::backend::{Backend, Platform};
use ferrotorch_core::dtype::Element;
use ferrotorch_core::kernel::Kernel;
use ferrotorch_core::{Array, DType, Layout, Operand};
use ferrotorch_wgpu::Adapters;

/// The first adapter, or `None` (with a message) where there is none.
pub(crate) fn gpu() -> Option<&'static dyn Backend> {
    static GPU: OnceLock<Option<Box<dyn Backend>>> = OnceLock::new();
    let gpu = GPU.get_or_init(|| {
        if Adapters.devices().unwrap().is_empty() {
            let _ = writeln!(std::io::stderr(), "skipped: no GPU adapter");
            return None;
        }
        Some(Adapters.open(0).unwrap())
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
