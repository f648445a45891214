//! Rearranged and repeated copies.

use crate::array::Array;
use crate::autograd::many::{dims_behind, shape_behind};
use crate::autograd::{Fact, Linear, record, telling};
use crate::backend;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::kernel::Kernel;
use crate::layout::Layout;
use crate::memory_format::MemoryFormat;
use crate::shape::{self, Shape};
use crate::tensor::Tensor;
use crate::{bail, ensure};

use super::reduce::as_i64;
use super::{cast, creation, index, reduce, sequence, view};

/// Dimensions reversed, as a copy.
pub fn flip(input: &Tensor, dims: &[i64]) -> Result<Tensor> {
    let array = input.array();
    shape::check_choice(array.layout.ndim())?;
    let wrapped = shape::wrap_dims("flip", dims, array.layout.ndim())?;
    let wrapped: Vec<usize> = wrapped.into_iter().filter(|&d| d < array.layout.ndim()).collect();
    let output = (array.layout.dense_like(), array.dtype);
    let flipped = array.with_layout(array.layout.flip(&wrapped));
    let [out] = backend::compute("flip", &Kernel::Copy, &[flipped.into()], [output], array.device())?;
    let out = Tensor::from_array(out);
    record("FlipBackward0", &[input], &[&out], || {
        let dims: Vec<i64> = wrapped.iter().map(|&d| d as i64).collect();
        let (along, facts) = (dims.clone(), [("dims", Fact::integers(&dims))]);
        let rule = Linear::new(move |g: &Tensor, lead| flip(g, &dims_behind(&dims, lead)), move |t: &Tensor| flip(t, &along));
        telling(facts, rule)
    })?;
    Ok(out)
}

/// Columns reversed.
pub fn fliplr(input: &Tensor) -> Result<Tensor> {
    ensure!(input.ndim() >= 2, Runtime, "fliplr(): Input must be >= 2-d.");
    flip(input, &[1])
}

/// Rows reversed.
pub fn flipud(input: &Tensor) -> Result<Tensor> {
    ensure!(input.ndim() >= 1, Runtime, "flipud(): Input must be >= 1-d.");
    flip(input, &[0])
}

/// Elements shifted along dimensions, those pushed out coming in at the other end. Without dimensions the flattened
/// tensor is shifted.
pub fn roll(input: &Tensor, shifts: &[i64], dims: &[i64]) -> Result<Tensor> {
    ensure!(!shifts.is_empty(), Runtime, "roll(): `shifts` required");
    if dims.is_empty() && shifts.len() == 1 {
        let flat = roll(&view::ravel(input)?, shifts, &[0])?;
        return view::reshape(&flat, &as_i64(&input.shape()));
    }
    ensure!(
        shifts.len() == dims.len(),
        Runtime,
        "roll(): shifts and dimensions must align. shifts: {}, dims:{}",
        shifts.len(),
        dims.len()
    );
    let mut array = input.array();
    ensure!(array.layout.ndim() > 0, Index, "roll(): Dimension specified as {} but tensor has no dimensions", dims[0]);
    for (&shift, &dim) in shifts.iter().zip(dims) {
        let d = shape::wrap_dim("roll", dim, array.layout.ndim())?;
        array = rolled(&array, d, shift)?;
    }
    let copied = !array.storage.ptr_eq(&input.storage());
    let out = Tensor::from_array(if copied { array } else { array.to_dtype(array.dtype)? });
    record("RollBackward0", &[input], &[&out], || {
        let (back, dims_back): (Vec<i64>, _) = (shifts.iter().map(|s| s.wrapping_neg()).collect(), dims.to_vec());
        let (along, dims) = (shifts.to_vec(), dims.to_vec());
        let facts = [("shifts", Fact::integers(shifts)), ("dims", Fact::integers(&dims))];
        let adjoint = move |g: &Tensor, lead| roll(g, &back, &dims_behind(&dims_back, lead));
        telling(facts, Linear::new(adjoint, move |t: &Tensor| roll(t, &along, &dims)))
    })?;
    Ok(out)
}

