//! Reductions over dimensions.
//!
//! `dims: None` means all dimensions, and so does an empty list, as in PyTorch.

use smallvec::{SmallVec, smallvec};

use crate::array::Array;
use crate::autograd::many::shape_behind;
use crate::autograd::{Fact, Facts, Linear, SavedTensor, keeping, keeping_one, mode, record, record_one, telling};
use crate::backend;
use crate::bail;
use crate::dtype::DType;
use crate::ensure;
use crate::error::{Error, Result};
use crate::kernel::{Kernel, Reduction};
use crate::layout::Layout;
use crate::scalar::Scalar;
use crate::shape::{self, Dims, Shape};
use crate::tensor::Tensor;

use super::expr::{Expr, conjugate, select};
use super::pointwise::comparison::ISFINITE;
use super::{arithmetic, cast, view};

/// The dimensions of a reduction, and how its result is shaped.
#[derive(Clone, Debug)]
pub struct Axes {
    dims: Dims,
    keepdim: bool,
    shape: Shape,
}

impl Axes {
    /// Resolves dimensions as the user gave them against an input.
    pub fn new(op: &'static str, input: &Tensor, dims: Option<&[i64]>, keepdim: bool) -> Result<Axes> {
        let shape = input.shape();
        let dims = match dims {
            Some(dims) if !dims.is_empty() => {
                shape::check_choice(shape.len())?;
                shape::wrap_dims(op, dims, shape.len())?
            }
            _ => (0..shape.len()).collect(),
        };
        // A 0-dim tensor accepts dim 0 and has nothing to reduce.
        let dims = dims.into_iter().filter(|&d| d < shape.len()).collect();
        Ok(Axes { dims, keepdim, shape })
    }

    /// The dimensions, to be given to another reduction.
    pub(super) fn listed(&self) -> SmallVec<[i64; 5]> {
        self.dims.iter().map(|&d| d as i64).collect()
    }

    /// What nodes show: the dimensions as they were given, and whether they are kept.
    pub(super) fn facts(&self, dims: Option<&[i64]>) -> Facts<2> {
        let listed = |dims: &[i64]| if dims.is_empty() { Fact::list(&[]) } else { Fact::list(&self.dims) };
        [("dim", dims.map_or(Fact::Nothing, listed)), ("keepdim", self.keepdim.into())]
    }

    /// [`Axes::facts`] of an op whose node has neither where the reduction is over all dimensions.
    fn facts_of_some(&self, dims: Option<&[i64]>) -> Facts<2> {
        if dims.is_some() { self.facts(dims) } else { [("dim", Fact::Absent), ("keepdim", Fact::Absent)] }
    }

    /// Number of elements that are folded into one.
    pub fn count(&self) -> usize {
        self.dims.iter().map(|&d| self.shape[d]).product()
    }

    /// Shape with the reduced dimensions as 1.
    fn kept(&self) -> Shape {
        (0..self.shape.len()).map(|d| if self.dims.contains(&d) { 1 } else { self.shape[d] }).collect()
    }

    /// Shape of the result.
    pub fn reduced(&self) -> Shape {
        if self.keepdim {
            self.kept()
        } else {
            (0..self.shape.len()).filter(|d| !self.dims.contains(d)).map(|d| self.shape[d]).collect()
        }
    }

    /// A tensor in the result's shape, expanded back over the reduced dimensions.
    pub fn expand(&self, reduced: &Tensor) -> Result<Tensor> {
        self.expand_behind(reduced, 0)
    }

    /// [`Axes::expand`] behind `lead` dimensions that the tensor has besides.
    fn expand_behind(&self, reduced: &Tensor, lead: usize) -> Result<Tensor> {
        let kept = view::reshape(reduced, &shape_behind(reduced, lead, &as_i64(&self.kept())))?;
        view::expand(&kept, &shape_behind(reduced, lead, &as_i64(&self.shape)))
    }

    /// Runs a reduction into new arrays of these dtypes.
    fn run(&self, op: &'static str, reduction: Reduction, input: &Array, dtypes: &[DType]) -> Result<Vec<Tensor>> {
        let kept = self.kept();
        let outputs = dtypes.iter().map(|&dtype| Array::empty(&kept, dtype, input.device())).collect::<Result<Vec<_>>>()?;
        backend::launch(op, &Kernel::Reduce { op: reduction }, &[input.clone().into()], &outputs)?;
        let layout = Layout::contiguous(&self.reduced());
        Ok(outputs.into_iter().map(|array| Tensor::from_array(array.with_layout(layout.clone()))).collect())
    }

