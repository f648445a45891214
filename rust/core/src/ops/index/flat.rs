//! Positions in the flattened tensor.

use smallvec::smallvec;

use crate::array::Array;
use crate::autograd::{Grads, SavedTensor, keeping_one, one, record_one};
use crate::backend;
use crate::dtype::DType;
use crate::ensure;
use crate::error::Result;
use crate::kernel::Kernel;
use crate::tensor::Tensor;

use super::super::reduce::as_i64;
use super::super::write::Form;
use super::super::{creation, view};
use super::advanced::{index_put_, write_unrecorded};

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
    write("put", Form::Clone, input, index, source, accumulate)
}

/// [`put`] in place.
pub fn put_(target: &Tensor, index: &Tensor, source: &Tensor, accumulate: bool) -> Result<()> {
    write("put_", Form::InPlace, target, index, source, accumulate).map(drop)
}

fn write(op: &'static str, form: Form, input: &Tensor, index: &Tensor, source: &Tensor, accumulate: bool) -> Result<Tensor> {
    let index = checked(op, input, index, source)?;
    let put = |out: &Array| write_flat(op, out, &index, &source.detach(), accumulate);
    form.run(op, "PutBackward0", input, &[source], put, || {
        let shape = as_i64(&source.shape());
        one(keeping_one([("index", SavedTensor::input(&index))], move |cx, [index], g| {
            let index = index.get(cx)?;
            let of_input = || if accumulate { Ok(g.clone()) } else { put_zeros(g, &index) };
            Grads::new(cx).set(0, of_input)?.set(1, || view::reshape(&take(g, &index)?, &shape))?.done()
        }))
    })
}

/// A gradient without what was overwritten.
fn put_zeros(g: &Tensor, index: &Tensor) -> Result<Tensor> {
    put(g, index, &creation::zeros_with(g, &index.shape())?, false)
}

/// Writes elements at flat positions of an array, which need not be how they lie in memory.
fn write_flat(op: &'static str, out: &Array, index: &Tensor, source: &Tensor, accumulate: bool) -> Result<()> {
    if !out.layout.is_contiguous() {
        let copy = out.to_dtype(out.dtype)?;
        write_flat(op, &copy, index, source, accumulate)?;
        return backend::launch(op, &Kernel::Copy, &[copy.into()], std::slice::from_ref(out));
    }
    let flat = view::ravel(&Tensor::from_array(out.clone()))?;
    write_unrecorded(op, &flat, &[Some(view::ravel(index)?)], &view::ravel(source)?, accumulate)
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
