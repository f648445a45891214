//! SIMD kernels on host memory.

mod backend;
mod conv;
mod convert;
mod copy;
mod dense;
mod fill;
mod host;
mod isa;
mod lane;
mod math;
mod matmul;
mod parallel;
mod plan;
mod pointwise;
mod random;
mod simd;

pub use backend::{CpuBackend, register};
pub use parallel::{num_threads, set_num_threads};
