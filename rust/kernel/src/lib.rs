//! The vocabulary of kernels: what an array is, what a kernel call says, and what a backend must do.
//!
//! A device is reached through [`backend::Backend`], whose vocabulary is [`kernel::Kernel`]. The crate knows no backend, no
//! gradients and no Python; backends need nothing but it.

pub mod array;
pub mod attention;
pub mod backend;
pub mod cost;
pub mod deferred;
pub mod device;
pub mod dtype;
pub mod error;
mod fallback;
pub mod float8;
pub mod grid;
pub mod interrupt;
pub mod kernel;
pub mod layout;
pub mod linalg;
pub mod memory;
pub mod memory_format;
pub mod meta;
pub mod observe;
pub mod opaque;
pub mod outside;
pub mod overlap;
pub mod pointwise;
pub mod promote;
pub mod random;
pub mod registry;
pub mod resize;
pub mod scalar;
pub mod shape;
pub mod storage;
pub mod stride_order;

pub use array::{Array, Operand};
pub use device::{Device, DeviceKind};
pub use dtype::DType;
pub use error::{Error, Result};
pub use layout::Layout;
pub use scalar::Scalar;
pub use shape::Shape;
pub use storage::Storage;
