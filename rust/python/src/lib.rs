//! `ferrotorch._C`: parse the arguments, call the core, wrap the results.

#![allow(non_snake_case, reason = "the module is named as Python names it")]

mod args;
mod autograd;
mod batching;
mod cells;
mod check;
mod compose;
mod ctc;
mod data;
mod errors;
mod ffi;
mod gpu;
mod indexing;
mod intercept;
mod launch;
mod module;
mod nested;
mod number;
mod objects;
mod op;
mod opaque;
mod ops;
mod optim;
mod parser;
mod process;
mod profile;
mod signature;
mod tensor;
mod typed;
mod value;

use ferrotorch_core::memory::WithReserve;
use pyo3::prelude::*;

#[global_allocator]
static ALLOCATOR: WithReserve = WithReserve;

/// The native half of ferrotorch.
#[pymodule(gil_used = false, name = "_C")]
fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module::fill(module)
}
