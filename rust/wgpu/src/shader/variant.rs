//! One specialisation of a shader: the key under which its pipeline is kept, and its text.

use std::hash::{Hash, Hasher};

use super::family::{Family, Fault, Harness};
use super::stored::Stored;
use super::template::{Library, substitute};
use crate::space::offsets;

/// Most operands that a shader can have, the status buffer counted in.
pub(crate) const MAX_SLOTS: usize = 32;

/// Slot of the status buffer, in shaders that check indices.
pub(crate) const STATUS: usize = MAX_SLOTS - 1;

/// What an operand is to a shader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Slot {
    /// Not there, or a number among the parameters.
    Absent,
    /// Read through the binding of slot `var`: its own, or that of an output in the same buffer, since a buffer
    /// cannot be bound both for reading and for writing.
    Read { stored: Stored, var: u8 },
    /// Written, and perhaps read.
    Write { stored: Stored, var: u8 },
}

/// How threads that write whole words, of several elements each, share them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Words {
    /// No two threads write the same word.
    Own,
    /// Rows of the output may share the words at their ends.
    Shared,
}

/// How elements are found in spaces of few dimensions.
const LOCATE: [&str; 3] = [
    include_str!("../../../../shaders/lib/flat.wgsl"),
    include_str!("../../../../shaders/lib/plane.wgsl"),
    include_str!("../../../../shaders/lib/cube.wgsl"),
];

/// Everything that the text of a shader depends on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Variant {
    pub(crate) family: &'static Family,
    /// Name of the op, for families that have several.
    pub(crate) op: &'static str,
    /// What is computed in.
    pub(crate) compute: Stored,
    /// Outputs, then inputs.
    pub(crate) slots: [Slot; MAX_SLOTS],
    /// How many of the slots are outputs, and how many there are.
    pub(crate) outputs: u8,
    pub(crate) operands: u8,
    /// How many of the operands the space leads through.
    pub(crate) walks: u8,
    /// Does each thread write whole words of the output? Otherwise it writes single elements.
    pub(crate) packed: Option<Words>,
    /// Dimensions of the space, where there are so few that elementwise families find elements without a loop; otherwise 0.
    pub(crate) rank: u8,
    /// What else the family chooses by: a way through memory, the number of parameters.
    pub(crate) mode: u32,
}

/// Without the slots that are not in use.
impl Variant {
    fn key(&self) -> (&'static Family, &'static str, Stored, &[Slot], [u8; 5], u32) {
        let numbers = [self.outputs, self.operands, self.walks, self.packed.map_or(0, |words| 1 + words as u8), self.rank];
        (self.family, self.op, self.compute, &self.slots[..self.operands as usize], numbers, self.mode)
    }
}

impl PartialEq for Variant {
    fn eq(&self, other: &Variant) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Variant {}

impl Hash for Variant {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

impl Slot {
    pub(crate) fn stored(self) -> Option<Stored> {
        match self {
            Slot::Absent => None,
            Slot::Read { stored, .. } | Slot::Write { stored, .. } => Some(stored),
        }
    }

    fn var(self) -> Option<u8> {
        match self {
            Slot::Absent => None,
            Slot::Read { var, .. } | Slot::Write { var, .. } => Some(var),
        }
    }
}

/// How a shader uses a binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Binding {
    Read,
    Write,
    Atomic,
}

impl Variant {
    /// The highest rank that there is.
    #[cfg(test)]
    pub(crate) const MAX_RANK: u8 = LOCATE.len() as u8;

    /// What a family has to know of the dimensions of a space.
    pub(crate) fn rank_of(family: &Family, ndim: usize) -> u8 {
        if family.is_ranked() && ndim <= LOCATE.len() { ndim as u8 } else { 0 }
    }

    /// The bindings in use, by slot.
    pub(crate) fn bindings(&self) -> impl Iterator<Item = (usize, Binding)> {
        let own = (0..self.operands as usize).filter(|&k| self.slots[k].var() == Some(k as u8));
        own.map(|k| (k, self.binding(k as u8))).chain(self.reports().then_some((STATUS, Binding::Atomic)))
    }

    /// May the shader find fault with its inputs, and note it in the status buffer?
    pub(crate) fn reports(&self) -> bool {
        self.fault().is_some()
    }

