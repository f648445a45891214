//! The GPU backend: WGSL compute shaders through wgpu, on Vulkan, Metal and DX12.
//!
//! A kernel call becomes a [`gpu::Launch`]: a shader variant, operands, the space it runs over. Launches are recorded
//! into a batch and submitted when it is full or when the host reads; nothing else waits for the GPU. What has no
//! shader answers [`ferrotorch_kernel::Error::unsupported`] before anything is written, and core runs it on the host.
//!
//! Adding a shader: a file in `shaders/`, a [`shader::Family`], a module in `family/` that turns a kernel into
//! launches, its variants in the list that the tests validate.

mod adapter;
mod backend;
mod batch;
mod device_errors;
mod family;
mod fork;
mod gpu;
mod memory;
mod pipeline;
mod shader;
mod space;
mod transfer;

pub use adapter::adapters;
pub use backend::{WgpuBackend, open};
pub use fork::{after_fork, is_lost};
