use ferrotorch_kernel::dtype::c32;
use ferrotorch_kernel::kernel::Combine;

use super::Combining;

/// What a way makes of old and new elements, by slices and one by one.
fn combined<T: Combining + PartialEq + std::fmt::Debug>(combine: Combine, old: &[T], new: &[T]) -> Vec<T> {
    let combiner = T::combiner(combine).unwrap();
    let one: Vec<T> = old.iter().zip(new).map(|(&old, &new)| (combiner.one)(old, new)).collect();
    let mut all = old.to_vec();
    (combiner.all)(&mut all, new);
    assert_eq!(format!("{one:?}"), format!("{all:?}"));
    all
}

#[test]
fn each_way_does_what_it_says() {
    let (old, new) = ([1i32, 5, -2], [4, 3, -2]);
    assert_eq!(combined(Combine::Assign, &old, &new), [4, 3, -2]);
    assert_eq!(combined(Combine::Add, &old, &new), [5, 8, -4]);
    assert_eq!(combined(Combine::Mul, &old, &new), [4, 15, 4]);
    assert_eq!(combined(Combine::Max, &old, &new), [4, 5, -2]);
    assert_eq!(combined(Combine::Min, &old, &new), [1, 3, -2]);
    assert_eq!(combined(Combine::Add, &[u8::MAX], &[2]), [1]);
}

#[test]
fn nan_wins_on_either_side() {
    for combine in [Combine::Max, Combine::Min] {
        let out = combined(combine, &[f32::NAN, 1.0, f32::NAN], &[1.0, f32::NAN, f32::NEG_INFINITY]);
        assert!(out.iter().all(|x| x.is_nan()), "{combine:?}: {out:?}");
    }
}

#[test]
fn complex_numbers_have_no_order() {
    assert_eq!(combined(Combine::Mul, &[c32::new(0.0, 1.0)], &[c32::new(0.0, 1.0)]), [c32::new(-1.0, 0.0)]);
    for combine in [Combine::Max, Combine::Min] {
        assert!(c32::combiner(combine).is_err(), "{combine:?}");
    }
}
