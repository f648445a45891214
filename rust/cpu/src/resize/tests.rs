use ferrotorch_kernel::dtype::{Element, f16};
use ferrotorch_kernel::resize::{Filter, Resize, ResizePass};
use ferrotorch_kernel::{Array, DType};
use smallvec::SmallVec;

use super::resize;
use super::taps::Taps;
use crate::testing::{array, empty};

const FILTERS: [Filter; 6] =
    [Filter::Nearest, Filter::NearestExact, Filter::Linear, Filter::Cubic, Filter::LinearAntialiased, Filter::CubicAntialiased];

fn rule(filter: Filter, from: &[usize], to: &[usize], align_corners: bool) -> Resize {
    let step = |(&from, &to): (&usize, &usize)| match align_corners {
        true => (from - 1) as f64 / (to.max(2) - 1) as f64,
        false => from as f64 / to as f64,
    };
    let steps: SmallVec<[f64; 3]> = from[2..].iter().zip(&to[2..]).map(step).collect();
    Resize { filter, steps, align_corners }
}

fn resized(x: &Array, to: &[usize], pass: ResizePass, rule: &Resize) -> Array {
    let out = empty(to, x.dtype);
    resize(pass, rule, &[x.clone().into()], std::slice::from_ref(&out)).unwrap();
    out
}

fn values<T: Element>(array: &Array) -> Vec<T> {
    array.to_vec().unwrap()
}

fn some_numbers(n: usize) -> Vec<f64> {
    (0..n).map(|i| ((i * 37 + 11) % 29) as f64 / 7.0 - 2.0).collect()
}

#[test]
fn lines_are_resized_as_written_down() {
    let x = array(&[1, 1, 4], &[1.0, 2.0, 3.0, 4.0f64]);
    let to = |filter, n: usize, align| {
        values::<f64>(&resized(&x, &[1, 1, n], ResizePass::Forward, &rule(filter, &[1, 1, 4], &[1, 1, n], align)))
    };
    assert_eq!(to(Filter::Nearest, 8, false), [1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 4.0, 4.0]);
    assert_eq!(to(Filter::Nearest, 3, false), [1.0, 2.0, 3.0]);
    assert_eq!(to(Filter::NearestExact, 3, false), [1.0, 3.0, 4.0]);
    assert_eq!(to(Filter::Linear, 8, false), [1.0, 1.25, 1.75, 2.25, 2.75, 3.25, 3.75, 4.0]);
    assert_eq!(to(Filter::Linear, 7, true), [1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0]);
    let wide = to(Filter::LinearAntialiased, 2, false);
    assert!((wide[0] - 3.0 / 1.75).abs() < 1e-12 && (wide[1] - 5.75 / 1.75).abs() < 1e-12, "{wide:?}");
    let cubic = to(Filter::Cubic, 8, false);
    assert!((cubic[0] - 0.89453125).abs() < 1e-12 && (cubic[0] + cubic[7] - 5.0).abs() < 1e-12, "{cubic:?}");
}

#[test]
fn gradients_are_the_transpose() {
    let shapes = [
        (vec![2, 3, 5], vec![2, 3, 9]),
        (vec![2, 1, 5, 4], vec![2, 1, 3, 11]),
        (vec![1, 2, 33, 7], vec![1, 2, 70, 3]),
        (vec![1, 2, 3, 4, 5], vec![1, 2, 5, 2, 7]),
        (vec![1, 1, 1, 1], vec![1, 1, 4, 1]),
    ];
    for filter in FILTERS {
        for (from, to) in &shapes {
            for align in [false, true] {
                let rule = rule(filter, from, to, align);
                let [n, m] = [from, to].map(|shape| shape.iter().product::<usize>());
                let (x, g) = (some_numbers(n), some_numbers(m));
                let y = values::<f64>(&resized(&array(from, &x), to, ResizePass::Forward, &rule));
                let back = values::<f64>(&resized(&array(to, &g), from, ResizePass::Grad, &rule));
                let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
                let (left, right) = (dot(&y, &g), dot(&x, &back));
                assert!((left - right).abs() < 1e-9 * (1.0 + left.abs()), "{filter:?} {from:?} {to:?} {align}: {left} {right}");
            }
        }
    }
}