    pub(super) fn run_one(&self, op: &'static str, reduction: Reduction, input: &Tensor, dtype: DType) -> Result<Tensor> {
        let mut outputs = self.run(op, reduction, &input.array(), &[dtype])?;
        outputs.pop().ok_or_else(|| Error::runtime(format!("{op}(): no result")))
    }
}

pub(crate) fn as_i64(shape: &[usize]) -> smallvec::SmallVec<[i64; 5]> {
    shape.iter().map(|&n| n as i64).collect()
}

/// Sums of bool and integers are int64.
pub(super) fn sum_dtype(input: DType, asked: Option<DType>) -> DType {
    asked.unwrap_or(if input.is_integral() { DType::Int64 } else { input })
}

fn require_float(op: &'static str, input: &Tensor) -> Result<()> {
    let dtype = input.dtype();
    ensure!(
        dtype.is_differentiable(),
        NotImplemented,
        "{op}(): could not infer output dtype. Input dtype must be either a floating point or complex dtype. Got: {}",
        dtype.legacy_name()
    );
    Ok(())
}

/// Sum.
pub fn sum(input: &Tensor, dims: Option<&[i64]>, keepdim: bool, dtype: Option<DType>) -> Result<Tensor> {
    let axes = Axes::new("sum", input, dims, keepdim)?;
    let out = axes.run_one("sum", Reduction::Sum, input, sum_dtype(input.dtype(), dtype))?;
    let name = if dims.is_some() { "SumBackward1" } else { "SumBackward0" };
    record(name, &[input], &[&out], || {
        let (listed, facts) = (axes.listed(), axes.facts_of_some(dims));
        let forward = move |t: &Tensor| sum(t, Some(&listed), keepdim, dtype);
        let rule = Linear::new(move |g: &Tensor, lead| axes.expand_behind(g, lead), forward);
        telling(facts, telling([("self_sym_sizes", Fact::SizesOf(0))], rule))
    })?;
    Ok(out)
}

/// Sums a tensor down to a shape that broadcasts to its own.
pub fn sum_to_size(input: &Tensor, size: &[usize]) -> Result<Tensor> {
    let shape = input.shape();
    ensure!(shape::is_expandable(size, &shape), Runtime, "sum_to_size(): size {size:?} is not expandable to size {shape:?}.");
    sum_to_size_behind(input, size, 0)
}

/// [`sum_to_size`] for a size that is known to fit, behind `lead` dimensions that stay.
pub(crate) fn sum_to_size_behind(input: &Tensor, size: &[usize], lead: usize) -> Result<Tensor> {
    let shape = input.shape();
    let first = shape.len() - size.len();
    let is_summed = |&d: &usize| d < first || (size[d - first] == 1 && shape[d] != 1);
    let dims: Vec<i64> = (lead..shape.len()).filter(is_summed).map(|d| d as i64).collect();
    if dims.is_empty() {
        return Ok(input.clone());
    }
    view::reshape(&sum(input, Some(&dims), true, Some(input.dtype()))?, &shape_behind(input, lead, &as_i64(size)))
}

/// Mean; float and complex only.
pub fn mean(input: &Tensor, dims: Option<&[i64]>, keepdim: bool, dtype: Option<DType>) -> Result<Tensor> {
    let input = &match dtype {
        Some(dtype) => cast::to_dtype(input, dtype)?,
        None => input.clone(),
    };
    require_float("mean", input)?;
    let axes = Axes::new("mean", input, dims, keepdim)?;
    let out = axes.run_one("mean", Reduction::Mean, input, input.dtype())?;
    let name = if dims.is_some() { "MeanBackward1" } else { "MeanBackward0" };
    record(name, &[input], &[&out], || {
        let (listed, facts) = (axes.listed(), axes.facts_of_some(dims));
        let adjoint = move |g: &Tensor, lead| axes.expand_behind(&arithmetic::div(g, axes.count() as f64)?, lead);
        let rule = Linear::new(adjoint, move |t: &Tensor| mean(t, Some(&listed), keepdim, None));
        let of_input = [("self_sym_sizes", Fact::SizesOf(0)), ("self_sym_numel", Fact::ElementsOf(0))];
        telling(facts, telling(of_input, rule))
    })?;
    Ok(out)
}

/// Sum of what is not NaN.
pub fn nansum(input: &Tensor, dims: Option<&[i64]>, keepdim: bool, dtype: Option<DType>) -> Result<Tensor> {
    ensure!(!input.dtype().is_complex(), NotImplemented, "nansum does not support complex inputs");
    if let Some(dtype) = dtype.filter(|dtype| dtype.is_complex()) {
        return Err(Error::dtype("nansum", dtype, "it is defined for real dtypes"));
    }
    let clean =
        if input.dtype().is_float() { select(Expr::from(input).isnan(), 0.0, input).into_tensor()? } else { input.clone() };
    sum(&clean, dims, keepdim, dtype)
}

