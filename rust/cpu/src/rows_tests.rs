//! Kernels that work along one dimension, against values worked out by hand or by a naive loop.

use ferrotorch_core::dtype::Element;
use ferrotorch_core::kernel::{Combine, Extremum, Scan};
use ferrotorch_core::{Array, DType, Device, Operand};

use crate::{argreduce, gather, index, nonzero, scan, search, softmax, sort, triangle};

fn array<T: Element>(shape: &[usize], values: &[T]) -> Array {
    Array::from_slice(shape, values).unwrap()
}

fn empty(shape: &[usize], dtype: DType) -> Array {
    Array::empty(shape, dtype, Device::CPU).unwrap()
}

/// The same elements stored with the two dimensions exchanged.
fn stored_by_columns<T: Element>(rows: usize, columns: usize, values: &[T]) -> Array {
    let swapped: Vec<T> =
        (0..columns).flat_map(|c| (0..rows).map(move |r| (r, c))).map(|(r, c)| values[r * columns + c]).collect();
    let stored = array(&[columns, rows], &swapped);
    stored.with_layout(stored.layout.transpose(0, 1))
}

#[test]
fn gather_reads_and_scatter_writes_along_a_dimension() {
    let x = stored_by_columns(2, 3, &[1.0f32, 2.0, 3.0, 4.0, 5.0, 6.0]);
    let i = array(&[2, 2], &[2i64, 0, 1, 1]);
    let out = empty(&[2, 2], DType::Float32);
    gather::gather(1, &[x.into(), i.clone().into()], std::slice::from_ref(&out)).unwrap();
    assert_eq!(out.to_vec::<f32>().unwrap(), [3.0, 1.0, 5.0, 5.0]);
    let target = array(&[2, 3], &[0.0f32; 6]);
    gather::scatter(1, Combine::Add, &[i.clone().into(), out.into()], std::slice::from_ref(&target)).unwrap();
    assert_eq!(target.to_vec::<f32>().unwrap(), [1.0, 0.0, 3.0, 0.0, 10.0, 0.0]);
    gather::scatter(1, Combine::Assign, &[i.into(), Operand::Scalar(7.0.into())], std::slice::from_ref(&target)).unwrap();
    assert_eq!(target.to_vec::<f32>().unwrap(), [7.0, 0.0, 7.0, 0.0, 7.0, 0.0]);
}

#[test]
fn indices_out_of_range_are_errors() {
    let x = array(&[3], &[1.0f32, 2.0, 3.0]);
    for bad in [3i64, -1] {
        let error =
            gather::gather(0, &[x.clone().into(), array(&[1], &[bad]).into()], &[empty(&[1], DType::Float32)]).unwrap_err();
        assert!(error.to_string().contains(&format!("index {bad} is out of bounds for dimension 0 with size 3")), "{error}");
    }
    assert!(index::index(true, &[x.clone().into(), array(&[1], &[-4i64]).into()], &[empty(&[1], DType::Float32)]).is_err());
    assert!(index::index(false, &[x.clone().into(), array(&[1], &[-1i64]).into()], &[empty(&[1], DType::Float32)]).is_err());
    assert!(index::index_put(Combine::Assign, true, &[x.clone().into(), array(&[3], &[0i64, 1, 3]).into()], &[x]).is_err());
}

#[test]
fn index_picks_rows_and_index_put_adds_them_back() {
    let x = array(&[3, 2], &[1i32, 2, 3, 4, 5, 6]);
    let i = array(&[4], &[2i64, 0, -1, 2]);
    let out = empty(&[4, 2], DType::Int32);
    index::index(true, &[x.clone().into(), i.clone().into()], std::slice::from_ref(&out)).unwrap();
    assert_eq!(out.to_vec::<i32>().unwrap(), [5, 6, 1, 2, 5, 6, 5, 6]);
    index::index_put(Combine::Add, true, &[out.into(), i.into()], std::slice::from_ref(&x)).unwrap();
    assert_eq!(x.to_vec::<i32>().unwrap(), [2, 4, 3, 4, 20, 24]);
}

