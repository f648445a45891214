//! Indexing by tensors of coordinates, with NumPy's rules.
//!
//! `None` keeps a dimension whole. A mask (bool, or uint8) stands for as many dimensions as it has, and is replaced by
//! the coordinates of its true elements. Coordinate tensors broadcast together; the dimensions of the result of that
//! stand where the indexed dimensions stood if these are neighbours, otherwise in front.

use std::sync::Arc;

use smallvec::smallvec;

use crate::array::{Array, Operand};
use crate::autograd::saved::NOTHING;
use crate::autograd::{Context, Fact, Gradients, Grads, Kept, OneOutput, SavedTensor, one, pushing, record, telling};
use crate::backend;
use crate::bail;
use crate::dtype::DType;
use crate::ensure;
use crate::error::Result;
use crate::kernel::{Combine, Kernel};
use crate::layout::Layout;
use crate::scalar::Scalar;
use crate::shape::{self, Dims, Shape, Strides};
use crate::stride_order;
use crate::tensor::Tensor;

use super::super::reduce::as_i64;
use super::super::write::{Form, apart, in_place_repeated, is_repeated};
use super::super::{cast, creation, masked, view};

/// Coordinates that have been checked against a shape.
struct Plan {
    /// The indexed dimensions, in order, with their coordinates (int64, on the device of what is indexed).
    coordinates: Vec<(usize, Tensor)>,
    /// The shape that the coordinates broadcast to.
    common: Shape,
    /// The dimensions that are kept whole.
    rest: Dims,
    /// How many dimensions of the result stand before those of the coordinates.
    lead: usize,
}

impl Plan {
    fn new(input: &Tensor, indices: &[Option<Tensor>]) -> Result<Plan> {
        let shape = input.shape();
        let mut coordinates = Vec::new();
        let mut dim = 0;
        for index in indices {
            let Some(index) = index else {
                dim += 1;
                continue;
            };
            let device = index.device();
            ensure!(
                device.is_cpu() || device == input.device(),
                Runtime,
                "indices should be either on cpu or on the same device as the indexed tensor ({})",
                input.device()
            );
            for column in columns(index, &shape, dim)? {
                coordinates.push((dim, cast::on_device(&column, input.device())?));
                dim += 1;
            }
        }
        ensure!(dim <= shape.len(), Index, "too many indices for tensor of dimension {}", shape.len());
        let Some(common) = common_shape(&coordinates) else {
            let shapes: Vec<_> = coordinates.iter().map(|(_, t)| format!("{:?}", &t.shape()[..])).collect();
            bail!(Index, "shape mismatch: indexing tensors could not be broadcast together with shapes {}", shapes.join(", "));
        };
        let indexed: Dims = coordinates.iter().map(|(d, _)| *d).collect();
        let neighbours = indexed.windows(2).all(|pair| pair[1] == pair[0] + 1);
        let lead = if neighbours { indexed.first().copied().unwrap_or(0) } else { 0 };
        let rest = (0..shape.len()).filter(|d| !indexed.contains(d)).collect();
        Ok(Plan { coordinates, common, rest, lead })
    }

    /// The indexed dimensions in front, as the kernels want them.
    fn front(&self, layout: &Layout) -> Layout {
        let order: Dims = self.coordinates.iter().map(|(d, _)| *d).chain(self.rest.iter().copied()).collect();
        layout.permute(&order)
    }

    /// Refuses coordinates in dimensions without entries, also where slices are empty and no coordinate is looked at.
    fn check_entries(&self, shape: &[usize]) -> Result<()> {
        let none = self.coordinates.iter().find(|&&(d, _)| shape[d] == 0).filter(|_| !self.common.contains(&0));
        ensure!(none.is_none(), Index, "index(): index is out of bounds for dimension with size 0 (of shape {shape:?})");
        Ok(())
    }

    /// The shape of the result.
    fn result_shape(&self, shape: &[usize]) -> Shape {
        let rest: Shape = self.rest.iter().map(|&d| shape[d]).collect();
        rest[..self.lead].iter().chain(&self.common).chain(&rest[self.lead..]).copied().collect()
    }

