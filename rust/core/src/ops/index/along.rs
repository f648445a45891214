//! Whole slices along a dimension, named by a vector of indices.

use crate::array::{Array, Operand};
use crate::autograd::{
    Context, Fact, Grads, SavedTensor, forward, is_tracked, keeping_linear, keeping_one, one, pushing, record, telling,
};
use crate::backend;
use crate::dtype::{DType, c64};
use crate::ensure;
use crate::error::{Class, Error, IndexOp, Indexed, Result};
use crate::kernel::{Combine, Kernel};
use crate::overlap::{self, Reads};
use crate::scalar::Scalar;
use crate::shape::{self, Dims};
use crate::tensor::Tensor;

use super::super::expr::{Expr, select};
use super::super::reduce::as_i64;
use super::super::write::{Form, apart, is_repeated, number_apart};
use super::super::{arithmetic, cast, creation, masked, view};

/// The dimension and the 1-D int64 index of a call.
pub(super) struct Slices {
    op: &'static str,
    dim: usize,
    index: Tensor,
    /// Do negative indices count from the end?
    wraps: bool,
    /// The class of the error for a wrong number of indices, or dtype of theirs.
    class: Class,
    /// What the indices stand for.
    what: Indexed,
}

impl Slices {
    pub(super) fn new(op: &'static str, input: &Tensor, dim: i64, index: &Tensor) -> Result<Slices> {
        let d = shape::wrap_dim(op, dim, input.ndim())?;
        ensure!(
            matches!(index.dtype(), DType::Int64 | DType::Int32),
            Runtime,
            "{op}(): Expected dtype int32 or int64 for index, got {}",
            index.dtype().name()
        );
        ensure!(index.ndim() <= 1, Index, "{op}(): Index is supposed to be a vector, got shape {:?}", &index.shape()[..]);
        ensure!(
            input.ndim() > 0 || index.numel() == 1,
            Index,
            "{op}(): Index to scalar can have only 1 value, got {} value(s)",
            index.numel()
        );
        let index = cast::to_dtype(&view::atleast_1d(&index.detach())?, DType::Int64)?;
        Ok(Slices { op, dim: d, index, wraps: false, class: Class::Index, what: Indexed::Slice })
    }

    /// Of a call that adds or reduces slices, of which PyTorch raises another class.
    pub(super) fn combined(op: &'static str, input: &Tensor, dim: i64, index: &Tensor) -> Result<Slices> {
        Ok(Slices { class: Class::Runtime, ..Slices::new(op, input, dim, index)? })
    }

    /// Of a call that adds slices: in a tensor of several dimensions PyTorch looks at every element's index.
    fn added(op: &'static str, input: &Tensor, dim: i64, index: &Tensor) -> Result<Slices> {
        let what = if input.ndim() > 1 { Indexed::Element } else { Indexed::Slice };
        Ok(Slices { what, ..Slices::combined(op, input, dim, index)? })
    }

    /// Of a call that fills: negative indices count from the end.
    fn filled(op: &'static str, input: &Tensor, dim: i64, index: &Tensor) -> Result<Slices> {
        ensure!(index.dtype() == DType::Int64, Index, "{op}(): Expected dtype int64 for index, got {}", index.dtype().name());
        Ok(Slices { wraps: true, ..Slices::new(op, input, dim, index)? })
    }

    pub(super) fn dim(&self) -> usize {
        self.dim
    }

    /// Who is named when an index is out of range.
    fn blamed(&self) -> IndexOp {
        IndexOp { op: self.op, dim: Some(self.dim), what: self.what }
    }

    pub(super) fn index(&self) -> &Tensor {
        &self.index
    }

    /// The array with the indexed dimension in front.
    fn front(&self, array: &Array) -> Array {
        let ndim = array.layout.ndim();
        if ndim == 0 {
            return array.at_least_1d();
        }
        let order: Dims = std::iter::once(self.dim).chain((0..ndim).filter(|&d| d != self.dim)).collect();
        array.with_layout(array.layout.permute(&order))
    }

