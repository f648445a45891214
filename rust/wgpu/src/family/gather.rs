//! Reading by index.

use ferrotorch_kernel::{Array, Error, Operand, Result};
use smallvec::SmallVec;

use super::output;
use crate::gpu::{Bound, Gpu, Launch};
use crate::shader::{Family, Fault, Harness, Stored, Values, Variant};
use crate::space::{Space, Walk};

pub(crate) static GATHER: Family =
    Family::new("Gather", Harness::Elementwise, |_| include_str!("../../../../shaders/gather.wgsl"))
        .faults(|_| Some(Fault::Index("gather")));
pub(crate) static INDEX: Family = Family::new("Index", Harness::Elementwise, |_| include_str!("../../../../shaders/index.wgsl"))
    .values(values)
    .faults(|_| Some(Fault::Index("index")));

/// Index tensors that a launch can have.
pub(crate) const MAX_INDICES: usize = 5;

pub(crate) fn run(gpu: &Gpu, dim: usize, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let (input, index, out) = (inputs[0].array()?, inputs[1].array()?, output(outputs, 0)?);
    let raw = Stored::raw(out.dtype);
    let mut from = Walk::of(&input.layout);
    from.strides[dim] = 0;
    let operands = [Some(gpu.bind_as(out, raw)?), Some(bind_whole(gpu, input, raw)?), Some(gpu.bind_as(index, Stored::Pair)?)];
    gpu.elementwise(Launch {
        family: &GATHER,
        op: "",
        compute: raw,
        outputs: 1,
        operands: &operands,
        space: &Space::new(out.shape(), [Walk::of(&out.layout), from, Walk::of(&index.layout)]).merge(),
        args: &[input.shape()[dim] as u32, input.layout.strides()[dim] as u32, dim as u32],
        packed: None,
        mode: 0,
    })
}

pub(crate) fn run_index(gpu: &Gpu, wraps: bool, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let (input, out) = (inputs[0].array()?, output(outputs, 0)?);
    let indices = inputs[1..].iter().map(Operand::array).collect::<Result<SmallVec<[&Array; MAX_INDICES]>>>()?;
    if indices.len() > MAX_INDICES {
        return Err(Error::unsupported(format!("{} index tensors", indices.len())));
    }
    let (chosen, rest) = (indices.len(), input.layout.ndim() - indices.len());
    let common = out.layout.ndim() - rest;
    let raw = Stored::raw(out.dtype);
    let mut operands: SmallVec<[Option<Bound>; 7]> = SmallVec::new();
    operands.extend([Some(gpu.bind_as(out, raw)?), Some(bind_whole(gpu, input, raw)?)]);
    let mut from = Walk::fixed(common);
    from.offset = input.layout.offset();
    from.strides.extend_from_slice(&input.layout.strides()[chosen..]);
    let mut walks: SmallVec<[Walk; 7]> = SmallVec::new();
    walks.extend([Walk::of(&out.layout), from]);
    let mut args = [0u32; 8 + MAX_INDICES];
    args[MAX_INDICES] = wraps.into();
    for (k, index) in indices.iter().enumerate() {
        operands.push(Some(gpu.bind_as(index, Stored::Pair)?));
        let mut walk = Walk::of(&index.layout);
        walk.strides.resize(common + rest, 0);
        walks.push(walk);
        args[k] = input.shape()[k] as u32;
        args[8 + k] = input.layout.strides()[k] as u32;
    }
    gpu.elementwise(Launch {
        family: &INDEX,
        op: "",
        compute: raw,
        outputs: 1,
        operands: &operands,
        space: &Space::new(out.shape(), walks).merge(),
        args: &args,
        packed: None,
        mode: 0,
    })
}

/// An operand that any thread may read anywhere, so that it cannot be cut.
fn bind_whole(gpu: &Gpu, array: &Array, stored: Stored) -> Result<Bound> {
    let bound = gpu.bind_as(array, stored)?;
    if !gpu.binds_whole(&bound) {
        return Err(Error::unsupported(format!("indexing into a tensor of {} bytes", bound.block.bytes)));
    }
    Ok(bound)
}

/// Adds up the element that the indices choose.
fn values(variant: &Variant) -> Values {
    let lines = (0..variant.operands as usize - 2).map(|k| {
        let at = k + 2;
        format!(
            "    let index{k} = resolve(load_in{}(at[{at}]), arg({k}u), arg({MAX_INDICES}u) != 0u, {k}u);\n    if (index{k} == OUT_OF_RANGE) {{\n        \
             return T();\n    }}\n    source += index{k} * arg({}u);\n",
            k + 1,
            8 + k
        )
    });
    vec![("locate_indices", lines.collect())]
}
