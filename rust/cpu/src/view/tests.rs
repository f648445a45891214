use ferrotorch_kernel::{Array, DType};

use super::{
    Elements, Read, Stretches, Tiles, View, Views, Walk, Write, copy_rows, dense, for_each_part, try_for_each_part_in_groups,
};
use crate::parallel::Cost;
use crate::testing::{array, empty, on_any_threads};

/// A `[2, 3, 4]` array of the numbers from 0 on.
fn numbers() -> Array {
    array(&[2, 3, 4], &(0..24).collect::<Vec<i32>>())
}

#[test]
fn views_reach_every_element() {
    let x = numbers();
    let columns = Views::<i32, Read, 2>::along(&x, [0, 2]).unwrap();
    assert_eq!((columns.count(), columns.size()), (3, [2, 4]));
    let view = columns.view(1);
    assert_eq!((view.get(0, 0), view.get(1, 3), view.t().get(3, 1)), (4, 19, 19));
    let block = view.block([1..2, 1..3]);
    assert_eq!((block.size(), block.row(0).iter().collect::<Vec<_>>()), ([1, 2], vec![17, 18]));
    assert_eq!((block.row_slice(0), block.row_slice(1), block.t().row_slice(0)), (Some(&[17, 18][..]), None, Some(&[17][..])));
    assert_eq!(view.t().row_slice(0), None);
    assert_eq!(view.row(1).every(3).iter().collect::<Vec<_>>(), [16, 19]);
}

#[test]
#[should_panic(expected = "element out of range")]
fn elements_of_a_neighbour_are_refused() {
    let x = numbers();
    Views::<i32, Read, 2>::along(&x, [0, 2]).unwrap().view(1).block([0..2, 0..2]).get(0, 2);
}

#[test]
#[should_panic(expected = "a block inside the view")]
fn blocks_stay_inside() {
    View::<i32, Write, 2>::from_slice_mut(&mut [0; 6], 2, 3).part([0..2, 2..4]);
}

#[test]
fn a_view_of_another_type_is_left_as_it_is() {
    let elements = [1.0f32, 2.0];
    let view = View::from_slice(&elements, 1, 2);
    assert!(view.same_type::<i32>().is_err_and(|view| view.get(0, 1) == 2.0));
    assert!(view.same_type::<f32>().is_ok_and(|view| view.get(0, 1) == 2.0));
}

#[test]
fn every_element_is_in_one_tile() {
    for (shape, tile) in [([3, 70, 33], [16, 8]), ([1, 1, 5], [4, 4]), ([500, 3, 2], [3, 2]), ([2, 4, 4], [0, 9])] {
        let written = on_any_threads(|| {
            let stored = array(&shape, &vec![0i32; shape.iter().product()]);
            // Matrices whose columns are not neighbours.
            let out = stored.with_layout(stored.layout.transpose(1, 2));
            let tiles = Tiles::new(Views::<i32, Write, 2>::along(&out, [1, 2]).unwrap(), tile);
            for_each_part(tiles, Cost::functions(1000), |number, (matrix, [rows, cols], mut part)| {
                assert_eq!(part.size(), [rows.len(), cols.len()]);
                assert!(matrix <= number && matrix < shape[0]);
                for i in 0..rows.len() {
                    part.row_mut(i)
                        .write_all(cols.clone().map(|j| (1 + (matrix * shape[2] + rows.start + i) * shape[1] + j) as i32));
                }
            })
            .unwrap();
            out.to_vec::<i32>().unwrap()
        });
        assert_eq!(written, (1..=written.len() as i32).collect::<Vec<_>>(), "{shape:?} by {tile:?}");
    }
}

#[test]
fn what_has_no_elements_has_a_tile_without_any() {
    let out = empty(&[2, 0, 4], DType::Int32);
    let tiles: Vec<_> = Tiles::new(Views::<i32, Write, 2>::along(&out, [1, 2]).unwrap(), [4, 4]).into_iter().collect();
    assert_eq!(tiles.iter().map(|(matrix, _, part)| (*matrix, part.size())).collect::<Vec<_>>(), [(0, [0, 4]), (1, [0, 4])]);
}

