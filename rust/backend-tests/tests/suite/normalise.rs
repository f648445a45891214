//! Softmax and layer norm with their gradients.

use ferrotorch_core::kernel::Kernel;
use ferrotorch_core::{DType, Layout, Operand};

use crate::support::{assert_close, compute, download, empty, on_each, upload, wave};

fn softmax(row: &[f64]) -> Vec<f64> {
    let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = row.iter().map(|x| (x - largest).exp()).sum();
    row.iter().map(|x| (x - largest).exp() / sum).collect()
}

fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&x| x as f64).collect()
}

#[test]
fn softmax_of_short_long_and_transposed_lines() {
    on_each(|device| {
        for (rows, width) in [(5, 1), (3, 7), (4, 1000), (300, 40)] {
            let values: Vec<f32> = wave(rows * width).iter().map(|x| x * 30.0).collect();
            let gradient: Vec<f32> = wave(rows * width + 3)[3..].to_vec();
            let probability: Vec<f64> = values.chunks(width).flat_map(|row| softmax(&wide(row))).collect();
            for log in [false, true] {
                let y: Vec<f32> = probability.iter().map(|&p| if log { p.ln() } else { p } as f32).collect();
                let slope: Vec<f32> = (0..rows * width)
                    .map(|i| {
                        let line = i / width * width..i / width * width + width;
                        let g = gradient[i] as f64;
                        let sum: f64 = line.map(|j| gradient[j] as f64 * if log { 1.0 } else { probability[j] }).sum();
                        if log { g - probability[i] * sum } else { probability[i] * (g - sum) }
                    } as f32)
                    .collect();
                let shape = [rows, width];
                let input = upload(device, &shape, &values);
                let kernel = Kernel::Softmax { dim: 1, log };
                assert_close(&compute::<f32>(device, kernel.clone(), &[input.clone().into()], &shape), &y, 5e-6);
                let inputs: [Operand; 2] = [upload(device, &shape, &gradient).into(), upload(device, &shape, &y).into()];
                assert_close(&compute::<f32>(device, Kernel::SoftmaxGrad { dim: 1, log }, &inputs, &shape), &slope, 2e-5);
                // The same lines across the memory.
                let out = empty(device, Layout::contiguous(&[width, rows]), DType::Float32);
                let turned = input.with_layout(input.layout.transpose(0, 1));
                device.run(&Kernel::Softmax { dim: 0, log }, &[turned.into()], std::slice::from_ref(&out)).unwrap();
                assert_close(&download::<f32>(device, &out.with_layout(out.layout.transpose(0, 1))), &y, 5e-6);
            }
        }
    });
}

#[test]
fn infinite_logits() {
    on_each(|device| {
        let inf = f32::INFINITY;
        let input: Operand = upload(device, &[2, 3], &[-inf, 0.0, 0.0, -inf, -inf, -inf]).into();
        let actual = compute::<f32>(device, Kernel::Softmax { dim: 1, log: false }, &[input], &[2, 3]);
        assert_close(&actual, &[0.0, 0.5, 0.5, f32::NAN, f32::NAN, f32::NAN], 1e-6);
    });
}

/// `(y, mean, rstd)` of each row.
fn layer_norm(x: &[f64], width: usize, weight: &[f32], bias: &[f32], eps: f64) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
    let (mut y, mut means, mut rstds) = (Vec::new(), Vec::new(), Vec::new());
    for row in x.chunks(width) {
        let mean = row.iter().sum::<f64>() / width as f64;
        let rstd = 1.0 / (row.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / width as f64 + eps).sqrt();
        y.extend(row.iter().enumerate().map(|(j, x)| (x - mean) * rstd * weight[j] as f64 + bias[j] as f64));
        means.push(mean);
        rstds.push(rstd);
    }
    (y, means, rstds)
}

#[test]
fn layer_norm_and_its_gradients_agree_with_differences() {
    on_each(|device| {
        let narrow = |v: &[f64]| v.iter().map(|&x| x as f32).collect::<Vec<f32>>();
        for (rows, width) in [(1, 5), (6, 300), (500, 33)] {
            let n = rows * width;
            let x: Vec<f32> = wave(n).iter().map(|v| 3.0 * v + 1.0).collect();
            let (g, weight, bias) = (wave(n + 7)[7..].to_vec(), wave(width + 2)[2..].to_vec(), wave(width + 5)[5..].to_vec());
            let (y, means, rstds) = layer_norm(&wide(&x), width, &weight, &bias, 1e-5);
            let new = |shape: &[usize]| empty(device, Layout::contiguous(shape), DType::Float32);
            let input: Operand = upload(device, &[rows, width], &x).into();
            let scale: Operand = upload(device, &[width], &weight).into();
            let outputs = [new(&[rows, width]), new(&[rows]), new(&[rows])];
            device
                .run(
                    &Kernel::LayerNorm { eps: 1e-5 },
                    &[input.clone(), scale.clone(), upload(device, &[width], &bias).into()],
                    &outputs,
                )
                .unwrap();
            for (output, expected) in outputs.iter().zip([&y, &means, &rstds]) {
                assert_close(&download::<f32>(device, output), &narrow(expected), 1e-5);
            }
            let [_, mean, rstd] = outputs;
            let inputs = [upload(device, &[rows, width], &g).into(), input, mean.into(), rstd.into(), scale];
            let outputs = [new(&[rows, width]), new(&[width]), new(&[width])];
            device.run(&Kernel::LayerNormGrad, &inputs, &outputs).unwrap();
            let normal = |i: usize| (x[i] as f64 - means[i / width]) * rstds[i / width];
            let dweight: Vec<f64> =
                (0..width).map(|j| (0..rows).map(|r| g[r * width + j] as f64 * normal(r * width + j)).sum()).collect();
            let dbias: Vec<f64> = (0..width).map(|j| (0..rows).map(|r| g[r * width + j] as f64).sum()).collect();
            assert_close(&download::<f32>(device, &outputs[1]), &narrow(&dweight), 2e-5);
            assert_close(&download::<f32>(device, &outputs[2]), &narrow(&dbias), 2e-5);
            let dx = download::<f32>(device, &outputs[0]);
            for i in (0..n).step_by(n / 5) {
                let loss = |step: f64| {
                    let mut moved = wide(&x);
                    moved[i] += step;
                    let y = layer_norm(&moved, width, &weight, &bias, 1e-5).0;
                    y.iter().zip(&g).map(|(y, &g)| y * g as f64).sum::<f64>()
                };
                let slope = (loss(1e-4) - loss(-1e-4)) / 2e-4;
                assert!((dx[i] as f64 - slope).abs() <= 2e-5 * slope.abs().max(1.0), "slope {i} is {}, expected {slope}", dx[i]);
            }
        }
    });
}

#[test]
fn layer_norm_without_weights() {
    on_each(|device| {
        let x = wave(64 * 4);
        let (y, ..) = layer_norm(&wide(&x), 64, &[1.0; 64], &[0.0; 64], 1e-3);
        let outputs = [[4, 64].as_slice(), &[4], &[4]].map(|shape| empty(device, Layout::contiguous(shape), DType::Float32));
        device
            .run(&Kernel::LayerNorm { eps: 1e-3 }, &[upload(device, &[4, 64], &x).into(), Operand::None, Operand::None], &outputs)
            .unwrap();
        assert_close(&download::<f32>(device, &outputs[0]), &y.iter().map(|&v| v as f32).collect::<Vec<_>>(), 1e-5);
    });
}