    /// How a result lies in memory: the dimensions that are kept in the order that they have in the input, those of the
    /// coordinates in that of the coordinates.
    fn result_layout(&self, input: &Layout) -> Layout {
        let shape = self.result_shape(input.shape());
        let row_major = |t: &Tensor| t.with_array(|a| a.layout.has_row_major_strides());
        if input.has_row_major_strides() && self.coordinates.iter().all(|(_, t)| row_major(t)) {
            return Layout::contiguous(&shape);
        }
        let kept: Strides = self.rest.iter().map(|&d| input.strides()[d]).collect();
        let fixed = std::iter::repeat_n(0, self.common.len());
        let strides: Strides = kept[..self.lead].iter().copied().chain(fixed).chain(kept[self.lead..].iter().copied()).collect();
        let behind = self.rest.len() - self.lead;
        let coordinates = self.coordinates.iter().filter_map(|(_, t)| {
            let layout = t.layout().expand(&self.common)?;
            Some((0..behind).fold(layout, |layout, _| layout.unsqueeze(layout.ndim())))
        });
        let inputs: Vec<Layout> = std::iter::once(Layout::strided(&shape, &strides, 0)).chain(coordinates).collect();
        stride_order::of_result(&shape, &inputs.iter().collect::<Vec<_>>(), false)
    }

    /// The layout of a result, or of values in that shape, with the coordinates' dimensions in front.
    fn result_front(&self, layout: &Layout) -> Layout {
        let (lead, own) = (self.lead, self.common.len());
        let order: Dims = (lead..lead + own).chain(0..lead).chain(lead + own..layout.ndim()).collect();
        layout.permute(&order)
    }

    /// The coordinates as operands of one shape.
    fn operands(&self) -> Result<Vec<Operand>> {
        self.coordinates.iter().map(|(_, t)| Ok(view::expand(t, &as_i64(&self.common))?.operand())).collect()
    }

    /// As whole-tensor coordinates again, for the backward rules; the masks in it have become coordinates.
    fn saved(&self) -> Vec<(usize, SavedTensor)> {
        self.coordinates.iter().map(|(d, t)| (*d, SavedTensor::input(t))).collect()
    }
}

/// The rule of an op that picks elements by these coordinates, each with its dimension.
struct Indexing<R> {
    indices: Arc<Vec<(usize, SavedTensor)>>,
    rule: R,
}

impl<R: OneOutput> OneOutput for Indexing<R> {
    fn gradients(&self, cx: &Context, grad: &Tensor) -> Result<Gradients> {
        self.rule.gradients(cx, grad)
    }

    fn saved(&self, see: &mut dyn FnMut(&'static str, Kept<'_>)) {
        let last = self.indices.iter().map(|(d, _)| d + 1).max().unwrap_or(0);
        for dim in 0..last {
            let index = self.indices.iter().find(|(d, _)| *d == dim).map_or(&NOTHING, |(_, index)| index);
            see("indices", Kept::Item(index));
        }
    }
}

fn restored(cx: &Context, saved: &[(usize, SavedTensor)]) -> Result<Vec<Option<Tensor>>> {
    let last = saved.iter().map(|(d, _)| d + 1).max().unwrap_or(0);
    let mut indices = vec![None; last];
    for (d, t) in saved {
        indices[*d] = Some(t.get(cx)?);
    }
    Ok(indices)
}

fn common_shape(coordinates: &[(usize, Tensor)]) -> Option<Shape> {
    coordinates.iter().try_fold(Shape::new(), |s, (_, t)| shape::broadcast_shapes("index", &s, &t.shape()).ok())
}

/// What is said where a mask is of uint8.
pub const BYTE_MASK: &str = "indexing with dtype torch.uint8 is now deprecated, please use a dtype torch.bool instead.";

/// The coordinate tensors that one index stands for.
fn columns(index: &Tensor, shape: &[usize], dim: usize) -> Result<Vec<Tensor>> {
    match index.dtype() {
        DType::Int64 => Ok(vec![index.detach()]),
        DType::Int32 => Ok(vec![cast::to_dtype(index, DType::Int64)?]),
        DType::Bool | DType::UInt8 => {
            let mask = index.shape();
            for (i, &n) in mask.iter().enumerate() {
                ensure!(
                    shape.get(dim + i) == Some(&n),
                    Index,
                    "The shape of the mask {:?} at index {i} does not match the shape of the indexed tensor {shape:?} at index {}",
                    &mask[..],
                    dim + i
                );
            }
            if index.dtype() == DType::UInt8 {
                backend::warn(BYTE_MASK);
            }
            masked::nonzero_columns(index)
        }
        other => bail!(
            Index,
            "tensors used as indices must be long, int, byte or bool tensors, got {} (dimension {dim})",
            other.name()
        ),
    }
}

