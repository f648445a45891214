//! Pointwise ops one after the other in one shader. A chain is what its text depends on; the arrays are those of a call.

use std::fmt::Write;
use std::sync::LazyLock;

use parking_lot::Mutex;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::shader::{Family, Harness, Stored, Values, Variant};

use super::pointwise::{CHOOSES, PARAMS, PREDICATE};

pub(crate) static CHAIN: Family = Family::new("Chain", Harness::Chain, |variant| {
    if variant.packed.is_some() {
        include_str!("../../../../shaders/chain_packed.wgsl")
    } else {
        include_str!("../../../../shaders/chain.wgsl")
    }
})
.values(values)
.args(ARGS);

/// Words of parameters.
pub(crate) const ARGS: usize = 40;
/// Calls of a chain after which it has a shader of its own: what is computed once or twice is not worth compiling for.
const WARM: u32 = 3;
/// Chains that have one at most, for they are kept.
const MOST: usize = 4096;

/// What becomes of an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Use {
    /// It is read, and what is written to it nobody will see.
    Read,
    /// It is written, and perhaps read before.
    Write,
    /// It is written, read by ops of the chain, and nobody else will see it.
    Passing,
}

/// Where an op has an input from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Origin {
    /// An array, by its place among those of the chain.
    Array(u8),
    /// A number among the parameters.
    Number,
}

/// One op.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Step {
    pub(crate) op: &'static str,
    /// As [`Variant::mode`] of the op's own shader.
    pub(crate) mode: u32,
    pub(crate) inputs: SmallVec<[Origin; 3]>,
    /// The array that it writes.
    pub(crate) out: u8,
}

/// All that the text of a chain depends on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Chain {
    pub(crate) compute: Stored,
    pub(crate) arrays: SmallVec<[(Stored, Use); 8]>,
    pub(crate) steps: Vec<Step>,
}

/// The chains that were met.
#[derive(Default)]
struct Known {
    calls: FxHashMap<Chain, u32>,
    named: FxHashMap<&'static str, Chain>,
    names: FxHashMap<Chain, &'static str>,
}

static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);

impl Chain {
    /// The name under which shaders find it, once it was called often enough.
    pub(crate) fn name(self) -> Option<&'static str> {
        let mut known = KNOWN.lock();
        if let Some(name) = known.names.get(&self) {
            return Some(name);
        }
        if known.calls.len() >= MOST {
            return None;
        }
        let calls = known.calls.entry(self.clone()).or_default();
        *calls += 1;
        (*calls >= WARM).then(|| known.give_name(self))
    }

    /// A name whatever was called before.
    #[cfg(test)]
    pub(crate) fn named(self) -> &'static str {
        KNOWN.lock().give_name(self)
    }

    /// The number of the array among the operands of a launch, outputs first; `None` for one that is not bound.
    pub(crate) fn operand(&self, array: usize) -> Option<usize> {
        let count = |wanted: Use, before: usize| self.arrays[..before].iter().filter(|(_, is)| *is == wanted).count();
        match self.arrays[array].1 {
            Use::Write => Some(count(Use::Write, array)),
            Use::Read => Some(count(Use::Write, self.arrays.len()) + count(Use::Read, array)),
            Use::Passing => None,
        }
    }

    /// How many arrays are written.
    pub(crate) fn outputs(&self) -> usize {
        self.arrays.iter().filter(|(_, is)| *is == Use::Write).count()
    }

    /// Elements a word of what is written and narrower than one; `None` where some have more than others.
    pub(crate) fn lanes(&self) -> Option<usize> {
        let mut lanes =
            self.arrays.iter().filter(|(_, is)| *is == Use::Write).map(|(stored, _)| stored.lanes()).filter(|&n| n > 1);
        let first = lanes.next().unwrap_or(1);
        lanes.all(|n| n == first).then_some(first)
    }

    fn slot_name(&self, array: usize) -> String {
        match (self.operand(array), self.outputs()) {
            (Some(k), outputs) if k < outputs => format!("out{k}"),
            (Some(k), outputs) => format!("in{}", k - outputs),
            (None, _) => format!("passing{array}"),
        }
    }
}

impl Known {
    fn give_name(&mut self, chain: Chain) -> &'static str {
        let ops: Vec<&str> = chain.steps.iter().map(|step| step.op).collect();
        let plain = ops.join(", ");
        let is_new = |name: &str| !self.named.contains_key(name);
        let numbered = (2..).map(|n| format!("{plain} ({n})"));
        // Names are for ever, as the shaders are that they stand for.
        let name: &'static str = std::iter::once(plain.clone()).chain(numbered).find(|name| is_new(name)).unwrap_or(plain).leak();
        self.named.insert(name, chain.clone());
        self.names.insert(chain, name);
        name
    }
}

