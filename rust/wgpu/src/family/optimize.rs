//! Optimizer steps: a launch for several parameters where their arrays are dense, else one for each.

use ferrotorch_kernel::kernel::OptimizerRule;
use ferrotorch_kernel::{Array, DType, Error, Operand, Result};
use smallvec::SmallVec;

use super::real_only;
use crate::gpu::{Bound, Gpu, Launch, spread};
use crate::shader::{Family, Harness, Stored, Values, Variant};
use crate::space::{Space, Walk};

pub(crate) static OPTIMIZE: Family =
    Family::new("Optimize", Harness::Whole, root).values(values).library(|variant| vec![file(variant.op)]).args(SIZES + MEMBERS);

/// `Variant::mode` of SGD: there is a momentum buffer, it begins with the gradient, Nesterov's variant.
const MOMENTUM: u32 = 1;
const FIRST: u32 = 2;
const NESTEROV: u32 = 4;
/// `Variant::mode` of Adam.
const AMSGRAD: u32 = 1;
/// `Variant::mode` of RMSprop, beside `MOMENTUM`: the mean of the gradients is subtracted.
const CENTERED: u32 = 2;
/// `Variant::mode`: the number of parameters, where there are several, stands from this bit on.
const MEMBERS_SHIFT: u32 = 4;

/// Parameters that a launch takes, and the first of the arguments with their sizes.
pub(crate) const MEMBERS: usize = 8;
const SIZES: usize = 20;
/// Threads that a processor is kept busy by, and elements of a parameter that a thread goes over at most.
const FEW_THREADS: usize = 1 << 12;
const MAX_ROUNDS: usize = 1 << 14;
/// Elements that a launch takes.
const MAX_ELEMENTS: usize = 1 << 31;

pub(crate) fn run(gpu: &Gpu, rule: &OptimizerRule, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let step = Step::of(rule);
    // Nothing may be written before it is known that everything can be.
    for array in outputs {
        real_only(&[array])?;
        let stored = Stored::of(array.dtype);
        if !array.dtype.is_float() || !gpu.computes(stored) || !gpu.binds_whole(&gpu.bind(array)?) {
            return Err(Error::unsupported(format!("an optimizer step in {}", array.dtype.name())));
        }
    }
    let kinds = 2 + rule.states();
    let mut group = Group { most: MEMBERS.min(gpu.max_buffers / kinds).max(1), members: Vec::new() };
    for (gradient, arrays) in inputs.iter().zip(outputs.chunks(kinds - 1)) {
        let member = Member { arrays, gradient: gradient.array()? };
        if member.is_empty() {
            continue;
        }
        if !member.is_dense() {
            update(gpu, &step, &member)?;
            continue;
        }
        if !group.takes(&member) {
            group.update(gpu, &step)?;
        }
        group.members.push(member);
    }
    group.update(gpu, &step)
}

/// A parameter with its states, and its gradient.
struct Member<'a> {
    arrays: &'a [Array],
    gradient: &'a Array,
}

impl Member<'_> {
    fn all(&self) -> impl Iterator<Item = &Array> + Clone {
        self.arrays.iter().chain([self.gradient])
    }

    fn is_empty(&self) -> bool {
        self.gradient.numel() == 0
    }

    /// Do all arrays begin with their blocks and lie in memory alike?
    fn is_dense(&self) -> bool {
        self.all().all(|array| array.layout.is_contiguous() && array.layout.offset() == 0) && self.gradient.numel() < MAX_ELEMENTS
    }

    fn dtypes(&self) -> (DType, DType) {
        (self.arrays[0].dtype, self.gradient.dtype)
    }
}

/// Parameters that are updated in one launch.
struct Group<'a> {
    most: usize,
    members: Vec<Member<'a>>,
}

impl<'a> Group<'a> {
    /// May another parameter join? The same one must not be there twice.
    fn takes(&self, member: &Member<'a>) -> bool {
        let elements = self.members.iter().map(|m| m.gradient.numel()).sum::<usize>() + member.gradient.numel();
        let fits =
            |other: &Member| other.dtypes() == member.dtypes() && !other.arrays[0].storage.ptr_eq(&member.arrays[0].storage);
        self.members.len() < self.most && elements < MAX_ELEMENTS && self.members.iter().all(fits)
    }

