use ferrotorch_kernel::DType;
use ferrotorch_kernel::kernel::Scan;

use super::scan;
use crate::testing::{array, assert_alike, both_ways, empty, planes, stored_by_columns};

#[test]
fn scans_run_along_their_dimension() {
    let x = stored_by_columns(2, 3, &[1i64, 2, 3, 4, 5, 6]);
    let out = empty(&[2, 3], DType::Int64);
    scan(Scan::Sum, 0, &[x.clone().into()], std::slice::from_ref(&out)).unwrap();
    assert_eq!(out.to_vec::<i64>().unwrap(), [1, 2, 3, 5, 7, 9]);
    scan(Scan::Prod, 1, &[x.into()], std::slice::from_ref(&out)).unwrap();
    assert_eq!(out.to_vec::<i64>().unwrap(), [1, 2, 6, 4, 20, 120]);
    let (values, indices) = (empty(&[4], DType::Float32), empty(&[4], DType::Int64));
    scan(Scan::Max, 0, &[array(&[4], &[1.0f32, 3.0, 3.0, 2.0]).into()], &[values, indices.clone()]).unwrap();
    assert_eq!(indices.to_vec::<i64>().unwrap(), [0, 1, 2, 2]);
}

#[test]
fn many_lines_give_the_scans_of_each() {
    for x in [9, 40].into_iter().flat_map(planes) {
        for op in [Scan::Max, Scan::Min] {
            let [together, alone] = both_ways(&x, 37, &[DType::Float32, DType::Int64], |dim, x, out| {
                scan(op, dim, &[x.clone().into()], out).unwrap();
            });
            assert_alike(&together[0], &alone[0], 0.0);
            assert_eq!(together[1].to_vec::<i64>().unwrap(), alone[1].to_vec::<i64>().unwrap());
        }
        for op in [Scan::Sum, Scan::Prod, Scan::LogSumExp] {
            let [together, alone] = both_ways(&x, 37, &[DType::Float32], |dim, x, out| {
                scan(op, dim, &[x.clone().into()], out).unwrap();
            });
            assert_alike(&together[0], &alone[0], 0.0);
        }
    }
}

/// Running sums of a `[2, 5, 3, 8]` array along its second dimension, in the order of its own indices.
fn naive(values: &[i64]) -> Vec<i64> {
    let mut out = values.to_vec();
    for i in (0..out.len()).filter(|i| i / 24 % 5 > 0) {
        out[i] += out[i - 24];
    }
    out
}

#[test]
fn dimensions_behind_need_not_lie_back_to_back() {
    let values: Vec<i64> = (0..240).map(|i| i * 37 % 101).collect();
    let x = array(&[2, 5, 3, 8], &values);
    // The last two dimensions of the second cannot be walked by one step.
    let stored = empty(&[2, 5, 8, 3], DType::Int64);
    let turned = stored.with_layout(stored.layout.transpose(2, 3));
    for out in [empty(&[2, 5, 3, 8], DType::Int64), turned] {
        scan(Scan::Sum, 1, &[x.clone().into()], std::slice::from_ref(&out)).unwrap();
        assert_eq!(out.to_vec::<i64>().unwrap(), naive(&values));
    }
}

#[test]
fn short_lines_are_scanned_in_tiles() {
    let values: Vec<i64> = (0..200).collect();
    let x = array(&[4, 10, 5], &values);
    let running = |line: &[i64]| (1..=line.len()).map(|n| line[..n].iter().sum()).collect::<Vec<i64>>();
    let out = empty(&[4, 10, 5], DType::Int64);
    scan(Scan::Sum, 2, &[x.into()], std::slice::from_ref(&out)).unwrap();
    assert_eq!(out.to_vec::<i64>().unwrap(), values.chunks(5).flat_map(running).collect::<Vec<_>>());
}

#[test]
fn rows_of_few_columns_are_taken_on_together() {
    for columns in 2..crate::planes::FEW_COLUMNS {
        let values: Vec<i64> = (0..(6 * 50 * columns) as i64).map(|i| i * 37 % 101 - 50).collect();
        let (x, stored) = (array(&[6, 50, columns], &values), empty(&[6, 50, columns + 2], DType::Int64));
        let gaps = stored.with_layout(stored.layout.slice(2, 1, columns, 1));
        let mut wanted = values.clone();
        for i in 0..wanted.len() {
            if i / columns % 50 > 0 {
                wanted[i] += wanted[i - columns];
            }
        }
        for out in [empty(&[6, 50, columns], DType::Int64), gaps] {
            scan(Scan::Sum, 1, &[x.clone().into()], std::slice::from_ref(&out)).unwrap();
            assert_eq!(out.contiguous().unwrap().to_vec::<i64>().unwrap(), wanted, "{columns} columns");
        }
    }
}

#[test]
fn long_lines_are_scanned_some_at_a_time() {
    for rows in 1..10 {
        for length in [17, 64, 301] {
            let values: Vec<i64> = (0..(rows * length) as i64).map(|i| i * 37 % 101 - 50).collect();
            let (x, stored) = (array(&[rows, length], &values), empty(&[2 * rows, length + 3], DType::Int64));
            let gaps = stored.with_layout(stored.layout.slice(0, 0, rows, 2).slice(1, 3, length, 1));
            for out in [empty(&[rows, length], DType::Int64), gaps] {
                scan(Scan::Sum, 1, &[x.clone().into()], std::slice::from_ref(&out)).unwrap();
                let running = |line: &[i64]| (1..=line.len()).map(|n| line[..n].iter().sum()).collect::<Vec<i64>>();
                let wanted: Vec<i64> = values.chunks(length).flat_map(running).collect();
                assert_eq!(out.contiguous().unwrap().to_vec::<i64>().unwrap(), wanted, "{rows} lines of {length}");
            }
        }
    }
}
