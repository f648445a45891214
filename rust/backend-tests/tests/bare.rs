//! The least that a backend can be: it holds memory and has no kernel. Every op then runs on the host, and says so once.

use std::any::Any;
use std::sync::Mutex;

use ferrotorch_core::autograd::{self, engine::Options};
use ferrotorch_core::backend::{self, Backend, DeviceInfo, Platform};
use ferrotorch_core::kernel::Kernel;
use ferrotorch_core::ops::{arithmetic, cast, gather, matmul, reduce, sampling, sort};
use ferrotorch_core::storage::{Buffer, DeviceBuffer};
use ferrotorch_core::{Array, DType, Device, DeviceKind, Error, Layout, Operand, Result, Storage, Tensor};

/// No other backend has this kind.
const BARE: Device = Device { kind: DeviceKind::Mps, index: Some(0) };

struct Bare;

/// Memory that the host could not look into.
struct Hidden(Mutex<Vec<u8>>);

impl DeviceBuffer for Hidden {
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Platform for Bare {
    fn devices(&self) -> Result<Vec<DeviceInfo>> {
        Ok(Vec::new())
    }

    fn open(&self, _: u8) -> Result<Box<dyn Backend>> {
        Ok(Box::new(Bare))
    }
}

fn hidden(array: &Array) -> &Hidden {
    array.storage.as_device().unwrap()
}

/// The whole memory of an array as host memory, seen as the array sees it.
fn copied(array: &Array) -> Array {
    let bytes = hidden(array).0.lock().unwrap();
    let host = Array::from_slice(&[bytes.len()], &bytes).unwrap();
    Array::new(host.storage, array.layout.clone(), array.dtype)
}

impl Backend for Bare {
    fn allocate(&self, bytes: usize, _: DType) -> Result<Storage> {
        Ok(Storage::new(Buffer::Device(Box::new(Hidden(Mutex::new(vec![0xee; bytes])))), bytes, BARE))
    }

    fn read(&self, array: &Array) -> Result<Array> {
        copied(array).to_dtype(array.dtype)
    }

    fn write(&self, host: &Array, array: &Array) -> Result<()> {
        let all = copied(array);
        backend::launch("copy", &Kernel::Copy, &[host.clone().into()], std::slice::from_ref(&all))?;
        let size = array.storage.bytes();
        let bytes = Array::new(all.storage, Layout::contiguous(&[size]), DType::UInt8);
        *hidden(array).0.lock().unwrap() = bytes.to_vec::<u8>()?;
        Ok(())
    }

    fn run(&self, kernel: &Kernel, _: &[Operand], _: &[Array]) -> Result<()> {
        Err(Error::unsupported(format!("{kernel:?}")))
    }

    fn synchronize(&self) -> Result<()> {
        Ok(())
    }

    fn supports(&self, _: &Kernel, _: DType) -> bool {
        false
    }
}

static WARNED: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn values(tensor: &Tensor) -> Vec<f64> {
    cast::to_dtype(&cast::on_device(tensor, Device::CPU).unwrap(), DType::Float64).unwrap().array().to_vec().unwrap()
}

/// Two results on two devices, on leaves that require gradients, and the gradients.
fn everything(device: Device) -> Vec<Vec<f64>> {
    let leaf = |shape: &[usize], values: &[f32]| {
        let leaf = cast::on_device(&Tensor::from_slice(shape, values).unwrap(), device).unwrap().detach();
        leaf.set_requires_grad(true).unwrap();
        leaf
    };
    let (a, b) = (leaf(&[2, 3], &[1.0, -2.0, 3.0, 0.5, 4.0, -1.0]), leaf(&[3, 2], &[2.0, 1.0, 0.0, -1.0, 3.0, 2.0]));
    let product = matmul::matmul(&a, &b).unwrap();
    let (sorted, order) = sort::sort(&product, 1, true).unwrap();
    let picked = gather::gather(&arithmetic::mul(&sorted, &sorted).unwrap(), 1, &order).unwrap();
    let total = reduce::sum(&picked, None, false, None).unwrap();
    let options = Options::default();
    let grads = autograd::grad(std::slice::from_ref(&total), &[None], &[a.clone(), b.clone()], options).unwrap();
    let tensors = [Some(product), Some(sorted), Some(picked), Some(total)];
    tensors.into_iter().chain(grads).map(|tensor| values(&tensor.unwrap())).collect()
}

#[test]
fn every_op_runs_on_a_device_that_only_holds_memory() {
    ferrotorch_cpu::register().unwrap();
    backend::set_warning_sink(|text| WARNED.lock().unwrap().push(text.to_owned()));
    backend::register(BARE.kind, Box::new(Bare));
    assert_eq!(everything(BARE), everything(Device::CPU));
    assert_eq!(everything(BARE), everything(Device::CPU));
    let warned = WARNED.lock().unwrap();
    let of = |op: &str| warned.iter().filter(|text| text.starts_with(&format!("{op}() has no float32 kernel on mps:0"))).count();
    assert_eq!((of("matmul"), of("sort"), of("mul"), of("exp")), (1, 1, 1, 0), "{warned:?}");
    drop(warned);
    // What is checked is checked at once, where the host does it.
    let rates = cast::on_device(&Tensor::from_slice(&[2], &[1.0f32, -1.0]).unwrap(), BARE).unwrap();
    let error = sampling::poisson(&rates, None).err().unwrap();
    assert!(error.to_string().contains("expected rate to be non-negative"), "{error}");
}
