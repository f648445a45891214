//! A row of the table of pointwise ops: the op as kernels know it, its derivatives, and what Python and the graph call it.
//!
//! The binding makes `torch.<name>` from it. The rows stand in [`crate::ops::pointwise`].

use std::fmt;

use crate::ops::expr::{Expr, Terms};
use crate::pointwise::Pointwise;

/// A row of the table.
pub struct Row {
    /// What kernels know of it.
    pub op: Pointwise,
    /// Name of its in-place form.
    pub in_place: &'static str,
    /// What messages about dtypes that it is not defined for call its kernel, as PyTorch's do.
    pub stub: &'static str,
    /// Name of its node in the graph, e.g. `ExpBackward0`.
    pub node: &'static str,
    /// Other names of the node, by the input that is a number. Such a number is no input of PyTorch's node.
    pub node_with_number: &'static [(usize, &'static str)],
    /// What it computes of its inputs `a`, `b`, `c`: the comment above the row, of which the binding makes the docstring.
    pub doc: &'static str,
    /// Names of the inputs in PyTorch, under which a node shows what it saved.
    pub input_names: &'static [&'static str],
    /// Names of the parameters in PyTorch, as for the inputs; empty where its nodes do not show one.
    pub param_names: &'static [&'static str],
    /// Its other names in Python.
    pub aliases: &'static [&'static str],
    /// How it looks in Python.
    pub interface: Interface,
    /// Operands that it refuses in words of its own.
    pub refuses: &'static [Refusal],
    /// Partial derivatives, one an input; empty where the op has none (comparisons, bitwise ops).
    pub partials: &'static [Partial],
}

/// The names of a row's inputs: those that it gives, or PyTorch's usual ones.
pub(crate) const fn names_of_inputs(given: &'static [&'static str]) -> &'static [&'static str] {
    if given.is_empty() { &["self", "other", "weight"] } else { given }
}

/// The first of some names, of which there is at least one.
pub(crate) const fn first_of(names: &[&'static str]) -> &'static str {
    names[0]
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.op.name)
    }
}

/// What is particular about an op in Python, as a set. One of which nothing is said here is `torch.<name>`, `Tensor.<name>` and
/// `Tensor.<name>_`, takes a number for its second input, and an `out` to which the result is converted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interface(u16);

impl Interface {
    /// Nothing.
    pub const USUAL: Interface = Interface(0);
    /// Other ops and derivatives use it; it has no name in Python of its own.
    pub const HELPER: Interface = Interface(1);
    /// It is one of the functions of `torch.nn.functional`, too.
    pub const NN: Interface = Interface(1 << 1);
    /// It is in `torch.nn.functional` alone.
    pub const NN_ONLY: Interface = Interface(Self::HELPER.0 | Self::NN.0);
    /// There is no `Tensor.<name>_`.
    pub const NOT_IN_PLACE: Interface = Interface(1 << 2);
    /// There is no `out`.
    pub const NO_OUT: Interface = Interface(1 << 3);
    /// `out` must have the dtype of the result.
    pub const OUT_OF_OWN_DTYPE: Interface = Interface(1 << 4);
    /// All inputs must be tensors.
    pub const TENSORS: Interface = Interface(1 << 5);
    /// A number may stand for one of two inputs, whichever.
    pub const NUMBER_FIRST: Interface = Interface(1 << 6);
    /// Numbers may stand for both inputs.
    pub const NUMBERS: Interface = Interface(1 << 7);
    /// It is in `torch.special` alone.
    pub const SPECIAL: Interface = Interface(1 << 8);
    /// Its inputs are `x` and the degree `n`.
    pub const DEGREE: Interface = Interface(1 << 9);
    /// There is `torch.<name>_`, too, as there is of every op with one input.
    pub const IN_PLACE_FUNCTION: Interface = Interface(1 << 10);

    /// What is in either.
    pub const fn and(self, other: Interface) -> Interface {
        Interface(self.0 | other.0)
    }

    /// Is all of another set in this one?
    pub const fn has(self, other: Interface) -> bool {
        self.0 & other.0 == other.0
    }
}

/// Operands that an op refuses in words of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Truth values, which have no difference.
    TruthDifference,
    /// Truth values, which have no negative.
    TruthNegation,
    /// Integers to a negative power.
    NegativePowerOfIntegers,
    /// Complex numbers, which have no order.
    ComplexOrder,
    /// Integers over integers, in the second and third place.
    QuotientOfIntegers,
}

/// The derivative of an op by one of its inputs.
pub struct Partial {
    /// What the formula reads, and the node therefore saves: bits [`Partial::A`], `B`, `C`, `Y`.
    pub reads: u8,
    /// The gradient of the input, written in tensor ops. The engine sums it to the input's shape.
    pub formula: fn(&Terms) -> Expr,
}

impl Partial {
    /// Reads the first input.
    pub const A: u8 = 1;
    /// Reads the second input.
    pub const B: u8 = 2;
    /// Reads the third input.
    pub const C: u8 = 4;
    /// Reads the result.
    pub const Y: u8 = 8;

    /// A partial derivative.
    pub const fn new(reads: u8, formula: fn(&Terms) -> Expr) -> Partial {
        Partial { reads, formula }
    }
}
