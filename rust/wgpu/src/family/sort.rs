//! Order along a dimension. Short lines are sorted within a workgroup, and so are parts of long ones from which few elements are
//! to be chosen; other long lines are sorted all together by the digits of their keys and then of the lines' numbers.

use ferrotorch_kernel::{Array, Error, Layout, Operand, Result};
use smallvec::{SmallVec, smallvec};

use super::radix::{self, words};
use super::{gather, output, real_only};
use crate::gpu::{Bound, Gpu, Launch, spread};
use crate::shader::{Family, Harness, Slot, Stored, Values, Variant};
use crate::space::{MAX_DIMS, Space, Walk};

pub(crate) static BLOCKS: Family =
    Family::new("SortBlocks", Harness::Whole, |_| include_str!("../../../../shaders/sort_block.wgsl"))
        .values(block_values)
        .library(block_library);
pub(crate) static KEYS: Family =
    Family::new("SortKeys", Harness::Elementwise, |_| include_str!("../../../../shaders/sort_keys.wgsl"))
        .values(key_values)
        .library(|_| vec![ORDER]);
pub(crate) static INDEX: Family =
    Family::new("SortIndex", Harness::Elementwise, |_| include_str!("../../../../shaders/sort_index.wgsl"));

const ORDER: &str = include_str!("../../../../shaders/lib/order.wgsl");

/// `Variant::mode`: indices are kept, to choose from again.
const CANDIDATES: u32 = 1;
/// Keys that a workgroup has room for.
const ROOM: usize = 1024;
/// So many are chosen from blocks at most, that choosing from what is left of these comes to an end soon.
const FEW: usize = ROOM / 4;

/// Runs a sort along `dim`, or the choice of its first `k` elements.
pub(crate) fn run(
    gpu: &Gpu,
    dim: usize,
    descending: bool,
    k: Option<usize>,
    inputs: &[Operand],
    outputs: &[Array],
) -> Result<()> {
    let (input, values, indices) = (inputs[0].array()?, output(outputs, 0)?, output(outputs, 1)?);
    real_only(&[input])?;
    let lines = Lines::new(gpu, input, dim, descending)?;
    let kept = k.unwrap_or(lines.length);
    if lines.length <= ROOM || kept <= FEW {
        return lines.choose(gpu, kept, values, indices);
    }
    lines.order(gpu, kept, indices)?;
    gather::run(gpu, dim, &[input.clone().into(), indices.clone().into()], std::slice::from_ref(values))
}

/// The indices that sort a vector.
pub(crate) fn argsort(gpu: &Gpu, input: &Array, indices: &Array) -> Result<()> {
    let lines = Lines::new(gpu, input, 0, false)?;
    if lines.length > ROOM {
        return lines.order(gpu, lines.length, indices);
    }
    let values = gpu.empty_array(&Layout::contiguous(input.shape()), input.dtype)?;
    lines.choose(gpu, lines.length, &values, indices)
}

/// Lines whose elements are to be put in order.
struct Lines {
    dim: usize,
    /// With the dimension put last.
    input: Array,
    length: usize,
    form: Stored,
    key: &'static str,
    mask: u32,
}

impl Lines {
    fn new(gpu: &Gpu, input: &Array, dim: usize, descending: bool) -> Result<Lines> {
        // The key of eight bytes is made of their two words.
        let (form, key) = match Stored::of(input.dtype) {
            Stored::Int64 => (Stored::Pair, "int64"),
            Stored::Float64 => (Stored::Pair, "float64"),
            form => (form, form.value()),
        };
        let bound = gpu.bind_as(input, form)?;
        if input.numel() >= 1 << 31 || !gpu.binds_whole(&bound) || input.layout.ndim() > MAX_DIMS {
            return Err(Error::unsupported(format!("sorting a tensor of shape {:?}", input.shape())));
        }
        let length = input.shape()[dim];
        Ok(Lines { dim, input: turned(input, dim), length, form, key, mask: if descending { u32::MAX } else { 0 } })
    }

    fn count(&self) -> usize {
        self.input.numel() / self.length
    }

    /// The first `kept` elements of each line and their indices, chosen block by block until one is left.
    fn choose(&self, gpu: &Gpu, kept: usize, values: &Array, indices: &Array) -> Result<()> {
        let mut candidates: Option<Array> = None;
        let mut length = self.length;
        while length > ROOM {
            let blocks = length.div_ceil(ROOM);
            let chosen = words(gpu, self.count() * blocks * kept)?;
            self.sort_blocks(gpu, length, kept, candidates.as_ref(), &[&chosen])?;
            (candidates, length) = (Some(chosen), blocks * kept);
        }
        self.sort_blocks(gpu, length, kept, candidates.as_ref(), &[&turned(values, self.dim), &turned(indices, self.dim)])
    }

