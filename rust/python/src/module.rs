//! The contents of `ferrotorch._C`.

use ferrotorch_core::memory_format::MemoryFormat;
use ferrotorch_core::ops::pointwise::{can_cast, table};
use ferrotorch_core::promote::{self, Promotion};
use ferrotorch_core::row::Interface;
use ferrotorch_core::shape::checked_numel;
use ferrotorch_core::{Array, DType, Device, DeviceKind, Layout, Tensor, backend, meta};
use pyo3::exceptions::PyUserWarning;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple, PyType};

use crate::autograd;
use crate::batching;
use crate::check::_require_all;
use crate::data;
use crate::errors::{_LinAlgError, BatchingError, Failure, OutOfMemoryError, Outcome, type_error, value_error};
use crate::ffi::attach::in_callback;
use crate::ffi::{exchange, foreign, op_type, owner};
use crate::gpu;
use crate::intercept;
use crate::number;
use crate::objects::device::{self, PyDevice, default_device, device_of, set_default_device};
use crate::objects::dtype::{self, AnyDtype, PyDtype, dtype_of};
use crate::objects::generator::{self, PyGenerator, PyRandomStates};
use crate::objects::layout::{PyLayout, PyMemoryFormat};
use crate::objects::storage::PyStorage;
use crate::op::{_refuse_overlap, _store_out, Body, Decl, Op, Place};
use crate::ops;
use crate::tensor::{self, PyTensor, wrap};

static STRIDED: PyOnceLock<Py<PyLayout>> = PyOnceLock::new();

/// The object `torch.strided`.
pub(crate) fn strided(py: Python<'_>) -> PyResult<Py<PyLayout>> {
    Ok(STRIDED.get_or_try_init(py, || Py::new(py, PyLayout))?.clone_ref(py))
}

/// A tensor with a copy of data.
#[pyfunction]
#[pyo3(name = "tensor", signature = (data, *, dtype = None, device = None, requires_grad = false, pin_memory = false))]
fn py_tensor(
    py: Python<'_>,
    data: &Bound<'_, PyAny>,
    dtype: Option<&Bound<'_, PyAny>>,
    device: Option<&Bound<'_, PyAny>>,
    requires_grad: bool,
    pin_memory: bool,
) -> Outcome<Py<PyAny>> {
    let _ = pin_memory;
    if !PyTensor::levels_of(data).is_none() {
        return batched_copy(data, dtype, device);
    }
    let out = data::tensor(data, dtype.map(dtype_of).transpose()?, device.map(device_of).transpose()?)?;
    if requires_grad {
        out.set_requires_grad(true)?;
    }
    Ok(wrap(py, out)?)
}

/// A copy of a batched tensor.
fn batched_copy(
    data: &Bound<'_, PyAny>,
    dtype: Option<&Bound<'_, PyAny>>,
    device: Option<&Bound<'_, PyAny>>,
) -> Outcome<Py<PyAny>> {
    let copy = data.call_method0("detach")?.call_method0("clone")?;
    Ok(copy.call_method1("to", (device, dtype))?.unbind())
}

/// A tensor that shares the memory of the data where it can.
#[pyfunction]
#[pyo3(signature = (data, dtype = None, device = None))]
fn as_tensor<'py>(
    py: Python<'py>,
    data: &Bound<'py, PyAny>,
    dtype: Option<&Bound<'py, PyAny>>,
    device: Option<&Bound<'py, PyAny>>,
) -> Outcome<Py<PyAny>> {
    if !PyTensor::levels_of(data).is_none() {
        return Ok(data.call_method1("to", (device, dtype))?.unbind());
    }
    let (dtype, device) = (dtype.map(dtype_of).transpose()?, device.map(device_of).transpose()?);
    let source = match PyTensor::get(data) {
        Some(tensor) => tensor.clone(),
        None if data::is_ndarray(data) => data::from_numpy(data)?,
        None => match data::of_dlpack(data)? {
            Some(tensor) => tensor,
            None => return Ok(wrap(py, data::tensor(data, dtype, device)?)?),
        },
    };
    let moved = ferrotorch_core::ops::cast::on_device(&source, device.unwrap_or_else(|| source.device()))?;
    Ok(wrap(py, ferrotorch_core::ops::cast::to_dtype(&moved, dtype.unwrap_or(moved.dtype()))?)?)
}

