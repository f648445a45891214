//! Attention without the matrix of scores, and its gradients.

use std::ops::Range;

use ferrotorch_kernel::attention::{Attention, Dropout};
use ferrotorch_kernel::{Array, DType, Error, Layout, Operand, Result};
use smallvec::{SmallVec, smallvec};

use super::output;
use crate::gpu::{Bound, Gpu, Launch, spread};
use crate::shader::stored::split;
use crate::shader::template::substitute;
use crate::shader::{Family, Harness, Stored, Values, Variant};
use crate::space::{Space, Walk};

pub(crate) static ATTENTION: Family = Family::new("Attention", Harness::Whole, |variant| match is_blocks(variant) {
    true => include_str!("../../../../shaders/attention_blocks.wgsl"),
    false => include_str!("../../../../shaders/attention.wgsl"),
})
.values(|variant| values(variant, &[("scores", "in0", "in1")], &[("of_values", "in2")]))
.library(library)
.args(ARGS);
pub(crate) static GRAD_QUERIES: Family =
    Family::new("AttentionGradQueries", Harness::Whole, |variant| match is_blocks(variant) {
        true => include_str!("../../../../shaders/attention_grad_queries_blocks.wgsl"),
        false => include_str!("../../../../shaders/attention_grad_queries.wgsl"),
    })
    .values(|variant| values(variant, &[("scores", "in1", "in2"), ("slopes", "in0", "in3")], &[("of_keys", "in2")]))
    .library(library)
    .args(ARGS);
pub(crate) static GRAD_KEYS: Family = Family::new("AttentionGradKeys", Harness::Whole, |variant| match is_blocks(variant) {
    true => include_str!("../../../../shaders/attention_grad_keys_blocks.wgsl"),
    false => include_str!("../../../../shaders/attention_grad_keys.wgsl"),
})
.values(|variant| {
    let sums = [("of_gradients", "in0"), ("of_queries", "in1")];
    values(variant, &[("scores", "in2", "in1"), ("slopes", "in3", "in0")], &sums)
})
.library(library)
.args(ARGS);
pub(crate) static DOTS: Family =
    Family::new("AttentionDots", Harness::Elementwise, |_| include_str!("../../../../shaders/attention_dots.wgsl"));

/// Queries, keys and columns of a tile.
const SIDE: usize = 32;
/// Queries and keys of a block, and columns that its thread sums, times the number in `Variant::mode`.
const BLOCK: usize = 8;
const BLOCK_COLUMNS: usize = 16;
/// `Variant::mode`: tiles of columns that a workgroup sums at most; wider results are shared out among workgroups.
pub(crate) const MAX_CHUNKS: usize = 4;
/// The same for threads that do not wait for each other, whose drivers take seconds to compile what is unrolled further.
pub(crate) const MAX_BLOCK_CHUNKS: usize = 1;
/// `Variant::mode`, beside the number of chunks: threads do not wait for each other, there is a mask, weights are dropped.
pub(crate) const BLOCKS: u32 = 8;
pub(crate) const MASKED: u32 = 16;
pub(crate) const DROPOUT: u32 = 32;
const CHUNKS: u32 = 7;
/// Words of parameters; steps from head to head of the gradient, the queries and the mask begin at `HEADS`.
const ARGS: usize = 28;
const HEADS: usize = 24;
/// Rounds of all loops of a thread: there are drivers that cut longer loops off.
const MAX_ROUNDS: usize = 60_000;

/// Sizes of a call, and what else there is to know.
struct Call {
    /// Batches, and heads of keys.
    matrices: [usize; 2],
    queries: usize,
    keys: usize,
    width: usize,
    depth: usize,
    rule: Attention,
}

pub(crate) fn run(gpu: &Gpu, rule: Attention, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let arrays = arrays_of(inputs)?;
    let [q, k, v, ..] = arrays[..] else { return Err(missing()) };
    let call = Call::new([q, k, v], rule)?;
    let operands: Arrays = [output(outputs, 0)?, output(outputs, 1)?].into_iter().chain(arrays).collect();
    call.launch(gpu, &ATTENTION, 2, &operands)
}

