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
    /// Name of its node in the graph, e.g. `ExpBackward0`.
    pub node: &'static str,
    /// Other names of the node, by the input that is a number.
    pub node_with_number: &'static [(usize, &'static str)],
    /// What it computes of its inputs `a`, `b`, `c`: the comment above the row, of which the binding makes the docstring.
    pub doc: &'static str,
    /// Names of the inputs in PyTorch, under which a node shows what it saved.
    pub input_names: &'static [&'static str],
    /// Partial derivatives, one an input; empty where the op has none (comparisons, bitwise ops).
    pub partials: &'static [Partial],
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.op.name)
    }
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
