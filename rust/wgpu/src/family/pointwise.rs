//! The pointwise table: one shader file, one function a row.

use std::sync::OnceLock;

use ferrotorch_kernel::pointwise::{OpId, Pointwise, ResultType};
use ferrotorch_kernel::{Array, DType, Error, Operand, Result, Scalar};
use smallvec::SmallVec;

use super::output;
use crate::gpu::{Bound, Gpu, Launch};
use crate::held::{Call, Place};
use crate::shader::{Family, Fault, Harness, Slot, Stored, Values, Variant};
use crate::space::{Space, Walk};

pub(crate) static POINTWISE: Family =
    Family::new("Pointwise", Harness::Elementwise, |_| include_str!("../../../../shaders/pointwise.wgsl"))
        .values(values)
        .faults(|variant| (variant.mode & DIVIDES != 0).then_some(Fault::ZeroDivision));

pub(crate) fn run(
    gpu: &Gpu,
    op: &'static Pointwise,
    compute: DType,
    params: &[Scalar],
    inputs: &[Operand],
    outputs: &[Array],
) -> Result<()> {
    let out = output(outputs, 0)?;
    let (form_op, inputs) = op.form(compute, inputs);
    let form = Stored::of(compute);
    if !has_shader(form_op, form) {
        return Err(Error::unsupported(format!("{} in {}", form_op.name, compute.name())));
    }
    let mut places: SmallVec<[Option<Place>; 4]> = SmallVec::new();
    let mut args: SmallVec<[u32; 12]> = SmallVec::new();
    for (k, operand) in std::iter::once(&Operand::Array(out.clone())).chain(inputs).enumerate() {
        let place = |array: &Array| -> Result<Place> { Ok(Place { bound: gpu.bind(array)?, walk: Walk::of(&array.layout) }) };
        places.push(operand.optional().map(place).transpose()?);
        if k > 0 {
            let number = match operand {
                Operand::Scalar(x) if op.keeps_numbers() => *x,
                Operand::Scalar(x) => condition(op, k - 1, *x).cast(compute),
                _ => Scalar::Int(0),
            };
            args.extend(form.parameter(number));
        }
    }
    args.extend(params.iter().flat_map(|&p| form.parameter(p)));
    gpu.hold(Call { op: form_op.name, compute: form, mode: mode(form_op, compute), shape: out.shape().into(), places, args })
}

/// `out = first + factor * second`, without `first` that of 0, for families that put a result together.
pub(super) fn add(gpu: &Gpu, first: Option<&Array>, factor: Scalar, second: &Array, out: &Array) -> Result<()> {
    let (form, arrays) = (Stored::of(out.dtype), [Some(out), first, Some(second)]);
    let zero = form.parameter(Scalar::Int(0));
    let args: SmallVec<[u32; 12]> = zero.iter().chain(&zero).copied().chain(form.parameter(factor)).collect();
    let bound = arrays.iter().map(|array| array.map(|array| gpu.bind(array)).transpose());
    let operands = bound.collect::<Result<SmallVec<[Option<Bound>; 3]>>>()?;
    let fixed = || Walk::fixed(out.layout.ndim());
    let walks = arrays.iter().map(|array| array.map_or_else(fixed, |array| Walk::of(&array.layout)));
    gpu.elementwise(Launch {
        family: &POINTWISE,
        op: "add",
        compute: form,
        outputs: 1,
        operands: &operands,
        space: &Space::new(out.shape(), walks).sort().merge(),
        args: &args,
        packed: None,
        // The factor is a parameter.
        mode: 1,
    })
}

/// `Variant::mode`: the op answers true or false.
pub(super) const PREDICATE: u32 = 0x80;
/// `Variant::mode`: a divisor of zero is an error.
pub(crate) const DIVIDES: u32 = 0x40;
/// `Variant::mode`: the first input is true or false and chooses.
pub(super) const CHOOSES: u32 = 0x20;
/// `Variant::mode`: the number of parameters.
pub(super) const PARAMS: u32 = 0x0f;

/// `Variant::mode` of a row: the number of its parameters, and flags.
pub(crate) fn mode(op: &Pointwise, compute: DType) -> u32 {
    let predicate = if op.result == ResultType::Bool { PREDICATE } else { 0 };
    let divides = if op.divides() && !compute.is_float() { DIVIDES } else { 0 };
    let chooses = if op.chooses() { CHOOSES } else { 0 };
    op.params as u32 | predicate | divides | chooses
}

/// The condition of `where` takes no part in promotion: it is true or false before it is converted.
fn condition(op: &Pointwise, input: usize, x: Scalar) -> Scalar {
    if op.chooses() && input == 0 { Scalar::Bool(x.to_bool()) } else { x }
}

/// Does `shaders/ops` define the op for a type? Float64 has no transcendental functions on GPUs. The files are searched once an op.
pub(crate) fn has_shader(op: &Pointwise, compute: Stored) -> bool {
    static FOUND: [OnceLock<u16>; OpId::LIMIT] = [const { OnceLock::new() }; OpId::LIMIT];
    let search = || {
        let function = format!("fn op_{}(", op.name);
        let defines = |compute: Stored| super::op_files(compute).iter().any(|file| file.contains(&function));
        Stored::ALL.into_iter().filter(|&compute| defines(compute)).fold(0, |found, compute| found | 1 << compute as u16)
    };
    FOUND.get(op.id()).is_some_and(|found| found.get_or_init(search) & 1 << compute as u16 != 0)
}

/// The call of the op's function.
fn values(variant: &Variant) -> Values {
    let scalar = |k: usize| format!("scalar_{}({k}u)", variant.compute.suffix());
    let inputs = variant.operands as usize - 1;
    let mut arguments: Vec<String> = (0..inputs)
        .map(|k| match variant.slots[k + 1] {
            Slot::Absent => scalar(k),
            _ if k == 0 && variant.mode & CHOOSES != 0 => format!("truthy_in{k}(at[{}])", k + 1),
            _ => format!("read_in{k}(at[{}])", k + 1),
        })
        .collect();
    let (params, predicate) = ((variant.mode & PARAMS) as usize, variant.mode & PREDICATE != 0);
    arguments.extend((0..params).map(|p| scalar(inputs + p)));
    let call = format!("op_{}({})", variant.op, arguments.join(", "));
    vec![("result", if predicate { format!("truth({call})") } else { call })]
}