pub(crate) fn run_grad(gpu: &Gpu, rule: Attention, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let arrays = arrays_of(inputs)?;
    let [g, q, k, v, out, sums, ref mask @ ..] = arrays[..] else { return Err(missing()) };
    let call = Call::new([q, k, v], rule)?;
    let dots = gpu.empty_array(&Layout::contiguous(sums.shape()), DType::Float32)?;
    call.row_dots(gpu, g, out, &dots)?;
    let read: Arrays = [g, q, k, v, sums, &dots].into_iter().chain(mask.iter().copied()).collect();
    let of_queries: Arrays = std::iter::once(output(outputs, 0)?).chain(read.iter().copied()).collect();
    let of_keys: Arrays = [output(outputs, 1)?, output(outputs, 2)?].into_iter().chain(read).collect();
    call.launch(gpu, &GRAD_QUERIES, 1, &of_queries)?;
    call.launch(gpu, &GRAD_KEYS, 2, &of_keys)
}

type Arrays<'a> = SmallVec<[&'a Array; 9]>;

fn arrays_of(inputs: &[Operand]) -> Result<Arrays<'_>> {
    inputs.iter().map(Operand::array).collect()
}

fn missing() -> Error {
    Error::runtime("attention was launched without one of its inputs")
}

impl Call {
    fn new([q, k, v]: [&Array; 3], rule: Attention) -> Result<Call> {
        let (&[batch, _, queries, width], &[_, heads, keys, _], &[_, _, _, depth]) = (q.shape(), k.shape(), v.shape()) else {
            return Err(Error::runtime("attention: arrays of four dimensions are needed"));
        };
        if q.dtype.accumulate() != DType::Float32 {
            return Err(Error::unsupported(format!("attention in {}", q.dtype.name())));
        }
        let call = Call { matrices: [batch, heads], queries, keys, width, depth, rule };
        if call.rounds() > MAX_ROUNDS {
            return Err(Error::unsupported(format!("attention of {queries} queries and {keys} keys")));
        }
        Ok(call)
    }

    /// Rounds of a thread's loops: for a chunk of columns of a tile it loads four elements and sums 32 products, four a round.
    fn rounds(&self) -> usize {
        let chunks = 12 * (self.width.div_ceil(SIDE) + self.depth.div_ceil(SIDE) + 2 * MAX_CHUNKS);
        self.queries.max(self.keys).div_ceil(SIDE) * chunks
    }

    /// The products of the rows of the gradient and of the result.
    fn row_dots(&self, gpu: &Gpu, g: &Array, out: &Array, dots: &Array) -> Result<()> {
        let operands = [Some(gpu.bind(dots)?), Some(gpu.bind(g)?), Some(gpu.bind(out)?)];
        let rows = |array: &Array, last: usize| {
            let strides = array.layout.strides();
            Walk { offset: array.layout.offset(), strides: smallvec![strides[0], strides[1], strides[last]] }
        };
        let [batch, heads] = self.matrices;
        let space =
            &Space::new(&[batch, heads * self.rule.group, self.queries], [rows(dots, 3), rows(g, 2), rows(out, 2)]).merge();
        let (compute, args) = (Stored::Float32, &[self.depth as u32]);
        gpu.elementwise(Launch {
            family: &DOTS,
            op: "",
            compute,
            outputs: 1,
            operands: &operands,
            space,
            args,
            packed: None,
            mode: 0,
        })
    }

