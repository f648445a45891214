//! What a kernel sees: storage, layout and dtype, with no identity and no gradient.

use crate::backend;
use crate::bail;
use crate::deferred::Deferred;
use crate::device::Device;
use crate::dtype::{DType, Element};
use crate::ensure;
use crate::error::Result;
use crate::layout::Layout;
use crate::memory::{HostBuffer, zeros_for};
use crate::meta;
use crate::outside;
use crate::scalar::Scalar;
use crate::shape;
use crate::storage::Storage;

/// A strided array on a device. Cloning shares the storage.
#[derive(Clone)]
pub struct Array {
    /// Memory.
    pub storage: Storage,
    /// Where the elements lie in it.
    pub layout: Layout,
    /// What they are.
    pub dtype: DType,
    /// What is still to be done to them.
    pub deferred: Deferred,
}

/// An input of a kernel.
#[derive(Clone)]
pub enum Operand {
    /// An array.
    Array(Array),
    /// One number, the same for every element.
    Scalar(Scalar),
    /// An optional input that was not given.
    None,
}

impl Array {
    /// Elements in a storage, as they are.
    pub fn new(storage: Storage, layout: Layout, dtype: DType) -> Array {
        Array { storage, layout, dtype, deferred: Deferred::NONE }
    }

    /// A new row-major array with undefined contents.
    pub fn empty(shape: &[usize], dtype: DType, device: Device) -> Result<Array> {
        Self::empty_with(Layout::contiguous(shape), dtype, device)
    }

    /// A new array with a dense layout of one's own (offset 0) and undefined contents.
    pub fn empty_with(layout: Layout, dtype: DType, device: Device) -> Result<Array> {
        let bytes = shape::checked_numel(layout.shape())? * dtype.size();
        let storage = if device.is_cpu() {
            Storage::host(HostBuffer::uninitialized(bytes)?)
        } else {
            backend::get(device)?.allocate(bytes, dtype)?
        };
        Ok(Array::new(storage, layout, dtype))
    }

    /// A row-major host array with these elements.
    pub fn from_slice<T: Element>(shape: &[usize], values: &[T]) -> Result<Array> {
        let numel = shape::checked_numel(shape)?;
        ensure!(numel == values.len(), Runtime, "{} elements cannot fill an array of shape {shape:?}", values.len());
        let storage = Storage::host(HostBuffer::holding(bytemuck::cast_slice(values))?);
        Ok(Array::new(storage, Layout::contiguous(shape), T::DTYPE))
    }

    /// The elements in row-major order, copied to the host.
    pub fn to_vec<T: Element>(&self) -> Result<Vec<T>> {
        if !self.device().has_data() {
            return Err(meta::no_data());
        }
        outside::outside(self.numel() >= outside::LONG, || {
            let mut values = zeros_for("to_vec", self.numel())?;
            self.copy_to_slice(&mut values)?;
            Ok(values)
        })
    }

    /// Copies the elements in row-major order to a slice of their number.
    pub fn copy_to_slice<T: Element>(&self, values: &mut [T]) -> Result<()> {
        if self.dtype != T::DTYPE {
            bail!(Type, "expected {} elements, got {}", T::DTYPE.name(), self.dtype.name());
        }
        ensure!(self.numel() == values.len(), Runtime, "{} elements do not fit a slice of {}", self.numel(), values.len());
        let host = self.to_host_contiguous()?;
        if let Some(buffer) = host.storage.as_host() {
            let start = if values.is_empty() { 0 } else { host.layout.offset().saturating_mul(size_of::<T>()) };
            buffer.read(start, bytemuck::cast_slice_mut(values))?;
        }
        Ok(())
    }

    /// This array if it is row-major on the host, otherwise a copy that is.
    pub fn to_host_contiguous(&self) -> Result<Array> {
        let plain = self.resolved()?;
        let host = if plain.device().is_cpu() { plain } else { backend::read(&plain)? };
        host.contiguous()
    }

    /// This array, a 0-dim one as one element of one dimension.
    pub fn at_least_1d(&self) -> Array {
        if self.layout.ndim() == 0 { self.with_layout(self.layout.unsqueeze(0)) } else { self.clone() }
    }

    /// This array if it is row-major and nothing was put off, otherwise a copy of which that is true.
    pub fn contiguous(&self) -> Result<Array> {
        if self.layout.is_contiguous() && self.deferred.is_none() { Ok(self.clone()) } else { self.to_dtype(self.dtype) }
    }

    /// A row-major copy with the elements converted.
    pub fn to_dtype(&self, dtype: DType) -> Result<Array> {
        self.copied_to(Layout::contiguous(self.layout.shape()), dtype)
    }

    /// A dense copy whose dimensions lie in memory in the same order.
    pub fn cloned(&self) -> Result<Array> {
        self.copied_to(self.layout.dense_like(), self.dtype)
    }

    /// A copy with a new storage for this layout, which starts at 0, with the elements converted.
    pub fn copied_to(&self, layout: Layout, dtype: DType) -> Result<Array> {
        let whole = Array::empty(&[layout.span().end], dtype, self.device())?;
        let out = whole.with_layout(layout);
        backend::launch("copy", &crate::kernel::Kernel::Copy, &[Operand::Array(self.clone())], std::slice::from_ref(&out))?;
        Ok(out)
    }

    /// Where it is.
    pub fn device(&self) -> Device {
        self.storage.device()
    }

    /// Sizes.
    pub fn shape(&self) -> &[usize] {
        self.layout.shape()
    }

    /// Number of elements.
    pub fn numel(&self) -> usize {
        self.layout.numel()
    }

    /// The same storage under another layout, which is not checked here: whoever follows a pointer asks [`Layout::fits`].
    pub fn with_layout(&self, layout: Layout) -> Array {
        Array { storage: self.storage.clone(), layout, dtype: self.dtype, deferred: self.deferred }
    }

    /// Pointer to the first element, if the array is on the host. Before following it, ask [`Layout::fits`].
    pub fn host_ptr(&self) -> Option<*mut u8> {
        let buffer = self.storage.as_host()?;
        if self.numel() == 0 {
            return Some(buffer.as_ptr());
        }
        Some(buffer.as_ptr().wrapping_add(self.layout.offset().wrapping_mul(self.dtype.size())))
    }
}

impl Operand {
    /// The array of an operand that must be one.
    pub fn array(&self) -> Result<&Array> {
        match self {
            Operand::Array(array) => Ok(array),
            _ => bail!(Runtime, "a kernel was launched without one of its arrays"),
        }
    }

    /// The array, if one was given.
    pub fn optional(&self) -> Option<&Array> {
        match self {
            Operand::Array(array) => Some(array),
            _ => None,
        }
    }
}

impl From<Array> for Operand {
    fn from(array: Array) -> Self {
        Operand::Array(array)
    }
}

impl From<Scalar> for Operand {
    fn from(scalar: Scalar) -> Self {
        Operand::Scalar(scalar)
    }
}
