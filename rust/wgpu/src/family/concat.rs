//! Arrays one behind the other, several in a launch.

use ferrotorch_kernel::{Array, Operand, Result};
use smallvec::{SmallVec, smallvec};

use super::output;
use crate::gpu::{Bound, Gpu, Launch};
use crate::shader::{Family, Harness, Stored, Values, Variant};
use crate::space::{Space, Walk};

pub(crate) static CONCAT: Family =
    Family::new("Concat", Harness::Elementwise, |_| include_str!("../../../../shaders/concat.wgsl")).values(values);

/// Inputs of a launch; a space leads through one operand more.
pub(crate) const MAX_PIECES: usize = 7;
/// Elements whose places are numbered in 32 bits.
const MAX_ELEMENTS: usize = u32::MAX as usize;

pub(crate) fn run(gpu: &Gpu, dim: usize, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let out = output(outputs, 0)?;
    let pieces = inputs.iter().map(Operand::array).collect::<Result<SmallVec<[&Array; 8]>>>()?;
    let raw = Stored::raw(out.dtype);
    let binds = |array: &Array| gpu.bind_as(array, raw).map(|bound| gpu.binds_whole(&bound));
    let whole = pieces.iter().copied().chain([out]).try_fold(true, |all, array| binds(array).map(|binds| all && binds))?;
    let mut start = 0;
    for group in pieces.chunks(if whole && out.numel() <= MAX_ELEMENTS { MAX_PIECES } else { 1 }) {
        let length = group.iter().map(|piece| piece.shape()[dim]).sum();
        let window = out.with_layout(out.layout.slice(dim, start, length, 1));
        match group {
            [only] => super::copy::run(gpu, &[Operand::Array((*only).clone())], std::slice::from_ref(&window))?,
            _ if window.numel() > 0 => join(gpu, dim, group, &window)?,
            _ => {}
        }
        start += length;
    }
    Ok(())
}

/// A launch whose points are those of the output. An input lies in its space as if it began where its window does.
fn join(gpu: &Gpu, dim: usize, pieces: &[&Array], out: &Array) -> Result<()> {
    let raw = Stored::raw(out.dtype);
    let mut operands: SmallVec<[Option<Bound>; 8]> = smallvec![Some(gpu.bind_as(out, raw)?)];
    let mut walks: SmallVec<[Walk; 8]> = smallvec![Walk::of(&out.layout)];
    let behind: usize = out.shape()[dim + 1..].iter().product();
    let mut args: SmallVec<[u32; 12]> = smallvec![behind as u32, out.shape()[dim] as u32];
    let mut start = 0;
    for piece in pieces {
        operands.push(Some(gpu.bind_as(piece, raw)?));
        let mut walk = Walk::of(&piece.layout);
        walk.offset = walk.offset.wrapping_sub((start as isize * walk.strides[dim]) as usize);
        walks.push(walk);
        start += piece.shape()[dim];
        args.push(start as u32);
    }
    gpu.elementwise(Launch {
        family: &CONCAT,
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

/// Reads from the input in whose window the point lies.
fn values(variant: &Variant) -> Values {
    let pieces = variant.operands as usize - 1;
    let reads = (0..pieces - 1)
        .map(|k| format!("    if (along < arg({}u)) {{\n        return read_in{k}(at[{}]);\n    }}\n", 2 + k, k + 1));
    vec![("reads", reads.collect()), ("last", format!("read_in{}(at[{pieces}])", pieces - 1))]
}
