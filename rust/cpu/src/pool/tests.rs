use ferrotorch_kernel::kernel::{PoolPass, PoolWindow};
use ferrotorch_kernel::{Array, Operand};

use super::pool;
use crate::dense;

fn values(n: usize) -> Vec<f64> {
    (0..n).map(|i| ((i * 37 + i / 5) % 11) as f64 - 5.0).collect()
}

fn array(shape: &[usize]) -> Array {
    Array::from_slice(shape, &values(shape.iter().product())).unwrap()
}

fn run(pass: PoolPass, window: &PoolWindow, inputs: &[&Array], shape: &[usize]) -> (Vec<f64>, Vec<i64>) {
    let out = Array::from_slice(shape, &vec![f64::NAN; shape.iter().product()]).unwrap();
    let indices = Array::from_slice(shape, &vec![-1i64; shape.iter().product()]).unwrap();
    let inputs: Vec<Operand> = inputs.iter().map(|&a| a.clone().into()).collect();
    pool(pass, window, &inputs, &[out.clone(), indices.clone()]).unwrap();
    (dense::read(&out).unwrap().to_vec(), dense::read(&indices).unwrap().to_vec())
}

fn window(kernel: usize, stride: usize, padding: usize, dilation: usize) -> PoolWindow {
    let two = |x| [x, x].into_iter().collect();
    PoolWindow { kernel: two(kernel), stride: two(stride), padding: two(padding), dilation: two(dilation) }
}

/// Positions of window `(i, j)` of a `(h, w)` plane, and how many there are with padding.
fn positions(w: &PoolWindow, [height, width]: [usize; 2], [i, j]: [usize; 2]) -> (Vec<usize>, usize) {
    let (k, s, p, d) = (w.kernel[0] as isize, w.stride[0] as isize, w.padding[0] as isize, w.dilation[0] as isize);
    let mut inside = Vec::new();
    let mut padded = 0;
    for a in 0..k {
        for b in 0..k {
            let (y, x) = (i as isize * s - p + a * d, j as isize * s - p + b * d);
            padded += usize::from(y < height as isize + p && x < width as isize + p);
            if (0..height as isize).contains(&y) && (0..width as isize).contains(&x) {
                inside.push(y as usize * width + x as usize);
            }
        }
    }
    (inside, padded)
}

#[test]
fn sliding_windows() {
    for (w, input, output) in [
        (window(2, 2, 0, 1), [9, 40], [4, 20]),
        (window(3, 2, 1, 1), [7, 8], [4, 4]),
        (window(2, 1, 0, 3), [6, 7], [3, 4]),
        (window(3, 3, 1, 1), [8, 8], [3, 3]),
        (window(2, 2, 0, 1), [5, 5], [3, 3]),
        (window(3, 1, 1, 1), [9, 30], [9, 30]),
        (window(3, 2, 1, 1), [8, 31], [4, 16]),
        (window(4, 3, 1, 2), [12, 40], [3, 12]),
    ] {
        let (planes, plane) = (6, input[0] * input[1]);
        let x = array(&[2, 3, input[0], input[1]]);
        let y_shape = [2, 3, output[0], output[1]];
        let gradient = array(&y_shape);
        let data = values(planes * plane);
        let (largest, at) = run(PoolPass::Max, &w, &[&x], &y_shape);
        let flat = Array::from_slice(&y_shape, &at).unwrap();
        let (max_grad, _) = run(PoolPass::MaxGrad, &w, &[&gradient, &flat], x.shape());
        let mut want_max_grad = vec![0.0; data.len()];
        for count_include_pad in [true, false] {
            if w.dilation[0] > 1 {
                continue;
            }
            let (mean, _) = run(PoolPass::Average { count_include_pad, divisor: None }, &w, &[&x], &y_shape);
            let (mean_grad, _) = run(PoolPass::AverageGrad { count_include_pad, divisor: None }, &w, &[&gradient], x.shape());
            let mut want_grad = vec![0.0; data.len()];
            for (o, &g) in values(mean.len()).iter().enumerate() {
                let (p, i, j) = (o / (output[0] * output[1]), o / output[1] % output[0], o % output[1]);
                let (inside, padded) = positions(&w, input, [i, j]);
                let count = if count_include_pad { padded } else { inside.len() } as f64;
                let sum: f64 = inside.iter().map(|&q| data[p * plane + q]).sum();
                assert!((mean[o] - sum / count).abs() < 1e-12, "{w:?} {o}");
                inside.iter().for_each(|&q| want_grad[p * plane + q] += g / count);
            }
            assert!(mean_grad.iter().zip(&want_grad).all(|(a, b)| (a - b).abs() < 1e-12), "{w:?}");
        }
        for (o, &g) in values(largest.len()).iter().enumerate() {
            let (p, i, j) = (o / (output[0] * output[1]), o / output[1] % output[0], o % output[1]);
            let inside = positions(&w, input, [i, j]).0;
            let best =
                inside.iter().copied().reduce(|a, b| if data[p * plane + b] > data[p * plane + a] { b } else { a }).unwrap();
            assert_eq!((largest[o], at[o]), (data[p * plane + best], best as i64), "{w:?} {o}");
            want_max_grad[p * plane + best] += g;
        }
        assert_eq!(max_grad, want_max_grad);
    }
}

#[test]
fn adaptive_windows_divide_the_input() {
    let none = PoolWindow::default();
    let x = Array::from_slice(&[1, 1, 5], &[1.0, 5.0, 2.0, 4.0, 3.0]).unwrap();
    assert_eq!(run(PoolPass::AdaptiveAverage, &none, &[&x], &[1, 1, 2]).0, [8.0 / 3.0, 3.0]);
    assert_eq!(run(PoolPass::AdaptiveMax, &none, &[&x], &[1, 1, 2]), (vec![5.0, 4.0], vec![1, 3]));
    let g = Array::from_slice(&[1, 1, 2], &[3.0, 6.0]).unwrap();
    assert_eq!(run(PoolPass::AdaptiveAverageGrad, &none, &[&g], &[1, 1, 5]).0, [1.0, 1.0, 3.0, 2.0, 2.0]);
}

#[test]
fn nan_wins() {
    for width in [2, 3] {
        let mut data = vec![1.0; 2 * width];
        data[1] = f64::NAN;
        data[width] = 7.0;
        let x = Array::from_slice(&[1, 1, 2, width], &data).unwrap();
        let w = PoolWindow {
            kernel: [2, width].into_iter().collect(),
            stride: [2, width].into_iter().collect(),
            ..window(1, 1, 0, 1)
        };
        let (value, at) = run(PoolPass::Max, &w, &[&x], &[1, 1, 1, 1]);
        assert!(value[0].is_nan());
        assert_eq!(at, [1]);
    }
}

#[test]
fn positions_outside_are_refused() {
    let g = Array::from_slice(&[1, 1, 1], &[1.0]).unwrap();
    let at = Array::from_slice(&[1, 1, 1], &[4i64]).unwrap();
    let out = array(&[1, 1, 4]);
    assert!(pool(PoolPass::MaxGrad, &PoolWindow::default(), &[g.into(), at.into()], &[out]).is_err());
}
