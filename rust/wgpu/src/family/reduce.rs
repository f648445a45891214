//! Reductions over dimensions: in one launch, or chunk by chunk and then merged.

use ferrotorch_kernel::kernel::Reduction;
use ferrotorch_kernel::{Array, DType, Error, Layout, Operand, Result};
use smallvec::{SmallVec, smallvec};

use super::lines::team;
use super::{output, real_only};
use crate::gpu::{Bound, Gpu, Launch, spread};
use crate::shader::{Family, Stored, Variant};
use crate::space::{MAX_DIMS, Space, Walk};

/// Threads in a workgroup.
const GROUP: usize = 256;
/// Dimensions that the reduced part may have.
const REDUCED_DIMS: usize = 4;
/// `Variant::mode`: one thread a chunk instead of one workgroup.
const COLUMNS: u8 = 1;
/// `Variant::mode`: states are kept for merging.
const PARTIAL: u8 = 2;
/// `Variant::mode`: the input counts as true or false.
const TRUTH: u8 = 4;

/// Reductions of floats only.
pub(crate) const FLOAT_OPS: [&str; 8] = ["mean", "norm_zero", "norm_one", "norm_two", "norm_max", "norm_min", "variance", "std"];
/// Reductions that need elementary functions, which GPUs have in float32 only.
pub(crate) const FLOAT32_OPS: [&str; 2] = ["norm_power", "log_sum_exp"];

pub(crate) fn run(gpu: &Gpu, op: Reduction, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let (input, out) = (inputs[0].array()?, output(outputs, 0)?);
    real_only(&[input, out])?;
    if out.numel() == 0 {
        return Ok(());
    }
    if input.numel() == 0 {
        return Err(Error::unsupported("a reduction of nothing"));
    }
    let rule = Rule::of(op, out.dtype)?;
    let plan = Plan::new(input, outputs);
    if plan.reduced.shape.len() > REDUCED_DIMS || plan.kept.shape.len() > MAX_DIMS {
        return run(gpu, op, &[Operand::Array(permuted_copy(gpu, input, out)?)], outputs);
    }
    let operands = outputs.iter().chain([input]).map(|array| gpu.bind(array).map(Some)).collect::<Result<SmallVec<[_; 3]>>>()?;
    if plan.chunks == 1 { reduce(gpu, &rule, &plan, &operands) } else { reduce_in_chunks(gpu, &rule, &plan, &operands) }
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

/// A reduction as the shaders know it.
struct Rule {
    op: &'static str,
    compute: Stored,
    parameter: f64,
    mode: u8,
}

impl Rule {
    fn of(op: Reduction, out: DType) -> Result<Rule> {
        let (name, parameter) = match op {
            Reduction::Sum => ("sum", 0.0),
            Reduction::CountNonzero => ("sum", 0.0),
            Reduction::Prod => ("prod", 0.0),
            Reduction::Mean => ("mean", 0.0),
            Reduction::Max => ("max", 0.0),
            Reduction::Min => ("min", 0.0),
            Reduction::Any => ("any", 0.0),
            Reduction::All => ("all", 0.0),
            Reduction::Norm { p } => (norm(p), p),
            Reduction::Variance { correction, sqrt: false } => ("variance", correction),
            Reduction::Variance { correction, sqrt: true } => ("std", correction),
            Reduction::LogSumExp => ("log_sum_exp", 0.0),
        };
        let (compute, mode) = match op {
            Reduction::Any | Reduction::All => (Stored::Bool, 0),
            Reduction::CountNonzero => (Stored::Int32, TRUTH),
            _ => (Stored::of(out.accumulate()), 0),
        };
        let computed = match compute {
            Stored::Float32 => true,
            Stored::Float64 => !FLOAT32_OPS.contains(&name),
            _ => !FLOAT32_OPS.contains(&name) && !FLOAT_OPS.contains(&name),
        };
        if !computed {
            return Err(Error::unsupported(format!("{name} in {}", out.name())));
        }
        Ok(Rule { op: name, compute, parameter, mode })
    }

    /// How a state's numbers are kept between launches.
    fn kept_as(&self) -> Stored {
        if self.compute.is_narrow() { Stored::Int32 } else { self.compute }
    }
}

fn norm(p: f64) -> &'static str {
    match p {
        0.0 => "norm_zero",
        1.0 => "norm_one",
        2.0 => "norm_two",
        f64::INFINITY => "norm_max",
        f64::NEG_INFINITY => "norm_min",
        _ => "norm_power",
    }
}

/// Numbers in the state of an op.
fn components(op: &str) -> usize {
    match op {
        "variance" | "std" => 3,
        "log_sum_exp" => 2,
        _ => 1,
    }
}

/// How the work is cut.
struct Plan {
    /// The dimensions that stay; outputs, then the input.
    kept: Space,
    /// The dimensions that go; the input.
    reduced: Space,
    columns: bool,
    chunks: usize,
    chunk: usize,
}

impl Plan {
    fn new(input: &Array, outputs: &[Array]) -> Plan {
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
        let columns = n <= 8 || (outer >= 64 && step(&kept, outputs.len()) < step(&reduced, 0));
        // Enough chunks to keep a GPU busy, few enough that merging them costs little.
        let wanted = if columns { (32_768 / outer).min(n / 256).max(n / 4096) } else { (512 / outer).min(n / 8192).max(n >> 20) };
        let chunk = n.div_ceil(wanted.clamp(1, 1024));
        Plan { kept, reduced, columns, chunks: n.div_ceil(chunk), chunk }
    }