/// A tensor that shares the memory of a NumPy array.
#[pyfunction]
fn from_numpy(py: Python<'_>, ndarray: &Bound<'_, PyAny>) -> Outcome<Py<PyAny>> {
    Ok(wrap(py, data::from_numpy(ndarray)?)?)
}

/// A 1-D tensor that shares the memory of a buffer.
#[pyfunction]
#[pyo3(signature = (buffer, *, dtype, count = -1, offset = 0, requires_grad = false))]
fn frombuffer(
    py: Python<'_>,
    buffer: &Bound<'_, PyAny>,
    dtype: AnyDtype,
    count: i64,
    offset: i64,
    requires_grad: bool,
) -> Outcome<Py<PyAny>> {
    let storage = exchange::buffer(buffer)?;
    let (dtype, size) = (dtype.0, dtype.0.size());
    let (offset, n) = foreign::window(storage.bytes(), size, count, offset)?;
    let bytes = Tensor::from_array(Array::new(storage, Layout::strided(&[n * size], &[1], offset), DType::UInt8));
    let out = ferrotorch_core::ops::view::view_dtype(&bytes, dtype)?.detach();
    out.set_requires_grad(requires_grad)?;
    Ok(wrap(py, out)?)
}

/// A tensor over part of a storage, which it shares.
#[pyfunction]
fn _tensor_from_storage(
    py: Python<'_>,
    storage: &PyStorage,
    dtype: &PyDtype,
    offset: usize,
    size: Vec<usize>,
    stride: Vec<isize>,
) -> Outcome<Py<PyAny>> {
    if size.len() != stride.len() {
        return Err(value_error(format!("size {size:?} and stride {stride:?} must have the same length")));
    }
    let layout = Layout::strided(&size, &stride, offset);
    checked_numel(&size)?;
    layout.check_bounds("tensor_from_storage", storage.0.bytes() / dtype.0.size())?;
    Ok(wrap(py, Tensor::from_array(Array::new(storage.0.clone(), layout, dtype.0)))?)
}

/// What a legacy constructor such as `torch.LongTensor` makes of its arguments.
#[pyfunction]
#[pyo3(signature = (dtype, *args, **kwargs))]
fn _legacy_tensor(
    py: Python<'_>,
    dtype: &PyDtype,
    args: &Bound<'_, PyTuple>,
    kwargs: Option<&Bound<'_, PyDict>>,
) -> Outcome<Py<PyAny>> {
    Ok(wrap(py, tensor::legacy::tensor("new", args, kwargs, dtype.0, true)?)?)
}

/// Is the object a tensor?
#[pyfunction]
fn is_tensor(obj: &Bound<'_, PyAny>) -> bool {
    PyTensor::check(obj)
}

/// The dtype that Python floats become.
#[pyfunction]
fn get_default_dtype(py: Python<'_>) -> PyResult<Py<PyDtype>> {
    dtype::object(py, promote::default_dtype())
}

/// Sets the dtype that Python floats become.
#[pyfunction]
fn set_default_dtype(d: &Bound<'_, PyAny>) -> Outcome<()> {
    match d.cast::<PyDtype>() {
        Ok(dtype) if dtype.get().0.is_float() => {
            promote::set_default_dtype(dtype.get().0);
            Ok(())
        }
        Ok(_) => Err(type_error("only floating-point types are supported as the default type")),
        Err(_) => Err(type_error("invalid dtype object: only floating-point types are supported as the default type")),
    }
}

/// The dtype that an object names: itself, or what stands for one of Python's number types.
#[pyfunction]
fn _dtype_of(py: Python<'_>, named: AnyDtype) -> PyResult<Py<PyDtype>> {
    dtype::object(py, named.0)
}

