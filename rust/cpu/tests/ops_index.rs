//! Indexing, gathering, scattering, masks: values, refusals, derivatives.

mod common;

use common::{assert_refused, assert_tensor, b, gradgradcheck, i, t, values, varied};
use ferrotorch_core::ops::scatter::Reduce;
use ferrotorch_core::ops::{arithmetic, gather, index, masked, scatter, triangle, window_scatter};
use ferrotorch_core::{Scalar, Tensor};

#[test]
fn advanced_indices_follow_numpy() {
    let x = t(&[2, 3, 2], &(0..12).map(f64::from).collect::<Vec<_>>());
    let pick = |indices: &[Option<Tensor>]| index::index(&x, indices).unwrap();
    assert_tensor(&pick(&[Some(i(&[2], &[1, -1])), Some(i(&[2], &[0, 2]))]), &[2, 2], &[6., 7., 10., 11.]);
    // Neighbours stay where they were, others move to the front.
    assert_eq!(&pick(&[None, Some(i(&[4], &[0; 4])), Some(i(&[4], &[1; 4]))]).shape()[..], [2, 4]);
    assert_eq!(&pick(&[Some(i(&[4], &[0; 4])), None, Some(i(&[4], &[1; 4]))]).shape()[..], [4, 3]);
    assert_eq!(&pick(&[None, Some(i(&[5, 1], &[0; 5])), Some(i(&[4], &[1; 4]))]).shape()[..], [2, 5, 4]);
    assert_tensor(&pick(&[None, Some(b(&[3], &[1, 0, 1]))]), &[2, 2, 2], &[0., 1., 4., 5., 6., 7., 10., 11.]);
    assert_tensor(&pick(&[Some(b(&[2, 3], &[0, 1, 0, 0, 0, 1]))]), &[2, 2], &[2., 3., 10., 11.]);
    assert_eq!(&pick(&[Some(b(&[], &[1]))]).shape()[..], [1, 2, 3, 2]);
    assert_refused(index::index(&x, &[Some(b(&[3], &[1, 0, 1]))]), "The shape of the mask [3] at index 0");
    assert_refused(index::index(&x, &[Some(i(&[1], &[2]))]), "index 2 is out of bounds for dimension 0 with size 2");
    assert_refused(index::index(&x, &[Some(i(&[2], &[0, 0])), Some(i(&[3], &[0; 3]))]), "could not be broadcast together");
    assert_refused(index::index(&x, &[Some(t(&[1], &[0.0]))]), "tensors used as indices must be");
    assert_refused(index::index(&x, &[None, None, None, Some(i(&[1], &[0]))]), "too many indices");
}

#[test]
fn writing_by_index_assigns_or_adds() {
    let x = t(&[3], &[1., 2., 3.]);
    index::index_put_(&x, &[Some(i(&[3], &[0, 0, 2]))], &t(&[], &[10.]), true).unwrap();
    assert_tensor(&x, &[3], &[21., 2., 13.]);
    index::index_put_(&x, &[Some(b(&[3], &[0, 1, 1]))], &t(&[2], &[5., 6.]), false).unwrap();
    assert_tensor(&x, &[3], &[21., 5., 6.]);
    index::put_(&x, &i(&[2], &[0, -1]), &t(&[2], &[1., 2.]), false).unwrap();
    assert_tensor(&x, &[3], &[1., 5., 2.]);
    assert_refused(
        index::index_put(&x, &[Some(i(&[2], &[0, 1]))], &t(&[3], &[0.; 3]), false),
        "cannot be broadcast to indexing result",
    );
    assert_refused(index::index_put(&x, &[Some(i(&[1], &[0]))], &i(&[1], &[0]), false), "source and destination dtypes match");
}

#[test]
fn slices_along_a_dimension() {
    let x = t(&[2, 3], &[0., 1., 2., 3., 4., 5.]);
    let at = i(&[2], &[2, 0]);
    assert_tensor(&index::index_select(&x, 1, &at).unwrap(), &[2, 2], &[2., 0., 5., 3.]);
    let source = t(&[2, 2], &[10., 20., 30., 40.]);
    assert_tensor(&index::index_add(&x, 1, &at, &source, Scalar::Int(2)).unwrap(), &[2, 3], &[40., 1., 22., 83., 4., 65.]);
    assert_tensor(&index::index_copy(&x, 1, &at, &source).unwrap(), &[2, 3], &[20., 1., 10., 40., 4., 30.]);
    assert_tensor(&index::index_fill(&x, 1, &at, Scalar::Int(9)).unwrap(), &[2, 3], &[9., 1., 9., 9., 4., 9.]);
    assert_tensor(
        &index::index_reduce(&x, 1, &at, &source, Reduce::Mean, false).unwrap(),
        &[2, 3],
        &[20., 1., 10., 40., 4., 30.],
    );
    assert_refused(index::index_select(&x, 1, &i(&[1], &[3])), "index 3 is out of bounds");
    assert_refused(index::index_add(&x, 1, &at, &t(&[2, 3], &[0.; 6]), Scalar::Int(1)), "Number of indices (2)");
    assert_refused(index::index_select(&x, 0, &i(&[1, 1], &[0])), "supposed to be a vector");
}

