//! Softmax and its logarithm.

use smallvec::smallvec;

use crate::array::{Array, Operand};
use crate::autograd::{self, Context, Fact, SavedTensor, at_once, keeping_both, record, telling};
use crate::backend;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::kernel::Kernel;
use crate::layout::Layout;
use crate::shape;
use crate::tensor::Tensor;

use super::cast;
use super::expr::Expr;
use super::reduce::sum;

/// `exp(x) / sum(exp(x))` along `dim`, computed without overflow.
pub fn softmax(input: &Tensor, dim: i64, dtype: Option<DType>) -> Result<Tensor> {
    run("softmax", "SoftmaxBackward0", input, dim, dtype, false)
}

/// `x - log(sum(exp(x)))` along `dim`, computed without overflow.
pub fn log_softmax(input: &Tensor, dim: i64, dtype: Option<DType>) -> Result<Tensor> {
    run("log_softmax", "LogSoftmaxBackward0", input, dim, dtype, true)
}

fn run(op: &'static str, node: &'static str, input: &Tensor, dim: i64, dtype: Option<DType>, log: bool) -> Result<Tensor> {
    let input = &match dtype {
        Some(dtype) => cast::to_dtype(input, dtype)?,
        None => input.clone(),
    };
    let array = input.array();
    if !array.dtype.is_float() {
        return Err(Error::dtype(
            if log { "log_softmax_lastdim_kernel_impl" } else { "softmax_lastdim_kernel_impl" },
            array.dtype,
            if array.dtype.is_complex() { "complex numbers have no order" } else { "pass dtype=torch.float32" },
        ));
    }
    let axis = shape::wrap_dim(op, dim, array.layout.ndim())?;
    let out = computed_like(op, &Kernel::Softmax { dim: axis, log }, &[array.at_least_1d().into()], &array)?;
    record(node, &[input], &[&out], || {
        let back = move |cx: &Context, [y]: &[SavedTensor; 1], g: &Tensor| {
            let y = y.get(cx)?;
            Ok(smallvec![Some(if cx.lead == 0 { backward(op, g, &y, axis, log)? } else { composed(g, &y, axis, log)? })])
        };
        let rule = keeping_both([("result", SavedTensor::output(&out, 0))], back, move |cx, [y], tangents| {
            Ok(smallvec![tangents[0].as_ref().map(|t| tangent(op, t, &y.get(cx)?, dim, axis, log)).transpose()?])
        });
        at_once(telling([("dim", Fact::of(axis))], rule))
    })?;
    Ok(out)
}

/// A kernel's result of the shape and dtype of an array; the kernel sees at least one dimension.
fn computed_like(op: &'static str, kernel: &Kernel, inputs: &[Operand], like: &Array) -> Result<Tensor> {
    let output = (Layout::contiguous(like.at_least_1d().shape()), like.dtype);
    let [out] = backend::compute(op, kernel, inputs, [output], like.device())?;
    Ok(Tensor::from_array(out.with_layout(Layout::contiguous(like.shape()))))
}

/// The tangent of the result: the Jacobian of `softmax` is symmetric, that of its logarithm is not.
fn tangent(op: &'static str, t: &Tensor, y: &Tensor, dim: i64, axis: usize, log: bool) -> Result<Tensor> {
    if !log {
        return backward(op, t, y, axis, log);
    }
    let weighted = (Expr::from(t) * Expr::from(y).exp()).into_tensor()?;
    (Expr::from(t) - Expr::from(sum(&weighted, Some(&[dim]), true, None)?)).into_tensor()
}

/// The gradient in tensor ops; `g` may have dimensions in front of those of `y`.
fn composed(g: &Tensor, y: &Tensor, axis: usize, log: bool) -> Result<Tensor> {
    let (ge, ye) = (|| Expr::from(g), || Expr::from(y));
    let total = |x: &Tensor| match y.ndim() {
        0 => Ok(x.clone()),
        ndim => sum(x, Some(&[axis as i64 - ndim as i64]), true, None),
    };
    let result = if log {
        ge() - ye().exp() * Expr::from(total(g)?)
    } else {
        ye() * (ge() - Expr::from(total(&(ge() * ye()).into_tensor()?)?))
    };
    result.into_tensor()
}

/// Fused where nothing is recorded; in tensor ops where the gradient is itself to be differentiated.
fn backward(op: &'static str, g: &Tensor, y: &Tensor, axis: usize, log: bool) -> Result<Tensor> {
    if autograd::is_differentiated() {
        return composed(g, y, axis, log);
    }
    let (g, y) = (g.array(), y.array());
    let (kernel, inputs) = (Kernel::SoftmaxGrad { dim: axis, log }, [g.at_least_1d().into(), y.at_least_1d().into()]);
    computed_like(op, &kernel, &inputs, &y)
}
