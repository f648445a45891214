use ferrotorch_kernel::dtype::{c32, c64};

use super::*;
use crate::testing::{array, empty};

fn values(n: usize) -> Vec<c64> {
    (0..n).map(|i| c64::new((i * 7 % 11) as f64 - 4.5, (i * 5 % 13) as f64 - 6.0)).collect()
}

/// The definition, along one dimension of a row-major array.
fn by_definition(x: &[c64], shape: &[usize], dim: usize, sign: f64) -> Vec<c64> {
    let n = shape[dim];
    let inner: usize = shape[dim + 1..].iter().product();
    let term = |at: usize, k: usize, m: usize| {
        x[at + m * inner] * c64::cis(sign * std::f64::consts::TAU * ((k * m) % n) as f64 / n as f64)
    };
    let element = |i: usize| {
        let k = i / inner % n;
        (0..n).map(|m| term(i - k * inner, k, m)).sum()
    };
    (0..x.len()).map(element).collect()
}

fn assert_close(got: &[c64], wanted: &[c64], what: &str) {
    for (i, (got, wanted)) in got.iter().zip(wanted).enumerate() {
        assert!((got - wanted).norm() < 1e-10 * wanted.norm().max(100.0), "{what}: element {i} is {got}, not {wanted}");
    }
}

#[test]
fn every_dimension_and_layout() {
    for shape in [[3usize, 4, 5], [1, 7, 1], [2, 64, 9], [5, 1, 37]] {
        let x = values(shape.iter().product());
        let input = array(&shape, &x);
        for dims in [&[0usize][..], &[1], &[2], &[0, 2], &[2, 1, 0]] {
            for (transform, sign) in [(Fourier::Forward, -1.0), (Fourier::Backward, 1.0)] {
                let mut wanted = x.clone();
                for &dim in dims {
                    wanted = by_definition(&wanted, &shape, dim, sign);
                }
                wanted.iter_mut().for_each(|x| *x *= 0.5);
                let out = empty(&shape, DType::Complex128);
                fft(transform, dims, 0.5, &[input.clone().into()], std::slice::from_ref(&out)).unwrap();
                assert_close(&out.to_vec::<c64>().unwrap(), &wanted, &format!("{transform:?} of {shape:?} along {dims:?}"));
                // The same elements, with the dimensions in another order.
                let turned = input.with_layout(input.layout.permute(&[2, 0, 1])).contiguous().unwrap();
                let turned = turned.with_layout(turned.layout.permute(&[1, 2, 0]));
                fft(transform, dims, 0.5, &[turned.into()], std::slice::from_ref(&out)).unwrap();
                assert_close(&out.to_vec::<c64>().unwrap(), &wanted, &format!("{transform:?} of a permuted {shape:?}"));
            }
        }
    }
}

#[test]
fn real_lines_and_back() {
    for n in [1usize, 2, 3, 8, 15, 31, 100] {
        for dim in [0usize, 1] {
            let (shape, half) = if dim == 0 { ([n, 3], [n / 2 + 1, 3]) } else { ([3, n], [3, n / 2 + 1]) };
            let x: Vec<f64> = values(3 * n).iter().map(|x| x.re).collect();
            let as_complex: Vec<c64> = x.iter().map(|&x| x.into()).collect();
            let all = by_definition(&as_complex, &shape, dim, -1.0);
            let input = array(&shape, &x);
            let full = empty(&shape, DType::Complex128);
            fft(Fourier::OfReal, &[dim], 1.0, &[input.clone().into()], std::slice::from_ref(&full)).unwrap();
            assert_close(&full.to_vec::<c64>().unwrap(), &all, &format!("all coefficients of {n}"));
            let first = empty(&half, DType::Complex128);
            fft(Fourier::OfReal, &[dim], 1.0, &[input.clone().into()], std::slice::from_ref(&first)).unwrap();
            let cut = full.with_layout(full.layout.slice(dim, 0, n / 2 + 1, 1));
            assert_close(&first.to_vec::<c64>().unwrap(), &cut.to_vec::<c64>().unwrap(), &format!("half of {n}"));
            let back = empty(&shape, DType::Float64);
            fft(Fourier::ToReal, &[dim], 1.0 / n as f64, &[first.into()], std::slice::from_ref(&back)).unwrap();
            let back: Vec<c64> = back.to_vec::<f64>().unwrap().into_iter().map(Into::into).collect();
            assert_close(&back, &as_complex, &format!("{n} and back"));
        }
    }
}

