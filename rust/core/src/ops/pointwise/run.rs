//! Runs a pointwise op: promotion, broadcasting, allocation, launch, history.

use smallvec::SmallVec;

use crate::array::{Array, Operand};
use crate::autograd::{Histories, inplace, is_tracked};
use crate::backend;
use crate::device::Device;
use crate::dtype::{Category, DType};
use crate::ensure;
use crate::error::{Error, Kind, Result};
use crate::kernel::Kernel;
use crate::layout::Layout;
use crate::ops::cast;
use crate::ops::output::{self, Fit};
use crate::overlap::{self, Reads};
use crate::pointwise::ResultType;
use crate::promote::{Promotion, default_dtype};
use crate::row::Row;
use crate::scalar::Scalar;
use crate::shape::{self, Shape};
use crate::stride_order;
use crate::tensor::Tensor;

use super::{record, refuse};

/// An input of a pointwise op.
#[derive(Clone, Copy)]
pub enum Arg<'a> {
    /// A tensor.
    Tensor(&'a Tensor),
    /// A Python number.
    Scalar(Scalar),
}

impl<'a> From<&'a Tensor> for Arg<'a> {
    fn from(tensor: &'a Tensor) -> Self {
        Arg::Tensor(tensor)
    }
}

impl From<Scalar> for Arg<'_> {
    fn from(x: Scalar) -> Self {
        Arg::Scalar(x)
    }
}

impl From<f64> for Arg<'_> {
    fn from(x: f64) -> Self {
        Arg::Scalar(Scalar::Float(x))
    }
}

/// Inputs as kernels see them, before they are expanded.
type Operands = SmallVec<[Operand; 3]>;

/// The inputs of a call with their arrays as they are now, for callers that look at them before it runs.
pub struct Inputs<'a> {
    args: &'a [Arg<'a>],
    operands: Operands,
}

impl<'a> Inputs<'a> {
    /// Inputs for one call.
    #[inline]
    pub fn new(args: &'a [Arg<'a>]) -> Inputs<'a> {
        let mut inputs = Inputs { args, operands: Operands::new() };
        read_operands(args, &mut inputs.operands);
        inputs
    }

    /// Elements of the largest input.
    pub fn numel(&self) -> usize {
        self.operands.iter().filter_map(Operand::optional).map(Array::numel).max().unwrap_or(1)
    }
}

/// Runs an op into a new tensor.
pub fn run(row: &'static Row, args: &[Arg], params: &[Scalar]) -> Result<Tensor> {
    run_on(row, &mut Inputs::new(args), params)
}

/// Runs `op` on inputs, which are used up, into a new tensor.
pub fn run_on(row: &'static Row, inputs: &mut Inputs, params: &[Scalar]) -> Result<Tensor> {
    let Inputs { args, operands } = inputs;
    let mut call = Call::prepare(row, operands, None)?;
    let layout = call.output_layout();
    let out = Array::empty_with(layout, call.result, call.device)?;
    call.launch(params, &out)?;
    let out = Tensor::from_array(out);
    record::record(row, args, params, &out)?;
    Ok(out)
}

/// Runs an op into its first input, which keeps its dtype and shape.
pub fn run_in_place(row: &'static Row, target: &Tensor, rest: &[Arg], params: &[Scalar]) -> Result<()> {
    let args = with_first(target, rest);
    let tensors = tensors_of(&args);
    if row.partials.is_empty() {
        // Nothing is recorded, so nothing in the target's history is in the way.
        inplace::check_overlap(row.in_place, target)?;
    } else {
        inplace::check(row.in_place, target, &tensors)?;
    }
    if row.op.result == ResultType::Real && target.dtype().is_complex() {
        return Err(Error::runtime(format!("In-place {} is not supported for complex tensors.", row.op.name)));
    }
    refuse_overlap(row.in_place, target, &tensors[1..])?;
    if !row.partials.is_empty() && inplace::rewrites_base(target, &tensors) {
        // The op runs on a copy: what its node saves must outlive the write.
        let original = cast::clone_dense(target)?;
        let value = run(row, &with_first(&original, rest), params)?;
        check_fits(row, &value.shape(), value.dtype(), target)?;
        return inplace::assign(row.in_place, target, &value);
    }
    let mut operands = operands_of(&args);
    let mut call = Call::prepare(row, &mut operands, Some(target.dtype()))?;
    check_fits(row, &call.shape, call.result, target)?;
    let out = target.array();
    let before = record::before_write(row, &args, target)?;
    call.avoid_overlap(&out)?;
    call.launch(params, &out)?;
    out.storage.bump(row.in_place);
    if let Some(before) = before {
        record::after_write(row, before, &args, params, target)?;
    }
    Ok(())
}

