use ferrotorch_kernel::DType;

use super::search_sorted;
use crate::testing::{array, empty};

#[test]
fn equals_lie_before_or_behind() {
    let out = empty(&[3], DType::Int64);
    let inputs = [array(&[4], &[1i32, 3, 3, 5]).into(), array(&[3], &[3i32, 0, 9]).into()];
    search_sorted(false, &inputs, std::slice::from_ref(&out)).unwrap();
    assert_eq!(out.to_vec::<i64>().unwrap(), [1, 0, 4]);
    search_sorted(true, &inputs, std::slice::from_ref(&out)).unwrap();
    assert_eq!(out.to_vec::<i64>().unwrap(), [3, 0, 4]);
}
