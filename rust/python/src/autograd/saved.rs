//! Python functions through which saved tensors go: the native half of `saved_tensors_hooks`.

use std::sync::Arc;

use ferrotorch_core::autograd::saved::{self, SavedHooks};
use ferrotorch_core::tensor::Foreign;
use ferrotorch_core::{Error, Result, Tensor};
use pyo3::prelude::*;

use crate::errors::foreign;
use crate::ffi::attach::in_callback;
use crate::tensor::{PyTensor, wrap};

struct PyHooks {
    pack: Py<PyAny>,
    unpack: Py<PyAny>,
}

impl SavedHooks for PyHooks {
    fn pack(&self, tensor: &Tensor) -> Result<Foreign> {
        in_callback(|py| {
            let tensor = wrap(py, tensor.clone()).map_err(foreign)?;
            Ok(Box::new(self.pack.call1(py, (tensor,)).map_err(foreign)?) as Foreign)
        })
    }

    fn unpack(&self, packed: &Foreign) -> Result<Tensor> {
        in_callback(|py| {
            let Some(packed) = packed.downcast_ref::<Py<PyAny>>() else {
                return Err(Error::runtime("a saved tensor was packed by someone else"));
            };
            let tensor = self.unpack.call1(py, (packed,)).map_err(foreign)?;
            let tensor = tensor.bind(py);
            PyTensor::get(tensor).cloned().ok_or_else(|| {
                Error::type_(format!(
                    "Output of saved tensor unpack_hook expected to be a Tensor but got result of type {}",
                    tensor.get_type()
                ))
            })
        })
    }
}

/// Sends what is saved on this thread through two functions until [`_pop_saved_tensors_hooks`].
#[pyfunction]
pub(crate) fn _push_saved_tensors_hooks(pack: Py<PyAny>, unpack: Py<PyAny>) {
    saved::push_hooks(Arc::new(PyHooks { pack, unpack }));
}

/// Ends what the last [`_push_saved_tensors_hooks`] began.
#[pyfunction]
pub(crate) fn _pop_saved_tensors_hooks() {
    drop(saved::pop_hooks());
}
