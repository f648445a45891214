//! Kernels on a real adapter, against values computed here. Without an adapter every test passes with a message that
//! says so; Mesa's lavapipe is one (`apt-get install libvulkan1 mesa-vulkan-drivers`).

mod adapter;
mod fill_copy;
mod matmul;
mod pointwise;
mod reduce;
mod support;