fn rolled(array: &Array, dim: usize, shift: i64) -> Result<Array> {
    let layout = MemoryFormat::suggested_by(&array.layout).layout(array.shape())?;
    let out = Array::empty_with(layout, array.dtype, array.device())?;
    let n = array.shape()[dim];
    if array.numel() == 0 {
        return Ok(out);
    }
    let shift = shift.rem_euclid(n as i64) as usize;
    for (from, to, length) in [(0, shift, n - shift), (n - shift, 0, shift)] {
        if length > 0 {
            let source = array.with_layout(array.layout.slice(dim, from, length, 1));
            let target = out.with_layout(out.layout.slice(dim, to, length, 1));
            backend::launch("roll", &Kernel::Copy, &[source.into()], std::slice::from_ref(&target))?;
        }
    }
    Ok(out)
}

/// `k` quarter turns in the plane of two dimensions, from the first towards the second.
pub fn rot90(input: &Tensor, k: i64, dims: &[i64]) -> Result<Tensor> {
    let ndim = input.ndim();
    ensure!(dims.len() == 2, Runtime, "rot90(): expected total rotation dims == 2, but got dims = {}", dims.len());
    ensure!(ndim >= 2, Runtime, "rot90(): expected total dims >= 2, but got total dims = {ndim}");
    let (a, b) = (shape::wrap_dim("rot90", dims[0], ndim)?, shape::wrap_dim("rot90", dims[1], ndim)?);
    ensure!(
        a != b,
        Runtime,
        "rot90(): expected rotation dims to be different, but got dim0 = {} and dim1 = {}",
        dims[0],
        dims[1]
    );
    let (a, b) = (a as i64, b as i64);
    match k.rem_euclid(4) {
        1 => view::transpose(&flip(input, &[b])?, a, b),
        2 => flip(input, &[a, b]),
        3 => view::transpose(&flip(input, &[a])?, a, b),
        _ => cast::clone_contiguous(input),
    }
}

/// The tensor repeated so many times along each dimension; extra counts are new dimensions in front.
pub fn repeat(input: &Tensor, repeats: &[i64]) -> Result<Tensor> {
    let array = input.array();
    ensure!(
        repeats.len() >= array.layout.ndim(),
        Runtime,
        "repeat(): Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor, got {repeats:?} for \
         shape {:?}",
        array.shape()
    );
    ensure!(
        repeats.iter().all(|&r| r >= 0),
        Runtime,
        "repeat(): Trying to create tensor with negative dimension: repeats are {repeats:?}"
    );
    let lead = repeats.len() - array.layout.ndim();
    let padded = (0..lead).fold(array.layout.clone(), |layout, _| layout.unsqueeze(0));
    let shape = padded.shape().iter().zip(repeats).map(|(&n, &r)| shape::times("repeat", n, r)).collect::<Result<Shape>>()?;
    shape::checked_numel(&shape)?;
    let (spread, pairs) = spread_out(&padded, repeats);
    let copy = array.with_layout(spread).to_dtype(array.dtype)?;
    let out = Tensor::from_array(copy.with_layout(Layout::contiguous(&shape)));
    record("RepeatBackward0", &[input], &[&out], || {
        let (before, counted): (_, Vec<i64>) = (input.shape(), (0..repeats.len() as i64).map(|d| 2 * d).collect());
        let adjoint = move |g: &Tensor, lead| {
            if counted.is_empty() {
                return Ok(g.clone());
            }
            let divided = view::reshape(g, &shape_behind(g, lead, &pairs))?;
            let sum = reduce::sum(&divided, Some(&dims_behind(&counted, lead)), false, None)?;
            view::reshape(&sum, &shape_behind(g, lead, &as_i64(&before)))
        };
        let facts = [("repeats", Fact::integers(repeats)), ("self_sym_sizes", Fact::SizesOf(0))];
        let repeats = repeats.to_vec();
        telling(facts, Linear::new(adjoint, move |t: &Tensor| repeat(t, &repeats)))
    })?;
    Ok(out)
}