/// The text of a chain.
struct Text<'a> {
    chain: &'a Chain,
    packed: bool,
    functions: String,
    steps: String,
    /// By which step each array was written last.
    written: Vec<Option<usize>>,
    /// Numbers among the parameters so far.
    numbers: usize,
}

fn values(variant: &Variant) -> Values {
    let known = KNOWN.lock();
    let Some(chain) = known.named.get(variant.op) else { return Vec::new() };
    let written = vec![None; chain.arrays.len()];
    let (functions, steps) = (String::new(), String::new());
    Text { chain, packed: variant.packed.is_some(), functions, steps, written, numbers: 0 }.values()
}

impl Text<'_> {
    fn values(mut self) -> Values {
        for (k, step) in self.chain.steps.iter().enumerate() {
            self.step(k, step);
        }
        let lanes = self.chain.lanes().unwrap_or(1);
        let (mut words, mut stores) = (String::new(), String::new());
        for array in 0..self.chain.arrays.len() {
            self.functions_of(array);
            if let (Use::Write, Some(step)) = (self.chain.arrays[array].1, self.written[array]) {
                self.store(array, step, &mut words, &mut stores);
            }
        }
        vec![
            ("functions", self.functions),
            ("steps", self.steps),
            ("words", words),
            ("stores", stores),
            ("a_word", lanes.to_string()),
            ("element_bits", (32 / lanes).to_string()),
        ]
    }

    fn step(&mut self, k: usize, step: &Step) {
        let mut arguments: SmallVec<[String; 4]> = SmallVec::new();
        for (n, &from) in step.inputs.iter().enumerate() {
            let truth = n == 0 && step.mode & CHOOSES != 0;
            arguments.push(match from {
                Origin::Number => self.number(),
                Origin::Array(array) => self.element(array.into(), truth),
            });
        }
        arguments.extend((0..step.mode & PARAMS).map(|_| self.number()));
        let call = format!("op_{}({})", step.op, arguments.join(", "));
        let result = if step.mode & PREDICATE != 0 { format!("truth({call})") } else { call };
        _ = writeln!(self.steps, "        let y{k} = {result};");
        self.written[step.out as usize] = Some(k);
    }

    fn number(&mut self) -> String {
        self.numbers += 1;
        format!("scalar_{}({}u)", self.chain.compute.suffix(), self.numbers - 1)
    }

    /// An element of an array as it is by now.
    fn element(&self, array: usize, truth: bool) -> String {
        match (self.written[array], self.chain.operand(array)) {
            (Some(step), _) => format!("{}{array}(y{step})", if truth { "kept_truth" } else { "kept" }),
            (None, operand) => {
                let (read, slot) = (if truth { "truthy" } else { "read" }, self.chain.slot_name(array));
                format!("{read}_{slot}(at[{}])", operand.unwrap_or_default())
            }
        }
    }

    /// What a number becomes in an array, and what a reader then has.
    fn functions_of(&mut self, array: usize) {
        let (compute, stored) = (self.chain.compute, self.chain.arrays[array].0);
        let (value, name) = (stored.value(), stored.name());
        let again = format!("let x = decode_{name}(encode_{name}(element{array}(y)));");
        _ = writeln!(self.functions, "fn element{array}(x: T) -> {value} {{ return {}; }}", stored.of_compute(compute));
        for (function, result) in [("kept", stored.to_compute(compute)), ("kept_truth", stored.truth_to_compute(compute))] {
            _ = writeln!(self.functions, "fn {function}{array}(y: T) -> T {{ {again} return {result}; }}");
        }
    }

    /// Stores what the last step left in an array.
    fn store(&mut self, array: usize, step: usize, words: &mut String, stores: &mut String) {
        let (stored, slot) = (self.chain.arrays[array].0, self.chain.slot_name(array));
        let (k, element) = (self.chain.operand(array).unwrap_or_default(), format!("element{array}(y{step})"));
        if !self.packed || !stored.is_narrow() {
            _ = writeln!(self.steps, "        store_{slot}(at[{k}], {element});");
            return;
        }
        let (name, lanes) = (stored.name(), stored.lanes());
        _ = writeln!(words, "    var bits{k} = 0u;");
        _ = writeln!(self.steps, "        bits{k} |= encode_{name}({element}) << (k * {}u);", 32 / lanes);
        let at = format!("(space.offset[{}][{}] + first) / {lanes}u", k / 4, k % 4);
        _ = writeln!(stores, "    let word{k} = {at};");
        _ = writeln!(stores, "    if (mask != 0xffffffffu) {{ bits{k} = (bits{k} & mask) | ({slot}[word{k}] & ~mask); }}");
        _ = writeln!(stores, "    {slot}[word{k}] = bits{k};");
    }
}
