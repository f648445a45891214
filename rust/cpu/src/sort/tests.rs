use ferrotorch_kernel::DType;
use ferrotorch_kernel::kernel::Rank;

use super::{ranked, sort, top_k};
use crate::testing::{array, empty};

#[test]
fn sort_is_stable_and_puts_nan_last() {
    let x = array(&[6], &[2.0f32, f32::NAN, -1.0, 2.0, -0.0, 0.0]);
    let (values, indices) = (empty(&[6], DType::Float32), empty(&[6], DType::Int64));
    sort(0, false, &[x.clone().into()], &[values.clone(), indices.clone()]).unwrap();
    assert_eq!(indices.to_vec::<i64>().unwrap(), [2, 4, 5, 0, 3, 1]);
    assert!(values.to_vec::<f32>().unwrap()[5].is_nan());
    sort(0, true, &[x.into()], &[values, indices.clone()]).unwrap();
    assert_eq!(indices.to_vec::<i64>().unwrap(), [1, 0, 3, 4, 5, 2]);
}

#[test]
fn long_sorts_agree_with_the_standard_library() {
    let data: Vec<f32> = (0..3000).map(|i| ((i * 7919 % 1013) as f32 - 500.0) / 7.0).collect();
    let longs: Vec<i64> = data.iter().map(|x| (*x * 1e12) as i64).collect();
    let mut want: Vec<usize> = (0..data.len()).collect();
    want.sort_by(|&a, &b| data[a].total_cmp(&data[b]));
    let want: Vec<i64> = want.into_iter().map(|i| i as i64).collect();
    let indices = empty(&[3000], DType::Int64);
    sort(0, false, &[array(&[3000], &data).into()], &[empty(&[3000], DType::Float32), indices.clone()]).unwrap();
    assert_eq!(indices.to_vec::<i64>().unwrap(), want);
    // Keys of many bits, and keys that differ in few.
    for longs in [longs.clone(), longs.iter().map(|x| i64::MIN + (x / 10_000_000_000 + 100_000)).collect()] {
        sort(0, false, &[array(&[3000], &longs).into()], &[empty(&[3000], DType::Int64), indices.clone()]).unwrap();
        assert_eq!(indices.to_vec::<i64>().unwrap(), want);
    }
    let (top, places) = (empty(&[5], DType::Float32), empty(&[5], DType::Int64));
    top_k(5, 0, false, &[array(&[3000], &data).into()], &[top, places.clone()]).unwrap();
    assert_eq!(places.to_vec::<i64>().unwrap(), want[..5]);
}

#[test]
fn ranks_are_places_in_a_stable_sort() {
    let floats: Vec<f32> = (0..301).map(|i| ((i * 7919 % 101) as f32 - 50.0) / 7.0).collect();
    let longs: Vec<i64> = floats.iter().map(|x| (*x * 1e12) as i64).collect();
    let order = empty(&[301], DType::Int64);
    let (floats, longs) = (array(&[301], &floats), array(&[301], &longs));
    for x in [floats, longs] {
        sort(0, false, &[x.clone().into()], &[empty(&[301], x.dtype), order.clone()]).unwrap();
        let order = order.to_vec::<i64>().unwrap();
        for (rank, at) in
            [(Rank::Nth(0), 0), (Rank::Nth(17), 17), (Rank::Nth(300), 300), (Rank::Median, 150), (Rank::NanMedian, 150)]
        {
            let place = empty(&[1], DType::Int64);
            ranked(rank, 0, &[x.clone().into()], std::slice::from_ref(&place)).unwrap();
            assert_eq!(place.to_vec::<i64>().unwrap(), [order[at]], "{rank:?}");
        }
    }
}

#[test]
fn the_middle_of_numbers_and_nan() {
    let nan = f32::NAN;
    let rows = array(&[3, 4], &[3.0, 1.0, 2.0, 4.0, 3.0, nan, 1.0, nan, nan, nan, nan, nan]);
    let middle = |rank| {
        let place = empty(&[3, 1], DType::Int64);
        ranked(rank, 1, &[rows.clone().into()], std::slice::from_ref(&place)).unwrap();
        place.to_vec::<i64>().unwrap()
    };
    assert_eq!(middle(Rank::Median), [2, 1, 0]);
    assert_eq!(middle(Rank::NanMedian), [2, 2, 0]);
}
