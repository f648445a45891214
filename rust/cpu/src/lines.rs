//! Arrays as lines along one dimension: what scans, sorts, softmax and gathers work on.
//!
//! Reading copies a line into a buffer where it is not contiguous; writing copies it back.

#[cfg(test)]
mod tests;

use std::cell::Cell;

use bytemuck::Pod;
use ferrotorch_kernel::dtype::Element;
use ferrotorch_kernel::{Array, Result, bail, interrupt};

use crate::matmul::Source;
use crate::parallel::{BETWEEN_LOOKS, Cost};
use crate::view::{Access, Parts, Read, View, Views, Write, try_for_each_part, try_for_each_part_in_groups};

/// The lines of an input.
pub(crate) type Lines<'a, T> = Views<'a, T, Read, 1>;
/// The lines of an output.
pub(crate) type LinesMut<'a, T> = Views<'a, T, Write, 1>;
/// One line of an output, held by one call alone.
pub(crate) type LineMut<'a, T> = View<'a, T, Write, 1>;

impl<'a, T: Element, A: Access> Views<'a, T, A, 1> {
    /// Views an array along a dimension. `T` may be any type of the dtype's size.
    pub(crate) fn new(array: &'a Array, dim: usize) -> Result<Self> {
        Views::along(array, [dim])
    }

    /// Length of a line.
    pub(crate) fn length(&self) -> usize {
        self.size()[0]
    }
}

impl<'a, T: Element> Lines<'a, T> {
    /// A line, to read single elements of.
    pub(crate) fn line(&self, line: usize) -> View<'a, T, Read, 1> {
        self.view(line)
    }

    /// A line: the memory itself where it is contiguous, else a copy in `buffer`.
    pub(crate) fn read<'b>(&'b self, line: usize, buffer: &'b mut Vec<T>) -> Result<&'b [T]> {
        let line = self.view(line);
        if self.is_contiguous() {
            return Ok(line.as_slice().unwrap_or_default());
        }
        make_room(buffer, line.len())?;
        if line.len() <= BETWEEN_LOOKS {
            buffer.extend(line.iter());
        } else {
            copy_long(line, buffer)?;
        }
        Ok(buffer)
    }
}

/// Copies a line that may take seconds, for its elements may be one that is repeated. The copy is not whole where the
/// computation has been stopped, so that nobody is to read it.
fn copy_long<T: Element>(line: View<T, Read, 1>, buffer: &mut Vec<T>) -> Result<()> {
    let mut elements = line.iter();
    while elements.len() > 0 {
        if interrupt::stops() {
            bail!(Runtime, "stopped in the copy of a line")
        }
        buffer.extend(elements.by_ref().take(BETWEEN_LOOKS));
    }
    Ok(())
}

/// Empties a buffer that is to hold `n` elements. A line may be longer than any memory: all of its elements may be one.
fn make_room<T>(buffer: &mut Vec<T>, n: usize) -> Result<()> {
    buffer.clear();
    if buffer.try_reserve_exact(n).is_err() {
        bail!(Memory, "no memory for a copy of {n} elements of {} bytes", size_of::<T>())
    }
    Ok(())
}

impl<T: Element> LineMut<'_, T> {
    /// Writes a whole line.
    pub(crate) fn write(&mut self, values: &[T]) {
        match self.as_mut_slice() {
            Some(slice) => slice.copy_from_slice(values),
            None => self.write_all(values.iter().copied()),
        }
    }

    /// Lets `work` fill a contiguous slice: the line's own memory, or `buffer`, which is then copied.
    pub(crate) fn fill_with(&mut self, buffer: &mut Vec<T>, work: impl FnOnce(&mut [T])) -> Result<()> {
        if let Some(slice) = self.as_mut_slice() {
            work(slice);
            return Ok(());
        }
        make_room(buffer, self.len())?;
        buffer.resize(self.len(), T::zeroed());
        work(buffer);
        self.write(buffer);
        Ok(())
    }
}

/// Memory for lines in another type than they are stored in, of which a thread keeps some.
#[derive(Default)]
pub(crate) struct Room(Vec<u64>);

/// Words of a [`Room`] that a thread keeps at most.
const KEPT: usize = 1 << 16;

thread_local! {
    static ROOMS: Cell<[Room; 3]> = const { Cell::new([const { Room(Vec::new()) }; 3]) };
}

impl Room {
    /// Memory for so many elements, whose values are not known.
    pub(crate) fn of<T: Pod>(&mut self, n: usize) -> Result<&mut [T]> {
        let words = n.saturating_mul(size_of::<T>()).div_ceil(size_of::<u64>());
        if self.0.len() < words {
            make_room(&mut self.0, words)?;
            self.0.resize(words, 0);
        }
        Ok(&mut bytemuck::cast_slice_mut(&mut self.0[..words])[..n])
    }
}

/// Calls `work` with memory for three lines.
pub(crate) fn with_rooms<R>(work: impl FnOnce([&mut Room; 3]) -> R) -> R {
    let mut rooms = ROOMS.take();
    let result = work(rooms.each_mut());
    if rooms.iter().all(|room| room.0.len() <= KEPT) {
        ROOMS.set(rooms);
    }
    result
}

/// A line in the type that it is computed in: the memory itself where that will do, else a copy in `room`.
pub(crate) fn widened<'b, S: Source<T>, T: Element>(line: View<'b, S, Read, 1>, room: &'b mut Room) -> Result<&'b [T]> {
    if let Ok(line) = line.same_type::<T>()
        && let Some(slice) = line.as_slice()
    {
        return Ok(slice);
    }
    let copy = room.of(line.len())?;
    match line.as_slice() {
        Some(slice) => S::widen_all(slice, copy),
        None => copy.iter_mut().zip(line.iter()).for_each(|(copy, x)| *copy = x.widen()),
    }
    Ok(copy)
}

/// Lets `work` fill a line in the type that it is computed in: the line's own memory, or `room`, which is then rounded to it.
pub(crate) fn fill_widened<S: Source<T>, T: Element>(
    mut line: LineMut<S>,
    room: &mut Room,
    work: impl FnOnce(&mut [T]),
) -> Result<()> {
    if let Ok(mut line) = line.reborrow().same_type::<T>()
        && let Some(slice) = line.as_mut_slice()
    {
        work(slice);
        return Ok(());
    }
    let copy = room.of(line.len())?;
    work(copy);
    match line.as_mut_slice() {
        Some(slice) => S::narrow_all(copy, slice),
        None => line.write_all(copy.iter().map(|&x| S::narrow(x))),
    }
    Ok(())
}

/// Calls `work(number, lines)` once for every line of the outputs, in parallel: the error of one line, where any has one. `cost` is
/// that of one line.
pub(crate) fn try_for_each_line<O: Parts>(
    outputs: O,
    cost: Cost,
    work: impl Fn(usize, O::Part) -> Result<()> + Sync,
) -> Result<()> {
    try_for_each_part(outputs, cost, work)
}

/// [`try_for_each_part_in_groups`] of lines.
pub(crate) fn try_for_each_line_in_groups<T: Element, S: Send>(
    out: LinesMut<T>,
    size: usize,
    cost: Cost,
    states: &mut [S],
    work: impl Fn(&mut S, usize, LineMut<T>) -> Result<()> + Sync,
) -> Result<()> {
    try_for_each_part_in_groups(out, size, cost, states, work)
}
