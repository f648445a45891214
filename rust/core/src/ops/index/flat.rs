//! Positions in the flattened tensor.

use smallvec::smallvec;

use crate::array::Array;
use crate::autograd::{SavedTensor, keeping_one, record_one};
use crate::backend;
use crate::dtype::DType;
use crate::ensure;
use crate::error::Result;
use crate::kernel::Kernel;
use crate::tensor::Tensor;

use super::super::reduce::as_i64;
use super::super::write::in_place;
use super::super::{creation, view};
use super::advanced::{index_put, index_put_, write_unrecorded};

fn positions(op: &'static str, index: &Tensor) -> Result<Tensor> {
    ensure!(
        index.dtype() == DType::Int64,
        Runtime,
        "{op}(): Expected a long tensor for index, but got {}",
        index.dtype().legacy_name()
    );
    Ok(index.detach())
}

/// The elements at flat positions, in the shape of the index (int64, may count from the end).
pub fn take(input: &Tensor, index: &Tensor) -> Result<Tensor> {
    let index = positions("take", index)?;
    ensure!(input.numel() > 0 || index.numel() == 0, Index, "take(): tried to take from an empty tensor");
    let array = view::ravel(&input.detach())?.array();
    let out = Array::empty(&index.shape(), array.dtype, array.device())?;
    if out.numel() > 0 {
        backend::launch("take", &Kernel::Index { wraps: true }, &[array.into(), index.operand()], std::slice::from_ref(&out))?;
    }
    let out = Tensor::from_array(out);
    record_one("TakeBackward0", &[input], &out, || {
        let shape = as_i64(&input.shape());
        keeping_one([("index", SavedTensor::input(&index))], move |cx, [index], g| {
            let numel = shape.iter().product::<i64>() as usize;
            let sum = creation::zeros_with(g, &[numel])?;
            index_put_(&sum, &[Some(index.get(cx)?)], g, true)?;
            Ok(smallvec![Some(view::reshape(&sum, &shape)?)])
        })
    })?;
    Ok(out)
}

/// A copy of `input` with the elements of `source` written (`accumulate`: added) at flat positions.
pub fn put(input: &Tensor, index: &Tensor, source: &Tensor, accumulate: bool) -> Result<Tensor> {
    let index = checked("put", input, index, source)?;
    let flat = index_put(&view::ravel(input)?, &[Some(view::ravel(&index)?)], &view::ravel(source)?, accumulate)?;
    view::reshape(&flat, &as_i64(&input.shape()))
}

/// The index of a call of `put` whose arguments are in order.
fn checked(op: &'static str, input: &Tensor, index: &Tensor, source: &Tensor) -> Result<Tensor> {
    let index = positions(op, index)?;
    ensure!(
        index.numel() == source.numel(),
        Index,
        "{op}(): Expected source and index to have the same number of elements, but got source.numel() = {}, index.numel() = {}",
        source.numel(),
        index.numel()
    );
    ensure!(
        input.dtype() == source.dtype(),
        Runtime,
        "{op}(): self and source expected to have the same dtype, but got self.dtype = {} and source.dtype = {}",
        input.dtype().name(),
        source.dtype().name()
    );
    ensure!(input.numel() > 0 || index.numel() == 0, Index, "{op}(): Tried to put elements into an empty tensor");
    Ok(index)
}

/// [`put`] in place.
pub fn put_(target: &Tensor, index: &Tensor, source: &Tensor, accumulate: bool) -> Result<()> {
    let functional = || put(target, index, source, accumulate);
    let direct = |out: &Array| {
        let index = checked("put_", target, index, source)?;
        if !out.layout.is_contiguous() {
            return backend::launch("put_", &Kernel::Copy, &[functional()?.operand()], std::slice::from_ref(out));
        }
        let flat = view::ravel(&target.detach())?;
        write_unrecorded("put_", &flat, &[Some(view::ravel(&index)?)], &view::ravel(source)?, accumulate)
    };
    in_place("put_", target, &[source], functional, direct)
}
