use ferrotorch_kernel::DType;

use super::{softmax, softmax_grad};
use crate::testing::{array, assert_alike, both_ways, empty, planes};

#[test]
fn softmax_sums_to_one_and_survives_large_inputs() {
    let x = array(&[2, 3], &[1000.0f32, 1000.0, 1000.0, 0.0, f32::NEG_INFINITY, 0.0]);
    let out = empty(&[2, 3], DType::Float32);
    softmax(1, false, &[x.clone().into()], std::slice::from_ref(&out)).unwrap();
    let third = 1.0 / 3.0;
    out.to_vec::<f32>()
        .unwrap()
        .iter()
        .zip([third, third, third, 0.5, 0.0, 0.5])
        .for_each(|(a, b)| assert!((a - b).abs() < 1e-6));
    softmax(1, true, &[x.into()], std::slice::from_ref(&out)).unwrap();
    assert!((out.to_vec::<f32>().unwrap()[0] + 3f32.ln()).abs() < 1e-6);
}

#[test]
fn softmax_of_many_lines_is_that_of_each() {
    for x in [9, 40].into_iter().flat_map(planes) {
        for log in [false, true] {
            let [together, alone] = both_ways(&x, 37, &[DType::Float32], |dim, x, out| {
                softmax(dim, log, &[x.clone().into()], out).unwrap();
            });
            assert_alike(&together[0], &alone[0], 1e-5);
            let [together, alone] = both_ways(&x, 37, &[DType::Float32], |dim, x, out| {
                let result = empty(x.shape(), DType::Float32);
                softmax(dim, log, &[x.clone().into()], std::slice::from_ref(&result)).unwrap();
                softmax_grad(dim, log, &[x.clone().into(), result.into()], out).unwrap();
            });
            assert_alike(&together[0], &alone[0], 1e-5);
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
    softmax(0, false, &[array(&[rows, columns], &values).into()], std::slice::from_ref(&out)).unwrap();
    let out = out.to_vec::<f32>().unwrap();
    for (i, x) in out.into_iter().enumerate() {
        match (i / columns, i % columns) {
            (_, 0 | 1) => assert!(x.is_nan()),
            (r, 2) => assert_eq!(x, if r == 0 { 1.0 } else { 0.0 }),
            (r, _) => assert!((x - if r < 20 { 0.0 } else { 0.05 }).abs() < 1e-6),
        }
    }
}
