//! Advanced indexing: reading and writing slices that index arrays name.
//!
//! The indexed array is seen as slots (one for each combination of the indexed dimensions) of rows (the remaining
//! dimensions). Every index is checked first; then rows move.

mod places;
#[cfg(test)]
mod tests;

use std::ops::Range;

use ferrotorch_kernel::dtype::Element;
use ferrotorch_kernel::kernel::Combine;
use ferrotorch_kernel::memory::zeros_for;
use ferrotorch_kernel::{Array, Error, Operand, Result, match_dtype};
use smallvec::SmallVec;

use crate::combine::{self, Combiner, Combining};
use crate::element::match_size;
use crate::isa::{Isa, Level};
use crate::parallel::{self, Cost};
use crate::simd::{self, SimdLoop};
use crate::view::{Elements, Read, View, Write, copy_inline};
use places::{Slots, Starts, positions, row_major, within};

/// Elements that are on their way to slots together.
const BLOCK: usize = 64;

/// `out0[i..] = in0[in1[i], .., ink[i], ..]`
pub(crate) fn index(wraps: bool, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let (input, out) = (inputs[0].array()?, &outputs[0]);
    let indices = row_major(&inputs[1..])?;
    let slots = Slots::new("index", wraps, input, &indices)?;
    match_size!(out.dtype, T => read_rows::<T>(input, inputs.len() - 1, &slots, out))
}

/// `out0[in1[i], .., ink[i], ..] = combine(out0[..], in0[i..])`
pub(crate) fn index_put(combine: Combine, wraps: bool, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let (values, out) = (inputs[0].array()?, &outputs[0]);
    let indices = row_major(&inputs[1..])?;
    combine::run_in_usual_dtype(combine, values, out, |values, out| {
        let slots = Slots::new("index_put_", wraps, out, &indices)?;
        if combine == Combine::Assign {
            return match_size!(out.dtype, T => write_rows::<T>(values, inputs.len() - 1, &slots, combine, out));
        }
        match_dtype!(out.dtype, T in [usual] => write_rows::<T>(values, inputs.len() - 1, &slots, combine, out),
            else => Err(Error::dtype("index_put", out.dtype, "")))
    })
}

/// `out0[.., i, ..] = in0[.., in1[i], ..]` along `dim`, with indices that may not be negative.
pub(crate) fn read_slices<T: Element>(op: &'static str, dim: usize, input: &Array, index: &Array, out: &Array) -> Result<()> {
    let input = in_front(input, dim);
    let index = index.contiguous()?;
    let slots = Slots::along(op, dim, &input, &index)?;
    read_rows::<T>(&input, 1, &slots, &in_front(out, dim))
}

/// `out0[.., in0[i], ..] = combine(out0[..], in1[.., i, ..])` along `dim`, with indices that may not be negative. Values
/// behind the last index are not used.
pub(crate) fn write_slices<T: Element + Combining>(
    op: &'static str,
    dim: usize,
    values: &Array,
    index: &Array,
    combine: Combine,
    out: &Array,
) -> Result<()> {
    let out = in_front(out, dim);
    let index = index.contiguous()?;
    let slots = Slots::along(op, dim, &out, &index)?;
    write_rows::<T>(&in_front(values, dim), 1, &slots, combine, &out)
}

