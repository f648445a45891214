//! Optimizer steps, one launch a parameter.

use ferrotorch_kernel::kernel::OptimizerRule;
use ferrotorch_kernel::{Array, Error, Operand, Result};
use smallvec::SmallVec;

use super::real_only;
use crate::gpu::{Bound, Gpu, Launch, spread};
use crate::shader::{Family, Harness, Stored, Values, Variant};
use crate::space::{Space, Walk};

pub(crate) static OPTIMIZE: Family =
    Family::new("Optimize", Harness::Whole, |_| include_str!("../../../../shaders/optimize.wgsl"))
        .values(values)
        .library(|variant| vec![file(variant.op)]);

/// `Variant::mode` of SGD: there is a momentum buffer, it begins with the gradient, Nesterov's variant.
const MOMENTUM: u8 = 1;
const FIRST: u8 = 2;
const NESTEROV: u8 = 4;
/// `Variant::mode` of Adam.
const AMSGRAD: u8 = 1;
/// `Variant::mode` of RMSprop, beside `MOMENTUM`: the mean of the gradients is subtracted.
const CENTERED: u8 = 2;

pub(crate) fn run(gpu: &Gpu, rule: &OptimizerRule, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let step = Step::of(rule);
    // Nothing may be written before it is known that everything can be.
    for array in outputs {
        real_only(&[array])?;
        let stored = Stored::of(array.dtype);
        if !array.dtype.is_float() || !gpu.computes(stored) || !gpu.binds_whole(&gpu.bind(array)?) {
            return Err(Error::unsupported(format!("an optimizer step in {}", array.dtype.name())));
        }
    }
    for (gradient, group) in inputs.iter().zip(outputs.chunks(1 + rule.states())) {
        update(gpu, &step, gradient.array()?, group)?;
    }
    Ok(())
}

fn update(gpu: &Gpu, step: &Step, gradient: &Array, group: &[Array]) -> Result<()> {
    let compute = Stored::of(group[0].dtype.accumulate());
    let arrays = || group.iter().chain([gradient]);
    let operands = arrays().map(|array| gpu.bind(array).map(Some)).collect::<Result<SmallVec<[Option<Bound>; 5]>>>()?;
    let space = Space::new(group[0].shape(), arrays().map(|array| Walk::of(&array.layout))).sort().merge();
    let args: SmallVec<[u32; 20]> = step.numbers.iter().flat_map(|&x| compute.scalar_words(x.into())).collect();
    if space.count() == 0 {
        return Ok(());
    }
    for part in space.parts(&|_| true) {
        let groups = spread(part.count().div_ceil(256));
        let launch = Launch {
            family: &OPTIMIZE,
            op: step.op,
            compute,
            outputs: group.len(),
            operands: &operands,
            space: &part,
            args: &args,
            packed: false,
            mode: step.mode,
        };
        gpu.launch(launch, groups)?;
    }
    Ok(())
}

/// A rule as its shader takes it.
struct Step {
    op: &'static str,
    mode: u8,
    numbers: SmallVec<[f64; 10]>,
}

impl Step {
    fn of(rule: &OptimizerRule) -> Step {
        let flag = |set: bool, bit: u8| if set { bit } else { 0 };
        let sign = |maximize: bool| if maximize { -1.0 } else { 1.0 };
        match *rule {
            OptimizerRule::Sgd { lr, momentum, dampening, weight_decay, nesterov, maximize, first } => Step {
                op: "sgd",
                mode: flag(momentum != 0.0, MOMENTUM) | flag(first, FIRST) | flag(nesterov, NESTEROV),
                numbers: SmallVec::from_slice(&[lr, momentum, 1.0 - dampening, weight_decay, sign(maximize)]),
            },
            OptimizerRule::Adam { lr, beta1, beta2, eps, weight_decay, amsgrad, maximize, decoupled, step } => Step {
                op: "adam",
                mode: flag(amsgrad, AMSGRAD),
                numbers: SmallVec::from_slice(&[
                    lr / (1.0 - beta1.powf(step)),
                    beta1,
                    beta2,
                    eps,
                    if decoupled { 0.0 } else { weight_decay },
                    sign(maximize),
                    if decoupled { 1.0 - lr * weight_decay } else { 1.0 },
                    1.0 / (1.0 - beta2.powf(step)).sqrt(),
                    1.0 - beta1,
                    1.0 - beta2,
                ]),
            },
            OptimizerRule::RmsProp { lr, alpha, eps, weight_decay, momentum, centered, maximize } => Step {
                op: "rmsprop",
                mode: flag(momentum > 0.0, MOMENTUM) | flag(centered, CENTERED),
                numbers: SmallVec::from_slice(&[lr, alpha, 1.0 - alpha, eps, weight_decay, momentum, sign(maximize)]),
            },
            OptimizerRule::Adagrad { lr, eps, weight_decay, maximize } => {
                Step { op: "adagrad", mode: 0, numbers: SmallVec::from_slice(&[lr, eps, weight_decay, sign(maximize)]) }
            }
        }
    }
}

/// The file of a rule's step.
fn file(op: &str) -> &'static str {
    match op {
        "sgd" => include_str!("../../../../shaders/optimize/sgd.wgsl"),
        "rmsprop" => include_str!("../../../../shaders/optimize/rmsprop.wgsl"),
        "adagrad" => include_str!("../../../../shaders/optimize/adagrad.wgsl"),
        _ => include_str!("../../../../shaders/optimize/adam.wgsl"),
    }
}

fn values(variant: &Variant) -> Values {
    match variant.op {
        "sgd" => sgd_values(variant),
        "rmsprop" => rmsprop_values(variant),
        "adam" => {
            let amsgrad =
                if variant.mode & AMSGRAD == 0 { "" } else { "    v = max(v, read_out3(at[3]));\n    write_out3(at[3], v);" };
            vec![("amsgrad", amsgrad.into())]
        }
        _ => Vec::new(),
    }
}

fn sgd_values(variant: &Variant) -> Vec<(&'static str, String)> {
    let t = variant.compute.value();
    if variant.mode & MOMENTUM == 0 {
        return vec![("momentum", "    let d = g;".into())];
    }
    let buffer = match variant.mode & FIRST {
        0 => format!("scalar_{t}(1u) * read_out1(at[1]) + scalar_{t}(2u) * g"),
        _ => "g".into(),
    };
    let direction = if variant.mode & NESTEROV != 0 { format!("g + scalar_{t}(1u) * b") } else { "b".into() };
    vec![("momentum", format!("    let b = {buffer};\n    write_out1(at[1], b);\n    let d = {direction};"))]
}

fn rmsprop_values(variant: &Variant) -> Vec<(&'static str, String)> {
    let t = variant.compute.value();
    let (mut centered, mut momentum) = (String::new(), String::new());
    if variant.mode & CENTERED != 0 {
        // The mean of the gradients is the last state.
        let k = variant.outputs - 1;
        centered = format!(
            "    let mean = scalar_{t}(1u) * read_out{k}(at[{k}]) + scalar_{t}(2u) * g;\n    write_out{k}(at[{k}], mean);\n    \
             spread -= mean * mean;"
        );
    }
    if variant.mode & MOMENTUM != 0 {
        momentum = format!("    d += scalar_{t}(5u) * read_out2(at[2]);\n    write_out2(at[2], d);");
    }
    vec![("centered", centered), ("momentum", momentum)]
}
