//! Pointwise ops as kernels know them: a name, what it accepts, what dtype comes out.
//!
//! The name is the join key: the CPU has a function of that name, the shaders have `fn op_<name>`. A row of the core's table adds the
//! derivatives and what Python knows of it.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;

use crate::dtype::{Category, DType};

/// A pointwise op.
pub struct Pointwise {
    /// Name, the join key.
    pub name: &'static str,
    /// Number of inputs, 1 to 3.
    pub arity: usize,
    /// Number of scalar parameters that are no inputs, such as the slope of `leaky_relu`.
    pub params: usize,
    /// What it is defined for.
    pub accepts: Accepts,
    /// What dtype comes out.
    pub result: ResultType,
    /// What is particular about it: bits of [`facts`].
    pub facts: u8,
    /// Its number.
    pub id: OpId,
}

/// The number of an op, given to its name when first asked for: backends find what they have for an op in a list by number.
#[derive(Default)]
pub struct OpId(AtomicUsize);

impl OpId {
    /// More ops than there will be.
    pub const LIMIT: usize = 512;

    /// A number still to be given.
    pub const fn new() -> OpId {
        OpId(AtomicUsize::new(0))
    }

    fn get(&self, name: &'static str) -> usize {
        match self.0.load(Ordering::Relaxed) {
            0 => self.assign(name),
            number => number - 1,
        }
    }

    #[cold]
    fn assign(&self, name: &'static str) -> usize {
        static NAMES: Mutex<Vec<&'static str>> = Mutex::new(Vec::new());
        let mut names = NAMES.lock();
        let number = names.iter().position(|&known| known == name).unwrap_or_else(|| {
            names.push(name);
            names.len() - 1
        });
        self.0.store(number + 1, Ordering::Relaxed);
        number
    }
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
    /// Its number, below [`OpId::LIMIT`].
    pub fn id(&self) -> usize {
        self.id.get(self.name)
    }

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
