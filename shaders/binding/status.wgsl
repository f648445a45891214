// The status buffer.
@group(0) @binding(${number}) var<storage, read_write> status: array<atomic<u32>>;