/// The array with a dimension in front.
fn in_front(array: &Array, dim: usize) -> Array {
    let order: SmallVec<[usize; 6]> = std::iter::once(dim).chain((0..array.layout.ndim()).filter(|&d| d != dim)).collect();
    array.with_layout(array.layout.permute(&order))
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
    fn new(array: &Array, lead: usize) -> Result<Rows> {
        let dims: SmallVec<[(usize, isize); 5]> =
            array.shape().iter().copied().zip(array.layout.strides().iter().copied()).skip(lead).filter(|d| d.0 != 1).collect();
        let (mut outer, mut length, mut step) = (dims.len(), 1, 1);
        while outer > 0 && (length == 1 || dims[outer - 1].1 == step * length as isize) {
            outer -= 1;
            step = if length == 1 { dims[outer].1 } else { step };
            length *= dims[outer].0;
        }
        Ok(Rows { runs: positions("index", dims[..outer].iter().copied())?, length, step })
    }

    /// Cuts both into runs of one length: the shorter of the two.
    fn matched(mut a: Rows, mut b: Rows) -> Result<(Rows, Rows)> {
        let length = if a.length <= b.length { a.length } else { b.length };
        a.cut(length)?;
        b.cut(length)?;
        Ok((a, b))
    }

    fn cut(&mut self, length: usize) -> Result<()> {
        if length < self.length && length > 0 {
            let inner = (self.length / length, length as isize * self.step);
            self.runs = within("index", &self.runs, inner)?;
            self.length = length;
        }
        Ok(())
    }
}

fn read_rows<T: Element>(input: &Array, indexed: usize, slots: &Slots, out: &Array) -> Result<()> {
    let (source, target) = (Elements::<Read>::new(input)?, Elements::<Write>::new(out)?);
    if out.numel() == 0 {
        return Ok(());
    }
    let lead = out.layout.ndim() - (input.layout.ndim() - indexed);
    let starts = Starts::new(out, lead)?;
    let (from, to) = Rows::matched(Rows::new(input, indexed)?, Rows::new(out, lead)?)?;
    let row = from.length * from.runs.len();
    if row == 1 && out.layout.is_contiguous() {
        return read_elements::<T>(source, slots, target);
    }
    let is_plain = from.runs.len() == 1 && from.step == 1 && to.step == 1 && out.layout.is_contiguous();
    parallel::for_each_chunk(slots.count(), cost_of_rows::<T>(1, row), |range| {
        // SAFETY: each chunk writes rows of its own.
        let mut target = unsafe { target.alias() };
        if is_plain {
            let rows = target.line_mut(starts.at(range.start), 1, row * range.len()).typed::<T>();
            let ((source, first), out) = (source.into_span::<T>(), rows.into_mut_slice());
            let (Some(source), Some(out)) = (source.as_slice(), out) else { return };
            return simd::run(PlainRows { source, first, slots, start: range.start, row, out });
        }
        for i in range {
            for (&a, &b) in from.runs.iter().zip(&to.runs) {
                let run = source.line(slots.at(i) + a, from.step, from.length).typed::<T>();
                let mut place = target.line_mut(starts.at(i) + b, to.step, to.length).typed::<T>();
                place.copy_from(run);
            }
        }
    });
    Ok(())
}

/// Rows without gaps, from their slots to where they follow one another.
struct PlainRows<'a, 'i, T> {
    source: &'a [T],
    /// Where the offset 0 lies in the source.
    first: isize,
    slots: &'a Slots<'i>,
    /// The number of the first row.
    start: usize,
    /// Elements of a row.
    row: usize,
    out: &'a mut [T],
}

impl<T: Element> SimdLoop for PlainRows<'_, '_, T> {
    type Output = ();
    const WIDEST: Level = Level::Avx2;

    #[inline(always)]
    fn run<I: Isa>(self) {
        let PlainRows { source, first, slots, start, row, out } = self;
        let mut places = [0; BLOCK];
        for (block, out) in out.chunks_mut(BLOCK * row).enumerate() {
            let places = &mut places[..out.len() / row];
            slots.zip(start + block * BLOCK, places.iter_mut(), |slot, place| *place = (slot + first) as usize);
            // One loop for every kind of slot: of several the compiler would call what is copied, for no instruction set.
            for (&place, out) in places.iter().zip(out.chunks_exact_mut(row)) {
                copy_inline(&source[place..][..row], out);
            }
        }
    }
}

