use ferrotorch_kernel::DType;
use ferrotorch_kernel::kernel::Extremum;

use super::arg_reduce;
use crate::testing::{assert_alike, both_ways, empty, planes, stored_by_columns};

#[test]
fn extrema_say_where() {
    let x = stored_by_columns(2, 3, &[1.0f32, 3.0, 3.0, f32::NAN, 0.0, f32::NAN]);
    let (values, indices) = (empty(&[2, 1], DType::Float32), empty(&[2, 1], DType::Int64));
    arg_reduce(Extremum::Max, 1, &[x.clone().into()], &[values.clone(), indices.clone()]).unwrap();
    assert_eq!(indices.to_vec::<i64>().unwrap(), [1, 0]);
    arg_reduce(Extremum::Min, 1, &[x.into()], &[values, indices.clone()]).unwrap();
    assert_eq!(indices.to_vec::<i64>().unwrap(), [0, 0]);
}

#[test]
fn many_lines_give_the_extrema_of_each() {
    for x in [9, 40].into_iter().flat_map(planes) {
        for op in [Extremum::Max, Extremum::Min] {
            let [together, alone] = both_ways(&x, 1, &[DType::Float32, DType::Int64], |dim, x, out| {
                arg_reduce(op, dim, &[x.clone().into()], out).unwrap();
            });
            assert_alike(&together[0], &alone[0], 0.0);
            assert_eq!(together[1].to_vec::<i64>().unwrap(), alone[1].to_vec::<i64>().unwrap());
        }
    }
}
