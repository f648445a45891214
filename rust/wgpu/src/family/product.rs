//! Sums of products: what matrix products and convolutions share. A family says where factors lie; how many sums a thread has,
//! and how long they are, is decided here.

use ferrotorch_kernel::{Array, DType, Layout, Result, Scalar};
use smallvec::{SmallVec, smallvec};

use super::shared::{Lines, Share};
use crate::gpu::{Gpu, Launch, spread};
use crate::shader::{Family, Harness, Slot, Stored, Values, Variant};
use crate::space::{Space, Walk};

pub(crate) static SPLIT_SUM: Family =
    Family::new("SplitSum", Harness::Elementwise, |_| include_str!("../../../../shaders/split_sum.wgsl")).values(sum_values);

/// `Variant::mode`: something is added to the sums. Bits 2 and 4 are the families' own.
pub(crate) const ADD: u32 = 1;
/// `Variant::mode`: the left factors lie one after the other along the depth.
pub(crate) const ALONG_DEPTH: u32 = 8;
/// `Variant::mode`: from here on the number of the way, and from there on that of the share.
const WAY: u32 = 4;
const SHARE: u32 = 8;

/// Longest sums of one thread.
const MAX_DEPTH: usize = 4096;
/// Shortest sums that are worth a launch that adds them up.
const MIN_DEPTH: usize = 128;

/// How the sums are shared out.
struct Way {
    to: To,
    rows: usize,
    columns: usize,
}

/// Among whom.
#[derive(Clone, Copy, PartialEq)]
enum To {
    /// Each thread sums a block and loads for itself.
    Threads,
    /// Each workgroup sums a tile, and loads into its memory.
    Workgroups,
    /// Each team of threads sums up one product of vectors.
    Teams,
    /// Each thread of a subgroup sums its share, and loads for the others too.
    Subgroups,
}

const fn blocks(rows: usize, columns: usize) -> Way {
    Way { to: To::Threads, rows, columns }
}

const fn tiles(rows: usize, columns: usize) -> Way {
    Way { to: To::Workgroups, rows, columns }
}

/// Blocks in the order of their rows, then of their columns; tiles; products of vectors.
const WAYS: [Way; 16] = [
    blocks(1, 1),
    blocks(1, 4),
    blocks(1, 8),
    blocks(4, 1),
    blocks(4, 4),
    blocks(4, 8),
    blocks(8, 1),
    blocks(8, 4),
    blocks(8, 8),
    tiles(4, 4),
    tiles(8, 8),
    Way { to: To::Teams, rows: 1, columns: 1 },
    blocks(16, 16),
    blocks(8, 16),
    blocks(16, 8),
    // Of shares the mode has the sizes.
    Way { to: To::Subgroups, rows: 1, columns: 1 },
];
const SMALL_TILES: u8 = 9;
const LARGE_TILES: u8 = 10;
const TEAMS: u8 = 11;
const SHARES: u8 = 15;
const MIDDLE_BLOCKS: u8 = 8;
/// Blocks of which a load serves more products, and which a driver takes longer to compile, with the products from which on they
/// are worth it.
const LARGER_BLOCKS: [(u8, usize); 3] = [(13, 1 << 20), (14, 1 << 20), (12, 1 << 22)];

/// The modes of all ways.
#[cfg(test)]
pub(crate) fn modes() -> impl Iterator<Item = u32> {
    (0..SHARES).map(|way| mode_of(way, None)).chain(super::shared::every_kind().map(|share| mode_of(SHARES, Some(share))))
}

/// The mode of a way.
fn mode_of(way: u8, share: Option<Share>) -> u32 {
    (u32::from(way) << WAY) | share.map_or(0, |share| share.number() << SHARE)
}

/// The share of a thread, where a mode has one.
pub(crate) fn share_of(mode: u32) -> Option<Share> {
    (way_of(mode).to == To::Subgroups).then(|| Share::of_number(mode >> SHARE))
}

fn way_of(mode: u32) -> &'static Way {
    &WAYS[(mode >> WAY & 0xf) as usize]
}

/// Sums of `depth` products in `rows` and `columns`, for each of `jobs`.
#[derive(Clone, Copy)]
pub(crate) struct Sums {
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    pub(crate) depth: usize,
    pub(crate) jobs: usize,
}