/// [`read_rows`] of one element each, into a contiguous output. That every slot lies in the array is asked of the span's slice.
fn read_elements<T: Element>(source: Elements<Read>, slots: &Slots, target: Elements<Write>) -> Result<()> {
    let (source, first) = source.into_span::<T>();
    let (Some(source), Some(target)) = (source.as_slice(), target.into_span::<T>().0.into_mut_slice()) else { return Ok(()) };
    parallel::for_each_chunk_mut(target, Cost::single(1), |start, target| {
        slots.zip(start, target.iter_mut(), |slot, place| *place = source[(slot + first) as usize]);
    });
    Ok(())
}

/// What reading or writing rows takes that lie anywhere.
fn cost_of_rows<T>(rows: usize, length: usize) -> Cost {
    Cost::single(8).plus(Cost::moved(2 * length * size_of::<T>())).times(rows)
}

/// Rows with the same slot are combined in the order of the index, by one thread: the slots are cut among the threads,
/// so no result depends on how many there are.
fn write_rows<T: Element + Combining>(
    values: &Array,
    indexed: usize,
    slots: &Slots,
    combine: Combine,
    out: &Array,
) -> Result<()> {
    let (source, target) = (Elements::<Read>::new(values)?, Elements::<Write>::new(out)?);
    if values.numel() == 0 {
        return Ok(());
    }
    let lead = values.layout.ndim() - (out.layout.ndim() - indexed);
    let (from, to) = Rows::matched(Rows::new(values, lead)?, Rows::new(out, indexed)?)?;
    let row = from.length * from.runs.len();
    let combiner = T::combiner(combine)?;
    let call = Writes { combiner, slots, starts: Starts::new(values, lead)?, source, from, to };
    if !is_worth_parts::<T>(slots.count(), row) {
        call.write_all(target);
        return Ok(());
    }
    let (order, parts) = in_parts(&slots.to_list("index_put_")?)?;
    parallel::for_each_chunk(parts.len(), cost_of_rows::<T>(slots.count(), row).part(parts.len()), |range| {
        for part in &parts[range] {
            // SAFETY: parts share no slot, and each is one thread's.
            call.write(order[part.clone()].iter().map(|&i| i as usize), unsafe { target.alias() });
        }
    });
    Ok(())
}

/// Rows on their way to slots.
struct Writes<'a, 'i, T> {
    combiner: Combiner<T>,
    slots: &'a Slots<'i>,
    starts: Starts,
    source: Elements<'a, Read>,
    from: Rows,
    to: Rows,
}

impl<T: Element> Writes<'_, '_, T> {
    /// Combines rows, by number, in this order, with their slots in the target.
    fn write(&self, numbers: impl Iterator<Item = usize>, mut target: Elements<Write>) {
        let (mut buffer, length) = (Vec::new(), self.from.length);
        if length == 1 && self.from.runs.len() == 1 {
            return self.write_elements(numbers, target);
        }
        for i in numbers {
            for (&a, &b) in self.from.runs.iter().zip(&self.to.runs) {
                let run = self.source.line(self.starts.at(i) + a, self.from.step, length).typed();
                let place = target.line_mut(self.slots.at(i) + b, self.to.step, length).typed();
                self.write_run(run, place, &mut buffer);
            }
        }
    }

    /// [`Writes::write`] of all rows.
    fn write_all(&self, target: Elements<Write>) {
        let count = self.slots.count();
        let Starts::Even(step) = self.starts else { return self.write(0..count, target) };
        if self.from.length != 1 || self.from.runs.len() != 1 {
            return self.write(0..count, target);
        }
        let ((source, of_source), (target, of_target)) = (self.source.into_span::<T>(), target.into_span::<T>());
        let (Some(source), Some(target)) = (source.as_slice(), target.into_mut_slice()) else { return };
        let (mut places, mut new) = ([0; BLOCK], [T::zeroed(); BLOCK]);
        for start in (0..count).step_by(BLOCK) {
            let n = BLOCK.min(count - start);
            self.slots.zip(start, places[..n].iter_mut(), |slot, place| *place = (slot + of_target) as i64);
            let first = start as isize * step + of_source;
            let new = if step == 1 {
                &source[first as usize..][..n]
            } else {
                new[..n].iter_mut().enumerate().for_each(|(i, new)| *new = source[(first + i as isize * step) as usize]);
                &new[..n]
            };
            assert_eq!((self.combiner.at)(target, &places[..n], new), n, "slots of the target");
        }
    }

