//! Steps of recurrent layers on devices that have kernels for them. They write into tensors of their caller, without history.

use crate::array::{Array, Operand};
use crate::autograd::inplace;
use crate::backend;
use crate::ensure;
use crate::error::Result;
use crate::kernel::{Cell, Kernel};
use crate::tensor::Tensor;

/// Has the device of a tensor these kernels, for its dtype?
pub fn applies(tensor: &Tensor) -> bool {
    backend::supports(tensor.device(), &Kernel::Cell(Cell::Lstm), tensor.dtype())
}

/// A step of an LSTM: of what enters the gates `(N, 4, H)` come the gates; `next` and `hidden` are the states `(N, H)` after
/// `state`.
pub fn lstm_step_(entering: &Tensor, state: &Tensor, [gates, next, hidden]: [&Tensor; 3]) -> Result<()> {
    let inputs = [entering.operand(), state.operand()];
    launch("lstm_step", &Kernel::Cell(Cell::Lstm), 4, &inputs, &[gates, next, hidden])
}

/// Its gradients: `of_gates` those of what enters the gates, `of_state` that of the state before. The state after may have none.
pub fn lstm_step_grad_(
    of_hidden: &Tensor,
    of_next: Option<&Tensor>,
    [gates, state, next]: [&Tensor; 3],
    [of_gates, of_state]: [&Tensor; 2],
) -> Result<()> {
    let inputs = [of_hidden.operand(), Tensor::operand_of(of_next), gates.operand(), state.operand(), next.operand()];
    launch("lstm_step_backward", &Kernel::CellGrad(Cell::Lstm), 4, &inputs, &[of_gates, of_state])
}

/// A step of a GRU: `by_input` and `by_hidden` `(N, 3, H)` enter the gates; `next` is the state after `state`, and `kept`
/// `(N, 4, H)` what the gradient needs.
pub fn gru_step_(by_input: &Tensor, by_hidden: &Tensor, state: &Tensor, next: &Tensor, kept: &Tensor) -> Result<()> {
    let inputs = [by_input.operand(), by_hidden.operand(), state.operand()];
    launch("gru_step", &Kernel::Cell(Cell::Gru), 3, &inputs, &[next, kept])
}

/// Its gradients: of what enters the gates, and, `more` added, of the state before but for what comes by `by_hidden`.
pub fn gru_step_grad_(
    of_next: &Tensor,
    [kept, state]: [&Tensor; 2],
    more: Option<&Tensor>,
    [of_input, of_hidden, of_state]: [&Tensor; 3],
) -> Result<()> {
    let inputs = [of_next.operand(), kept.operand(), state.operand(), Tensor::operand_of(more)];
    launch("gru_step_backward", &Kernel::CellGrad(Cell::Gru), 3, &inputs, &[of_input, of_hidden, of_state])
}

/// All are states `(N, H)`, or gates with a dimension more, of one dtype.
fn launch(op: &'static str, kernel: &Kernel, gates: usize, inputs: &[Operand], outputs: &[&Tensor]) -> Result<()> {
    let written: Vec<Array> = outputs.iter().map(|out| out.array()).collect();
    let model =
        inputs.iter().filter_map(Operand::optional).find(|array| array.layout.ndim() == 2).map(|array| array.shape().to_vec());
    for array in inputs.iter().filter_map(Operand::optional).chain(&written) {
        let fits = match (array.shape(), model.as_deref()) {
            (&[n, g, h], Some(&[rows, columns])) => [n, h] == [rows, columns] && (g == gates || g == 4),
            (shape, Some(model)) => shape == model,
            _ => false,
        };
        ensure!(
            fits && array.dtype == written[0].dtype,
            Runtime,
            "{op}(): {} of shape {:?} is none of the cell's",
            array.dtype.name(),
            array.shape()
        );
    }
    outputs.iter().try_for_each(|out| inplace::check(op, out, &[]))?;
    backend::launch(op, kernel, inputs, &written)?;
    written.iter().for_each(|array| array.storage.bump(op));
    Ok(())
}
