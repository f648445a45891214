//! Order along a dimension: sorting, the largest, the k-th, the middle, the most frequent.
//!
//! Values remember where they came from: the gradient of a value goes to the element that its index names.

use smallvec::smallvec;

use crate::array::Array;
use crate::autograd::{Fact, SavedTensor, keeping_one, record_first, record_one, telling};
use crate::backend;
use crate::dtype::DType;
use crate::ensure;
use crate::error::{Error, Result};
use crate::kernel::{Kernel, Rank};
use crate::layout::Layout;
use crate::scalar::Scalar;
use crate::shape;
use crate::tensor::Tensor;

use super::expr::{Expr, select};
use super::gather::{gather, select_backward};
use super::scatter::scatter_add_;
use super::{cast, creation, reduce, view};

fn require_order(op: &'static str, input: &Tensor) -> Result<()> {
    ensure!(
        !(input.dtype().is_complex() && matches!(op, "sort" | "topk")),
        Type,
        "{op} does not support complex dtypes: complex numbers have no order"
    );
    if input.dtype().is_complex() { Err(Error::dtype(op, input.dtype(), "complex numbers have no order")) } else { Ok(()) }
}

/// Runs a kernel that writes values and indices of a size of its own along `dim`.
fn values_and_indices(op: &'static str, kernel: &Kernel, input: &Tensor, dim: usize, size: usize) -> Result<(Tensor, Tensor)> {
    require_order(op, input)?;
    let array = input.array();
    let mut shape = input.shape();
    if let Some(n) = shape.get_mut(dim) {
        *n = size;
    }
    // A sorted tensor lies in memory as the tensor does; other results are row-major.
    let sorted = matches!(kernel, Kernel::Sort { .. });
    let layout = if sorted { array.layout.dense_like() } else { Layout::contiguous(&shape) };
    let values = Array::empty_with(layout.clone(), array.dtype, array.device())?;
    let indices = Array::empty_with(layout, DType::Int64, array.device())?;
    if values.numel() > 0 {
        let outputs = [values.at_least_1d(), indices.at_least_1d()];
        backend::launch(op, kernel, &[array.at_least_1d().into()], &outputs)?;
    }
    Ok((Tensor::from_array(values), Tensor::from_array(indices)))
}

/// Sends the gradients of values back to where their indices say, several along `dim`.
fn record_values(node: &'static str, input: &Tensor, values: &Tensor, indices: &Tensor, dim: usize) -> Result<()> {
    record_first(node, &[input], &[values, indices], || {
        let shape = input.shape();
        let rule = keeping_one([("indices", SavedTensor::input(indices))], move |cx, [indices], g| {
            let sum = creation::zeros_with(g, &shape)?;
            scatter_add_(&sum, dim as i64, &indices.get(cx)?, g)?;
            Ok(smallvec![Some(sum)])
        });
        telling([("dim", Fact::of(dim)), ("self_sym_sizes", Fact::SizesOf(0))], rule)
    })
}

/// Sorted along `dim`, with the index of each value (int64). Always stable; NaN counts as largest.
pub fn sort(input: &Tensor, dim: i64, descending: bool) -> Result<(Tensor, Tensor)> {
    let d = shape::wrap_dim("sort", dim, input.ndim())?;
    let size = if input.ndim() == 0 { 1 } else { input.size(d) };
    let (values, indices) = values_and_indices("sort", &Kernel::Sort { dim: d, descending }, input, d, size)?;
    record_values("SortBackward0", input, &values, &indices, d)?;
    Ok((values, indices))
}

/// The indices that sort a tensor along `dim`.
pub fn argsort(input: &Tensor, dim: i64, descending: bool) -> Result<Tensor> {
    Ok(sort(&input.detach(), dim, descending)?.1)
}

/// Sorted along the first dimension.
pub fn msort(input: &Tensor) -> Result<Tensor> {
    Ok(sort(input, 0, false)?.0)
}

/// The `k` largest (or smallest) along `dim`, in order, with their indices.
pub fn topk(input: &Tensor, k: i64, dim: i64, largest: bool) -> Result<(Tensor, Tensor)> {
    ensure!(input.dtype() != DType::Bool, Runtime, "topk(): bool tensors are not supported; convert to an integer dtype first");
    let d = shape::wrap_dim("topk", dim, input.ndim())?;
    let size = if input.ndim() == 0 { 1 } else { input.size(d) };
    ensure!(
        (0..=size as i64).contains(&k),
        Runtime,
        "topk(): selected index k out of range: k is {k}, dimension {d} has size {size}"
    );
    // A single number is a list of one, and stays whole.
    let k = if input.ndim() == 0 { 1 } else { k as usize };
    let (values, indices) = values_and_indices("topk", &Kernel::TopK { k, dim: d, largest }, input, d, k)?;
    record_values("TopkBackward0", input, &values, &indices, d)?;
    Ok((values, indices))
}

