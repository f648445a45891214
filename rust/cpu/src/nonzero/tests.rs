use ferrotorch_kernel::DType;

use super::nonzero;
use crate::testing::{empty, stored_by_columns};

#[test]
fn coordinates_come_in_row_major_order() {
    let out = empty(&[2, 2], DType::Int64);
    nonzero(&[stored_by_columns(2, 3, &[0u8, 0, 7, 1, 0, 0]).into()], std::slice::from_ref(&out)).unwrap();
    assert_eq!(out.to_vec::<i64>().unwrap(), [0, 2, 1, 0]);
}
