//! Elements written along a dimension, one index an element.
//!
//! A source may be larger than the index: only its corner is read, which is cut out first, so that its gradient is
//! padded with zeros.

use smallvec::smallvec;

use crate::array::{Array, Operand};
use crate::autograd::{
    Fact, Grads, SavedTensor, forward, is_tracked, keeping_one, needs_record, one, pushing, record_one, telling,
};
use crate::backend;
use crate::bail;
use crate::dtype::DType;
use crate::ensure;
use crate::error::Result;
use crate::kernel::{Combine, Kernel};
use crate::scalar::Scalar;
use crate::tensor::Tensor;

use super::gather::{check_index, gather};
use super::reduce::as_i64;
use super::write::{Form, apart, in_place};
use super::{cast, view};

/// A scatter whose arguments have been checked.
struct Call {
    op: &'static str,
    dim: usize,
    index: Tensor,
}

impl Call {
    fn new(op: &'static str, input: &Tensor, dim: i64, index: &Tensor) -> Result<Call> {
        let (dim, index) = check_index(op, &input.shape(), dim, index)?;
        Ok(Call { op, dim, index })
    }

    /// The part of a source that the index covers.
    fn corner(&self, input: &Tensor, src: &Tensor) -> Result<Tensor> {
        let (covered, given) = (self.index.shape(), src.shape());
        ensure!(
            src.dtype() == input.dtype(),
            Runtime,
            "{}(): Expected self.dtype to be equal to src.dtype, got {} and {}",
            self.op,
            input.dtype().name(),
            src.dtype().name()
        );
        if covered.contains(&0) {
            return Ok(src.clone());
        }
        let mut corner = view::atleast_1d(src)?;
        // A 0-dim tensor is a vector of one element.
        let sizes = if covered.is_empty() { &[1] } else { &covered[..] };
        let fits = sizes.len() == corner.ndim() && sizes.iter().zip(&corner.shape()).all(|(i, s)| i <= s);
        ensure!(fits, Runtime, "{}(): Expected index {:?} to be no larger than src {:?}", self.op, &covered[..], &given[..]);
        for (d, &n) in sizes.iter().enumerate() {
            if n < corner.size(d) {
                corner = view::narrow(&corner, d as i64, 0, n as i64)?;
            }
        }
        if corner.ndim() == covered.len() { Ok(corner) } else { view::reshape(&corner, &as_i64(&covered)) }
    }

    /// Writes into an array.
    fn write(&self, out: &Array, src: &Operand, combine: Combine) -> Result<()> {
        if self.index.numel() == 0 {
            return Ok(());
        }
        let src = match src {
            Operand::Array(array) => Operand::Array(apart(array, out)?.at_least_1d()),
            other => other.clone(),
        };
        let index = apart(&self.index.array(), out)?.at_least_1d();
        backend::launch(self.op, &Kernel::Scatter { dim: self.dim, combine }, &[index.into(), src], &[out.at_least_1d()])
    }

    /// Reduces into an array; of means only the sums.
    fn reduce(&self, out: &Array, src: &Tensor, reduce: Reduce, include_self: bool) -> Result<()> {
        if !include_self {
            self.write(out, &reduce.identity(out.dtype).into(), Combine::Assign)?;
        }
        self.write(out, &src.operand(), reduce.combine())
    }
}

/// A copy of `input` with `out[index[i][j]][j] = src[i][j]` along `dim` (here 0). Where an index comes several times,
/// the last one in row-major order counts; gradients are right only where indices are distinct, as in PyTorch.
pub fn scatter(input: &Tensor, dim: i64, index: &Tensor, src: &Tensor) -> Result<Tensor> {
    scattered(Form::Copy, "scatter", input, dim, index, src)
}

/// [`scatter`] in place.
pub fn scatter_(target: &Tensor, dim: i64, index: &Tensor, src: &Tensor) -> Result<()> {
    scattered(Form::InPlace, "scatter_", target, dim, index, src).map(drop)
}

fn scattered(form: Form, op: &'static str, input: &Tensor, dim: i64, index: &Tensor, src: &Tensor) -> Result<Tensor> {
    let call = Call::new(op, input, dim, index)?;
    let src = call.corner(input, src)?;
    let write = |out: &Array| call.write(out, &src.operand(), Combine::Assign);
    form.run(op, "ScatterBackward0", input, &[&src], write, || {
        let rule = keeping_one([("index", SavedTensor::input(&call.index))], move |cx, [index], g| {
            let index = index.get(cx)?;
            let of_input = || scatter_value(g, dim, &index, Scalar::Int(0));
            Grads::new(cx).set(0, of_input)?.set(1, || gather(g, dim, &index))?.done()
        });
        let places = call.index.clone();
        pushing(one(telling([("dim", Fact::of(call.dim))], rule)), move |_, cx, tangents| {
            let written = |t: &Tensor, of_src: &Tensor| scatter(t, dim, &places, of_src);
            forward::of_writes(cx, tangents, written, |t| scatter_value(t, dim, &places, Scalar::Int(0)))
        })
    })
}