#[test]
fn single_precision_to_its_own_accuracy() {
    let x = values(1000);
    let single: Vec<c32> = x.iter().map(|x| c32::new(x.re as f32, x.im as f32)).collect();
    let input = array(&[1000], &single);
    let out = empty(&[1000], DType::Complex64);
    fft(Fourier::Forward, &[0], 1.0, &[input.into()], std::slice::from_ref(&out)).unwrap();
    let wanted = by_definition(&x, &[1000], 0, -1.0);
    let largest = wanted.iter().map(|x| x.norm()).fold(0.0, f64::max);
    for (got, wanted) in out.to_vec::<c32>().unwrap().iter().zip(&wanted) {
        assert!((c64::new(got.re as f64, got.im as f64) - wanted).norm() < 1e-6 * largest);
    }
}

#[test]
fn long_lines_as_many_short_ones() {
    for n in [1usize << 21, 3 * 5 * 137 * 1021, 2 * 1_048_583] {
        assert_eq!(long::sides(n).is_some(), n != 2 * 1_048_583, "{n}");
        for (transform, inverse) in [(Fourier::Forward, false), (Fourier::Backward, true)] {
            let x = values(2 * n);
            let mut wanted = x.clone();
            plan::complex::<f64>(n, inverse).unwrap().process(&mut wanted);
            let rows = array(&[2, n], &x);
            let out = empty(&[2, n], DType::Complex128);
            fft(transform, &[1], 1.0, &[rows.clone().into()], std::slice::from_ref(&out)).unwrap();
            assert_close(&out.to_vec::<c64>().unwrap(), &wanted, &format!("{n} in rows"));
            // The same lines as columns, of the input and of the result.
            let columns = rows.with_layout(rows.layout.transpose(0, 1)).contiguous().unwrap();
            let out = empty(&[n, 2], DType::Complex128);
            fft(transform, &[0], 1.0, &[columns.into()], std::slice::from_ref(&out)).unwrap();
            let turned = out.with_layout(out.layout.transpose(0, 1));
            assert_close(&turned.to_vec::<c64>().unwrap(), &wanted, &format!("{n} in columns"));
        }
    }
}

#[test]
fn long_real_lines_by_their_pairs() {
    let (n, half) = (1usize << 22, (1 << 21) + 1);
    let x: Vec<f64> = values(2 * n).iter().map(|x| x.re).collect();
    let mut wanted: Vec<c64> = x.iter().map(|&x| x.into()).collect();
    plan::complex::<f64>(n, false).unwrap().process(&mut wanted);
    let columns = array(&[2, n], &x);
    let columns = columns.with_layout(columns.layout.transpose(0, 1)).contiguous().unwrap();
    let rows = |array: &Array| array.with_layout(array.layout.transpose(0, 1));
    let out = empty(&[n, 2], DType::Complex128);
    fft(Fourier::OfReal, &[0], 1.0, &[columns.clone().into()], std::slice::from_ref(&out)).unwrap();
    assert_close(&rows(&out).to_vec::<c64>().unwrap(), &wanted, "all coefficients");
    let first = empty(&[half, 2], DType::Complex128);
    fft(Fourier::OfReal, &[0], 1.0, &[columns.clone().into()], std::slice::from_ref(&first)).unwrap();
    assert_close(&rows(&first).to_vec::<c64>().unwrap()[..half], &wanted[..half], "half of the coefficients");
    let back = empty(&[n, 2], DType::Float64);
    fft(Fourier::ToReal, &[0], 1.0 / n as f64, &[first.into()], std::slice::from_ref(&back)).unwrap();
    let back: Vec<c64> = rows(&back).to_vec::<f64>().unwrap().into_iter().map(Into::into).collect();
    let wanted: Vec<c64> = x.into_iter().map(Into::into).collect();
    assert_close(&back, &wanted, "and back");
}
