//! The inner loop: one op, one type, one instruction set, rows of neighbours.

use ferrotorch_kernel::dtype::{Bool, DType};

use crate::isa::{Baseline, Isa, Level};
use crate::lane::Lane;
use crate::simd::{self, SimdLoop};
use crate::view::{Rows, RowsMut, ones};

/// The most parameters that an op has.
pub(super) const MAX_PARAMS: usize = 3;

/// Parameters of a call in the lane's type; unused ones are zero.
pub(super) type Params<T> = [T; MAX_PARAMS];

/// A pointwise op on a lane type.
pub(super) trait Op<T: Lane>: 'static {
    /// What comes out: `T`, [`Bool`] or `T::Real`.
    type Out: Lane;
    /// Number of inputs.
    const ARITY: usize;
    /// The best level that the loop is compiled for.
    const WIDEST: Level;
    /// May one of two inputs, or the last of three, be one element that stands for all of a row? Loops of their own for that pay where
    /// an op costs less than filling a block with the element.
    const REPEATS: bool = Self::ARITY >= 2 && matches!(Self::WIDEST, Level::Avx2) && is_often_repeated(T::DTYPE) && !Self::RARE;
    /// May the two inputs change places, so that the second is the one that is repeated?
    const COMMUTES: bool = false;
    /// Are there inputs that `apply` cannot handle?
    const RARE: bool = false;
    /// Does the op change nothing but signs of half types, so that [`Op::of_bits`] computes it?
    const BY_BITS: bool = false;

    /// The op on one element; unused inputs repeat the first. Free of branches where it is to be vectorised.
    fn apply<I: Isa>(x: [T; 3], params: &Params<T>) -> Self::Out;

    /// The op of up to two inputs on bits of a half type, the first of which is the sign.
    #[inline(always)]
    fn of_bits([a, _]: [u16; 2]) -> u16 {
        a
    }

    /// The op of two inputs on some elements from the beginning, together, and how many these are.
    #[inline(always)]
    fn of_blocks<I: Isa>(_: [&[T]; 2], _: &mut [Self::Out], _: &Params<T>) -> usize {
        0
    }

    /// Must an element be computed by `rare`? Ops of one or two inputs may have such.
    #[inline(always)]
    fn is_rare<I: Isa>(_: [T; 3]) -> bool {
        false
    }

    /// The slow way, right for every input.
    fn rare(x: [T; 3], params: &Params<T>) -> Self::Out {
        Self::apply::<Baseline>(x, params)
    }
}

/// Is it a dtype in which columns and numbers often meet tables, and in which filling a block with them takes long?
const fn is_often_repeated(dtype: DType) -> bool {
    matches!(dtype, DType::Float32 | DType::Float64 | DType::Int32 | DType::Int64 | DType::Complex64 | DType::Complex128)
}

/// The inputs of a loop, row by row; those beyond the arity are not read.
pub(super) type Inputs<'a, T> = [Rows<'a, T>; 3];

/// The loop of an op over the rows of a sheet, as many of each input as of the output. A row of an input may be one element that is
/// repeated, where [`Op::REPEATS`] allows it.
pub(super) type Loop<T, O> = fn(inputs: Inputs<T>, out: RowsMut<O>, params: &Params<T>);

/// [`Loop`] of an op.
pub(super) fn run<T: Lane, O: Op<T>>(inputs: Inputs<T>, out: RowsMut<O::Out>, params: &Params<T>) {
    simd::run(Sheet::<T, O> { inputs, out, params });
}

/// The arguments of a [`Loop`].
struct Sheet<'a, T: Lane, O: Op<T>> {
    inputs: Inputs<'a, T>,
    out: RowsMut<'a, O::Out>,
    params: &'a Params<T>,
}

impl<T: Lane, O: Op<T>> SimdLoop for Sheet<'_, T, O> {
    type Output = ();
    const WIDEST: Level = O::WIDEST;

    /// Which rows are repeated elements is asked before the loop over the rows, of which the compiler would else make one for each answer.
    #[inline(always)]
    fn run<I: Isa>(self) {
        let Sheet { inputs: [a, b, c], mut out, params } = self;
        let of_two = |a: T, b: T| O::apply::<I>([a, b, a], params);
        match O::ARITY {
            1 => {
                for (out, a) in out.iter_mut().zip(a.iter()) {
                    out.iter_mut().zip(a).for_each(|(o, &a)| *o = O::apply::<I>([a; 3], params));
                }
            }
            2 if const { O::REPEATS && I::IN_FULL } && b.cols() == 1 => {
                for ((out, a), b) in out.iter_mut().zip(a.iter()).zip(ones(b)) {
                    out.iter_mut().zip(a).for_each(|(o, &a)| *o = of_two(a, b));
                }
            }
            2 if const { O::REPEATS && I::IN_FULL && !O::COMMUTES } && a.cols() == 1 => {
                for ((out, a), b) in out.iter_mut().zip(ones(a)).zip(b.iter()) {
                    out.iter_mut().zip(b).for_each(|(o, &b)| *o = of_two(a, b));
                }
            }
            2 => {
                for ((out, a), b) in out.iter_mut().zip(a.iter()).zip(b.iter()) {
                    let done = O::of_blocks::<I>([a, b], out, params);
                    out[done..].iter_mut().zip(&a[done..]).zip(&b[done..]).for_each(|((o, &a), &b)| *o = of_two(a, b));
                }
            }
            _ if const { O::REPEATS && I::IN_FULL } && c.cols() == 1 => {
                for (((out, a), b), c) in out.iter_mut().zip(a.iter()).zip(b.iter()).zip(ones(c)) {
                    out.iter_mut().zip(a).zip(b).for_each(|((o, &a), &b)| *o = O::apply::<I>([a, b, c], params));
                }
            }
            _ => {
                for (((out, a), b), c) in out.iter_mut().zip(a.iter()).zip(b.iter()).zip(c.iter()) {
                    out.iter_mut().zip(a).zip(b).zip(c).for_each(|(((o, &a), &b), &c)| *o = O::apply::<I>([a, b, c], params));
                }
            }
        }
        if O::RARE {
            // Of one input, the second is the first.
            let second = if O::ARITY == 1 { a } else { b };
            for ((out, a), b) in out.iter_mut().zip(a.iter()).zip(second.iter()) {
                repair::<T, O, I>(a, b, out, params);
            }
        }
    }
}

/// Computes again what `apply` could not; the search is vectorised, and nearly always in vain.
#[inline(always)]
fn repair<T: Lane, O: Op<T>, I: Isa>(a: &[T], b: &[T], out: &mut [O::Out], params: &Params<T>) {
    const { assert!(!O::RARE || O::ARITY <= 2 && !O::REPEATS) }
    for ((a, b), out) in a.chunks(256).zip(b.chunks(256)).zip(out.chunks_mut(256)) {
        if a.iter().zip(b).fold(false, |any, (&a, &b)| any | O::is_rare::<I>([a, b, a])) {
            let pairs = a.iter().zip(b).zip(out).filter(|((a, b), _)| O::is_rare::<I>([**a, **b, **a]));
            pairs.for_each(|((&a, &b), o)| *o = O::rare([a, b, a], params));
        }
    }
}

/// The loop of an op, by what comes out.
#[derive(Clone, Copy)]
pub(super) enum AnyLoop<T: Lane> {
    /// The lane type itself.
    Same(Loop<T, T>),
    /// A truth value.
    Truth(Loop<T, Bool>),
    /// The real type of a complex lane.
    Real(Loop<T, T::Real>),
}
