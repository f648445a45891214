//! Kernels on a real adapter, against values computed here. Without an adapter every test passes with a message that
//! says so; Mesa's lavapipe is one (`apt-get install libvulkan1 mesa-vulkan-drivers`).

mod adapter;
mod fill_copy;
mod index;
mod matmul;
mod normalise;
mod optimize;
mod pointwise;
mod random;
mod reduce;
mod support;
