//! What a tensor says about itself, and its place in the graph.

use std::ffi::CStr;

use ferrotorch_core::autograd::inplace;
use ferrotorch_core::memory_format::MemoryFormat;
use ferrotorch_core::ops::{cast, complex, view};
use ferrotorch_core::{Error, Layout, Tensor};
use pyo3::exceptions::{PyNotImplementedError, PyUserWarning};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyTuple};

use super::{PyTensor, wrap};
use crate::autograd::node;
use crate::batching::levels;
use crate::errors::{Outcome, batching_error, runtime_error, type_error};
use crate::objects::device::PyDevice;
use crate::objects::dtype::{self, PyDtype};
use crate::objects::layout::{PyLayout, PyMemoryFormat};
use crate::objects::storage::{PyStorage, address};
use crate::objects::tuples;

const GRAD_OF_NON_LEAF: &CStr =
    c"The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its .grad attribute \
    won't be populated during autograd.backward(). If you indeed want the .grad field to be populated for a non-leaf Tensor, use \
    .retain_grad() on the non-leaf Tensor. If you access the non-leaf Tensor by mistake, make sure you access the leaf Tensor \
    instead.";

#[pymethods]
impl PyTensor {
    /// Sizes of the dimensions.
    #[getter]
    fn shape<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        tuples::size(slf.py(), &slf.get().shown_shape())
    }

    /// Sizes of the dimensions, or of one.
    #[pyo3(signature = (dim = None))]
    fn size<'py>(slf: &Bound<'py, Self>, dim: Option<i64>) -> Outcome<Bound<'py, PyAny>> {
        let this = slf.get();
        match dim {
            None => Ok(tuples::size(slf.py(), &this.shown_shape())?),
            Some(dim) => {
                let dim = wrap_existing("size", dim, this)?;
                Ok(this.tensor().size(dim).into_pyobject(slf.py()).map_err(PyErr::from)?.into_any())
            }
        }
    }

    /// Steps between neighbours along each dimension, in elements, or along one.
    #[pyo3(signature = (dim = None))]
    fn stride<'py>(slf: &Bound<'py, Self>, dim: Option<i64>) -> Outcome<Bound<'py, PyAny>> {
        let this = slf.get();
        let layout = this.tensor().layout();
        match dim {
            None => Ok(PyTuple::new(slf.py(), &layout.strides()[this.hidden()..])?.into_any()),
            Some(dim) => {
                let dim = wrap_existing("stride", dim, this)?;
                Ok(layout.strides()[dim].into_pyobject(slf.py()).map_err(PyErr::from)?.into_any())
            }
        }
    }

    /// Position of the first element in the storage, in elements.
    fn storage_offset(&self) -> usize {
        self.tensor().with_array(|a| a.layout.offset())
    }

    /// Element type.
    #[getter]
    fn dtype(slf: &Bound<'_, Self>) -> PyResult<Py<PyDtype>> {
        dtype::object(slf.py(), slf.get().tensor().dtype())
    }

    /// Where the tensor is.
    #[getter]
    fn device(&self) -> PyDevice {
        PyDevice(self.tensor().device())
    }

    /// Always `torch.strided`.
    #[getter]
    fn layout(slf: &Bound<'_, Self>) -> PyResult<Py<PyLayout>> {
        crate::module::strided(slf.py())
    }

    /// Number of dimensions.
    #[getter]
    fn ndim(&self) -> usize {
        self.tensor().ndim() - self.hidden()
    }

    /// Number of dimensions.
    fn dim(&self) -> usize {
        self.tensor().ndim() - self.hidden()
    }

    /// Number of elements.
    fn numel(&self) -> usize {
        if self.levels().is_none() { self.tensor().numel() } else { self.shown_shape().iter().product() }
    }

    /// Bytes an element takes.
    fn element_size(&self) -> usize {
        self.tensor().dtype().size()
    }

    /// Bytes an element takes.
    #[getter]
    fn itemsize(&self) -> usize {
        self.tensor().dtype().size()
    }

    /// Bytes that the elements take.
    #[getter]
    fn nbytes(&self) -> usize {
        self.numel() * self.tensor().dtype().size()
    }

    /// Address of the first element; on a GPU a number that names the memory; 0 where there is none.
    fn data_ptr(&self) -> Outcome<usize> {
        if !self.levels().is_none() {
            return Err(batching_error("Cannot access data pointer of Tensor that doesn't have storage"));
        }
        Ok(self.tensor().with_array(|a| match a.host_ptr() {
            _ if a.numel() == 0 => 0,
            Some(first) => first as usize,
            None => address(&a.storage),
        }))
    }

    /// Do the elements lie in row-major order (or in that of `memory_format`) without gaps?
    #[pyo3(signature = (memory_format = None))]
    fn is_contiguous(&self, memory_format: Option<&Bound<'_, PyMemoryFormat>>) -> bool {
        let format = memory_format.map_or(MemoryFormat::Contiguous, |f| f.get().0);
        self.tensor().with_array(|a| match self.hidden() {
            0 => format.holds(&a.layout),
            n => format.holds(&Layout::strided(&a.layout.shape()[n..], &a.layout.strides()[n..], a.layout.offset())),
        })
    }

    /// The memory behind the tensor.
    fn untyped_storage(&self) -> PyResult<PyStorage> {
        match self.levels().is_none() {
            true => Ok(PyStorage(self.tensor().storage())),
            false => Err(PyNotImplementedError::new_err("Cannot access storage of BatchedTensorImpl")),
        }
    }

    /// Number of in-place writes to the memory so far; tensors that were made in inference mode do not count (RuntimeError).
    #[getter]
    fn _version(&self) -> Outcome<u32> {
        if self.tensor().is_inference() {
            return Err(runtime_error("Inference tensors do not track version counter."));
        }
        Ok(self.tensor().storage().version())
    }

    /// Was the tensor made in inference mode?
    fn is_inference(&self) -> bool {
        self.tensor().is_inference()
    }

    /// For a view, the tensor that it looks into.
    #[getter]
    fn _base(slf: &Bound<'_, Self>) -> PyResult<Option<Py<PyAny>>> {
        slf.get().tensor().base().map(|base| wrap(slf.py(), base.clone())).transpose()
    }

    fn _is_view(&self) -> bool {
        self.tensor().base().is_some()
    }

    /// Does it take part in differentiation?
    #[getter]
    fn requires_grad(&self) -> bool {
        self.tensor().requires_grad()
    }

    #[setter]
    fn set_requires_grad(&self, on: &Bound<'_, PyAny>) -> Outcome<()> {
        let Ok(on) = on.cast_exact::<PyBool>() else { return Err(runtime_error("requires_grad must be a bool")) };
        self.check_leaf(on.is_true())?;
        Ok(self.tensor().set_requires_grad(on.is_true())?)
    }

    /// Asks for gradients, or stops asking; returns the tensor.
    #[pyo3(signature = (requires_grad = true))]
    fn requires_grad_<'py>(slf: &Bound<'py, Self>, requires_grad: bool) -> Outcome<Bound<'py, Self>> {
        if levels::transforms() > 0 {
            return Err(batching_error(NO_LEAVES));
        }
        slf.get().tensor().set_requires_grad(requires_grad)?;
        Ok(slf.clone())
    }

    /// The accumulated gradient, or None.
    #[getter]
    fn grad(slf: &Bound<'_, Self>) -> PyResult<Option<Py<PyAny>>> {
        let tensor = slf.get().tensor();
        if let Some(grad) = tensor.grad() {
            return slf.get().show(slf.py(), grad).map(Some);
        }
        if tensor.requires_grad() && !tensor.is_leaf() && !tensor.retains_grad() {
            PyErr::warn(slf.py(), &slf.py().get_type::<PyUserWarning>(), GRAD_OF_NON_LEAF, 1)?;
        }
        Ok(None)
    }

    #[setter]
    fn set_grad(&self, grad: Option<&Bound<'_, PyAny>>) -> Outcome<()> {
        let Some(object) = grad else {
            self.tensor().set_grad(None);
            return Ok(());
        };
        let Some(grad) = PyTensor::get(object) else {
            return Err(type_error(format!(
                "assigned grad expected to be a Tensor or None but got grad of type {}",
                object.get_type().name()?
            )));
        };
        check_grad(self.tensor(), grad)?;
        self.tensor().set_grad(Some(grad.clone()));
        Ok(())
    }

    #[deleter]
    fn delete_requires_grad(&self) -> Outcome<()> {
        Err(runtime_error("requires_grad must be a bool"))
    }

    #[deleter]
    fn delete_grad(&self) {
        self.tensor().set_grad(None);
    }

    /// The node that made the tensor, or None for a leaf.
    #[getter]
    fn grad_fn(slf: &Bound<'_, Self>) -> PyResult<Option<Py<PyAny>>> {
        node::of_tensor(slf.py(), slf.get().tensor())
    }

    /// Not the result of a recorded op?
    #[getter]
    fn is_leaf(&self) -> Outcome<bool> {
        // A view from another mode whose base was written to has no place in the graph.
        inplace::invalid_view_error(self.tensor()).map_or(Ok(self.tensor().is_leaf()), |error| Err(error.into()))
    }

    /// Which output of its node the tensor is.
    #[getter]
    fn output_nr(&self) -> u32 {
        self.tensor().source().map_or(0, |source| source.output)
    }

    /// Does a tensor that is no leaf keep its gradient?
    #[getter]
    fn retains_grad(&self) -> bool {
        self.tensor().retains_grad()
    }

    /// The same data without history; assigning to it puts other data behind the tensor.
    #[getter]
    fn data(slf: &Bound<'_, Self>) -> PyResult<Py<PyAny>> {
        slf.get().show(slf.py(), slf.get().tensor().data())
    }

    #[setter]
    fn set_data(&self, data: &Bound<'_, PyAny>) -> Outcome<()> {
        let Some(data) = PyTensor::get(data) else {
            return Err(type_error(format!("Variable data has to be a tensor, but got {}", data.get_type().name()?)));
        };
        if self.tensor().requires_grad() && !data.dtype().is_differentiable() {
            return Err(runtime_error("data set to a tensor that requires gradients must be floating point or complex dtype"));
        }
        self.tensor().set_data(data);
        Ok(())
    }

    #[deleter]
    fn delete_data(&self) -> Outcome<()> {
        Err(runtime_error("Deleting tensor data is not allowed. Delete tensor instead!"))
    }

    /// The same data without history.
    fn detach(slf: &Bound<'_, Self>) -> PyResult<Py<PyAny>> {
        slf.get().show(slf.py(), slf.get().tensor().detach())
    }

    /// Takes the tensor out of the graph; returns it.
    fn detach_<'py>(slf: &Bound<'py, Self>) -> Outcome<Bound<'py, Self>> {
        let tensor = slf.get().tensor();
        if tensor.base().is_some() {
            return Err(runtime_error(
                "Can't detach views in-place. Use detach() instead. If you are using DistributedDataParallel (DDP) for training, and \
                 gradient_as_bucket_view is set as True, gradients are views of DDP buckets, and hence detach_() cannot be called on these \
                 gradients. To fix this error, please refer to the Optimizer.zero_grad() function in torch/optim/optimizer.py as the \
                 solution.",
            ));
        }
        tensor.graft(None);
        tensor.share_tangents(None);
        Ok(slf.clone())
    }

    /// A view whose elements are still to be conjugated?
    fn is_conj(&self) -> bool {
        self.tensor().is_conj()
    }

    /// A view whose elements are still to be negated?
    fn is_neg(&self) -> bool {
        self.tensor().is_neg()
    }

    /// Dimensions in reverse order.
    #[getter(T)]
    fn reversed(slf: &Bound<'_, Self>) -> Outcome<Py<PyAny>> {
        let (tensor, hidden) = (slf.get().tensor(), slf.get().hidden());
        if hidden == 0 {
            return Ok(wrap(slf.py(), view::numpy_t(tensor)?)?);
        }
        let order: Vec<i64> = (0..hidden).chain((hidden..tensor.ndim()).rev()).map(|dim| dim as i64).collect();
        Ok(slf.get().show(slf.py(), view::permute(tensor, &order)?)?)
    }

    /// The last two dimensions exchanged.
    #[getter(mT)]
    fn matrix_transpose(slf: &Bound<'_, Self>) -> Outcome<Py<PyAny>> {
        slf.get().check_matrix("tensor.mT")?;
        Ok(slf.get().show(slf.py(), view::matrix_transpose(slf.get().tensor())?)?)
    }

    /// Conjugate transpose of a matrix.
    #[getter(H)]
    fn conjugate_transpose(slf: &Bound<'_, Self>) -> Outcome<Py<PyAny>> {
        let tensor = slf.get().tensor();
        if slf.get().levels().is_none() {
            return Ok(wrap(slf.py(), view::matrix_h(tensor)?)?);
        }
        slf.get().check_matrix("tensor.H")?;
        Ok(slf.get().show(slf.py(), view::adjoint(tensor)?)?)
    }

    /// The last two dimensions exchanged, conjugated.
    #[getter(mH)]
    fn matrix_adjoint(slf: &Bound<'_, Self>) -> Outcome<Py<PyAny>> {
        slf.get().check_matrix("tensor.mH")?;
        Ok(slf.get().show(slf.py(), view::adjoint(slf.get().tensor())?)?)
    }

    /// Real part.
    #[getter]
    fn real(slf: &Bound<'_, Self>) -> Outcome<Py<PyAny>> {
        Ok(slf.get().show(slf.py(), complex::real(slf.get().tensor())?)?)
    }

    #[setter]
    fn set_real(&self, value: &Bound<'_, PyAny>) -> Outcome<()> {
        assign_part(&complex::real(self.tensor())?, value)
    }

    /// Imaginary part.
    #[getter]
    fn imag(slf: &Bound<'_, Self>) -> Outcome<Py<PyAny>> {
        Ok(slf.get().show(slf.py(), complex::imag(slf.get().tensor())?)?)
    }

    #[setter]
    fn set_imag(&self, value: &Bound<'_, PyAny>) -> Outcome<()> {
        assign_part(&complex::imag(self.tensor())?, value)
    }

    /// The tensor on the host.
    fn cpu(slf: &Bound<'_, Self>) -> Outcome<Py<PyAny>> {
        let tensor = slf.get().tensor();
        Ok(slf.get().show(slf.py(), cast::on_device(tensor, ferrotorch_core::Device::CPU)?)?)
    }
}