/// Each dimension as two: how often it is repeated, by stride 0, and itself.
fn spread_out(layout: &Layout, repeats: &[i64]) -> (Layout, Vec<i64>) {
    let shape: Vec<usize> = repeats.iter().zip(layout.shape()).flat_map(|(&r, &n)| [r as usize, n]).collect();
    let strides: Vec<isize> = layout.strides().iter().flat_map(|&s| [0, s]).collect();
    (Layout::strided(&shape, &strides, layout.offset()), shape.iter().map(|&n| n as i64).collect())
}

/// [`repeat`], with counts of 1 filled in front where there are fewer counts than dimensions.
pub fn tile(input: &Tensor, dims: &[i64]) -> Result<Tensor> {
    let missing = input.ndim().saturating_sub(dims.len());
    let repeats: Vec<i64> = std::iter::repeat_n(1, missing).chain(dims.iter().copied()).collect();
    repeat(input, &repeats)
}

/// Each entry of `dim` repeated `repeats` times in place; without a dimension, each element of the flattened tensor.
///
/// `output_size` is the size of the repeated dimension, where the caller knows it.
pub fn repeat_interleave(input: &Tensor, repeats: i64, dim: Option<i64>, output_size: Option<i64>) -> Result<Tensor> {
    ensure!(repeats >= 0, Runtime, "repeat_interleave(): Repeats must be non-negative, got {repeats}");
    let (source, d) = along(input, dim)?;
    let size = shape::times("repeat_interleave", source.size(d), repeats)? as i64;
    if let Some(given) = output_size {
        ensure!(given == size, Runtime, "repeat_interleave(): Invalid output_size, expected {size} but got {given}");
    }
    let mut wide = as_i64(&source.shape());
    wide.insert(d + 1, repeats);
    let spread = view::expand(&view::unsqueeze(&source, d as i64 + 1)?, &wide)?;
    view::flatten(&cast::clone_contiguous(&spread)?, d as i64, d as i64 + 1)
}

/// [`repeat_interleave`] with a count for each entry: `repeats` is 1-D (or one count for all), int64 or int32.
/// `output_size` is the sum of the counts, where the caller knows it.
pub fn repeat_interleave_by(input: &Tensor, repeats: &Tensor, dim: Option<i64>, output_size: Option<i64>) -> Result<Tensor> {
    let (source, d) = along(input, dim)?;
    let n = source.size(d);
    let each = match repeats.numel() {
        1 => view::expand(&view::reshape(repeats, &[1])?, &[n as i64])?,
        _ => repeats.clone(),
    };
    ensure!(
        each.numel() == n,
        Runtime,
        "repeat_interleave(): repeats must have the same size as input along dim, but got repeats.size(0) = {} and input.size({d}) = {n}",
        repeats.numel()
    );
    let positions = cast::to_dtype(&interleaved_positions(&each, output_size)?, DType::Int64)?;
    index::index_select(&source, d as i64, &cast::on_device(&positions, input.device())?)
}

/// `i` repeated `repeats[i]` times, for each `i`, in the dtype of `repeats`.
pub fn interleaved_positions(repeats: &Tensor, output_size: Option<i64>) -> Result<Tensor> {
    ensure!(repeats.ndim() <= 1, Runtime, "repeat_interleave(): repeats must be 0-dim or 1-dim tensor");
    let dtype = repeats.dtype();
    if !matches!(dtype, DType::Int64 | DType::Int32 | DType::Int16 | DType::Int8 | DType::UInt8) {
        return Err(Error::dtype("repeat_interleave_cpu", dtype, "use an integer dtype"));
    }
    if !repeats.device().has_data() {
        let Some(size) = output_size else { bail!(Runtime, "cannot repeat_interleave a meta tensor without output_size") };
        return creation::empty(&[size], dtype, repeats.device());
    }
    let counts = repeats.array().to_dtype(DType::Int64)?.to_vec::<i64>()?;
    ensure!(counts.iter().all(|&r| r >= 0), Runtime, "repeat_interleave(): repeats can not be negative");
    let total = counts.iter().try_fold(0usize, |sum, &r| sum.checked_add(r as usize)).unwrap_or(usize::MAX);
    let positions = || counts.iter().enumerate().flat_map(|(i, &r)| std::iter::repeat_n(i as i64, r as usize));
    let positions = sequence::index_vector("repeat_interleave", total, repeats.device(), positions)?;
    ensure!(
        output_size.is_none_or(|n| n == total as i64),
        Runtime,
        "repeat_interleave(): allocated size does not match required size, output_size is {} but the repeats add up to {}",
        output_size.unwrap_or(0),
        total
    );
    cast::to_dtype(&positions, dtype)
}

