use ferrotorch_kernel::DType;

use super::triangle;
use crate::testing::{array, empty, stored_by_columns};

#[test]
fn either_side_of_a_diagonal_is_zero() {
    let x = stored_by_columns(2, 3, &[1i16, 2, 3, 4, 5, 6]);
    let out = empty(&[2, 3], DType::Int16);
    triangle(0, true, &[x.clone().into()], std::slice::from_ref(&out)).unwrap();
    assert_eq!(out.to_vec::<i16>().unwrap(), [1, 2, 3, 0, 5, 6]);
    triangle(-1, false, &[x.into()], std::slice::from_ref(&out)).unwrap();
    assert_eq!(out.to_vec::<i16>().unwrap(), [0, 0, 0, 4, 0, 0]);
}

#[test]
fn rows_without_gaps_are_cut_wherever_the_diagonal_is() {
    for [rows, columns] in [[7, 5], [3, 63], [2, 64], [70, 90], [1, 1]] {
        let values: Vec<i16> = (0..(2 * rows * columns) as i16).map(|i| i + 1).collect();
        let x = array(&[2, rows, columns], &values);
        for diagonal in [i64::MIN, -80, -3, -1, 0, 1, 4, 64, 200, i64::MAX] {
            for upper in [false, true] {
                let out = empty(&[2, rows, columns], DType::Int16);
                triangle(diagonal, upper, &[x.clone().into()], std::slice::from_ref(&out)).unwrap();
                let kept = |i: usize| {
                    let above = (i % columns) as i128 - (i / columns % rows) as i128 - i128::from(diagonal);
                    if upper { above >= 0 } else { above <= 0 }
                };
                let wanted: Vec<i16> = values.iter().enumerate().map(|(i, &x)| if kept(i) { x } else { 0 }).collect();
                assert_eq!(out.to_vec::<i16>().unwrap(), wanted, "{rows} x {columns}, {diagonal}, {upper}");
            }
        }
    }
}