/// Why a function that is transformed makes no leaves.
const NO_LEAVES: &str = "You are attempting to call Tensor.requires_grad_() (or perhaps using torch.autograd.functional.* APIs) inside of \
                         a function being transformed by a functorch transform. This is unsupported, please attempt to use the functorch \
                         transforms (e.g. grad, vjp, jacrev, jacfwd, hessian) or call requires_grad_() outside of a function being \
                         transformed instead.";

impl PyTensor {
    /// Refuses to make a leaf of a batched tensor, which is an ordinary one again when the `vmap` ends.
    fn check_leaf(&self, on: bool) -> Outcome<()> {
        if !on || self.levels().is_none() || self.tensor().requires_grad() {
            return Ok(());
        }
        Err(batching_error(NO_LEAVES))
    }

    /// Refuses a batched tensor whose samples are no matrices: the core sees dimensions that they do not have.
    fn check_matrix(&self, what: &str) -> Outcome<()> {
        let rank = self.tensor().ndim() - self.hidden();
        if self.levels().is_none() || rank >= 2 {
            return Ok(());
        }
        Err(runtime_error(format!("{what} is only supported on matrices or batches of matrices. Got {rank}-D tensor.")))
    }
}

fn assign_part(part: &Tensor, value: &Bound<'_, PyAny>) -> Outcome<()> {
    let value = match PyTensor::get(value) {
        Some(tensor) => tensor.clone(),
        None => Tensor::from_scalar(crate::number::scalar(value)?, part.device())?,
    };
    Ok(ferrotorch_core::autograd::inplace::assign("copy_", part, &value)?)
}

