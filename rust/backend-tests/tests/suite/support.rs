//! What the tests share: the devices, arrays on them, comparisons.

use std::io::Write;
use std::sync::OnceLock;

use ferrotorch_core::backend::{self, Backend, Platform};
use ferrotorch_core::dtype::Element;
use ferrotorch_core::kernel::Kernel;
use ferrotorch_core::{Array, DType, Device, DeviceKind, Error, Layout, Operand};

/// What finds the devices of each kind. A new backend is a line here.
fn platforms() -> [(DeviceKind, Box<dyn Platform>); 2] {
    [(DeviceKind::Cpu, Box::new(ferrotorch_cpu::CpuBackend)), (DeviceKind::Wgpu, Box::new(ferrotorch_wgpu::Adapters))]
}

/// The devices there are, under the names that `core` knows them by.
fn devices() -> &'static [Device] {
    static DEVICES: OnceLock<Vec<Device>> = OnceLock::new();
    DEVICES.get_or_init(|| {
        let mut found = Vec::new();
        for (kind, platform) in platforms() {
            backend::register(kind, platform);
            let count = backend::devices(kind).unwrap().len();
            found.extend((0..count).map(|i| Device { kind, index: Some(i as u8) }.resolved()));
            if count == 0 {
                let _ = writeln!(std::io::stderr(), "skipped: there is no device '{}'", kind.name());
            }
        }
        found
    })
}

/// Runs a test on each device there is.
pub(crate) fn on_each(test: impl Fn(&'static dyn Backend)) {
    on_each_device(|_, backend| test(backend));
}

/// Runs a test on each device there is; the device tells which generators of random numbers are its own.
pub(crate) fn on_each_device(test: impl Fn(Device, &'static dyn Backend)) {
    for &device in devices() {
        let _ = writeln!(std::io::stderr(), "on {device}");
        test(device, backend::get(device).unwrap());
    }
}

/// Runs a test on each device, opened for it alone: no read of another test takes an error that it waits for.
pub(crate) fn on_each_alone(test: impl Fn(&dyn Backend)) {
    for (_, platform) in platforms() {
        if !platform.devices().unwrap().is_empty() {
            test(&*platform.open(0).unwrap());
        }
    }
}

/// Why a call was refused: at once, or when something was next read.
pub(crate) fn refusal(device: &dyn Backend, kernel: &Kernel, inputs: &[Operand], outputs: &[Array]) -> Error {
    let late = || outputs.first().map_or_else(|| device.synchronize(), |out| device.read(out).map(drop));
    device.run(kernel, inputs, outputs).and_then(|()| late()).unwrap_err()
}

/// An array on the device with undefined contents.
pub(crate) fn empty(device: &dyn Backend, layout: Layout, dtype: DType) -> Array {
    let elements = layout.span().end;
    Array::new(device.allocate(elements * dtype.size(), dtype).unwrap(), layout, dtype)
}

/// A row-major array on the device.
pub(crate) fn upload<T: Element>(device: &dyn Backend, shape: &[usize], values: &[T]) -> Array {
    assert_eq!(shape.iter().product::<usize>(), values.len());
    let array = empty(device, Layout::contiguous(shape), T::DTYPE);
    device.write(&Array::from_slice(shape, values).unwrap(), &array).unwrap();
    array
}

/// The elements in row-major order.
pub(crate) fn download<T: Element>(device: &dyn Backend, array: &Array) -> Vec<T> {
    device.read(array).unwrap().to_vec().unwrap()
}

/// Runs a kernel with one new row-major output.
pub(crate) fn compute<T: Element>(device: &dyn Backend, kernel: Kernel, inputs: &[Operand], shape: &[usize]) -> Vec<T> {
    let out = empty(device, Layout::contiguous(shape), T::DTYPE);
    device.run(&kernel, inputs, std::slice::from_ref(&out)).unwrap();
    download(device, &out)
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
