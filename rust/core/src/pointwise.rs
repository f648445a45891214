//! Pointwise ops as data: one row says an op's name, what it accepts, what dtype comes out and its derivative.
//!
//! The name is the join key: the CPU has a function of that name, the shaders have `fn op_<name>`, the binding
//! makes `torch.<name>` from it. The rows stand in [`crate::ops::pointwise`].

use std::fmt;

use crate::dtype::{Category, DType};
use crate::ops::expr::{Expr, Terms};

/// A row of the table.
pub struct Pointwise {
    /// Name, the join key.
    pub name: &'static str,
    /// Name of its in-place form.
    pub in_place: &'static str,
    /// Name of its node in the graph, e.g. `ExpBackward0`.
    pub node: &'static str,
    /// Other names of the node, by the input that is a number.
    pub node_with_number: &'static [(usize, &'static str)],
    /// What it computes of its inputs `a`, `b`, `c`: the comment above the row, of which the binding makes the docstring.
    pub doc: &'static str,
    /// Number of inputs, 1 to 3.
    pub arity: usize,
    /// Names of the inputs in PyTorch, under which a node shows what it saved.
    pub input_names: &'static [&'static str],
    /// Number of scalar parameters that are no inputs, such as the slope of `leaky_relu`.
    pub params: usize,
    /// What it is defined for.
    pub accepts: Accepts,
    /// What dtype comes out.
    pub result: ResultType,
    /// What is particular about it: bits of [`facts`].
    pub facts: u8,
    /// Partial derivatives, one an input; empty where the op has none (comparisons, bitwise ops).
    pub partials: &'static [Partial],
}

/// What is particular about some ops, as bits.
pub mod facts {
    /// A number among the inputs takes part unrounded where the op is computed in a half type: the arithmetic is that of
    /// float32. Other ops see the number as the half type holds it. So it is in PyTorch.
    pub const UNROUNDED: u8 = 1;
    /// Of integers, a divisor of zero is an error.
    pub const DIVIDES: u8 = 2;
}

impl Pointwise {
    /// Does a number among the inputs take part unrounded?
    pub fn keeps_numbers(&self) -> bool {
        self.facts & facts::UNROUNDED != 0
    }

    /// Is a divisor of zero an error, among integers?
    pub fn divides(&self) -> bool {
        self.facts & facts::DIVIDES != 0
    }
}

impl fmt::Debug for Pointwise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// Categories of dtype that an op computes in, as a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepts(u8);

impl Accepts {
    const fn of(category: Category) -> u8 {
        1 << category as u8
    }
    /// float only
    pub const FLOAT: Accepts = Accepts(Self::of(Category::Float));
    /// float and complex
    pub const INEXACT: Accepts = Accepts(Self::FLOAT.0 | Self::of(Category::Complex));
    /// integers and float
    pub const REAL: Accepts = Accepts(Self::FLOAT.0 | Self::of(Category::Integer));
    /// all but bool
    pub const NUMERIC: Accepts = Accepts(Self::REAL.0 | Self::of(Category::Complex));
    /// integers and bool
    pub const INTEGRAL: Accepts = Accepts(Self::of(Category::Integer) | Self::of(Category::Bool));
    /// all but complex
    pub const ORDERED: Accepts = Accepts(Self::REAL.0 | Self::of(Category::Bool));
    /// integers alone
    pub const INTEGER: Accepts = Accepts(Self::of(Category::Integer));
    /// everything
    pub const ANY: Accepts = Accepts(0b1111);

    /// Is the op defined for a dtype?
    pub const fn contains(self, dtype: DType) -> bool {
        self.0 & Self::of(dtype.category()) != 0
    }
}

/// The dtype an op computes in and the one it yields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResultType {
    /// Computes in and yields the promoted dtype of the inputs.
    Promoted,
    /// As `Promoted`, but integers and bool become the default float dtype.
    Float,
    /// Computes in the promoted dtype, yields bool.
    Bool,
    /// Computes in the promoted dtype, yields the real dtype of a complex one (`abs`).
    Real,
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