#[test]
fn index_takes_pairs_and_any_strides() {
    let x = stored_by_columns(2, 3, &[1.0f64, 2.0, 3.0, 4.0, 5.0, 6.0]);
    let (r, c) = (array(&[3], &[0i64, 1, 1]), array(&[3], &[2i64, 0, 2]));
    let out = empty(&[3], DType::Float64);
    index::index(true, &[x.clone().into(), r.into(), c.into()], std::slice::from_ref(&out)).unwrap();
    assert_eq!(out.to_vec::<f64>().unwrap(), [3.0, 4.0, 6.0]);
    let out = empty(&[1, 3], DType::Float64);
    index::index(true, &[x.into(), array(&[1], &[1i64]).into()], std::slice::from_ref(&out)).unwrap();
    assert_eq!(out.to_vec::<f64>().unwrap(), [4.0, 5.0, 6.0]);
}

#[test]
fn many_additions_to_few_rows_happen_in_order() {
    let (n, rows, columns) = (5000usize, 7usize, 16usize);
    let values: Vec<f32> = (0..n * columns).map(|i| (i as f32 * 0.37).sin()).collect();
    let slots: Vec<i64> = (0..n as i64).map(|i| i * i % rows as i64).collect();
    let mut want = vec![0.0f32; rows * columns];
    for (i, &slot) in slots.iter().enumerate() {
        (0..columns).for_each(|c| want[slot as usize * columns + c] += values[i * columns + c]);
    }
    let out = array(&[rows, columns], &vec![0.0f32; rows * columns]);
    index::index_put(
        Combine::Add,
        true,
        &[array(&[n, columns], &values).into(), array(&[n], &slots).into()],
        std::slice::from_ref(&out),
    )
    .unwrap();
    assert_eq!(out.to_vec::<f32>().unwrap(), want);
}

#[test]
fn sort_is_stable_and_puts_nan_last() {
    let x = array(&[6], &[2.0f32, f32::NAN, -1.0, 2.0, -0.0, 0.0]);
    let (values, indices) = (empty(&[6], DType::Float32), empty(&[6], DType::Int64));
    sort::sort(0, false, &[x.clone().into()], &[values.clone(), indices.clone()]).unwrap();
    assert_eq!(indices.to_vec::<i64>().unwrap(), [2, 4, 5, 0, 3, 1]);
    assert!(values.to_vec::<f32>().unwrap()[5].is_nan());
    sort::sort(0, true, &[x.into()], &[values, indices.clone()]).unwrap();
    assert_eq!(indices.to_vec::<i64>().unwrap(), [1, 0, 3, 4, 5, 2]);
}

#[test]
fn long_sorts_agree_with_the_standard_library() {
    let data: Vec<f32> = (0..3000).map(|i| ((i * 7919 % 1013) as f32 - 500.0) / 7.0).collect();
    let longs: Vec<i64> = data.iter().map(|x| (*x * 1e12) as i64).collect();
    let mut want: Vec<usize> = (0..data.len()).collect();
    want.sort_by(|&a, &b| data[a].total_cmp(&data[b]));
    let want: Vec<i64> = want.into_iter().map(|i| i as i64).collect();
    let indices = empty(&[3000], DType::Int64);
    sort::sort(0, false, &[array(&[3000], &data).into()], &[empty(&[3000], DType::Float32), indices.clone()]).unwrap();
    assert_eq!(indices.to_vec::<i64>().unwrap(), want);
    sort::sort(0, false, &[array(&[3000], &longs).into()], &[empty(&[3000], DType::Int64), indices.clone()]).unwrap();
    assert_eq!(indices.to_vec::<i64>().unwrap(), want);
    let (top, places) = (empty(&[5], DType::Float32), empty(&[5], DType::Int64));
    sort::top_k(5, 0, false, &[array(&[3000], &data).into()], &[top, places.clone()]).unwrap();
    assert_eq!(places.to_vec::<i64>().unwrap(), want[..5]);
}