/// Mean of what is not NaN.
pub fn nanmean(input: &Tensor, dims: Option<&[i64]>, keepdim: bool, dtype: Option<DType>) -> Result<Tensor> {
    require_float("nanmean", input)?;
    ensure!(
        dtype.is_none_or(DType::is_differentiable),
        Runtime,
        "nanmean(): could not infer output dtype. Optional dtype must be either a floating point or complex dtype"
    );
    let total = nansum(input, dims, keepdim, dtype)?;
    let present = Expr::from(input).isnan().logical_not().into_tensor()?;
    arithmetic::div(&total, &sum(&present, dims, keepdim, None)?)
}

/// Product over all dimensions, or over one.
pub fn prod(input: &Tensor, dim: Option<i64>, keepdim: bool, dtype: Option<DType>) -> Result<Tensor> {
    let dims = dim.map(|d| [d]);
    let axes = Axes::new("prod", input, dims.as_ref().map(|d| &d[..]), keepdim)?;
    let dtype = sum_dtype(input.dtype(), dtype);
    let out = axes.run_one("prod", Reduction::Prod, input, dtype)?;
    let name = if dim.is_some() { "ProdBackward1" } else { "ProdBackward0" };
    record_one(name, &[input], &out, || {
        let [_, (_, kept)] = axes.facts_of_some(dims.as_ref().map(|d| &d[..]));
        let facts = [("dim", dim.map_or(Fact::Absent, |_| Fact::of(axes.dims.first().copied().unwrap_or(0)))), ("keepdim", kept)];
        let kept = [("self", SavedTensor::input(input))];
        let rule = keeping_one(kept, move |cx, [saved], g| {
            let x = cast::to_dtype(&saved.get(cx)?, dtype)?;
            let others = product_of_others(&x, dim)?;
            Ok(smallvec![Some((Expr::from(axes.expand(g)?) * super::expr::conjugate(others)).into_tensor()?)])
        });
        telling(facts, rule)
    })?;
    Ok(out)
}

/// For each element the product of all others along `dim` (all elements where `None`): the product of those before
/// times the product of those behind, which stays right where elements are zero.
fn product_of_others(x: &Tensor, dim: Option<i64>) -> Result<Tensor> {
    let Some(dim) = dim else {
        let flat = view::reshape(x, &[-1])?;
        return view::reshape(&product_of_others(&flat, Some(0))?, &as_i64(&x.shape()));
    };
    if x.ndim() == 0 {
        return Tensor::full(&[], Scalar::Int(1), x.dtype(), x.device());
    }
    let before = super::scan::exclusive_cumprod(x, dim)?;
    let behind = super::repeat::flip(&super::scan::exclusive_cumprod(&super::repeat::flip(x, &[dim])?, dim)?, &[dim])?;
    arithmetic::mul(&before, &behind)
}

/// Largest (`amax`) over dimensions; gradients are shared evenly among equals.
pub fn amax(input: &Tensor, dims: Option<&[i64]>, keepdim: bool) -> Result<Tensor> {
    extremum("amax", "AmaxBackward0", Reduction::Max, input, Some(dims.unwrap_or(&[])), keepdim)
}

/// Smallest (`amin`) over dimensions; gradients are shared evenly among equals.
pub fn amin(input: &Tensor, dims: Option<&[i64]>, keepdim: bool) -> Result<Tensor> {
    extremum("amin", "AminBackward0", Reduction::Min, input, Some(dims.unwrap_or(&[])), keepdim)
}

/// Largest of all elements.
pub fn max_all(input: &Tensor) -> Result<Tensor> {
    extremum("max", "MaxBackward1", Reduction::Max, input, None, false)
}

/// Smallest of all elements.
pub fn min_all(input: &Tensor) -> Result<Tensor> {
    extremum("min", "MinBackward1", Reduction::Min, input, None, false)
}

