use ferrotorch_kernel::DType;
use ferrotorch_kernel::kernel::Combine;

use super::{index, index_put};
use crate::testing::{array, empty, on_any_threads, stored_by_columns};

#[test]
fn indices_out_of_range_are_errors() {
    let x = array(&[3], &[1.0f32, 2.0, 3.0]);
    assert!(index(true, &[x.clone().into(), array(&[1], &[-4i64]).into()], &[empty(&[1], DType::Float32)]).is_err());
    assert!(index(false, &[x.clone().into(), array(&[1], &[-1i64]).into()], &[empty(&[1], DType::Float32)]).is_err());
    assert!(index_put(Combine::Assign, true, &[x.clone().into(), array(&[3], &[0i64, 1, 3]).into()], &[x]).is_err());
}

#[test]
fn the_first_index_out_of_range_is_named() {
    let x = array(&[3], &[1.0f32, 2.0, 3.0]);
    for bad in [3, -4, i64::MIN, i64::MAX] {
        let i = array(&[4], &[-3, 2, bad, 7]);
        let error = index(true, &[x.clone().into(), i.into()], &[empty(&[4], DType::Float32)]).unwrap_err();
        assert!(error.to_string().contains(&format!("index {bad} is out of bounds for dimension 0 with size 3")), "{error}");
    }
}

#[test]
fn index_picks_rows_and_index_put_adds_them_back() {
    let x = array(&[3, 2], &[1i32, 2, 3, 4, 5, 6]);
    let i = array(&[4], &[2i64, 0, -1, 2]);
    let out = empty(&[4, 2], DType::Int32);
    index(true, &[x.clone().into(), i.clone().into()], std::slice::from_ref(&out)).unwrap();
    assert_eq!(out.to_vec::<i32>().unwrap(), [5, 6, 1, 2, 5, 6, 5, 6]);
    index_put(Combine::Add, true, &[out.into(), i.into()], std::slice::from_ref(&x)).unwrap();
    assert_eq!(x.to_vec::<i32>().unwrap(), [2, 4, 3, 4, 20, 24]);
}

#[test]
fn index_takes_pairs_and_any_strides() {
    let x = stored_by_columns(2, 3, &[1.0f64, 2.0, 3.0, 4.0, 5.0, 6.0]);
    let (r, c) = (array(&[3], &[0i64, 1, 1]), array(&[3], &[2i64, 0, 2]));
    let out = empty(&[3], DType::Float64);
    index(true, &[x.clone().into(), r.into(), c.into()], std::slice::from_ref(&out)).unwrap();
    assert_eq!(out.to_vec::<f64>().unwrap(), [3.0, 4.0, 6.0]);
    let out = empty(&[1, 3], DType::Float64);
    index(true, &[x.into(), array(&[1], &[1i64]).into()], std::slice::from_ref(&out)).unwrap();
    assert_eq!(out.to_vec::<f64>().unwrap(), [4.0, 5.0, 6.0]);
}

#[test]
fn many_additions_to_few_rows_happen_in_order() {
    let (n, rows, columns) = (600usize, 7usize, 160usize);
    let values: Vec<f32> = (0..n * columns).map(|i| (i as f32 * 0.37).sin()).collect();
    let slots: Vec<i64> = (0..n as i64).map(|i| i * i % rows as i64).collect();
    let mut want = vec![0.0f32; rows * columns];
    for (i, &slot) in slots.iter().enumerate() {
        (0..columns).for_each(|c| want[slot as usize * columns + c] += values[i * columns + c]);
    }
    let inputs = [array(&[n, columns], &values).into(), array(&[n], &slots).into()];
    let sums = on_any_threads(|| {
        let out = array(&[rows, columns], &vec![0.0f32; rows * columns]);
        index_put(Combine::Add, true, &inputs, std::slice::from_ref(&out)).unwrap();
        out.to_vec::<f32>().unwrap()
    });
    assert_eq!(sums, want);
}

#[test]
fn additions_to_strided_rows_and_of_repeated_values() {
    let (n, rows, columns) = (600usize, 50usize, 160usize);
    let slots: Vec<i64> = (0..n as i64).map(|i| i * 31 % rows as i64 - rows as i64).collect();
    let index = array(&[n], &slots);
    let one = array(&[1, 1], &[1i32]);
    let ones = one.with_layout(one.layout.expand(&[n, columns]).unwrap());
    let sums = on_any_threads(|| {
        let target = array(&[columns, rows], &vec![0i32; rows * columns]);
        let turned = target.with_layout(target.layout.transpose(0, 1).flip(&[0]));
        let dense = array(&[rows, columns], &vec![0i32; rows * columns]);
        for out in [&turned, &dense] {
            index_put(Combine::Add, true, &[ones.clone().into(), index.clone().into()], std::slice::from_ref(out)).unwrap();
        }
        [turned, dense].map(|out| out.to_vec::<i32>().unwrap())
    });
    assert_eq!(sums, [vec![(n / rows) as i32; rows * columns], vec![(n / rows) as i32; rows * columns]]);
}

#[test]
fn single_elements_are_written_and_read_one_by_one() {
    let (n, size) = (5000usize, 700usize);
    let slots: Vec<i64> = (0..n as i64).map(|i| i * i % size as i64 - if i % 2 == 0 { size as i64 } else { 0 }).collect();
    let values: Vec<i32> = (0..n as i32).collect();
    let (mut last, mut sums) = (vec![-1; size], vec![-1; size]);
    for (&slot, &value) in slots.iter().zip(&values) {
        let slot = slot.rem_euclid(size as i64) as usize;
        last[slot] = value;
        sums[slot] += value;
    }
    let inputs = [array(&[n], &values).into(), array(&[n], &slots).into()];
    for (combine, want) in [(Combine::Assign, last), (Combine::Add, sums)] {
        let written = on_any_threads(|| {
            let out = array(&[size], &vec![-1i32; size]);
            index_put(combine, true, &inputs, std::slice::from_ref(&out)).unwrap();
            out.to_vec::<i32>().unwrap()
        });
        assert_eq!(written, want);
        let (x, read) = (array(&[size], &want), empty(&[n], DType::Int32));
        index(true, &[x.into(), inputs[1].clone()], std::slice::from_ref(&read)).unwrap();
        let picked: Vec<i32> = slots.iter().map(|slot| want[slot.rem_euclid(size as i64) as usize]).collect();
        assert_eq!(read.to_vec::<i32>().unwrap(), picked);
    }
}
