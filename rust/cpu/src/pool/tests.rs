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

/// Values with equals, infinities and numbers that are none.
fn odd_values(n: usize) -> Vec<f64> {
    let special = |i: usize| match i % 41 {
        7 => f64::NAN,
        20 => f64::NEG_INFINITY,
        _ => ((i * 37 + i / 5) % 7) as f64 - 3.0,
    };
    (0..n).map(special).collect()
}

/// The largest of some positions, of which the first or the last that is not a number counts.
fn largest_of(data: &[f64], positions: impl Iterator<Item = usize>) -> (f64, i64) {
    let mut best: Option<(f64, i64)> = None;
    for i in positions {
        if best.is_none_or(|(value, _)| data[i] > value || data[i].is_nan()) {
            best = Some((data[i], i as i64));
        }
    }
    best.unwrap()
}

fn assert_same(got: &[f64], want: &[f64], what: &str) {
    let is_same = |(a, b): (&f64, &f64)| a == b || a.is_nan() && b.is_nan() || (a - b).abs() < 1e-12;
    assert!(got.len() == want.len() && got.iter().zip(want).all(is_same), "{what}: {got:?} instead of {want:?}");
}

#[test]
fn windows_of_one_dimension_side_by_side() {
    for (kernel, length) in [(2, 5), (2, 40), (2, 77), (3, 24), (3, 50), (4, 33), (4, 131), (5, 60)] {
        let count = length / kernel;
        let one = |n: usize| [n].into_iter().collect();
        let w = PoolWindow { kernel: one(kernel), stride: one(kernel), padding: one(0), dilation: one(1) };
        let data = odd_values(6 * length);
        let x = Array::from_slice(&[2, 3, length], &data).unwrap();
        let starts: Vec<usize> = (0..6).flat_map(|plane| (0..count).map(move |i| plane * length + i * kernel)).collect();
        let want: Vec<(f64, i64)> = starts.iter().map(|&start| largest_of(&data, start..start + kernel)).collect();
        let (values, at) = run(PoolPass::Max, &w, &[&x], &[2, 3, count]);
        assert_same(&values, &want.iter().map(|pair| pair.0).collect::<Vec<_>>(), "largest");
        assert!(at.iter().zip(&want).enumerate().all(|(o, (at, want))| at + (o / count * length) as i64 == want.1), "{kernel}");
        let mean = PoolPass::Average { count_include_pad: true, divisor: None };
        let want: Vec<f64> = starts.iter().map(|&s| data[s..s + kernel].iter().sum::<f64>() / kernel as f64).collect();
        assert_same(&run(mean, &w, &[&x], &[2, 3, count]).0, &want, "mean");
        let grads = values_of_gradient(6 * count);
        let g = Array::from_slice(&[2, 3, count], &grads).unwrap();
        let mut want = vec![0.0; data.len()];
        starts.iter().zip(&grads).for_each(|(&s, g)| want[s..s + kernel].iter_mut().for_each(|x| *x += g / kernel as f64));
        let back = PoolPass::AverageGrad { count_include_pad: true, divisor: None };
        assert_same(&run(back, &w, &[&g], &[2, 3, length]).0, &want, "gradient");
    }
}

fn values_of_gradient(n: usize) -> Vec<f64> {
    values(n).iter().map(|x| x * 0.5 + 0.25).collect()
}

#[test]
fn adaptive_windows_of_images() {
    let none = PoolWindow::default();
    for ([height, width], [rows, columns]) in
        [([32, 32], [4, 4]), ([32, 32], [7, 7]), ([5, 9], [3, 2]), ([3, 40], [5, 11]), ([11, 1], [2, 1]), ([4, 6], [9, 13])]
    {
        let data = odd_values(3 * height * width);
        let x = Array::from_slice(&[1, 3, height, width], &data).unwrap();
        let span = |i: usize, n: usize, count: usize| i * n / count..((i + 1) * n).div_ceil(count);
        let windows: Vec<Vec<usize>> = (0..3 * rows * columns)
            .map(|o| {
                let (plane, i, j) = (o / (rows * columns), o / columns % rows, o % columns);
                let line = move |y: usize| span(j, width, columns).map(move |x| (plane * height + y) * width + x);
                span(i, height, rows).flat_map(line).collect()
            })
            .collect();
        let shape = [1, 3, rows, columns];
        let want: Vec<(f64, i64)> = windows.iter().map(|window| largest_of(&data, window.iter().copied())).collect();
        let (largest, at) = run(PoolPass::AdaptiveMax, &none, &[&x], &shape);
        assert_same(&largest, &want.iter().map(|pair| pair.0).collect::<Vec<_>>(), "largest");
        let plane = |o: usize| (o / (rows * columns) * height * width) as i64;
        assert!(at.iter().zip(&want).enumerate().all(|(o, (at, want))| at + plane(o) == want.1), "{height}x{width}");
        let mean = |window: &Vec<usize>| window.iter().map(|&i| data[i]).sum::<f64>() / window.len() as f64;
        let want: Vec<f64> = windows.iter().map(mean).collect();
        assert_same(&run(PoolPass::AdaptiveAverage, &none, &[&x], &shape).0, &want, "mean");
        let grads = values_of_gradient(windows.len());
        let mut want = vec![0.0; data.len()];
        windows.iter().zip(&grads).for_each(|(window, g)| window.iter().for_each(|&i| want[i] += g / window.len() as f64));
        let g = Array::from_slice(&shape, &grads).unwrap();
        assert_same(&run(PoolPass::AdaptiveAverageGrad, &none, &[&g], &[1, 3, height, width]).0, &want, "gradient");
    }
}