    /// Launches a pass whose workgroups or threads each have some rows of a matrix, and some of the columns of the results; in parts
    /// where the matrices are too large to bind together.
    fn launch(&self, gpu: &Gpu, family: &'static Family, outputs: usize, arrays: &[&Array]) -> Result<()> {
        let by_keys = family == &GRAD_KEYS;
        let (rows, columns) = match (by_keys, outputs) {
            (true, _) => (self.keys, self.width.max(self.depth)),
            (false, 1) => (self.queries, self.width),
            (false, _) => (self.queries, self.depth),
        };
        let bound = arrays.iter().map(|array| gpu.bind(array)).collect::<Result<SmallVec<[Bound; 9]>>>()?;
        let (space, mode) = (self.space(arrays, by_keys), self.mode(gpu.is_software, columns));
        let used = |space: &Space, k: usize| self.span_of_matrices(space.span(k), arrays[k], by_keys);
        let fits = |space: &Space| bound.iter().enumerate().all(|(k, b)| gpu.fits(b, used(space, k)));
        let args = self.args(arrays, by_keys);
        let tile_columns = (mode & CHUNKS) as usize * if gpu.is_software { BLOCK_COLUMNS } else { SIDE };
        for part in space.parts(&fits) {
            let operands: SmallVec<[Option<Bound>; 9]> =
                bound.iter().enumerate().map(|(k, b)| Some(Bound { span: used(&part, k), ..b.clone() })).collect();
            let tiles = |side: usize| part.count() * rows.div_ceil(side) * columns.div_ceil(tile_columns);
            let groups = if gpu.is_software { tiles(BLOCK).div_ceil(16) } else { tiles(SIDE) };
            let launch = Launch {
                family,
                op: "",
                compute: Stored::Float32,
                outputs,
                operands: &operands,
                space: &part,
                args: &args,
                packed: None,
                mode,
            };
            gpu.launch(launch, spread(groups))?;
        }
        Ok(())
    }

    /// The matrices: by heads of keys, each with its heads of queries one after the other, or all of these at once.
    fn space(&self, arrays: &[&Array], by_keys: bool) -> Space {
        let ([batch, heads], group) = (self.matrices, self.rule.group);
        let walks = arrays.iter().map(|array| {
            let (of_batch, of_head) = (array.layout.strides()[0], array.layout.strides()[1]);
            let strides = match (array.shape()[1] == heads * group, by_keys) {
                (true, false) => smallvec![of_batch, of_head * group as isize, of_head],
                (true, true) => smallvec![of_batch, of_head * group as isize],
                (false, false) => smallvec![of_batch, of_head, 0],
                (false, true) => smallvec![of_batch, of_head],
            };
            Walk { offset: array.layout.offset(), strides }
        });
        let shape = [batch, heads, group];
        Space::new(&shape[..if by_keys { 2 } else { 3 }], walks).merge()
    }

    /// What matrices span that begin at the elements of a span.
    fn span_of_matrices(&self, first: Range<usize>, array: &Array, by_keys: bool) -> Range<usize> {
        let of_heads = if by_keys && array.shape()[1] != self.matrices[1] { self.rule.group } else { 1 };
        let (shape, strides) = (array.shape(), array.layout.strides());
        let reach = |(size, stride): (usize, isize)| (size.max(1) - 1) as isize * stride;
        let dims = [(of_heads, strides[1]), (shape[2], strides[2]), (shape[3], strides[3])];
        let (low, high) =
            dims.into_iter().map(reach).fold((0, 0), |(low, high), reach| (low + reach.min(0), high + reach.max(0)));
        (first.start as isize + low) as usize..(first.end as isize + high) as usize
    }

    fn mode(&self, is_software: bool, columns: usize) -> u32 {
        let chunks = if is_software {
            BLOCKS | columns.div_ceil(BLOCK_COLUMNS).clamp(1, MAX_BLOCK_CHUNKS) as u32
        } else {
            columns.div_ceil(SIDE).clamp(1, MAX_CHUNKS) as u32
        };
        let flag = |set: bool, bit: u32| if set { bit } else { 0 };
        chunks | flag(self.rule.masked, MASKED) | flag(self.rule.dropout.is_some(), DROPOUT)
    }

    fn args(&self, arrays: &[&Array], by_keys: bool) -> SmallVec<[u32; ARGS]> {
        let stride = |array: &Array, d: usize| array.layout.strides()[d] as u32;
        let mut args: SmallVec<[u32; ARGS]> = smallvec![self.queries as u32, self.keys as u32];
        args.extend([self.width as u32, self.depth as u32, self.rule.causal as u32]);
        args.extend(arrays.iter().map(|array| stride(array, 2)));
        args.resize(14, 0);
        let mask = if self.rule.masked { arrays.last() } else { None };
        args.extend([mask.map_or(0, |mask| stride(mask, 3)), self.rule.group as u32]);
        args.extend(Stored::Float32.scalar_words(self.rule.scale.into()));
        let dropout = self.rule.dropout.unwrap_or(Dropout { probability: 0.0, seed: 0, offset: 0 });
        args.push((dropout.probability * 4_294_967_296.0) as u32);
        args.push((1.0 / (1.0 - dropout.probability) as f32).to_bits());
        args.extend(split(dropout.seed).into_iter().chain(split(dropout.offset)));
        debug_assert_eq!(args.len(), HEADS);
        if by_keys {
            args.extend([stride(arrays[2], 1), stride(arrays[3], 1), mask.map_or(0, |mask| stride(mask, 1))]);
        }
        args
    }
}

