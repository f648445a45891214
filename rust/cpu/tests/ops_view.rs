//! Views: values, sharing, refusals, derivatives.

mod common;

use common::{assert_refused, assert_tensor, gradgradcheck, t, values, varied};
use ferrotorch_core::autograd::inplace;
use ferrotorch_core::ops::{strided, view};
use ferrotorch_core::{DType, Result, Tensor};

fn counted(shape: &[usize]) -> Tensor {
    let n: usize = shape.iter().product();
    t(shape, &(0..n).map(|k| k as f64).collect::<Vec<_>>())
}

#[test]
fn reshaping_shares_storage_where_strides_allow() {
    let x = counted(&[2, 6]);
    let y = view::reshape(&x, &[3, -1]).unwrap();
    assert_tensor(&y, &[3, 4], &values(&x));
    assert!(y.storage().ptr_eq(&x.storage()));
    let z = view::reshape(&view::t(&x).unwrap(), &[12]).unwrap();
    assert!(!z.storage().ptr_eq(&x.storage()) && z.base().is_none());
    assert_refused(view::view(&view::t(&x).unwrap(), &[12]), "Use .reshape(...) instead");
    assert_refused(view::reshape(&x, &[5, -1]), "invalid for input of size 12");
    assert_refused(view::reshape(&x, &[-1, -1]), "only one dimension can be inferred");
}

#[test]
fn shapes_follow_the_rules() {
    let x = counted(&[2, 1, 3]);
    assert_eq!(&view::flatten(&x, 0, 1).unwrap().shape()[..], [2, 3]);
    assert_eq!(&view::flatten(&t(&[], &[1.0]), 0, -1).unwrap().shape()[..], [1]);
    assert_eq!(&view::unflatten(&x, -1, &[1, -1]).unwrap().shape()[..], [2, 1, 1, 3]);
    assert_eq!(&view::squeeze(&x).unwrap().shape()[..], [2, 3]);
    assert_eq!(&view::squeeze_dims(&x, &[0, 1]).unwrap().shape()[..], [2, 3]);
    assert_eq!(&view::unsqueeze(&x, -1).unwrap().shape()[..], [2, 1, 3, 1]);
    assert_eq!(&view::movedim(&x, &[0], &[-1]).unwrap().shape()[..], [1, 3, 2]);
    assert_eq!(&view::expand(&x, &[4, -1, 5, 3]).unwrap().shape()[..], [4, 2, 5, 3]);
    assert_eq!(&view::atleast_3d(&counted(&[4])).unwrap().shape()[..], [1, 4, 1]);
    assert_refused(view::expand(&x, &[2, 3]), "must be greater or equal to the number of dimensions");
    assert_refused(view::expand(&x, &[3, 1, 3]), "must match the existing size (2) at non-singleton dimension 0");
    assert_refused(view::flatten(&x, 2, 0), "start_dim cannot come after end_dim");
    assert_refused(view::permute(&x, &[0, 1]), "does not match the length");
    assert_refused(view::squeeze_dims(&x, &[3]), "Dimension out of range");
}

#[test]
fn windows_show_the_right_elements() {
    let x = counted(&[3, 4]);
    assert_tensor(&view::narrow(&x, 1, -3, 2).unwrap(), &[3, 2], &[1., 2., 5., 6., 9., 10.]);
    assert_tensor(&view::select(&x, 0, -1).unwrap(), &[4], &[8., 9., 10., 11.]);
    assert_tensor(&view::slice(&x, 1, Some(-10), Some(10), 3).unwrap(), &[3, 2], &[0., 3., 4., 7., 8., 11.]);
    assert_eq!(view::slice(&x, 0, Some(2), Some(1), 1).unwrap().numel(), 0);
    assert_tensor(&view::diagonal(&x, 1, 0, 1).unwrap(), &[3], &[1., 6., 11.]);
    assert_tensor(&view::diagonal(&x, -1, 0, 1).unwrap(), &[2], &[4., 9.]);
    assert_eq!(view::diagonal(&x, 9, 0, 1).unwrap().numel(), 0);
    assert_tensor(&view::unfold(&counted(&[5]), 0, 3, 2).unwrap(), &[2, 3], &[0., 1., 2., 2., 3., 4.]);
    assert_refused(view::narrow(&x, 0, 1, 3), "exceeds dimension size (3)");
    assert_refused(view::select(&x, 1, 4), "index 4 out of range");
    assert_refused(view::diagonal(&x, 0, 1, 1), "cannot be identical");
    assert_refused(view::unfold(&x, 0, 4, 1), "maximum size for tensor at dimension 0 is 3 but size is 4");
}

