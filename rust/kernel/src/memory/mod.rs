//! Host memory: aligned buffers from a caching allocator, and borrowed foreign memory.

mod allocator;
mod buffer;
mod large;
mod reserve;
mod room;

pub use allocator::{AllocatorStats, release_cached, reset_peak, stats};
pub use buffer::HostBuffer;
pub use reserve::{WithReserve, set_aside};
pub use room::{collect_for, room_for, room_for_lists, room_for_tensors, try_collect_for, vec_for, zeros_for};
