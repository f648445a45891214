//! The GPU backend: WGSL compute shaders through wgpu, on Vulkan, Metal and DX12.
//!
//! A kernel call becomes a [`gpu::Launch`]: a shader variant, operands, the space it runs over. Launches are recorded
//! into a batch and submitted when it is full or when the host reads; nothing else waits for the GPU. What has no
//! shader answers [`ferrotorch_kernel::Error::unsupported`] before anything is written, and core runs it on the host.
//!
//! Adding a kernel: a file in `shaders/`; a module in `family/` with a [`shader::Family`] and a function that turns the kernel into
//! launches; the module's name there; an arm in `backend::record`; its variants in `shader/validate.rs`.

#![forbid(unsafe_code)]

mod adapter;
mod backend;
mod batch;
mod counts;
mod device_errors;
mod family;
mod fork;
mod gpu;
mod held;
mod memory;
mod pipeline;
mod settings;
mod shader;
mod space;
mod staging;
mod transfer;

pub use backend::{Adapters, WgpuBackend};
pub use fork::{after_fork, is_lost};
pub use settings::set_deterministic;
