use ferrotorch_kernel::dtype::{Element, c32, c64};
use ferrotorch_kernel::scalar::FromScalar;
use ferrotorch_kernel::{Array, Layout};

use super::*;
use crate::element::Ring;
use crate::testing::on_any_threads;

/// Whole numbers of a small range, so that every sum is exact in every dtype.
fn values<T: FromScalar>(n: usize, seed: usize) -> Vec<T> {
    (0..n).map(|i| T::from_scalar(Scalar::Int(((i * 7 + seed * 3 + i * i / 5) % 7) as i64 - 3))).collect()
}

/// A `(B, M, N)` array whose two last dimensions lie transposed, with gaps, or are broadcast over the batch.
fn arrange<T: Element + FromScalar>([batch, rows, cols]: [usize; 3], kind: usize, seed: usize) -> Array {
    let gap = 3;
    let data = values::<T>(batch.max(1) * (rows + gap) * (cols + gap) + 1, seed);
    let array = Array::from_slice(&[data.len()], &data).unwrap();
    let (r, c) = ((rows + gap) as isize, (cols + gap) as isize);
    let strides = match kind {
        0 => [rows as isize * cols as isize, cols as isize, 1],
        1 => [rows as isize * cols as isize, 1, rows as isize],
        2 => [r * c, c, 1],
        3 => [0, 1, r],
        _ => [0, c, 1],
    };
    array.with_layout(Layout::strided(&[batch, rows, cols], &strides, usize::from(kind > 1)))
}

fn at<T: Element + FromScalar>(array: &Array, batch: usize, i: usize, j: usize) -> T {
    matrices::<T, Read>(array).unwrap().view(batch).get(i, j)
}

fn check<T: Element + Number>([batch, m, n, k]: [usize; 4], kinds: [usize; 4], with_c: bool) {
    let a = arrange::<T>([batch, m, k], kinds[0], 1);
    let b = arrange::<T>([batch, k, n], kinds[1], 2);
    let c = arrange::<T>([batch, m, n], kinds[2], 3);
    let out = arrange::<T>([batch, m, n], kinds[3] % 3, 4);
    let (alpha, beta) = (Scalar::Int(2), Scalar::Int(if with_c { 3 } else { 0 }));
    let third = if with_c { Operand::Array(c.clone()) } else { Operand::None };
    matmul(alpha, beta, &[a.clone().into(), b.clone().into(), third], std::slice::from_ref(&out)).unwrap();
    for s in 0..batch {
        for i in 0..m {
            for j in 0..n {
                let sum = (0..k).fold(T::zeroed(), |sum, k| at::<T>(&a, s, i, k).mul_add(at(&b, s, k, j), sum));
                let start = if with_c { at::<T>(&c, s, i, j).mul_add(T::from_scalar(beta), T::zeroed()) } else { T::zeroed() };
                let want = sum.mul_add(T::from_scalar(alpha), start);
                assert_eq!(
                    at::<T>(&out, s, i, j),
                    want,
                    "{batch} x ({m}, {k}) @ ({k}, {n}), layouts {kinds:?}, element {s} {i} {j}"
                );
            }
        }
    }
}

const SHAPES: [[usize; 4]; 14] = [
    [1, 0, 3, 2],
    [2, 3, 2, 0],
    [1, 1, 1, 1],
    [3, 4, 4, 4],
    [1, 1, 70, 33],
    [2, 65, 1, 130],
    [1, 1, 1, 500],
    [2, 5, 7, 11],
    [1, 13, 33, 65],
    [4, 24, 64, 16],
    [1, 61, 67, 71],
    [1, 100, 130, 37],
    [1, 33, 500, 330],
    [1, 170, 90, 700],
];

#[test]
fn every_layout_of_floats() {
    for shape in SHAPES {
        for kind in 0..5 {
            let kinds = [kind, (kind * 2 + 1) % 5, (kind + 3) % 5, kind];
            check::<f32>(shape, kinds, kind % 2 == 0);
            check::<f64>(shape, kinds, kind % 2 == 1);
        }
    }
}

