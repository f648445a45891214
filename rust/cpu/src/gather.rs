//! Gather and scatter along a dimension.

use ferrotorch_core::dtype::{Bool, Element, bf16, c32, c64, f16};
use ferrotorch_core::error::Kind;
use ferrotorch_core::kernel::Combine;
use ferrotorch_core::scalar::FromScalar;
use ferrotorch_core::{Array, Error, Operand, Result, match_dtype};
use parking_lot::Mutex;

use crate::element::{Ordered, Ring, match_size};
use crate::lines::{Lines, LinesMut, for_each_line};

/// `out0[i][j] = in0[in1[i][j]][j]` along `dim`.
pub(crate) fn gather(dim: usize, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let (input, index, out) = (inputs[0].array()?, inputs[1].array()?, &outputs[0]);
    // Lines of the three arrays must have the same numbers, so the source shrinks to the index's other dimensions.
    let source = shrunk(input, index.shape(), dim);
    match_size!(out.dtype, T => gather_lines::<T>(dim, &source, index, out))
}

fn gather_lines<T: Element>(dim: usize, source: &Array, index: &Array, out: &Array) -> Result<()> {
    let (source, index, out) = (Lines::<T>::new(source, dim)?, Lines::<i64>::new(index, dim)?, LinesMut::<T>::new(out, dim)?);
    let fault = Fault::new("gather", dim, source.length());
    for_each_line(&out, index.length(), |line, mut out| {
        let mut buffer = Vec::new();
        for (i, &j) in index.read(line, &mut buffer).iter().enumerate() {
            match fault.check(j) {
                Some(j) => out.set(i, source.get(line, j)),
                None => return,
            }
        }
    });
    fault.result()
}

/// `out0[in0[i]] = combine(out0, in1[i])` along `dim`.
pub(crate) fn scatter(dim: usize, combine: Combine, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let (index, out) = (inputs[0].array()?, &outputs[0]);
    let target = shrunk(out, index.shape(), dim);
    match_dtype!(out.dtype, T => scatter_typed::<T>(dim, combine, index, &inputs[1], &target))
}

fn scatter_typed<T: Element + FromScalar + Combining>(
    dim: usize,
    combine: Combine,
    index: &Array,
    source: &Operand,
    target: &Array,
) -> Result<()> {
    let apply = T::combiner(combine)?;
    let shape = index.shape();
    let array;
    let source = match source {
        Operand::Array(whole) => {
            array = shrunk(whole, shape, dim);
            Source::Lines(Lines::<T>::new(&array, dim)?)
        }
        Operand::Scalar(x) => Source::Number(T::from_scalar(*x)),
        Operand::None => return Err(Error::runtime("scatter(): a source is missing")),
    };
    let (index, target) = (Lines::<i64>::new(index, dim)?, LinesMut::<T>::new(target, dim)?);
    let fault = Fault::new("scatter", dim, target.length());
    for_each_line(&target, index.length(), |line, mut out| {
        let mut buffer = Vec::new();
        for (i, &j) in index.read(line, &mut buffer).iter().enumerate() {
            let Some(j) = fault.check(j) else { return };
            let value = match &source {
                Source::Lines(lines) => lines.get(line, i),
                Source::Number(x) => *x,
            };
            out.set(j, apply(out.get(j), value));
        }
    });
    fault.result()
}

enum Source<'a, T> {
    Lines(Lines<'a, T>),
    Number(T),
}

/// An array cut down to `shape` in every dimension but `dim`.
fn shrunk(array: &Array, shape: &[usize], dim: usize) -> Array {
    let cut = |layout, d: usize| if d == dim { layout } else { ferrotorch_core::Layout::slice(&layout, d, 0, shape[d], 1) };
    array.with_layout((0..array.layout.ndim()).fold(array.layout.clone(), cut))
}

/// The first index out of range that any thread met.
pub(crate) struct Fault {
    op: &'static str,
    dim: usize,
    size: usize,
    bad: Mutex<Option<i64>>,
}

impl Fault {
    pub(crate) fn new(op: &'static str, dim: usize, size: usize) -> Fault {
        Fault { op, dim, size, bad: Mutex::new(None) }
    }

    /// An index that must not be negative.
    #[inline(always)]
    pub(crate) fn check(&self, index: i64) -> Option<usize> {
        if (index as u64) < self.size as u64 { Some(index as usize) } else { self.note(index) }
    }

    /// An index that counts from the end if it is negative.
    #[inline(always)]
    pub(crate) fn wrap(&self, index: i64) -> Option<usize> {
        let wrapped = if index < 0 { index + self.size as i64 } else { index };
        if (wrapped as u64) < self.size as u64 { Some(wrapped as usize) } else { self.note(index) }
    }

    #[cold]
    fn note(&self, index: i64) -> Option<usize> {
        self.bad.lock().get_or_insert(index);
        None
    }

    pub(crate) fn result(&self) -> Result<()> {
        match *self.bad.lock() {
            Some(index) => Err(Kind::IndexOutOfRange { op: self.op, index, dim: self.dim, size: self.size }.into()),
            None => Ok(()),
        }
    }
}

/// Ways of writing to an element.
pub(crate) trait Combining: Element {
    /// The function of a way.
    fn combiner(combine: Combine) -> Result<fn(Self, Self) -> Self>;
}

macro_rules! combining {
    (real $($t:ty),*) => { $(impl Combining for $t {
        fn combiner(combine: Combine) -> Result<fn(Self, Self) -> Self> {
            Ok(match combine {
                Combine::Assign => |_, new| new,
                Combine::Add => Ring::plus,
                Combine::Mul => Ring::times,
                Combine::Max => |old, new| if Ordered::is_nan(old) || !old.precedes(new) { old } else { new },
                Combine::Min => |old, new| if Ordered::is_nan(old) || (!Ordered::is_nan(new) && !new.precedes(old)) { old } else { new },
            })
        }
    })* };
    (complex $($t:ty),*) => { $(impl Combining for $t {
        fn combiner(combine: Combine) -> Result<fn(Self, Self) -> Self> {
            Ok(match combine {
                Combine::Assign => |_, new| new,
                Combine::Add => Ring::plus,
                Combine::Mul => Ring::times,
                Combine::Max | Combine::Min => return Err(Error::dtype("scatter_reduce", <$t>::DTYPE, "complex numbers have no order")),
            })
        }
    })* };
}

combining! { real Bool, u8, i8, i16, i32, i64, f16, bf16, f32, f64 }
combining! { complex c32, c64 }
