use ferrotorch_kernel::DType;

use super::nonzero;
use crate::testing::{array, empty, stored_by_columns};

#[test]
fn coordinates_come_in_row_major_order() {
    let out = empty(&[2, 2], DType::Int64);
    nonzero(&[stored_by_columns(2, 3, &[0u8, 0, 7, 1, 0, 0]).into()], std::slice::from_ref(&out)).unwrap();
    assert_eq!(out.to_vec::<i64>().unwrap(), [0, 2, 1, 0]);
}

#[test]
fn long_lines_are_looked_through_in_blocks() {
    let values: Vec<f32> = (0..2 * 10_000).map(|i| if i % 3 == 0 { 0.0 } else { i as f32 - 7.0 }).collect();
    let wanted: Vec<i64> =
        (0..values.len()).filter(|&i| values[i] != 0.0).flat_map(|i| [(i / 10_000) as i64, (i % 10_000) as i64]).collect();
    for by_columns in [false, true] {
        let count = wanted.len() / 2;
        let out = if by_columns {
            let columns = empty(&[2, count], DType::Int64);
            columns.with_layout(columns.layout.transpose(0, 1))
        } else {
            empty(&[count, 2], DType::Int64)
        };
        nonzero(&[array(&[2, 10_000], &values).into()], std::slice::from_ref(&out)).unwrap();
        assert_eq!(out.to_vec::<i64>().unwrap(), wanted);
    }
}
