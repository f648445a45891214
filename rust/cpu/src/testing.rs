//! What the tests of kernels share: arrays, and the number of threads.

use ferrotorch_kernel::dtype::Element;
use ferrotorch_kernel::{Array, DType, Device};
use parking_lot::Mutex;

use crate::parallel::{num_threads, set_num_threads};

/// Runs `work` on a number of threads. The number is the process's: one caller at a time sets it, and it is restored, also
/// where the work panics.
pub(crate) fn on_threads<R>(threads: usize, work: impl FnOnce() -> R) -> R {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    struct Restore(usize);
    impl Drop for Restore {
        fn drop(&mut self) {
            set_num_threads(self.0);
        }
    }
    let _turn = ONE_AT_A_TIME.lock();
    let _restore = Restore(num_threads());
    set_num_threads(threads);
    work()
}

/// Asserts that the result is the same on any number of threads, and returns it.
pub(crate) fn on_any_threads<R: PartialEq>(work: impl Fn() -> R) -> R {
    let one = on_threads(1, &work);
    for threads in [2, 5] {
        assert!(on_threads(threads, &work) == one, "{threads} threads give another result than one");
    }
    one
}

/// A row-major array. Its methods may need a backend, so that there is one from here on.
pub(crate) fn array<T: Element>(shape: &[usize], values: &[T]) -> Array {
    crate::register().unwrap();
    Array::from_slice(shape, values).unwrap()
}

/// An array with undefined contents; see [`array`].
pub(crate) fn empty(shape: &[usize], dtype: DType) -> Array {
    crate::register().unwrap();
    Array::empty(shape, dtype, Device::CPU).unwrap()
}

/// The same elements stored with the two dimensions exchanged.
pub(crate) fn stored_by_columns<T: Element>(rows: usize, columns: usize, values: &[T]) -> Array {
    let swapped: Vec<T> =
        (0..columns).flat_map(|c| (0..rows).map(move |r| (r, c))).map(|(r, c)| values[r * columns + c]).collect();
    let stored = array(&[columns, rows], &swapped);
    stored.with_layout(stored.layout.transpose(0, 1))
}

/// Values without order, some of them twice, some not numbers.
pub(crate) fn scattered(n: usize) -> Vec<f32> {
    (0..n).map(|i| if i % 97 == 5 { f32::NAN } else { ((i * 7919 % 1013) as f32 - 500.0) / 70.0 }).collect()
}

/// Runs a kernel along the middle dimension of an array, and along the last of the same array seen the other way: the first
/// takes many lines together, the second one at a time. Returns the outputs in the order of the first.
pub(crate) fn both_ways(x: &Array, rows: usize, dtypes: &[DType], run: impl Fn(usize, &Array, &[Array])) -> [Vec<Array>; 2] {
    let turned = |array: &Array| array.with_layout(array.layout.transpose(1, 2));
    let shape = [x.shape()[0], rows, x.shape()[2]];
    let outputs = || dtypes.iter().map(|&dtype| empty(&shape, dtype)).collect::<Vec<_>>();
    let (together, alone) = (outputs(), outputs());
    run(1, x, &together);
    run(2, &turned(x), &alone.iter().map(turned).collect::<Vec<_>>());
    [together, alone]
}

/// Asserts that elements differ by no more than `tolerance` of the second's magnitude, or of 1 where that is smaller.
pub(crate) fn assert_alike(a: &Array, b: &Array, tolerance: f32) {
    for (a, b) in a.to_vec::<f32>().unwrap().into_iter().zip(b.to_vec::<f32>().unwrap()) {
        let close = (a - b).abs() <= tolerance * b.abs().max(1.0);
        assert!(close || (a.is_nan() && b.is_nan()) || a == b, "{a} and {b}");
    }
}

/// Arrays of (2, 37, columns): contiguous, and with steps between columns and rows.
pub(crate) fn planes(columns: usize) -> [Array; 2] {
    let dense = array(&[2, 37, columns], &scattered(2 * 37 * columns));
    let wide = array(&[2, 37, 2 * columns], &scattered(4 * 37 * columns));
    let apart = wide.with_layout(wide.layout.slice(2, 1, columns, 2));
    [dense, apart]
}
