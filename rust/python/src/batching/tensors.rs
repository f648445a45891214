//! Batched tensors: Python objects that hide the leading dimensions of the tensor behind them.

use ferrotorch_core::ops::view;
use ferrotorch_core::shape::Shape;
use ferrotorch_core::{Result, Tensor};
use pyo3::prelude::*;

use super::levels::{Levels, Sizes};
use crate::errors::{Outcome, runtime_error};
use crate::tensor::{self, PyTensor};

/// A tensor with all its dimensions, and the levels of those that are hidden.
#[derive(Clone)]
pub(crate) struct Batched {
    pub(crate) tensor: Tensor,
    pub(crate) levels: Levels,
}

impl Batched {
    /// What an object stands for, if it is a tensor.
    pub(crate) fn of(object: &Bound<'_, PyAny>) -> Option<Batched> {
        let object = object.cast::<PyTensor>().ok()?.get();
        Some(Batched { tensor: object.tensor().clone(), levels: object.levels() })
    }

    /// Number of dimensions that are not hidden.
    pub(crate) fn rank(&self) -> usize {
        self.tensor.ndim() - self.levels.count()
    }

    /// Sizes of the dimensions that are not hidden.
    pub(crate) fn shape(&self) -> Shape {
        Shape::from_slice(&self.tensor.shape()[self.levels.count()..])
    }

    /// With a hidden dimension for each of `levels`, of size 1 where it has none, and at least `rank` dimensions behind.
    pub(crate) fn aligned(&self, levels: Levels, rank: usize) -> Result<Tensor> {
        let padding = rank.saturating_sub(self.rank());
        if levels == self.levels && padding == 0 {
            return Ok(self.tensor.clone());
        }
        let shape = self.tensor.shape();
        let hidden = |level: usize| match self.levels.holds(Levels::one(level)) {
            true => shape[self.levels.position(level)] as i64,
            false => 1,
        };
        let own = shape[self.levels.count()..].iter().map(|&n| n as i64);
        let wanted: Vec<i64> = levels.numbers().map(hidden).chain(std::iter::repeat_n(1, padding)).chain(own).collect();
        view::reshape(&self.tensor, &wanted)
    }

    /// As [`Batched::aligned`], repeated along the levels that it had no dimension for.
    pub(crate) fn spread(&self, levels: Levels, sizes: &Sizes, rank: usize) -> Result<Tensor> {
        settled(&self.aligned(levels, rank)?, sizes)
    }
}

/// A tensor whose first dimensions have these sizes, repeated where they are 1.
pub(crate) fn settled(tensor: &Tensor, sizes: &Sizes) -> Result<Tensor> {
    let shape = tensor.shape();
    if shape.starts_with(sizes) {
        return Ok(tensor.clone());
    }
    let wanted: Vec<i64> = sizes.iter().chain(shape.iter().skip(sizes.len())).map(|&n| n as i64).collect();
    view::expand(tensor, &wanted)
}

/// The Python object of a tensor of which it hides a dimension for each level.
pub(crate) fn show(py: Python<'_>, tensor: Tensor, levels: Levels) -> PyResult<Py<PyAny>> {
    let object =
        if levels.is_none() { tensor::wrap(py, tensor.clone())? } else { tensor::wrap_batched(py, tensor.clone(), levels)? };
    if PyTensor::levels_of(object.bind(py)) == levels {
        return Ok(object);
    }
    // The tensor has an object already, one that hides other dimensions.
    let alias = view::view_as(&tensor, &tensor).map_err(crate::errors::from_core)?;
    if levels.is_none() { tensor::wrap(py, alias) } else { tensor::wrap_batched(py, alias, levels) }
}

