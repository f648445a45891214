//! Dense arrays that are computed into themselves. The general loops read and write through slices that must not overlap, so that
//! results go through a block of memory there, which takes as long as most ops.

use std::marker::PhantomData;

use ferrotorch_kernel::dtype::{DType, Element};
use ferrotorch_kernel::{Array, Operand, Result};

use super::drive::{Call, number, overlap};
use super::kernel::{Op, Params};
use crate::dense;
use crate::isa::{Isa, Level};
use crate::lane::Lane;
use crate::parallel;
use crate::simd::{self, SimdLoop};
use crate::view::{Read, dense as dense_view};

/// The second input of an op, if it has one: elements, or the one that stands for all.
#[derive(Clone, Copy)]
pub(super) enum Second<'a, T> {
    None,
    Elements(&'a [T]),
    Number(T),
}

impl<'a, T> Second<'a, T> {
    fn part(self, start: usize, n: usize) -> Second<'a, T> {
        match self {
            Second::Elements(b) => Second::Elements(&b[start..start + n]),
            other => other,
        }
    }
}

/// A loop whose first input is the output.
pub(super) type InPlace<T> = fn(&mut [T], Second<T>, &Params<T>);

/// The loop of an op on floats that takes no longer than memory does.
pub(super) fn of<T: Lane, O: Op<T>>() -> Option<InPlace<T>> {
    // The condition is constant, so that loops that are not used are not compiled.
    if const { is_float(T::DTYPE, O::Out::DTYPE) && matches!(O::WIDEST, Level::Avx2) && O::ARITY <= 2 && !O::RARE } {
        Some(run::<T, O>)
    } else {
        None
    }
}

/// Are elements and results of one float type that is computed in?
const fn is_float(element: DType, result: DType) -> bool {
    matches!((element, result), (DType::Float32, DType::Float32) | (DType::Float64, DType::Float64))
}

/// Computes a call whose first input is its output: does so and is true, or leaves it to the general loops.
pub(super) fn drive<T: Lane>(call: &Call<T>, run: InPlace<T>) -> Result<bool> {
    let (out, [Operand::Array(first), rest @ ..]) = (call.out, call.inputs) else { return Ok(false) };
    let is_itself = first.host_ptr() == out.host_ptr() && first.layout == out.layout;
    if !is_itself || first.dtype != T::DTYPE || out.dtype != T::DTYPE || !out.layout.is_contiguous() || out.numel() == 0 {
        return Ok(false);
    }
    let second = match rest {
        [] => Second::None,
        [Operand::Scalar(x)] => Second::Number(number(call, *x)),
        [Operand::Array(array)] => match elements(array, out) {
            Some(elements) => Second::Elements(elements),
            None => return Ok(false),
        },
        _ => return Ok(false),
    };
    dense::write(out, |out: &mut [T]| {
        parallel::for_each_chunk_mut(out, call.cost(), |start, out| {
            let second = second.part(start, out.len());
            run(out, second, call.params);
        });
    })?;
    Ok(true)
}

/// The elements of an array that lies as the output does, elsewhere.
fn elements<'a, T: Lane>(array: &'a Array, out: &Array) -> Option<&'a [T]> {
    let fits = array.shape() == out.shape() && !overlap(array, out);
    if fits { dense_view::<T, Read>(array)?.as_slice() } else { None }
}

fn run<T: Lane, O: Op<T>>(out: &mut [T], second: Second<T>, params: &Params<T>) {
    simd::run(Elements::<T, O> { out, second, params, op: PhantomData });
}

struct Elements<'a, T, O> {
    out: &'a mut [T],
    second: Second<'a, T>,
    params: &'a Params<T>,
    op: PhantomData<O>,
}

impl<T: Lane, O: Op<T>> SimdLoop for Elements<'_, T, O> {
    type Output = ();
    const WIDEST: Level = O::WIDEST;

    #[inline(always)]
    fn run<I: Isa>(self) {
        let Elements { out, second, params, .. } = self;
        // The result is of the same type under another name, see `of`.
        let apply = |a: T, b: T| -> T { bytemuck::cast(O::apply::<I>([a, b, a], params)) };
        match second {
            Second::None => out.iter_mut().for_each(|o| *o = apply(*o, *o)),
            Second::Number(b) => out.iter_mut().for_each(|o| *o = apply(*o, b)),
            Second::Elements(b) => out.iter_mut().zip(b).for_each(|(o, &b)| *o = apply(*o, b)),
        }
    }
}
