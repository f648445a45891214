//! Layers of long short-term memory. With the gates i, f, g, o and the states c and h: `c' = f c + i g` and `h' = o tanh(c')`.

use super::factor::Factor;
use super::{Steps, at, launch, steps_like};
use crate::array::Operand;
use crate::error::Result;
use crate::kernel::{Cell, Kernel};
use crate::tensor::Tensor;

/// Gates of a cell.
const GATES: usize = 4;

/// All hidden states `(T, N, H)`, and the gates `(T, N, 4, H)` and cell states `(T, N, H)` that the gradient needs: of what enters the
/// gates `(T, N, 4 H)`, the hidden and the cell state `(N, H)` before, and the weight `(4 H, H)`. If they are not kept, all steps use
/// the memory of one.
pub fn lstm(
    entering: &Tensor,
    [hidden, cell]: [&Tensor; 2],
    weight: &Tensor,
    is_reversed: bool,
    keep: bool,
) -> Result<[Tensor; 3]> {
    let steps = Steps::new("lstm", GATES, entering, [hidden, weight], is_reversed)?;
    steps.check_cell("lstm", cell, hidden)?;
    let (entering, weight, mut hidden, mut cell) = (entering.array(), weight.array(), hidden.array(), cell.array());
    let kept = if keep { steps.order.len() } else { 1 };
    let gates = steps.room(kept, Some(GATES), &entering)?;
    let (output, cells) = (steps.room(steps.order.len(), None, &entering)?, steps.room(kept, None, &entering)?);
    steps.run(|| {
        let factor = Factor::new(&weight.with_layout(weight.layout.transpose(0, 1)), steps.rows)?;
        let sums = steps.by_gates(&factor.rows)?;
        for &t in &steps.order {
            let place = if keep { t } else { 0 };
            factor.product("lstm", &hidden, Some(&at(&entering, t)))?;
            let found = [at(&gates, place), at(&cells, place), at(&output, t)];
            launch("lstm", Kernel::Cell(Cell::Lstm), &[sums.clone().into(), cell.into()], &found)?;
            [_, cell, hidden] = found;
        }
        Ok(())
    })?;
    Ok([output, gates, cells].map(Tensor::from_array))
}

/// The gradients by what entered the gates, `(T, N, 4 H)`, and by the hidden and the cell state before: of those by the hidden states
/// and by the last cell state, the first cell state, and the gates and cell states of [`lstm`].
pub fn lstm_grad(
    [of_output, of_cell]: [&Tensor; 2],
    weight: &Tensor,
    first: &Tensor,
    [gates, cells]: [&Tensor; 2],
    is_reversed: bool,
) -> Result<[Tensor; 3]> {
    let op = "lstm_backward";
    let gradients = steps_like(of_output, GATES)?;
    let steps = Steps::new(op, GATES, &gradients, [first, weight], is_reversed)?;
    steps.check_kept(op, gates, GATES)?;
    let (of_gates, of_output, gates, cells) = (gradients.array(), of_output.array(), gates.array(), cells.array());
    let (mut of_next, of_before) = (of_cell.operand(), at(&steps.room(1, None, &gates)?, 0));
    let factor = Factor::new(&weight.array(), steps.rows)?;
    steps.run(|| {
        for (t, before) in steps.backward() {
            let of_hidden = if steps.is_last(t) { at(&of_output, t) } else { factor.rows.clone() };
            let state = before.map_or_else(|| first.array(), |before| at(&cells, before));
            let read: [Operand; 5] = [of_hidden.into(), of_next, at(&gates, t).into(), state.into(), at(&cells, t).into()];
            let of_step = at(&of_gates, t);
            launch(op, Kernel::CellGrad(Cell::Lstm), &read, &[steps.by_gates(&of_step)?, of_before.clone()])?;
            of_next = of_before.clone().into();
            factor.product(op, &of_step, before.map(|before| at(&of_output, before)).as_ref())?;
        }
        Ok(())
    })?;
    Ok([gradients, Tensor::from_array(factor.rows), Tensor::from_array(of_before)])
}
