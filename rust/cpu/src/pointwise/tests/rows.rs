//! Broadcast and sliced arrays have loops by rows, which must not show.

use ferrotorch_core::ops::pointwise;
use ferrotorch_kernel::backend::Backend;
use ferrotorch_kernel::kernel::Kernel;
use ferrotorch_kernel::pointwise::Pointwise;
use ferrotorch_kernel::{Array, DType, Device, Layout, Operand, Scalar};

use super::run;
use crate::CpuBackend;

/// How an array of a shape of two dimensions lies in memory.
const FORMS: [&str; 6] = ["dense", "row", "column", "one", "gaps", "reversed"];

fn laid_out(form: &str, [rows, columns]: [usize; 2], seed: usize, dtype: DType) -> Array {
    let values: Vec<f32> = (0..2 * rows * columns).map(|i| ((i * 31 + seed * 7) % 101) as f32 / 8.0 - 4.0).collect();
    let memory = Array::from_slice(&[values.len()], &values).unwrap().to_dtype(dtype).unwrap();
    let (strides, offset) = match form {
        "dense" => ([columns as isize, 1], 0),
        "row" => ([0, 1], 0),
        "column" => ([1, 0], 0),
        "one" => ([0, 0], 3),
        "gaps" => ([2 * columns as isize, 1], columns),
        _ => ([-(columns as isize), 1], (rows - 1) * columns),
    };
    memory.with_layout(Layout::strided(&[rows, columns], &strides, offset))
}

fn copied(array: &Array) -> Array {
    let copy = Array::empty(array.shape(), array.dtype, Device::CPU).unwrap();
    CpuBackend.run(&Kernel::Copy, &[array.clone().into()], std::slice::from_ref(&copy)).unwrap();
    copy
}

/// What an op computes, as bits that are the same for all that is not a number.
fn bits(op: &'static Pointwise, dtype: DType, inputs: &[Array], out: &Array) -> Vec<u64> {
    let operands: Vec<Operand> = inputs.iter().map(|input| input.clone().into()).collect();
    run(op, dtype, &vec![Scalar::Int(2); op.params], &operands, out).unwrap();
    let wide = copied(out).to_dtype(DType::Float64).unwrap().to_vec::<f64>().unwrap();
    wide.into_iter().map(|x| if x.is_nan() { f64::NAN.to_bits() } else { x.to_bits() }).collect()
}

/// Every choice of a form for each of `arity` inputs.
fn choices(arity: usize) -> Vec<Vec<&'static str>> {
    (0..arity).fold(vec![vec![]], |all, _| all.iter().flat_map(|head| FORMS.map(|form| [&head[..], &[form]].concat())).collect())
}

fn ops(dtype: DType, names: &[&str]) -> Vec<&'static Pointwise> {
    let table = pointwise::table().map(|row| &row.op);
    // Integers would be divided by zero.
    let fits = |op: &&Pointwise| op.accepts.contains(dtype) && (dtype.is_float() || !op.divides());
    table.filter(fits).filter(|op| names.contains(&op.name)).collect()
}

#[test]
fn any_form_of_the_inputs_gives_the_same() {
    crate::register().unwrap();
    let names = ["neg", "exp", "add", "sub", "div", "mul", "maximum", "gt", "pow", "prelu", "where", "addcmul", "lerp", "fmod"];
    for dtype in [DType::Float32, DType::BFloat16, DType::Float16, DType::Int64] {
        for op in ops(dtype, &names) {
            let result = if op.name == "gt" { DType::Bool } else { dtype };
            for size in [[3, 17], [5, 140], [9, 1100]] {
                for forms in choices(op.arity) {
                    let inputs: Vec<Array> = forms.iter().zip(0..).map(|(form, k)| laid_out(form, size, k, dtype)).collect();
                    let dense: Vec<Array> = inputs.iter().map(copied).collect();
                    let out = || Array::empty(&size, result, Device::CPU).unwrap();
                    let want = bits(op, dtype, &dense, &out());
                    let context = format!("{} of {} {forms:?} {size:?}", op.name, dtype.name());
                    assert_eq!(bits(op, dtype, &inputs, &out()), want, "{context}");
                    let apart = laid_out("gaps", size, 9, result);
                    assert_eq!(bits(op, dtype, &inputs, &apart), want, "{context} into gaps");
                    if result == dtype && ["dense", "gaps"].contains(&forms[0]) {
                        assert_eq!(bits(op, dtype, &inputs, &inputs[0]), want, "{context} in place");
                    }
                }
            }
        }
    }
}
