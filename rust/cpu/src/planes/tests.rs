use ferrotorch_kernel::{Array, DType};

use super::{Planes, PlanesMut, for_each_block, for_each_block_pair};
use crate::parallel::Cost;
use crate::testing::{array, empty, on_threads};

/// Adds 1 to every column of every row, by blocks, and returns the sums.
fn count_visits(out: &Array, dim: usize) -> Vec<i32> {
    let planes = PlanesMut::<i32>::new(out, dim).unwrap();
    let rows = planes.rows();
    for_each_block(planes, Cost::streamed(rows), |_, mut block| {
        for row in 0..rows {
            for column in block.columns() {
                block.set(row, column, block.get(row, column) + 1);
            }
        }
    })
    .unwrap();
    out.to_vec().unwrap()
}

#[test]
fn every_column_of_every_plane_is_in_one_block() {
    for threads in [1, 2, 7] {
        on_threads(threads, || {
            for shape in [[1, 3, 1], [1, 50, 1000], [3, 700, 17], [40, 9, 16], [2, 5, 1025]] {
                let out = array(&shape, &vec![0i32; shape.iter().product()]);
                assert!(count_visits(&out, 1).iter().all(|&visits| visits == 1), "{shape:?} on {threads} threads");
                let turned = out.with_layout(out.layout.transpose(0, 2));
                assert!(count_visits(&turned, 1).iter().all(|&visits| visits == 2), "{shape:?} turned, {threads} threads");
            }
        });
    }
}

#[test]
fn planes_without_elements_have_no_blocks() {
    for shape in [[0, 3, 4], [2, 0, 4], [2, 3, 0]] {
        let out = empty(&shape, DType::Int32);
        let planes = PlanesMut::<i32>::new(&out, 1).unwrap();
        for_each_block(planes, Cost::streamed(3), |plane, _| panic!("plane {plane} of {shape:?}")).unwrap();
    }
}

#[test]
fn rows_are_read_and_written_whatever_their_step() {
    let x = array(&[2, 3, 4], &(0..24).collect::<Vec<i32>>());
    let stored = array(&[2, 3, 8], &[0i32; 48]);
    let apart = stored.with_layout(stored.layout.slice(2, 1, 4, 2));
    for out in [array(&[2, 3, 4], &[0i32; 24]), apart] {
        let (from, to) = (Planes::<i32>::new(&x, 1).unwrap(), PlanesMut::<i32>::new(&out, 1).unwrap());
        for_each_block(to, Cost::streamed(3), |number, mut block| {
            let (plane, mut buffer, mut own) = (from.plane(number), Vec::new(), Vec::new());
            for row in 0..2 {
                block.write_row(row, plane.read_row(row, block.columns(), &mut buffer));
            }
            let last = plane.read_row(2, block.columns(), &mut buffer);
            block.row_mut(2, &mut own).copy_from_slice(last);
            block.write_back(2, &own);
        })
        .unwrap();
        assert_eq!(out.to_vec::<i32>().unwrap(), x.to_vec::<i32>().unwrap());
    }
    // The array that lies apart wrote nothing between its columns.
    assert!(stored.to_vec::<i32>().unwrap().iter().step_by(2).all(|&x| x == 0));
}

#[test]
fn outputs_of_different_shapes_are_an_error() {
    let (first, second) = (empty(&[2, 3, 4], DType::Int32), empty(&[2, 3, 5], DType::Int64));
    let (first, second) = (PlanesMut::<i32>::new(&first, 1).unwrap(), PlanesMut::<i64>::new(&second, 1).unwrap());
    assert!(for_each_block_pair(first, second, Cost::streamed(3), |_, _, _| panic!("there are no blocks")).is_err());
}