/// A way, and in how many chunks the depth is summed; by the sizes and the kind of the adapter alone, so that results do not vary.
pub(crate) struct Plan {
    way: u8,
    share: Option<Share>,
    /// Columns of a line.
    line: usize,
    pub(crate) chunks: usize,
    pub(crate) chunk: usize,
    sums: Sums,
}

impl Plan {
    pub(crate) fn new(gpu: &Gpu, compute: Stored, sums: Sums, lines: Lines) -> Plan {
        let lanes = gpu.lanes.filter(|_| compute.bytes() <= 4);
        let share = lanes.and_then(|lanes| Share::choose(lanes, &sums, lines));
        let way = if share.is_some() { SHARES } else { way(gpu.is_software, compute, &sums) };
        let mut plan = Plan { way, share, line: lines.columns, chunks: 1, chunk: sums.depth, sums };
        // Workgroups enough for a GPU, threads enough for a processor.
        let wanted = match share {
            Some(_) => 16 / plan.groups().max(1),
            None if gpu.is_software => 256 / plan.parts(),
            None => 256 / plan.groups(),
        };
        let least = if way == TEAMS { 8 * MIN_DEPTH } else { MIN_DEPTH };
        let chunks = wanted.min(sums.depth / least).max(sums.depth.div_ceil(MAX_DEPTH)).max(1);
        plan.chunk = sums.depth.div_ceil(chunks).next_multiple_of(share.map_or(1, |share| share.depth));
        plan.chunks = sums.depth.div_ceil(plan.chunk.max(1)).max(1);
        plan
    }

    pub(crate) fn jobs(&self) -> usize {
        self.sums.jobs * self.chunks
    }

    pub(crate) fn mode(&self) -> u32 {
        mode_of(self.way, self.share)
    }

    /// Blocks, tiles or products of vectors.
    fn parts(&self) -> usize {
        let Way { to, rows, columns } = WAYS[self.way as usize];
        // Threads that share the rows of a part, and likewise the columns.
        let side = if to == To::Workgroups { 16 } else { 1 };
        self.sums.rows.div_ceil(side * rows) * self.sums.columns.div_ceil(side * columns) * self.jobs()
    }

    fn groups(&self) -> usize {
        if let Some(share) = &self.share {
            return share.groups(&self.sums, self.line) * self.jobs();
        }
        let of_a_group = match WAYS[self.way as usize].to {
            To::Threads => 16,
            To::Workgroups | To::Subgroups => 1,
            To::Teams => 8,
        };
        self.parts().div_ceil(of_a_group)
    }

    pub(crate) fn workgroups(&self) -> [u32; 3] {
        spread(self.groups())
    }

    /// Room for the sums of the chunks of an output, which come before its dimensions.
    pub(crate) fn partial_sums(&self, gpu: &Gpu, compute: Stored, out: &Array) -> Result<Array> {
        let shape: SmallVec<[usize; 6]> = std::iter::once(self.chunks).chain(out.shape().iter().copied()).collect();
        gpu.empty_array(&Layout::contiguous(&shape), kept_as(compute))
    }
}

/// The dtype that keeps sums of a type.
fn kept_as(compute: Stored) -> DType {
    match compute.value() {
        "f32" => DType::Float32,
        "f64" => DType::Float64,
        "i64" => DType::Int64,
        _ => DType::Int32,
    }
}

fn way(is_software: bool, compute: Stored, sums: &Sums) -> u8 {
    let (wide, narrow) = (compute.bytes() > 4, sums.rows.min(sums.columns) < 16);
    if !is_software && !narrow {
        let large = !wide && sums.rows >= 128 && sums.columns >= 128 && sums.rows * sums.columns * sums.jobs >= 1 << 20;
        return if large { LARGE_TILES } else { SMALL_TILES };
    }
    if !is_software && sums.columns == 1 && sums.depth >= 64 {
        return TEAMS;
    }
    if is_software && !wide && sums.rows.min(sums.columns) > 4 {
        return fewest_loads(sums);
    }
    let size = |n: usize| match n {
        1 => 0,
        2..=4 => 1,
        _ if wide || !is_software => 1,
        _ => 2,
    };
    3 * size(sums.rows) + size(sums.columns)
}

