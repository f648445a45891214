//! Tensors as Python's numbers, lists, sequences and NumPy arrays.

use ferrotorch_core::memory::{room_for, try_collect_for, vec_for};
use ferrotorch_core::{Scalar, Tensor, match_dtype, ops};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};

use super::{PyTensor, wrap};
use crate::autograd::is_grad_enabled;
use crate::batching::{self, gate};
use crate::data;
use crate::errors::{Outcome, runtime_error, type_error, value_error};
use crate::indexing;
use crate::number;
use crate::process::{BETWEEN_PAUSES, pause};

impl PyTensor {
    /// Refuses to give values of a batched tensor, which has others for every sample.
    fn check_values(&self, what: &str) -> Outcome<()> {
        if self.levels().is_none() { Ok(()) } else { Err(gate::value_needed(what)) }
    }

    fn single(&self, what: &str) -> Outcome<Scalar> {
        self.check_values(what)?;
        let n = self.tensor().numel();
        if n != 1 {
            return Err(match what {
                "bool" => runtime_error(format!(
                    "Boolean value of Tensor with {} is ambiguous",
                    if n == 0 { "no values" } else { "more than one value" }
                )),
                _ => runtime_error(format!("a Tensor with {n} elements cannot be converted to Scalar")),
            });
        }
        number::item(self.tensor())
    }

    /// The single element for Python's own conversions, which have an error of their own.
    fn python_scalar(&self) -> Outcome<Scalar> {
        self.check_values("item")?;
        match self.tensor().numel() {
            1 => number::item(self.tensor()),
            _ => Err(value_error("only one element tensors can be converted to Python scalars")),
        }
    }
}

/// What a number in a list takes at most: the object and its place in the list.
const BYTES_OF_A_NUMBER: usize = 48;
/// What a list takes beside its items, with what the allocator adds.
const BYTES_OF_A_LIST: usize = 128;

/// The elements of a tensor on their way into lists.
struct Numbers<'py, I> {
    py: Python<'py>,
    items: I,
    made: usize,
}

impl<I: Iterator<Item = Scalar>> Numbers<'_, I> {
    /// So many numbers, and a look at what else goes on between some of them.
    fn row(&mut self, n: usize) -> Outcome<Vec<Py<PyAny>>> {
        let mut row = vec_for("tolist", n)?;
        while row.len() < n {
            let some = (n - row.len()).min(BETWEEN_PAUSES - self.made % BETWEEN_PAUSES);
            for _ in 0..some {
                match self.items.next() {
                    Some(x) => row.push(number::to_python(self.py, x)?),
                    None => return Err(value_error("tolist(): the tensor has fewer elements than its shape says")),
                }
            }
            self.made += some;
            if self.made.is_multiple_of(BETWEEN_PAUSES) {
                pause(self.py)?;
            }
        }
        Ok(row)
    }

    /// Nested lists of the elements in row-major order, of which there are as many as the shape says.
    fn nested(&mut self, shape: &[usize]) -> Outcome<Py<PyAny>> {
        let list = match shape {
            [] => return Ok(self.row(1)?.swap_remove(0)),
            &[n] => self.row(n)?,
            [n, rest @ ..] => try_collect_for("tolist", (0..*n).map(|_| self.nested(rest)))?,
        };
        Ok(PyList::new(self.py, list)?.into_any().unbind())
    }
}

/// Memory that nested lists of numbers take, at least.
fn bytes_of_lists(shape: &[usize]) -> usize {
    let (lists, numbers) =
        shape.iter().fold((0usize, 1usize), |(lists, rows), &n| (lists.saturating_add(rows), rows.saturating_mul(n)));
    numbers.saturating_mul(BYTES_OF_A_NUMBER).saturating_add(lists.saturating_mul(BYTES_OF_A_LIST))
}

