//! Advanced indexing: reading and writing slices that index arrays name.
//!
//! The indexed array is seen as slots (one for each combination of the indexed dimensions) of rows (the remaining
//! dimensions). Index arrays become one list of slot numbers first, where every index is checked; then rows move.

use std::cell::RefCell;

use ferrotorch_core::dtype::Element;
use ferrotorch_core::kernel::Combine;
use ferrotorch_core::{Array, Layout, Operand, Result, match_dtype};
use smallvec::SmallVec;

use crate::element::match_size;
use crate::gather::{Combining, Fault};
use crate::host::{check_output, checked_ptr};
use crate::lines::Lines;
use crate::parallel;

/// Elements that a thread should at least have to move.
const GRAIN: usize = 1 << 14;

/// `out0[i..] = in0[in1[i], .., ink[i], ..]`
pub(crate) fn index(wraps: bool, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let (input, out) = (inputs[0].array()?, &outputs[0]);
    let slots = slots("index", wraps, input, &inputs[1..])?;
    match_size!(out.dtype, T => read_rows::<T>(input, inputs.len() - 1, &slots, out))
}

/// `out0[in1[i], .., ink[i], ..] = combine(out0[..], in0[i..])`
pub(crate) fn index_put(combine: Combine, wraps: bool, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let (values, out) = (inputs[0].array()?, &outputs[0]);
    let slots = slots("index_put_", wraps, out, &inputs[1..])?;
    match_dtype!(out.dtype, T => write_rows::<T>(values, inputs.len() - 1, &slots, combine, out))
}

/// Offset of the slot that each entry of the index arrays names, in elements from the array's first.
fn slots(op: &'static str, wraps: bool, indexed: &Array, indices: &[Operand]) -> Result<Vec<isize>> {
    let Some(first) = indices.first() else { return Ok(vec![0]) };
    let mut slots = vec![0isize; first.array()?.numel()];
    for (dim, index) in indices.iter().enumerate() {
        let (size, stride) = (indexed.shape()[dim], indexed.layout.strides()[dim]);
        let flat = index.array()?.contiguous()?;
        let flat = flat.with_layout(Layout::strided(&[flat.numel()], &[1], flat.layout.offset()));
        let fault = Fault::new(op, dim, size);
        let lines = Lines::<i64>::new(&flat, 0)?;
        let mut buffer = Vec::new();
        for (slot, &i) in slots.iter_mut().zip(lines.read(0, &mut buffer)) {
            match if wraps { fault.wrap(i) } else { fault.check(i) } {
                Some(i) => *slot += i as isize * stride,
                None => break,
            }
        }
        fault.result()?;
    }
    Ok(slots)
}

/// The rows of an array behind its first `lead` dimensions: offsets of their elements, cut into contiguous runs.
struct Rows {
    /// Offset of each run from the row's first element.
    runs: Vec<isize>,
    /// Elements of a run, and the step between them.
    length: usize,
    step: isize,
}

impl Rows {
    fn new(array: &Array, lead: usize) -> Rows {
        let dims: SmallVec<[(usize, isize); 5]> =
            array.shape().iter().copied().zip(array.layout.strides().iter().copied()).skip(lead).filter(|d| d.0 != 1).collect();
        let (mut outer, mut length, mut step) = (dims.len(), 1, 1);
        while outer > 0 && (length == 1 || dims[outer - 1].1 == step * length as isize) {
            outer -= 1;
            step = if length == 1 { dims[outer].1 } else { step };
            length *= dims[outer].0;
        }
        let mut runs = vec![0];
        for &(size, stride) in &dims[..outer] {
            runs = runs.iter().flat_map(|&run| (0..size as isize).map(move |i| run + i * stride)).collect();
        }
        Rows { runs, length, step }
    }

    /// Cuts both into runs of one length: the shorter of the two.
    fn matched(mut a: Rows, mut b: Rows) -> (Rows, Rows) {
        let length = if a.length <= b.length { a.length } else { b.length };
        a.cut(length);
        b.cut(length);
        (a, b)
    }

    fn cut(&mut self, length: usize) {
        if length < self.length && length > 0 {
            let (pieces, step) = ((self.length / length) as isize, self.step);
            self.runs = self.runs.iter().flat_map(|&run| (0..pieces).map(move |i| run + i * length as isize * step)).collect();
            self.length = length;
        }
    }
}

/// Start of each leading position of an array: the positions of the index arrays, in row-major order.
fn starts(array: &Array, lead: usize) -> Vec<isize> {
    let mut out = vec![0isize];
    for (&size, &stride) in array.shape().iter().zip(array.layout.strides()).take(lead) {
        out = out.iter().flat_map(|&start| (0..size as isize).map(move |i| start + i * stride)).collect();
    }
    out
}