/// Runs an op into `out`, which is resized if its shape is another, and must take the result's category of dtype.
pub fn run_out(row: &'static Row, args: &[Arg], params: &[Scalar], out: &Tensor) -> Result<()> {
    let mut operands = operands_of(args);
    refuse_overlap(row.op.name, out, &tensors_of(args))?;
    let mut call = Call::prepare(row, &mut operands, None)?;
    output::prepare(row.op.name, out, &call.output_layout(), call.result, Fit::Warned, args.iter().filter_map(Arg::tensor))?;
    let array = out.array();
    if call.result.is_half() && array.dtype != call.result {
        // A half result is rounded before it is converted.
        let rounded = Array::empty_with(call.output_layout(), call.result, call.device)?;
        call.launch(params, &rounded)?;
        backend::launch(row.op.name, &Kernel::Copy, &[rounded.into()], std::slice::from_ref(&array))?;
    } else {
        call.avoid_overlap(&array)?;
        call.launch(params, &array)?;
    }
    array.storage.bump(row.op.name);
    Ok(())
}

/// The arguments of an in-place call.
fn with_first<'a>(target: &'a Tensor, rest: &[Arg<'a>]) -> SmallVec<[Arg<'a>; 3]> {
    let mut args = SmallVec::new();
    args.push(Arg::Tensor(target));
    rest.iter().for_each(|arg| args.push(*arg));
    args
}

fn tensors_of<'a>(args: &[Arg<'a>]) -> SmallVec<[&'a Tensor; 3]> {
    let mut tensors = SmallVec::new();
    args.iter().filter_map(Arg::tensor).for_each(|tensor| tensors.push(tensor));
    tensors
}

/// Refuses inputs that partly lie in the target: elements would be written before they are read.
fn refuse_overlap(op: &'static str, target: &Tensor, inputs: &[&Tensor]) -> Result<()> {
    inputs.iter().filter(|input| !input.is(target)).try_for_each(|input| {
        target.with_array(|out| input.with_array(|array| overlap::refuse_shared(op, out, array, Reads::InStep)))
    })
}

impl<'a> Arg<'a> {
    pub(crate) fn tensor(&self) -> Option<&'a Tensor> {
        match self {
            Arg::Tensor(tensor) => Some(tensor),
            Arg::Scalar(_) => None,
        }
    }
}

/// Refuses a result that an in-place op cannot store.
fn check_fits(row: &'static Row, shape: &Shape, result: DType, target: &Tensor) -> Result<()> {
    target.with_array(|a| {
        ensure!(
            a.shape() == &shape[..],
            Runtime,
            "{}(): output with shape {:?} doesn't match the broadcast shape {:?}",
            row.in_place,
            a.shape(),
            shape
        );
        check_storable(row, result, a.dtype)
    })
}

fn check_storable(row: &'static Row, result: DType, target: DType) -> Result<()> {
    ensure!(
        can_cast(result, target),
        Runtime,
        "{}(): result type {} can't be cast to the desired output type {}",
        row.in_place,
        result.legacy_name(),
        target.legacy_name()
    );
    Ok(())
}

/// PyTorch's `can_cast`: a result may not lose its category, except that integers fit into bool never.
pub fn can_cast(from: DType, to: DType) -> bool {
    use crate::dtype::Category::*;
    match (from.category(), to.category()) {
        (Complex, to) => to == Complex,
        (Float, to) => to >= Float,
        (Integer, to) => to != Bool,
        (Bool, _) => true,
    }
}

fn operands_of(args: &[Arg]) -> Operands {
    let mut operands = Operands::new();
    read_operands(args, &mut operands);
    operands
}

