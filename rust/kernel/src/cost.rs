//! What a kernel call costs in floating-point operations, a multiplication and an addition counting as two.

use crate::array::{Array, Operand};
use crate::kernel::{ConvPass, Kernel};

/// The operations of matrix products, convolutions and attention; 0 for everything else, as is usual: beside these the rest
/// hardly counts.
pub fn flops(kernel: &Kernel, inputs: &[Operand], outputs: &[Array]) -> u64 {
    let input = |i: usize| inputs.get(i).and_then(Operand::optional).map_or(&[][..], |array| array.shape());
    let output = |i: usize| outputs.get(i).map_or(&[][..], |array| array.shape());
    let product = |shape: &[usize]| shape.iter().map(|&n| n as u64).product::<u64>();
    match kernel {
        Kernel::MatMul { .. } => 2 * product(output(0)) * last(input(0)),
        Kernel::Conv { pass, .. } => {
            // Of y, which is what there is one sum for each element of, and of the weights that are summed over.
            let (y, w) = match pass {
                ConvPass::Forward => (output(0), input(1)),
                ConvPass::GradInput => (input(0), input(1)),
                ConvPass::GradWeight => (input(0), output(0)),
            };
            2 * product(y) * product(w.get(1..).unwrap_or_default())
        }
        // Scores, and their product with the values; the gradients are five products, one of which makes the scores again.
        Kernel::Attention { .. } => attention(input(0), input(1), input(2), [1, 1]),
        Kernel::AttentionGrad { .. } => attention(input(1), input(2), input(3), [3, 2]),
        _ => 0,
    }
}

/// Products of queries `(B, H, L, E)` and keys `(B, H, S, E)`, and with values `(B, H, S, V)`; how many of each.
fn attention(q: &[usize], k: &[usize], v: &[usize], [with_keys, with_values]: [u64; 2]) -> u64 {
    let (&[b, h, l, e], &[_, _, s, _], &[_, _, _, width]) = (q, k, v) else { return 0 };
    2 * (b * h * l * s) as u64 * (with_keys * e as u64 + with_values * width as u64)
}

fn last(shape: &[usize]) -> u64 {
    shape.last().map_or(0, |&n| n as u64)
}
