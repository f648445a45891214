use ferrotorch_kernel::dtype::f16;

use super::*;
use crate::testing::array;

/// Numbers between -2 and 2 that do not repeat soon.
fn numbers(shape: &[usize], seed: usize) -> Array {
    let n = shape.iter().product::<usize>();
    let values: Vec<f64> = (0..n).map(|i| ((i * 37 + seed * 101) % 997) as f64 / 250.0 - 2.0).collect();
    array(shape, &values)
}

fn zeros(shape: &[usize]) -> Array {
    array(shape, &vec![0.0; shape.iter().product()])
}

fn values(array: &Array) -> Vec<f64> {
    array.contiguous().unwrap().to_vec().unwrap()
}

/// Sizes beside whole vectors, states of more rows than one and of none.
const SIZES: [[usize; 2]; 6] = [[1, 1], [3, 15], [2, 16], [5, 33], [0, 4], [2, 0]];

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// All that a step of an LSTM computes of one number of each gate and of the state.
fn lstm(entering: [f64; 4], state: f64) -> [f64; 6] {
    let [i, f, g, o] = [sigmoid(entering[0]), sigmoid(entering[1]), entering[2].tanh(), sigmoid(entering[3])];
    let next = f * state + i * g;
    [i, f, g, o, next, o * next.tanh()]
}

fn gru(x: [f64; 3], h: [f64; 3], state: f64) -> [f64; 5] {
    let (r, z) = (sigmoid(x[0] + h[0]), sigmoid(x[1] + h[1]));
    let n = (x[2] + r * h[2]).tanh();
    [r, z, n, h[2], n + z * (state - n)]
}

/// The derivative of a weighted sum of what `f` returns by input `k`.
fn derivative<const J: usize, const K: usize>(
    f: impl Fn([f64; J]) -> [f64; K],
    at: [f64; J],
    k: usize,
    weights: [f64; K],
) -> f64 {
    let moved = |by: f64| {
        let mut at = at;
        at[k] += by;
        f(at).iter().zip(weights).map(|(y, w)| y * w).sum::<f64>()
    };
    (moved(1e-5) - moved(-1e-5)) / 2e-5
}

/// Element `column` of gate `gate` of a row.
fn at(values: &[f64], [_, columns]: [usize; 2], gates: usize, row: usize, gate: usize, column: usize) -> f64 {
    values[(row * gates + gate) * columns + column]
}

fn assert_near(found: f64, wanted: f64, what: &str) {
    assert!((found - wanted).abs() < 1e-8, "{what}: {found}, not {wanted}");
}

#[test]
fn steps_of_an_lstm_and_their_gradients() {
    for size in SIZES {
        let [rows, columns] = size;
        let (gates, state) = ([rows, 4, columns], [rows, columns]);
        let (entering, before, of_hidden, of_next) =
            (numbers(&gates, 1), numbers(&state, 2), numbers(&state, 3), numbers(&state, 4));
        let (own, next, hidden) = (zeros(&gates), zeros(&state), zeros(&state));
        step(Cell::Lstm, &[entering.clone().into(), before.clone().into()], &[own.clone(), next.clone(), hidden.clone()])
            .unwrap();
        let (of_gates, of_state) = (zeros(&gates), zeros(&state));
        let inputs = [&of_hidden, &of_next, &own, &before, &next].map(|array| array.clone().into());
        step_grad(Cell::Lstm, &inputs, &[of_gates.clone(), of_state.clone()]).unwrap();
        let [entering, old, own, new, hidden, of_hidden, of_next, of_gates, of_old] =
            [&entering, &before, &own, &next, &hidden, &of_hidden, &of_next, &of_gates, &of_state].map(values);
        for (row, column) in (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column))) {
            let place = row * columns + column;
            let of = |values: &[f64], gate| at(values, size, 4, row, gate, column);
            let inputs = [0, 1, 2, 3, 4].map(|k| if k < 4 { of(&entering, k) } else { old[place] });
            let all = |[a, b, c, d, state]: [f64; 5]| lstm([a, b, c, d], state);
            let wanted = all(inputs);
            (0..4).for_each(|k| assert_near(of(&own, k), wanted[k], "gate"));
            assert_near(new[place], wanted[4], "state");
            assert_near(hidden[place], wanted[5], "hidden state");
            let weights = [0.0, 0.0, 0.0, 0.0, of_next[place], of_hidden[place]];
            (0..4).for_each(|k| assert_near(of(&of_gates, k), derivative(all, inputs, k, weights), "gradient of a gate"));
            assert_near(of_old[place], derivative(all, inputs, 4, weights), "gradient of the state");
        }
    }
}

