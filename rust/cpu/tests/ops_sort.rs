//! Order, search, distinct elements; joins, repeats and padding; sequences.

mod common;

use common::{assert_refused, assert_tensor, gradgradcheck, i, t, varied};
use ferrotorch_core::ops::pad::{Padding, pad};
use ferrotorch_core::ops::quantile::{self, Interpolation};
use ferrotorch_core::ops::{cast, creation, join, repeat, search, sequence, sort, unique};
use ferrotorch_core::{DType, Device, Result, Scalar, Tensor};

const NAN: f64 = f64::NAN;

#[test]
fn sorting_is_stable_and_puts_nan_last() {
    let (values, order) = sort::sort(&t(&[5], &[2., NAN, 1., 2., -1.]), 0, false).unwrap();
    assert_tensor(&values, &[5], &[-1., 1., 2., 2., NAN]);
    assert_tensor(&order, &[5], &[4., 2., 0., 3., 1.]);
    let (largest, at) = sort::topk(&t(&[2, 3], &[1., 5., 3., 9., 7., 8.]), 2, 1, true).unwrap();
    assert_tensor(&largest, &[2, 2], &[5., 3., 9., 8.]);
    assert_tensor(&at, &[2, 2], &[1., 2., 0., 2.]);
    assert_refused(sort::topk(&t(&[2], &[0., 1.]), 3, 0, true), "selected index k out of range");
}

#[test]
fn one_of_each_row() {
    let x = t(&[2, 4], &[3., 1., 2., 4., 1., NAN, 0., 5.]);
    assert_tensor(&sort::kthvalue(&x, 2, 1, false).unwrap().0, &[2], &[2., 1.]);
    assert_tensor(&sort::median(&x, 1, true).unwrap().0, &[2, 1], &[2., NAN]);
    assert_tensor(&sort::nanmedian(&x, 1, false).unwrap().0, &[2], &[2., 1.]);
    assert_tensor(&sort::nanmedian_all(&t(&[2], &[NAN, NAN])).unwrap(), &[], &[NAN]);
    let (values, at) = sort::mode(&i(&[6], &[2, 3, 2, 1, 3, 0]), 0, false).unwrap();
    assert_tensor(&values, &[], &[2.]);
    assert_tensor(&at, &[], &[2.]);
    assert_refused(sort::kthvalue(&x, 5, 1, false), "selected number k out of range");
    assert_refused(sort::median(&t(&[0], &[]), 0, false), "non-zero size");
}

#[test]
fn searching() {
    let edges = t(&[3], &[1., 3., 5.]);
    assert_tensor(&search::bucketize(&t(&[4], &[0., 3., 4., 6.]), &edges, false, false).unwrap(), &[4], &[0., 1., 2., 3.]);
    assert_tensor(&search::bucketize(&t(&[], &[3.]), &edges, true, true).unwrap(), &[], &[2.]);
    assert_tensor(&search::bucketize(&i(&[2], &[0, 4]), &edges, false, false).unwrap(), &[2], &[0., 2.]);
    assert_tensor(&search::isin(&i(&[2, 2], &[1, 2, 3, 4]), &i(&[2], &[4, 2]), false).unwrap(), &[2, 2], &[0., 1., 0., 1.]);
    assert_tensor(&search::bincount(&i(&[4], &[1, 3, 1, 0]), None, 5).unwrap(), &[5], &[1., 2., 0., 1., 0.]);
    assert_tensor(&search::histc(&t(&[5], &[0., 1., 2., 4., 9.]), 4, 0., 4.).unwrap(), &[4], &[1., 1., 1., 1.]);
    let coordinates = search::unravel_index(&i(&[2], &[5, 3]), &[2, 3]).unwrap();
    assert_tensor(&coordinates[1], &[2], &[2., 0.]);
    assert_refused(search::bincount(&i(&[1], &[-1]), None, 0), "non-negative integral inputs");
}

#[test]
fn quantiles() {
    let x = t(&[2, 3], &[0., 2., 1., 4., NAN, 6.]);
    let q = t(&[2], &[0.25, 0.5]);
    let linear = |skip| quantile::quantile(&x, &q, Some(1), true, Interpolation::Linear, skip).unwrap();
    assert_tensor(&linear(false), &[2, 2, 1], &[0.5, NAN, 1.0, NAN]);
    assert_tensor(&linear(true), &[2, 2, 1], &[0.5, 4.5, 1.0, 5.0]);
    let of_all = |how| quantile::quantile(&t(&[4], &[1., 2., 3., 4.]), &t(&[], &[0.5]), None, false, how, false).unwrap();
    assert_tensor(&of_all(Interpolation::Nearest), &[], &[3.]);
    assert_tensor(&of_all(Interpolation::Lower), &[], &[2.]);
    assert_refused(quantile::quantile(&x, &t(&[], &[1.5]), None, false, Interpolation::Linear, false), "range [0, 1]");
}