/// The devices there are on which tensors have elements.
#[pyfunction]
fn _devices() -> Outcome<Vec<PyDevice>> {
    let mut found = Vec::new();
    for kind in DeviceKind::ALL {
        for number in 0..backend::devices(kind)?.len() {
            let device = Device { kind, index: u8::try_from(number).ok() }.resolved();
            found.extend(device.has_data().then_some(PyDevice(device)));
        }
    }
    Ok(found)
}

/// The device of tensors that are made without naming one.
#[pyfunction]
fn get_default_device() -> PyDevice {
    PyDevice(default_device())
}

/// Sets the device of tensors that are made without naming one; None is the host.
#[pyfunction]
#[pyo3(name = "set_default_device")]
fn py_set_default_device(device: Option<&Bound<'_, PyAny>>) -> Outcome<()> {
    set_default_device(device.map(device_of).transpose()?.unwrap_or(Device::CPU).resolved());
    Ok(())
}

/// The smallest dtype that holds both.
#[pyfunction]
fn promote_types(py: Python<'_>, type1: AnyDtype, type2: AnyDtype) -> Outcome<Py<PyDtype>> {
    Ok(dtype::object(py, promote::promote_types(type1.0, type2.0)?)?)
}

/// May a result of one dtype be stored in another?
#[pyfunction]
#[pyo3(name = "can_cast")]
fn py_can_cast(from_: AnyDtype, to: AnyDtype) -> bool {
    can_cast(from_.0, to.0)
}

/// The dtype that an op on two tensors or numbers yields.
#[pyfunction]
fn result_type(py: Python<'_>, tensor1: &Bound<'_, PyAny>, tensor2: &Bound<'_, PyAny>) -> Outcome<Py<PyDtype>> {
    let add = |p: Promotion, object: &Bound<'_, PyAny>| -> Outcome<Promotion> {
        Ok(match PyTensor::get(object) {
            Some(t) => p.tensor(t.dtype(), t.ndim() - PyTensor::levels_of(object).count()),
            None => p.scalar(number::scalar(object)?),
        })
    };
    let promotion = add(add(Promotion::default(), tensor1)?, tensor2)?;
    Ok(dtype::object(py, promotion.result()?)?)
}

/// Number of threads that kernels use.
#[pyfunction]
fn get_num_threads() -> usize {
    ferrotorch_cpu::num_threads()
}

/// Sets the number of threads that kernels use.
#[pyfunction]
fn set_num_threads(n: usize) -> Outcome<()> {
    if n == 0 {
        return Err(crate::errors::runtime_error("set_num_threads expects a positive integer"));
    }
    ferrotorch_cpu::set_num_threads(n);
    Ok(())
}

/// The instruction set that kernels are chosen for.
#[pyfunction]
fn _cpu_capability() -> String {
    ferrotorch_cpu::capability()
}

/// The operator object of a name, for pickle.
#[pyfunction]
fn _find_op<'py>(py: Python<'py>, place: &str, name: &str) -> PyResult<Bound<'py, PyAny>> {
    let module = py.import("ferrotorch._C")?;
    if place == "torch" { module.getattr(name) } else { module.getattr(place)?.getattr(name) }
}

fn warn(message: &str) {
    in_callback(|py| {
        let text = std::ffi::CString::new(message).unwrap_or_default();
        if let Err(error) = PyErr::warn(py, &py.get_type::<PyUserWarning>(), &text, 1) {
            error.write_unraisable(py, None);
        }
    });
}

/// In which forms an operator exists.
#[derive(Clone, Copy)]
struct Forms {
    function: bool,
    method: bool,
}

/// Puts operator objects where they belong.
struct Installer<'py> {
    class: Bound<'py, PyType>,
    tensor: Bound<'py, PyType>,
    places: Vec<(Place, Bound<'py, PyModule>)>,
}