/// Records values that were picked one a row, and gives them their shape.
fn picked(node: &'static str, input: &Tensor, dim: usize, indices: Tensor, keepdim: bool) -> Result<(Tensor, Tensor)> {
    let values = gather(&input.detach(), dim as i64, &indices)?;
    let (values, indices) = if keepdim || input.ndim() == 0 {
        (values, indices)
    } else {
        (view::squeeze_dim(&values, dim as i64)?.detach(), view::squeeze_dim(&indices, dim as i64)?.detach())
    };
    record_first(node, &[input], &[&values, &indices], || {
        let shape = input.shape();
        let rule = keeping_one([("indices", SavedTensor::input(&indices))], move |cx, [indices], g| {
            Ok(smallvec![Some(select_backward(g, &indices.get(cx)?, &shape, dim as i64, keepdim)?)])
        });
        telling([("dim", Fact::of(dim)), ("keepdim", keepdim.into()), ("self_sym_sizes", Fact::SizesOf(0))], rule)
    })?;
    Ok((values, indices))
}

fn row_length(op: &'static str, input: &Tensor, d: usize) -> Result<usize> {
    let n = if input.ndim() == 0 { 1 } else { input.size(d) };
    ensure!(n > 0, Index, "{op}(): Expected reduction dim {d} to have non-zero size.");
    Ok(n)
}

/// The `k`-th smallest along `dim`, counted from 1, and its index.
pub fn kthvalue(input: &Tensor, k: i64, dim: i64, keepdim: bool) -> Result<(Tensor, Tensor)> {
    if input.dtype() == DType::Bool {
        return Err(Error::dtype("kthvalue", DType::Bool, "convert to an integer dtype first"));
    }
    let d = shape::wrap_dim("kthvalue", dim, input.ndim())?;
    let n = row_length("kthvalue", input, d)?;
    ensure!(
        (1..=n as i64).contains(&k),
        Runtime,
        "kthvalue(): selected number k out of range for dimension {d}: k is {k}, the size is {n}"
    );
    let indices = match ranked("kthvalue", input, d, Rank::Nth(k as usize - 1))? {
        Some(indices) => indices,
        None => at_rank(&argsort(input, d as i64, false)?, d, k - 1)?,
    };
    picked("KthvalueBackward0", input, d, indices, keepdim)
}

/// The lower of the two middle values along `dim`, and its index; NaN if there is one.
pub fn median(input: &Tensor, dim: i64, keepdim: bool) -> Result<(Tensor, Tensor)> {
    middle("median", "MedianBackward1", input, dim, keepdim, false)
}

/// [`median`] of what is not NaN.
pub fn nanmedian(input: &Tensor, dim: i64, keepdim: bool) -> Result<(Tensor, Tensor)> {
    middle("nanmedian", "NanmedianBackward1", input, dim, keepdim, true)
}

/// [`median`] of all elements; NaN of none.
pub fn median_all(input: &Tensor) -> Result<Tensor> {
    middle_of_all("MedianBackward0", input, median)
}

/// [`nanmedian`] of all elements; NaN of none.
pub fn nanmedian_all(input: &Tensor) -> Result<Tensor> {
    middle_of_all("NanmedianBackward0", input, nanmedian)
}

fn middle_of_all(
    node: &'static str,
    input: &Tensor,
    middle: fn(&Tensor, i64, bool) -> Result<(Tensor, Tensor)>,
) -> Result<Tensor> {
    let out = match input.numel() {
        0 => Tensor::full(&[], Scalar::Float(f64::NAN), input.dtype(), input.device())?,
        _ => middle(&view::ravel(&input.detach())?, 0, false)?.0,
    };
    // Equal elements share the gradient.
    record_one(node, &[input], &out, || {
        keeping_one([("self", SavedTensor::input(input)), ("result", SavedTensor::output(&out, 0))], move |cx, [x, y], g| {
            let (x, y) = (x.get(cx)?, y.get(cx)?);
            let both_nan = Expr::from(&x).isnan().and(Expr::from(&y).isnan());
            let equal = Expr::from(&x).eq(&y).or(both_nan).into_tensor()?;
            let count = cast::to_dtype(&reduce::count_nonzero(&equal, None)?, g.dtype())?;
            Ok(smallvec![Some(select(Expr::from(&equal), Expr::from(g) / Expr::from(&count), 0.0).into_tensor()?)])
        })
    })?;
    Ok(out)
}

fn middle(
    op: &'static str,
    node: &'static str,
    input: &Tensor,
    dim: i64,
    keepdim: bool,
    skip_nan: bool,
) -> Result<(Tensor, Tensor)> {
    if input.dtype() == DType::Bool {
        return Err(Error::dtype(op, DType::Bool, "convert to an integer dtype first"));
    }
    let d = shape::wrap_dim(op, dim, input.ndim())?;
    let n = row_length(op, input, d)?;
    let rank = if skip_nan { Rank::NanMedian } else { Rank::Median };
    let indices = match ranked(op, input, d, rank)? {
        Some(indices) => indices,
        None => middle_of_sorted(input, d, n, skip_nan)?,
    };
    picked(node, input, d, indices, keepdim)
}