/// An object for the use of one call that hides nothing of a tensor.
pub(crate) fn bare(py: Python<'_>, tensor: Tensor) -> PyResult<Bound<'_, PyAny>> {
    Ok(Bound::new(py, PyTensor::of(tensor))?.into_any())
}

/// The levels by which a tensor is batched, as a bit mask; 0 for an ordinary tensor.
#[pyfunction]
pub(crate) fn _levels(tensor: &Bound<'_, PyTensor>) -> u32 {
    tensor.get().levels().mask()
}

/// A tensor with its hidden dimensions in front, by which it is no longer batched; an ordinary tensor itself.
#[pyfunction]
pub(crate) fn _physical(tensor: &Bound<'_, PyTensor>) -> PyResult<Py<PyAny>> {
    show(tensor.py(), tensor.get().tensor().clone(), Levels::NONE)
}

/// A tensor with a dimension for each bit of the mask in front, of size 1 where it is not batched by that level, and at least
/// `rank` dimensions behind, by none of which it is batched.
#[pyfunction]
pub(crate) fn _aligned(py: Python<'_>, tensor: &Bound<'_, PyTensor>, levels: u32, rank: usize) -> Outcome<Py<PyAny>> {
    let batched = Batched { tensor: tensor.get().tensor().clone(), levels: tensor.get().levels() };
    Ok(show(py, batched.aligned(Levels::of_mask(levels), rank)?, Levels::NONE)?)
}

/// A tensor whose first dimensions, one for each bit of the mask, are hidden.
#[pyfunction]
pub(crate) fn _batched(py: Python<'_>, tensor: &Bound<'_, PyTensor>, levels: u32) -> Outcome<Py<PyAny>> {
    let (tensor, levels) = (tensor.get().tensor(), Levels::of_mask(levels));
    if tensor.ndim() < levels.count() {
        return Err(runtime_error(format!("vmap: {} dimensions cannot be hidden of {}", levels.count(), tensor.ndim())));
    }
    Ok(show(py, settled(tensor, &levels.sizes("vmap")?)?, levels)?)
}

/// A tensor that hides a dimension for every `vmap` that runs here, repeated along those by which it was not batched.
#[pyfunction]
pub(crate) fn _spread(py: Python<'_>, tensor: &Bound<'_, PyTensor>, levels: u32) -> Outcome<Py<PyAny>> {
    let levels = Levels::of_mask(levels);
    let batched = Batched { tensor: tensor.get().tensor().clone(), levels: tensor.get().levels() };
    let all = levels.union(batched.levels);
    Ok(show(py, batched.spread(all, &all.sizes("vmap")?, 0)?, all)?)
}

/// The tensor with dimension `dim` hidden, as a sample of the `vmap` of a level.
#[pyfunction]
pub(crate) fn _add_batch_dim(py: Python<'_>, tensor: &Bound<'_, PyTensor>, dim: i64, level: usize) -> Outcome<Py<PyAny>> {
    let levels = tensor.get().levels();
    let (tensor, hidden) = (tensor.get().tensor(), levels.count() as i64);
    let place = levels.position(level) as i64;
    let moved = view::movedim(tensor, &[if dim < 0 { dim } else { dim + hidden }], &[place])?;
    Ok(show(py, moved, levels.union(Levels::one(level)))?)
}

/// The samples of the `vmap` of a level together again, along dimension `dim`; a tensor that is the same for all is repeated.
#[pyfunction]
pub(crate) fn _remove_batch_dim(
    py: Python<'_>,
    tensor: &Bound<'_, PyTensor>,
    level: usize,
    size: usize,
    dim: i64,
) -> Outcome<Py<PyAny>> {
    let levels = tensor.get().levels();
    let own = Levels::one(level);
    let all = levels.union(own);
    let batched = Batched { tensor: tensor.get().tensor().clone(), levels };
    let (rest, rank) = (levels.without(own), batched.rank() + 1);
    let to = ferrotorch_core::shape::wrap_dim("vmap", dim, rank)? + rest.count();
    let mut tensor = batched.aligned(all, 0)?;
    if !levels.holds(own) {
        let mut wanted: Vec<i64> = tensor.shape().iter().map(|&n| n as i64).collect();
        wanted[all.position(level)] = size as i64;
        tensor = view::expand(&tensor, &wanted)?;
    }
    Ok(show(py, view::movedim(&tensor, &[all.position(level) as i64], &[to as i64])?, rest)?)
}