    /// [`Writes::write`] for rows of one element.
    fn write_elements(&self, numbers: impl Iterator<Item = usize>, target: Elements<Write>) {
        let ((source, of_source), (target, of_target)) = (self.source.into_span::<T>(), target.into_span::<T>());
        let (Some(source), Some(target)) = (source.as_slice(), target.into_mut_slice()) else { return };
        let (mut numbers, mut places, mut new) = (numbers.fuse(), [0; BLOCK], [T::zeroed(); BLOCK]);
        loop {
            let mut count = 0;
            for ((place, new), i) in places.iter_mut().zip(&mut new).zip(numbers.by_ref()) {
                *place = (self.slots.at(i) + of_target) as i64;
                *new = source[(self.starts.at(i) + of_source) as usize];
                count += 1;
            }
            if count == 0 {
                return;
            }
            assert_eq!((self.combiner.at)(target, &places[..count], &new[..count]), count, "slots of the target");
        }
    }

    /// Combines a run of the source with as long a one of a slot.
    #[inline(always)]
    fn write_run(&self, run: View<T, Read, 1>, mut place: View<T, Write, 1>, buffer: &mut Vec<T>) {
        let Some(old) = place.as_mut_slice() else {
            for (k, new) in run.iter().enumerate() {
                place.set(k, (self.combiner.one)(place.get(k), new));
            }
            return;
        };
        match run.as_slice() {
            Some(new) => (self.combiner.all)(old, new),
            None => {
                buffer.clear();
                buffer.extend(run.iter());
                (self.combiner.all)(old, buffer);
            }
        }
    }
}

/// Do several threads gain more from writing rows than ordering them takes?
fn is_worth_parts<T>(slots: usize, row: usize) -> bool {
    let (alone, threads) = (cost_of_rows::<T>(1, row), parallel::num_threads());
    let ordering = Cost::single(10);
    threads > 1 && !alone.is_for_one_thread(slots) && alone.part(threads).plus(ordering) < alone && u32::try_from(slots).is_ok()
}

/// Numbers of slots ordered so that they can be cut into parts of similar length that share no slot, and the parts. The
/// numbers of one slot stay in order. Slots are sorted into buckets by their upper bits only, which takes two passes.
/// There are less than 2^32 slots.
fn in_parts(slots: &[isize]) -> Result<(Vec<u32>, Vec<Range<usize>>)> {
    const BUCKETS: usize = 1 << 10;
    let (low, high) = slots.iter().fold((isize::MAX, isize::MIN), |(low, high), &slot| (low.min(slot), high.max(slot)));
    let span = high.abs_diff(low);
    let shift = (usize::BITS - span.leading_zeros()).saturating_sub(BUCKETS.ilog2());
    let bucket = |slot: isize| slot.abs_diff(low) >> shift;
    let mut ends = vec![0usize; BUCKETS + 1];
    slots.iter().for_each(|&slot| ends[bucket(slot) + 1] += 1);
    let target = slots.len().div_ceil(parallel::num_threads() * 4).max(1);
    let (mut parts, mut start) = (Vec::new(), 0);
    for i in 1..=BUCKETS {
        ends[i] += ends[i - 1];
        if ends[i] - start >= target || (i == BUCKETS && ends[i] > start) {
            parts.push(start..ends[i]);
            start = ends[i];
        }
    }
    let mut order: Vec<u32> = zeros_for("index_put", slots.len())?;
    for (i, &slot) in slots.iter().enumerate() {
        let place = &mut ends[bucket(slot)];
        order[*place] = i as u32;
        *place += 1;
    }
    Ok((order, parts))
}
