//! Host memory: aligned buffers from a caching allocator, and borrowed foreign memory.

mod allocator;
mod buffer;
mod room;

pub use allocator::{AllocatorStats, release_cached, stats};
pub use buffer::HostBuffer;
pub use room::{room_for_tensors, vec_for};