fn is_blocks(variant: &Variant) -> bool {
    variant.mode & BLOCKS != 0
}

/// What the passes share.
fn library(variant: &Variant) -> Vec<&'static str> {
    let shared = match is_blocks(variant) {
        true => include_str!("../../../../shaders/attention/blocks.wgsl"),
        false => include_str!("../../../../shaders/attention/tiles.wgsl"),
    };
    vec![shared, include_str!("../../../../shaders/attention/rules.wgsl")]
}

/// The functions that sum products, by their names and what they read; how many columns a workgroup or a thread has; and what
/// masks and dropout do.
fn values(variant: &Variant, dots: &[(&str, &str, &str)], weighted: &[(&str, &str)]) -> Values {
    let (dots_file, weighted_file) = match is_blocks(variant) {
        true => (
            include_str!("../../../../shaders/attention/block_dots.wgsl"),
            include_str!("../../../../shaders/attention/block_columns.wgsl"),
        ),
        false => {
            (include_str!("../../../../shaders/attention/dots.wgsl"), include_str!("../../../../shaders/attention/weighted.wgsl"))
        }
    };
    let dots =
        dots.iter().map(|(name, left, right)| substitute(dots_file, &[("name", *name), ("left", *left), ("right", *right)]));
    let weighted = weighted.iter().map(|(name, right)| substitute(weighted_file, &[("name", *name), ("right", *right)]));
    let chunks = (variant.mode & CHUNKS) as usize;
    let columns = chunks * if is_blocks(variant) { BLOCK_COLUMNS } else { SIDE };
    let mut values = vec![
        ("functions", dots.chain(weighted).collect()),
        ("chunks", chunks.to_string()),
        ("columns", columns.to_string()),
        ("vectors", (columns / 4).to_string()),
    ];
    values.extend(mask_values(variant));
    values.extend(dropout_values(variant));
    values
}

/// What a mask, the last operand, does to scores.
fn mask_values(variant: &Variant) -> [(&'static str, String); 4] {
    let last = variant.operands as usize - 1;
    let input = last - variant.outputs as usize;
    let at = "at + #ju * step";
    let (mask, is_masked) = match variant.slots[last].stored() {
        _ if variant.mode & MASKED == 0 => (String::new(), false),
        Some(Stored::Bool) => {
            (format!("    @each j 4: if (counts[#j] && load_in{input}({at}) == 0) {{ s[#j] = -infinity(); }}"), true)
        }
        _ => (format!("    @each j 4: if (counts[#j]) {{ s[#j] += read_in{input}({at}); }}"), true),
    };
    let or_zero = |text: String| if is_masked { text } else { "0u".into() };
    [
        ("mask", mask),
        ("mask_at", or_zero(format!("at[{last}]"))),
        ("mask_member", or_zero(format!("member * arg({}u)", HEADS + 2))),
        ("blind", if is_masked { "is_infinite(largest) && largest < 0.0".into() } else { "false".into() }),
    ]
}

/// What dropout does to weights.
fn dropout_values(variant: &Variant) -> [(&'static str, String); 3] {
    let (kept, along, thin) = match variant.mode & DROPOUT {
        0 => ("1.0", "vec4<f32>(1.0)", ""),
        _ => (
            "select(bitcast<f32>(arg(19u)), 0.0, dropout_words(matrix, query, key)[key / 8u % 4u] < arg(18u))",
            "select(vec4<f32>(bitcast<f32>(arg(19u))), vec4<f32>(), dropout_words(matrix, query, key) < vec4<u32>(arg(18u)))",
            "        share(lane, w * kept_along(matrix, query, key + lane % 8u));",
        ),
    };
    [("kept", kept.into()), ("kept_along", along.into()), ("thin", thin.into())]
}
