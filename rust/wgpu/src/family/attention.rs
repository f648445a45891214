//! Attention without the matrix of scores, and its gradients.

use std::ops::Range;

use ferrotorch_kernel::{Array, DType, Error, Layout, Operand, Result};
use smallvec::{SmallVec, smallvec};

use super::output;
use crate::gpu::{Bound, Gpu, Launch, spread};
use crate::shader::template::substitute;
use crate::shader::{Family, Harness, Stored, Values, Variant};
use crate::space::{Space, Walk};

pub(crate) static ATTENTION: Family =
    Family::new("Attention", Harness::Whole, |_| include_str!("../../../../shaders/attention.wgsl"))
        .values(|variant| values(variant, &[("scores", "in0", "in1")], &[("of_values", "in2")]))
        .library(|_| vec![TILES]);
pub(crate) static GRAD_QUERIES: Family =
    Family::new("AttentionGradQueries", Harness::Whole, |_| include_str!("../../../../shaders/attention_grad_queries.wgsl"))
        .values(|variant| values(variant, &[("scores", "in1", "in2"), ("slopes", "in0", "in3")], &[("of_keys", "in2")]))
        .library(|_| vec![TILES]);
pub(crate) static GRAD_KEYS: Family =
    Family::new("AttentionGradKeys", Harness::Whole, |_| include_str!("../../../../shaders/attention_grad_keys.wgsl"))
        .values(|variant| {
            let sums = [("of_gradients", "in0"), ("of_queries", "in1")];
            values(variant, &[("scores", "in2", "in1"), ("slopes", "in3", "in0")], &sums)
        })
        .library(|_| vec![TILES]);
pub(crate) static DOTS: Family =
    Family::new("AttentionDots", Harness::Elementwise, |_| include_str!("../../../../shaders/attention_dots.wgsl"));

const TILES: &str = include_str!("../../../../shaders/attention/tiles.wgsl");
/// Queries, keys and columns of a tile.
const SIDE: usize = 32;
/// `Variant::mode`: tiles of columns that a workgroup sums at most; wider results are shared out among workgroups.
pub(crate) const MAX_CHUNKS: usize = 4;
/// Rounds of all loops of a thread: there are drivers that cut longer loops off.
const MAX_ROUNDS: usize = 60_000;

/// Sizes of a call, and what else there is to know.
struct Call {
    matrices: [usize; 2],
    queries: usize,
    keys: usize,
    width: usize,
    depth: usize,
    scale: f64,
    causal: bool,
}

pub(crate) fn run(gpu: &Gpu, scale: f64, causal: bool, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let [q, k, v] = [inputs[0].array()?, inputs[1].array()?, inputs[2].array()?];
    let call = Call::new([q, k, v], scale, causal)?;
    let tiles = call.queries.div_ceil(SIDE);
    call.launch(gpu, &ATTENTION, 2, &[output(outputs, 0)?, output(outputs, 1)?, q, k, v], tiles, call.depth)
}

pub(crate) fn run_grad(gpu: &Gpu, scale: f64, causal: bool, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let arrays = inputs.iter().map(Operand::array).collect::<Result<SmallVec<[&Array; 6]>>>()?;
    let &[g, q, k, v, out, sums] = arrays.as_slice() else {
        return Err(Error::runtime("the gradient of attention was launched without one of its inputs"));
    };
    let call = Call::new([q, k, v], scale, causal)?;
    let dots = gpu.empty_array(&Layout::contiguous(sums.shape()), DType::Float32)?;
    call.row_dots(gpu, g, out, &dots)?;
    let [of_q, of_k, of_v] = [output(outputs, 0)?, output(outputs, 1)?, output(outputs, 2)?];
    call.launch(gpu, &GRAD_QUERIES, 1, &[of_q, g, q, k, v, sums, &dots], call.queries.div_ceil(SIDE), call.width)?;
    let (tiles, columns) = (call.keys.div_ceil(SIDE), call.width.max(call.depth));
    call.launch(gpu, &GRAD_KEYS, 2, &[of_k, of_v, g, q, k, v, sums, &dots], tiles, columns)
}