    /// Sorts blocks of lines that have `length` elements to choose from.
    fn sort_blocks(&self, gpu: &Gpu, length: usize, kept: usize, candidates: Option<&Array>, outputs: &[&Array]) -> Result<()> {
        let block = length.min(ROOM);
        let (blocks, room, last) = (length.div_ceil(block), block.next_power_of_two().max(2), self.input.layout.ndim() - 1);
        let mut shape: SmallVec<[usize; 8]> = self.input.shape().into();
        shape[last] = blocks;
        let by_line = |array: &Array| {
            let mut walk = Walk::of(&array.layout);
            walk.strides[last] = 0;
            walk
        };
        let is_last = outputs.len() == 2;
        let mut walks: SmallVec<[Walk; 4]> = SmallVec::new();
        let mut operands: SmallVec<[Option<Bound>; 4]> = SmallVec::new();
        for (k, array) in outputs.iter().enumerate() {
            walks.push(if is_last { by_line(array) } else { Walk::fixed(shape.len()) });
            let form = [if is_last { self.form } else { Stored::Int32 }, Stored::Pair][k];
            operands.push(Some(gpu.bind_as(array, form)?));
        }
        walks.extend([by_line(&self.input), Walk::fixed(shape.len())]);
        operands.push(Some(gpu.bind_as(&self.input, self.form)?));
        operands.push(candidates.map(|array| gpu.bind(array)).transpose()?);
        let step = |array: &Array| array.layout.strides()[last] as u32;
        let mut args: SmallVec<[u32; 12]> = smallvec![length as u32, block as u32, blocks as u32, room as u32];
        args.extend([kept as u32, self.mask, step(&self.input)]);
        args.extend(outputs.iter().filter(|_| is_last).map(|array| step(array)));
        let space = Space::new(&shape, walks).merge();
        let launch = Launch {
            family: &BLOCKS,
            op: self.key,
            compute: self.form,
            outputs: outputs.len(),
            operands: &operands,
            space: &space,
            args: &args,
            packed: None,
            mode: if is_last { 0 } else { CANDIDATES },
        };
        gpu.launch(launch, spread(space.count().div_ceil(ROOM / room)))
    }

    /// The indices of the first `kept` elements of each line.
    fn order(&self, gpu: &Gpu, kept: usize, indices: &Array) -> Result<()> {
        let (positions, last) = (self.positions(gpu)?, self.input.layout.ndim() - 1);
        let table = positions.with_layout(Layout::contiguous(self.input.shape()).slice(last, 0, kept, 1));
        let indices = turned(indices, self.dim);
        gpu.elementwise(Launch {
            family: &INDEX,
            op: "",
            compute: Stored::Pair,
            outputs: 1,
            operands: &[Some(gpu.bind_as(&indices, Stored::Pair)?), Some(gpu.bind(&table)?)],
            space: &Space::new(indices.shape(), [Walk::of(&indices.layout), Walk::of(&table.layout)]).merge(),
            args: &[self.length as u32],
            packed: None,
            mode: 0,
        })
    }

    /// Where each element of the lines, all in order, comes from.
    fn positions(&self, gpu: &Gpu) -> Result<Array> {
        const HIGH: u32 = 0;
        const LOW: u32 = 1;
        const LINE: u32 = 2;
        let mut positions = None;
        let low = (self.form == Stored::Pair).then_some((LOW, u32::BITS));
        let line = (self.count() > 1).then_some((LINE, radix::bits_of(self.count() - 1)));
        for (word, bits) in low.into_iter().chain([(HIGH, u32::BITS)]).chain(line) {
            let keys = self.keys(gpu, word, positions.as_ref())?;
            positions = Some(radix::sort(gpu, keys, positions, bits)?.positions);
        }
        positions.ok_or_else(|| Error::runtime("a sort without keys"))
    }

    fn keys(&self, gpu: &Gpu, word: u32, positions: Option<&Array>) -> Result<Array> {
        let keys = words(gpu, self.input.numel())?;
        let dense = Layout::contiguous(self.input.shape());
        let walks = [Walk::of(&dense), Walk::of(&self.input.layout), Walk::fixed(dense.ndim())];
        gpu.elementwise(Launch {
            family: &KEYS,
            op: self.key,
            compute: Stored::Int32,
            outputs: 1,
            operands: &[
                Some(gpu.bind(&keys)?),
                Some(gpu.bind_as(&self.input, self.form)?),
                positions.map(|array| gpu.bind(array)).transpose()?,
            ],
            space: &Space::new(self.input.shape(), walks).merge(),
            args: &[self.mask, word, 0, self.length as u32],
            packed: None,
            mode: 0,
        })?;
        Ok(keys)
    }
}

/// The array with a dimension put last.
fn turned(array: &Array, dim: usize) -> Array {
    let order: SmallVec<[usize; 8]> = (0..array.layout.ndim()).filter(|&d| d != dim).chain([dim]).collect();
    array.with_layout(array.layout.permute(&order))
}

fn block_library(variant: &Variant) -> Vec<&'static str> {
    let keep = match variant.mode & CANDIDATES {
        0 => include_str!("../../../../shaders/sort/elements.wgsl"),
        _ => include_str!("../../../../shaders/sort/candidates.wgsl"),
    };
    vec![ORDER, keep]
}

fn block_values(variant: &Variant) -> Values {
    let (outputs, last) = (variant.outputs as usize, variant.operands as usize - 1);
    let index = if variant.slots[last] == Slot::Absent { "j" } else { "bitcast<u32>(load_in1(block / arg(2u) * arg(0u) + j))" };
    vec![("input", outputs.to_string()), ("index", index.into())]
}

fn key_values(variant: &Variant) -> Values {
    let position = if variant.slots[2] == Slot::Absent { "i" } else { "bitcast<u32>(load_in1(i))" };
    vec![("position", position.into())]
}