    /// Updates all members, after which there are none.
    fn update(&mut self, gpu: &Gpu, step: &Step) -> Result<()> {
        let members = std::mem::take(&mut self.members);
        let [first, _, ..] = &members[..] else {
            return members.first().map_or(Ok(()), |only| update(gpu, step, only));
        };
        let compute = Stored::of(first.arrays[0].dtype.accumulate());
        let arrays = members.iter().flat_map(|m| m.arrays).chain(members.iter().map(|m| m.gradient));
        let operands = arrays.map(|array| gpu.bind(array).map(Some)).collect::<Result<SmallVec<[Option<Bound>; 32]>>>()?;
        let mut args = step.args(compute);
        args.resize(SIZES, 0);
        args.extend(members.iter().map(|m| m.gradient.numel() as u32));
        let elements = members.iter().map(|m| m.gradient.numel()).sum::<usize>();
        let launch = Launch {
            family: &OPTIMIZE,
            op: step.op,
            compute,
            outputs: members.len() * first.arrays.len(),
            operands: &operands,
            space: &Space::new(&[elements], [Walk::fixed(1)]),
            args: &args,
            packed: None,
            mode: step.mode | (members.len() as u32) << MEMBERS_SHIFT,
        };
        let longest = members.iter().map(|m| m.gradient.numel()).max().unwrap_or(0);
        let threads = if gpu.is_software { longest.min(FEW_THREADS) } else { longest };
        gpu.launch(launch, spread(threads.max(longest.div_ceil(MAX_ROUNDS)).div_ceil(256)))
    }
}

/// Updates one parameter, whatever its arrays lie like.
fn update(gpu: &Gpu, step: &Step, member: &Member) -> Result<()> {
    let compute = Stored::of(member.arrays[0].dtype.accumulate());
    let operands = member.all().map(|array| gpu.bind(array).map(Some)).collect::<Result<SmallVec<[Option<Bound>; 5]>>>()?;
    let space = Space::new(member.gradient.shape(), member.all().map(|array| Walk::of(&array.layout))).sort().merge();
    let args = step.args(compute);
    for part in space.parts(&|_| true) {
        let groups = spread(part.count().div_ceil(256));
        let launch = Launch {
            family: &OPTIMIZE,
            op: step.op,
            compute,
            outputs: member.arrays.len(),
            operands: &operands,
            space: &part,
            args: &args,
            packed: None,
            mode: step.mode,
        };
        gpu.launch(launch, groups)?;
    }
    Ok(())
}

/// A rule as its shader takes it.
struct Step {
    op: &'static str,
    mode: u32,
    numbers: SmallVec<[f64; 10]>,
}

impl Step {
    fn args(&self, compute: Stored) -> SmallVec<[u32; 24]> {
        self.numbers.iter().flat_map(|&x| compute.scalar_words(x.into())).collect()
    }

    fn of(rule: &OptimizerRule) -> Step {
        let flag = |set: bool, bit: u32| if set { bit } else { 0 };
        let sign = |maximize: bool| if maximize { -1.0 } else { 1.0 };
        match *rule {
            OptimizerRule::Sgd { lr, momentum, dampening, weight_decay, nesterov, maximize, first } => Step {
                op: "sgd",
                mode: flag(momentum != 0.0, MOMENTUM) | flag(first, FIRST) | flag(nesterov, NESTEROV),
                numbers: SmallVec::from_slice(&[lr, momentum, 1.0 - dampening, weight_decay, sign(maximize)]),
            },
            OptimizerRule::Adam { lr, beta1, beta2, eps, weight_decay, amsgrad, maximize, decoupled, step } => Step {
                op: "adam",
                mode: flag(amsgrad, AMSGRAD),
                numbers: SmallVec::from_slice(&[
                    lr / (1.0 - beta1.powf(step)),
                    beta1,
                    beta2,
                    eps,
                    if decoupled { 0.0 } else { weight_decay },
                    sign(maximize),
                    if decoupled { 1.0 - lr * weight_decay } else { 1.0 },
                    1.0 / (1.0 - beta2.powf(step)).sqrt(),
                    1.0 - beta1,
                    1.0 - beta2,
                ]),
            },
            OptimizerRule::RmsProp { lr, alpha, eps, weight_decay, momentum, centered, maximize } => Step {
                op: "rmsprop",
                mode: flag(momentum > 0.0, MOMENTUM) | flag(centered, CENTERED),
                numbers: SmallVec::from_slice(&[lr, alpha, 1.0 - alpha, eps, weight_decay, momentum, sign(maximize)]),
            },
            OptimizerRule::Adagrad { lr, eps, weight_decay, maximize } => {
                Step { op: "adagrad", mode: 0, numbers: SmallVec::from_slice(&[lr, eps, weight_decay, sign(maximize)]) }
            }
        }
    }
}

