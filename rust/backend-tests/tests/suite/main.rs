//! What every backend must do, kernel by kernel, against values computed here; each test runs on every device there is.
//! Mesa's lavapipe is a GPU that needs none (`apt-get install libvulkan1 mesa-vulkan-drivers`).

mod check;
mod fill_copy;
mod index;
mod matmul;
mod normalise;
mod optimize;
mod order;
mod pointwise;
mod random;
mod reduce;
mod scan;
mod support;