#[test]
fn outputs_with_different_numbers_of_parts_are_an_error() {
    let (first, second) = (numbers(), array(&[2, 3, 5], &[0i32; 30]));
    let parts = |array, dims| Views::<i32, Write, 1>::along(array, dims).unwrap();
    assert!(
        for_each_part((parts(&first, [1]), parts(&second, [1])), Cost::functions(1), |_, _| panic!("there are no parts"))
            .is_err()
    );
    assert!(for_each_part((parts(&first, [2]), parts(&second, [2])), Cost::functions(1), |_, _| ()).is_ok());
}

#[test]
fn groups_share_a_state_and_see_their_parts_in_order() {
    let seen = on_any_threads(|| {
        let out = array(&[100, 2], &[0i32; 200]);
        let mut states = vec![Vec::new(); 15];
        let lines = Views::<i32, Write, 1>::along(&out, [1]).unwrap();
        try_for_each_part_in_groups(lines, 7, Cost::functions(1000), &mut states, |seen: &mut Vec<usize>, number, _| {
            seen.push(number);
            Ok(())
        })
        .unwrap();
        states
    });
    assert_eq!(seen.concat(), (0..100).collect::<Vec<_>>());
    assert_eq!(seen[14], [98, 99]);
}

#[test]
fn elements_are_found_by_their_offsets() {
    let x = numbers();
    let turned = x.with_layout(x.layout.flip(&[2]));
    let elements = Elements::<Read>::new(&turned).unwrap();
    assert_eq!(elements.line(8, -1, 4).typed::<i32>().iter().collect::<Vec<_>>(), [11, 10, 9, 8]);
    let rows = elements.stretches(-3, [2, 3], [4, 1]).rows::<i32>();
    assert_eq!((rows.row_slice(0), rows.row_slice(1)), (Some(&[0, 1, 2][..]), Some(&[4, 5, 6][..])));
    assert_eq!(elements.line(0, 1000, 0).typed::<i32>().len(), 0);
    let mut target = Elements::<Write>::new(&x).unwrap();
    target.line_mut(1, 10, 3).typed().write_all([-1, -2, -3]);
    assert_eq!(x.to_vec::<i32>().unwrap()[..12], [0, -1, 2, 3, 4, 5, 6, 7, 8, 9, 10, -2]);
}

#[test]
fn elements_beyond_the_span_or_of_another_size_are_refused() {
    let x = numbers();
    let refuses = |read: &dyn Fn(&Elements<Read>) -> usize| {
        let elements = Elements::<Read>::new(&x).unwrap();
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| read(&elements))).is_err()
    };
    assert!(refuses(&|x| x.line(20, 1, 5).rows::<i32>().rows()));
    assert!(refuses(&|x| x.line(3, -1, 5).rows::<i32>().rows()));
    assert!(refuses(&|x| x.stretches(0, [4, 4], [8, 1]).rows::<i32>().rows()));
    assert!(refuses(&|x| x.line(0, 1, 4).typed::<i64>().len()));
    assert!(refuses(&|x| x.line(0, 1, 4).typed::<u8>().len()));
    assert!(!refuses(&|x| x.line(0, 1, 24).typed::<f32>().len()));
    assert!(refuses(&|_| Stretches::of_buffer(&[0; 4], DType::Float64, [5, 1]).rows::<f64>().rows()));
}

#[test]
fn only_dense_arrays_of_the_type_are_taken_quickly() {
    let x = numbers();
    assert_eq!(dense::<i32, Read>(&x).and_then(|line| line.as_slice()).map(<[i32]>::len), Some(24));
    assert!(dense::<f32, Read>(&x).is_none());
    assert!(dense::<i32, Read>(&x.with_layout(x.layout.transpose(0, 1))).is_none());
    assert!(dense::<i32, Write>(&x).is_some_and(|line| line.len() == 24));
}

