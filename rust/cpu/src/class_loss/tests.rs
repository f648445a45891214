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