/// The tensor and dimension to work along: the flattened tensor where no dimension is given.
fn along(input: &Tensor, dim: Option<i64>) -> Result<(Tensor, usize)> {
    match dim {
        None => Ok((view::ravel(input)?, 0)),
        Some(dim) => Ok((view::atleast_1d(input)?, shape::wrap_dim("repeat_interleave", dim, input.ndim())?)),
    }
}

/// All combinations of `r` elements of a vector, (n, r), in lexicographic order of positions.
pub fn combinations(input: &Tensor, r: i64, with_replacement: bool) -> Result<Tensor> {
    ensure!(input.ndim() == 1, Runtime, "combinations(): Expect a 1D vector, but got shape {:?}", &input.shape()[..]);
    ensure!(r >= 0, Runtime, "combinations(): Expect a non-negative number, but got {r}");
    if r == 0 {
        return creation::empty(&[0], input.dtype(), input.device());
    }
    let (n, r) = (input.numel(), r as usize);
    let Some(rows) = combination_count(n, r, with_replacement) else {
        bail!(Runtime, "combinations(): choosing {r} of {n} elements gives more rows than memory can hold")
    };
    let all = || combination_positions(n, r, rows, with_replacement);
    let positions = sequence::index_vector("combinations", rows * r, input.device(), all)?;
    view::reshape(&index::index_select(input, 0, &positions)?, &[rows as i64, r as i64])
}

/// The positions that the rows of all combinations hold, one row after the other.
fn combination_positions(n: usize, r: usize, rows: usize, with_replacement: bool) -> impl Iterator<Item = i64> {
    let first = move |i: usize| if with_replacement { 0 } else { i };
    let mut current: Vec<usize> = if rows == 0 { Vec::new() } else { (0..r).map(first).collect() };
    (0..rows * r).map(move |at| {
        let position = current[at % r] as i64;
        if at % r == r - 1 {
            advance(&mut current, n, with_replacement);
        }
        position
    })
}

/// How many combinations there are, `None` where they have more elements together than an index can count.
fn combination_count(n: usize, r: usize, with_replacement: bool) -> Option<usize> {
    let pool = if with_replacement && n > 0 { n.checked_add(r - 1)? } else { n };
    if r > pool {
        return Some(0);
    }
    let chosen = r.min(pool - r);
    let mut rows: usize = 1;
    for i in 0..chosen {
        // The product of consecutive numbers is divisible by i + 1 here, so nothing is lost.
        rows = rows.checked_mul(pool - i)? / (i + 1);
    }
    rows.checked_mul(r).filter(|&count| count <= isize::MAX as usize / size_of::<i64>()).map(|_| rows)
}

/// The next combination of numbers below `n`; the last one stays.
fn advance(current: &mut [usize], n: usize, with_replacement: bool) {
    let r = current.len();
    let limit = |i: usize| if with_replacement { n - 1 } else { n - r + i };
    let Some(i) = (0..r).rev().find(|&i| current[i] < limit(i)) else { return };
    current[i] += 1;
    for j in i + 1..r {
        current[j] = if with_replacement { current[i] } else { current[j - 1] + 1 };
    }
}