/// Adds 1 to every element, by runs or by pieces of at most five, and checks what a piece says of itself.
fn visits(shape: &[usize], turned: bool, by_pieces: bool) -> Vec<i32> {
    let stored = array(shape, &vec![0i32; shape.iter().product()]);
    let out = if turned { stored.with_layout(stored.layout.transpose(0, 1)) } else { stored.clone() };
    Walk::new(&out, &[]).unwrap().for_each_chunk(Cost::functions(100), |mut chunk| {
        let add = |mut line: View<i32, Write, 1>| (0..line.len()).for_each(|i| line.set(i, line.get(i) + 1));
        if by_pieces {
            let (count, mut seen) = (chunk.count(), 0);
            chunk.for_each_piece(false, 5, |mut piece| {
                assert!(piece.count() <= 5);
                seen += piece.count();
                piece.for_each_run_mut(|run, line| {
                    let line = line.typed();
                    assert_eq!(line.len(), run);
                    add(line);
                });
            });
            assert_eq!(seen, count);
        } else {
            chunk.for_each_run(|_, line| add(line.typed()));
        }
    });
    stored.to_vec().unwrap()
}

#[test]
fn a_walk_hands_every_element_out_once() {
    for (shape, turned) in [(vec![1000], false), (vec![30, 40], true), (vec![3, 1, 50], true), (vec![0, 4], false)] {
        for by_pieces in [false, true] {
            let visits = on_any_threads(|| visits(&shape, turned, by_pieces));
            assert!(visits.iter().all(|&n| n == 1), "{shape:?}, turned: {turned}, by pieces: {by_pieces}");
        }
    }
}

#[test]
fn rows_of_pieces_are_slices() {
    let out = array(&[4, 300], &[0i32; 1200]);
    let walk = |array: &Array, by_sheets| {
        Walk::new(array, &[]).unwrap().for_each_chunk(Cost::functions(100), |mut chunk| {
            chunk.for_each_piece(by_sheets, 64, |mut piece| {
                let (first, columns) = (piece.at()[0] as i32, piece.steps(0)[0] as i32);
                piece.rows().for_each_row(|row, out| {
                    out.iter_mut().enumerate().for_each(|(i, x)| *x = first + row as i32 * columns + i as i32);
                });
            });
        });
    };
    walk(&out, false);
    assert_eq!(out.to_vec::<i32>().unwrap(), (0..1200).collect::<Vec<_>>());
    let cut = out.with_layout(out.layout.slice(1, 0, 150, 1));
    walk(&cut, true);
    let beyond = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| walk(&cut, false)));
    assert!(beyond.is_err(), "pieces beyond a run are not dense");
}

#[test]
fn rows_of_any_length_are_copied() {
    for columns in 0..140 {
        let (rows, gap) = (3, 5);
        let numbers: Vec<i32> = (0..rows * (columns + gap)).map(|i| i as i32).collect();
        let step = columns + gap;
        for backwards in [false, true] {
            let memory = array(&[rows, step], &numbers);
            let whole = memory.layout.slice(1, 0, columns, 1);
            let layout = if backwards { whole.flip(&[1]) } else { whole };
            let (from, to) = (memory.with_layout(layout), array(&[rows, step], &vec![-1i32; rows * step]));
            let window = to.with_layout(to.layout.slice(1, 0, columns, 1));
            let views =
                (Views::<i32, Read, 2>::along(&from, [0, 1]).unwrap(), Views::<i32, Write, 2>::along(&window, [0, 1]).unwrap());
            for_each_part(views.1, Cost::functions(1), |i, part| copy_rows(views.0.view(i), part)).unwrap();
            let at = |i: usize| match i % step {
                column if column >= columns => -1,
                column if backwards => numbers[i - column + columns - 1 - column],
                _ => numbers[i],
            };
            assert_eq!(to.to_vec::<i32>().unwrap(), (0..rows * step).map(at).collect::<Vec<_>>(), "{columns}");
        }
    }
}