    /// What it may find.
    pub(crate) fn fault(&self) -> Option<Fault> {
        (self.family.faults)(self)
    }

    fn binding(&self, var: u8) -> Binding {
        let users = || self.slots.iter().filter(move |slot| slot.var() == Some(var));
        let is_shared = |stored: Stored| self.family.atomic || (stored.is_narrow() && self.packed != Some(Words::Own));
        if users().any(|slot| matches!(slot, Slot::Write { stored, .. } if is_shared(*stored))) {
            Binding::Atomic
        } else if users().any(|slot| matches!(slot, Slot::Write { .. })) {
            Binding::Write
        } else {
            Binding::Read
        }
    }

    /// The names of the family and of the op.
    pub(crate) fn label(&self) -> String {
        if self.op.is_empty() { format!("{:?}", self.family) } else { format!("{:?} {}", self.family, self.op) }
    }

    /// Does the shader use a type?
    pub(crate) fn uses(&self, stored: Stored) -> bool {
        self.compute == stored || self.slots.iter().any(|slot| slot.stored() == Some(stored))
    }

    fn slot_name(&self, k: usize) -> String {
        let outputs = self.outputs as usize;
        if k < outputs { format!("out{k}") } else { format!("in{}", k - outputs) }
    }

    /// The text.
    pub(crate) fn source(&self) -> String {
        let operands = self.operands.to_string();
        let walks = self.walks.min(self.operands).to_string();
        let stride_vectors = (2 * self.walks).to_string();
        let offset_vectors = (offsets(self.walks.into()) / 4).to_string();
        let width = (8 * self.compute.bytes()).to_string();
        let status = (STATUS + 1).to_string();
        let arg_vectors = self.family.args.div_ceil(4).to_string();
        let (root, own) = (self.root(), (self.family.values)(self));
        let mut values = vec![
            ("T", self.compute.value()),
            ("R", if self.compute.is_double() { "f64" } else { "f32" }),
            ("operands", &operands),
            ("walks", &walks),
            ("stride_vectors", &stride_vectors),
            ("offset_vectors", &offset_vectors),
            ("width", &width),
            ("op", self.op),
            ("number", &status),
            ("arg_vectors", &arg_vectors),
        ];
        values.extend(own.iter().map(|(name, value)| (*name, value.as_str())));
        let out0 = self.slots[0].stored().map(|stored| ElementValues::new(stored, self.compute));
        if let Some(out0) = &out0 {
            values.extend(out0.values());
        }
        let mut library = Library::default();
        self.add_operands(&mut library);
        library.add(&substitute(include_str!("../../../../shaders/binding/status.wgsl"), &values));
        if let Some(file) = LOCATE.get((self.rank as usize).wrapping_sub(1)) {
            library.add(&substitute(file, &values));
        }
        for file in self.libraries() {
            library.add(&substitute(file, &values));
        }
        library.link(&substitute(&format!("{}{root}", include_str!("../../../../shaders/prelude.wgsl")), &values))
    }

    /// The family's own file, with what runs it.
    fn root(&self) -> String {
        let file = (self.family.file)(self);
        match self.family.harness {
            Harness::Whole | Harness::Chain => file.into(),
            Harness::Elementwise => self.elementwise(file),
            Harness::Lines => self.lines(file, self.line_stores()),
            Harness::Summary => self.lines(file, include_str!("../../../../shaders/lines/none.wgsl")),
            Harness::Product => format!("{file}{}", crate::family::product::harness(self.mode)),
        }
    }

    /// A file that defines `value`, with what writes it.
    fn elementwise(&self, text: &str) -> String {
        let harness = match self.packed {
            Some(Words::Own) => include_str!("../../../../shaders/packed.wgsl"),
            Some(Words::Shared) => include_str!("../../../../shaders/packed_rows.wgsl"),
            None => include_str!("../../../../shaders/each.wgsl"),
        };
        format!("{text}{harness}")
    }

    /// What stores the results of lines.
    fn line_stores(&self) -> &'static str {
        match self.packed {
            Some(Words::Own) => include_str!("../../../../shaders/lines/packed.wgsl"),
            Some(Words::Shared) => include_str!("../../../../shaders/lines/packed_rows.wgsl"),
            None => include_str!("../../../../shaders/lines/each.wgsl"),
        }
    }