/// The file that goes over the elements of one parameter, or of several.
fn root(variant: &Variant) -> &'static str {
    if variant.mode >> MEMBERS_SHIFT == 0 {
        include_str!("../../../../shaders/optimize.wgsl")
    } else {
        include_str!("../../../../shaders/optimize_group.wgsl")
    }
}

/// The file of a rule's step.
fn file(op: &str) -> &'static str {
    match op {
        "sgd" => include_str!("../../../../shaders/optimize/sgd.wgsl"),
        "rmsprop" => include_str!("../../../../shaders/optimize/rmsprop.wgsl"),
        "adagrad" => include_str!("../../../../shaders/optimize/adagrad.wgsl"),
        _ => include_str!("../../../../shaders/optimize/adam.wgsl"),
    }
}

fn values(variant: &Variant) -> Values {
    let mut values = match variant.op {
        "sgd" => sgd_values(variant),
        "rmsprop" => rmsprop_values(variant),
        "adam" => {
            let amsgrad = if variant.mode & AMSGRAD == 0 { "" } else { "    v = max(v, get3(at));\n    put3(at, v);" };
            vec![("amsgrad", amsgrad.into())]
        }
        _ => Vec::new(),
    };
    values.push(("access", access(variant)));
    values.push(("members", (variant.mode >> MEMBERS_SHIFT).to_string()));
    values
}

/// The functions that read and write the parameter (0), its states and its gradient.
fn access(variant: &Variant) -> String {
    let members = (variant.mode >> MEMBERS_SHIFT).max(1) as usize;
    let kinds = variant.outputs as usize / members;
    let place = |k: usize| if variant.mode >> MEMBERS_SHIFT == 0 { format!("at[{k}]") } else { "at.i".into() };
    let mut text = String::new();
    for k in 0..kinds {
        let get = by_member(members, |m| format!("x = read_out{}({});", m * kinds + k, place(k)));
        let put = by_member(members, |m| format!("write_out{}({}, x);", m * kinds + k, place(k)));
        text += &format!("fn get{k}(at: Place) -> T {{\n    var x: T;\n{get}    return x;\n}}\n\n");
        text += &format!("fn put{k}(at: Place, x: T) {{\n{put}}}\n\n");
    }
    let get = by_member(members, |m| format!("x = read_in{m}({});", place(kinds)));
    text + &format!("fn gradient(at: Place) -> T {{\n    var x: T;\n{get}    return x;\n}}\n")
}

/// A statement for each member, of which that of the place's own is run.
fn by_member(members: usize, statement: impl Fn(usize) -> String) -> String {
    if members == 1 {
        return format!("    {}\n", statement(0));
    }
    let case = |m: usize| if m + 1 == members { "default".into() } else { format!("case {m}u") };
    let cases: String =
        (0..members).map(|m| format!("        {}: {{\n            {}\n        }}\n", case(m), statement(m))).collect();
    format!("    switch at.member {{\n{cases}    }}\n")
}

fn sgd_values(variant: &Variant) -> Vec<(&'static str, String)> {
    let t = variant.compute.value();
    if variant.mode & MOMENTUM == 0 {
        return vec![("momentum", "    let d = g;".into())];
    }
    let buffer = match variant.mode & FIRST {
        0 => format!("scalar_{t}(1u) * get1(at) + scalar_{t}(2u) * g"),
        _ => "g".into(),
    };
    let direction = if variant.mode & NESTEROV != 0 { format!("g + scalar_{t}(1u) * b") } else { "b".into() };
    vec![("momentum", format!("    let b = {buffer};\n    put1(at, b);\n    let d = {direction};"))]
}

fn rmsprop_values(variant: &Variant) -> Vec<(&'static str, String)> {
    let t = variant.compute.value();
    let (mut centered, mut momentum) = (String::new(), String::new());
    if variant.mode & CENTERED != 0 {
        // The mean of the gradients is the last state.
        let k = u32::from(variant.outputs) / (variant.mode >> MEMBERS_SHIFT).max(1) - 1;
        centered = format!(
            "    let mean = scalar_{t}(1u) * get{k}(at) + scalar_{t}(2u) * g;\n    put{k}(at, mean);\n    \
             spread -= mean * mean;"
        );
    }
    if variant.mode & MOMENTUM != 0 {
        momentum = format!("    d += scalar_{t}(5u) * get2(at);\n    put2(at, d);");
    }
    vec![("centered", centered), ("momentum", momentum)]
}
