//! Sorts, choices, searches and coordinates.

use ferrotorch_core::dtype::f16;
use ferrotorch_core::kernel::Kernel;
use ferrotorch_core::{DType, Layout, Operand};

use crate::support::{compute, download, empty, on_each, upload};

/// Numbers of which many are equal.
fn numbers(n: usize) -> Vec<i32> {
    (0..n).map(|i| (i * 7919 % 101) as i32 - 50).collect()
}

/// Positions in the order of the numbers; of equals the first first.
fn order(x: &[i32], descending: bool) -> Vec<i64> {
    let mut order: Vec<i64> = (0..x.len() as i64).collect();
    order.sort_by_key(|&i| if descending { -x[i as usize] } else { x[i as usize] });
    order
}

#[test]
fn sorts_are_stable_and_short_and_long_ones_agree() {
    on_each(|device| {
        for (rows, width) in [(1, 7), (40, 3), (2, 1000), (3, 1500)] {
            let values = numbers(rows * width);
            let halves: Vec<f16> = values.iter().map(|&x| f16::from_f32(x as f32)).collect();
            let input: [Operand; 1] = [upload(device, &[rows, width], &halves).into()];
            for descending in [false, true] {
                let layout = Layout::contiguous(&[rows, width]);
                let outputs = [DType::Float16, DType::Int64].map(|dtype| empty(device, layout.clone(), dtype));
                device.run(&Kernel::Sort { dim: 1, descending }, &input, &outputs).unwrap();
                let expected: Vec<i64> = values.chunks(width).flat_map(|row| order(row, descending)).collect();
                assert_eq!(download::<i64>(device, &outputs[1]), expected);
                let sorted: Vec<f16> =
                    expected.iter().enumerate().map(|(i, &at)| halves[i / width * width + at as usize]).collect();
                assert_eq!(download::<f16>(device, &outputs[0]), sorted);
            }
        }
    });
}

#[test]
fn the_largest_of_long_columns() {
    on_each(|device| {
        let values = numbers(2 * 3000);
        let input: [Operand; 1] = [upload(device, &[3000, 2], &values).into()];
        for k in [1, 5, 2000] {
            let outputs = [DType::Int32, DType::Int64].map(|dtype| empty(device, Layout::contiguous(&[k, 2]), dtype));
            device.run(&Kernel::TopK { k, dim: 0, largest: true }, &input, &outputs).unwrap();
            let column = |c: usize| values.iter().skip(c).step_by(2).copied().collect::<Vec<i32>>();
            let (first, second) = (order(&column(0), true), order(&column(1), true));
            let expected: Vec<i64> = (0..k).flat_map(|i| [first[i], second[i]]).collect();
            assert_eq!(download::<i64>(device, &outputs[1]), expected);
        }
    });
}

#[test]
fn places_among_sorted_numbers() {
    on_each(|device| {
        let inputs: [Operand; 2] =
            [upload(device, &[5], &[1i64, 3, 3, 5, 9]).into(), upload(device, &[2, 2], &[0i64, 3, 9, 10]).into()];
        let search = |right| compute::<i64>(device, Kernel::SearchSorted { right }, &inputs, &[2, 2]);
        assert_eq!((search(false), search(true)), (vec![0, 1, 4, 5], vec![0, 3, 5, 5]));
    });
}

#[test]
fn coordinates_come_in_row_major_order() {
    on_each(|device| {
        let values: Vec<f32> = (0..3 * 2000).map(|i| if i % 7 == 3 { -1.5 } else { 0.0 }).collect();
        let input: [Operand; 1] = [upload(device, &[3, 2000], &values).into()];
        let expected: Vec<i64> = (0..6000i64).filter(|i| i % 7 == 3).flat_map(|i| [i / 2000, i % 2000]).collect();
        assert_eq!(compute::<i64>(device, Kernel::Nonzero, &input, &[expected.len() / 2, 2]), expected);
    });
}
