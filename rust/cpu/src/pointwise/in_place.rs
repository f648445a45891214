//! Arrays that are computed into themselves. The general loops read and write through slices that must not overlap, so that
//! results go through a block of memory there, which takes as long as most ops.

use std::marker::PhantomData;

use ferrotorch_kernel::dtype::{DType, Element};
use ferrotorch_kernel::{Array, Operand, Result};
use smallvec::SmallVec;

use super::drive::{Call, MIN_CHEAP_ROW, MIN_REPEATED, number, overlap};
use super::kernel::{Op, Params};
use crate::dense;
use crate::isa::{Isa, Level, is_in_full};
use crate::lane::Lane;
use crate::parallel;
use crate::simd::{self, SimdLoop};
use crate::view::{Elements, Read, Rows, RowsMut, View, Walk, dense as dense_view, ones};

/// The second input of an op, if it has one: rows, each of which may be the one element that stands for all of it, or a number.
#[derive(Clone, Copy)]
pub(super) enum Second<'a, T> {
    None,
    Rows(Rows<'a, T>),
    Number(T),
}

/// A loop whose first input is the output.
pub(super) type InPlace<T> = fn(RowsMut<T>, Second<T>, &Params<T>);

/// The loop of an op on floats that takes no longer than memory does.
pub(super) fn of<T: Lane, O: Op<T>>() -> Option<InPlace<T>> {
    // The condition is constant, so that loops that are not used are not compiled.
    if const { is_float(T::DTYPE, O::Out::DTYPE) && matches!(O::WIDEST, Level::Avx2) && O::ARITY <= 2 && !O::RARE } {
        is_in_full().then_some(run::<T, O>)
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
    if !is_itself || first.dtype != T::DTYPE || out.dtype != T::DTYPE || out.numel() == 0 {
        return Ok(false);
    }
    let second = match rest {
        [] => Second::None,
        [Operand::Scalar(x)] => Second::Number(number(call, *x)),
        [Operand::Array(array)] if array.dtype == T::DTYPE && array.shape() == out.shape() && !overlap(array, out) => {
            return with_array(call, array, run);
        }
        _ => return Ok(false),
    };
    if !out.layout.is_contiguous() {
        return by_rows(call, second, None, run);
    }
    write_dense(call, |_, out| run(one_row(out), second, call.params))
}

/// [`drive`] with a second input that lies elsewhere.
fn with_array<T: Lane>(call: &Call<T>, array: &Array, run: InPlace<T>) -> Result<bool> {
    match dense_view::<T, Read>(array).and_then(|line| line.as_slice()) {
        Some(elements) if call.out.layout.is_contiguous() => write_dense(call, |start, out| {
            let part = View::same_rows(&elements[start..start + out.len()], 1);
            run(one_row(out), Second::Rows(Rows::new(part)), call.params);
        }),
        _ => by_rows(call, Second::None, Some(array), run),
    }
}

/// Hands out the elements of a dense output, with the number of the first.
fn write_dense<T: Lane>(call: &Call<T>, work: impl Fn(usize, &mut [T]) + Sync) -> Result<bool> {
    dense::write(call.out, |out: &mut [T]| parallel::for_each_chunk_mut(out, call.cost(), work))?;
    Ok(true)
}

/// A slice as the only row.
fn one_row<T: Lane>(slice: &mut [T]) -> RowsMut<'_, T> {
    let n = slice.len();
    RowsMut::new(View::from_slice_mut(slice, 1, n))
}

/// Computes an output of any layout with a long innermost dimension of neighbours, and an array that has such rows too or repeats an
/// element over each, sheet by sheet.
fn by_rows<T: Lane>(call: &Call<T>, second: Second<T>, array: Option<&Array>, run: InPlace<T>) -> Result<bool> {
    let strides: SmallVec<[&[isize]; 1]> = array.iter().map(|array| array.layout.strides()).collect();
    let mut walk = Walk::new(call.out, &strides)?;
    let plan = walk.plan();
    let repeats = array.is_some() && plan.inner_stride(1) == 0;
    let shortest = if repeats { MIN_REPEATED } else { MIN_CHEAP_ROW };
    if plan.inner() < shortest || plan.inner_stride(0) != 1 || !matches!(plan.inner_stride(1), 0 | 1) {
        return Ok(false);
    }
    let elements = array.map(Elements::<Read>::new).transpose()?;
    walk.for_each_chunk(call.cost(), |mut chunk| {
        chunk.for_each_piece(true, usize::MAX, |mut piece| {
            let [rows, columns] = piece.size();
            let second = match &elements {
                Some(elements) => {
                    let (size, step) = ([rows, if repeats { 1 } else { columns }], [piece.steps(1)[0], 1]);
                    Second::Rows(Rows::new(elements.stretches(piece.at()[1], size, step).rows()))
                }
                None => second,
            };
            run(RowsMut::new(piece.rows()), second, call.params);
        });
    });
    Ok(true)
}

fn run<T: Lane, O: Op<T>>(out: RowsMut<T>, second: Second<T>, params: &Params<T>) {
    let done = simd::run_in_full(Sheet::<T, O> { out, second, params, op: PhantomData });
    assert!(done.is_ok(), "a loop in place where there are none");
}

struct Sheet<'a, T, O> {
    out: RowsMut<'a, T>,
    second: Second<'a, T>,
    params: &'a Params<T>,
    op: PhantomData<O>,
}

impl<T: Lane, O: Op<T>> SimdLoop for Sheet<'_, T, O> {
    type Output = ();
    const WIDEST: Level = O::WIDEST;

    #[inline(always)]
    fn run<I: Isa>(self) {
        let Sheet { mut out, second, params, .. } = self;
        // The result is of the same type under another name, see `of`.
        let apply = |a: T, b: T| -> T { bytemuck::cast(O::apply::<I>([a, b, a], params)) };
        match second {
            Second::None => out.iter_mut().for_each(|out| out.iter_mut().for_each(|o| *o = apply(*o, *o))),
            Second::Number(b) => out.iter_mut().for_each(|out| out.iter_mut().for_each(|o| *o = apply(*o, b))),
            Second::Rows(rows) if rows.cols() == 1 => {
                out.iter_mut().zip(ones(rows)).for_each(|(out, b)| out.iter_mut().for_each(|o| *o = apply(*o, b)));
            }
            Second::Rows(rows) => {
                for (out, b) in out.iter_mut().zip(rows.iter()) {
                    out.iter_mut().zip(b).for_each(|(o, &b)| *o = apply(*o, b));
                }
            }
        }
    }
}
