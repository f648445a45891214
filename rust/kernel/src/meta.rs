//! Device `meta`: tensors that have a shape, a dtype and strides, and no elements.
//!
//! Ops compute what their results look like as they do on any other device; the kernels that would compute the elements
//! are not run.

use std::any::Any;

use crate::array::{Array, Operand};
use crate::backend::Backend;
use crate::device::{Device, DeviceKind};
use crate::dtype::DType;
use crate::error::{Class, Error, Result};
use crate::kernel::Kernel;
use crate::registry::{self, DeviceInfo, Platform};
use crate::storage::{Buffer, DeviceBuffer, Storage};

/// The one device of its kind.
const META: Device = Device { kind: DeviceKind::Meta, index: None };

/// Makes device `meta` known; later calls change nothing.
pub fn register() {
    registry::register(DeviceKind::Meta, Box::new(Meta));
}

/// The error of whoever asks for elements.
#[cold]
pub fn no_data() -> Error {
    Error::message(Class::NotImplemented, "Cannot copy out of meta tensor; no data!")
}

struct Meta;

/// In the place of memory.
struct NoMemory;

impl DeviceBuffer for NoMemory {
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Platform for Meta {
    fn devices(&self) -> Result<Vec<DeviceInfo>> {
        Ok(vec![DeviceInfo {
            name: "meta".into(),
            class: "other",
            api: String::new(),
            driver: String::new(),
            int64: true,
            float64: true,
            max_tensor_bytes: u64::MAX,
        }])
    }

    fn open(&self, _: u8) -> Result<Box<dyn Backend>> {
        Ok(Box::new(Meta))
    }
}

impl Backend for Meta {
    fn allocate(&self, bytes: usize, _: DType) -> Result<Storage> {
        Ok(Storage::new(Buffer::Device(Box::new(NoMemory)), bytes, META))
    }

    fn read(&self, _: &Array) -> Result<Array> {
        Err(no_data())
    }

    fn write(&self, _: &Array, _: &Array) -> Result<()> {
        Ok(())
    }

    fn run(&self, _: &Kernel, _: &[Operand], _: &[Array]) -> Result<()> {
        Ok(())
    }

    fn synchronize(&self) -> Result<()> {
        Ok(())
    }
}
