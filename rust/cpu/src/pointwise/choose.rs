//! `where`, where nothing is converted: elements are only moved, so one loop serves all dtypes of a size.

use std::hint::select_unpredictable;

use ferrotorch_kernel::dtype::{Bool, DType, Element};
use ferrotorch_kernel::{Array, Operand, Result};
use smallvec::{SmallVec, smallvec};

use super::drive::{MIN_RUN, overlap};
use crate::element::match_size;
use crate::fill::element_bytes;
use crate::isa::Isa;
use crate::parallel::Cost;
use crate::plan::Plan;
use crate::simd::{self, SimdLoop};
use crate::view::Walk;
use crate::view::{Elements, Read};

/// Chooses element by element between the second and the third input, if all three lie so that whole lines can be taken: does so
/// and is true, or leaves it to the general loops.
pub(super) fn choose(inputs: &[Operand], out: &Array) -> Result<bool> {
    let [Operand::Array(condition), a, b] = inputs else { return Ok(false) };
    let is_moved = |choice: &Operand| match choice {
        Operand::Array(array) => array.dtype == out.dtype && array.shape() == out.shape() && !overlap(array, out),
        Operand::Scalar(_) => true,
        Operand::None => false,
    };
    let is_truth = condition.dtype == DType::Bool && condition.shape() == out.shape() && !overlap(condition, out);
    if !is_truth || !is_moved(a) || !is_moved(b) || out.layout.numel() == 0 {
        return Ok(false);
    }
    match_size!(out.dtype, T => between::<T>(condition, [a, b], out))
}

fn between<T: Element>(condition: &Array, choices: [&Operand; 2], out: &Array) -> Result<bool> {
    // Of numbers.
    let zeros: SmallVec<[isize; 8]> = smallvec![0; out.layout.ndim()];
    let [a, b] = choices.map(|choice| Operand::optional(choice).map_or(&zeros[..], |array| array.layout.strides()));
    let mut walk = Walk::new(out, &[condition.layout.strides(), a, b])?;
    let by_runs = walk.plan().inner() >= MIN_RUN;
    if !lies_in_lines(walk.plan(), by_runs) {
        return Ok(false);
    }
    let condition = Elements::<Read>::new(condition)?;
    let [a, b] = [Choice::<T>::new(choices[0], out.dtype)?, Choice::new(choices[1], out.dtype)?];
    walk.for_each_chunk(Cost::streamed(1).or(Cost::moved(1 + 3 * size_of::<T>())), |mut chunk| {
        let (a_step, b_step) = (step(chunk.plan(), 2, by_runs), step(chunk.plan(), 3, by_runs));
        chunk.for_each_piece(by_runs, usize::MAX, |mut piece| {
            let (count, at) = (piece.count(), *piece.at());
            let condition = condition.line(at[1], 1, count).typed().as_slice().unwrap_or_default();
            let (a, b) = (a.line(at[2], a_step, count), b.line(at[3], b_step, count));
            simd::run(Between { condition, a, b, out: piece.elements() });
        });
    });
    Ok(true)
}

/// Are the output and the condition contiguous over each piece, and the choices that too or one element?
fn lies_in_lines(plan: &Plan, by_runs: bool) -> bool {
    let is_line = |k: usize| if by_runs { plan.inner_stride(k) == 1 } else { plan.is_linear(k) };
    let is_one = |k: usize| if by_runs { plan.inner_stride(k) == 0 } else { plan.is_constant(k) };
    is_line(0) && is_line(1) && [2, 3].into_iter().all(|k| is_line(k) || is_one(k))
}

/// How far apart the elements of an input lie within a piece: 0 or 1.
fn step(plan: &Plan, array: usize, by_runs: bool) -> usize {
    let is_line = if by_runs { plan.inner_stride(array) == 1 } else { plan.is_linear(array) };
    is_line as usize
}

/// What is chosen from.
enum Choice<'a, T> {
    Number(T),
    Memory(Elements<'a, Read>),
}

impl<'a, T: Element> Choice<'a, T> {
    fn new(choice: &'a Operand, dtype: DType) -> Result<Self> {
        Ok(match choice {
            Operand::Scalar(x) => {
                Choice::Number(bytemuck::pod_read_unaligned(&element_bytes(x.cast(dtype), dtype)[..size_of::<T>()]))
            }
            other => Choice::Memory(Elements::new(other.array()?)?),
        })
    }

    /// `count` elements from `at`, or the one that stands for all of them.
    fn line(&self, at: isize, step: usize, count: usize) -> &[T] {
        match self {
            Choice::Number(x) => std::slice::from_ref(x),
            Choice::Memory(elements) => {
                elements.line(at, 1, if step == 0 { 1 } else { count }).typed().as_slice().unwrap_or_default()
            }
        }
    }
}

/// Lines; of one element each, `a` and `b` stand for as many as there are.
struct Between<'a, T> {
    condition: &'a [Bool],
    a: &'a [T],
    b: &'a [T],
    out: &'a mut [T],
}

impl<T: Element> SimdLoop for Between<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self) {
        let Between { condition, a, b, out } = self;
        let places = out.iter_mut().zip(condition);
        // A branch would end as a choice between addresses, which is a gather.
        match (a, b) {
            (&[a], &[b]) => places.for_each(|(out, c)| *out = select_unpredictable(c.get(), a, b)),
            (&[a], _) => places.zip(b).for_each(|((out, c), &b)| *out = select_unpredictable(c.get(), a, b)),
            (_, &[b]) => places.zip(a).for_each(|((out, c), &a)| *out = select_unpredictable(c.get(), a, b)),
            _ => places.zip(a).zip(b).for_each(|(((out, c), &a), &b)| *out = select_unpredictable(c.get(), a, b)),
        }
    }
}
