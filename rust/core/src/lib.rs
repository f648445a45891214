//! Tensors, operators and automatic differentiation, independent of any device.
//!
//! The crate knows no backend and no Python. A tensor is an [`array::Array`] (storage, layout, dtype) with an identity
//! and a place in the graph. What arrays and kernels are is said in `ferrotorch_kernel`, whose modules are found here too.

#![forbid(unsafe_code)]

pub mod autograd;
pub mod opaque;
pub mod ops;
pub mod row;
pub mod tensor;

pub use ferrotorch_kernel::{
    Array, DType, Device, DeviceKind, Error, Layout, Operand, Result, Scalar, Shape, Storage, array, attention, backend, bail,
    cost, deferred, device, dtype, ensure, error, grid, interrupt, kernel, layout, linalg, match_dtype, memory, memory_format,
    meta, observe, outside, overlap, pointwise, promote, random, registry, resize, scalar, shape, storage, stride_order,
};
pub use row::Row;
pub use tensor::Tensor;