/// The blocks with which a processor loads the least: loads are what its threads spend their time with.
fn fewest_loads(sums: &Sums) -> u8 {
    let work = sums.rows * sums.columns * sums.depth * sums.jobs;
    let larger = LARGER_BLOCKS.into_iter().filter(|&(_, least)| work >= least).map(|(way, _)| way);
    let loads = |way: &u8| {
        let Way { rows, columns, .. } = WAYS[*way as usize];
        sums.rows.div_ceil(rows) * sums.columns.div_ceil(columns) * (rows + columns)
    };
    std::iter::once(MIDDLE_BLOCKS).chain(larger).min_by_key(loads).unwrap_or(MIDDLE_BLOCKS)
}

/// Adds up the chunks: `alpha` times their sum, and `beta` times the addend, which has the shape of the output.
pub(crate) fn add_up(
    gpu: &Gpu,
    compute: Stored,
    [alpha, beta]: [Scalar; 2],
    sums: &Array,
    addend: Option<&Array>,
    out: &Array,
) -> Result<()> {
    let strides = sums.layout.strides();
    let of_sums = Walk { offset: sums.layout.offset(), strides: strides[1..].into() };
    let walks = [Walk::of(&out.layout), of_sums].into_iter().chain(addend.map(|array| Walk::of(&array.layout)));
    let mut args: SmallVec<[u32; 24]> = smallvec![sums.shape()[0] as u32, strides[0] as u32];
    args.resize(16, 0);
    args.extend(compute.scalar_words(alpha).into_iter().chain(compute.scalar_words(beta)));
    let operands = [Some(gpu.bind(out)?), Some(gpu.bind(sums)?), addend.map(|array| gpu.bind(array)).transpose()?];
    gpu.elementwise(Launch {
        family: &SPLIT_SUM,
        op: "",
        compute,
        outputs: 1,
        operands: &operands[..2 + addend.is_some() as usize],
        space: &Space::new(out.shape(), walks).sort().merge(),
        args: &args,
        packed: None,
        mode: if addend.is_some() { ADD } else { 0 },
    })
}

/// One array along the first dimension of sums of chunks, for those who take one output.
pub(crate) fn first_chunk(sums: &Array) -> Array {
    sums.with_layout(sums.layout.select(0, 0))
}

fn sum_values(variant: &Variant) -> Values {
    let t = variant.compute.value();
    let addend = match variant.slots[2] {
        Slot::Absent => String::new(),
        _ => format!(" + scalar_{t}(9u) * read_in1(at[2])"),
    };
    vec![("result", format!("scalar_{t}(8u) * sum{addend}"))]
}

/// What runs over the sums.
pub(crate) fn harness(mode: u32) -> &'static str {
    match way_of(mode).to {
        To::Threads => include_str!("../../../../shaders/product_blocks.wgsl"),
        To::Workgroups => include_str!("../../../../shaders/product_tiles.wgsl"),
        To::Teams => include_str!("../../../../shaders/product_dots.wgsl"),
        To::Subgroups => include_str!("../../../../shaders/product_shared.wgsl"),
    }
}

/// The sizes of a way; which thread of a workgroup loads which of the left factors.
pub(crate) fn values(mode: u32) -> Values {
    if let Some(share) = share_of(mode) {
        return share.values();
    }
    let Way { rows, columns, .. } = *way_of(mode);
    let loads = if mode & ALONG_DEPTH != 0 {
        ["lane / DEPTH", "lane % DEPTH", "(256u / DEPTH)", "0u"]
    } else {
        ["lane % TILE_M", "lane / TILE_M", "0u", "(256u / TILE_M)"]
    };
    let mut values = vec![
        ("depth", "1".to_owned()),
        ("rows", rows.to_string()),
        ("columns", columns.to_string()),
        ("row_vectors", (rows / 4).to_string()),
        ("column_vectors", (columns / 4).to_string()),
    ];
    values.extend(["from_m", "from_k", "step_m", "step_k"].into_iter().zip(loads.map(String::from)));
    values
}
