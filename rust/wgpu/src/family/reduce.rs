//! Reductions over dimensions: in one launch, or chunk by chunk and then merged.

use ferrotorch_kernel::kernel::Reduction;
use ferrotorch_kernel::{Array, DType, Error, Layout, Operand, Result, Scalar};
use smallvec::{SmallVec, smallvec};

use super::lines::team;
use super::output;
use super::reductions::{Needs, Rule};
use crate::gpu::{Bound, Gpu, Launch, spread};
use crate::shader::{Family, Harness, Stored, Values, Variant};
use crate::space::{MAX_DIMS, Space, Walk};

pub(crate) static REDUCE: Family =
    Family::new("Reduce", Harness::Whole, |variant| file(variant.mode)).values(values).library(library);
pub(crate) static MERGE: Family =
    Family::new("ReduceMerge", Harness::Whole, |_| include_str!("../../../../shaders/reduce_merge.wgsl"))
        .values(values)
        .library(library);

/// What the folds of an op are written in.
fn library(variant: &Variant) -> Vec<&'static str> {
    let own = [include_str!("../../../../shaders/lib/reduce.wgsl"), include_str!("../../../../shaders/reduce/size.wgsl")];
    Rule::named(variant.op).texts().chain(own).collect()
}

/// Threads in a workgroup.
const GROUP: usize = 256;
/// Dimensions that the reduced part may have.
const REDUCED_DIMS: usize = 4;
/// `Variant::mode`: one thread a chunk instead of one workgroup.
const COLUMNS: u32 = 1;
/// `Variant::mode`: states are kept for merging.
const PARTIAL: u32 = 2;
/// `Variant::mode`: the input counts as true or false.
const TRUTH: u32 = 4;
/// `Variant::mode`: no chunk leaves a line, whose elements lie evenly spaced.
const LINES: u32 = 8;
/// Shortest chunks that are cut so that they do not leave their lines, and most of them.
const MIN_PIECE: usize = 64;
const MAX_CHUNKS: usize = 1024;

pub(crate) fn run(gpu: &Gpu, op: Reduction, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let (input, out) = (inputs[0].array()?, output(outputs, 0)?);
    if input.dtype.is_complex() && matches!(op, Reduction::Any | Reduction::All | Reduction::CountNonzero) {
        // Whether a number is zero is all that counts.
        let truth = gpu.empty_array(&Layout::contiguous(input.shape()), DType::Bool)?;
        super::copy::run(gpu, &inputs[..1], std::slice::from_ref(&truth))?;
        return run(gpu, op, &[Operand::Array(truth)], outputs);
    }
    if out.numel() == 0 {
        return Ok(());
    }
    if input.numel() == 0 {
        return outputs.iter().try_for_each(|out| super::fill::run(gpu, of_nothing(op, out.dtype)?, std::slice::from_ref(out)));
    }
    let call = Call::new(op, out.dtype)?;
    let plan = Plan::new(gpu.is_software, input, outputs);
    if plan.reduced.shape.len() > REDUCED_DIMS || plan.kept.shape.len() > MAX_DIMS {
        return run(gpu, op, &[Operand::Array(permuted_copy(gpu, input, out)?)], outputs);
    }
    let operands = outputs.iter().chain([input]).map(|array| gpu.bind(array).map(Some)).collect::<Result<SmallVec<[_; 3]>>>()?;
    if plan.chunks == 1 { reduce(gpu, &call, &plan, &operands) } else { reduce_in_chunks(gpu, &call, &plan, &operands) }
}

/// What a reduction of no elements comes to.
fn of_nothing(op: Reduction, dtype: DType) -> Result<Scalar> {
    match op {
        Reduction::Sum | Reduction::CountNonzero | Reduction::Any => Ok(Scalar::Int(0)),
        Reduction::Prod | Reduction::All => Ok(Scalar::Int(1)),
        Reduction::Mean if dtype.is_complex() => {
            let mut nothing = Scalar::Float(f64::NAN).to_complex();
            nothing.im = f64::NAN;
            Ok(Scalar::Complex(nothing))
        }
        Reduction::Mean | Reduction::Variance { .. } => Ok(Scalar::Float(f64::NAN)),
        Reduction::LogSumExp => Ok(Scalar::Float(f64::NEG_INFINITY)),
        Reduction::Norm { p } if p >= 0.0 => Ok(Scalar::Int(0)),
        _ => Err(Error::unsupported("an extremum of nothing")),
    }
}

