//! Launches of the core as PyTorch's names for kernels have them.

use ferrotorch_core::Array;
use ferrotorch_core::autograd::nesting;
use ferrotorch_core::kernel::Kernel;
use ferrotorch_core::observe::Launch;

/// The name of a launch: that of the op, but for products, convolutions and attention PyTorch's name for the kernel.
pub(crate) fn name(launch: &Launch<'_>) -> &'static str {
    let is_one = launch.outputs.first().is_some_and(is_single);
    let adds = launch.inputs.get(2).is_some_and(|operand| operand.optional().is_some());
    match launch.kernel {
        Kernel::MatMul { .. } => match (is_one, adds) {
            (true, false) => "mm",
            (true, true) => "addmm",
            (false, false) => "bmm",
            (false, true) => "baddbmm",
        },
        // A transposed convolution is what the gradient of one is: what it is for decides.
        Kernel::Conv { .. } if nesting::current_walk().is_some() => "convolution_backward",
        Kernel::Conv { .. } => "convolution",
        Kernel::Attention { .. } => "_scaled_dot_product_flash_attention_for_cpu",
        Kernel::AttentionGrad { .. } => "_scaled_dot_product_flash_attention_for_cpu_backward",
        _ => launch.op,
    }
}

/// An array of a launch as it is shown: products of one matrix without the dimension of their batch.
pub(crate) fn shown(array: &Array, kernel: &Kernel) -> Array {
    match kernel {
        Kernel::MatMul { .. } if is_single(array) => array.with_layout(array.layout.squeeze(0)),
        _ => array.clone(),
    }
}

fn is_single(array: &Array) -> bool {
    array.shape().first() == Some(&1)
}
