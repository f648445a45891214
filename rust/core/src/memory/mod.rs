//! Host memory: aligned buffers from a caching allocator, and borrowed foreign memory.

mod allocator;
mod buffer;
mod room;

pub use allocator::{AllocatorStats, release_cached, stats};
pub use buffer::HostBuffer;
pub use room::{collect_for, room_for, room_for_tensors, vec_for, zeros_for};