    /// Checks that a source has one slice for each index, in the shape of the input's slices.
    pub(super) fn check_source(&self, input: &Tensor, source: &Tensor) -> Result<()> {
        let op = self.op;
        ensure!(
            input.dtype() == source.dtype(),
            Runtime,
            "{op}(): self and source expected to have the same dtype, but got (self) {} and (source) {}",
            input.dtype().legacy_name(),
            source.dtype().legacy_name()
        );
        let (whole, given) = (input.shape(), source.shape());
        let count = if given.is_empty() { 1 } else { given.get(self.dim).copied().unwrap_or(1) };
        if count != self.index.numel() {
            let (indices, dim) = (self.index.numel(), self.dim);
            let text =
                format!("{op}(): Number of indices ({indices}) should be equal to source.size(dim): ({count}), for dim: {dim}");
            return Err(Error::message(self.class, text));
        }
        let same = (0..whole.len()).all(|d| d == self.dim || given.get(d) == Some(&whole[d]));
        ensure!(
            whole.len().max(1) == given.len().max(1) && (same || whole.len() <= 1),
            Runtime,
            "{op}(): source tensor shape must match self tensor shape, excluding the specified dimension. Got self.shape = {:?} \
             source.shape = {:?}",
            &whole[..],
            &given[..]
        );
        Ok(())
    }

    /// Combines slices of `source` (or one number) into an array.
    pub(super) fn write(&self, out: &Array, source: &Array, combine: Combine) -> Result<()> {
        if self.index.numel() == 0 {
            return Ok(());
        }
        let values = apart(source, out)?;
        let values = if values.numel() == 1 && values.layout.ndim() == 0 && out.layout.ndim() > 0 {
            self.spread(&values, out)
        } else {
            self.front(&values)
        };
        if values.numel() == 0 {
            return Ok(());
        }
        let inputs = [Operand::from(values), apart(&self.index.array(), out)?.into()];
        let kernel = Kernel::IndexPut { combine, wraps: self.wraps };
        let write = || backend::launch(self.op, &kernel, &inputs, &[self.front(out)]);
        backend::by_index(self.blamed(), write)
    }

    /// One number in the shape that the kernel expects of values.
    fn spread(&self, value: &Array, out: &Array) -> Array {
        let mut shape = shape::Shape::from_slice(self.front(out).shape());
        shape[0] = self.index.numel();
        match value.layout.expand(&shape) {
            Some(layout) => value.with_layout(layout),
            None => value.clone(),
        }
    }
}

/// The slices of `dim` that a vector of indices (int64 or int32) names.
pub fn index_select(input: &Tensor, dim: i64, index: &Tensor) -> Result<Tensor> {
    let call = Slices::new("index_select", input, dim, index)?;
    let array = input.array();
    let mut shape = input.shape();
    if !shape.is_empty() {
        shape[call.dim] = call.index.numel();
    }
    let out = Array::empty(&shape, array.dtype, array.device())?;
    let inputs = [call.front(&array).into(), call.index.operand()];
    let read = || backend::launch("index_select", &Kernel::Index { wraps: false }, &inputs, &[call.front(&out)]);
    backend::by_index(call.blamed(), read)?;
    let out = Tensor::from_array(out);
    record("IndexSelectBackward0", &[input], &[&out], || {
        let shape = input.shape();
        let adjoint = move |cx: &Context, [index]: &[SavedTensor; 1], g: &Tensor| {
            let sum = creation::zeros_with(g, &shape)?;
            index_add_(&sum, dim, &index.get(cx)?, g, Scalar::Int(1))?;
            Ok(sum)
        };
        let kept = [("index", SavedTensor::input(&call.index))];
        let rule = keeping_linear(kept, adjoint, move |cx, [index], t| index_select(t, dim, &index.get(cx)?));
        telling([("dim", Fact::of(call.dim)), ("self_sym_sizes", Fact::SizesOf(0))], rule)
    })?;
    Ok(out)
}

