use ferrotorch_kernel::{Array, DType, Operand};

use super::{gradient, losses};
use crate::testing::{array, empty, on_any_threads};

const CLASSES: usize = 4;

/// The logarithms of some probabilities for each step and sequence.
fn scores(steps: usize, sequences: usize) -> Vec<f64> {
    let weights: Vec<f64> = (0..steps * sequences * CLASSES).map(|i| 1.0 + (i * 7 % 5) as f64).collect();
    weights.chunks(CLASSES).flat_map(|row| row.iter().map(|w| (w / row.iter().sum::<f64>()).ln()).collect::<Vec<_>>()).collect()
}

/// What labels an alignment stands for: repetitions count once, and class 0 is the blank.
fn labels_of(mut alignment: Vec<usize>) -> Vec<usize> {
    alignment.dedup();
    alignment.retain(|&class| class != 0);
    alignment
}

/// The probability of labels, and that of each class at each step among their alignments, from all alignments.
fn all_alignments(scores: &[f64], sequences: usize, number: usize, steps: usize, labels: &[usize]) -> (f64, Vec<f64>) {
    let (mut total, mut shares) = (0.0, vec![0.0; steps * CLASSES]);
    for code in 0..CLASSES.pow(steps as u32) {
        let alignment: Vec<usize> = (0..steps).map(|step| code / CLASSES.pow(step as u32) % CLASSES).collect();
        if labels_of(alignment.clone()) == labels {
            let logarithm: f64 =
                alignment.iter().enumerate().map(|(t, class)| scores[(t * sequences + number) * CLASSES + class]).sum();
            total += logarithm.exp();
            alignment.iter().enumerate().for_each(|(t, class)| shares[t * CLASSES + class] += logarithm.exp());
        }
    }
    (total, shares)
}

#[test]
fn sums_are_those_over_all_alignments() {
    let targets: [&[usize]; 6] = [&[1, 2], &[2, 2], &[3], &[], &[1, 1, 1], &[1, 2, 3]];
    let steps = [5usize, 4, 1, 3, 4, 5];
    let values = scores(5, 6);
    let labels: Vec<i64> = targets.iter().flat_map(|target| (0..3).map(|i| target.get(i).map_or(99, |&l| l as i64))).collect();
    let sizes: Vec<i64> = targets.iter().map(|target| target.len() as i64).collect();
    let inputs: [Operand; 4] = [
        array(&[5, 6, CLASSES], &values).into(),
        array(&[6, 3], &labels).into(),
        array(&[6], &steps.map(|n| n as i64)).into(),
        array(&[6], &sizes).into(),
    ];
    on_any_threads(|| {
        let outputs = [empty(&[6], DType::Float64), empty(&[6, 5, 7], DType::Float64)];
        losses(0, &inputs, &outputs).unwrap();
        let grads: Vec<f64> = (0..6).map(|i| 1.0 + i as f64).collect();
        let rest = [array(&[6], &grads), outputs[0].clone(), outputs[1].clone()].map(Operand::Array);
        let inputs: Vec<Operand> = rest.into_iter().chain(inputs.clone()).collect();
        let of_scores = empty(&[5, 6, CLASSES], DType::Float64);
        gradient(0, false, &inputs, &of_scores).unwrap();
        let (found, of_scores): (Vec<f64>, Vec<f64>) = (outputs[0].to_vec().unwrap(), of_scores.to_vec().unwrap());
        for (number, target) in targets.iter().enumerate() {
            let (total, shares) = all_alignments(&values, 6, number, steps[number], target);
            assert!((found[number] + total.ln()).abs() < 1e-12 || total == 0.0 && found[number] == f64::INFINITY, "{target:?}");
            for step in 0..5 {
                for class in 0..CLASSES {
                    let at = (step * 6 + number) * CLASSES + class;
                    let wanted = match step < steps[number] {
                        true => (values[at].exp() - shares[step * CLASSES + class] / total) * grads[number],
                        false => 0.0,
                    };
                    let is_close = (of_scores[at] - wanted).abs() < 1e-12 || of_scores[at].is_nan() && wanted.is_nan();
                    assert!(is_close, "{target:?} at {step}, class {class}: {} {wanted}", of_scores[at]);
                }
            }
        }
    });
}

#[test]
fn labels_that_are_no_class_are_errors() {
    let scores = array(&[2, 1, 3], &[-1f32; 6]);
    let inputs = |label: i64| [scores.clone(), array(&[1, 1], &[label]), array(&[1], &[2i64]), array(&[1], &[1i64])];
    for (label, is_class) in [(2, true), (3, false), (-1, false)] {
        let outputs: [Array; 2] = [empty(&[1], DType::Float32), empty(&[1, 2, 3], DType::Float32)];
        assert_eq!(losses(0, &inputs(label).map(Operand::Array), &outputs).is_ok(), is_class);
    }
}
