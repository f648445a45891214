//! Losses of targets against all their alignments with the steps of sequences, on devices that have kernels for them, without
//! history.

use crate::backend;
use crate::dtype::DType;
use crate::ensure;
use crate::error::Result;
use crate::kernel::Kernel;
use crate::tensor::Tensor;

/// Has the device of a tensor these kernels, for its dtype?
pub fn applies(tensor: &Tensor) -> bool {
    backend::supports(tensor.device(), &Kernel::Ctc { blank: 0 }, tensor.dtype())
}

/// What is aligned, int64: labels `(N, S)`, and of each of the `N` sequences how many steps and labels it has.
pub type Targets<'a> = [&'a Tensor; 3];

/// The losses `(N)` of scores `(T, N, C)`, and the logarithms of the sums over alignments `(N, T, 2 S + 1)`, of which those are set that
/// the gradient reads.
pub fn losses(scores: &Tensor, targets: Targets, blank: i64) -> Result<[Tensor; 2]> {
    let [steps, sequences, places] = sizes(scores, targets)?;
    let losses = Tensor::full(&[sequences], 0.0.into(), scores.dtype(), scores.device())?;
    let sums = Tensor::full(&[sequences, steps, places], 0.0.into(), scores.dtype(), scores.device())?;
    let inputs = [scores.operand(), targets[0].operand(), targets[1].operand(), targets[2].operand()];
    backend::launch("ctc_loss", &Kernel::Ctc { blank }, &inputs, &[losses.array(), sums.array()])?;
    Ok([losses, sums])
}

/// The gradient by the scores before the logarithm of softmax that `scores` are the result of: of that by the losses, and of what
/// [`losses`] found.
pub fn gradient(grad: &Tensor, found: [&Tensor; 2], scores: &Tensor, targets: Targets, call: (i64, bool)) -> Result<Tensor> {
    let [steps, sequences, places] = sizes(scores, targets)?;
    let fits = grad.shape()[..] == [sequences]
        && found[0].shape()[..] == [sequences]
        && found[1].shape()[..] == [sequences, steps, places];
    ensure!(fits, Runtime, "ctc_loss_backward(): the gradient and the results are not of {sequences} sequences");
    let of_scores = Tensor::full(&scores.shape(), 0.0.into(), scores.dtype(), scores.device())?;
    let read = [grad, found[0], found[1], scores].into_iter().chain(targets).map(Tensor::operand);
    let (blank, zero_infinity) = call;
    let kernel = Kernel::CtcGrad { blank, zero_infinity };
    backend::launch("ctc_loss_backward", &kernel, &read.collect::<Vec<_>>(), &[of_scores.array()])?;
    Ok(of_scores)
}

/// Steps, sequences and the places of the longest target.
fn sizes(scores: &Tensor, [labels, steps, sizes]: Targets) -> Result<[usize; 3]> {
    let fits = match (&scores.shape()[..], &labels.shape()[..]) {
        (&[_, n, classes], &[rows, _]) => classes > 0 && rows == n && steps.shape()[..] == [n] && sizes.shape()[..] == [n],
        _ => false,
    };
    let are_integers = [labels, steps, sizes].iter().all(|tensor| tensor.dtype() == DType::Int64);
    ensure!(
        fits && are_integers,
        Runtime,
        "ctc_loss(): labels {:?} of {} and lengths {:?} and {:?} do not fit scores {:?}",
        labels.shape(),
        labels.dtype().name(),
        steps.shape(),
        sizes.shape(),
        scores.shape()
    );
    Ok([scores.size(0), scores.size(1), 2 * labels.size(1) + 1])
}