#[test]
fn splits_divide_as_documented() {
    let x = counted(&[7, 2]);
    let lengths = |parts: Vec<Tensor>| parts.iter().map(|p| p.size(0)).collect::<Vec<_>>();
    assert_eq!(lengths(view::split(&x, 3, 0).unwrap()), [3, 3, 1]);
    assert_eq!(lengths(view::chunk(&x, 4, 0).unwrap()), [2, 2, 2, 1]);
    assert_eq!(lengths(view::tensor_split(&x, 3, 0).unwrap()), [3, 2, 2]);
    assert_eq!(lengths(view::tensor_split_at(&x, &[2, -1], 0).unwrap()), [2, 4, 1]);
    assert_eq!(view::unbind(&x, 1).unwrap().len(), 2);
    assert_refused(view::split_with_sizes(&x, &[3, 3], 0), "sum exactly to 7");
    assert_refused(view::hsplit(&x, view::Division::Sections(0)), "not divisible by the split_size 0");
    assert_refused(view::dsplit(&x, view::Division::Sections(1)), "at least 3 dimension");
}

#[test]
fn bytes_are_read_as_other_dtypes() {
    let x = t(&[2, 2], &[1.0, 2.0, 3.0, 4.0]);
    let bytes = view::view_dtype(&x, DType::UInt8).unwrap();
    assert_eq!(&bytes.shape()[..], [2, 16]);
    assert_tensor(&view::view_dtype(&bytes, DType::Float64).unwrap(), &[2, 2], &[1., 2., 3., 4.]);
    assert_refused(view::view_dtype(&view::t(&x).unwrap(), DType::UInt8), "self.stride(-1) must be 1");
    let z = view::view_as_complex(&x).unwrap();
    assert_eq!((z.dtype(), &z.shape()[..]), (DType::Complex128, &[2][..]));
    assert_tensor(&view::view_as_real(&z).unwrap(), &[2, 2], &[1., 2., 3., 4.]);
    assert_refused(view::view_as_complex(&t(&[3], &[0.; 3])), "last dimension of size 2");
}

#[test]
fn derivatives_are_the_adjoint_views() {
    let x = [varied(&[3, 4])];
    let one = |f: fn(&Tensor) -> Result<Tensor>| gradgradcheck(&|a: &[Tensor]| f(&a[0]), &x);
    one(|a| view::reshape(&view::t(a)?, &[2, 6]));
    one(|a| view::expand(&view::unsqueeze(a, 1)?, &[2, 3, 5, 4]));
    one(|a| view::permute(&view::unflatten(a, 1, &[2, 2])?, &[2, 0, 1]));
    one(|a| view::slice(a, 1, Some(1), None, 2));
    one(|a| view::select(a, 0, 1));
    one(|a| view::diagonal(a, 1, 0, 1));
    one(|a| view::unfold(a, 1, 3, 1));
    one(|a| view::unbind(a, 0).map(|rows| rows[1].clone()));
    one(|a| view::split(a, 3, 1).map(|parts| parts[0].clone()));
    one(|a| strided::as_strided(a, &[2, 3], &[2, 1], Some(1)));
}

#[test]
fn writing_into_views_reaches_the_base() {
    gradgradcheck(
        &|a: &[Tensor]| {
            let base = ferrotorch_core::ops::arithmetic::mul(&a[0], 1.0)?;
            inplace::assign("copy_", &view::select(&view::t(&base)?, 0, 2)?, &a[1])?;
            ferrotorch_core::ops::arithmetic::mul(&base, &base)
        },
        &[varied(&[3, 4]), varied(&[3])],
    );
    let x = t(&[4], &[0.0; 4]);
    x.set_requires_grad(true).unwrap();
    let parts = view::split(&ferrotorch_core::ops::arithmetic::mul(&x, 2.0).unwrap(), 2, 0).unwrap();
    assert_refused(inplace::assign("copy_", &parts[0], &t(&[2], &[1.0, 1.0])), "returns multiple views");
}

#[test]
fn metadata_changes_behind_the_handle() {
    let x = counted(&[2, 3]);
    let same = x.clone();
    view::t_(&x).unwrap();
    assert_tensor(&same, &[3, 2], &[0., 3., 1., 4., 2., 5.]);
    view::resize_(&x, &[2, 2], None).unwrap();
    assert_tensor(&x, &[2, 2], &[0., 1., 2., 3.]);
    view::resize_(&x, &[8], None).unwrap();
    assert_eq!(values(&x)[..6], [0., 1., 2., 3., 4., 5.]);
    let leaf = counted(&[1, 3]);
    leaf.set_requires_grad(true).unwrap();
    assert_refused(view::squeeze_(&leaf, None), "leaf Variable that requires grad");
    assert_refused(view::resize_(&leaf, &[3], None), "cannot resize variables that require grad");
}