/// A copy of `input` with a number written where the index says.
pub fn scatter_value(input: &Tensor, dim: i64, index: &Tensor, value: Scalar) -> Result<Tensor> {
    scattered_value(Form::Copy, "scatter", input, dim, index, value)
}

/// [`scatter_value`] in place.
pub fn scatter_value_(target: &Tensor, dim: i64, index: &Tensor, value: Scalar) -> Result<()> {
    scattered_value(Form::InPlace, "scatter_", target, dim, index, value).map(drop)
}

fn scattered_value(form: Form, op: &'static str, input: &Tensor, dim: i64, index: &Tensor, value: Scalar) -> Result<Tensor> {
    let call = Call::new(op, input, dim, index)?;
    let value = value.fitting(input.dtype())?;
    let write = |out: &Array| call.write(out, &value.into(), Combine::Assign);
    form.run(op, "ScatterBackward1", input, &[], write, || {
        let rule = keeping_one([("index", SavedTensor::input(&call.index))], move |cx, [index], g| {
            Ok(smallvec![Some(scatter_value(g, dim, &index.get(cx)?, Scalar::Int(0))?)])
        });
        one(telling([("dim", Fact::of(call.dim))], rule))
    })
}

/// A copy of `input` with `src` added where the index says along `dim`.
pub fn scatter_add(input: &Tensor, dim: i64, index: &Tensor, src: &Tensor) -> Result<Tensor> {
    scatter_added(Form::Copy, "scatter_add", input, dim, index, src)
}

/// [`scatter_add`] in place.
pub fn scatter_add_(target: &Tensor, dim: i64, index: &Tensor, src: &Tensor) -> Result<()> {
    scatter_added(Form::InPlace, "scatter_add_", target, dim, index, src).map(drop)
}

fn scatter_added(form: Form, op: &'static str, input: &Tensor, dim: i64, index: &Tensor, src: &Tensor) -> Result<Tensor> {
    let call = Call::new(op, input, dim, index)?;
    let src = call.corner(input, src)?;
    let write = |out: &Array| call.write(out, &src.operand(), Combine::Add);
    form.run(op, "ScatterAddBackward0", input, &[&src], write, || {
        let rule = keeping_one([("index", SavedTensor::input_if(is_tracked(&src), &call.index))], move |cx, [index], g| {
            Grads::new(cx).set(0, || Ok(g.clone()))?.set(1, || gather(g, dim, &index.get(cx)?))?.done()
        });
        one(telling([("dim", Fact::of(call.dim))], rule))
    })
}

/// How elements that meet at one place are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reduce {
    /// Sum.
    Sum,
    /// Product.
    Prod,
    /// Mean; of integers rounded down.
    Mean,
    /// Largest.
    Amax,
    /// Smallest.
    Amin,
}

impl Reduce {
    /// By the name that `scatter_reduce` and `index_reduce` know it under.
    pub fn parse(op: &'static str, name: &str) -> Result<Reduce> {
        Ok(match name {
            "sum" if op != "index_reduce" => Reduce::Sum,
            "prod" => Reduce::Prod,
            "mean" => Reduce::Mean,
            "amax" => Reduce::Amax,
            "amin" => Reduce::Amin,
            _ => bail!(Runtime, "{op}(): reduce argument must be one of sum, prod, mean, amax or amin, got {name}"),
        })
    }

    /// By the name that `scatter` knows it under.
    pub fn parse_scatter(name: &str) -> Result<Reduce> {
        Ok(match name {
            "add" => Reduce::Sum,
            "multiply" => Reduce::Prod,
            _ => bail!(Runtime, "scatter(): reduce argument must be either add or multiply, got {name}"),
        })
    }

    /// What the kernel does with each element; means are divided afterwards.
    pub(super) fn combine(self) -> Combine {
        match self {
            Reduce::Sum | Reduce::Mean => Combine::Add,
            Reduce::Prod => Combine::Mul,
            Reduce::Amax => Combine::Max,
            Reduce::Amin => Combine::Min,
        }
    }

