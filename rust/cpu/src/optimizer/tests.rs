use ferrotorch_kernel::dtype::f16;

use super::*;

fn arrays(values: &[f64]) -> Array {
    Array::from_slice(&[values.len()], values).unwrap()
}

/// Two steps of a rule from `p = [1, -2]` with gradients `[0.5, 1]` and `[-1, 2]`; states start at zero.
fn two_steps(rules: [OptimizerRule; 2]) -> Vec<f64> {
    let parameter = arrays(&[1.0, -2.0]);
    let outputs: Vec<Array> =
        std::iter::once(parameter.clone()).chain((0..rules[0].states()).map(|_| arrays(&[0.0; 2]))).collect();
    for (rule, gradient) in rules.iter().zip([[0.5, 1.0], [-1.0, 2.0]]) {
        optimize(rule, &[arrays(&gradient).into()], &outputs).unwrap();
    }
    dense::read(&parameter).unwrap().to_vec()
}

fn assert_close(got: &[f64], want: &[f64]) {
    assert!(got.iter().zip(want).all(|(a, b)| (a - b).abs() < 1e-9), "{got:?}, want {want:?}");
}

fn sgd(nesterov: bool, first: bool) -> OptimizerRule {
    OptimizerRule::Sgd { lr: 0.1, momentum: 0.9, dampening: 0.0, weight_decay: 0.1, nesterov, maximize: false, first }
}

#[test]
fn sgd_follows_its_formula() {
    // Worked by hand: g = [0.6, 0.8], p = [0.94, -2.08]; g = [-0.906, 1.792], buffer = [-0.366, 2.512].
    assert_close(&two_steps([sgd(false, true), sgd(false, false)]), &[0.9766, -2.3312]);
    // Nesterov: the first step is g + 0.9 g.
    assert_close(&two_steps([sgd(true, true), sgd(true, false)])[..1], &[0.886 - 0.1 * (-0.9114 + 0.9 * (0.54 - 0.9114))]);
    let plain = OptimizerRule::Sgd {
        lr: 0.1,
        momentum: 0.0,
        dampening: 0.0,
        weight_decay: 0.0,
        nesterov: false,
        maximize: true,
        first: false,
    };
    assert_close(&two_steps([plain.clone(), plain]), &[1.0 + 0.05 - 0.1, -2.0 + 0.1 + 0.2]);
}

#[test]
fn adam_follows_its_formula() {
    for (amsgrad, decoupled) in [(false, false), (true, false), (false, true), (true, true)] {
        let rule = |step| OptimizerRule::Adam {
            lr: 0.1,
            beta1: 0.9,
            beta2: 0.99,
            eps: 1e-8,
            weight_decay: 0.01,
            amsgrad,
            maximize: false,
            decoupled,
            step,
        };
        let (mut p, mut m, mut v, mut top) = (1.0f64, 0.0f64, 0.0f64, 0.0f64);
        for (step, g) in [(1, 0.5), (2, -1.0)] {
            let g = if decoupled { g } else { g + 0.01 * p };
            p *= if decoupled { 1.0 - 0.001 } else { 1.0 };
            m = 0.9 * m + 0.1 * g;
            v = 0.99 * v + 0.01 * g * g;
            top = top.max(v);
            let second = if amsgrad { top } else { v } / (1.0 - 0.99f64.powi(step));
            p -= 0.1 * (m / (1.0 - 0.9f64.powi(step))) / (second.sqrt() + 1e-8);
        }
        assert_close(&two_steps([rule(1.0), rule(2.0)])[..1], &[p]);
    }
}

#[test]
fn rmsprop_follows_its_formula() {
    for (momentum, centered) in [(0.0, false), (0.9, false), (0.0, true), (0.9, true)] {
        let rule =
            OptimizerRule::RmsProp { lr: 0.1, alpha: 0.9, eps: 1e-8, weight_decay: 0.0, momentum, centered, maximize: false };
        let (mut p, mut s, mut b, mut a) = (1.0f64, 0.0f64, 0.0f64, 0.0f64);
        for g in [0.5, -1.0] {
            s = 0.9 * s + 0.1 * g * g;
            a = 0.9 * a + 0.1 * g;
            let root = if centered { s - a * a } else { s }.sqrt() + 1e-8;
            b = momentum * b + g / root;
            p -= 0.1 * b;
        }
        assert_close(&two_steps([rule.clone(), rule])[..1], &[p]);
    }
}

#[test]
fn adagrad_follows_its_formula() {
    let rule = OptimizerRule::Adagrad { lr: 0.1, eps: 0.0, weight_decay: 0.0, maximize: false };
    assert_close(&two_steps([rule.clone(), rule]), &[1.0 - 0.1 + 0.1 / 1.25f64.sqrt(), -2.0 - 0.1 - 0.2 / 5.0f64.sqrt()]);
}

#[test]
fn large_parameters_are_split_without_a_trace() {
    let n = 3 * PART + 17;
    let values: Vec<f32> = (0..n).map(|i| i as f32 / n as f32).collect();
    let parameter = Array::from_slice(&[n], &values).unwrap();
    let gradient = Array::from_slice(&[n], &vec![1f32; n]).unwrap();
    let rule = OptimizerRule::Sgd {
        lr: 0.5,
        momentum: 0.0,
        dampening: 0.0,
        weight_decay: 0.0,
        nesterov: false,
        maximize: false,
        first: false,
    };
    optimize(&rule, &[gradient.into()], std::slice::from_ref(&parameter)).unwrap();
    assert!(dense::read::<f32>(&parameter).unwrap().iter().zip(&values).all(|(a, b)| *a == b - 0.5));
}

#[test]
fn transposed_parameters_and_half_types() {
    let data: Vec<f16> = (0..6).map(|i| f16::from_f32(i as f32)).collect();
    let base = Array::from_slice(&[2, 3], &data).unwrap();
    let parameter = base.with_layout(base.layout.transpose(0, 1));
    let gradient = Array::from_slice(&[2, 3], &data).unwrap();
    let gradient = gradient.with_layout(gradient.layout.transpose(0, 1));
    let rule = OptimizerRule::Sgd {
        lr: 0.5,
        momentum: 0.0,
        dampening: 0.0,
        weight_decay: 0.0,
        nesterov: false,
        maximize: false,
        first: false,
    };
    optimize(&rule, &[gradient.into()], &[parameter]).unwrap();
    let halves: Vec<f32> = dense::read::<f16>(&base).unwrap().iter().map(|x| x.to_f32()).collect();
    assert_eq!(halves, [0.0, 0.5, 1.0, 1.5, 2.0, 2.5]);
}

#[test]
fn mismatched_arrays_are_refused() {
    let rule = OptimizerRule::Adagrad { lr: 0.1, eps: 0.0, weight_decay: 0.0, maximize: false };
    assert!(optimize(&rule, &[arrays(&[1.0]).into()], &[arrays(&[1.0])]).is_err());
    assert!(optimize(&rule, &[arrays(&[1.0]).into()], &[arrays(&[1.0]), arrays(&[1.0, 2.0])]).is_err());
}
