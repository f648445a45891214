//! What is particular to GPUs, on a real adapter; `rust/backend-tests` has what all backends do. Without an adapter every test
//! passes with a message that says so; Mesa's lavapipe is one (`apt-get install libvulkan1 mesa-vulkan-drivers`).

mod adapter;
mod random;
mod support;