#[test]
fn gather_and_scatter_are_inverse() {
    let x = t(&[2, 3], &[0., 1., 2., 3., 4., 5.]);
    let at = i(&[2, 2], &[2, 0, 1, 1]);
    assert_tensor(&gather::gather(&x, 1, &at).unwrap(), &[2, 2], &[2., 0., 4., 4.]);
    let src = t(&[2, 2], &[1., 2., 3., 4.]);
    assert_tensor(&scatter::scatter(&x, 1, &at, &src).unwrap(), &[2, 3], &[2., 1., 1., 3., 4., 5.]);
    assert_tensor(&scatter::scatter_add(&x, 1, &at, &src).unwrap(), &[2, 3], &[2., 1., 3., 3., 11., 5.]);
    let reduced = |reduce, include| values(&scatter::scatter_reduce(&x, 1, &at, &src, reduce, include).unwrap());
    assert_eq!(reduced(Reduce::Prod, false), [2., 1., 1., 3., 12., 5.]);
    assert_eq!(reduced(Reduce::Mean, true), [1., 1., 1.5, 3., 11.0 / 3.0, 5.]);
    assert_eq!(reduced(Reduce::Amax, true), [2., 1., 2., 3., 4., 5.]);
    assert_eq!(reduced(Reduce::Amin, false), [2., 1., 1., 3., 3., 5.]);
    assert_refused(gather::gather(&x, 1, &i(&[3, 1], &[0; 3])), "Size does not match");
    assert_refused(gather::gather(&x, 0, &i(&[1, 1], &[2])), "index 2 is out of bounds for dimension 0 with size 2");
    assert_refused(gather::gather(&x, 0, &i(&[1], &[0])), "same number of dimensions");
    assert_refused(scatter::scatter(&x, 1, &at, &t(&[1, 2], &[0.; 2])), "to be no larger than src");
}

#[test]
fn masks_choose() {
    let x = t(&[2, 2], &[1., 2., 3., 4.]);
    let mask = b(&[2], &[1, 0]);
    assert_tensor(&masked::masked_fill(&x, &mask, Scalar::Int(7)).unwrap(), &[2, 2], &[7., 2., 7., 4.]);
    assert_tensor(&masked::masked_select(&x, &mask).unwrap(), &[2], &[1., 3.]);
    assert_tensor(&masked::masked_scatter(&x, &mask, &t(&[3], &[8., 9., 0.])).unwrap(), &[2, 2], &[8., 2., 9., 4.]);
    assert_tensor(&masked::nonzero(&t(&[2, 2], &[0., 1., 2., 0.])).unwrap(), &[2, 2], &[0., 1., 1., 0.]);
    assert_eq!(&masked::nonzero(&t(&[], &[1.0])).unwrap().shape()[..], [1, 0]);
    assert_refused(masked::masked_fill(&x, &t(&[2], &[1., 0.]), Scalar::Int(0)), "expected BoolTensor for mask");
    assert_refused(masked::masked_scatter(&x, &mask, &t(&[1], &[8.])), "Number of elements of source < number of ones in mask");
    let filled = t(&[2, 2], &[1., 2., 3., 4.]);
    masked::masked_fill_(&filled, &mask, Scalar::Float(0.5)).unwrap();
    assert_tensor(&filled, &[2, 2], &[0.5, 2., 0.5, 4.]);
}

#[test]
fn triangles_and_diagonals() {
    let x = t(&[2, 3], &[1., 2., 3., 4., 5., 6.]);
    assert_tensor(&triangle::tril(&x, 0).unwrap(), &[2, 3], &[1., 0., 0., 4., 5., 0.]);
    assert_tensor(&triangle::triu(&x, 1).unwrap(), &[2, 3], &[0., 2., 3., 0., 0., 6.]);
    assert_tensor(&triangle::diag(&t(&[2], &[1., 2.]), -1).unwrap(), &[3, 3], &[0., 0., 0., 1., 0., 0., 0., 2., 0.]);
    assert_tensor(&triangle::trace(&x).unwrap(), &[], &[6.]);
    assert_eq!(&triangle::diag_embed(&x, 1, 0, -1).unwrap().shape()[..], [4, 2, 4]);
    assert_refused(triangle::tril(&t(&[2], &[0.; 2]), 0), "at least 2 dimensions");
}