/// A 0-dim mask adds a dimension of size 0 or 1 instead of standing for one: with such masks the tensor gets a new
/// dimension of size 1 in their place, and they become vectors.
fn with_scalar_masks(input: &Tensor, indices: &[Option<Tensor>]) -> Result<(Tensor, Vec<Option<Tensor>>)> {
    let mut input = input.clone();
    let mut out = Vec::with_capacity(indices.len());
    let mut dim = 0;
    for index in indices {
        match index {
            Some(t) if matches!(t.dtype(), DType::Bool | DType::UInt8) && t.ndim() == 0 => {
                input = view::unsqueeze(&input, dim as i64)?;
                out.push(Some(view::reshape(t, &[1])?));
                dim += 1;
            }
            Some(t) if matches!(t.dtype(), DType::Bool | DType::UInt8) => {
                out.push(Some(t.clone()));
                dim += t.ndim();
            }
            other => {
                out.push(other.clone());
                dim += 1;
            }
        }
    }
    Ok((input, out))
}

fn has_scalar_mask(indices: &[Option<Tensor>]) -> bool {
    indices.iter().flatten().any(|t| t.ndim() == 0 && matches!(t.dtype(), DType::Bool | DType::UInt8))
}

/// `input[indices]`.
pub fn index(input: &Tensor, indices: &[Option<Tensor>]) -> Result<Tensor> {
    if has_scalar_mask(indices) {
        let (input, indices) = with_scalar_masks(input, indices)?;
        return index(&input, &indices);
    }
    let plan = Plan::new(input, indices)?;
    if plan.coordinates.is_empty() {
        return cast::clone_dense(input);
    }
    let array = input.array();
    let out = Array::empty_with(plan.result_layout(&array.layout), array.dtype, array.device())?;
    plan.check_entries(array.shape())?;
    if out.numel() > 0 {
        let inputs: Vec<Operand> =
            std::iter::once(Operand::from(array.with_layout(plan.front(&array.layout)))).chain(plan.operands()?).collect();
        let target = out.with_layout(plan.result_front(&out.layout));
        backend::launch("index", &Kernel::Index { wraps: true }, &inputs, std::slice::from_ref(&target))?;
    }
    let out = Tensor::from_array(out);
    record("IndexBackward0", &[input], &[&out], || {
        let (saved, shape) = (Arc::new(plan.saved()), input.shape());
        let (along, indices) = (saved.clone(), saved.clone());
        let rule = move |cx: &Context, g: &Tensor| {
            let of_input = || {
                let sum = creation::zeros_with(g, &shape)?;
                index_put_(&sum, &restored(cx, &saved)?, g, true)?;
                Ok(sum)
            };
            Grads::new(cx).set(0, of_input)?.done()
        };
        let rule = telling([("self_sym_sizes", Fact::SizesOf(0))], Indexing { indices, rule });
        pushing(one(rule), move |_, cx, tangents| {
            let Some(t) = &tangents[0] else { return Ok(smallvec![None]) };
            Ok(smallvec![Some(index(t, &restored(cx, &along)?)?)])
        })
    })?;
    Ok(out)
}

/// A value ready to be written through a plan: its dtype checked, expanded to the shape of the result.
fn values_for(plan: &Plan, input: &Tensor, values: &Tensor) -> Result<Tensor> {
    let shape = plan.result_shape(&input.shape());
    ensure!(
        shape::is_expandable(&values.shape(), &shape),
        Runtime,
        "shape mismatch: value tensor of shape {:?} cannot be broadcast to indexing result of shape {:?}",
        &values.shape()[..],
        &shape[..]
    );
    ensure!(
        values.dtype() == input.dtype(),
        Runtime,
        "Index put requires the source and destination dtypes match, got {} for the destination and {} for the source.",
        input.dtype().legacy_name(),
        values.dtype().legacy_name()
    );
    // A number from the host may be written on any device.
    let values = if values.ndim() == 0 { cast::on_device(values, input.device())? } else { values.clone() };
    view::expand(&values, &as_i64(&shape))
}

fn write(op: &'static str, plan: &Plan, out: &Array, values: &Tensor, accumulate: bool) -> Result<()> {
    plan.check_entries(out.shape())?;
    let values = apart(&values.array(), out)?;
    if values.numel() == 0 {
        return Ok(());
    }
    let values = values.with_layout(plan.result_front(&values.layout));
    let inputs: Vec<Operand> = std::iter::once(Operand::from(values)).chain(plan.operands()?).collect();
    let combine = if accumulate { Combine::Add } else { Combine::Assign };
    let target = out.with_layout(plan.front(&out.layout));
    backend::launch(op, &Kernel::IndexPut { combine, wraps: true }, &inputs, std::slice::from_ref(&target))
}

/// Writes values into a tensor's memory in the name of an op, without history.
pub(in crate::ops) fn write_unrecorded(
    op: &'static str,
    target: &Tensor,
    indices: &[Option<Tensor>],
    values: &Tensor,
    accumulate: bool,
) -> Result<()> {
    let plan = Plan::new(target, indices)?;
    write(op, &plan, &target.array(), &values_for(&plan, target, values)?, accumulate)
}

