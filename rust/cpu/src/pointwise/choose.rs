//! `where`, where nothing is converted: elements are only moved, so one loop serves all dtypes of a size.

use std::hint::select_unpredictable;

use ferrotorch_kernel::dtype::{Bool, DType, Element};
use ferrotorch_kernel::{Array, Operand, Result};
use smallvec::{SmallVec, smallvec};

use super::drive::{MIN_ROW, overlap};
use crate::element::match_size;
use crate::fill::element_bytes;
use crate::isa::Isa;
use crate::parallel::Cost;
use crate::plan::Plan;
use crate::simd::{self, SimdLoop};
use crate::view::{Elements, Piece, Read, Rows, RowsMut, View, Walk, Write, ones};

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
    let by_sheets = walk.plan().inner() >= MIN_ROW;
    if !lies_in_rows(walk.plan(), by_sheets) {
        return Ok(false);
    }
    let condition = Elements::<Read>::new(condition)?;
    let [a, b] = [Choice::<T>::new(choices[0], out.dtype)?, Choice::new(choices[1], out.dtype)?];
    walk.for_each_chunk(Cost::streamed(1).or(Cost::moved(1 + 3 * size_of::<T>())), |mut chunk| {
        let is_one = [2, 3].map(|k| stands_for_row(chunk.plan(), k, by_sheets));
        chunk.for_each_piece(by_sheets, usize::MAX, |mut piece| {
            let condition = condition.stretches(piece.at()[1], piece.size(), piece.steps(1)).rows();
            let (a, b) = (a.rows(&piece, 2, is_one[0]), b.rows(&piece, 3, is_one[1]));
            simd::run(Between { condition, a, b, out: piece.rows() });
        });
    });
    Ok(true)
}

/// Are the output and the condition contiguous over each row of a piece, and the choices that too or one element?
fn lies_in_rows(plan: &Plan, by_sheets: bool) -> bool {
    let is_row = |k: usize| if by_sheets { plan.inner_stride(k) == 1 } else { plan.is_linear(k) };
    is_row(0) && is_row(1) && [2, 3].into_iter().all(|k| is_row(k) || stands_for_row(plan, k, by_sheets))
}

/// Is an input one element over each row of a piece?
fn stands_for_row(plan: &Plan, array: usize, by_sheets: bool) -> bool {
    if by_sheets { plan.inner_stride(array) == 0 } else { plan.is_constant(array) }
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

    /// The elements of the rows of a piece, or the ones that stand for all of a row.
    fn rows(&self, piece: &Piece, array: usize, is_one: bool) -> View<'_, T, Read, 2> {
        let [rows, columns] = piece.size();
        match self {
            Choice::Number(x) => View::same_rows(std::slice::from_ref(x), rows),
            Choice::Memory(elements) => {
                let [down, _] = piece.steps(array);
                elements.stretches(piece.at()[array], [rows, if is_one { 1 } else { columns }], [down, 1]).rows()
            }
        }
    }
}

/// Rows; of one element each, those of `a` and `b` stand for as many as there are.
struct Between<'a, T> {
    condition: View<'a, Bool, Read, 2>,
    a: View<'a, T, Read, 2>,
    b: View<'a, T, Read, 2>,
    out: View<'a, T, Write, 2>,
}

impl<T: Element> SimdLoop for Between<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self) {
        let Between { condition, a, b, out } = self;
        let (condition, a, b, mut out) = (Rows::new(condition), Rows::new(a), Rows::new(b), RowsMut::new(out));
        let rows = out.iter_mut().zip(condition.iter());
        // A branch would end as a choice between addresses, which is a gather.
        match (a.cols(), b.cols()) {
            (1, 1) => rows.zip(ones(a)).zip(ones(b)).for_each(|(((out, c), a), b)| {
                out.iter_mut().zip(c).for_each(|(out, c)| *out = select_unpredictable(c.get(), a, b));
            }),
            (1, _) => rows.zip(ones(a)).zip(b.iter()).for_each(|(((out, c), a), b)| {
                out.iter_mut().zip(c).zip(b).for_each(|((out, c), &b)| *out = select_unpredictable(c.get(), a, b));
            }),
            (_, 1) => rows.zip(a.iter()).zip(ones(b)).for_each(|(((out, c), a), b)| {
                out.iter_mut().zip(c).zip(a).for_each(|((out, c), &a)| *out = select_unpredictable(c.get(), a, b));
            }),
            _ => rows.zip(a.iter()).zip(b.iter()).for_each(|(((out, c), a), b)| {
                let elements = out.iter_mut().zip(c).zip(a).zip(b);
                elements.for_each(|(((out, c), &a), &b)| *out = select_unpredictable(c.get(), a, b));
            }),
        }
    }
}