fn scaled(source: &Tensor, alpha: Scalar) -> Result<Tensor> {
    // A fraction is cut off if the source holds integers, so that it keeps its dtype.
    let alpha = alpha.fitting(source.dtype())?.cast(source.dtype());
    if alpha.to_complex() == c64::new(1.0, 0.0) { Ok(source.clone()) } else { arithmetic::mul(source, alpha) }
}

/// A copy of `input` with `alpha * source[.., i, ..]` added to its slice `index[i]` along `dim`.
pub fn index_add(input: &Tensor, dim: i64, index: &Tensor, source: &Tensor, alpha: Scalar) -> Result<Tensor> {
    added(Form::Copy, "index_add", input, dim, index, source, alpha)
}

/// [`index_add`] in place.
pub fn index_add_(target: &Tensor, dim: i64, index: &Tensor, source: &Tensor, alpha: Scalar) -> Result<()> {
    added(Form::InPlace, "index_add_", target, dim, index, source, alpha).map(drop)
}

fn added(
    form: Form,
    op: &'static str,
    input: &Tensor,
    dim: i64,
    index: &Tensor,
    source: &Tensor,
    alpha: Scalar,
) -> Result<Tensor> {
    let call = Slices::added(op, input, dim, index)?;
    call.check_source(input, source)?;
    let source = scaled(source, alpha)?;
    let write = |out: &Array| call.write(out, &source.array(), Combine::Add);
    form.run(op, "IndexAddBackward0", input, &[&source], write, || {
        let shape = as_i64(&source.shape());
        let rule = keeping_one([("index", SavedTensor::input_if(is_tracked(&source), &call.index))], move |cx, [index], g| {
            let of_source = || view::reshape(&index_select(g, dim, &index.get(cx)?)?, &shape);
            Grads::new(cx).set(0, || Ok(g.clone()))?.set(1, of_source)?.done()
        });
        one(telling([("dim", Fact::of(call.dim)), ("alpha", alpha.into())], rule))
    })
}

/// A copy of `input` whose slice `index[i]` along `dim` is `source[.., i, ..]`.
pub fn index_copy(input: &Tensor, dim: i64, index: &Tensor, source: &Tensor) -> Result<Tensor> {
    overwritten(Form::Copy, "index_copy", input, dim, index, source)
}

/// [`index_copy`] in place.
pub fn index_copy_(target: &Tensor, dim: i64, index: &Tensor, source: &Tensor) -> Result<()> {
    overwritten(Form::InPlace, "index_copy_", target, dim, index, source).map(drop)
}

fn overwritten(form: Form, op: &'static str, input: &Tensor, dim: i64, index: &Tensor, source: &Tensor) -> Result<Tensor> {
    ensure!(
        index.dtype() == DType::Int64,
        Runtime,
        "index_copy_(): Expected a long tensor for index, but got {}",
        index.dtype().legacy_name()
    );
    let call = Slices::new(op, input, dim, index)?;
    call.check_source(input, source)?;
    let write = |out: &Array| call.write(out, &source.array(), Combine::Assign);
    form.run(op, "IndexCopyBackward0", input, &[source], write, || {
        let shape = as_i64(&source.shape());
        let rule = keeping_one([("index", SavedTensor::input(&call.index))], move |cx, [index], g| {
            let index = index.get(cx)?;
            let of_input = || index_fill(g, dim, &index, Scalar::Int(0));
            let of_source = || view::reshape(&index_select(g, dim, &index)?, &shape);
            Grads::new(cx).set(0, of_input)?.set(1, of_source)?.done()
        });
        let places = call.index.clone();
        pushing(one(telling([("dim", Fact::of(call.dim))], rule)), move |_, cx, tangents| {
            let written = |t: &Tensor, of_source: &Tensor| index_copy(t, dim, &places, of_source);
            forward::of_writes(cx, tangents, written, |t| index_fill(t, dim, &places, Scalar::Int(0)))
        })
    })
}

