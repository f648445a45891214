//! SIMD kernels on host memory.

mod argreduce;
mod attention;
mod backend;
mod bounds;
mod cells;
mod check;
mod chunks;
mod class_loss;
mod combine;
mod concat;
mod conv;
mod convert;
mod copy;
mod ctc;
mod dense;
mod element;
mod fft;
mod fill;
mod float16;
mod gather;
mod grid_sample;
mod host;
mod index;
mod isa;
mod lane;
mod linalg;
mod lines;
mod math;
mod matmul;
mod nonzero;
mod norm;
mod optimizer;
mod outer;
mod pad;
mod parallel;
mod plan;
mod planes;
mod pointwise;
mod pool;
mod random;
mod reduce;
mod resize;
mod scan;
mod search;
mod simd;
mod softmax;
mod sort;
mod triangle;
mod view;

#[cfg(test)]
mod testing;

pub use backend::{CpuBackend, register};
pub use isa::capability;
pub use parallel::{num_threads, set_num_threads};
