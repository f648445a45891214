//! Indexing by tensors, over the core's `Index` and `IndexPut` kernels.

use ferrotorch_core::autograd::{self, Context, Gradients, SavedTensor, inplace};
use ferrotorch_core::kernel::{Combine, Kernel};
use ferrotorch_core::ops::{cast, reduce, view};
use ferrotorch_core::shape::{self, Shape};
use ferrotorch_core::{Array, DType, Operand, Result, Scalar, Tensor, backend};

/// The positions of what is not zero, one int64 tensor a dimension.
pub(crate) fn positions(mask: &Tensor) -> Result<Vec<Tensor>> {
    let count = reduce::count_nonzero(mask, None)?.item()?.to_i64() as usize;
    let out = Array::empty(&[count, mask.ndim()], DType::Int64, mask.device())?;
    backend::launch("nonzero", &Kernel::Nonzero, &[mask.operand()], std::slice::from_ref(&out))?;
    view::unbind(&Tensor::from_array(out), 1)
}

/// An index by tensors, in the form that kernels take.
#[derive(Clone)]
struct Plan {
    /// Order in which the indexed dimensions come first.
    order: Vec<i64>,
    /// The index tensors, broadcast to one shape.
    indices: Vec<Tensor>,
    /// Where the dimensions of the index stand in the result.
    place: usize,
}

impl Plan {
    fn new(input: &Tensor, indices: &[Option<Tensor>]) -> Result<Plan> {
        let given: Vec<usize> = (0..indices.len()).filter(|&d| indices[d].is_some()).collect();
        let tensors: Vec<Tensor> = indices.iter().flatten().map(|t| cast::on_device(t, input.device())).collect::<Result<_>>()?;
        let common = tensors.iter().try_fold(Shape::new(), |shape, t| shape::broadcast_shapes("index", &shape, &t.shape()));
        let common = common.map_err(|_| {
            let shapes: Vec<String> = tensors.iter().map(|t| format!("{:?}", &t.shape()[..])).collect();
            ferrotorch_core::Error::index(format!(
                "shape mismatch: indexing tensors could not be broadcast together with shapes {}",
                shapes.join(", ")
            ))
        })?;
        let size: Vec<i64> = common.iter().map(|&n| n as i64).collect();
        let expanded = tensors.iter().map(|t| view::expand(t, &size)).collect::<Result<Vec<_>>>()?;
        let adjacent = given.windows(2).all(|pair| pair[1] == pair[0] + 1);
        let place = if adjacent { given[0] } else { 0 };
        let rest = (0..input.ndim()).filter(|d| !given.contains(d));
        let order = given.iter().copied().chain(rest).map(|d| d as i64).collect();
        Ok(Plan { order, indices: expanded, place })
    }

    /// With the indexed dimensions in front.
    fn front(&self, input: &Tensor) -> Result<Tensor> {
        view::permute(input, &self.order)
    }

    fn index_ndim(&self) -> usize {
        self.indices[0].ndim()
    }

    /// From `(index.., rest..)` to where the dimensions belong.
    fn arranged(&self, result: &Tensor) -> Result<Tensor> {
        view::permute(result, &self.arrangement(result.ndim()))
    }

    /// The inverse of [`Plan::arranged`].
    fn gathered(&self, value: &Tensor) -> Result<Tensor> {
        let arrangement = self.arrangement(value.ndim());
        let mut inverse = vec![0; arrangement.len()];
        for (i, &d) in arrangement.iter().enumerate() {
            inverse[d as usize] = i as i64;
        }
        view::permute(value, &inverse)
    }

    fn arrangement(&self, ndim: usize) -> Vec<i64> {
        let n = self.index_ndim();
        let before = n..n + self.place;
        before.chain(0..n).chain(n + self.place..ndim).map(|d| d as i64).collect()
    }

    /// Shape of the result with the index in front.
    fn shape(&self, front: &Tensor) -> Shape {
        self.indices[0].shape().into_iter().chain(front.shape().into_iter().skip(self.indices.len())).collect()
    }

    fn operands(&self, first: Array) -> Vec<Operand> {
        std::iter::once(first.into()).chain(self.indices.iter().map(Tensor::operand)).collect()
    }
}