/// A pointer that several threads use on elements of their own.
struct Shared<T>(*mut T);

// SAFETY: whoever holds one writes disjoint elements from each thread, see its uses.
unsafe impl<T: Send> Sync for Shared<T> {}

impl<T> Shared<T> {
    fn get(&self) -> *mut T {
        self.0
    }
}

fn read_rows<T: Element>(input: &Array, indexed: usize, slots: &[isize], out: &Array) -> Result<()> {
    check_output(out)?;
    let lead = out.layout.ndim() - (input.layout.ndim() - indexed);
    let starts = starts(out, lead);
    let (from, to) = Rows::matched(Rows::new(input, indexed), Rows::new(out, lead));
    if out.numel() == 0 {
        return Ok(());
    }
    let source = Shared(checked_ptr::<T>(input)?);
    let target = Shared(checked_ptr::<T>(out)?);
    let row = from.length * from.runs.len();
    parallel::for_each_chunk(slots.len(), (GRAIN / row.max(1)).max(1), |range| {
        for i in range {
            for (&a, &b) in from.runs.iter().zip(&to.runs) {
                // SAFETY: slots and runs stay inside the arrays' spans, which lie inside their storage; each chunk writes
                // rows of its own, and the output overlaps neither itself nor the input.
                unsafe {
                    let (a, b) = (source.get().offset(slots[i] + a), target.get().offset(starts[i] + b));
                    copy_run(a, from.step, b, to.step, from.length);
                }
            }
        }
    });
    Ok(())
}

/// # Safety
/// Both runs lie inside memory that is theirs, and do not overlap.
#[inline(always)]
unsafe fn copy_run<T: Copy>(from: *const T, from_step: isize, to: *mut T, to_step: isize, length: usize) {
    // SAFETY: passed on to the caller.
    unsafe {
        if from_step == 1 && to_step == 1 {
            std::ptr::copy_nonoverlapping(from, to, length);
        } else {
            (0..length as isize).for_each(|k| *to.offset(k * to_step) = *from.offset(k * from_step));
        }
    }
}

thread_local! {
    /// Slots in the order in which they are first named, to be cut among threads.
    static ORDER: RefCell<Vec<u32>> = const { RefCell::new(Vec::new()) };
}

/// Rows with the same slot are combined in the order of the index, by one thread: the slots are cut among the threads,
/// so no result depends on how many there are.
fn write_rows<T: Element + Combining>(
    values: &Array,
    indexed: usize,
    slots: &[isize],
    combine: Combine,
    out: &Array,
) -> Result<()> {
    check_output(out)?;
    let apply = T::combiner(combine)?;
    let lead = values.layout.ndim() - (out.layout.ndim() - indexed);
    let starts = starts(values, lead);
    let (from, to) = Rows::matched(Rows::new(values, lead), Rows::new(out, indexed));
    if values.numel() == 0 {
        return Ok(());
    }
    let source = Shared(checked_ptr::<T>(values)?);
    let target = Shared(checked_ptr::<T>(out)?);
    let row = from.length * from.runs.len();
    let write = |i: usize| {
        for (&a, &b) in from.runs.iter().zip(&to.runs) {
            for k in 0..from.length as isize {
                // SAFETY: as in `read_rows`; a slot belongs to one thread only.
                unsafe {
                    let place = target.get().offset(slots[i] + b + k * to.step);
                    *place = apply(*place, *source.get().offset(starts[i] + a + k * from.step));
                }
            }
        }
    };
    if slots.len() * row <= GRAIN {
        (0..slots.len()).for_each(write);
        return Ok(());
    }
    ORDER.with_borrow_mut(|order| {
        order.clear();
        order.extend(0..slots.len() as u32);
        order.sort_by_key(|&i| slots[i as usize]);
        let parts = slot_parts(slots, order);
        parallel::for_each_chunk(parts.len(), 1, |range| {
            for part in &parts[range] {
                part.iter().for_each(|&i| write(i as usize));
            }
        });
    });
    Ok(())
}

/// Cuts a list ordered by slot into parts of similar length that share no slot.
fn slot_parts<'a>(slots: &[isize], order: &'a [u32]) -> Vec<&'a [u32]> {
    let target = order.len().div_ceil(parallel::num_threads() * 4).max(1);
    let mut parts = Vec::new();
    let mut rest = order;
    while !rest.is_empty() {
        let mut end = target.min(rest.len());
        while end < rest.len() && slots[rest[end] as usize] == slots[rest[end - 1] as usize] {
            end += 1;
        }
        let (part, tail) = rest.split_at(end);
        parts.push(part);
        rest = tail;
    }
    parts
}
