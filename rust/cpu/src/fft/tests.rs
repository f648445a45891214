use ferrotorch_kernel::dtype::{c32, c64};

use super::*;

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
        let input = Array::from_slice(&shape, &x).unwrap();
        for dims in [&[0usize][..], &[1], &[2], &[0, 2], &[2, 1, 0]] {
            for (transform, sign) in [(Fourier::Forward, -1.0), (Fourier::Backward, 1.0)] {
                let mut wanted = x.clone();
                for &dim in dims {
                    wanted = by_definition(&wanted, &shape, dim, sign);
                }
                wanted.iter_mut().for_each(|x| *x *= 0.5);
                let out = Array::empty(&shape, DType::Complex128, input.device()).unwrap();
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
            let input = Array::from_slice(&shape, &x).unwrap();
            let full = Array::empty(&shape, DType::Complex128, input.device()).unwrap();
            fft(Fourier::OfReal, &[dim], 1.0, &[input.clone().into()], std::slice::from_ref(&full)).unwrap();
            assert_close(&full.to_vec::<c64>().unwrap(), &all, &format!("all coefficients of {n}"));
            let first = Array::empty(&half, DType::Complex128, input.device()).unwrap();
            fft(Fourier::OfReal, &[dim], 1.0, &[input.clone().into()], std::slice::from_ref(&first)).unwrap();
            let cut = full.with_layout(full.layout.slice(dim, 0, n / 2 + 1, 1));
            assert_close(&first.to_vec::<c64>().unwrap(), &cut.to_vec::<c64>().unwrap(), &format!("half of {n}"));
            let back = Array::empty(&shape, DType::Float64, input.device()).unwrap();
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
    let input = Array::from_slice(&[1000], &single).unwrap();
    let out = Array::empty(&[1000], DType::Complex64, input.device()).unwrap();
    fft(Fourier::Forward, &[0], 1.0, &[input.into()], std::slice::from_ref(&out)).unwrap();
    let wanted = by_definition(&x, &[1000], 0, -1.0);
    let largest = wanted.iter().map(|x| x.norm()).fold(0.0, f64::max);
    for (got, wanted) in out.to_vec::<c32>().unwrap().iter().zip(&wanted) {
        assert!((c64::new(got.re as f64, got.im as f64) - wanted).norm() < 1e-6 * largest);
    }
}
