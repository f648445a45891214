//! Pointwise ops as kernels know them: a name, what it accepts, what dtype comes out.
//!
//! The name is the join key: the CPU has a function of that name, the shaders have `fn op_<name>`. A row of the core's table adds the
//! derivatives and what Python knows of it.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;

use crate::array::{Array, Operand};
use crate::dtype::{Category, DType};
use crate::scalar::Scalar;

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
    /// What is particular about it.
    pub facts: Facts,
    /// What else computes it, for some of its calls.
    pub forms: &'static [Form],
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

/// What is particular about some ops, as a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts(u8);

impl Facts {
    /// Nothing.
    pub const NONE: Facts = Facts(0);
    /// A number among the inputs takes part unrounded where the op is computed in a half type: the arithmetic is that of
    /// float32. Other ops see the number as the half type holds it. So it is in PyTorch.
    pub const KEEPS_NUMBERS: Facts = Facts(1);
    /// The parameters are rounded to a half type before elements meet them; otherwise they take part unrounded.
    pub const ROUNDS_PARAMS: Facts = Facts(1 << 1);
    /// Of integers, a divisor of zero is an error.
    pub const DIVIDES: Facts = Facts(1 << 2);
    /// The first input is true or false and chooses between the others: it takes no part in promotion.
    pub const CHOOSES: Facts = Facts(1 << 3);
    /// It takes several nanoseconds an element on a CPU, so that fewer elements are worth a thread.
    pub const HEAVY: Facts = Facts(1 << 4);
    /// Its series take no bounded number of terms, or more digits than float32 has: GPUs leave it to the host.
    pub const UNBOUNDED: Facts = Facts(1 << 5);
    /// Of complex numbers it is no holomorphic function: its derivative depends on the direction.
    pub const NOT_HOLOMORPHIC: Facts = Facts(1 << 6);

    /// What is in either.
    pub const fn and(self, other: Facts) -> Facts {
        Facts(self.0 | other.0)
    }

    const fn has(self, fact: Facts) -> bool {
        self.0 & fact.0 != 0
    }
}

/// An op that stands in for another in some calls.
pub struct Form {
    /// In which.
    when: When,
    /// What computes them.
    op: Pointwise,
}

/// Which calls of an op a form computes.
enum When {
    /// Those whose second input is this number, in the dtypes that the form accepts, which has one input.
    Number(f64),
    /// Those in a dtype.
    In(DType),
    /// Those in a dtype whose second input is no number.
    ByTensorIn(DType),
}

impl Form {
    /// The op of one input that computes the calls of a binary op whose second input is a number.
    pub const fn of_number(number: f64, name: &'static str, accepts: Accepts) -> Form {
        Form { when: When::Number(number), op: Pointwise::plain(name, 1, accepts) }
    }

    /// The binary op that computes in a half type, which the general one does not do right.
    pub const fn of_half(half: DType, name: &'static str) -> Form {
        Form { when: When::In(half), op: Pointwise::plain(name, 2, Accepts::FLOAT) }
    }

    /// The binary op that computes in a half type where the second input is a tensor with dimensions.
    pub const fn of_half_by_tensor(half: DType, name: &'static str) -> Form {
        Form { when: When::ByTensorIn(half), op: Pointwise::plain(name, 2, Accepts::FLOAT) }
    }