#[test]
fn a_constant_stays_one() {
    for filter in FILTERS {
        let (from, to) = ([1, 1, 6, 9], [1, 1, 40, 4]);
        let out = resized(&array(&from, &[2.5f32; 54]), &to, ResizePass::Forward, &rule(filter, &from, &to, false));
        assert!(values::<f32>(&out).iter().all(|y| (y - 2.5).abs() < 1e-5), "{filter:?}");
    }
}

#[test]
fn strided_and_half_images_are_as_their_dense_float_ones() {
    let (from, to) = ([2, 3, 6, 5], [2, 3, 13, 4]);
    let numbers: Vec<f32> = some_numbers(180).iter().map(|&x| x as f32).collect();
    let dense = array(&from, &numbers);
    let last = empty(&[2, 6, 5, 3], DType::Float32);
    let last = last.with_layout(last.layout.permute(&[0, 3, 1, 2]));
    crate::copy::copy(&dense.clone().into(), &last).unwrap();
    for filter in FILTERS {
        let rule = rule(filter, &from, &to, false);
        let expected = values::<f32>(&resized(&dense, &to, ResizePass::Forward, &rule));
        assert_eq!(values::<f32>(&resized(&last, &to, ResizePass::Forward, &rule)), expected, "{filter:?}");
        let halves = resized(&dense.to_dtype(DType::Float16).unwrap(), &to, ResizePass::Forward, &rule);
        let near = values::<f16>(&halves).iter().zip(&expected).all(|(h, x)| (h.to_f32() - x).abs() < 4e-3);
        assert!(near, "{filter:?}");
    }
}

/// What a byte of the result is by the definition: columns are summed up after rows, either rounded.
fn byte_by_byte(filter: Filter, from: &[usize], to: &[usize], bytes: &[u8]) -> Vec<u8> {
    let along = |bytes: &[u8], n: usize, size: usize, len: usize, step: f64| -> Vec<u8> {
        if size == len {
            return bytes.to_vec();
        }
        let taps = Taps::<f64>::new(filter, size, len, step, false).unwrap();
        let inner = bytes.len() / n / size;
        let sum = |o: usize, i: usize, k: usize| -> f64 {
            taps.of(i).map(|(at, w)| w * f64::from(bytes[(o * size + at) * inner + k])).sum()
        };
        let every = (0..n).flat_map(|o| (0..len).flat_map(move |i| (0..inner).map(move |k| (o, i, k))));
        every.map(|(o, i, k)| (sum(o, i, k) + 0.5).floor().clamp(0.0, 255.0) as u8).collect()
    };
    let [n, h, w] = [from[0] * from[1], from[2], from[3]];
    let rows = along(bytes, n * h, w, to[3], w as f64 / to[3] as f64);
    along(&rows, n, h, to[2], h as f64 / to[2] as f64)
}

#[test]
fn bytes_are_rounded_after_rows_and_after_columns() {
    for channels in [1, 3, 4, 5] {
        for to in [[4, 5], [9, 70], [31, 11], [1, 2], [9, 11]] {
            let (from, to) = ([2, channels, 9, 11], [2, channels, to[0], to[1]]);
            let bytes: Vec<u8> = (0..2 * channels * 99).map(|i| (i * 37 % 251) as u8).collect();
            let dense = array(&from, &bytes);
            let last = empty(&[2, 9, 11, channels], DType::UInt8);
            let last = last.with_layout(last.layout.permute(&[0, 3, 1, 2]));
            crate::copy::copy(&dense.clone().into(), &last).unwrap();
            for filter in FILTERS {
                let rule = rule(filter, &from, &to, false);
                let out = values::<u8>(&resized(&dense, &to, ResizePass::Forward, &rule));
                let expected = byte_by_byte(filter, &from, &to, &bytes);
                let near = out.iter().zip(&expected).all(|(a, b)| a.abs_diff(*b) <= 2);
                assert!(near, "{filter:?} {to:?}: {out:?} {expected:?}");
                assert_eq!(values::<u8>(&resized(&last, &to, ResizePass::Forward, &rule)), out, "{filter:?} {to:?}");
                let packed = empty(&[2, to[2], to[3], channels], DType::UInt8);
                let packed = packed.with_layout(packed.layout.permute(&[0, 3, 1, 2]));
                resize(ResizePass::Forward, &rule, &[last.clone().into()], std::slice::from_ref(&packed)).unwrap();
                assert_eq!(values::<u8>(&packed), out, "{filter:?} {to:?}");
            }
        }
    }
}
