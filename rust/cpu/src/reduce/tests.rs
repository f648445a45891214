//! Reductions against a naive walk, over every permutation and a few slices of the input.

use ferrotorch_kernel::kernel::Reduction;
use ferrotorch_kernel::{Array, DType, Device, Layout};

use super::reduce;
use crate::testing::on_any_threads;

/// Positions of the elements of a layout in row-major order.
fn positions(layout: &Layout) -> Vec<usize> {
    let mut out = vec![layout.offset() as isize];
    for (&n, &s) in layout.shape().iter().zip(layout.strides()) {
        out = out.iter().flat_map(|&p| (0..n as isize).map(move |i| p + i * s)).collect();
    }
    out.into_iter().map(|p| p as usize).collect()
}

fn values(n: usize) -> Vec<f32> {
    (0..n).map(|i| ((i * 7919 % 1013) as f32 - 500.0) / 64.0).collect()
}

/// Layouts over a row-major array of the shape: permuted, sliced, expanded, flipped.
fn layouts(shape: &[usize; 3]) -> Vec<Layout> {
    let base = Layout::contiguous(shape);
    let mut out = vec![base.clone()];
    for dims in [[0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        out.push(base.permute(&dims));
    }
    out.push(base.slice(2, 0, shape[2] / 2, 2));
    out.push(base.flip(&[1]));
    out.push(base.slice(1, 0, 1, 1).expand(shape).unwrap());
    out
}

/// Groups the elements of a layout by output and folds each group.
fn naive(data: &[f32], layout: &Layout, kept: &[usize], fold: impl Fn(&[f32]) -> f64) -> Vec<f64> {
    let shape = layout.shape();
    let mut groups = vec![Vec::new(); kept.iter().product()];
    for (number, position) in positions(layout).into_iter().enumerate() {
        let (mut rest, mut index) = (number, [0; 3]);
        for d in (0..3).rev() {
            index[d] = rest % shape[d];
            rest /= shape[d];
        }
        let group = (0..3).fold(0, |g, d| g * kept[d] + index[d] % kept[d].max(1));
        groups[group].push(data[position]);
    }
    groups.iter().map(|g| fold(g)).collect()
}

fn check(op: Reduction, fold: impl Fn(&[f32]) -> f64 + Copy) {
    for shape in [[3, 4, 5], [2, 300, 7], [70, 3, 64], [1, 1, 9]] {
        let data = values(shape.iter().product());
        let array = Array::from_slice(&shape, &data).unwrap();
        for layout in layouts(&shape) {
            for mask in 1..8usize {
                let kept: Vec<usize> = (0..3).map(|d| if mask >> d & 1 == 1 { 1 } else { layout.shape()[d] }).collect();
                let out = Array::empty(&kept, DType::Float32, Device::CPU).unwrap();
                reduce(op, &[array.with_layout(layout.clone()).into()], std::slice::from_ref(&out)).unwrap();
                let want = naive(&data, &layout, &kept, fold);
                for (got, want) in out.to_vec::<f32>().unwrap().into_iter().zip(want) {
                    let close = (got as f64 - want).abs() <= 1e-5 * want.abs().max(10.0) || got as f64 == want;
                    assert!(close, "{op:?} of {layout:?} over {mask:03b}: {got}, want {want}");
                }
            }
        }
    }
}

fn sum(x: &[f32]) -> f64 {
    x.iter().map(|&x| x as f64).sum()
}

#[test]
fn sums_and_means() {
    check(Reduction::Sum, sum);
    check(Reduction::Mean, |x| sum(x) / x.len() as f64);
}

/// Groups of rows that follow one another are folded together: to the same bits as rows with gaps between them.
#[test]
fn few_columns_may_lie_apart() {
    for (rows, width) in [(128, 2), (1000, 3), (700, 7), (700, 8), (500, 11), (300, 63), (300, 64)] {
        let apart = Array::from_slice(&[rows, width + 3], &values(rows * (width + 3))).unwrap();
        let apart = apart.with_layout(apart.layout.slice(1, 1, width, 1));
        let adjacent = Array::from_slice(&[rows, width], &apart.to_vec::<f32>().unwrap()).unwrap();
        let variance = Reduction::Variance { correction: 1.0, sqrt: false };
        for op in [Reduction::Sum, Reduction::Mean, Reduction::Max, Reduction::LogSumExp, variance] {
            let [a, b] = [&apart, &adjacent].map(|x| {
                let out = Array::empty(&[1, width], DType::Float32, Device::CPU).unwrap();
                reduce(op, &[x.clone().into()], std::slice::from_ref(&out)).unwrap();
                out.to_vec::<f32>().unwrap()
            });
            assert_eq!(a, b, "{op:?} of {rows} rows of {width}");
        }
    }
}

#[test]
fn extrema() {
    check(Reduction::Max, |x| x.iter().copied().fold(f32::NEG_INFINITY, f32::max) as f64);
    check(Reduction::Min, |x| x.iter().copied().fold(f32::INFINITY, f32::min) as f64);
}

#[test]
fn norms() {
    check(Reduction::Norm { p: 2.0 }, |x| x.iter().map(|&x| (x as f64).powi(2)).sum::<f64>().sqrt());
    check(Reduction::Norm { p: 1.0 }, |x| x.iter().map(|&x| x.abs() as f64).sum());
    check(Reduction::Norm { p: f64::INFINITY }, |x| x.iter().map(|&x| x.abs() as f64).fold(0.0, f64::max));
    check(Reduction::Norm { p: 0.0 }, |x| x.iter().filter(|&&x| x != 0.0).count() as f64);
}

#[test]
fn variances() {
    let variance = |x: &[f32], correction: f64| {
        let mean = sum(x) / x.len() as f64;
        x.iter().map(|&x| (x as f64 - mean).powi(2)).sum::<f64>() / (x.len() as f64 - correction).max(0.0)
    };
    check(Reduction::Variance { correction: 0.0, sqrt: false }, |x| variance(x, 0.0));
    check(Reduction::Variance { correction: 0.0, sqrt: true }, |x| variance(x, 0.0).sqrt());
}

#[test]
fn log_sums() {
    check(Reduction::LogSumExp, |x| x.iter().map(|&x| (x as f64).exp()).sum::<f64>().ln());
}

#[test]
fn nan_wins_and_stays() {
    for place in [0, 5, 99] {
        let mut data = values(100);
        data[place] = f32::NAN;
        let array = Array::from_slice(&[100], &data).unwrap();
        for op in [Reduction::Max, Reduction::Min, Reduction::Sum] {
            let out = Array::empty(&[1], DType::Float32, Device::CPU).unwrap();
            reduce(op, &[array.clone().into()], std::slice::from_ref(&out)).unwrap();
            assert!(out.to_vec::<f32>().unwrap()[0].is_nan(), "{op:?} with NaN at {place}");
        }
    }
}

#[test]
fn empty_reductions_give_the_neutral_element() {
    let array = Array::empty(&[3, 0], DType::Float32, Device::CPU).unwrap();
    for (op, want) in [(Reduction::Sum, 0.0), (Reduction::Prod, 1.0), (Reduction::Norm { p: 2.0 }, 0.0)] {
        let out = Array::empty(&[3, 1], DType::Float32, Device::CPU).unwrap();
        reduce(op, &[array.clone().into()], std::slice::from_ref(&out)).unwrap();
        assert_eq!(out.to_vec::<f32>().unwrap(), [want; 3]);
    }
}

#[test]
fn long_float32_sums_are_accurate_and_do_not_depend_on_the_threads() {
    let data = vec![0.1f32; 3_000_001];
    let array = Array::from_slice(&[data.len()], &data).unwrap();
    let total = on_any_threads(|| {
        let out = Array::empty(&[1], DType::Float32, Device::CPU).unwrap();
        reduce(Reduction::Sum, &[array.clone().into()], std::slice::from_ref(&out)).unwrap();
        out.to_vec::<f32>().unwrap()[0]
    });
    assert!((total as f64 / (0.1f32 as f64 * data.len() as f64) - 1.0).abs() < 1e-6);
}

/// Every second column of a `[3, 8]` array, whose columns count 0, 1, 2, ... modulo 5, in a dtype; and its transpose.
fn every_second_column(dtype: DType) -> [Array; 2] {
    let values: Vec<f32> = (0..24).map(|i| (i % 8 % 5) as f32).collect();
    let array = Array::from_slice(&[3, 8], &values).unwrap().to_dtype(dtype).unwrap();
    let layout = Layout::contiguous(&[3, 8]).slice(1, 0, 4, 2);
    [array.with_layout(layout.clone()), array.with_layout(layout.transpose(0, 1))]
}

fn reduced(op: Reduction, array: Array, shape: &[usize], dtype: DType) -> Vec<f64> {
    let out = Array::empty(shape, dtype, Device::CPU).unwrap();
    reduce(op, &[array.into()], std::slice::from_ref(&out)).unwrap();
    out.to_dtype(DType::Float64).unwrap().to_vec().unwrap()
}

#[test]
fn every_dtype_is_folded_over_strides() {
    crate::register().unwrap();
    // The columns are 0, 2, 4, 1, three rows of them.
    for dtype in DType::ALL.into_iter().filter(|&dtype| !dtype.is_barebones() && dtype != DType::Bool) {
        let [rows, columns] = every_second_column(dtype);
        assert_eq!(reduced(Reduction::Sum, rows.clone(), &[3, 1], dtype), [7.0; 3], "{}", dtype.name());
        assert_eq!(reduced(Reduction::Sum, rows.clone(), &[1, 4], dtype), [0.0, 6.0, 12.0, 3.0], "{}", dtype.name());
        assert_eq!(reduced(Reduction::Sum, columns.clone(), &[4, 1], dtype), [0.0, 6.0, 12.0, 3.0], "{}", dtype.name());
        assert_eq!(reduced(Reduction::Prod, columns, &[4, 1], dtype), [0.0, 8.0, 64.0, 1.0], "{}", dtype.name());
        assert_eq!(reduced(Reduction::CountNonzero, rows, &[1, 1], DType::Int64), [9.0], "{}", dtype.name());
    }
}

#[test]
fn zeros_below_zero_are_not_true() {
    crate::register().unwrap();
    for dtype in DType::ALL.into_iter().filter(|&dtype| !dtype.is_barebones() && dtype.is_float()) {
        let array = Array::from_slice(&[2], &[-0.0f32, 0.0]).unwrap().to_dtype(dtype).unwrap();
        assert_eq!(reduced(Reduction::Any, array.clone(), &[1], DType::Bool), [0.0], "{}", dtype.name());
        assert_eq!(reduced(Reduction::CountNonzero, array, &[1], DType::Int64), [0.0], "{}", dtype.name());
    }
}

#[test]
fn long_reductions_are_cut_into_pieces() {
    let n = 300_000;
    let array = Array::from_slice(&[n], &(0..n as i64).collect::<Vec<_>>()).unwrap();
    assert_eq!(reduced(Reduction::Sum, array.clone(), &[1], DType::Int64), [(n * (n - 1) / 2) as f64]);
    let backwards = array.with_layout(array.layout.flip(&[0]));
    assert_eq!(reduced(Reduction::Max, backwards, &[1], DType::Int64), [(n - 1) as f64]);
    let columns = array.with_layout(Layout::contiguous(&[n / 3, 3]));
    let sums: Vec<f64> = (0..3).map(|c| (0..n / 3).map(|r| (3 * r + c) as f64).sum()).collect();
    assert_eq!(reduced(Reduction::Sum, columns, &[1, 3], DType::Int64), sums);
}

#[test]
fn sums_of_one_element_that_is_repeated() {
    let one = Array::from_slice(&[1], &[1f32]).unwrap();
    for (shape, out) in
        [([3000, 50, 7], [1, 50, 1]), ([1 << 11, 9, 1 << 11], [1, 9, 1]), ([1 << 11, 9, 1 << 11], [1 << 11, 1, 1])]
    {
        let array = one.with_layout(Layout::strided(&shape, &[0, 0, 0], 0));
        let kept: usize = out.iter().product();
        let each = shape.iter().product::<usize>() / kept;
        assert_eq!(reduced(Reduction::Sum, array, &out, DType::Float32), vec![each as f64; kept]);
    }
}

/// Outputs whose stretches lie side by side are folded together, alone at the end of a chunk, or by several threads.
#[test]
fn sums_over_outer_and_inner_dimensions_do_not_depend_on_the_threads() {
    for shape in [[40, 65, 30], [9, 400, 200], [5, 33, 2100]] {
        let array = Array::from_slice(&shape, &values(shape.iter().product())).unwrap();
        on_any_threads(|| {
            let out = Array::empty(&[1, shape[1], 1], DType::Float32, Device::CPU).unwrap();
            reduce(Reduction::Sum, &[array.clone().into()], std::slice::from_ref(&out)).unwrap();
            out.to_vec::<f32>().unwrap()
        });
    }
}