#[pymethods]
impl PyTensor {
    /// The single element as a Python number.
    fn item(slf: &Bound<'_, Self>) -> Outcome<Py<PyAny>> {
        Ok(number::to_python(slf.py(), slf.get().single("item")?)?)
    }

    /// The elements as nested lists of Python numbers; a number for a 0-dim tensor.
    fn tolist(slf: &Bound<'_, Self>) -> Outcome<Py<PyAny>> {
        let tensor = slf.get().tensor();
        slf.get().check_values("tolist")?;
        let (shape, array) = (tensor.shape(), tensor.array());
        if array.numel() == 0 {
            // There are still empty lists, as many as the sizes before the first 0 say. Each is an object.
            vec_for::<pyo3::ffi::PyListObject>("tolist", shape.iter().take_while(|&&n| n > 0).product())?;
        }
        match_dtype!(array.dtype, T => {
            let values = array.to_vec::<T>()?;
            // The interpreter's own collections are not all made by calls that can fail.
            room_for("tolist", bytes_of_lists(&shape))?;
            Numbers { py: slf.py(), items: values.into_iter().map(Scalar::from), made: 0 }.nested(&shape)
        })
    }

    fn __bool__(&self) -> Outcome<bool> {
        Ok(self.single("bool")?.to_bool())
    }

    fn __int__(slf: &Bound<'_, Self>) -> Outcome<Py<PyAny>> {
        let value = match slf.get().python_scalar()? {
            Scalar::Complex(z) if z.im != 0.0 => {
                return Err(runtime_error("value cannot be converted to type int64_t without overflow"));
            }
            Scalar::Complex(z) => Scalar::Float(z.re),
            x => x,
        };
        let value = number::to_python(slf.py(), value)?;
        Ok(slf.py().get_type::<pyo3::types::PyInt>().call1((value,))?.unbind())
    }

    fn __float__(&self) -> Outcome<f64> {
        match self.python_scalar()? {
            Scalar::Complex(z) if z.im != 0.0 => Err(runtime_error("value cannot be converted to type double without overflow")),
            x => Ok(x.to_f64()),
        }
    }

    fn __complex__(&self) -> Outcome<num_complex::Complex<f64>> {
        Ok(self.python_scalar()?.to_complex())
    }

    fn __index__(&self) -> Outcome<i64> {
        self.check_values("__index__")?;
        number::index_of(self.tensor())
    }

    fn __len__(&self) -> PyResult<usize> {
        let hidden = self.hidden();
        match self.tensor().ndim() - hidden {
            0 => Err(PyTypeError::new_err("len() of a 0-d tensor")),
            _ => Ok(self.tensor().size(hidden)),
        }
    }

