//! Refusals for the values of inputs, which the next read reports.

use ferrotorch_kernel::error::Class;
use ferrotorch_kernel::{Operand, Result};

use crate::gpu::{Blame, Gpu, Launch, REPORT_ARG};
use crate::shader::{Family, Fault, Harness, Stored};
use crate::space::{Space, Walk};

pub(crate) static CHECK: Family =
    Family::new("Check", Harness::Whole, |_| include_str!("../../../../shaders/check.wgsl")).faults(|_| Some(Fault::Told));

pub(crate) fn run(gpu: &Gpu, class: Class, text: &str, inputs: &[Operand]) -> Result<()> {
    let condition = inputs[0].array()?;
    let mut args = [0; REPORT_ARG + 1];
    args[REPORT_ARG] = gpu.report_number(Blame::Refusal(class, text.into()));
    gpu.elementwise(Launch {
        family: &CHECK,
        op: "",
        compute: Stored::Bool,
        outputs: 0,
        operands: &[Some(gpu.bind(condition)?)],
        space: &Space::new(condition.shape(), [Walk::of(&condition.layout)]).merge(),
        args: &args,
        packed: None,
        mode: 0,
    })
}
