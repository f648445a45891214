use ferrotorch_kernel::kernel::Extremum;
use ferrotorch_kernel::{Array, DType};

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

#[test]
fn lines_of_any_length_are_searched_for_the_first_of_the_best() {
    for n in (1..140).chain([255, 256, 1000]) {
        for nan in [n, 0, n / 2, n - 1] {
            let mut x: Vec<f32> = (0..n).map(|i| ((i * 37 + 5) % 11) as f32 - 5.0).collect();
            x.iter_mut().filter(|x| **x == 0.0).step_by(2).for_each(|x| *x = -0.0);
            x.iter_mut().skip(nan).step_by(3).for_each(|x| *x = f32::NAN);
            let first = |best: &dyn Fn(f32) -> bool| x.iter().position(|&x| best(x)).unwrap();
            for (op, best) in [
                (Extremum::Max, x.iter().copied().fold(f32::NEG_INFINITY, f32::max)),
                (Extremum::Min, x.iter().copied().fold(f32::INFINITY, f32::min)),
            ] {
                let wanted = if nan < n { first(&f32::is_nan) } else { first(&|x| x == best) };
                let (values, indices) = (empty(&[1], DType::Float32), empty(&[1], DType::Int64));
                let line = Array::from_slice(&[n], &x).unwrap();
                arg_reduce(op, 0, &[line.into()], &[values.clone(), indices.clone()]).unwrap();
                assert_eq!(indices.to_vec::<i64>().unwrap(), [wanted as i64], "{op:?} of {n} elements");
                assert_eq!(values.to_vec::<f32>().unwrap()[0].to_bits(), x[wanted].to_bits(), "{op:?} of {n} elements");
            }
        }
    }
}