/// A copy of `input` with values written (`accumulate`: added) where the indices say.
pub fn index_put(input: &Tensor, indices: &[Option<Tensor>], values: &Tensor, accumulate: bool) -> Result<Tensor> {
    if has_scalar_mask(indices) {
        let (wide, indices) = with_scalar_masks(input, indices)?;
        return view::reshape(&index_put(&wide, &indices, values, accumulate)?, &as_i64(&input.shape()));
    }
    put(Form::Clone, "index_put", input, indices, values, accumulate)
}

/// `target[indices] = values`, or `+=`.
pub fn index_put_(target: &Tensor, indices: &[Option<Tensor>], values: &Tensor, accumulate: bool) -> Result<()> {
    if has_scalar_mask(indices) {
        let (wide, indices) = with_scalar_masks(target, indices)?;
        return index_put_(&wide, &indices, values, accumulate);
    }
    if let (false, Some(mask)) = (accumulate, filled_mask(target, indices, values)?) {
        return masked::masked_fill_tensor_(target, &mask, &view::reshape(values, &[])?);
    }
    if is_repeated("index_put_", "tensor[indices] = tensor", target) {
        return put_repeated(target, indices, values, accumulate);
    }
    put(Form::InPlace, "index_put_", target, indices, values, accumulate).map(drop)
}

/// [`index_put_`] into a tensor that shows elements several times: the values go to the elements behind the places.
fn put_repeated(target: &Tensor, indices: &[Option<Tensor>], values: &Tensor, accumulate: bool) -> Result<()> {
    let op = "index_put_";
    let direct = |out: &Array| {
        let once = out.with_layout(out.layout.without_repeats());
        let numbers = creation::range(Scalar::Int(0), Scalar::Int(1), once.numel(), DType::Int64, out.device())?;
        let numbers = view::expand(&view::reshape(&numbers, &as_i64(once.shape()))?, &as_i64(out.shape()))?;
        let places = view::ravel(&index(&numbers, indices)?)?;
        let plan = Plan::new(target, indices)?;
        let values = view::ravel(&values_for(&plan, target, &values.detach())?)?;
        let elements = view::ravel(&Tensor::from_array(once.to_dtype(once.dtype)?))?;
        write_unrecorded(op, &elements, &[Some(places)], &values, accumulate)?;
        let elements = view::reshape(&elements, &as_i64(once.shape()))?;
        backend::launch(op, &Kernel::Copy, &[elements.operand()], std::slice::from_ref(&once))
    };
    in_place_repeated(op, target, &[values], || index_put(target, indices, values, accumulate), direct)
}

/// The mask by which one number is written, in the shape to broadcast to the target: what is written then needs no list of
/// coordinates. `None` unless the only index is a mask that fits, and the values are one number of the target's dtype.
fn filled_mask(target: &Tensor, indices: &[Option<Tensor>], values: &Tensor) -> Result<Option<Tensor>> {
    let Some(lead) = indices.iter().position(Option::is_some) else { return Ok(None) };
    let (Some(mask), []) = (&indices[lead], &indices[lead + 1..]) else { return Ok(None) };
    let (shape, own) = (target.shape(), mask.shape());
    let fits = mask.dtype() == DType::Bool && shape.get(lead..lead + own.len()) == Some(&own[..]);
    if !fits || values.numel() != 1 || values.ndim() > shape.len() || values.dtype() != target.dtype() {
        return Ok(None);
    }
    let behind = std::iter::repeat_n(1, shape.len() - lead - own.len());
    let wide: Shape = own.iter().copied().chain(behind).collect();
    Ok(Some(cast::on_device(&view::reshape(mask, &as_i64(&wide))?, target.device())?))
}

fn put(
    form: Form,
    op: &'static str,
    input: &Tensor,
    indices: &[Option<Tensor>],
    values: &Tensor,
    accumulate: bool,
) -> Result<Tensor> {
    let plan = Plan::new(input, indices)?;
    let spread = values_for(&plan, input, values)?;
    let write = |out: &Array| write(op, &plan, out, &spread, accumulate);
    form.run(op, "IndexPutBackward0", input, &[&spread], write, || {
        let saved = Arc::new(plan.saved());
        let indices = saved.clone();
        let rule = move |cx: &Context, g: &Tensor| {
            let indices = restored(cx, &saved)?;
            let of_input = || match accumulate {
                true => Ok(g.clone()),
                false => index_put(g, &indices, &Tensor::full(&[], Scalar::Int(0), g.dtype(), g.device())?, false),
            };
            Grads::new(cx).set(0, of_input)?.set(1, || index(g, &indices))?.done()
        };
        one(telling([("accumulate", accumulate.into())], Indexing { indices, rule }))
    })
}
