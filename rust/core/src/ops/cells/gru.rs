//! Layers of gated recurrent units. With the gates r and z: `n = tanh(x_n + r h_n)` and `h' = n + z (h - n)`.

use super::factor::Factor;
use super::{Steps, at, launch, steps_like};
use crate::array::Operand;
use crate::error::Result;
use crate::kernel::{Cell, Kernel};
use crate::tensor::Tensor;

/// Gates of a cell.
const GATES: usize = 3;
/// What is kept of a step: the gates, the new state, and what entered it by the state before.
const KEPT: usize = 4;

/// All states `(T, N, H)`, and of each step what the gradient needs `(T, N, 4, H)`: of what enters the gates by the input
/// `(T, N, 3 H)`, the state `(N, H)` before, and the weight `(3 H, H)` and bias `(3 H)` of the state. If nothing is kept, all steps use
/// the memory of one.
pub fn gru(
    entering: &Tensor,
    state: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
    is_reversed: bool,
    keep: bool,
) -> Result<[Tensor; 2]> {
    let steps = Steps::new("gru", GATES, entering, [state, weight], is_reversed)?;
    let (entering, weight, mut state) = (entering.array(), weight.array(), state.array());
    let bias = bias.map(|bias| steps.for_all_rows("gru", &bias.array(), GATES)).transpose()?;
    let kept = steps.room(if keep { steps.order.len() } else { 1 }, Some(KEPT), &entering)?;
    let output = steps.room(steps.order.len(), None, &entering)?;
    steps.run(|| {
        let factor = Factor::new(&weight.with_layout(weight.layout.transpose(0, 1)), steps.rows)?;
        let by_state = steps.by_gates(&factor.rows)?;
        for &t in &steps.order {
            factor.product("gru", &state, bias.as_ref())?;
            let read = [steps.by_gates(&at(&entering, t))?.into(), by_state.clone().into(), state.into()];
            let found = [at(&output, t), at(&kept, if keep { t } else { 0 })];
            launch("gru", Kernel::Cell(Cell::Gru), &read, &found)?;
            [state, _] = found;
        }
        Ok(())
    })?;
    Ok([output, kept].map(Tensor::from_array))
}

/// The gradients by what entered the gates by the input and by the state, each `(T, N, 3 H)`, and by the state before: of those by all
/// states, the weight, the state before, and what [`gru`] kept and its states.
pub fn gru_grad(
    of_output: &Tensor,
    weight: &Tensor,
    first: &Tensor,
    [kept, output]: [&Tensor; 2],
    is_reversed: bool,
) -> Result<[Tensor; 3]> {
    let op = "gru_backward";
    let gradients = [steps_like(of_output, GATES)?, steps_like(of_output, GATES)?];
    let steps = Steps::new(op, GATES, &gradients[0], [first, weight], is_reversed)?;
    steps.check_kept(op, kept, KEPT)?;
    let [by_input, by_state] = gradients.each_ref().map(Tensor::array);
    let (of_output, kept, output) = (of_output.array(), kept.array(), output.array());
    let (factor, direct) = (Factor::new(&weight.array(), steps.rows)?, at(&steps.room(1, None, &kept)?, 0));
    steps.run(|| {
        for (t, before) in steps.backward() {
            let of_next = if steps.is_last(t) { at(&of_output, t) } else { factor.rows.clone() };
            let state = before.map_or_else(|| first.array(), |before| at(&output, before));
            let more = before.map_or(Operand::None, |before| at(&of_output, before).into());
            let of_step = at(&by_state, t);
            let found = [steps.by_gates(&at(&by_input, t))?, steps.by_gates(&of_step)?, direct.clone()];
            let read = [of_next.into(), at(&kept, t).into(), state.into(), more];
            launch(op, Kernel::CellGrad(Cell::Gru), &read, &found)?;
            factor.product(op, &of_step, Some(&direct))?;
        }
        Ok(())
    })?;
    let [by_input, by_state] = gradients;
    Ok([by_input, by_state, Tensor::from_array(factor.rows)])
}