impl<'py> Installer<'py> {
    /// Makes the operator `name` a function of its place, a method of `Tensor`, or both: an object for each.
    fn install(&self, name: &'static str, place: Place, body: Body, in_place: bool, forms: Forms) -> PyResult<()> {
        let object = |is_method| {
            // Operators live as long as the process, as the functions of any extension module do.
            let op: &'static Op = Box::leak(Box::new(Op::new(name, place, body, in_place, is_method)));
            op_type::create(&self.class, op)
        };
        if forms.function {
            self.module(place)?.add(name, object(false)?)?;
        }
        if forms.method { self.tensor.setattr(name, object(true)?) } else { Ok(()) }
    }

    fn module(&self, place: Place) -> PyResult<&Bound<'py, PyModule>> {
        let found = self.places.iter().find(|(p, _)| *p == place);
        found.map(|(_, module)| module).ok_or_else(|| pyo3::exceptions::PyRuntimeError::new_err("an op names an unknown module"))
    }

    fn declare(&self, decl: &'static Decl) -> PyResult<()> {
        for name in std::iter::once(&decl.name).chain(decl.aliases) {
            let forms = Forms { function: decl.function, method: decl.method };
            self.install(name, decl.place, Body::Decl(decl), decl.only_in_place, forms)?;
            if decl.in_place {
                self.in_place(name, Body::Decl(decl), decl.in_place_function)?;
            }
        }
        Ok(())
    }

    fn in_place(&self, name: &str, body: Body, function: bool) -> PyResult<()> {
        let name: &'static str = Box::leak(format!("{name}_").into_boxed_str());
        self.install(name, Place::Torch, body, true, Forms { function, method: true })
    }

    /// The rows of the pointwise table that are ops as they stand.
    fn rows(&self) -> PyResult<()> {
        const FUNCTION: Forms = Forms { function: true, method: false };
        let declared: Vec<&str> = ops::table().filter(|decl| decl.place == Place::Torch).map(|decl| decl.name).collect();
        for row in table() {
            for &name in std::iter::once(&row.op.name).chain(row.aliases) {
                if !ops::rows::is_public(row) || declared.contains(&name) {
                    continue;
                }
                let is_special = row.interface.has(Interface::SPECIAL).then_some(name);
                if let Some(special) = name.strip_prefix("special.").or(is_special) {
                    self.install(special, Place::Special, Body::Row(row), false, FUNCTION)?;
                    continue;
                }
                self.install(name, Place::Torch, Body::Row(row), false, Forms { function: true, method: true })?;
                if ops::rows::has_in_place(row) {
                    self.in_place(name, Body::Row(row), ops::rows::has_in_place_function(row))?;
                }
            }
            if ops::rows::is_nn(row) {
                self.install(row.op.name, Place::Nn, Body::Row(row), false, FUNCTION)?;
            }
        }
        Ok(())
    }
}

fn add_objects(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    for d in DType::ALL {
        module.add(d.name(), dtype::object(py, d)?)?;
    }
    let dtypes = PyDict::new(py);
    for (name, d) in dtype::ALIASES {
        dtypes.set_item(name, dtype::object(py, d)?)?;
    }
    module.add("_dtype_aliases", dtypes)?;
    module.add("strided", strided(py)?)?;
    for format in MemoryFormat::ALL {
        module.add(format.name(), Py::new(py, PyMemoryFormat(format))?)?;
    }
    module.add("default_generator", Py::new(py, generator::default_generator())?)?;
    module.add("_BatchingError", py.get_type::<BatchingError>())?;
    module.add("_LinAlgError", py.get_type::<_LinAlgError>())?;
    module.add("OutOfMemoryError", py.get_type::<OutOfMemoryError>())
}