/// Adds the arrays and numbers of a call to its operands. These are large: they are not to be moved.
fn read_operands(args: &[Arg], operands: &mut Operands) {
    for arg in args {
        match arg {
            Arg::Tensor(tensor) => operands.push(Operand::Array(tensor.array())),
            Arg::Scalar(x) => operands.push(Operand::Scalar(*x)),
        }
    }
}

/// A call whose dtypes, shape and device are settled. Operands are large and stay where they are.
struct Call<'o> {
    row: &'static Row,
    operands: &'o mut Operands,
    shape: Shape,
    compute: DType,
    result: DType,
    device: Device,
}

impl<'o> Call<'o> {
    /// Checks a call, whose result is to be stored as `target` where that is given.
    fn prepare(row: &'static Row, operands: &'o mut Operands, target: Option<DType>) -> Result<Call<'o>> {
        debug_assert_eq!(row.op.arity, operands.len());
        if let Some((dtype, shape, device)) = in_common(operands) {
            let (compute, result) = dtypes(row, dtype)?;
            if compute.is_half() && compute != dtype {
                round_to(row, compute, operands)?;
            }
            return Ok(Call { row, operands, shape, compute, result, device });
        }
        let promoted = promote(row, operands)?;
        check_size(promoted, operands)?;
        refuse::operands(row, operands)?;
        let is_result = row.op.result == ResultType::Promoted || row.op.result == ResultType::Float && !promoted.is_integral();
        if let Some(target) = target.filter(|_| is_result) {
            check_storable(row, promoted, target)?;
        }
        let (compute, result) = dtypes(row, promoted)?;
        let shape = broadcast(row.op.name, operands)?;
        let device = common_device(row.op.name, operands)?;
        if compute.is_half() {
            round_to(row, compute, operands)?;
        }
        Ok(Call { row, operands, shape, compute, result, device })
    }

    /// Row-major where all inputs are; otherwise dimensions lie in the order that the inputs have them in.
    fn output_layout(&self) -> Layout {
        let row_major = |operand: &Operand| operand.optional().is_none_or(|a| a.layout.has_row_major_strides());
        if self.operands.iter().all(row_major) { Layout::contiguous(&self.shape) } else { self.ordered_layout() }
    }

    #[cold]
    fn ordered_layout(&self) -> Layout {
        let inputs: SmallVec<[&Layout; 3]> = self.operands.iter().filter_map(Operand::optional).map(|a| &a.layout).collect();
        let exact = inputs.len() == self.operands.len() && inputs.iter().all(|layout| layout.shape() == &self.shape[..]);
        stride_order::of_result(&self.shape, &inputs, exact)
    }

    fn launch(&mut self, params: &[Scalar], out: &Array) -> Result<()> {
        if self.compute.is_half() && self.row.op.rounds_params() {
            let rounded: SmallVec<[Scalar; 3]> = params.iter().map(|p| p.cast(self.compute)).collect();
            return self.launch_with(&rounded, out);
        }
        self.launch_with(params, out)
    }

    fn launch_with(&mut self, params: &[Scalar], out: &Array) -> Result<()> {
        for operand in self.operands.iter_mut() {
            if let Operand::Array(array) = operand
                && array.shape() != &self.shape[..]
                && let Some(layout) = array.layout.expand(&self.shape)
            {
                array.layout = layout;
            }
        }
        let kernel = Kernel::Pointwise { op: &self.row.op, compute: self.compute, params };
        backend::launch(self.row.op.name, &kernel, self.operands, std::slice::from_ref(out))
    }

    /// Copies inputs that share the output's storage without being the very same elements.
    fn avoid_overlap(&mut self, out: &Array) -> Result<()> {
        for operand in self.operands.iter_mut() {
            if let Operand::Array(array) = operand
                && array.storage.ptr_eq(&out.storage)
                && !(array.layout == out.layout && array.dtype == out.dtype)
            {
                *array = array.to_dtype(array.dtype)?;
            }
        }
        Ok(())
    }
}

/// What arrays of one dtype, shape and device have in common. Small calls are mostly of this kind and should not pay for
/// promotion and broadcasting.
fn in_common(operands: &[Operand]) -> Option<(DType, Shape, Device)> {
    let (Operand::Array(first), rest) = operands.split_first()? else { return None };
    let same = |operand: &Operand| match operand {
        Operand::Array(a) => a.dtype == first.dtype && a.shape() == first.shape() && a.device() == first.device(),
        _ => false,
    };
    rest.iter().all(same).then(|| (first.dtype, shape::copied(first.shape()), first.device()))
}