    /// A file that defines `element`, with what runs along lines and what stores the results.
    fn lines(&self, text: &str, stores: &str) -> String {
        let harness = if self.mode & crate::family::lines::COLUMNS != 0 {
            include_str!("../../../../shaders/line_columns.wgsl")
        } else {
            include_str!("../../../../shaders/line_rows.wgsl")
        };
        format!("{text}{stores}{harness}")
    }

    /// Files whose items may be taken, those that win first.
    fn libraries(&self) -> Vec<&'static str> {
        let mut files = crate::family::op_files(self.compute);
        files.extend([
            include_str!("../../../../shaders/lib/space.wgsl"),
            include_str!("../../../../shaders/lib/dtype.wgsl"),
            include_str!("../../../../shaders/lib/fill.wgsl"),
            include_str!("../../../../shaders/lib/index.wgsl"),
            include_str!("../../../../shaders/lib/generic.wgsl"),
            include_str!("../../../../shaders/lib/math.wgsl"),
            include_str!("../../../../shaders/lib/special.wgsl"),
            include_str!("../../../../shaders/lib/bessel.wgsl"),
            include_str!("../../../../shaders/lib/incomplete.wgsl"),
            include_str!("../../../../shaders/lib/normal.wgsl"),
            include_str!("../../../../shaders/lib/orthogonal.wgsl"),
            include_str!("../../../../shaders/lib/complex.wgsl"),
            include_str!("../../../../shaders/lib/philox.wgsl"),
            include_str!("../../../../shaders/lib/distribution.wgsl"),
        ]);
        files.extend((self.family.library)(self));
        files
    }

    fn add_operands(&self, library: &mut Library) {
        for (k, slot) in self.slots[..self.operands as usize].iter().enumerate() {
            let (Some(stored), Some(var)) = (slot.stored(), slot.var()) else { continue };
            let (slot, var_name, number) = (self.slot_name(k), self.slot_name(var as usize), (var + 1).to_string());
            let element = ElementValues::new(stored, self.compute);
            let mut values = vec![("slot", slot.as_str()), ("var", &var_name), ("number", &number)];
            values.extend(element.values());
            let binding = match self.binding(var) {
                Binding::Read => include_str!("../../../../shaders/binding/read.wgsl"),
                Binding::Write => include_str!("../../../../shaders/binding/write.wgsl"),
                Binding::Atomic => include_str!("../../../../shaders/binding/atomic.wgsl"),
            };
            for file in [binding, access_file(stored), include_str!("../../../../shaders/access/convert.wgsl")] {
                library.add(&substitute(file, &values));
            }
        }
    }
}

fn access_file(stored: Stored) -> &'static str {
    match stored.bytes() {
        1 | 2 => include_str!("../../../../shaders/access/narrow.wgsl"),
        4 => include_str!("../../../../shaders/access/word.wgsl"),
        8 => include_str!("../../../../shaders/access/pair.wgsl"),
        _ => include_str!("../../../../shaders/access/quad.wgsl"),
    }
}

/// What the templates say of one operand's elements.
struct ElementValues {
    stored: Stored,
    lanes: String,
    bits: String,
    ones: String,
    to_compute: String,
    truth_to_compute: String,
    of_compute: String,
}

impl ElementValues {
    fn new(stored: Stored, compute: Stored) -> Self {
        let bits = 8 * stored.bytes().min(4);
        ElementValues {
            stored,
            lanes: stored.lanes().to_string(),
            bits: bits.to_string(),
            ones: (u32::MAX >> (32 - bits)).to_string(),
            to_compute: stored.to_compute(compute),
            truth_to_compute: stored.truth_to_compute(compute),
            of_compute: stored.of_compute(compute),
        }
    }

    fn values(&self) -> [(&'static str, &str); 8] {
        [
            ("value", self.stored.value()),
            ("dtype", self.stored.name()),
            ("lanes", &self.lanes),
            ("bits", &self.bits),
            ("ones", &self.ones),
            ("to_compute", &self.to_compute),
            ("truth_to_compute", &self.truth_to_compute),
            ("of_compute", &self.of_compute),
        ]
    }
}
