use ferrotorch_kernel::error::Class;

use super::Fault;

#[test]
fn indices_in_range_pass() {
    let fault = Fault::new("gather", 1, 3);
    assert_eq!([0, 2].map(|i| fault.check(i)), [Some(0), Some(2)]);
    assert!(fault.result().is_ok());
}

#[test]
fn the_first_index_out_of_range_is_reported() {
    for (bad, later) in [(3, -1), (-1, 3), (i64::MIN, i64::MAX), (i64::MAX, i64::MIN)] {
        let fault = Fault::new("gather", 1, 3);
        assert_eq!([bad, 0, later].map(|i| fault.check(i)), [None, Some(0), None]);
        let error = fault.result().unwrap_err();
        assert_eq!(error.class(), Class::Index);
        assert!(error.to_string().contains(&format!("index {bad} is out of bounds for dimension 1 with size 3")), "{error}");
    }
}

#[test]
fn nothing_is_in_range_of_an_empty_dimension() {
    let fault = Fault::new("index", 0, 0);
    assert_eq!([0, -1].map(|i| fault.check(i)), [None, None]);
    assert!(fault.result().is_err());
}
