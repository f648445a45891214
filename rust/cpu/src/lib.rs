//! SIMD kernels on host memory.

mod backend;
mod convert;
mod copy;
mod fill;
mod host;
mod isa;
mod lane;
mod math;
mod parallel;
mod plan;
mod pointwise;

pub use backend::{CpuBackend, register};
pub use parallel::{num_threads, set_num_threads};