    fn args(&self, rule: &Rule) -> SmallVec<[u32; 18]> {
        let mut args: SmallVec<[u32; 18]> =
            smallvec![self.reduced.count() as u32, self.chunk as u32, self.chunks as u32, self.reduced.shape.len() as u32];
        args.resize(16, 0);
        for (d, &n) in self.reduced.shape.iter().enumerate() {
            args[4 + d] = n as u32;
            args[8 + d] = self.reduced.operands[0].strides[d] as u32;
        }
        args[12] = self.team() as u32;
        args.extend(rule.compute.scalar_words(rule.parameter.into()));
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

    fn mode(&self, rule: &Rule) -> u8 {
        rule.mode | if self.columns { COLUMNS } else { 0 }
    }
}

fn reduce(gpu: &Gpu, rule: &Rule, plan: &Plan, operands: &[Option<Bound>]) -> Result<()> {
    gpu.launch(
        Launch {
            family: Family::Reduce,
            op: rule.op,
            compute: rule.compute,
            outputs: operands.len() - 1,
            operands,
            space: &plan.kept,
            args: &plan.args(rule),
            packed: false,
            mode: plan.mode(rule),
        },
        plan.groups(plan.kept.count()),
    )
}

fn reduce_in_chunks(gpu: &Gpu, rule: &Rule, plan: &Plan, operands: &[Option<Bound>]) -> Result<()> {
    let outputs = operands.len() - 1;
    let numbers = plan.kept.count() * plan.chunks * components(rule.op);
    let states = gpu.allocate(numbers * rule.kept_as().bytes())?;
    let states = Bound { block: states.block().clone(), stored: rule.kept_as(), span: 0..numbers };
    let mut kept = plan.kept.clone();
    kept.operands.drain(..outputs);
    kept.operands.insert(0, Walk::fixed(kept.shape.len()));
    let args = plan.args(rule);
    let chunks = Launch {
        family: Family::Reduce,
        op: rule.op,
        compute: rule.compute,
        outputs: 1,
        operands: &[Some(states.clone()), operands[outputs].clone()],
        space: &kept,
        args: &args,
        packed: false,
        mode: plan.mode(rule) | PARTIAL,
    };
    gpu.launch(chunks, plan.groups(plan.kept.count()))?;
    let mut merged = plan.kept.clone();
    merged.operands[outputs] = Walk::fixed(merged.shape.len());
    let mut into: SmallVec<[Option<Bound>; 3]> = operands.into();
    into[outputs] = Some(states);
    let merge = Launch { family: Family::ReduceMerge, outputs, operands: &into, space: &merged, mode: 0, ..chunks };
    gpu.launch(merge, spread(plan.kept.count().div_ceil(256)))
}

/// The file of a reduction's functions.
pub(crate) fn op_file(op: &str) -> &'static str {
    match op {
        "sum" => include_str!("../../../../shaders/reduce/sum.wgsl"),
        "prod" => include_str!("../../../../shaders/reduce/prod.wgsl"),
        "mean" => include_str!("../../../../shaders/reduce/mean.wgsl"),
        "max" => include_str!("../../../../shaders/reduce/max.wgsl"),
        "min" => include_str!("../../../../shaders/reduce/min.wgsl"),
        "any" => include_str!("../../../../shaders/reduce/any.wgsl"),
        "all" => include_str!("../../../../shaders/reduce/all.wgsl"),
        "norm_zero" => include_str!("../../../../shaders/reduce/norm_zero.wgsl"),
        "norm_one" => include_str!("../../../../shaders/reduce/norm_one.wgsl"),
        "norm_two" => include_str!("../../../../shaders/reduce/norm_two.wgsl"),
        "norm_max" => include_str!("../../../../shaders/reduce/norm_max.wgsl"),
        "norm_min" => include_str!("../../../../shaders/reduce/norm_min.wgsl"),
        "norm_power" => include_str!("../../../../shaders/reduce/norm_power.wgsl"),
        "variance" => include_str!("../../../../shaders/reduce/variance.wgsl"),
        "std" => include_str!("../../../../shaders/reduce/std.wgsl"),
        _ => include_str!("../../../../shaders/reduce/log_sum_exp.wgsl"),
    }
}

/// The file of a way to reduce.
pub(crate) fn file(mode: u8) -> &'static str {
    if mode & COLUMNS != 0 {
        include_str!("../../../../shaders/reduce_columns.wgsl")
    } else {
        include_str!("../../../../shaders/reduce_rows.wgsl")
    }
}

pub(crate) fn values(variant: &Variant) -> Vec<(&'static str, String)> {
    const PARTS: [&str; 3] = ["x", "y", "z"];
    let n = components(variant.op);
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
    let read = if variant.mode & TRUTH != 0 { "truthy_in0" } else { "read_in0" };
    vec![
        ("emit", emit),
        ("read", read.into()),
        ("input", variant.outputs.to_string()),
        ("get_state", format!("State({})", reads.join(", "))),
    ]
}
