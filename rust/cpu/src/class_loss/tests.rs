use ferrotorch_kernel::kernel::{ClassLoss, Total};
use ferrotorch_kernel::{Array, DType, Device, Operand};

use super::{class_loss, class_loss_grad};
use crate::dense;

fn f64s(shape: &[usize], values: &[f64]) -> Array {
    Array::from_slice(shape, values).unwrap()
}

fn empty(shape: &[usize]) -> Array {
    Array::empty(shape, DType::Float64, Device::CPU).unwrap()
}

fn loss(call: ClassLoss, scores: &Array, classes: &Array, weights: Option<&Array>) -> (f64, Vec<Array>) {
    let outputs = vec![empty(&[]), empty(classes.shape()), empty(&[])];
    let weights = weights.map_or(Operand::None, |w| w.clone().into());
    class_loss(call, &[scores.clone().into(), classes.clone().into(), weights], &outputs).unwrap();
    (dense::read::<f64>(&outputs[0]).unwrap()[0], outputs)
}

#[test]
fn gradients_agree_with_differences() {
    let values: Vec<f64> = (0..12).map(|i| ((i * 7) % 5) as f64 / 3.0 - 0.5).collect();
    let classes = Array::from_slice(&[2, 2], &[0i64, 2, -1, 1]).unwrap();
    let weights = f64s(&[3], &[0.5, 2.0, 1.5]);
    for (smoothing, is_log, total) in
        [(0.0, false, Total::Mean), (0.3, false, Total::Mean), (0.3, false, Total::Sum), (0.0, true, Total::Mean)]
    {
        let call = ClassLoss { ignored: -1, smoothing, is_log, total };
        let (_, outputs) = loss(call, &f64s(&[2, 3, 2], &values), &classes, Some(&weights));
        let slopes = empty(&[2, 3, 2]);
        let inputs = [f64s(&[], &[1.5]), f64s(&[2, 3, 2], &values), classes.clone(), weights.clone()];
        let kept = [outputs[1].clone(), outputs[2].clone(), f64s(&[], &[4.0])];
        let operands: Vec<Operand> = inputs.into_iter().chain(kept).map(Into::into).collect();
        class_loss_grad(call, &operands, &slopes).unwrap();
        for (i, &slope) in dense::read::<f64>(&slopes).unwrap().iter().enumerate() {
            let at = |step: f64| {
                let mut moved = values.clone();
                moved[i] += step;
                loss(call, &f64s(&[2, 3, 2], &moved), &classes, Some(&weights)).0
            };
            let expected = 1.5 * (at(1e-5) - at(-1e-5)) / 2e-5;
            assert!((slope - expected).abs() < 1e-8, "{smoothing} {is_log} {total:?}: {slope} instead of {expected}");
        }
    }
}

#[test]
fn losses_of_logarithms_are_those_of_the_right_classes() {
    for (samples, classes, length) in [(19, 5, 1), (3, 4, 7), (1, 2, 300), (300, 3, 1), (2, 1, 1)] {
        let scores: Vec<f64> = (0..samples * classes * length).map(|i| ((i * 37) % 29) as f64 / 7.0 - 3.0).collect();
        let targets: Vec<i64> = (0..samples * length).map(|i| if i % 6 == 4 { -1 } else { (i * 5 % classes) as i64 }).collect();
        let weights: Vec<f64> = (0..classes).map(|i| 0.5 + i as f64).collect();
        let place = |position: usize, class: usize| (position / length * classes + class) * length + position % length;
        let share = |position: usize| if targets[position] < 0 { 0.0 } else { weights[targets[position] as usize] };
        let right = |position: usize| scores[place(position, targets[position].max(0) as usize)];
        let losses: Vec<f64> = (0..targets.len()).map(|position| -right(position) * share(position)).collect();
        let shares: f64 = (0..targets.len()).map(share).sum();
        for (total, divisor) in [(Total::None, 1.0), (Total::Sum, 1.0), (Total::Mean, shares)] {
            let call = ClassLoss { ignored: -1, smoothing: 0.0, is_log: true, total };
            let is_each = total == Total::None;
            let shape = if is_each { vec![samples, length] } else { vec![] };
            let outputs = [empty(&shape), empty(&[0]), empty(&[])];
            let x = f64s(&[samples, classes, length], &scores);
            let of_classes = Array::from_slice(&[samples, length], &targets).unwrap();
            let inputs: Vec<Operand> = vec![x.into(), of_classes.into(), f64s(&[classes], &weights).into()];
            class_loss(call, &inputs, &outputs).unwrap();
            let got = dense::read::<f64>(&outputs[0]).unwrap();
            let want = if is_each { losses.clone() } else { vec![losses.iter().sum::<f64>() / divisor] };
            assert!(got.iter().zip(&want).all(|(a, b)| (a - b).abs() < 1e-12 * b.abs().max(1.0)), "{got:?}, not {want:?}");
            let grads: Vec<f64> = (0..want.len()).map(|i| 1.0 + i as f64 / 8.0).collect();
            let slopes = empty(&[samples, classes, length]);
            let kept: [Operand; 2] = [outputs[1].clone().into(), f64s(&[], &[divisor]).into()];
            let operands: Vec<Operand> = [f64s(&shape, &grads).into()].into_iter().chain(inputs).chain(kept).collect();
            class_loss_grad(call, &operands, &slopes).unwrap();
            let mut want = vec![0.0; scores.len()];
            for position in (0..targets.len()).filter(|&position| targets[position] >= 0) {
                let grad = grads[if is_each { position } else { 0 }];
                want[place(position, targets[position] as usize)] = -share(position) * (grad / divisor);
            }
            let got = dense::read::<f64>(&slopes).unwrap();
            assert!(got.iter().zip(&want).all(|(a, b)| (a - b).abs() < 1e-12), "{samples} {classes} {length} {total:?}");
        }
    }
}