/// Products of narrow integers, which wrap, added to two of them.
fn check_narrow<S: Ring + FromScalar + std::fmt::Debug>([batch, m, n, k]: [usize; 4], kinds: [usize; 4]) {
    let (a, b) = (arrange::<S>([batch, m, k], kinds[0], 1), arrange::<S>([batch, k, n], kinds[1], 2));
    let (c, out) = (arrange::<S>([batch, m, n], kinds[2], 3), arrange::<S>([batch, m, n], kinds[3] % 3, 4));
    let inputs = [a.clone().into(), b.clone().into(), c.clone().into()];
    matmul(Scalar::Int(50), Scalar::Int(3), &inputs, std::slice::from_ref(&out)).unwrap();
    let [alpha, beta] = [50, 3].map(|x| S::from_scalar(Scalar::Int(x)));
    for (s, i, j) in (0..batch * m * n).map(|at| (at / (m * n), at / n % m, at % n)) {
        let product = |sum: S, k| sum.plus(at::<S>(&a, s, i, k).times(at::<S>(&b, s, k, j)));
        let want = (0..k).fold(S::zeroed(), product).times(alpha).plus(at::<S>(&c, s, i, j).times(beta));
        assert_eq!(at::<S>(&out, s, i, j), want, "{batch} x ({m}, {k}) @ ({k}, {n}), layouts {kinds:?}, {s} {i} {j}");
    }
}

#[test]
fn every_layout_of_integers() {
    for shape in SHAPES.into_iter().take(10) {
        for kinds in [[0, 0, 0, 0], [1, 1, 4, 1]] {
            check::<i64>(shape, kinds, true);
            check::<i32>(shape, kinds, false);
            check_narrow::<u8>(shape, kinds);
            check_narrow::<i16>(shape, kinds);
        }
    }
}

#[test]
fn every_layout_of_complex_numbers() {
    for shape in SHAPES {
        for kinds in [[0, 0, 0, 0], [1, 1, 4, 1], [2, 3, 1, 2]] {
            check::<c32>(shape, kinds, true);
            check::<c64>(shape, kinds, false);
        }
    }
}

#[test]
fn infinities_survive_a_factor_of_one() {
    for n in [2, 40] {
        let mut data = vec![c32::new(1.0, 1.0); n * n];
        data[0] = c32::new(f32::INFINITY, 1.0);
        let (a, one) = (Array::from_slice(&[1, n, n], &data).unwrap(), vec![c32::new(1.0, 1.0); n * n]);
        let (b, out) = (Array::from_slice(&[1, n, n], &one).unwrap(), Array::from_slice(&[1, n, n], &one).unwrap());
        matmul(Scalar::Int(1), Scalar::Int(0), &[a.into(), b.into()], std::slice::from_ref(&out)).unwrap();
        let first = crate::dense::read::<c32>(&out).unwrap()[0];
        assert_eq!((first.re, first.im), (f32::INFINITY, f32::INFINITY), "{n}");
    }
}

/// Sums of half types, of small whole numbers so that they are exact in float32, against what they round to.
fn check_half<S: Source<f32> + FromScalar + std::fmt::Debug>([batch, m, n, k]: [usize; 4], kinds: [usize; 3]) {
    let (a, b) = (arrange::<S>([batch, m, k], kinds[0], 1), arrange::<S>([batch, k, n], kinds[1], 2));
    let out = arrange::<S>([batch, m, n], kinds[2] % 3, 4);
    matmul(Scalar::Int(1), Scalar::Int(0), &[a.clone().into(), b.clone().into()], std::slice::from_ref(&out)).unwrap();
    for s in 0..batch {
        for i in 0..m {
            for j in 0..n {
                let sum: f32 = (0..k).map(|k| at::<S>(&a, s, i, k).widen() * at::<S>(&b, s, k, j).widen()).sum();
                let want = S::narrow(sum);
                assert_eq!(at::<S>(&out, s, i, j), want, "{batch} x ({m}, {k}) @ ({k}, {n}), layouts {kinds:?}, {s} {i} {j}");
            }
        }
    }
}

