use ferrotorch_kernel::error::Class;
use ferrotorch_kernel::{Array, DType, Layout};

use super::{Lines, LinesMut, try_for_each_line_in_groups, with_rooms};
use crate::parallel::Cost;
use crate::testing::{array, empty, on_any_threads};

/// A `[2, 3, 4]` array of the numbers from 0 on.
fn numbers() -> Array {
    array(&[2, 3, 4], &(0..24).collect::<Vec<i32>>())
}

#[test]
fn a_line_is_read_in_place_or_from_a_copy() {
    let x = numbers();
    for (dim, line, want) in [(2, 4, vec![16, 17, 18, 19]), (1, 5, vec![13, 17, 21]), (0, 11, vec![11, 23])] {
        let lines = Lines::<i32>::new(&x, dim).unwrap();
        assert_eq!((lines.count(), lines.length()), (24 / want.len(), want.len()));
        let mut buffer = Vec::new();
        assert_eq!(lines.read(line, &mut buffer).unwrap(), want);
        assert_eq!(buffer.is_empty(), dim == 2);
        let line = lines.line(line);
        assert_eq!((0..want.len()).map(|i| line.get(i)).collect::<Vec<_>>(), want);
    }
}

#[test]
fn lines_without_elements_are_empty() {
    let x = empty(&[3, 0], DType::Int32);
    let lines = Lines::<i32>::new(&x, 1).unwrap();
    assert_eq!((lines.count(), lines.length()), (3, 0));
    assert_eq!(lines.read(2, &mut Vec::new()).unwrap(), [] as [i32; 0]);
}

#[test]
fn lines_longer_than_any_memory_are_refused() {
    let one = array(&[1], &[7i64]);
    let x = one.with_layout(Layout::strided(&[1 << 60], &[0], 0));
    let lines = Lines::<i64>::new(&x, 0).unwrap();
    let error = lines.read(0, &mut Vec::new()).unwrap_err();
    assert_eq!((error.class(), error.to_string()), (Class::Memory, refusal(1 << 60)));
    let error = with_rooms(|[room, ..]| room.of::<i64>(1 << 60).unwrap_err());
    assert_eq!(error.to_string(), refusal(1 << 60));
    assert_eq!(with_rooms(|[room, ..]| room.of::<u8>(9).unwrap().len()), 9);
}

fn refusal(n: usize) -> String {
    format!("no memory for a copy of {n} elements of 8 bytes")
}

#[test]
#[should_panic(expected = "element out of range")]
fn elements_behind_a_line_are_refused() {
    Lines::<i32>::new(&numbers(), 1).unwrap().line(0).get(3);
}

#[test]
fn groups_share_a_state_and_see_their_lines_in_order() {
    let (count, length, size) = (500, 70, 8);
    let written = on_any_threads(|| {
        // Lines of the first dimension are strided.
        let stored = array(&[length, count], &vec![-1i32; count * length]);
        let out = stored.with_layout(stored.layout.transpose(0, 1));
        let mut states = vec![Vec::new(); count.div_ceil(size)];
        let lines = LinesMut::<i32>::new(&out, 1).unwrap();
        try_for_each_line_in_groups(
            lines,
            size,
            Cost::single(1 << 12),
            &mut states,
            |seen: &mut Vec<usize>, number, mut line| {
                seen.push(number);
                line.fill_with(&mut Vec::new(), |line| line.fill(number as i32))
            },
        )
        .unwrap();
        for (group, seen) in states.iter().enumerate() {
            assert_eq!(*seen, (group * size..count.min((group + 1) * size)).collect::<Vec<_>>());
        }
        out.to_vec::<i32>().unwrap()
    });
    assert!(written.iter().enumerate().all(|(i, &number)| number as usize == i / length));
}
