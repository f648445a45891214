//! Refusals for the values of inputs, which the next read reports.

use ferrotorch_kernel::error::Class;
use ferrotorch_kernel::{Operand, Result};

use crate::gpu::{Blame, Gpu, Launch, REPORT_ARG};
use crate::shader::{Family, Stored};
use crate::space::{Space, Walk};

pub(crate) fn run(gpu: &Gpu, class: Class, text: &str, inputs: &[Operand]) -> Result<()> {
    let condition = inputs[0].array()?;
    let mut args = [0; REPORT_ARG + 1];
    args[REPORT_ARG] = gpu.report_number(Blame::Refusal(class, text.into()));
    gpu.elementwise(Launch {
        family: Family::Check,
        op: "",
        compute: Stored::Bool,
        outputs: 0,
        operands: &[Some(gpu.bind(condition)?)],
        space: &Space::new(condition.shape(), [Walk::of(&condition.layout)]).merge(),
        args: &args,
        packed: false,
        mode: 0,
    })
}
