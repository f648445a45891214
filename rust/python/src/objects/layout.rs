//! `torch.layout` and `torch.memory_format`.

use ferrotorch_core::memory_format::MemoryFormat;
use pyo3::prelude::*;

/// How a tensor is stored; there is `torch.strided` only.
#[pyclass(frozen, name = "layout", module = "ferrotorch")]
pub(crate) struct PyLayout;

#[pymethods]
impl PyLayout {
    fn __repr__(&self) -> &'static str {
        "torch.strided"
    }

    fn __reduce__(&self) -> &'static str {
        "strided"
    }
}

/// `torch.memory_format`.
#[pyclass(frozen, name = "memory_format", module = "ferrotorch")]
pub(crate) struct PyMemoryFormat(pub(crate) MemoryFormat);

#[pymethods]
impl PyMemoryFormat {
    fn __repr__(&self) -> String {
        format!("torch.{}", self.0.name())
    }

    fn __reduce__(&self) -> &'static str {
        self.0.name()
    }
}