#[test]
fn extrema_say_where() {
    let x = stored_by_columns(2, 3, &[1.0f32, 3.0, 3.0, f32::NAN, 0.0, f32::NAN]);
    let (values, indices) = (empty(&[2, 1], DType::Float32), empty(&[2, 1], DType::Int64));
    argreduce::arg_reduce(Extremum::Max, 1, &[x.clone().into()], &[values.clone(), indices.clone()]).unwrap();
    assert_eq!(indices.to_vec::<i64>().unwrap(), [1, 0]);
    argreduce::arg_reduce(Extremum::Min, 1, &[x.into()], &[values, indices.clone()]).unwrap();
    assert_eq!(indices.to_vec::<i64>().unwrap(), [0, 0]);
}

#[test]
fn scans_run_along_their_dimension() {
    let x = stored_by_columns(2, 3, &[1i64, 2, 3, 4, 5, 6]);
    let out = empty(&[2, 3], DType::Int64);
    scan::scan(Scan::Sum, 0, &[x.clone().into()], std::slice::from_ref(&out)).unwrap();
    assert_eq!(out.to_vec::<i64>().unwrap(), [1, 2, 3, 5, 7, 9]);
    scan::scan(Scan::Prod, 1, &[x.into()], std::slice::from_ref(&out)).unwrap();
    assert_eq!(out.to_vec::<i64>().unwrap(), [1, 2, 6, 4, 20, 120]);
    let (values, indices) = (empty(&[4], DType::Float32), empty(&[4], DType::Int64));
    scan::scan(Scan::Max, 0, &[array(&[4], &[1.0f32, 3.0, 3.0, 2.0]).into()], &[values, indices.clone()]).unwrap();
    assert_eq!(indices.to_vec::<i64>().unwrap(), [0, 1, 2, 2]);
}

#[test]
fn softmax_sums_to_one_and_survives_large_inputs() {
    let x = array(&[2, 3], &[1000.0f32, 1000.0, 1000.0, 0.0, f32::NEG_INFINITY, 0.0]);
    let out = empty(&[2, 3], DType::Float32);
    softmax::softmax(1, false, &[x.clone().into()], std::slice::from_ref(&out)).unwrap();
    let third = 1.0 / 3.0;
    out.to_vec::<f32>()
        .unwrap()
        .iter()
        .zip([third, third, third, 0.5, 0.0, 0.5])
        .for_each(|(a, b)| assert!((a - b).abs() < 1e-6));
    softmax::softmax(1, true, &[x.into()], std::slice::from_ref(&out)).unwrap();
    assert!((out.to_vec::<f32>().unwrap()[0] + 3f32.ln()).abs() < 1e-6);
}

#[test]
fn searches_and_triangles_and_coordinates() {
    let out = empty(&[3], DType::Int64);
    let inputs = [array(&[4], &[1i32, 3, 3, 5]).into(), array(&[3], &[3i32, 0, 9]).into()];
    search::search_sorted(false, &inputs, std::slice::from_ref(&out)).unwrap();
    assert_eq!(out.to_vec::<i64>().unwrap(), [1, 0, 4]);
    search::search_sorted(true, &inputs, std::slice::from_ref(&out)).unwrap();
    assert_eq!(out.to_vec::<i64>().unwrap(), [3, 0, 4]);

    let x = stored_by_columns(2, 3, &[1i16, 2, 3, 4, 5, 6]);
    let out = empty(&[2, 3], DType::Int16);
    triangle::triangle(0, true, &[x.clone().into()], std::slice::from_ref(&out)).unwrap();
    assert_eq!(out.to_vec::<i16>().unwrap(), [1, 2, 3, 0, 5, 6]);
    triangle::triangle(-1, false, &[x.into()], std::slice::from_ref(&out)).unwrap();
    assert_eq!(out.to_vec::<i16>().unwrap(), [0, 0, 0, 4, 0, 0]);

    let out = empty(&[2, 2], DType::Int64);
    nonzero::nonzero(&[stored_by_columns(2, 3, &[0u8, 0, 7, 1, 0, 0]).into()], std::slice::from_ref(&out)).unwrap();
    assert_eq!(out.to_vec::<i64>().unwrap(), [0, 2, 1, 0]);
}

