//! `vmap`: ops on many samples at once.
//!
//! A batched tensor is a Python object that hides the leading dimensions of the tensor behind it, one for each `vmap` that it
//! is a sample of; sizes, strides and printing answer without them. Python code that is composed of ops, and the rules of
//! backward, therefore need to know nothing of batches. What an op does with the hidden dimensions is part of its
//! declaration ([`Batching`]); calls that meet a batched tensor come here by the gate ([`gate`]). The core never knows.

mod dims;
mod each;
pub(crate) mod gate;
pub(crate) mod indexing;
pub(crate) mod levels;
pub(crate) mod operators;
pub(crate) mod tensors;

use pyo3::prelude::*;

pub(crate) use levels::{Levels, is_on};

/// How an op runs on batched tensors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Batching {
    /// On one sample after the other: right for every op whose results have the same sizes for all of them.
    Loop,
    /// Element by element: ranks are made equal behind the hidden dimensions.
    Broadcast,
    /// Along dimensions that parameters name: these are counted behind the hidden ones. All tensors have the same samples.
    Dims,
    /// As `Dims`, for ops that refuse tensors of no dimension.
    Parts,
    /// As `Dims`, where dimensions are counted in the result, which has more of them.
    Inserts,
    /// To a size that a parameter gives, which gets the hidden sizes in front.
    Sizes,
    /// Leading dimensions are a batch to the op anyway.
    Leading,
    /// As `Leading`, for ops on matrices, which refuse a sample of fewer dimensions.
    Matrices,
    /// By a rule in Python, the function of that name in `ferrotorch._batching`.
    Rule,
    /// Random numbers, the same for all samples or not.
    Random,
    /// The size of the result depends on values: refused.
    Dynamic,
    /// The result is a number or a truth value of Python's: refused.
    Number,
    /// Sizes or memory of the tensor itself change: refused.
    Fixed,
}

impl Batching {
    /// Its name, for tests.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Batching::Loop => "Loop",
            Batching::Broadcast => "Broadcast",
            Batching::Dims => "Dims",
            Batching::Parts => "Parts",
            Batching::Inserts => "Inserts",
            Batching::Sizes => "Sizes",
            Batching::Leading => "Leading",
            Batching::Matrices => "Matrices",
            Batching::Rule => "Rule",
            Batching::Random => "Random",
            Batching::Dynamic => "Dynamic",
            Batching::Number => "Number",
            Batching::Fixed => "Fixed",
        }
    }
}

/// Adds the functions that transforms are made of to the module.
pub(crate) fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    for function in [
        wrap_pyfunction!(levels::_enter_transform, module)?,
        wrap_pyfunction!(levels::_give, module)?,
        wrap_pyfunction!(levels::_leave_transform, module)?,
        wrap_pyfunction!(levels::_transforms, module)?,
        wrap_pyfunction!(levels::_vmap_enter, module)?,
        wrap_pyfunction!(levels::_vmap_exit, module)?,
        wrap_pyfunction!(levels::_vmap_frames, module)?,
        wrap_pyfunction!(levels::_vmap_suspend, module)?,
        wrap_pyfunction!(indexing::_batched_index_put_, module)?,
        wrap_pyfunction!(tensors::_levels, module)?,
        wrap_pyfunction!(tensors::_aligned, module)?,
        wrap_pyfunction!(tensors::_physical, module)?,
        wrap_pyfunction!(tensors::_batched, module)?,
        wrap_pyfunction!(tensors::_spread, module)?,
        wrap_pyfunction!(tensors::_add_batch_dim, module)?,
        wrap_pyfunction!(tensors::_remove_batch_dim, module)?,
    ] {
        module.add_function(function)?;
    }
    Ok(())
}
