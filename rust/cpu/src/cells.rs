//! Steps of recurrent layers: all that there is between the products with their weights. Half types are computed in float32.

mod rules;
#[cfg(test)]
mod tests;

use std::marker::PhantomData;

use ferrotorch_kernel::kernel::Cell;
use ferrotorch_kernel::{Array, DType, Layout, Operand, Result, bail};
use smallvec::SmallVec;

use crate::copy;
use crate::dense;
use crate::fill;
use crate::isa::Isa;
use crate::lines::{Lines, LinesMut, try_for_each_line, with_rooms};
use crate::math::Float;
use crate::parallel::Cost;
use crate::simd::{self, SimdLoop};
use crate::view::Several;

/// A step.
pub(crate) fn step(cell: Cell, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    match (cell, inputs, outputs) {
        (Cell::Lstm, [entering, state], [_, next, _]) => in_place_of::<rules::Lstm>(next, state, &[entering], outputs),
        (Cell::Gru, [by_input, by_hidden, state], [_, _]) => run::<rules::Gru>(&[by_input, by_hidden, state], outputs),
        _ => bail!(Runtime, "a cell was launched without its inputs or outputs"),
    }
}

/// The gradient of a step.
pub(crate) fn step_grad(cell: Cell, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    match (cell, inputs, outputs) {
        (Cell::Lstm, [of_hidden, of_next, gates, before, after], [_, of_state]) => {
            in_place_of::<rules::LstmGrad>(of_state, of_next, &[of_hidden, gates, before, after], outputs)
        }
        (Cell::Gru, [of_next, kept, before, more], [_, _, _]) => {
            let more = if more.optional().is_some() { Some(more) } else { None };
            let read: SmallVec<[&Operand; 4]> = [of_next, kept, before].into_iter().chain(more).collect();
            run::<rules::GruGrad>(&read, outputs)
        }
        _ => bail!(Runtime, "the gradient of a cell was launched without its inputs or outputs"),
    }
}

/// A rule that reads its first state from where it writes the next: it is copied there, or is there already, or is zero.
fn in_place_of<R: Rule>(place: &Array, state: &Operand, read: &[&Operand], outputs: &[Array]) -> Result<()> {
    match state {
        Operand::None => fill::fill(0.0.into(), place)?,
        state => copy::copy(state, place)?,
    }
    run::<R>(read, outputs)
}

/// What is computed of the rows of some arrays.
trait Rule {
    /// Functions such as `exp` an element of the state.
    const FUNCTIONS: usize;

    /// One row: gates lie one behind the other in it. There is room for three rows of a state.
    fn row<I: Isa, T: Float>(read: &[&[T]], written: &mut [&mut [T]], room: [&mut [T]; 3]);
}

fn run<R: Rule>(read: &[&Operand], outputs: &[Array]) -> Result<()> {
    let Some(dtype) = outputs.first().map(|out| out.dtype) else { return Ok(()) };
    let compute = if dtype == DType::Float64 { dtype } else { DType::Float32 };
    let read = read.iter().map(|input| dense::input(input.array()?, compute)).collect::<Result<SmallVec<[Array; 4]>>>()?;
    let is_direct = |out: &Array| out.dtype == compute && out.layout.is_contiguous();
    let written = outputs.iter().map(|out| if is_direct(out) { Ok(out.clone()) } else { dense::input(out, compute) });
    let written = written.collect::<Result<SmallVec<[Array; 3]>>>()?;
    match compute {
        DType::Float64 => rows::<R, f64>(&read, &written)?,
        _ => rows::<R, f32>(&read, &written)?,
    }
    let mut through = outputs.iter().zip(written).filter(|(out, _)| !is_direct(out));
    through.try_for_each(|(out, written)| copy::copy(&written.into(), out))
}

fn rows<R: Rule, T: Float>(read: &[Array], written: &[Array]) -> Result<()> {
    let (count, smallest) = (written[0].shape()[0], written.iter().map(Array::numel).min().unwrap_or(0));
    if smallest == 0 {
        return Ok(());
    }
    let as_rows = |array: &Array| {
        let width = array.numel() / count;
        array.with_layout(Layout::strided(&[count, width], &[width as isize, 1], array.layout.offset()))
    };
    let (read, written): (SmallVec<[Array; 4]>, SmallVec<[Array; 3]>) =
        (read.iter().map(as_rows).collect(), written.iter().map(as_rows).collect());
    let lines = read.iter().map(|array| Lines::<T>::new(array, 1)).collect::<Result<SmallVec<[Lines<T>; 4]>>>()?;
    let out = written.iter().map(|array| LinesMut::<T>::new(array, 1)).collect::<Result<Vec<LinesMut<T>>>>()?;
    let columns = smallest / count;
    try_for_each_line(Several(out, Vec::<LinesMut<T>>::new()), Cost::functions(R::FUNCTIONS * columns), |row, (out, _)| {
        let read: SmallVec<[&[T]; 4]> = lines.iter().map(|lines| lines.line(row).as_slice().unwrap_or_default()).collect();
        let mut written: SmallVec<[&mut [T]; 3]> =
            out.into_iter().map(|line| line.into_mut_slice().unwrap_or_default()).collect();
        with_rooms(|rooms| {
            let [a, b, c] = rooms.map(|room| room.of::<T>(columns));
            let room = [a?, b?, c?];
            simd::run(Row::<R, T> { read: &read, written: &mut written, room, rule: PhantomData });
            Ok(())
        })
    })
}

struct Row<'r, 'a, R, T> {
    read: &'r [&'a [T]],
    written: &'r mut [&'a mut [T]],
    room: [&'r mut [T]; 3],
    rule: PhantomData<R>,
}

impl<R: Rule, T: Float> SimdLoop for Row<'_, '_, R, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self) {
        R::row::<I, T>(self.read, self.written, self.room);
    }
}
