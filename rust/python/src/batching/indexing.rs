//! Index expressions on batched tensors.
//!
//! Numbers, slices and the like are views behind the hidden dimensions. Tensors of indices gather: a level by which both the
//! input and an index are batched gets an index of its own, the number of the sample, so that every sample is asked with its
//! own indices. What comes out is brought in order by the names of its dimensions.

use ferrotorch_core::ops::{index as gather, masked, sequence, view};
use ferrotorch_core::{DType, Device, Result, Scalar, Tensor};
use pyo3::prelude::*;

use super::gate::unbatched_target;
use super::levels::{Levels, Sizes};
use super::tensors::{Batched, show};
use crate::args::items;
use crate::errors::{Outcome, runtime_error};
use crate::indexing::{self, Resolved};
use crate::tensor::PyTensor;

/// What a dimension of a result is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Name {
    /// The samples of a level.
    Level(usize),
    /// A dimension of the input, counted behind the hidden ones.
    Own(usize),
    /// A dimension of the indices, once these are broadcast together.
    Index(usize),
}

/// An expression as the core takes it, and what the dimensions of its result are.
struct Plan {
    input: Tensor,
    indices: Vec<Option<Tensor>>,
    levels: Levels,
    sizes: Sizes,
    /// As they come out of the core.
    made: Vec<Name>,
    /// As they are wanted: the levels, and then the result's own.
    wanted: Vec<Name>,
}

impl Plan {
    fn new(input: Tensor, own: Levels, indices: Vec<Option<Batched>>) -> Outcome<Plan> {
        let indices = without_masks(indices)?;
        let given = || indices.iter().flatten();
        let of_indices = given().fold(Levels::NONE, |levels, index| levels.union(index.levels));
        let rank = given().map(Batched::rank).max().unwrap_or(0);
        let levels = own.union(of_indices);
        let sizes = levels.sizes("index")?;
        let mut physical = Vec::with_capacity(input.ndim());
        for level in own.numbers() {
            physical.push(match of_indices.holds(Levels::one(level)) {
                true => Some(samples(level, of_indices, rank, sizes[levels.position(level)])?),
                false => None,
            });
        }
        // The places of the hidden dimensions are there already, empty.
        for index in indices.iter().skip(own.count()) {
            physical.push(index.as_ref().map(|index| index.aligned(of_indices, rank)).transpose()?);
        }
        physical.resize(input.ndim(), None);
        let block = of_indices.numbers().map(Name::Level).chain((0..rank).map(Name::Index));
        let dims = own.numbers().map(Name::Level).chain((0..input.ndim() - own.count()).map(Name::Own));
        let made = placed(&physical, dims, block);
        let logical = physical[own.count()..].to_vec();
        let result = placed(&logical, (0..logical.len()).map(Name::Own), (0..rank).map(Name::Index));
        let wanted = levels.numbers().map(Name::Level).chain(result).collect();
        Ok(Plan { input, indices: physical, levels, sizes, made, wanted })
    }

    fn read(&self) -> Result<Tensor> {
        let made = gather::index(&self.input, &self.indices)?;
        view::permute(&made, &order(&self.wanted, &self.made))
    }

    /// A value in the order of dimensions in which the core takes it.
    fn value(&self, value: &Batched) -> Outcome<Tensor> {
        let rank = self.wanted.len() - self.levels.count();
        if value.rank() > rank {
            let (own, result) = (value.rank(), rank);
            return Err(runtime_error(format!(
                "shape mismatch: value tensor of {own} dimensions cannot be broadcast to indexing result of {result} dimensions"
            )));
        }
        Ok(view::permute(&value.spread(self.levels, &self.sizes, rank)?, &order(&self.made, &self.wanted))?)
    }

    fn write(&self, value: &Batched, accumulate: bool) -> Outcome<()> {
        Ok(gather::index_put_(&self.input, &self.indices, &self.value(value)?, accumulate)?)
    }
}

/// Masks as the indices of where they are true.
fn without_masks(indices: Vec<Option<Batched>>) -> Outcome<Vec<Option<Batched>>> {
    let mut plain = Vec::with_capacity(indices.len());
    for index in indices {
        match index {
            Some(mask) if matches!(mask.tensor.dtype(), DType::Bool | DType::UInt8) => {
                let parts = masked::nonzero_tuple(&mask.tensor)?;
                plain.extend(parts.into_iter().map(|tensor| Some(Batched { tensor, levels: Levels::NONE })));
            }
            index => plain.push(index),
        }
    }
    Ok(plain)
}

/// The numbers of the samples along a level, as an index that broadcasts with those of `levels` and `rank` dimensions.
fn samples(level: usize, levels: Levels, rank: usize, size: usize) -> Result<Tensor> {
    let numbers = sequence::arange(Scalar::Int(0), Scalar::Int(size as i64), Scalar::Int(1), Some(DType::Int64), Device::CPU)?;
    let mut shape = vec![1; levels.count() + rank];
    shape[levels.position(level)] = size as i64;
    view::reshape(&numbers, &shape)
}

