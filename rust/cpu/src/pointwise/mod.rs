//! Pointwise ops: one loop an op, type and instruction set, driven over arrays of any strides and dtypes.

mod drive;
mod kernel;
mod ops;
mod table;

#[cfg(test)]
mod tests;

use ferrotorch_kernel::dtype::DType;
use ferrotorch_kernel::pointwise::Pointwise;
use ferrotorch_kernel::{Array, Error, Operand, Result, Scalar, ensure};

use crate::lane::match_lane;
use drive::Call;
use kernel::{AnyLoop, MAX_PARAMS, Params};
pub(crate) use ops::complex_log_add;
use table::{Entry, Tabled};

/// Runs [`ferrotorch_kernel::kernel::Kernel::Pointwise`].
pub(crate) fn pointwise(
    op: &'static Pointwise,
    compute: DType,
    params: &[Scalar],
    inputs: &[Operand],
    out: &Array,
) -> Result<()> {
    match_lane!(compute, T => run::<T>(op, compute, params, inputs, out))
}

fn run<T: Tabled>(op: &'static Pointwise, compute: DType, params: &[Scalar], inputs: &[Operand], out: &Array) -> Result<()> {
    ensure!(
        inputs.len() == op.arity && params.len() == op.params,
        Runtime,
        "{}(): wrong number of inputs or parameters",
        op.name
    );
    let rounded = if compute.is_half() { in_half(op, compute, inputs)? } else { None };
    let inputs = rounded.as_deref().unwrap_or(inputs);
    let Some(entry) = special_case::<T>(op, compute, inputs).or_else(|| T::table().get(op)) else {
        return Err(Error::unsupported(format!("{} in {}", op.name, compute.name())));
    };
    let mut lanes: Params<T> = [T::zeroed(); MAX_PARAMS];
    let is_rounded = compute.is_half() && rounds_params(op.name);
    params.iter().zip(&mut lanes).for_each(|(&p, lane)| *lane = T::param(if is_rounded { p.cast(compute) } else { p }));
    let Entry { heavy, divides, repeats, .. } = *entry;
    let keeps_numbers = op.keeps_numbers();
    let call = Call { name: op.name, compute, inputs, out, params: &lanes, heavy, divides, repeats, keeps_numbers };
    match entry.loops {
        AnyLoop::Same(run) => drive::drive(&call, run),
        AnyLoop::Truth(run) => drive::drive(&call, run),
        AnyLoop::Real(run) => drive::drive(&call, run),
    }
}

/// The inputs of an op in a half type, rounded to it where they are of another dtype that it does not hold; `None` where there
/// are none of those.
fn in_half(op: &'static Pointwise, compute: DType, inputs: &[Operand]) -> Result<Option<Vec<Operand>>> {
    let is_rounded = |operand: &Operand| match operand {
        Operand::Array(x) => {
            let is_held = x.dtype == compute || x.dtype.size() == 1;
            !is_held && (!is_number(x) || !op.keeps_numbers())
        }
        _ => false,
    };
    if !inputs.iter().any(is_rounded) {
        return Ok(None);
    }
    let rounded = inputs.iter().map(|operand| match operand {
        Operand::Array(x) if is_rounded(operand) => Ok(x.to_dtype(compute)?.into()),
        other => Ok(other.clone()),
    });
    rounded.collect::<Result<Vec<_>>>().map(Some)
}

/// Is this a 0-dim tensor, spread over the others? It is as good as a number.
fn is_number(x: &Array) -> bool {
    x.layout.strides().iter().all(|&step| step == 0)
}

/// Are an op's parameters rounded to a half type first? As in PyTorch, what elements are limited to, and the factor of a sum; no
/// other factor is.
fn rounds_params(op: &str) -> bool {
    matches!(op, "add" | "sub" | "clamp" | "hardtanh" | "hardshrink" | "softshrink" | "nan_to_num")
}

/// Powers with the usual constant exponents are products and roots; the neighbour of a half float is further away, and the quotient
/// of two half tensors, unlike that of a tensor and a number, is rounded before it is cut to an integer.
fn special_case<T: Tabled>(op: &'static Pointwise, compute: DType, inputs: &[Operand]) -> Option<&'static Entry<T>> {
    if compute.is_half() {
        let by_tensor = matches!(inputs.get(1), Some(Operand::Array(divisor)) if !is_number(divisor));
        let name = match (op.name, compute) {
            ("nextafter", DType::Float16) => "nextafter_float16",
            ("nextafter", _) => "nextafter_bfloat16",
            ("div_trunc", DType::Float16) if by_tensor => "div_trunc_float16",
            ("div_trunc", _) if by_tensor => "div_trunc_bfloat16",
            ("div_floor", DType::BFloat16) if by_tensor => "div_floor_bfloat16",
            _ => "",
        };
        if !name.is_empty() {
            return T::table().named(name);
        }
    }
    if op.name != "pow" || !T::DTYPE.is_float() {
        return None;
    }
    let Operand::Scalar(exponent) = inputs[1] else { return None };
    let name = match exponent.to_f64() {
        2.0 => "pow_2",
        3.0 => "pow_3",
        0.5 => "pow_half",
        -0.5 => "pow_minus_half",
        -1.0 => "pow_minus_1",
        -2.0 => "pow_minus_2",
        _ => return None,
    };
    T::table().named(name)
}

/// Copies an array into one of another dtype.
pub(crate) fn convert(input: &Operand, out: &Array) -> Result<()> {
    match_lane!(out.dtype, T => drive::convert::<T>(std::slice::from_ref(input), out))
}
