use ferrotorch_kernel::DType;

use super::triangle;
use crate::testing::{empty, stored_by_columns};

#[test]
fn either_side_of_a_diagonal_is_zero() {
    let x = stored_by_columns(2, 3, &[1i16, 2, 3, 4, 5, 6]);
    let out = empty(&[2, 3], DType::Int16);
    triangle(0, true, &[x.clone().into()], std::slice::from_ref(&out)).unwrap();
    assert_eq!(out.to_vec::<i16>().unwrap(), [1, 2, 3, 0, 5, 6]);
    triangle(-1, false, &[x.into()], std::slice::from_ref(&out)).unwrap();
    assert_eq!(out.to_vec::<i16>().unwrap(), [0, 0, 0, 4, 0, 0]);
}