/// The places of the elements of a rank, from devices that look for them.
fn ranked(op: &'static str, input: &Tensor, d: usize, rank: Rank) -> Result<Option<Tensor>> {
    require_order(op, input)?;
    if finds_ranks(input, d) { places_of_rank(op, input, d, rank).map(Some) } else { Ok(None) }
}

/// Does the device look for elements of a rank without sorting?
pub(super) fn finds_ranks(input: &Tensor, d: usize) -> bool {
    input.ndim() > 0 && backend::supports(input.device(), &Kernel::Ranked { rank: Rank::Median, dim: d }, input.dtype())
}

/// The places of the elements of a rank along `d`, which keeps one entry, on a device that [`finds_ranks`].
pub(super) fn places_of_rank(op: &'static str, input: &Tensor, d: usize, rank: Rank) -> Result<Tensor> {
    let mut shape = input.shape();
    shape[d] = 1;
    let output = (Layout::contiguous(&shape), DType::Int64);
    let [places] = backend::compute(op, &Kernel::Ranked { rank, dim: d }, &[input.array().into()], [output], input.device())?;
    Ok(Tensor::from_array(places))
}

/// The entries at one place of sorted rows.
fn at_rank(order: &Tensor, d: usize, rank: i64) -> Result<Tensor> {
    if order.ndim() == 0 { Ok(order.clone()) } else { cast::contiguous(&view::narrow(order, d as i64, rank, 1)?) }
}

/// The places of medians in rows of `n` elements, by sorting them.
fn middle_of_sorted(input: &Tensor, d: usize, n: usize, skip_nan: bool) -> Result<Tensor> {
    let (values, order) = sort(&input.detach(), d as i64, false)?;
    if input.ndim() == 0 || !input.dtype().is_float() {
        return at_rank(&order, d, (n as i64 - 1) / 2);
    }
    // NaN stands at the end of a sorted row: the number of others is the position of the first.
    let is_nan = Expr::from(&values).isnan().into_tensor()?;
    let numbers =
        (Expr::from(Scalar::Int(n as i64)) - Expr::from(reduce::sum(&is_nan, Some(&[d as i64]), true, None)?)).into_tensor()?;
    let position = if skip_nan {
        // A row of NaN alone answers its first element.
        let half = super::pointwise::run(
            &super::pointwise::arithmetic::DIV_FLOOR,
            &[(&super::arithmetic::sub(&numbers, Scalar::Int(1))?).into(), Scalar::Int(2).into()],
            &[],
        )?;
        super::pointwise::run(&super::pointwise::arithmetic::MAXIMUM, &[(&half).into(), Scalar::Int(0).into()], &[])?
    } else {
        let complete = Expr::from(&numbers).eq(Expr::from(Scalar::Int(n as i64)));
        super::expr::select(complete, Expr::from(Scalar::Int((n as i64 - 1) / 2)), numbers).into_tensor()?
    };
    gather(&order, d as i64, &position)
}

/// The most frequent value along `dim` (the smallest of several) and the last index at which it stands.
pub fn mode(input: &Tensor, dim: i64, keepdim: bool) -> Result<(Tensor, Tensor)> {
    require_order("mode", input)?;
    let d = shape::wrap_dim("mode", dim, input.ndim())?;
    let n = row_length("mode", input, d)?;
    let (values, order) = sort(&input.detach(), d as i64, false)?;
    if input.ndim() == 0 {
        return picked("ModeBackward0", input, d, order, keepdim);
    }
    // In a sorted row the end of the longest run of equals.
    let rows = view::transpose(&values, d as i64, -1)?;
    let starts = run_starts(&rows, n)?;
    let lengths = super::arithmetic::sub(&positions(n, input)?, &starts)?;
    let (_, last) = super::extremum::max(&lengths, -1, true)?;
    let indices = gather(&order, d as i64, &view::transpose(&last, d as i64, -1)?)?;
    picked("ModeBackward0", input, d, indices, keepdim)
}

fn positions(n: usize, like: &Tensor) -> Result<Tensor> {
    creation::range(Scalar::Int(0), Scalar::Int(1), n, DType::Int64, like.device())
}

/// For each element of sorted rows, where the run of equals begins that it belongs to.
fn run_starts(rows: &Tensor, n: usize) -> Result<Tensor> {
    let (before, behind) = (view::narrow(rows, -1, 0, n as i64 - 1)?, view::narrow(rows, -1, 1, n as i64 - 1)?);
    let changes = Expr::from(&before).ne(&behind).into_tensor()?;
    let changes = super::pad::constant_pad_nd(&changes, &[1, 0], Scalar::Bool(false))?;
    let at = super::expr::select(Expr::from(changes), &positions(n, rows)?, Expr::from(Scalar::Int(0))).into_tensor()?;
    Ok(super::scan::cummax(&at, -1)?.0)
}
