//! Arrays as lines along one dimension: what scans, sorts, softmax and gathers work on.
//!
//! Reading copies a line into a buffer where it is not contiguous; writing copies it back. [`for_each_line`] hands every
//! line of its outputs to exactly one call, which is what makes writing from several threads sound.

#[cfg(test)]
mod tests;

use std::marker::PhantomData;

use ferrotorch_kernel::dtype::Element;
use ferrotorch_kernel::memory::vec_for;
use ferrotorch_kernel::{Array, Result, ensure};

use crate::host::{check_output, checked_ptr};
use crate::outer::Outer;
use crate::parallel::{self, Cost};

/// Where the lines of an array begin, how long they are, and the step inside a line.
#[derive(Clone)]
struct Geometry {
    outer: Outer,
    length: usize,
    step: isize,
}

impl Geometry {
    fn new(array: &Array, dim: usize) -> Geometry {
        let layout = &array.layout;
        Geometry { outer: Outer::new(layout, &[dim]), length: layout.shape()[dim], step: layout.strides()[dim] }
    }

    /// Offset of a line's first element.
    fn start(&self, line: usize) -> isize {
        self.outer.start(line)
    }
}

/// The lines of an input.
pub(crate) struct Lines<'a, T> {
    ptr: *const T,
    geometry: Geometry,
    life: PhantomData<&'a T>,
}

// SAFETY: lines are only read, and the elements are Sync.
unsafe impl<T: Sync> Sync for Lines<'_, T> {}

impl<'a, T: Element> Lines<'a, T> {
    /// Views an array along a dimension. `T` may be any type of the dtype's size.
    pub(crate) fn new(array: &'a Array, dim: usize) -> Result<Self> {
        Ok(Lines { ptr: checked_ptr::<T>(array)?.cast_const(), geometry: Geometry::new(array, dim), life: PhantomData })
    }

    /// Number of lines.
    pub(crate) fn count(&self) -> usize {
        self.geometry.outer.count()
    }

    /// Length of a line.
    pub(crate) fn length(&self) -> usize {
        self.geometry.length
    }

    /// A line, to read single elements of.
    pub(crate) fn line(&self, line: usize) -> Line<'_, T> {
        // SAFETY: `checked_ptr` found the whole span inside the storage; for a line without elements the pointer is not
        // followed.
        let first = if self.geometry.length == 0 { self.ptr } else { unsafe { self.ptr.offset(self.geometry.start(line)) } };
        Line { first, length: self.geometry.length, step: self.geometry.step, life: PhantomData }
    }

    /// Memory for a copy of a line, where [`Lines::read`] makes one.
    pub(crate) fn buffer(&self, op: &str) -> Result<Vec<T>> {
        let (n, step) = (self.geometry.length, self.geometry.step);
        vec_for(op, if step == 1 || n == 1 { 0 } else { n })
    }

    /// A line: the memory itself where it is contiguous, else a copy in `buffer`.
    pub(crate) fn read<'b>(&'b self, line: usize, buffer: &'b mut Vec<T>) -> &'b [T] {
        let (n, step) = (self.geometry.length, self.geometry.step);
        if n == 0 {
            return &[];
        }
        let start = self.geometry.start(line);
        // SAFETY: the line's elements lie inside the storage, see `get`.
        unsafe {
            let first = self.ptr.offset(start);
            if step == 1 || n == 1 {
                return std::slice::from_raw_parts(first, n);
            }
            buffer.clear();
            buffer.extend((0..n as isize).map(|i| *first.offset(i * step)));
        }
        buffer
    }
}

/// One line of an input.
pub(crate) struct Line<'a, T> {
    first: *const T,
    length: usize,
    step: isize,
    life: PhantomData<&'a T>,
}

impl<T: Element> Line<'_, T> {
    /// One element.
    #[inline(always)]
    pub(crate) fn get(&self, i: usize) -> T {
        assert!(i < self.length, "element out of range");
        // SAFETY: in range of a line inside the storage.
        unsafe { *self.first.offset(i as isize * self.step) }
    }
}

/// The lines of an output.
pub(crate) struct LinesMut<'a, T> {
    ptr: *mut T,
    geometry: Geometry,
    life: PhantomData<&'a mut T>,
}

// SAFETY: a shared reference gives access to no line; `for_each_line` takes the whole and hands out each one once.
unsafe impl<T: Send> Sync for LinesMut<'_, T> {}

/// One line of an output, held by one call alone.
pub(crate) struct LineMut<'a, T> {
    first: *mut T,
    length: usize,
    step: isize,
    life: PhantomData<&'a mut T>,
}

impl<'a, T: Element> LinesMut<'a, T> {
    /// Views an output along a dimension. `T` may be any type of the dtype's size. While the view lives, nothing else may
    /// reach the output: see [`crate::host`].
    pub(crate) fn new(array: &'a Array, dim: usize) -> Result<Self> {
        check_output(array)?;
        Ok(LinesMut { ptr: checked_ptr(array)?, geometry: Geometry::new(array, dim), life: PhantomData })
    }

    /// Length of a line.
    pub(crate) fn length(&self) -> usize {
        self.geometry.length
    }