/// Fills the module.
pub(crate) fn fill(module: &Bound<'_, PyModule>) -> PyResult<()> {
    ferrotorch_cpu::register().map_err(Failure::Core)?;
    backend::register(DeviceKind::Wgpu, Box::new(gpu::Gpus));
    meta::register();
    backend::set_interrupt_check(gpu::check_interrupt);
    backend::set_warning_sink(warn);
    crate::process::start(module)?;
    add_classes(module)?;
    add_objects(module)?;
    crate::cells::add_to(module)?;
    crate::ctc::add_to(module)?;
    crate::optim::add_to(module)?;
    add_functions(module)?;
    gpu::watch_forks(module)?;
    intercept::python::add_to(module)?;
    crate::opaque::add_to(module)?;
    add_ops(module)
}

fn add_classes(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<PyTensor>()?;
    owner::install(&module.py().get_type::<PyTensor>())?;
    module.add_class::<PyDtype>()?;
    module.add_class::<PyDevice>()?;
    module.add_class::<PyLayout>()?;
    module.add_class::<PyMemoryFormat>()?;
    module.add_class::<PyGenerator>()?;
    module.add_class::<PyRandomStates>()?;
    module.add_class::<PyStorage>()?;
    module.add_class::<autograd::saved::PySaved>()?;
    module.add_class::<autograd::function::PyKept>()?;
    module.add_class::<crate::profile::PyRecord>()?;
    module.add_class::<autograd::node::PyNode>()
}

/// The functions of the module.
fn add_functions(module: &Bound<'_, PyModule>) -> PyResult<()> {
    autograd::add_to(module)?;
    batching::add_to(module)?;
    gpu::add_to(module)?;
    for function in [
        wrap_pyfunction!(py_tensor, module)?,
        wrap_pyfunction!(as_tensor, module)?,
        wrap_pyfunction!(from_numpy, module)?,
        wrap_pyfunction!(_legacy_tensor, module)?,
        wrap_pyfunction!(frombuffer, module)?,
        wrap_pyfunction!(_tensor_from_storage, module)?,
        wrap_pyfunction!(is_tensor, module)?,
        wrap_pyfunction!(get_default_dtype, module)?,
        wrap_pyfunction!(set_default_dtype, module)?,
        wrap_pyfunction!(_dtype_of, module)?,
        wrap_pyfunction!(get_default_device, module)?,
        wrap_pyfunction!(device::_set_gpus_are_cuda, module)?,
        wrap_pyfunction!(device::_gpu_kind, module)?,
        wrap_pyfunction!(py_set_default_device, module)?,
        wrap_pyfunction!(promote_types, module)?,
        wrap_pyfunction!(py_can_cast, module)?,
        wrap_pyfunction!(result_type, module)?,
        wrap_pyfunction!(get_num_threads, module)?,
        wrap_pyfunction!(set_num_threads, module)?,
        wrap_pyfunction!(_cpu_capability, module)?,
        wrap_pyfunction!(_find_op, module)?,
        wrap_pyfunction!(crate::profile::_nanoseconds, module)?,
        wrap_pyfunction!(generator::_gpu_generator, module)?,
        wrap_pyfunction!(generator::_seed_gpus, module)?,
        wrap_pyfunction!(_devices, module)?,
        wrap_pyfunction!(_require_all, module)?,
        wrap_pyfunction!(_store_out, module)?,
        wrap_pyfunction!(_refuse_overlap, module)?,
        wrap_pyfunction!(exchange::_to_dlpack, module)?,
        wrap_pyfunction!(exchange::_from_dlpack, module)?,
    ] {
        module.add_function(function)?;
    }
    Ok(())
}

/// The ops, each in the module that it belongs to.
fn add_ops(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    let class = op_type::create_type(py)?.into_bound(py);
    module.add("Op", &class)?;
    let places = Place::ALL
        .into_iter()
        .map(|(place, name)| match place {
            Place::Torch => Ok((place, module.clone())),
            _ => {
                let inner = PyModule::new(py, name)?;
                module.add(name, &inner)?;
                Ok((place, inner))
            }
        })
        .collect::<PyResult<Vec<_>>>()?;
    let installer = Installer { class, tensor: py.get_type::<PyTensor>(), places };
    installer.rows()?;
    ops::table().try_for_each(|decl| installer.declare(decl))
}