    /// The forms of an op that declares a list of them, or none.
    pub const fn list(declared: &[&'static [Form]]) -> &'static [Form] {
        match declared {
            [list, ..] => list,
            [] => &[],
        }
    }

    /// The op.
    pub fn op(&self) -> &Pointwise {
        &self.op
    }

    fn computes(&self, compute: DType, inputs: &[Operand]) -> bool {
        match (&self.when, inputs) {
            (When::Number(wanted), [_, Operand::Scalar(number)]) => {
                self.op.accepts.contains(compute) && !matches!(number, Scalar::Complex(_)) && number.to_f64() == *wanted
            }
            (When::Number(_), _) => false,
            (When::In(half), _) => compute == *half,
            (When::ByTensorIn(half), inputs) => {
                compute == *half && matches!(inputs, [_, Operand::Array(divisor)] if !is_spread(divisor))
            }
        }
    }
}

/// Is this one element spread over a shape? It is as good as a number.
fn is_spread(array: &Array) -> bool {
    array.layout.strides().iter().all(|&step| step == 0)
}

impl Pointwise {
    /// An op of which there is nothing more to say.
    pub const fn plain(name: &'static str, arity: usize, accepts: Accepts) -> Pointwise {
        let (facts, result, id) = (Facts::NONE, ResultType::Promoted, OpId::new());
        Pointwise { name, arity, params: 0, accepts, result, facts, forms: &[], id }
    }

    /// Its number, below [`OpId::LIMIT`].
    pub fn id(&self) -> usize {
        self.id.get(self.name)
    }

    /// What computes a call of it, and which of its inputs that takes.
    #[inline]
    pub fn form<'o>(&'static self, compute: DType, inputs: &'o [Operand]) -> (&'static Pointwise, &'o [Operand]) {
        if self.forms.is_empty() {
            return (self, inputs);
        }
        match self.forms.iter().find(|form| form.computes(compute, inputs)) {
            Some(Form { op, .. }) => (op, &inputs[..op.arity]),
            None => (self, inputs),
        }
    }

    /// Does a number among the inputs take part unrounded?
    pub fn keeps_numbers(&self) -> bool {
        self.facts.has(Facts::KEEPS_NUMBERS)
    }

    /// Are the parameters rounded to a half type?
    pub fn rounds_params(&self) -> bool {
        self.facts.has(Facts::ROUNDS_PARAMS)
    }

    /// Is a divisor of zero an error, among integers?
    pub fn divides(&self) -> bool {
        self.facts.has(Facts::DIVIDES)
    }

    /// Does the first input choose between the others?
    pub fn chooses(&self) -> bool {
        self.facts.has(Facts::CHOOSES)
    }

    /// Are fewer elements worth a thread?
    pub fn is_heavy(&self) -> bool {
        self.facts.has(Facts::HEAVY)
    }

    /// Is it left to the host?
    pub fn is_unbounded(&self) -> bool {
        self.facts.has(Facts::UNBOUNDED)
    }

    /// Is it a holomorphic function of complex numbers, if it is one of them at all?
    pub fn is_holomorphic(&self) -> bool {
        !self.facts.has(Facts::NOT_HOLOMORPHIC)
    }
}

impl fmt::Debug for Pointwise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// Categories of dtype that an op computes in, as a set. Those with few ops of their own (`DType::is_barebones`) count apart.
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
    /// everything that is not barebones
    pub const ANY: Accepts = Accepts(0b1111);
    /// `uint16`, `uint32` and `uint64`
    pub const WIDE_UNSIGNED: Accepts = Accepts(1 << 4);
    /// floats of one byte but for scales
    pub const FLOAT8: Accepts = Accepts(1 << 5);
    /// `float8_e8m0fnu`
    pub const SCALE: Accepts = Accepts(1 << 6);
    /// `complex32`
    pub const COMPLEX_HALF: Accepts = Accepts(1 << 7);
    /// every barebones dtype
    pub const BAREBONES: Accepts = Accepts(0b1111 << 4);

    /// What is in either.
    pub const fn and(self, other: Accepts) -> Accepts {
        Accepts(self.0 | other.0)
    }

    /// Is the op defined for a dtype?
    pub const fn contains(self, dtype: DType) -> bool {
        let kind = match dtype {
            DType::Complex32 => Self::COMPLEX_HALF.0,
            DType::Float8E8M0FNU => Self::SCALE.0,
            _ if dtype.is_float8() => Self::FLOAT8.0,
            _ if dtype.is_wide_unsigned() => Self::WIDE_UNSIGNED.0,
            _ => Self::of(dtype.category()),
        };
        self.0 & kind != 0
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