#[test]
fn every_layout_of_half_types() {
    for shape in SHAPES.into_iter().chain([[1, 30, 40, 1301]]) {
        for kind in 0..5 {
            let kinds = [kind, (kind * 2 + 1) % 5, kind];
            check_half::<f16>(shape, kinds);
            check_half::<bf16>(shape, kinds);
        }
    }
}

#[test]
fn half_types_round_once() {
    let (a, b) = (vec![f16::from_f32(1.0 / 3.0); 3000], vec![f16::from_f32(3.0); 3000]);
    let (a, b) = (Array::from_slice(&[1, 1, 3000], &a).unwrap(), Array::from_slice(&[1, 3000, 1], &b).unwrap());
    let out = Array::from_slice(&[1, 1, 1], &[f16::ZERO]).unwrap();
    matmul(Scalar::Int(1), Scalar::Int(0), &[a.into(), b.into()], std::slice::from_ref(&out)).unwrap();
    let exact = 3000.0 * f16::from_f32(1.0 / 3.0).to_f32() * 3.0;
    assert_eq!(at::<f16>(&out, 0, 0, 0), f16::from_f32(exact));
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let n = 300;
    let data: Vec<f32> = (0..n * n).map(|i| ((i * 2_654_435_761) % 1000) as f32 / 999.0 - 0.5).collect();
    let a = Array::from_slice(&[1, n, n], &data).unwrap();
    on_any_threads(|| {
        let out = Array::from_slice(&[1, n, n], &data).unwrap();
        matmul(Scalar::Int(1), Scalar::Int(0), &[a.clone().into(), a.clone().into()], std::slice::from_ref(&out)).unwrap();
        crate::dense::read::<f32>(&out).unwrap().to_vec()
    });
}

#[test]
fn zero_beta_ignores_what_is_there() {
    let a = Array::from_slice(&[1, 2, 2], &[1f32, 0.0, 0.0, 1.0]).unwrap();
    let nan = Array::from_slice(&[1, 2, 2], &[f32::NAN; 4]).unwrap();
    let out = Array::from_slice(&[1, 2, 2], &[f32::NAN; 4]).unwrap();
    matmul(Scalar::Int(1), Scalar::Int(0), &[a.clone().into(), a.into(), nan.into()], std::slice::from_ref(&out)).unwrap();
    assert_eq!(crate::dense::read::<f32>(&out).unwrap(), [1.0, 0.0, 0.0, 1.0]);
}

/// Few rows times a factor by columns, and single rows and columns: dot products, of lengths that fill no vector.
#[test]
fn products_of_few_rows_are_dot_products() {
    let numbers =
        |n: usize, seed: usize| -> Vec<f32> { (0..n).map(|i| ((i * 7919 + seed) % 1009) as f32 / 500.0 - 1.0).collect() };
    for (m, k, n) in [(1, 333, 70), (2, 200, 131), (5, 1000, 33), (16, 1024, 300), (32, 48, 2000), (33, 200, 131), (70, 333, 1)] {
        let (a, b, c) = (numbers(m * k, 1), numbers(n * k, 2), numbers(m * n, 3));
        let first = Array::from_slice(&[1, m, k], &a).unwrap();
        let second = Array::from_slice(&[1, n, k], &b).unwrap();
        let second = second.with_layout(second.layout.transpose(1, 2));
        let third = Array::from_slice(&[1, m, n], &c).unwrap();
        let got = on_any_threads(|| {
            let out = Array::from_slice(&[1, m, n], &vec![f32::NAN; m * n]).unwrap();
            let inputs = [first.clone().into(), second.clone().into(), third.clone().into()];
            matmul(Scalar::Int(1), Scalar::Float(0.5), &inputs, std::slice::from_ref(&out)).unwrap();
            crate::dense::read::<f32>(&out).unwrap().to_vec()
        });
        for (place, got) in got.into_iter().enumerate() {
            let (i, j) = (place / n, place % n);
            let terms = (0..k).map(|l| f64::from(a[i * k + l]) * f64::from(b[j * k + l]));
            let wanted = terms.sum::<f64>() + 0.5 * f64::from(c[place]);
            assert!((f64::from(got) - wanted).abs() < 1e-3, "{m} x {k} x {n}: {got} at {i}, {j}, not {wanted}");
        }
    }
}
