//! One number into every element.

use ferrotorch_kernel::{Array, Result, Scalar};

use super::output;
use crate::gpu::{Gpu, Launch};
use crate::shader::stored::element_words;
use crate::shader::{Family, Harness, Stored};
use crate::space::{Space, Walk};

pub(crate) static FILL: Family = Family::new("Fill", Harness::Elementwise, |_| include_str!("../../../../shaders/fill.wgsl"));

pub(crate) fn run(gpu: &Gpu, value: Scalar, outputs: &[Array]) -> Result<()> {
    let out = output(outputs, 0)?;
    let raw = Stored::raw(out.dtype);
    gpu.elementwise(Launch {
        family: &FILL,
        op: "",
        compute: raw,
        outputs: 1,
        operands: &[Some(gpu.bind_as(out, raw)?)],
        space: &Space::new(out.shape(), [Walk::of(&out.layout)]).sort().merge(),
        args: &element_words(value, out.dtype),
        packed: None,
        mode: 0,
    })
}