#[test]
fn distinct_elements() {
    let d = unique::unique(&i(&[2, 3], &[3, 1, 3, 2, 1, 3]), true).unwrap();
    assert_tensor(&d.values, &[3], &[1., 2., 3.]);
    assert_tensor(d.inverse.as_ref().unwrap(), &[2, 3], &[2., 0., 2., 1., 0., 2.]);
    assert_tensor(&d.counts, &[3], &[2., 1., 3.]);
    let d = unique::unique_consecutive(&i(&[5], &[1, 1, 2, 2, 1])).unwrap();
    assert_tensor(&d.values, &[3], &[1., 2., 1.]);
    assert_tensor(&d.counts, &[3], &[2., 2., 1.]);
    let d = unique::unique_dim(&i(&[3, 2], &[2, 1, 0, 5, 2, 1]), 0).unwrap();
    assert_tensor(&d.values, &[2, 2], &[0., 5., 2., 1.]);
    assert_tensor(d.inverse.as_ref().unwrap(), &[3], &[1., 0., 1.]);
    // So many that they are counted, or sorted where they are far apart.
    for far in [1, 1000] {
        let many: Vec<i64> = (0..3000).map(|k| (k * 37 % 11 - 5) * far).collect();
        let d = unique::unique(&i(&[3, 1000], &many), true).unwrap();
        assert_tensor(&d.values, &[11], &(-5..6).map(|k| (k * far) as f64).collect::<Vec<_>>());
        assert_tensor(d.inverse.as_ref().unwrap(), &[3, 1000], &many.iter().map(|k| (k / far + 5) as f64).collect::<Vec<_>>());
        let unsigned = cast::to_dtype(&i(&[3000], &many.iter().map(|k| k + 5 * far).collect::<Vec<_>>()), DType::UInt16).unwrap();
        let found = unique::unique(&unsigned, false).unwrap().values;
        assert_eq!((found.numel(), found.dtype()), (11, DType::UInt16));
        let count = |k: i64| many.iter().filter(|&&x| x == k * far).count() as f64;
        assert_tensor(&d.counts, &[11], &(-5..6).map(count).collect::<Vec<_>>());
    }
    assert_eq!(unique::unique(&i(&[0], &[]), false).unwrap().values.numel(), 0);
}

#[test]
fn joining() {
    let (x, y) = (t(&[1, 2], &[1., 2.]), i(&[2, 2], &[3, 4, 5, 6]));
    let joined = join::cat(&[x.clone(), y, t(&[0], &[])], 0).unwrap();
    assert_tensor(&joined, &[3, 2], &[1., 2., 3., 4., 5., 6.]);
    assert_eq!(joined.dtype(), DType::Float64);
    assert_tensor(&join::stack(&[x.clone(), x.clone()], -1).unwrap(), &[1, 2, 2], &[1., 1., 2., 2.]);
    assert_tensor(&join::block_diag(&[x.clone(), t(&[], &[7.])]).unwrap(), &[2, 3], &[1., 2., 0., 0., 0., 7.]);
    assert_tensor(
        &join::cartesian_prod(&[i(&[2], &[1, 2]), i(&[2], &[3, 4])]).unwrap(),
        &[4, 2],
        &[1., 3., 1., 4., 2., 3., 2., 4.],
    );
    assert_refused(join::cat(&[x.clone(), t(&[1, 3], &[0.; 3])], 0), "Sizes of tensors must match except in dimension 0");
    assert_refused(join::cat(&[t(&[], &[0.])], 0), "zero-dimensional tensor (at position 0)");
    assert_refused(join::stack(&[x, t(&[1], &[0.])], 0), "equal size");
}

#[test]
fn repeating_and_rearranging() {
    let x = t(&[2, 2], &[1., 2., 3., 4.]);
    assert_tensor(&repeat::repeat(&x, &[2, 1, 2]).unwrap(), &[2, 2, 4], &[1., 2., 1., 2., 3., 4., 3., 4.].repeat(2));
    assert_tensor(&repeat::repeat_interleave(&x, 2, Some(1), None).unwrap(), &[2, 4], &[1., 1., 2., 2., 3., 3., 4., 4.]);
    assert_tensor(&repeat::repeat_interleave_by(&x, &i(&[2], &[0, 2]), Some(0), None).unwrap(), &[2, 2], &[3., 4., 3., 4.]);
    assert_tensor(&repeat::roll(&t(&[4], &[1., 2., 3., 4.]), &[-1], &[0]).unwrap(), &[4], &[2., 3., 4., 1.]);
    assert_tensor(&repeat::rot90(&x, 1, &[0, 1]).unwrap(), &[2, 2], &[2., 4., 1., 3.]);
    assert_tensor(&repeat::combinations(&i(&[3], &[1, 2, 3]), 2, false).unwrap(), &[3, 2], &[1., 2., 1., 3., 2., 3.]);
    assert_refused(repeat::repeat(&x, &[2]), "can not be smaller than number of dimensions");
    assert_refused(repeat::roll(&x, &[1, 2], &[0]), "must align");
}