/// The input as a copy in which the reduced dimensions come last, seen in its old shape.
fn permuted_copy(gpu: &Gpu, input: &Array, out: &Array) -> Result<Array> {
    let (reduced, kept): (Vec<usize>, Vec<usize>) = (0..input.layout.ndim()).partition(|&d| out.shape()[d] != input.shape()[d]);
    let order: Vec<usize> = kept.into_iter().chain(reduced).collect();
    let mut back = vec![0; order.len()];
    order.iter().enumerate().for_each(|(new, &old)| back[old] = new);
    let permuted = input.with_layout(input.layout.permute(&order));
    let dense = gpu.empty_array(&Layout::contiguous(permuted.shape()), input.dtype)?;
    super::copy::run(gpu, &[Operand::Array(permuted)], std::slice::from_ref(&dense))?;
    Ok(dense.with_layout(dense.layout.permute(&back)))
}

/// A reduction as it is computed.
struct Call {
    rule: &'static Rule,
    compute: Stored,
    parameter: f64,
    mode: u32,
}

impl Call {
    fn new(op: Reduction, out: DType) -> Result<Call> {
        let (rule, parameter) = Rule::of(op);
        let (compute, mode) = match (op, rule.needs) {
            (Reduction::CountNonzero, _) => (Stored::Int32, TRUTH),
            (_, Needs::Truth) => (Stored::Bool, 0),
            _ => (Stored::of(out.accumulate()), 0),
        };
        if !rule.is_computed_in(compute) {
            return Err(Error::unsupported(format!("{} in {}", rule.name, out.name())));
        }
        Ok(Call { rule, compute, parameter, mode })
    }

    /// How a state's numbers are kept between launches.
    fn kept_as(&self) -> Stored {
        if self.compute.is_narrow() { Stored::Int32 } else { self.compute }
    }
}

/// How the work is cut.
struct Plan {
    /// The dimensions that stay; outputs, then the input.
    kept: Space,
    /// The dimensions that go; the input.
    reduced: Space,
    columns: bool,
    /// Does every chunk lie in one line of the reduced space?
    lines: bool,
    chunks: usize,
    chunk: usize,
}

impl Plan {
    /// On a processor every thread has a chunk of its own: teams wait for each other longer than that takes.
    fn new(is_software: bool, input: &Array, outputs: &[Array]) -> Plan {
        let is_reduced = |d: usize| outputs[0].shape()[d] != input.shape()[d];
        let dims = |reduced: bool| (0..input.layout.ndim()).filter(move |&d| is_reduced(d) == reduced);
        let part = |layout: &Layout, reduced: bool, offset: usize| Walk {
            offset,
            strides: dims(reduced).map(|d| layout.strides()[d]).collect(),
        };
        let shape = |reduced: bool| dims(reduced).map(|d| input.shape()[d]).collect::<SmallVec<[usize; 8]>>();
        let walks = outputs.iter().chain([input]).map(|array| part(&array.layout, false, array.layout.offset()));
        let kept = Space::new(&shape(false), walks).sort().merge();
        let reduced = Space::new(&shape(true), [part(&input.layout, true, 0)]).sort().merge();
        let (outer, n) = (kept.count(), reduced.count());
        let step = |space: &Space, k: usize| {
            space.operands[k].strides.iter().map(|s| s.unsigned_abs()).filter(|&s| s > 0).min().unwrap_or(usize::MAX)
        };
        let columns = is_software || n <= 8 || (outer >= 64 && step(&kept, outputs.len()) < step(&reduced, 0));
        // Enough chunks to keep a GPU busy, few enough that merging them costs little.
        let wanted = if columns { (32_768 / outer).min(n / 256).max(n / 4096) } else { (512 / outer).min(n / 8192).max(n >> 20) };
        let chunk = n.div_ceil(wanted.clamp(1, MAX_CHUNKS));
        let piece = if columns && n > chunk { piece_of_line(&reduced, chunk) } else { None };
        let (lines, chunk) = (piece.is_some() || reduced.shape.len() <= 1, piece.unwrap_or(chunk));
        Plan { kept, reduced, columns, lines, chunks: n.div_ceil(chunk), chunk }
    }

    fn args(&self, call: &Call) -> SmallVec<[u32; 18]> {
        let mut args: SmallVec<[u32; 18]> =
            smallvec![self.reduced.count() as u32, self.chunk as u32, self.chunks as u32, self.reduced.shape.len() as u32];
        args.resize(16, 0);
        for (d, &n) in self.reduced.shape.iter().enumerate() {
            args[4 + d] = n as u32;
            args[8 + d] = self.reduced.operands[0].strides[d] as u32;
        }
        args[12] = self.team() as u32;
        args[13] = self.reduced.operands[0].strides.last().map_or(0, |&step| step as u32);
        args.extend(call.compute.scalar_words(call.parameter.into()));
        args
    }

