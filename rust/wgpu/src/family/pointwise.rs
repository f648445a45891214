//! The pointwise table: one shader file, one function a row.

use ferrotorch_kernel::pointwise::{Pointwise, ResultType};
use ferrotorch_kernel::{Array, DType, Error, Operand, Result, Scalar};
use smallvec::SmallVec;

use super::{output, real_only};
use crate::gpu::{Bound, Gpu, Launch};
use crate::shader::{Family, Slot, Stored, Variant};
use crate::space::{Space, Walk};

pub(crate) fn run(
    gpu: &Gpu,
    op: &'static Pointwise,
    compute: DType,
    params: &[Scalar],
    inputs: &[Operand],
    outputs: &[Array],
) -> Result<()> {
    let out = output(outputs, 0)?;
    let (name, inputs) = root(op, compute, inputs);
    let arrays: SmallVec<[&Array; 4]> = inputs.iter().filter_map(Operand::optional).chain([out]).collect();
    real_only(&arrays)?;
    let form = Stored::of(compute);
    let is_exact = op.name != "nextafter" || !compute.is_half();
    if compute.is_complex() || !has_shader(name, form) || !is_exact {
        return Err(Error::unsupported(format!("{} in {}", op.name, compute.name())));
    }
    let mut operands: SmallVec<[Option<Bound>; 4]> = SmallVec::from_elem(None, 1 + inputs.len());
    let mut walks: SmallVec<[Walk; 4]> = SmallVec::from_elem(Walk::fixed(out.layout.ndim()), 1 + inputs.len());
    let mut args: SmallVec<[u32; 12]> = SmallVec::new();
    for (k, operand) in std::iter::once(&Operand::Array(out.clone())).chain(inputs).enumerate() {
        if let Some(array) = operand.optional() {
            operands[k] = Some(gpu.bind(array)?);
            walks[k] = Walk::of(&array.layout);
        }
        if k > 0 {
            let number = match operand {
                Operand::Scalar(x) if op.keeps_numbers() => *x,
                Operand::Scalar(x) => condition(op, k - 1, *x).cast(compute),
                _ => Scalar::Int(0),
            };
            args.extend(form.scalar_words(number));
        }
    }
    args.extend(params.iter().flat_map(|&p| form.scalar_words(p)));
    gpu.elementwise(Launch {
        family: Family::Pointwise,
        op: name,
        compute: form,
        outputs: 1,
        operands: &operands,
        space: &Space::new(out.shape(), walks).sort().merge(),
        args: &args,
        packed: false,
        mode: mode(op, compute),
    })
}

/// `Variant::mode`: the op answers true or false.
const PREDICATE: u8 = 0x80;
/// `Variant::mode`: a divisor of zero is an error.
pub(crate) const DIVIDES: u8 = 0x40;

/// `Variant::mode` of a row: the number of its parameters, and flags.
pub(crate) fn mode(op: &Pointwise, compute: DType) -> u8 {
    let predicate = if op.result == ResultType::Bool { PREDICATE } else { 0 };
    let divides = if op.divides() && !compute.is_float() { DIVIDES } else { 0 };
    op.params as u8 | predicate | divides
}

/// Powers that are square roots, which know of signed zeros and negative numbers, are computed as such, as PyTorch does.
fn root<'a>(op: &'static Pointwise, compute: DType, inputs: &'a [Operand]) -> (&'static str, &'a [Operand]) {
    match inputs {
        [base, Operand::Scalar(exponent)] if op.name == "pow" && compute.is_float() => match exponent.to_f64() {
            0.5 => ("sqrt", std::slice::from_ref(base)),
            -0.5 => ("rsqrt", std::slice::from_ref(base)),
            _ => (op.name, inputs),
        },
        _ => (op.name, inputs),
    }
}

/// The condition of `where` takes no part in promotion: it is true or false before it is converted.
fn condition(op: &Pointwise, input: usize, x: Scalar) -> Scalar {
    if is_condition(op.name, input) { Scalar::Bool(x.to_bool()) } else { x }
}

fn is_condition(op: &str, input: usize) -> bool {
    op == "where" && input == 0
}

/// Does `shaders/ops` define the op for a type? Float64 has no transcendental functions on GPUs.
pub(crate) fn has_shader(op: &str, compute: Stored) -> bool {
    let name = format!("fn op_{op}(");
    super::op_files(compute).iter().any(|file| file.contains(&name))
}

/// The call of the op's function.
pub(crate) fn values(variant: &Variant) -> Vec<(&'static str, String)> {
    let scalar = |k: usize| format!("scalar_{}({k}u)", variant.compute.value());
    let inputs = variant.operands as usize - 1;
    let mut arguments: Vec<String> = (0..inputs)
        .map(|k| match variant.slots[k + 1] {
            Slot::Absent => scalar(k),
            _ if is_condition(variant.op, k) => format!("truthy_in{k}(at[{}])", k + 1),
            _ => format!("read_in{k}(at[{}])", k + 1),
        })
        .collect();
    let (params, predicate) = ((variant.mode & !(PREDICATE | DIVIDES)) as usize, variant.mode & PREDICATE != 0);
    arguments.extend((0..params).map(|p| scalar(inputs + p)));
    let call = format!("op_{}({})", variant.op, arguments.join(", "));
    vec![("result", if predicate { format!("truth({call})") } else { call })]
}