#[test]
fn padding() {
    let x = t(&[1, 3], &[1., 2., 3.]);
    let padded = |mode| pad(&x, &[2, 1], mode).unwrap();
    assert_tensor(&padded(Padding::Constant(Scalar::Int(9))), &[1, 6], &[9., 9., 1., 2., 3., 9.]);
    assert_tensor(&padded(Padding::Reflect), &[1, 6], &[3., 2., 1., 2., 3., 2.]);
    assert_tensor(&padded(Padding::Replicate), &[1, 6], &[1., 1., 1., 2., 3., 3.]);
    assert_tensor(&padded(Padding::Circular), &[1, 6], &[2., 3., 1., 2., 3., 1.]);
    assert_tensor(&pad(&x, &[-1, -1], Padding::Constant(Scalar::Int(0))).unwrap(), &[1, 1], &[2.]);
    assert_refused(pad(&x, &[3, 0], Padding::Reflect), "Padding size should be less than");
    assert_refused(pad(&x, &[1], Padding::Constant(Scalar::Int(0))), "must be even");
    assert_refused(pad(&x, &[-2, -2], Padding::Constant(Scalar::Int(0))), "removes more than the 3 entries of dimension 1");
}

#[test]
fn sequences() {
    let cpu = Device::CPU;
    ferrotorch_cpu::register().unwrap();
    let ints = sequence::arange(Scalar::Int(1), Scalar::Int(8), Scalar::Int(3), None, cpu).unwrap();
    assert_tensor(&ints, &[3], &[1., 4., 7.]);
    assert_eq!(ints.dtype(), DType::Int64);
    let floats = sequence::arange(Scalar::Float(1.0), Scalar::Int(0), Scalar::Float(-0.25), None, cpu).unwrap();
    assert_tensor(&floats, &[4], &[1., 0.75, 0.5, 0.25]);
    assert_tensor(&sequence::linspace(0.0.into(), 1.0.into(), 3, Some(DType::Float64), cpu).unwrap(), &[3], &[0., 0.5, 1.]);
    assert_tensor(
        &sequence::logspace(0.0.into(), 2.0.into(), 3, 10., Some(DType::Float64), cpu).unwrap(),
        &[3],
        &[1., 10., 100.],
    );
    assert_tensor(&sequence::tril_indices(2, 2, 0, DType::Int64, cpu).unwrap(), &[2, 3], &[0., 1., 1., 0., 0., 1.]);
    assert_tensor(&creation::eye(2, 3, DType::Float32, cpu).unwrap(), &[2, 3], &[1., 0., 0., 0., 1., 0.]);
    assert_refused(sequence::arange(Scalar::Int(1), Scalar::Int(8), Scalar::Int(0), None, cpu), "step must be nonzero");
    assert_refused(sequence::arange(Scalar::Int(1), Scalar::Int(0), Scalar::Int(1), None, cpu), "inconsistent with step sign");
    assert_refused(creation::zeros(&[2, -1], DType::Float32, cpu), "negative dimension -1");
}

#[test]
fn derivatives() {
    let x = [varied(&[3, 4])];
    let one = |f: fn(&Tensor) -> Result<Tensor>| gradgradcheck(&|a: &[Tensor]| f(&a[0]), &x);
    one(|a| Ok(sort::sort(a, 1, true)?.0));
    one(|a| Ok(sort::topk(a, 2, 0, false)?.0));
    one(|a| Ok(sort::kthvalue(a, 2, 1, false)?.0));
    one(|a| Ok(sort::median(a, 0, true)?.0));
    one(|a| Ok(sort::mode(a, 1, false)?.0));
    one(|a| quantile::quantile(a, &t(&[2], &[0.3, 0.8]), Some(0), false, Interpolation::Linear, false));
    one(|a| repeat::repeat(a, &[2, 2, 3]));
    one(|a| repeat::roll(a, &[1, 2], &[0, 1]));
    one(|a| repeat::flip(a, &[0, 1]));
    one(|a| repeat::repeat_interleave_by(a, &i(&[3], &[2, 0, 1]), Some(0), None));
    one(|a| pad(a, &[1, -1, 2, 0], Padding::Constant(Scalar::Int(1))));
    one(|a| pad(a, &[2, 1], Padding::Reflect));
    one(|a| pad(a, &[2, 1], Padding::Replicate));
    let pair = [varied(&[2, 3]), varied(&[2, 2])];
    gradgradcheck(&|a: &[Tensor]| join::cat(a, 1), &pair);
    gradgradcheck(&|a: &[Tensor]| join::block_diag(a), &pair);
    gradgradcheck(&|a: &[Tensor]| join::stack(&[a[0].clone(), a[0].clone()], 1), &pair[..1]);
}