impl Call {
    fn new([q, k, v]: [&Array; 3], scale: f64, causal: bool) -> Result<Call> {
        let (&[batch, heads, queries, width], &[_, _, keys, _], &[_, _, _, depth]) = (q.shape(), k.shape(), v.shape()) else {
            return Err(Error::runtime("attention: arrays of four dimensions are needed"));
        };
        if q.dtype.accumulate() != DType::Float32 {
            return Err(Error::unsupported(format!("attention in {}", q.dtype.name())));
        }
        let call = Call { matrices: [batch, heads], queries, keys, width, depth, scale, causal };
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
        let space = &Space::new(&[batch, heads, self.queries], [rows(dots, 3), rows(g, 2), rows(out, 2)]).merge();
        let (compute, args) = (Stored::Float32, &[self.depth as u32]);
        gpu.elementwise(Launch {
            family: &DOTS,
            op: "",
            compute,
            outputs: 1,
            operands: &operands,
            space,
            args,
            packed: false,
            mode: 0,
        })
    }

    /// Launches a pass whose workgroups each have one of `tiles` tiles of a batch, and some of the columns of the results; in parts
    /// where the batches are too large to bind together.
    fn launch(
        &self,
        gpu: &Gpu,
        family: &'static Family,
        outputs: usize,
        arrays: &[&Array],
        tiles: usize,
        columns: usize,
    ) -> Result<()> {
        let bound = arrays.iter().map(|array| gpu.bind(array)).collect::<Result<SmallVec<[Bound; 8]>>>()?;
        let walks = arrays.iter().map(|a| Walk { offset: a.layout.offset(), strides: a.layout.strides()[..2].into() });
        let used = |space: &Space, k: usize| matrices_span(space.span(k), &arrays[k].layout);
        let fits = |space: &Space| bound.iter().enumerate().all(|(k, b)| gpu.fits(b, used(space, k)));
        // Drivers for processors take seconds to compile what is unrolled further.
        let chunks = columns.div_ceil(SIDE).clamp(1, if gpu.is_software { 2 } else { MAX_CHUNKS });
        let mut args: SmallVec<[u32; 18]> = smallvec![self.queries as u32, self.keys as u32];
        args.extend([self.width as u32, self.depth as u32, self.causal as u32]);
        args.extend(arrays.iter().map(|array| array.layout.strides()[2] as u32));
        args.resize(16, 0);
        args.extend(Stored::Float32.scalar_words(self.scale.into()));
        for part in Space::new(&self.matrices, walks).merge().parts(&fits) {
            let operands: SmallVec<[Option<Bound>; 8]> =
                bound.iter().enumerate().map(|(k, b)| Some(Bound { span: used(&part, k), ..b.clone() })).collect();
            let groups = part.count() * tiles * columns.div_ceil(chunks * SIDE);
            let launch = Launch {
                family,
                op: "",
                compute: Stored::Float32,
                outputs,
                operands: &operands,
                space: &part,
                args: &args,
                packed: false,
                mode: chunks as u8,
            };
            gpu.launch(launch, spread(groups))?;
        }
        Ok(())
    }
}

/// What matrices span that begin at the elements of a span.
fn matrices_span(first: Range<usize>, layout: &Layout) -> Range<usize> {
    let reach = |d: usize| (layout.shape()[d].max(1) - 1) as isize * layout.strides()[d];
    let (low, high) = (2..4).map(reach).fold((0, 0), |(low, high), reach| (low + reach.min(0), high + reach.max(0)));
    (first.start as isize + low) as usize..(first.end as isize + high) as usize
}

/// The functions that sum products, by their names and what they read, and how many columns a workgroup has.
fn values(variant: &Variant, dots: &[(&str, &str, &str)], weighted: &[(&str, &str)]) -> Values {
    let dots = dots.iter().map(|(name, left, right)| {
        let names = [("name", *name), ("left", *left), ("right", *right)];
        substitute(include_str!("../../../../shaders/attention/dots.wgsl"), &names)
    });
    let weighted = weighted.iter().map(|(name, right)| {
        substitute(include_str!("../../../../shaders/attention/weighted.wgsl"), &[("name", *name), ("right", *right)])
    });
    let chunks = usize::from(variant.mode);
    vec![("functions", dots.chain(weighted).collect()), ("chunks", chunks.to_string()), ("columns", (chunks * SIDE).to_string())]
}
