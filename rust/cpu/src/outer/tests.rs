use ferrotorch_kernel::Layout;

use super::Outer;

fn starts(layout: &Layout, inner: &[usize]) -> Vec<isize> {
    let outer = Outer::new(layout, inner);
    (0..outer.count()).map(|number| outer.start(number)).collect()
}

#[test]
fn positions_come_in_row_major_order() {
    let layout = Layout::contiguous(&[2, 3, 4]);
    assert_eq!(starts(&layout, &[1]), [0, 1, 2, 3, 12, 13, 14, 15]);
    assert_eq!(starts(&layout, &[0]), (0..12).collect::<Vec<_>>());
    assert_eq!(starts(&layout.transpose(0, 2), &[1]), [0, 12, 1, 13, 2, 14, 3, 15]);
    assert_eq!(starts(&layout.flip(&[0]), &[1]), [0, 1, 2, 3, -12, -11, -10, -9]);
    assert_eq!(starts(&layout.slice(2, 0, 2, 2), &[0]), [0, 2, 4, 6, 8, 10]);
}

#[test]
fn sizes_of_one_and_steps_of_zero_count_too() {
    assert_eq!(starts(&Layout::contiguous(&[3, 1, 2]), &[2]), [0, 2, 4]);
    assert_eq!(starts(&Layout::contiguous(&[1, 2]).expand(&[3, 2]).unwrap(), &[]), [0, 1, 0, 1, 0, 1]);
}

#[test]
fn nothing_left_is_one_position() {
    assert_eq!(starts(&Layout::contiguous(&[]), &[]), [0]);
    assert_eq!(starts(&Layout::contiguous(&[5, 4]), &[0, 1]), [0]);
    assert_eq!(starts(&Layout::contiguous(&[0, 4]), &[1]), [] as [isize; 0]);
}

#[test]
#[should_panic(expected = "position out of range")]
fn positions_behind_the_last_are_refused() {
    Outer::new(&Layout::contiguous(&[2, 3]), &[1]).start(2);
}