#[test]
fn steps_of_a_gru_and_their_gradients() {
    for size in SIZES {
        let [rows, columns] = size;
        let (gates, state) = ([rows, 3, columns], [rows, columns]);
        let (x, h, before, of_next, more) =
            (numbers(&gates, 1), numbers(&gates, 2), numbers(&state, 3), numbers(&state, 4), numbers(&state, 5));
        let (next, kept) = (zeros(&state), zeros(&[rows, 4, columns]));
        let inputs = [&x, &h, &before].map(|array| array.clone().into());
        step(Cell::Gru, &inputs, &[next.clone(), kept.clone()]).unwrap();
        for added in [Some(&more), None] {
            let found = [zeros(&gates), zeros(&gates), zeros(&state)];
            let added_operand = added.map_or(Operand::None, |more| more.clone().into());
            let inputs = [of_next.clone().into(), kept.clone().into(), before.clone().into(), added_operand];
            step_grad(Cell::Gru, &inputs, &found).unwrap();
            let [of_x, of_h, of_old] = found.each_ref().map(values);
            let [x, h, old, next, of_next] = [&x, &h, &before, &next, &of_next].map(values);
            for (row, column) in (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column))) {
                let place = row * columns + column;
                let of = |values: &[f64], gate| at(values, size, 3, row, gate, column);
                let inputs: [f64; 7] = std::array::from_fn(|k| match k {
                    0..3 => of(&x, k),
                    3..6 => of(&h, k - 3),
                    _ => old[place],
                });
                let all = |[a, b, c, d, e, f, state]: [f64; 7]| gru([a, b, c], [d, e, f], state);
                assert_near(next[place], all(inputs)[4], "state");
                let weights = [0.0, 0.0, 0.0, 0.0, of_next[place]];
                for k in 0..3 {
                    assert_near(of(&of_x, k), derivative(all, inputs, k, weights), "gradient by the input");
                    assert_near(of(&of_h, k), derivative(all, inputs, k + 3, weights), "gradient by the hidden state");
                }
                let more = added.map_or(0.0, |more| values(more)[place]);
                assert_near(of_old[place], derivative(all, inputs, 6, weights) + more, "gradient of the state");
            }
        }
    }
}

#[test]
fn the_state_may_be_written_over_and_half_types_are_rounded_once() {
    let size = [2, 20];
    let (entering, state) = (numbers(&[2, 4, 20], 1), numbers(&size, 2));
    let (own, next, hidden) = (zeros(&[2, 4, 20]), zeros(&size), zeros(&size));
    step(Cell::Lstm, &[entering.clone().into(), state.clone().into()], &[own.clone(), next.clone(), hidden.clone()]).unwrap();
    let place = numbers(&size, 2);
    step(Cell::Lstm, &[entering.clone().into(), place.clone().into()], &[own, place.clone(), zeros(&size)]).unwrap();
    assert_eq!(values(&place), values(&next));
    let [entering, state] = [&entering, &state].map(|array| array.to_dtype(DType::Float16).unwrap());
    let [own, half, of_half] = [&[2, 4, 20][..], &size, &size].map(|shape| zeros(shape).to_dtype(DType::Float16).unwrap());
    step(Cell::Lstm, &[entering.into(), state.into()], &[own, half, of_half.clone()]).unwrap();
    for (half, wide) in of_half.to_vec::<f16>().unwrap().iter().zip(values(&hidden)) {
        assert!((half.to_f64() - wide).abs() < 2e-3, "{half} for {wide}");
    }
}