/// A dimension number of a tensor that must have dimensions.
fn wrap_existing(op: &'static str, dim: i64, tensor: &PyTensor) -> Result<usize, Error> {
    let hidden = tensor.hidden();
    let rank = tensor.tensor().ndim() - hidden;
    if rank == 0 {
        return Err(Error::index("Dimension specified as 0 but tensor has no dimensions"));
    }
    Ok(ferrotorch_core::shape::wrap_dim(op, dim, rank)? + hidden)
}

fn check_grad(tensor: &Tensor, grad: &Tensor) -> Outcome<()> {
    if tensor.is(grad) {
        return Err(runtime_error("can't assign Variable as its own grad"));
    }
    if tensor.dtype() != grad.dtype() {
        return Err(runtime_error(format!(
            "attempting to assign a gradient with dtype '{}' to a tensor with dtype '{}'. Please ensure that the gradient and the tensor have the same dtype",
            grad.dtype().name(),
            tensor.dtype().name()
        )));
    }
    if tensor.device() != grad.device() {
        return Err(runtime_error(format!(
            "attempting to assign a gradient on device '{}' to a tensor on device '{}'",
            grad.device(),
            tensor.device()
        )));
    }
    if tensor.shape() != grad.shape() {
        return Err(runtime_error(format!(
            "attempting to assign a gradient of size '{:?}' to a tensor of size '{:?}'. Please ensure that the gradient and the tensor are the same size",
            &grad.shape()[..],
            &tensor.shape()[..]
        )));
    }
    Ok(())
}