/// `input[indices]`; `None` takes a whole dimension.
pub(crate) fn index(input: &Tensor, indices: &[Option<Tensor>]) -> Result<Tensor> {
    let plan = Plan::new(input, indices)?;
    let front = plan.front(&input.detach())?;
    let out = Array::empty(&plan.shape(&front), input.dtype(), input.device())?;
    backend::launch("index", &Kernel::Index, &plan.operands(front.array()), std::slice::from_ref(&out))?;
    let out = cast::contiguous(&plan.arranged(&Tensor::from_array(out))?)?.detach();
    autograd::record_one("IndexBackward0", &[input], &out, || {
        let (shape, indices) = (input.shape(), indices.to_vec());
        move |_: &Context, g: &Tensor| {
            let zeros = Tensor::full(&shape, Scalar::Int(0), g.dtype(), g.device())?;
            index_put(&zeros, &indices, g, true)?;
            Ok(smallvec::smallvec![Some(zeros)])
        }
    });
    Ok(out)
}

/// `target[indices] = value`, or `+=` with `accumulate`; the value is converted and broadcast.
pub(crate) fn index_put(target: &Tensor, indices: &[Option<Tensor>], value: &Tensor, accumulate: bool) -> Result<()> {
    inplace::check("index_put_", target, &[value])?;
    let value = cast::on_device(&cast::to_dtype(value, target.dtype())?, target.device())?;
    if !autograd::needs_record(&[target, &value]) {
        put(target, indices, &value, accumulate)?;
        target.storage().bump("index_put_");
        return Ok(());
    }
    let out = cast::clone_dense(&target.detach())?;
    put(&out, indices, &value.detach(), accumulate)?;
    autograd::record("IndexPutBackward0", &[target, &value], &[&out], || {
        let (indices, saved) = (indices.to_vec(), SavedTensor::input(&value.detach()));
        move |cx: &Context, mut grads: Gradients| {
            let Some(g) = grads[0].take() else { return Ok(smallvec::smallvec![None, None]) };
            let of_value = index(&g, &indices)?;
            let shape = saved.get(cx)?.shape();
            let of_value = if shape::is_expandable(&shape, &of_value.shape()) {
                of_value
            } else {
                view::reshape(&of_value, &as_i64(&shape))?
            };
            let of_target = if accumulate { g } else { without(&g, &indices)? };
            Ok(smallvec::smallvec![Some(of_target), Some(of_value)])
        }
    });
    inplace::assign("index_put_", target, &out)
}

fn as_i64(shape: &[usize]) -> Vec<i64> {
    shape.iter().map(|&n| n as i64).collect()
}

/// The gradient with zeros where the target was overwritten.
fn without(g: &Tensor, indices: &[Option<Tensor>]) -> Result<Tensor> {
    let copy = cast::clone_dense(g)?;
    let zero = Tensor::full(&[], Scalar::Int(0), g.dtype(), g.device())?;
    index_put(&copy, indices, &zero, false)?;
    Ok(copy)
}

/// Writes without history.
fn put(target: &Tensor, indices: &[Option<Tensor>], value: &Tensor, accumulate: bool) -> Result<()> {
    let plan = Plan::new(target, indices)?;
    let front = plan.front(&target.detach())?;
    let shape = plan.shape(&front);
    let arranged: Vec<i64> = plan.arrangement(shape.len()).iter().map(|&d| shape[d as usize] as i64).collect();
    let extra = value.ndim().saturating_sub(arranged.len());
    let value = if extra > 0 && value.shape()[..extra].iter().all(|&n| n == 1) {
        view::reshape(value, &as_i64(&value.shape()[extra..]))?
    } else {
        value.clone()
    };
    let expanded = view::expand(&value.detach(), &arranged).map_err(|_| {
        ferrotorch_core::Error::runtime(format!(
            "shape mismatch: value tensor of shape {:?} cannot be broadcast to indexing result of shape {arranged:?}",
            &value.shape()[..]
        ))
    })?;
    let combine = if accumulate { Combine::Add } else { Combine::Assign };
    let operands = plan.operands(plan.gathered(&expanded)?.array());
    backend::launch("index_put_", &Kernel::IndexPut { combine }, &operands, std::slice::from_ref(&front.array()))
}
