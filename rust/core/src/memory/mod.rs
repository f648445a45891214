//! Host memory: aligned buffers from a caching allocator, and borrowed foreign memory.

mod allocator;
mod buffer;

pub use allocator::{AllocatorStats, release_cached, stats};
pub use buffer::HostBuffer;