    /// The number that changes nothing when it is combined with another.
    pub(super) fn identity(self, dtype: DType) -> Scalar {
        match self {
            Reduce::Sum | Reduce::Mean => Scalar::Int(0),
            Reduce::Prod => Scalar::Int(1),
            Reduce::Amax => lowest(dtype),
            Reduce::Amin => highest(dtype),
        }
    }
}

fn lowest(dtype: DType) -> Scalar {
    match dtype.integer_bounds() {
        Some((lowest, _)) => Scalar::integer(lowest),
        None if dtype == DType::Bool => Scalar::Bool(false),
        None => Scalar::Float(f64::NEG_INFINITY),
    }
}

fn highest(dtype: DType) -> Scalar {
    match dtype.integer_bounds() {
        Some((_, highest)) => Scalar::integer(highest),
        None if dtype == DType::Bool => Scalar::Bool(true),
        None => Scalar::Float(f64::INFINITY),
    }
}

/// `input` with the elements of `src` that the index sends to one place reduced into it. Without `include_self`, what
/// was at a place that receives anything does not count.
pub fn scatter_reduce(
    input: &Tensor,
    dim: i64,
    index: &Tensor,
    src: &Tensor,
    reduce: Reduce,
    include_self: bool,
) -> Result<Tensor> {
    reduced("scatter_reduce", input, dim, index, src, reduce, include_self)
}

/// [`scatter_reduce`] in the name of an op.
pub(super) fn reduced(
    op: &'static str,
    input: &Tensor,
    dim: i64,
    index: &Tensor,
    src: &Tensor,
    reduce: Reduce,
    include_self: bool,
) -> Result<Tensor> {
    let call = Call::new(op, input, dim, index)?;
    let src = call.corner(input, src)?;
    let array = input.array();
    let out = array.to_dtype(array.dtype)?;
    call.reduce(&out, &src, reduce, include_self)?;
    let mut out = Tensor::from_array(out);
    if reduce == Reduce::Mean {
        let counts = super::scatter_grad::counts(&out, dim, &call.index, include_self)?;
        out = super::scatter_grad::mean(&out, &counts)?;
    }
    record_one("ScatterReduceBackward0", &[input, &src], &out, || super::scatter_grad::ScatterReduceBackward {
        input: SavedTensor::input(input),
        src: SavedTensor::input(&src),
        out: SavedTensor::output(&out, 0),
        index: SavedTensor::input(&call.index),
        dim,
        reduce,
        include_self,
    })?;
    Ok(out)
}

/// [`scatter_reduce`] in place.
pub fn scatter_reduce_(
    target: &Tensor,
    dim: i64,
    index: &Tensor,
    src: &Tensor,
    reduce: Reduce,
    include_self: bool,
) -> Result<()> {
    reduced_in_place("scatter_reduce_", target, dim, index, src, reduce, include_self)
}

/// [`scatter_reduce_`] in the name of an op.
pub(super) fn reduced_in_place(
    op: &'static str,
    target: &Tensor,
    dim: i64,
    index: &Tensor,
    src: &Tensor,
    reduce: Reduce,
    include_self: bool,
) -> Result<()> {
    // On a copy where it is recorded: what the node saves must outlive the write.
    let functional = || {
        let original = if needs_record(&[target, src]) { cast::clone_dense(target)? } else { target.clone() };
        reduced(op, &original, dim, index, src, reduce, include_self)
    };
    let direct = |out: &Array| {
        if reduce == Reduce::Mean {
            // The sums are divided everywhere, so that nothing is saved by writing at once.
            return backend::launch(op, &Kernel::Copy, &[functional()?.operand()], std::slice::from_ref(out));
        }
        let call = Call::new(op, target, dim, index)?;
        call.reduce(out, &call.corner(target, src)?, reduce, include_self)
    };
    in_place(op, target, &[src], functional, direct)
}

/// `scatter` with a reduction and a number: the number is reduced into every place that the index names.
pub fn scatter_reduce_value(input: &Tensor, dim: i64, index: &Tensor, value: Scalar, reduce: Reduce) -> Result<Tensor> {
    reduced("scatter", input, dim, index, &repeated(input, index, value)?, reduce, true)
}

/// [`scatter_reduce_value`] in place.
pub fn scatter_reduce_value_(target: &Tensor, dim: i64, index: &Tensor, value: Scalar, reduce: Reduce) -> Result<()> {
    reduced_in_place("scatter_", target, dim, index, &repeated(target, index, value)?, reduce, true)
}

/// A number for every index.
fn repeated(input: &Tensor, index: &Tensor, value: Scalar) -> Result<Tensor> {
    Tensor::full(&index.shape(), value.fitting(input.dtype())?, input.dtype(), input.device())
}
