//! Sorting of keys with the positions that they come from: stable, by four bits a pass.

use ferrotorch_kernel::{Array, DType, Layout, Result};

use crate::gpu::{Bound, Gpu, Launch, spread};
use crate::shader::{Family, Harness, Slot, Stored, Values, Variant};
use crate::space::{Space, Walk};

pub(crate) static COUNT: Family =
    Family::new("RadixCount", Harness::Whole, |_| include_str!("../../../../shaders/radix_count.wgsl")).library(library);
pub(crate) static SCAN: Family =
    Family::new("RadixScan", Harness::Whole, |_| include_str!("../../../../shaders/radix_scan.wgsl"));
pub(crate) static MOVE: Family =
    Family::new("RadixMove", Harness::Whole, |_| include_str!("../../../../shaders/radix_move.wgsl"))
        .values(values)
        .library(library);

fn library(_: &Variant) -> Vec<&'static str> {
    vec![include_str!("../../../../shaders/lib/radix.wgsl")]
}

/// Bits that a pass sorts by.
const BITS: u32 = 4;
/// Keys that a workgroup takes.
const BLOCK: usize = 1024;

/// Keys in ascending order, and where each was before.
pub(crate) struct Sorted {
    pub(crate) keys: Array,
    pub(crate) positions: Array,
}

/// A new vector of words.
pub(crate) fn words(gpu: &Gpu, n: usize) -> Result<Array> {
    gpu.empty_array(&Layout::contiguous(&[n]), DType::Int32)
}

/// How many bits there are in numbers that are at most `largest`.
pub(crate) fn bits_of(largest: usize) -> u32 {
    usize::BITS - largest.leading_zeros()
}

/// Sorts keys, a vector of words, by their lowest bits; where they have been sorted before, `positions` says where each comes from.
pub(crate) fn sort(gpu: &Gpu, mut keys: Array, mut positions: Option<Array>, bits: u32) -> Result<Sorted> {
    let n = keys.numel();
    let blocks = n.div_ceil(BLOCK);
    let counts = words(gpu, blocks << BITS)?;
    for pass in 0..bits.div_ceil(BITS).max(1) {
        let args = [n as u32, pass * BITS, blocks as u32];
        launch(gpu, &COUNT, &[&counts], &[Some(&keys)], &args, blocks)?;
        launch(gpu, &SCAN, &[&counts], &[], &[counts.numel() as u32], 1)?;
        let moved = [words(gpu, n)?, words(gpu, n)?];
        let inputs = [Some(&keys), positions.as_ref(), Some(&counts)];
        launch(gpu, &MOVE, &[&moved[0], &moved[1]], &inputs, &args, blocks)?;
        let [moved_keys, moved_positions] = moved;
        keys = moved_keys;
        positions = Some(moved_positions);
    }
    match positions {
        Some(positions) => Ok(Sorted { keys, positions }),
        None => Err(ferrotorch_kernel::Error::runtime("a sort without a pass")),
    }
}

fn launch(
    gpu: &Gpu,
    family: &'static Family,
    outputs: &[&Array],
    inputs: &[Option<&Array>],
    args: &[u32],
    groups: usize,
) -> Result<()> {
    let operands = outputs
        .iter()
        .map(|&array| Some(array))
        .chain(inputs.iter().copied())
        .map(|array| array.map(|array| gpu.bind(array)).transpose())
        .collect::<Result<Vec<Option<Bound>>>>()?;
    let space = Space::new(&[1], operands.iter().map(|_| Walk::fixed(1)));
    gpu.launch(
        Launch {
            family,
            op: "",
            compute: Stored::Int32,
            outputs: outputs.len(),
            operands: &operands,
            space: &space,
            args,
            packed: None,
            mode: 0,
        },
        spread(groups),
    )
}

/// In the first pass the keys are where they come from.
fn values(variant: &Variant) -> Values {
    let position = if variant.slots[3] == Slot::Absent { "bitcast<i32>(i)" } else { "load_in1(i)" };
    vec![("position", position.into())]
}
