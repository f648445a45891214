//! Optimizer steps against their formulas.

use ferrotorch_core::backend::Backend;
use ferrotorch_core::kernel::{Kernel, OptimizerRule};
use ferrotorch_core::{Array, Operand};

use crate::support::{assert_close, download, on_each, upload, wave};

type Arrays = Vec<Vec<f32>>;

/// Runs a step on two parameters of different size and returns the gradients and everything that it has written.
fn step(device: &dyn Backend, rule: &OptimizerRule, states: f32) -> (Arrays, Arrays) {
    let sizes = [5, 1000];
    let gradients: Vec<Vec<f32>> = sizes.iter().map(|&n| wave(n + 1)[1..].to_vec()).collect();
    let inputs: Vec<Operand> = gradients.iter().map(|g| upload(device, &[g.len()], g).into()).collect();
    let outputs: Vec<Array> = sizes
        .iter()
        .flat_map(|&n| (0..1 + rule.states()).map(move |k| (n, k)))
        .map(|(n, k)| upload(device, &[n], &if k == 0 { wave(n) } else { vec![states; n] }))
        .collect();
    device.run(&Kernel::Optimize { rule }, &inputs, &outputs).unwrap();
    (gradients, outputs.iter().map(|array| download(device, array)).collect())
}

#[test]
fn sgd_with_momentum() {
    on_each(|device| {
        for (nesterov, first, maximize) in [(false, true, false), (false, false, true), (true, false, false)] {
            let rule =
                OptimizerRule::Sgd { lr: 0.1, momentum: 0.9, dampening: 0.25, weight_decay: 0.01, nesterov, maximize, first };
            let (gradients, written) = step(device, &rule, 0.5);
            for (g, pair) in gradients.iter().zip(written.chunks(2)) {
                let sign = if maximize { -1.0 } else { 1.0 };
                let slope: Vec<f32> = g.iter().zip(wave(g.len())).map(|(g, p)| sign * g + 0.01 * p).collect();
                let buffer: Vec<f32> = slope.iter().map(|g| if first { *g } else { 0.9 * 0.5 + 0.75 * g }).collect();
                let direction = |i: usize| if nesterov { slope[i] + 0.9 * buffer[i] } else { buffer[i] };
                let expected: Vec<f32> = wave(g.len()).iter().enumerate().map(|(i, p)| p - 0.1 * direction(i)).collect();
                assert_close(&pair[0], &expected, 1e-6);
                assert_close(&pair[1], &buffer, 1e-6);
            }
        }
    });
}

#[test]
fn plain_sgd_has_no_state() {
    on_each(|device| {
        let rule = OptimizerRule::Sgd {
            lr: 0.5,
            momentum: 0.0,
            dampening: 0.0,
            weight_decay: 0.0,
            nesterov: false,
            maximize: false,
            first: true,
        };
        let (gradients, written) = step(device, &rule, 0.0);
        for (g, p) in gradients.iter().zip(&written) {
            assert_close(p, &g.iter().zip(wave(g.len())).map(|(g, p)| p - 0.5 * g).collect::<Vec<_>>(), 1e-6);
        }
    });
}

#[test]
fn adam_in_its_variants() {
    on_each(|device| {
        for (amsgrad, decoupled) in [(false, false), (true, false), (false, true)] {
            let rule = OptimizerRule::Adam {
                lr: 0.01,
                beta1: 0.9,
                beta2: 0.999,
                eps: 1e-8,
                weight_decay: 0.1,
                amsgrad,
                maximize: false,
                decoupled,
                step: 3.0,
            };
            let (gradients, written) = step(device, &rule, 0.3);
            for (g, group) in gradients.iter().zip(written.chunks(1 + rule.states())) {
                let start = wave(g.len());
                for (i, &p) in start.iter().enumerate() {
                    let (mut p, mut g) = (p as f64, g[i] as f64);
                    if decoupled {
                        p *= 1.0 - 0.01 * 0.1
                    } else {
                        g += 0.1 * p
                    }
                    let (m, v) = (0.9 * 0.3 + 0.1 * g, 0.999 * 0.3 + 0.001 * g * g);
                    let largest = if amsgrad { v.max(0.3) } else { v };
                    p -= 0.01 / (1.0 - 0.9f64.powi(3)) * m / (largest.sqrt() / (1.0 - 0.999f64.powi(3)).sqrt() + 1e-8);
                    assert_close(&[group[0][i], group[1][i], group[2][i]], &[p as f32, m as f32, v as f32], 1e-6);
                    if amsgrad {
                        assert_close(&[group[3][i]], &[largest as f32], 1e-6);
                    }
                }
            }
        }
    });
}

#[test]
fn rmsprop_in_its_variants() {
    on_each(|device| {
        for (momentum, centered) in [(0.0, false), (0.9, false), (0.0, true), (0.9, true)] {
            let rule = OptimizerRule::RmsProp {
                lr: 0.01,
                alpha: 0.9,
                eps: 1e-3,
                weight_decay: 0.1,
                momentum,
                centered,
                maximize: false,
            };
            let (gradients, written) = step(device, &rule, 0.2);
            for (g, group) in gradients.iter().zip(written.chunks(1 + rule.states())) {
                for (i, &p) in wave(g.len()).iter().enumerate() {
                    let g = g[i] + 0.1 * p;
                    let square = 0.9 * 0.2 + 0.1 * g * g;
                    let mean = 0.9 * 0.2 + 0.1 * g;
                    let spread = (if centered { square - mean * mean } else { square }).sqrt() + 1e-3;
                    let buffer = momentum as f32 * 0.2 + g / spread;
                    let direction = if momentum > 0.0 { buffer } else { g / spread };
                    assert_close(&[group[0][i], group[1][i]], &[p - 0.01 * direction, square], 2e-6);
                    if momentum > 0.0 {
                        assert_close(&[group[2][i]], &[buffer], 2e-6);
                    }
                    if centered {
                        assert_close(&[group[rule.states()][i]], &[mean], 2e-6);
                    }
                }
            }
        }
    });
}

#[test]
fn adagrad() {
    on_each(|device| {
        let rule = OptimizerRule::Adagrad { lr: 0.1, eps: 1e-10, weight_decay: 0.01, maximize: true };
        let (gradients, written) = step(device, &rule, 0.3);
        for (g, pair) in gradients.iter().zip(written.chunks(2)) {
            for (i, &p) in wave(g.len()).iter().enumerate() {
                let g = -g[i] + 0.01 * p;
                let sum = 0.3 + g * g;
                assert_close(&[pair[0][i], pair[1][i]], &[p - 0.1 * g / (sum.sqrt() + 1e-10), sum], 1e-6);
            }
        }
    });
}
