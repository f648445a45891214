//! Conjugation and negation that are put off until elements are read.
//!
//! `x.conj()` is a view: its array says that the elements in memory are still to be conjugated. The imaginary part of such a
//! view is one whose elements are still to be negated. Kernels never see such arrays. All calls pass through
//! [`backend::launch`], which sends those with one of them here.

use crate::array::{Array, Operand};
use crate::backend;
use crate::error::Result;
use crate::kernel::Kernel;
use crate::layout::Layout;
use crate::pointwise::{Accepts, Pointwise};
use crate::shape::{Shape, Strides};

/// The op that does a conjugation which was put off.
pub static CONJ: Pointwise = Pointwise::plain("conj_physical", 1, Accepts::ANY.and(Accepts::BAREBONES));
/// The op that does a negation which was put off.
pub static NEG: Pointwise = Pointwise::plain("neg", 1, Accepts::NUMERIC.and(Accepts::COMPLEX_HALF));

/// What is still to be done to the elements in memory to get those of the array. Either is its own inverse.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deferred {
    conj: bool,
    neg: bool,
}

impl Deferred {
    /// Nothing.
    pub const NONE: Deferred = Deferred { conj: false, neg: false };
    /// Conjugation, of complex elements.
    pub const CONJ: Deferred = Deferred { conj: true, neg: false };
    /// Negation.
    pub const NEG: Deferred = Deferred { conj: false, neg: true };

    /// Nothing to do?
    #[inline]
    pub fn is_none(self) -> bool {
        self == Deferred::NONE
    }

    /// Still to be conjugated?
    pub fn is_conj(self) -> bool {
        self.conj
    }

    /// Still to be negated?
    pub fn is_neg(self) -> bool {
        self.neg
    }

    /// This, and then `other` as well.
    pub fn and(self, other: Deferred) -> Deferred {
        Deferred { conj: self.conj != other.conj, neg: self.neg != other.neg }
    }

    /// What of this concerns the real parts.
    pub fn of_real(self) -> Deferred {
        Deferred { conj: false, neg: self.neg }
    }

    /// What of this concerns the imaginary parts.
    pub fn of_imag(self) -> Deferred {
        Deferred { conj: false, neg: self.neg != self.conj }
    }
}

impl Array {
    /// The same memory, with this to be done to its elements.
    pub fn with_deferred(self, deferred: Deferred) -> Array {
        Array { deferred, ..self }
    }

    /// This array if nothing was put off, otherwise a copy for which all is done.
    pub fn resolved(&self) -> Result<Array> {
        if self.deferred.is_none() {
            return Ok(self.clone());
        }
        // An element that is shown many times, by stride 0, is computed once.
        let (shape, strides) = (self.shape(), self.layout.strides());
        let once: Shape = shape.iter().zip(strides).map(|(&n, &s)| if s == 0 { n.min(1) } else { n }).collect();
        let copy = self.with_layout(Layout::strided(&once, strides, self.layout.offset())).cloned()?;
        let spread: Strides = strides.iter().zip(copy.layout.strides()).map(|(&s, &own)| if s == 0 { 0 } else { own }).collect();
        Ok(copy.with_layout(Layout::strided(shape, &spread, 0)))
    }

    /// The very same elements, put off or not?
    fn is_same(&self, other: &Array) -> bool {
        self.storage.ptr_eq(&other.storage)
            && self.layout == other.layout
            && self.dtype == other.dtype
            && self.deferred == other.deferred
    }
}

/// [`backend::launch`] for a call with arrays for which something was put off: inputs are read out first, and an output is
/// computed apart and then written through what it puts off.
#[cold]
pub(crate) fn launch(op: &'static str, kernel: &Kernel, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    if let (Kernel::Copy, [Operand::Array(from)], [to]) = (kernel, inputs, outputs) {
        return copy(op, from, to);
    }
    let apart = outputs.iter().map(Array::resolved).collect::<Result<Vec<_>>>()?;
    let resolve = |operand: &Operand| {
        let Operand::Array(array) = operand else { return Ok(operand.clone()) };
        // An input that is an output, of a call in place, stays that.
        let own = outputs.iter().position(|out| out.is_same(array));
        Ok(Operand::Array(own.map_or_else(|| array.resolved(), |i| Ok(apart[i].clone()))?))
    };
    let inputs = inputs.iter().map(resolve).collect::<Result<Vec<_>>>()?;
    backend::launch(op, kernel, &inputs, &apart)?;
    let mut put_off = outputs.iter().zip(&apart).filter(|(out, _)| !out.deferred.is_none());
    put_off.try_for_each(|(out, result)| copy(op, result, out))
}

/// Copies elements, doing what one side puts off and the other does not.
fn copy(op: &'static str, from: &Array, to: &Array) -> Result<()> {
    let memory = to.clone().with_deferred(Deferred::NONE);
    if from.dtype != to.dtype {
        // Each side in its own dtype: -1 has an imaginary part of +0, and so has its conjugate's memory of -0.
        backend::launch(op, &Kernel::Copy, &[from.resolved()?.into()], std::slice::from_ref(&memory))?;
        return do_now(op, to.deferred, memory.clone(), &memory);
    }
    let rest = from.deferred.and(to.deferred);
    let from = from.clone().with_deferred(Deferred::NONE);
    if rest.is_none() {
        return backend::launch(op, &Kernel::Copy, &[from.into()], std::slice::from_ref(&memory));
    }
    do_now(op, rest, from, &memory)
}

/// Does what was put off to `from`, into `to`; these may be the same.
fn do_now(op: &'static str, deferred: Deferred, mut from: Array, to: &Array) -> Result<()> {
    for (wanted, row) in [(deferred.conj, &CONJ), (deferred.neg, &NEG)] {
        if wanted {
            let kernel = Kernel::Pointwise { op: row, compute: to.dtype, params: &[] };
            backend::launch(op, &kernel, &[from.into()], std::slice::from_ref(to))?;
            from = to.clone();
        }
    }
    Ok(())
}