/// Values without order, some of them twice, some not numbers.
fn scattered(n: usize) -> Vec<f32> {
    (0..n).map(|i| if i % 97 == 5 { f32::NAN } else { ((i * 7919 % 1013) as f32 - 500.0) / 70.0 }).collect()
}

/// Runs a kernel along the middle dimension of an array, and along the last of the same array seen the other way: the first
/// takes many lines together, the second one at a time. Returns the outputs in the order of the first.
fn both_ways(x: &Array, rows: usize, dtypes: &[DType], run: impl Fn(usize, &Array, &[Array])) -> [Vec<Array>; 2] {
    let turned = |array: &Array| array.with_layout(array.layout.transpose(1, 2));
    let shape = [x.shape()[0], rows, x.shape()[2]];
    let outputs = || dtypes.iter().map(|&dtype| empty(&shape, dtype)).collect::<Vec<_>>();
    let (together, alone) = (outputs(), outputs());
    run(1, x, &together);
    run(2, &turned(x), &alone.iter().map(turned).collect::<Vec<_>>());
    [together, alone]
}

fn assert_alike(a: &Array, b: &Array, tolerance: f32) {
    for (a, b) in a.to_vec::<f32>().unwrap().into_iter().zip(b.to_vec::<f32>().unwrap()) {
        assert!((a - b).abs() <= tolerance || (a.is_nan() && b.is_nan()) || a == b, "{a} and {b}");
    }
}

/// Arrays of (2, 37, columns): contiguous, and with steps between columns and rows.
fn planes(columns: usize) -> [Array; 2] {
    let dense = array(&[2, 37, columns], &scattered(2 * 37 * columns));
    let wide = array(&[2, 37, 2 * columns], &scattered(4 * 37 * columns));
    let apart = wide.with_layout(wide.layout.slice(2, 1, columns, 2));
    [dense, apart]
}

#[test]
fn extrema_and_scans_of_many_lines_are_those_of_each() {
    for x in [9, 40].into_iter().flat_map(planes) {
        for op in [Extremum::Max, Extremum::Min] {
            let [together, alone] = both_ways(&x, 1, &[DType::Float32, DType::Int64], |dim, x, out| {
                argreduce::arg_reduce(op, dim, &[x.clone().into()], out).unwrap();
            });
            assert_alike(&together[0], &alone[0], 0.0);
            assert_eq!(together[1].to_vec::<i64>().unwrap(), alone[1].to_vec::<i64>().unwrap());
        }
        for op in [Scan::Max, Scan::Min] {
            let [together, alone] = both_ways(&x, 37, &[DType::Float32, DType::Int64], |dim, x, out| {
                scan::scan(op, dim, &[x.clone().into()], out).unwrap();
            });
            assert_alike(&together[0], &alone[0], 0.0);
            assert_eq!(together[1].to_vec::<i64>().unwrap(), alone[1].to_vec::<i64>().unwrap());
        }
        for op in [Scan::Sum, Scan::Prod, Scan::LogSumExp] {
            let [together, alone] = both_ways(&x, 37, &[DType::Float32], |dim, x, out| {
                scan::scan(op, dim, &[x.clone().into()], out).unwrap();
            });
            assert_alike(&together[0], &alone[0], 0.0);
        }
    }
}

#[test]
fn softmax_of_many_lines_is_that_of_each() {
    for x in [9, 40].into_iter().flat_map(planes) {
        for log in [false, true] {
            let [together, alone] = both_ways(&x, 37, &[DType::Float32], |dim, x, out| {
                softmax::softmax(dim, log, &[x.clone().into()], out).unwrap();
            });
            assert_alike(&together[0], &alone[0], 1e-5);
            let [together, alone] = both_ways(&x, 37, &[DType::Float32], |dim, x, out| {
                softmax::softmax_grad(dim, log, &[x.clone().into(), x.clone().into()], out).unwrap();
            });
            assert_alike(&together[0], &alone[0], 0.1);
        }
    }
}