fn extremum(
    op: &'static str,
    node: &'static str,
    reduction: Reduction,
    input: &Tensor,
    dims: Option<&[i64]>,
    keepdim: bool,
) -> Result<Tensor> {
    let axes = Axes::new(op, input, dims, keepdim)?;
    require_ordered(op, input)?;
    if axes.count() == 0 {
        if dims.is_none_or(<[i64]>::is_empty) {
            bail!(
                Runtime,
                "{op}(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim with the 'dim' argument."
            );
        }
        bail!(
            Index,
            "{op}(): Expected reduction dim {:?} to have non-zero size, got an input of shape {:?}",
            &axes.dims[..],
            &axes.shape[..]
        );
    }
    let out = axes.run_one(op, reduction, input, input.dtype())?;
    let dims_are_all = dims.is_none();
    record_one(node, &[input], &out, || {
        let (facts, kept) =
            (axes.facts_of_some(dims), [("self", SavedTensor::input(input)), ("result", SavedTensor::output(&out, 0))]);
        let rule = keeping_one(kept, move |cx, [x, y], g| {
            let (x, y) = (x.get(cx)?, axes.expand(&y.get(cx)?)?);
            let mut hits = Expr::from(&x).eq(&y);
            if dims_are_all && x.dtype().is_float() {
                // NaN equals nothing, yet is the extremum of all elements.
                hits = hits.or(Expr::from(&x).isnan().and(Expr::from(&y).isnan()));
            }
            let hits = hits.into_tensor()?;
            let hits = cast::to_dtype(&hits, g.dtype())?;
            let count = Expr::from(sum(&hits, Some(&as_i64(&axes.dims)), true, None)?);
            let g = Expr::from(axes.expand(g)?);
            // An infinite gradient leaves the others at zero where all elements are compared.
            let shared = if dims_are_all { select(Expr::from(&hits), g / count, 0.0) } else { g * Expr::from(&hits) / count };
            Ok(smallvec![Some(shared.into_tensor()?)])
        });
        telling(facts, rule)
    })?;
    Ok(out)
}

fn require_ordered(op: &'static str, input: &Tensor) -> Result<()> {
    if input.dtype().is_complex() { Err(Error::dtype(op, input.dtype(), "complex numbers have no order")) } else { Ok(()) }
}

/// True where any element is not zero.
pub fn any(input: &Tensor, dims: Option<&[i64]>, keepdim: bool) -> Result<Tensor> {
    truth("any", Reduction::Any, input, dims, keepdim)
}

/// True where every element is not zero.
pub fn all(input: &Tensor, dims: Option<&[i64]>, keepdim: bool) -> Result<Tensor> {
    truth("all", Reduction::All, input, dims, keepdim)
}

/// `any` and `all` of uint8 stay uint8, as in PyTorch.
fn truth(op: &'static str, reduction: Reduction, input: &Tensor, dims: Option<&[i64]>, keepdim: bool) -> Result<Tensor> {
    let out = match dims {
        // No dimensions are none here, not all.
        Some([]) => cast::to_dtype(input, DType::Bool)?,
        _ => Axes::new(op, input, dims, keepdim)?.run_one(op, reduction, input, DType::Bool)?,
    };
    if input.dtype() == DType::UInt8 { cast::to_dtype(&out, DType::UInt8) } else { Ok(out) }
}

/// Number of elements that are not zero, int64.
pub fn count_nonzero(input: &Tensor, dims: Option<&[i64]>) -> Result<Tensor> {
    Axes::new("count_nonzero", input, dims, false)?.run_one("count_nonzero", Reduction::CountNonzero, input, DType::Int64)
}

/// Is any element NaN? Waits for the device.
pub(crate) fn any_nan(input: &Tensor) -> Result<bool> {
    Ok(any(&Expr::from(input).isnan().into_tensor()?, None, false)?.item()?.to_bool())
}

