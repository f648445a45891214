//! Steps of recurrent layers, in float64: what the host computes for devices. Its own tensors take the ops that these consist of.

use ferrotorch_kernel::kernel::Cell;
use ferrotorch_kernel::memory::{collect_for, zeros_for};
use ferrotorch_kernel::{Array, DType, Operand, Result, bail};

use crate::dense;

fn zeros(n: usize) -> Result<Vec<f64>> {
    zeros_for("cell", n)
}

/// The inputs in float64; zeros of a state's shape for those that are not given.
fn inputs_of(inputs: &[Operand], states: usize) -> Result<Vec<Vec<f64>>> {
    let read = |operand: &Operand| match operand.optional() {
        Some(array) => collect_for("cell", dense::read::<f64>(&dense::input(array, DType::Float64)?)?.iter().copied()),
        None => zeros(states),
    };
    inputs.iter().map(read).collect()
}

fn write_all<const N: usize>(outputs: &[Array], values: [Vec<f64>; N]) -> Result<()> {
    outputs.iter().zip(values).try_for_each(|(out, values)| {
        dense::through(out, DType::Float64, |out| dense::write(out, |slice: &mut [f64]| slice.copy_from_slice(&values)))
    })
}

/// Rows and columns of a state.
fn size_of(state: &Array) -> Result<(usize, usize)> {
    match *state.shape() {
        [rows, columns] => Ok((rows, columns)),
        _ => bail!(Runtime, "a cell was launched with a state of shape {:?}", state.shape()),
    }
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// A step.
pub(crate) fn step(cell: Cell, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let state = &outputs[if cell == Cell::Lstm { 1 } else { 0 }];
    let (rows, columns) = size_of(state)?;
    let given = inputs_of(inputs, state.numel())?;
    let n = rows * columns;
    let (mut states, mut hidden, mut gates) = (zeros(n)?, zeros(n)?, zeros(4 * n)?);
    for i in 0..rows * columns {
        let at = |gate: usize, of: usize| (i / columns * of + gate) * columns + i % columns;
        match (cell, &given[..]) {
            (Cell::Lstm, [entering, state, ..]) => {
                let [a, b, c, d] = [0, 1, 2, 3].map(|k| entering[at(k, 4)]);
                let squashed = [sigmoid(a), sigmoid(b), c.tanh(), sigmoid(d)];
                (0..4).for_each(|k| gates[at(k, 4)] = squashed[k]);
                states[i] = squashed[1] * state[i] + squashed[0] * squashed[2];
                hidden[i] = squashed[3] * states[i].tanh();
            }
            (Cell::Gru, [x, h, state, ..]) => {
                let (reset, update) = (sigmoid(x[at(0, 3)] + h[at(0, 3)]), sigmoid(x[at(1, 3)] + h[at(1, 3)]));
                let new = (x[at(2, 3)] + reset * h[at(2, 3)]).tanh();
                [reset, update, new, h[at(2, 3)]].into_iter().enumerate().for_each(|(k, value)| gates[at(k, 4)] = value);
                hidden[i] = new + update * (state[i] - new);
            }
            _ => bail!(Runtime, "a cell was launched without its inputs"),
        }
    }
    match cell {
        Cell::Lstm => write_all(outputs, [gates, states, hidden]),
        Cell::Gru => write_all(outputs, [hidden, gates]),
    }
}

/// The gradient of a step.
pub(crate) fn step_grad(cell: Cell, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let state = &outputs[outputs.len() - 1];
    let (rows, columns) = size_of(state)?;
    let given = inputs_of(inputs, state.numel())?;
    let mut of_state = zeros(rows * columns)?;
    let of = if cell == Cell::Lstm { 4 } else { 3 };
    let mut of_gates = [zeros(of * rows * columns)?, zeros(of * rows * columns)?];
    for i in 0..rows * columns {
        let at = |gate: usize, of: usize| (i / columns * of + gate) * columns + i % columns;
        match (cell, &given[..]) {
            (Cell::Lstm, [of_hidden, of_next, gates, before, after]) => {
                let [entering, forgetting, new, leaving] = [0, 1, 2, 3].map(|k| gates[at(k, 4)]);
                let squashed = after[i].tanh();
                let of_cell = of_next[i] + of_hidden[i] * leaving * (1.0 - squashed * squashed);
                of_gates[0][at(0, 4)] = of_cell * new * entering * (1.0 - entering);
                of_gates[0][at(1, 4)] = of_cell * before[i] * forgetting * (1.0 - forgetting);
                of_gates[0][at(2, 4)] = of_cell * entering * (1.0 - new * new);
                of_gates[0][at(3, 4)] = of_hidden[i] * squashed * leaving * (1.0 - leaving);
                of_state[i] = of_cell * forgetting;
            }
            (Cell::Gru, [of_next, gates, before, more]) => {
                let [reset, update, new, hidden_new] = [0, 1, 2, 3].map(|k| gates[at(k, 4)]);
                let of_new = of_next[i] * (1.0 - update) * (1.0 - new * new);
                let of_update = of_next[i] * (before[i] - new) * update * (1.0 - update);
                let of_reset = of_new * hidden_new * reset * (1.0 - reset);
                for (k, [x, h]) in [[of_reset; 2], [of_update; 2], [of_new, of_new * reset]].into_iter().enumerate() {
                    (of_gates[0][at(k, 3)], of_gates[1][at(k, 3)]) = (x, h);
                }
                of_state[i] = of_next[i] * update + more[i];
            }
            _ => bail!(Runtime, "the gradient of a cell was launched without its inputs"),
        }
    }
    let [by_input, by_hidden] = of_gates;
    match cell {
        Cell::Lstm => write_all(outputs, [by_input, of_state]),
        Cell::Gru => write_all(outputs, [by_input, by_hidden, of_state]),
    }
}
