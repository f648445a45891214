//! Opaque storages: what stands in the place of memory where a tensor's elements do not lie in one strided array.
//!
//! A sparse tensor, for instance, consists of a list of indices and a list of values. Its storage holds a handle, an object of
//! whoever knows how to compute with such tensors. Kernels do not: [`crate::backend::launch`] refuses them by name.

use std::any::Any;

use crate::array::{Array, Operand};
use crate::device::Device;
use crate::error::{Class, Error};
use crate::storage::{Buffer, DeviceBuffer, Storage};

/// What an opaque storage holds.
pub type Handle = Box<dyn Any + Send + Sync>;

struct Opaque(Handle);

impl DeviceBuffer for Opaque {
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Storage {
    /// A storage without memory that holds a handle, for tensors that count as being on `device`.
    pub fn opaque(handle: Handle, device: Device) -> Storage {
        Storage::new(Buffer::Device(Box::new(Opaque(handle))), 0, device)
    }

    /// The handle, if the storage holds one.
    pub fn handle(&self) -> Option<&(dyn Any + Send + Sync)> {
        self.as_device::<Opaque>().map(|opaque| &*opaque.0)
    }

    /// Is there a handle in the place of memory?
    pub fn is_opaque(&self) -> bool {
        self.handle().is_some()
    }
}

/// Is one of the arrays of a launch opaque?
pub(crate) fn any(inputs: &[Operand], outputs: &[Array]) -> bool {
    inputs.iter().filter_map(Operand::optional).chain(outputs).any(|array| array.storage.is_opaque())
}

/// The error of an op that would need memory.
#[cold]
pub(crate) fn refused(op: &str) -> Error {
    Error::message(
        Class::NotImplemented,
        format!("{op}(): the elements of this tensor do not lie in one strided array; convert it by to_dense() first"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DType;
    use crate::layout::Layout;

    #[test]
    fn a_storage_gives_its_handle_back() {
        let storage = Storage::opaque(Box::new(7i32), Device::CPU);
        assert_eq!(storage.handle().and_then(|handle| handle.downcast_ref::<i32>()), Some(&7));
        assert!(storage.is_opaque() && storage.with_own_version(0).is_opaque() && storage.as_host().is_none());
        assert_eq!((storage.bytes(), storage.device()), (0, Device::CPU));
    }

    #[test]
    fn what_has_memory_is_not_opaque() {
        let array = Array::from_slice(&[2], &[1.0f32, 2.0]).unwrap();
        let opaque = Array::new(Storage::opaque(Box::new(()), Device::CPU), Layout::contiguous(&[2]), DType::Float32);
        assert!(!array.storage.is_opaque() && array.storage.handle().is_none());
        assert!(!any(&[array.clone().into(), Operand::None], &[]));
        assert!(any(&[array.clone().into()], std::slice::from_ref(&opaque)) && any(&[opaque.into()], &[array]));
    }
}