/// Variance, or its square root, and the mean it was computed with.
pub fn var_mean(
    op: &'static str,
    input: &Tensor,
    dims: Option<&[i64]>,
    correction: f64,
    keepdim: bool,
    sqrt: bool,
) -> Result<(Tensor, Tensor)> {
    ensure!(
        input.dtype().is_differentiable(),
        NotImplemented,
        "{op}(): std and var only support floating point and complex dtypes, got {}",
        input.dtype().legacy_name()
    );
    if input.dtype().is_complex() {
        return complex_var_mean(op, input, dims, correction, keepdim, sqrt);
    }
    let axes = Axes::new(op, input, dims, keepdim)?;
    if axes.count() as f64 <= correction {
        backend::warn(&format!(
            "{op}(): degrees of freedom is <= 0. Correction should be strictly less than the reduction factor (input numel divided by output numel)."
        ));
    }
    let dtype = input.dtype();
    let mut outputs = axes.run(op, Reduction::Variance { correction, sqrt }, &input.array(), &[dtype, dtype])?;
    let (Some(mean), Some(spread)) = (outputs.pop(), outputs.pop()) else { bail!(Runtime, "{op}(): no result") };
    let name = if sqrt { "StdMeanBackward0" } else { "VarMeanBackward0" };
    crate::autograd::record(name, &[input], &[&spread, &mean], || {
        let facts = axes.facts(dims);
        let kept = [
            ("self", SavedTensor::input(input)),
            ("result0", if sqrt { SavedTensor::output(&spread, 0) } else { SavedTensor::nothing() }),
        ];
        let rule = keeping(kept, move |cx, [x, y], mut grads| {
            let (of_spread, of_mean) = (grads[0].take(), grads[1].take());
            let mut total = match of_mean {
                Some(g) => Expr::from(axes.expand(&g)?) / axes.count() as f64,
                None => 0.0.into(),
            };
            if let Some(g) = of_spread {
                let x = x.get(cx)?;
                let g = if sqrt {
                    let y = y.get(cx)?;
                    select(Expr::from(&y).eq(0.0), 0.0, Expr::from(g) / (Expr::from(&y) * 2.0)).into_tensor()?
                } else {
                    g
                };
                let dims = as_i64(&axes.dims);
                let centred = Expr::from(&x) - Expr::from(mean_of(&x, &dims)?);
                total = total + Expr::from(axes.expand(&g)?) * (centred * (2.0 / (axes.count() as f64 - correction)));
            }
            Ok(smallvec![Some(total.into_tensor()?)])
        });
        telling([("correction", correction.into())], telling(facts, rule))
    })?;
    Ok((spread, mean))
}

fn mean_of(x: &Tensor, dims: &[i64]) -> Result<Tensor> {
    if x.ndim() == 0 { Ok(x.clone()) } else { mean(x, Some(dims), true, None) }
}

/// The variance of a complex tensor is that of its real part plus that of its imaginary part.
fn complex_var_mean(
    op: &'static str,
    input: &Tensor,
    dims: Option<&[i64]>,
    correction: f64,
    keepdim: bool,
    sqrt: bool,
) -> Result<(Tensor, Tensor)> {
    let (re, _) = var_mean(op, &super::complex::real(input)?, dims, correction, keepdim, false)?;
    let (im, _) = var_mean(op, &super::complex::imag(input)?, dims, correction, keepdim, false)?;
    let variance = (Expr::from(re) + Expr::from(im)).into_tensor()?;
    let spread = if sqrt { root(&variance)? } else { variance };
    Ok((spread, mean(input, dims, keepdim, None)?))
}

/// The square root, with the gradient 0 at 0.
fn root(x: &Tensor) -> Result<Tensor> {
    let is_zero = || Expr::from(x).eq(0.0);
    select(is_zero(), 0.0, select(is_zero(), 1.0, x).sqrt()).into_tensor()
}

/// `log(sum(exp(x)))`, shifted by the largest so that it cannot overflow.
pub fn logsumexp(input: &Tensor, dims: &[i64], keepdim: bool) -> Result<Tensor> {
    let input =
        &if input.dtype().is_integral() { cast::to_dtype(input, crate::promote::default_dtype())? } else { input.clone() };
    let axes = Axes::new("logsumexp", input, Some(dims), keepdim)?;
    let out = match input.dtype().is_complex() {
        true => mode::no_grad(|| complex_logsumexp(input, dims, keepdim))?,
        false => axes.run_one("logsumexp", Reduction::LogSumExp, input, input.dtype())?,
    };
    record_one("LogsumexpBackward0", &[input], &out, || {
        let (facts, kept) =
            (axes.facts(Some(dims)), [("self", SavedTensor::input(input)), ("result", SavedTensor::output(&out, 0))]);
        let rule = keeping_one(kept, move |cx, [x, y], g| {
            let share = (Expr::from(&x.get(cx)?) - Expr::from(axes.expand(&y.get(cx)?)?)).exp().into_tensor()?;
            Ok(smallvec![Some((Expr::from(axes.expand(g)?) * conjugate(share)).into_tensor()?)])
        });
        telling(facts, rule)
    })?;
    Ok(out)
}

/// `log(sum(exp(x)))` of complex numbers, shifted by the largest real part.
fn complex_logsumexp(input: &Tensor, dims: &[i64], keepdim: bool) -> Result<Tensor> {
    let largest = amax(&super::complex::real(input)?, Some(dims), true)?;
    let shift = select(Expr::from(&largest).map(&ISFINITE), Expr::from(&largest), 0.0).into_tensor()?;
    let powers = (Expr::from(input) - Expr::from(&shift)).exp().into_tensor()?;
    let total = sum(&powers, Some(dims), keepdim, None)?;
    let shift = if keepdim { shift } else { view::reshape(&shift, &as_i64(&total.shape()))? };
    (Expr::from(total).log() + Expr::from(shift)).into_tensor()
}
