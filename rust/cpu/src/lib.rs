//! SIMD kernels on host memory.

mod host;
mod parallel;

pub use parallel::{num_threads, set_num_threads};
