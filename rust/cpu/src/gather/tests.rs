use ferrotorch_kernel::kernel::Combine;
use ferrotorch_kernel::{Array, DType, Operand};

use super::{gather, scatter};
use crate::testing::{array, empty, stored_by_columns};

#[test]
fn gather_reads_and_scatter_writes_along_a_dimension() {
    let x = stored_by_columns(2, 3, &[1.0f32, 2.0, 3.0, 4.0, 5.0, 6.0]);
    let i = array(&[2, 2], &[2i64, 0, 1, 1]);
    let out = empty(&[2, 2], DType::Float32);
    gather(1, &[x.into(), i.clone().into()], std::slice::from_ref(&out)).unwrap();
    assert_eq!(out.to_vec::<f32>().unwrap(), [3.0, 1.0, 5.0, 5.0]);
    let target = array(&[2, 3], &[0.0f32; 6]);
    scatter(1, Combine::Add, &[i.clone().into(), out.into()], std::slice::from_ref(&target)).unwrap();
    assert_eq!(target.to_vec::<f32>().unwrap(), [1.0, 0.0, 3.0, 0.0, 10.0, 0.0]);
    scatter(1, Combine::Assign, &[i.into(), Operand::Scalar(7.0.into())], std::slice::from_ref(&target)).unwrap();
    assert_eq!(target.to_vec::<f32>().unwrap(), [7.0, 0.0, 7.0, 0.0, 7.0, 0.0]);
}

#[test]
fn indices_out_of_range_are_errors() {
    let x = array(&[3], &[1.0f32, 2.0, 3.0]);
    for bad in [3i64, -1] {
        let error = gather(0, &[x.clone().into(), array(&[1], &[bad]).into()], &[empty(&[1], DType::Float32)]).unwrap_err();
        assert!(error.to_string().contains(&format!("index {bad} is out of bounds for dimension 0 with size 3")), "{error}");
    }
}

#[test]
fn an_index_shared_by_slices_moves_them_whole() {
    let (n, columns) = (5000usize, 24usize);
    let source = array(&[n, columns], &(0..n * columns).map(|i| (i as f32 * 0.37).sin()).collect::<Vec<_>>());
    let index = array(&[n, 1], &(0..n as i64).map(|i| i * i % 7).collect::<Vec<_>>());
    let shared = index.with_layout(index.layout.expand(&[n, columns]).unwrap());
    let own = array(&[n, columns], &shared.to_vec::<i64>().unwrap());
    let scattered = |index: &Array, combine: Combine| {
        let out = array(&[7, columns], &vec![0.5f32; 7 * columns]);
        scatter(0, combine, &[index.clone().into(), source.clone().into()], std::slice::from_ref(&out)).unwrap();
        out.to_vec::<f32>().unwrap()
    };
    for combine in [Combine::Assign, Combine::Add, Combine::Mul, Combine::Max, Combine::Min] {
        assert_eq!(scattered(&shared, combine), scattered(&own, combine));
    }
    let gathered = |index: &Array| {
        let out = empty(&[n, columns], DType::Float32);
        gather(0, &[source.clone().into(), index.clone().into()], std::slice::from_ref(&out)).unwrap();
        out.to_vec::<f32>().unwrap()
    };
    assert_eq!(gathered(&shared), gathered(&own));
    let bad = array(&[1, 1], &[-1i64]);
    let bad = bad.with_layout(bad.layout.expand(&[1, columns]).unwrap());
    let error = gather(0, &[source.into(), bad.into()], &[empty(&[1, columns], DType::Float32)]).unwrap_err();
    assert!(error.to_string().contains("index -1 is out of bounds for dimension 0 with size 5000"), "{error}");
}

/// Rows of neighbours are handed out some at a time, others one by one: what they come to is the same.
#[test]
fn short_rows_are_gathered_and_scattered_as_long_lines_are() {
    for (rows, of_source, of_index) in [(1, 9, 5), (3, 5, 9), (200, 5, 5), (70, 100, 300)] {
        let values: Vec<f32> = (0..rows * of_source).map(|i| (i % 23) as f32).collect();
        let places: Vec<i64> = (0..rows * of_index).map(|i| (i * 7 % of_source) as i64).collect();
        let (source, index) = (array(&[rows, of_source], &values), array(&[rows, of_index], &places));
        let by_columns = stored_by_columns(rows, of_source, &values);
        let gathered = |source: &Array| {
            let out = empty(&[rows, of_index], DType::Float32);
            gather(1, &[source.clone().into(), index.clone().into()], std::slice::from_ref(&out)).unwrap();
            out.to_vec::<f32>().unwrap()
        };
        let place = |i: usize| i / of_index * of_source + places[i] as usize;
        let want: Vec<f32> = (0..rows * of_index).map(|i| values[place(i)]).collect();
        assert_eq!((gathered(&source), gathered(&by_columns)), (want.clone(), want));
        let mut sums = values.clone();
        (0..rows * of_index).for_each(|i| sums[place(i)] += i as f32);
        let added = array(&[rows, of_index], &(0..rows * of_index).map(|i| i as f32).collect::<Vec<_>>());
        for target in [source, by_columns] {
            scatter(1, Combine::Add, &[index.clone().into(), added.clone().into()], std::slice::from_ref(&target)).unwrap();
            assert_eq!(target.contiguous().unwrap().to_vec::<f32>().unwrap(), sums, "{rows} rows");
        }
    }
    let (source, bad) = (array(&[2, 3], &[0.0f32; 6]), array(&[2, 2], &[0i64, 1, 2, 3]));
    let out = empty(&[2, 2], DType::Float32);
    for result in [
        gather(1, &[source.clone().into(), bad.clone().into()], std::slice::from_ref(&out)),
        scatter(1, Combine::Add, &[bad.into(), out.clone().into()], &[source]),
    ] {
        let error = result.unwrap_err();
        assert!(error.to_string().contains("index 3 is out of bounds for dimension 1 with size 3"), "{error}");
    }
}