#[test]
fn softmax_of_columns_that_begin_or_end_at_infinity() {
    let (rows, columns) = (40usize, 8usize);
    let low = f32::NEG_INFINITY;
    // The first half of each column is minus infinity, or all of it, or plus infinity comes last.
    let value = |r: usize, c: usize| match c {
        0 => low,
        1 if r == rows - 1 => f32::INFINITY,
        2 if r == 0 => -1e4,
        2 => low,
        _ if r < 20 => low,
        _ => 0.0,
    };
    let values: Vec<f32> = (0..rows * columns).map(|i| value(i / columns, i % columns)).collect();
    let out = empty(&[rows, columns], DType::Float32);
    softmax::softmax(0, false, &[array(&[rows, columns], &values).into()], std::slice::from_ref(&out)).unwrap();
    let out = out.to_vec::<f32>().unwrap();
    for (i, x) in out.into_iter().enumerate() {
        match (i / columns, i % columns) {
            (_, 0 | 1) => assert!(x.is_nan()),
            (r, 2) => assert_eq!(x, if r == 0 { 1.0 } else { 0.0 }),
            (r, _) => assert!((x - if r < 20 { 0.0 } else { 0.05 }).abs() < 1e-6),
        }
    }
}

#[test]
fn an_index_shared_by_slices_moves_them_whole() {
    let (n, columns) = (5000usize, 24usize);
    let source = array(&[n, columns], &(0..n * columns).map(|i| (i as f32 * 0.37).sin()).collect::<Vec<_>>());
    let index = array(&[n, 1], &(0..n as i64).map(|i| i * i % 7).collect::<Vec<_>>());
    let shared = index.with_layout(index.layout.expand(&[n, columns]).unwrap());
    let own = array(&[n, columns], &shared.to_vec::<i64>().unwrap());
    let scattered = |index: &Array, combine: Combine| {
        let out = array(&[7, columns], &vec![0.5f32; 7 * columns]);
        gather::scatter(0, combine, &[index.clone().into(), source.clone().into()], std::slice::from_ref(&out)).unwrap();
        out.to_vec::<f32>().unwrap()
    };
    for combine in [Combine::Assign, Combine::Add, Combine::Mul, Combine::Max, Combine::Min] {
        assert_eq!(scattered(&shared, combine), scattered(&own, combine));
    }
    let gathered = |index: &Array| {
        let out = empty(&[n, columns], DType::Float32);
        gather::gather(0, &[source.clone().into(), index.clone().into()], std::slice::from_ref(&out)).unwrap();
        out.to_vec::<f32>().unwrap()
    };
    assert_eq!(gathered(&shared), gathered(&own));
    let bad = array(&[1, 1], &[-1i64]);
    let bad = bad.with_layout(bad.layout.expand(&[1, columns]).unwrap());
    let error = gather::gather(0, &[source.into(), bad.into()], &[empty(&[1, columns], DType::Float32)]).unwrap_err();
    assert!(error.to_string().contains("index -1 is out of bounds for dimension 0 with size 5000"), "{error}");
}

#[test]
fn additions_to_strided_rows_and_of_repeated_values() {
    let (n, rows, columns) = (4000usize, 50usize, 16usize);
    let slots: Vec<i64> = (0..n as i64).map(|i| i * 31 % rows as i64 - rows as i64).collect();
    let index = array(&[n], &slots);
    let one = array(&[1, 1], &[1i32]);
    let ones = one.with_layout(one.layout.expand(&[n, columns]).unwrap());
    let target = array(&[columns, rows], &vec![0i32; rows * columns]);
    let turned = target.with_layout(target.layout.transpose(0, 1).flip(&[0]));
    index::index_put(Combine::Add, true, &[ones.clone().into(), index.clone().into()], std::slice::from_ref(&turned)).unwrap();
    assert_eq!(turned.to_vec::<i32>().unwrap(), vec![(n / rows) as i32; rows * columns]);
    let dense = array(&[rows, columns], &vec![0i32; rows * columns]);
    index::index_put(Combine::Add, true, &[ones.into(), index.into()], std::slice::from_ref(&dense)).unwrap();
    assert_eq!(dense.to_vec::<i32>().unwrap(), vec![(n / rows) as i32; rows * columns]);
}