    /// # Safety
    /// No other `LineMut` of the same line is alive.
    unsafe fn line(&self, line: usize) -> LineMut<'a, T> {
        // SAFETY: the line starts inside the storage; for a line without elements the pointer is not followed.
        let first = if self.geometry.length == 0 { self.ptr } else { unsafe { self.ptr.offset(self.geometry.start(line)) } };
        LineMut { first, length: self.geometry.length, step: self.geometry.step, life: PhantomData }
    }
}

impl<T: Element> LineMut<'_, T> {
    /// The memory itself, where the line is contiguous.
    pub(crate) fn as_slice(&mut self) -> Option<&mut [T]> {
        // SAFETY: the line is ours alone, inside the storage, and its elements follow one another.
        (self.step == 1 || self.length <= 1).then(|| unsafe { std::slice::from_raw_parts_mut(self.first, self.length) })
    }

    /// Reads an element.
    pub(crate) fn get(&self, i: usize) -> T {
        assert!(i < self.length, "element out of range");
        // SAFETY: in range of a line inside the storage.
        unsafe { *self.first.offset(i as isize * self.step) }
    }

    /// Writes an element.
    pub(crate) fn set(&mut self, i: usize, value: T) {
        assert!(i < self.length, "element out of range");
        // SAFETY: in range of a line inside the storage that is ours alone.
        unsafe { *self.first.offset(i as isize * self.step) = value }
    }

    /// Writes a whole line.
    pub(crate) fn write(&mut self, values: &[T]) {
        match self.as_slice() {
            Some(slice) => slice.copy_from_slice(values),
            None => values.iter().enumerate().for_each(|(i, &value)| self.set(i, value)),
        }
    }

    /// Lets `work` fill a contiguous slice: the line's own memory, or `buffer`, which is then copied.
    pub(crate) fn fill_with(&mut self, buffer: &mut Vec<T>, work: impl FnOnce(&mut [T])) {
        if let Some(slice) = self.as_slice() {
            return work(slice);
        }
        buffer.clear();
        buffer.resize(self.length, T::zeroed());
        work(buffer);
        self.write(buffer);
    }
}

/// An output, or several with equally many lines, whose lines of one number go to one call.
pub(crate) trait LineOutputs: Sync {
    /// What a call gets: a line of each.
    type Lines;

    /// How many lines there are; an error where the outputs differ.
    fn count(&self) -> Result<usize>;

    /// # Safety
    /// The number is in range, and no other line of this number is alive.
    unsafe fn lines(&self, number: usize) -> Self::Lines;
}

impl<'a, T: Element> LineOutputs for LinesMut<'a, T> {
    type Lines = LineMut<'a, T>;

    fn count(&self) -> Result<usize> {
        Ok(self.geometry.outer.count())
    }

    unsafe fn lines(&self, number: usize) -> LineMut<'a, T> {
        // SAFETY: as the caller promises.
        unsafe { self.line(number) }
    }
}

impl<A: LineOutputs, B: LineOutputs> LineOutputs for (A, B) {
    type Lines = (A::Lines, B::Lines);

    fn count(&self) -> Result<usize> {
        let count = self.0.count()?;
        ensure!(count == self.1.count()?, Runtime, "the outputs of a kernel differ in shape");
        Ok(count)
    }

    unsafe fn lines(&self, number: usize) -> Self::Lines {
        // SAFETY: as the caller promises, for either.
        unsafe { (self.0.lines(number), self.1.lines(number)) }
    }
}

/// Calls `work(number, lines)` once for every line of the outputs, in parallel. `cost` is that of one line.
pub(crate) fn for_each_line<O: LineOutputs>(outputs: O, cost: Cost, work: impl Fn(usize, O::Lines) + Sync) -> Result<()> {
    parallel::for_each_chunk(outputs.count()?, cost, |range| {
        for i in range {
            // SAFETY: the ranges of `for_each_chunk` do not overlap, so every line is handed out once.
            work(i, unsafe { outputs.lines(i) });
        }
    });
    Ok(())
}

/// [`for_each_line`] of work that can fail: the error of one line, where any has one.
pub(crate) fn try_for_each_line<O: LineOutputs>(
    outputs: O,
    cost: Cost,
    work: impl Fn(usize, O::Lines) -> Result<()> + Sync,
) -> Result<()> {
    let mut counted = Ok(());
    let worked =
        parallel::first_failure(|note| counted = for_each_line(outputs, cost, |number, lines| note(work(number, lines))));
    counted.and(worked)
}

/// [`for_each_line`] in groups of `size` lines that follow one another, which share a state: `work(state, number, line)`. The
/// lines of a group come one after the other, so what is gathered in a state does not depend on the number of threads.
pub(crate) fn for_each_line_in_groups<T: Element, S: Send>(
    out: LinesMut<T>,
    size: usize,
    cost: Cost,
    states: &mut [S],
    work: impl Fn(&mut S, usize, LineMut<T>) + Sync,
) {
    let count = out.geometry.outer.count();
    assert_eq!(states.len(), count.div_ceil(size), "one state for each group of lines");
    parallel::for_each_chunk_mut(states, cost.times(size), |first, states| {
        for (i, state) in states.iter_mut().enumerate() {
            let start = (first + i) * size;
            for line in start..count.min(start + size) {
                // SAFETY: every state is in one chunk only, and so are the lines of its group.
                work(state, line, unsafe { out.line(line) });
            }
        }
    });
}
