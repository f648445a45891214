//! Ways of writing to an element that has a value already.

#[cfg(test)]
mod tests;

use ferrotorch_kernel::dtype::{Bool, Element, bf16, c32, c64, f16};
use ferrotorch_kernel::kernel::{Combine, Kernel};
use ferrotorch_kernel::{Array, DType, Error, Result, backend};

use crate::convert::convert;
use crate::element::{Ordered, Ring};

/// A way, as functions.
pub(crate) struct Combiner<T> {
    /// Old and new element.
    pub(crate) one: fn(T, T) -> T,
    /// Slices of equal length, old and new: the loop without a call an element.
    pub(crate) all: fn(&mut [T], &[T]),
    /// A slice, places in it, and as many new elements, which are combined with those at the places in their order: up to the first
    /// place that is none, whose number it returns, or that of all.
    pub(crate) at: fn(&mut [T], &[i64], &[T]) -> usize,
}

impl<T: Copy> Combiner<T> {
    fn of<J: Join<T>>() -> Self {
        Combiner {
            one: J::join,
            all: |old, new| old.iter_mut().zip(new).for_each(|(old, &new)| *old = J::join(*old, new)),
            at: |old, places, new| {
                for (number, (&i, &new)) in places.iter().zip(new).enumerate() {
                    // What is negative is a large number without a sign.
                    let Some(old) = old.get_mut(i as usize) else { return number };
                    *old = J::join(*old, new);
                }
                places.len()
            },
        }
    }
}

trait Join<T> {
    fn join(old: T, new: T) -> T;
}

struct Assign;
struct Add;
struct Mul;
struct Max;
struct Min;

impl<T> Join<T> for Assign {
    #[inline(always)]
    fn join(_: T, new: T) -> T {
        new
    }
}

impl<T: Ring> Join<T> for Add {
    #[inline(always)]
    fn join(old: T, new: T) -> T {
        old.plus(new)
    }
}

impl<T: Ring> Join<T> for Mul {
    #[inline(always)]
    fn join(old: T, new: T) -> T {
        old.times(new)
    }
}

/// NaN wins.
impl<T: Ordered> Join<T> for Max {
    #[inline(always)]
    fn join(old: T, new: T) -> T {
        if old.precedes(new) { new } else { old }
    }
}

/// NaN wins.
impl<T: Ordered> Join<T> for Min {
    #[inline(always)]
    fn join(old: T, new: T) -> T {
        if new.is_nan() | (new.precedes(old) & !old.is_nan()) { new } else { old }
    }
}

/// Runs what combines values with those of a target. Of barebones dtypes it is done in their usual one, but for plain assignment.
pub(crate) fn run_in_usual_dtype(
    combine: Combine,
    values: &Array,
    target: &Array,
    run: impl FnOnce(&Array, &Array) -> Result<()>,
) -> Result<()> {
    let dtype = target.dtype;
    if combine == Combine::Assign || !dtype.is_barebones() {
        return run(values, target);
    }
    if matches!(combine, Combine::Max | Combine::Min) && dtype == DType::UInt64 {
        return Err(Error::dtype("scatter_reduce", dtype, ""));
    }
    let usual = target.to_dtype(dtype.usual())?;
    run(&values.to_dtype(dtype.usual())?, &usual)?;
    backend::launch("combine", &Kernel::Copy, &[usual.into()], std::slice::from_ref(target))
}

/// Elements that can be written to in the ways of [`Combine`].
pub(crate) trait Combining: Element {
    /// The functions of a way.
    fn combiner(combine: Combine) -> Result<Combiner<Self>>;
}

macro_rules! combining {
    ($($t:ty),* => $order:ident) => { $(impl Combining for $t {
        fn combiner(combine: Combine) -> Result<Combiner<Self>> {
            Ok(match combine {
                Combine::Assign => Combiner::of::<Assign>(),
                Combine::Add => Combiner::of::<Add>(),
                Combine::Mul => Combiner::of::<Mul>(),
                Combine::Max | Combine::Min => return $order::<$t>(combine),
            })
        }
    })* };
}

fn by_order<T: Ordered>(combine: Combine) -> Result<Combiner<T>> {
    Ok(if combine == Combine::Max { Combiner::of::<Max>() } else { Combiner::of::<Min>() })
}

fn without_order<T: Element>(_: Combine) -> Result<Combiner<T>> {
    Err(Error::dtype("scatter_reduce", T::DTYPE, "complex numbers have no order"))
}

combining! { Bool, u8, i8, i16, i32, i64, bf16, f32, f64 => by_order }
combining! { c32, c64 => without_order }

impl Combining for f16 {
    fn combiner(combine: Combine) -> Result<Combiner<f16>> {
        Ok(match combine {
            Combine::Assign => Combiner::of::<Assign>(),
            // Slices by the processor's instructions, where it has them for float16.
            Combine::Add => Combiner { all: add_halves, ..Combiner::of::<Add>() },
            Combine::Mul => Combiner::of::<Mul>(),
            Combine::Max | Combine::Min => return by_order(combine),
        })
    }
}

fn add_halves(old: &mut [f16], new: &[f16]) {
    const BLOCK: usize = 128;
    let (mut a, mut b) = ([0f32; BLOCK], [0f32; BLOCK]);
    for (old, new) in old.chunks_mut(BLOCK).zip(new.chunks(BLOCK)) {
        let (a, b) = (&mut a[..old.len()], &mut b[..new.len()]);
        convert(old, a);
        convert(new, b);
        a.iter_mut().zip(b).for_each(|(a, b)| *a += *b);
        convert(a, old);
    }
}