#[test]
fn derivatives_of_reads() {
    let x = [varied(&[3, 4])];
    let at = || i(&[2, 3], &[1, 0, 1, 3, 3, -1]);
    gradgradcheck(&|a: &[Tensor]| index::index(&a[0], &[None, Some(at())]), &x);
    gradgradcheck(&|a: &[Tensor]| index::index_select(&a[0], 0, &i(&[3], &[2, 0, 2])), &x);
    gradgradcheck(&|a: &[Tensor]| gather::gather(&a[0], 1, &i(&[3, 2], &[0, 0, 3, 1, 2, 2])), &x);
    gradgradcheck(&|a: &[Tensor]| index::take(&a[0], &i(&[3], &[0, 5, 5])), &x);
    gradgradcheck(&|a: &[Tensor]| masked::masked_select(&a[0], &b(&[4], &[1, 0, 1, 1])), &x);
    gradgradcheck(&|a: &[Tensor]| triangle::tril(&a[0], 1), &x);
    gradgradcheck(&|a: &[Tensor]| triangle::diag_embed(&a[0], 1, 0, 2), &x);
}

#[test]
fn derivatives_of_writes() {
    let pair = [varied(&[3, 4]), varied(&[3, 2])];
    let at = || i(&[2], &[3, 1]);
    gradgradcheck(&|a: &[Tensor]| index::index_put(&a[0], &[None, Some(at())], &a[1], false), &pair);
    gradgradcheck(&|a: &[Tensor]| index::index_put(&a[0], &[None, Some(i(&[2], &[3, 3]))], &a[1], true), &pair);
    gradgradcheck(&|a: &[Tensor]| index::index_copy(&a[0], 1, &at(), &a[1]), &pair);
    gradgradcheck(&|a: &[Tensor]| index::index_add(&a[0], 1, &at(), &a[1], Scalar::Float(0.5)), &pair);
    gradgradcheck(&|a: &[Tensor]| window_scatter::slice_scatter(&a[0], &a[1], 1, Some(0), None, 2), &pair);
    gradgradcheck(&|a: &[Tensor]| window_scatter::select_scatter(&a[0], &a[1], 0, 1), &[varied(&[3, 4]), varied(&[4])]);
    gradgradcheck(&|a: &[Tensor]| masked::masked_scatter(&a[0], &b(&[4], &[1, 0, 0, 1]), &a[1]), &pair);
    gradgradcheck(
        &|a: &[Tensor]| masked::masked_fill_tensor(&a[0], &b(&[4], &[1, 0, 0, 1]), &a[1]),
        &[varied(&[3, 4]), varied(&[])],
    );
    let places = || i(&[3, 2], &[0, 2, 1, 3, 3, 0]);
    gradgradcheck(&|a: &[Tensor]| scatter::scatter(&a[0], 1, &places(), &a[1]), &pair);
    gradgradcheck(&|a: &[Tensor]| scatter::scatter_add(&a[0], 0, &i(&[1, 2], &[2, 2]), &a[1]), &pair);
}

#[test]
fn derivatives_of_reductions_into_places() {
    // No element of one equals an element of the other: there the extrema would have a kink.
    let pair = [varied(&[2, 3]), arithmetic::mul(&varied(&[2, 4]), 0.9).unwrap()];
    let at = || i(&[2, 4], &[0, 0, 2, 0, 1, 1, 2, 2]);
    for include_self in [true, false] {
        for reduce in [Reduce::Sum, Reduce::Prod, Reduce::Mean, Reduce::Amax, Reduce::Amin] {
            gradgradcheck(&|a: &[Tensor]| scatter::scatter_reduce(&a[0], 1, &at(), &a[1], reduce, include_self), &pair);
        }
    }
    gradgradcheck(&|a: &[Tensor]| index::index_reduce(&a[0], 1, &i(&[4], &[0, 2, 0, 0]), &a[1], Reduce::Prod, true), &pair);
}

#[test]
fn in_place_writes_have_the_history_of_the_functional_form() {
    gradgradcheck(
        &|a: &[Tensor]| {
            let x = arithmetic::mul(&a[0], &a[0])?;
            index::index_copy_(&x, 1, &i(&[2], &[1, 2]), &a[1])?;
            scatter::scatter_add_(&x, 0, &i(&[1, 2], &[1, 0]), &a[1])?;
            masked::masked_fill_(&x, &b(&[3], &[0, 0, 1]), Scalar::Int(3))?;
            arithmetic::mul(&x, &x)
        },
        &[varied(&[2, 3]), varied(&[2, 2])],
    );
    let leaf = varied(&[2, 3]);
    leaf.set_requires_grad(true).unwrap();
    assert_refused(masked::masked_fill_(&leaf, &b(&[3], &[0, 0, 1]), Scalar::Int(3)), "leaf Variable that requires grad");
}
