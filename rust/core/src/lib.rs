//! Tensors, operators and automatic differentiation, independent of any device.
//!
//! The crate knows no backend and no Python. A device is reached through [`backend::Backend`], whose
//! vocabulary is [`kernel::Kernel`]; a tensor is an [`array::Array`] (storage, layout, dtype) with an identity
//! and a place in the graph.

pub mod array;
pub mod autograd;
pub mod backend;
pub mod deferred;
pub mod device;
pub mod dtype;
pub mod error;
pub mod interrupt;
pub mod kernel;
pub mod layout;
pub mod memory;
pub mod memory_format;
pub mod ops;
pub mod overlap;
pub mod pointwise;
pub mod promote;
pub mod random;
pub mod scalar;
pub mod shape;
pub mod storage;
pub mod stride_order;
pub mod tensor;

pub use array::{Array, Operand};
pub use device::{Device, DeviceKind};
pub use dtype::DType;
pub use error::{Error, Result};
pub use layout::Layout;
pub use scalar::Scalar;
pub use shape::Shape;
pub use storage::Storage;
pub use tensor::Tensor;