    /// Threads that share a chunk.
    fn team(&self) -> usize {
        if self.columns { 1 } else { team(self.chunk, GROUP) }
    }

    /// Workgroups for the kept space or a part of it.
    fn groups(&self, outer: usize) -> [u32; 3] {
        spread((outer * self.chunks * self.team()).div_ceil(GROUP))
    }

    fn mode(&self, call: &Call) -> u32 {
        call.mode | if self.columns { COLUMNS } else { 0 } | if self.lines { LINES } else { 0 }
    }
}

/// The longest chunk, not longer than a given one, that divides the lines of a space: elements are found in it without divisions.
fn piece_of_line(reduced: &Space, chunk: usize) -> Option<usize> {
    let (n, line) = (reduced.count(), reduced.shape.last().copied()?);
    let is_piece = |&length: &usize| line.is_multiple_of(length) && n / length <= MAX_CHUNKS;
    (MIN_PIECE..=chunk.min(line)).rev().find(is_piece)
}

fn reduce(gpu: &Gpu, call: &Call, plan: &Plan, operands: &[Option<Bound>]) -> Result<()> {
    gpu.launch(
        Launch {
            family: &REDUCE,
            op: call.rule.name,
            compute: call.compute,
            outputs: operands.len() - 1,
            operands,
            space: &plan.kept,
            args: &plan.args(call),
            packed: None,
            mode: plan.mode(call),
        },
        plan.groups(plan.kept.count()),
    )
}

fn reduce_in_chunks(gpu: &Gpu, call: &Call, plan: &Plan, operands: &[Option<Bound>]) -> Result<()> {
    let outputs = operands.len() - 1;
    let numbers = plan.kept.count() * plan.chunks * call.rule.components;
    let states = gpu.allocate(numbers * call.kept_as().bytes())?;
    let states = Bound { block: states.block().clone(), stored: call.kept_as(), span: 0..numbers };
    let mut kept = plan.kept.clone();
    kept.operands.drain(..outputs);
    kept.operands.insert(0, Walk::fixed(kept.shape.len()));
    let args = plan.args(call);
    let chunks = Launch {
        family: &REDUCE,
        op: call.rule.name,
        compute: call.compute,
        outputs: 1,
        operands: &[Some(states.clone()), operands[outputs].clone()],
        space: &kept,
        args: &args,
        packed: None,
        mode: plan.mode(call) | PARTIAL,
    };
    gpu.launch(chunks, plan.groups(plan.kept.count()))?;
    let mut merged = plan.kept.clone();
    merged.operands[outputs] = Walk::fixed(merged.shape.len());
    let mut into: SmallVec<[Option<Bound>; 3]> = operands.into();
    into[outputs] = Some(states);
    let merge = Launch { family: &MERGE, outputs, operands: &into, space: &merged, mode: 0, ..chunks };
    gpu.launch(merge, spread(plan.kept.count().div_ceil(256)))
}

/// The file of a way to reduce.
fn file(mode: u32) -> &'static str {
    if mode & COLUMNS != 0 {
        include_str!("../../../../shaders/reduce_columns.wgsl")
    } else {
        include_str!("../../../../shaders/reduce_rows.wgsl")
    }
}

fn values(variant: &Variant) -> Values {
    const PARTS: [&str; 3] = ["x", "y", "z"];
    let n = Rule::named(variant.op).components;
    let emit = if variant.mode & PARTIAL == 0 {
        let mean = if variant.outputs == 2 { "\n    write_out1(at[1], state.y);" } else { "" };
        format!("    let at = locate(output);\n    write_out0(at[0], finish(state));{mean}")
    } else if n == 1 {
        "    write_out0(output * arg(2u) + chunk, state);".into()
    } else {
        let at = "(output * arg(2u) + chunk)";
        (0..n).map(|c| format!("    write_out0({n}u * {at} + {c}u, state.{});\n", PARTS[c])).collect()
    };
    let reads: Vec<String> = (0..n).map(|c| format!("read_in0({n}u * k + {c}u)")).collect();
    let read = match variant.slots[variant.outputs as usize].stored() {
        Some(input) if input.is_complex() && !variant.compute.is_complex() => "size_in0",
        _ if variant.mode & TRUTH != 0 => "truthy_in0",
        _ => "read_in0",
    };
    vec![
        ("emit", emit),
        ("read", read.into()),
        ("place", if variant.mode & LINES != 0 { "start + (i - begin) * arg(13u)" } else { "base + reduced(i)" }.into()),
        ("input", variant.outputs.to_string()),
        ("get_state", format!("State({})", reads.join(", "))),
    ]
}