/// A copy of `input` with a number in the slices that the index names.
pub fn index_fill(input: &Tensor, dim: i64, index: &Tensor, value: Scalar) -> Result<Tensor> {
    require_real(input, matches!(value, Scalar::Complex(_)))?;
    index_fill_tensor(input, dim, index, &creation::number_like(input, value)?)
}

/// [`index_fill`] in place.
pub fn index_fill_(target: &Tensor, dim: i64, index: &Tensor, value: Scalar) -> Result<()> {
    require_real(target, matches!(value, Scalar::Complex(_)))?;
    index_fill_tensor_(target, dim, index, &creation::number_like(target, value)?)
}

/// Refuses to fill a tensor that is not complex with a number that is.
fn require_real(input: &Tensor, is_complex: bool) -> Result<()> {
    ensure!(
        input.dtype().is_complex() || !is_complex,
        Runtime,
        "index_fill_(): Converting complex Scalar to non-complex type is not supported"
    );
    Ok(())
}

fn fill_value(op: &'static str, input: &Tensor, value: &Tensor) -> Result<Tensor> {
    require_real(input, value.dtype().is_complex())?;
    ensure!(
        value.ndim() == 0,
        Runtime,
        "{op}() only supports a 0-dimensional value tensor, but got tensor with {} dimension(s).",
        value.ndim()
    );
    number_apart(&cast::on_device(&cast::to_dtype(value, input.dtype())?, input.device())?, input)
}

/// [`index_fill`] with the number in a 0-dim tensor, which may have a gradient.
pub fn index_fill_tensor(input: &Tensor, dim: i64, index: &Tensor, value: &Tensor) -> Result<Tensor> {
    filled(Form::Clone, "index_fill", input, dim, index, value)
}

/// [`index_fill_tensor`] in place.
pub fn index_fill_tensor_(target: &Tensor, dim: i64, index: &Tensor, value: &Tensor) -> Result<()> {
    let op = "index_fill_";
    if !index.is(target) {
        target.with_array(|out| index.with_array(|index| overlap::refuse_shared(op, out, index, Reads::Apart)))?;
    }
    if is_repeated(op, "tensor[mask] = scalar", target) {
        let call = Slices::filled(op, target, dim, index)?;
        let places = filled_mask(target, dim, call.index())?;
        return masked::masked_fill_repeated(op, target, &places, &fill_value(op, target, value)?);
    }
    filled(Form::InPlace, op, target, dim, index, value).map(drop)
}

fn filled(form: Form, op: &'static str, input: &Tensor, dim: i64, index: &Tensor, value: &Tensor) -> Result<Tensor> {
    let call = Slices::filled(op, input, dim, index)?;
    let value = fill_value(op, input, value)?;
    let write = |out: &Array| call.write(out, &value.array(), Combine::Assign);
    form.run(op, "IndexFillBackward0", input, &[&value], write, || {
        let rule = keeping_one([("index", SavedTensor::input(&call.index))], move |cx, [index], g| {
            let index = index.get(cx)?;
            let of_input = || index_fill(g, dim, &index, Scalar::Int(0));
            // The engine sums to the shape of the value. An element counts once however often it is named.
            let of_value = || select(Expr::from(filled_mask(g, dim, &index)?), g, 0.0).into_tensor();
            Grads::new(cx).set(0, of_input)?.set(1, of_value)?.done()
        });
        one(telling([("dim", Fact::of(call.dim))], rule))
    })
}

/// Where `index_fill` fills.
fn filled_mask(like: &Tensor, dim: i64, index: &Tensor) -> Result<Tensor> {
    let mask = Tensor::full(&like.shape(), Scalar::Bool(false), DType::Bool, like.device())?;
    index_fill_(&mask, dim, index, Scalar::Bool(true))?;
    Ok(mask)
}