fn promote(row: &'static Row, operands: &[Operand]) -> Result<DType> {
    let skip = row.op.chooses() as usize;
    let fold = |p: Promotion, operand: &Operand| match operand {
        Operand::Array(array) => p.tensor(array.dtype, array.layout.ndim()),
        Operand::Scalar(x) => p.scalar(*x),
        Operand::None => p,
    };
    operands[skip..].iter().fold(Promotion::default(), fold).result()
}

/// Rounds wider arrays to the half type that a call computes in, as promotion does; 0-dim ones count as numbers.
fn round_to(row: &'static Row, half: DType, operands: &mut [Operand]) -> Result<()> {
    let keeps = |a: &Array| a.dtype == half || a.dtype == DType::Bool || row.op.keeps_numbers() && a.layout.ndim() == 0;
    for operand in operands {
        if let Operand::Array(array) = operand
            && !keeps(array)
        {
            *array = array.to_dtype(half)?;
        }
    }
    Ok(())
}

/// Refuses numbers beyond int64 that meet no integer tensor whose bits they could share.
fn check_size(promoted: DType, operands: &[Operand]) -> Result<()> {
    let large = operands.iter().find_map(|operand| match operand {
        Operand::Scalar(x @ Scalar::Unsigned(_)) => Some(*x),
        _ => None,
    });
    match large {
        Some(x) if promoted == DType::Int64 && !operands.iter().any(is_integer_array) => x.fitting(DType::Int64).map(drop),
        _ => Ok(()),
    }
}

fn is_integer_array(operand: &Operand) -> bool {
    matches!(operand, Operand::Array(array) if array.dtype.category() == Category::Integer)
}

/// The dtype to compute in and the one that results.
fn dtypes(row: &'static Row, promoted: DType) -> Result<(DType, DType)> {
    let compute = if row.op.result == ResultType::Float && promoted.is_integral() { default_dtype() } else { promoted };
    if !row.op.accepts.contains(compute) {
        return Err(refuse::dtype(row, promoted));
    }
    let result = match row.op.result {
        ResultType::Promoted | ResultType::Float => compute,
        ResultType::Bool => DType::Bool,
        ResultType::Real => compute.real(),
    };
    Ok((compute, result))
}

fn broadcast(op: &'static str, operands: &[Operand]) -> Result<Shape> {
    let mut arrays = operands.iter().filter_map(Operand::optional);
    let Some(first) = arrays.next() else { return Ok(Shape::new()) };
    arrays.try_fold(shape::copied(first.shape()), |shape, array| shape::broadcast_shapes(op, &shape, array.shape()))
}

/// The device of the inputs. 0-dim host tensors may join in anywhere: they become numbers.
fn common_device(op: &'static str, operands: &mut [Operand]) -> Result<Device> {
    let mut device: Option<Device> = None;
    for array in operands.iter().filter_map(Operand::optional) {
        let movable = |d: Device, ndim: usize| d.is_cpu() && ndim == 0;
        match device {
            None => device = Some(array.device()),
            Some(seen) if seen == array.device() || movable(array.device(), array.layout.ndim()) => {}
            Some(seen) if seen.is_cpu() => device = Some(array.device()),
            Some(seen) => return Err(Kind::Devices { op, lhs: seen, rhs: array.device() }.into()),
        }
    }
    let device = device.unwrap_or(Device::CPU);
    for operand in operands.iter_mut() {
        if let Operand::Array(array) = operand
            && array.device() != device
        {
            if array.layout.ndim() != 0 {
                return Err(Kind::Devices { op, lhs: array.device(), rhs: device }.into());
            }
            *operand = Operand::Scalar(Tensor::from_array(array.clone()).item()?);
        }
    }
    Ok(device)
}

/// What the op's node learns of the inputs.
pub(super) fn histories(args: &[Arg]) -> Histories {
    Histories::of(args.iter().map(Arg::tensor))
}

/// Will the call be recorded?
#[inline]
pub(super) fn is_recorded(args: &[Arg]) -> bool {
    args.iter().filter_map(Arg::tensor).any(is_tracked)
}