    fn __iter__<'py>(slf: &Bound<'py, Self>) -> Outcome<Bound<'py, PyAny>> {
        let tensor = slf.get().tensor();
        let hidden = slf.get().hidden();
        if tensor.ndim() == hidden {
            return Err(type_error("iteration over a 0-d tensor"));
        }
        let rows = ops::view::unbind(tensor, hidden as i64)?.into_iter();
        let rows = rows.map(|row| slf.get().show(slf.py(), row)).collect::<PyResult<Vec<_>>>()?;
        Ok(PyTuple::new(slf.py(), rows)?.try_iter()?.into_any())
    }

    fn __contains__(slf: &Bound<'_, Self>, element: &Bound<'_, PyAny>) -> Outcome<bool> {
        if !PyTensor::check(element) && !number::is_number(element) {
            return Err(runtime_error(format!(
                "Tensor.__contains__ only supports Tensor or scalar, but you passed in a {}.",
                element.get_type()
            )));
        }
        slf.get().check_values("__contains__")?;
        let equal = slf.as_any().eq_tensor(element)?;
        Ok(number::item(&ops::reduce::any(&equal, None, false)?)?.to_bool())
    }

    fn __getitem__(slf: &Bound<'_, Self>, index: &Bound<'_, PyAny>) -> Outcome<Py<PyAny>> {
        if batching::is_on() {
            return batching::indexing::get(slf, index);
        }
        Ok(wrap(slf.py(), indexing::get(slf.get().tensor(), index)?)?)
    }

    fn __setitem__(slf: &Bound<'_, Self>, index: &Bound<'_, PyAny>, value: &Bound<'_, PyAny>) -> Outcome<()> {
        if batching::is_on() {
            return batching::indexing::set(slf, index, value);
        }
        indexing::set(slf.get().tensor(), index, value)
    }

    fn __delitem__(&self, _index: &Bound<'_, PyAny>) -> Outcome<()> {
        Err(type_error("Tensor does not support deleting items"))
    }

    /// The tensor as a NumPy array that shares its memory; with `force`, a copy where it cannot be shared.
    #[pyo3(signature = (*, force = false))]
    fn numpy<'py>(slf: &Bound<'py, Self>, force: bool) -> Outcome<Bound<'py, PyAny>> {
        let tensor = slf.get().tensor();
        slf.get().check_values("numpy")?;
        if !force {
            return shared_array(slf.py(), tensor);
        }
        let here = ops::cast::on_device(&tensor.detach(), ferrotorch_core::Device::CPU)?;
        data::to_numpy(slf.py(), &here)
    }

    #[pyo3(signature = (dtype = None, copy = None))]
    fn __array__<'py>(
        slf: &Bound<'py, Self>,
        dtype: Option<&Bound<'py, PyAny>>,
        copy: Option<bool>,
    ) -> Outcome<Bound<'py, PyAny>> {
        slf.get().check_values("__array__")?;
        let array = shared_array(slf.py(), slf.get().tensor())?;
        let own = array.getattr("dtype")?;
        let dtype = match dtype {
            Some(dtype) => slf.py().import("numpy")?.getattr("dtype")?.call1((dtype,))?,
            None => own.clone(),
        };
        match copy {
            Some(false) if !dtype.eq(&own)? => Err(value_error(format!(
                "Unable to avoid copy while creating an array as requested: the tensor has dtype {own}, not {dtype}"
            ))),
            Some(true) => Ok(array.call_method1("astype", (dtype,))?),
            _ if dtype.eq(&own)? => Ok(array),
            _ => Ok(array.call_method1("astype", (dtype,))?),
        }
    }
}

/// `numpy()` without `force`.
fn shared_array<'py>(py: Python<'py>, tensor: &Tensor) -> Outcome<Bound<'py, PyAny>> {
    // Where nothing is recorded, nothing is lost by leaving the graph.
    if tensor.requires_grad() && is_grad_enabled() {
        return Err(runtime_error("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead."));
    }
    if !tensor.device().is_cpu() {
        return Err(type_error(format!(
            "can't convert {} device type tensor to numpy. Use Tensor.cpu() to copy the tensor to host memory first.",
            tensor.device()
        )));
    }
    for (bit, put_off, method) in [("conjugate", tensor.is_conj(), "conj"), ("negative", tensor.is_neg(), "neg")] {
        if put_off {
            return Err(runtime_error(format!(
                "Can't call numpy() on Tensor that has {bit} bit set. Use tensor.resolve_{method}().numpy() instead."
            )));
        }
    }
    data::to_numpy(py, tensor)
}

/// Element-wise equality of a Python object and a tensor or number.
trait EqTensor {
    fn eq_tensor(&self, other: &Bound<'_, PyAny>) -> Outcome<Tensor>;
}

impl EqTensor for Bound<'_, PyAny> {
    fn eq_tensor(&self, other: &Bound<'_, PyAny>) -> Outcome<Tensor> {
        let equal = self.rich_compare(other, pyo3::basic::CompareOp::Eq)?;
        PyTensor::get(&equal).cloned().ok_or_else(|| value_error("the operands cannot be compared"))
    }
}