/// The dimensions of a result: those of the indices stand in the place of the indexed ones, or in front if these are apart.
fn placed(indices: &[Option<Tensor>], dims: impl Iterator<Item = Name>, block: impl Iterator<Item = Name>) -> Vec<Name> {
    let places: Vec<usize> = (0..indices.len()).filter(|&i| indices[i].is_some()).collect();
    let adjacent = places.windows(2).all(|pair| pair[1] == pair[0] + 1);
    let start = if adjacent { places.first().copied().unwrap_or(0) } else { 0 };
    let mut names: Vec<Name> = dims.enumerate().filter(|(i, _)| indices[*i].is_none()).map(|(_, name)| name).collect();
    names.splice(start..start, block);
    names
}

/// Where each of the dimensions wanted stands among those that there are.
fn order(wanted: &[Name], made: &[Name]) -> Vec<i64> {
    wanted.iter().filter_map(|name| made.iter().position(|other| other == name)).map(|place| place as i64).collect()
}

/// `input[index]`.
#[cold]
pub(crate) fn get(input: &Bound<'_, PyTensor>, index: &Bound<'_, PyAny>) -> Outcome<Py<PyAny>> {
    let (tensor, own) = (input.get().tensor(), input.get().levels());
    let resolved = indexing::resolve(tensor, own.count(), index)?;
    if own.union(levels_of(&resolved)).is_none() {
        return Ok(show(input.py(), indexing::read(tensor, resolved)?, own)?);
    }
    let Resolved { viewed, tensors } = resolved;
    if tensors.iter().all(Option::is_none) {
        let viewed = if viewed.is(tensor) { view::view_as(tensor, tensor)? } else { viewed };
        return Ok(show(input.py(), viewed, own)?);
    }
    let plan = Plan::new(viewed, own, tensors)?;
    Ok(show(input.py(), plan.read()?, plan.levels)?)
}

/// `target[index] = value`.
#[cold]
pub(crate) fn set(target: &Bound<'_, PyTensor>, index: &Bound<'_, PyAny>, value: &Bound<'_, PyAny>) -> Outcome<()> {
    let (tensor, own) = (target.get().tensor(), target.get().levels());
    let resolved = indexing::resolve(tensor, own.count(), index)?;
    let given = PyTensor::levels_of(value).union(levels_of(&resolved));
    if own.union(given).is_none() {
        return indexing::write(tensor, resolved, value);
    }
    let Resolved { viewed, tensors } = resolved;
    let gathers = tensors.iter().any(Option::is_some);
    let value = Batched { tensor: indexing::value_of(tensor, value, gathers)?, levels: PyTensor::levels_of(value) };
    if !own.holds(given) {
        return Err(unbatched_target("__setitem__"));
    }
    let rank = if gathers { usize::MAX } else { viewed.ndim() - own.count() };
    let value = without_leading_ones(value, rank)?;
    if gathers {
        return Plan::new(viewed, own, tensors)?.write(&value, false);
    }
    let value = value.spread(own, &own.sizes("__setitem__")?, rank)?;
    Ok(ferrotorch_core::autograd::inplace::assign("setitem", &viewed, &value)?)
}

/// The levels by which the tensors of an expression are batched.
fn levels_of(resolved: &Resolved) -> Levels {
    resolved.tensors.iter().flatten().fold(Levels::NONE, |levels, index| levels.union(index.levels))
}

/// Values may have more dimensions than what they are assigned to, if these are of size 1.
fn without_leading_ones(value: Batched, rank: usize) -> Result<Batched> {
    let (shape, hidden) = (value.tensor.shape(), value.levels.count());
    let extra = value.shape().iter().take_while(|&&n| n == 1).count();
    if value.rank() <= rank && rank != usize::MAX || extra == 0 {
        return Ok(value);
    }
    let rest: Vec<i64> = shape.iter().take(hidden).chain(&shape[hidden + extra..]).map(|&n| n as i64).collect();
    Ok(Batched { tensor: view::reshape(&value.tensor, &rest)?, levels: value.levels })
}

/// `target[indices] = values`, or `+=`, with tensors of indices, some of them None, and batched tensors among all of these.
#[pyfunction]
pub(crate) fn _batched_index_put_(
    target: &Bound<'_, PyTensor>,
    indices: &Bound<'_, PyAny>,
    values: &Bound<'_, PyAny>,
    accumulate: bool,
) -> Outcome<()> {
    let own = target.get().levels();
    let mut given: Vec<Option<Batched>> = vec![None; own.count()];
    given.extend(items::<_, Vec<_>>(indices, |item| Ok(Batched::of(item)))?);
    let Some(values) = Batched::of(values) else { return Err(runtime_error("index_put_(): values must be a tensor")) };
    let levels = given.iter().flatten().fold(values.levels, |levels, index| levels.union(index.levels));
    if !own.holds(levels) {
        return Err(unbatched_target("index_put_"));
    }
    Plan::new(target.get().tensor().clone(), own, given)?.write(&values, accumulate)
}
