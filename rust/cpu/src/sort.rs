//! Sorting and selection along a dimension.

mod radix;
mod ranked;
#[cfg(test)]
mod tests;

use std::collections::BinaryHeap;

use ferrotorch_kernel::dtype::{Bool, bf16, f16};
use ferrotorch_kernel::memory::collect_for;
use ferrotorch_kernel::{Array, Error, Operand, Result, interrupt, match_dtype};

use crate::element::Ordered;
use crate::isa::{Isa, Level};
use crate::lines::{LineMut, Lines, LinesMut, try_for_each_line};
use crate::parallel::{self, Cost, stops_at};
use crate::simd::{self, SimdLoop};

pub(crate) use ranked::ranked;

/// Elements as unsigned integers in the same order, NaN on top.
pub(crate) trait SortKey: Ordered {
    /// The integer.
    fn key(self) -> u64;
    /// Number of bits that keys use.
    const BITS: u32;
}

macro_rules! integer_keys {
    ($($t:ty: $unsigned:ty, $flip:expr);* $(;)?) => { $(impl SortKey for $t {
        const BITS: u32 = <$unsigned>::BITS;
        #[inline(always)]
        fn key(self) -> u64 { (self as $unsigned ^ $flip) as u64 }
    })* };
}

/// The sign bit of a signed integer is flipped; of a float all bits of a negative number are.
macro_rules! float_keys {
    ($($t:ty: $bits:ty);* $(;)?) => { $(impl SortKey for $t {
        const BITS: u32 = <$bits>::BITS;
        #[inline(always)]
        fn key(self) -> u64 {
            if self.is_nan() {
                return <$bits>::MAX as u64;
            }
            // Both zeros are one value.
            let bits = if self == <$t>::from_bits(0) { 0 } else { self.to_bits() };
            let sign: $bits = 1 << (<$bits>::BITS - 1);
            (if bits & sign != 0 { !bits } else { bits | sign }) as u64
        }
    })* };
}

integer_keys! { u8: u8, 0; u16: u16, 0; u32: u32, 0; u64: u64, 0; i8: u8, 1 << 7; i16: u16, 1 << 15; i32: u32, 1 << 31; i64: u64, 1 << 63 }
float_keys! { f16: u16; bf16: u16; f32: u32; f64: u64 }

impl SortKey for Bool {
    const BITS: u32 = 8;
    #[inline(always)]
    fn key(self) -> u64 {
        self.get() as u64
    }
}

/// `out0` values, `out1` indices, stable.
pub(crate) fn sort(dim: usize, descending: bool, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let input = inputs[0].array()?;
    match_dtype!(input.dtype, T in [ordered] => sort_lines::<T>(dim, descending, input, outputs),
        else => Err(Error::dtype("sorting_kernel_method_name", input.dtype, "")))
}

/// A key and an index, packed where both fit 64 bits: then the order of the numbers is a stable order of the elements. Wide keys
/// often differ in few bits, as counts and names of rows do, and count from the smallest then.
fn sort_lines<T: SortKey>(dim: usize, descending: bool, input: &Array, outputs: &[Array]) -> Result<()> {
    let lines = Lines::<T>::new(input, dim)?;
    let (values, indices) = (LinesMut::<T>::new(&outputs[0], dim)?, LinesMut::<i64>::new(&outputs[1], dim)?);
    let flip = if descending { u64::MAX >> (64 - T::BITS) } else { 0 };
    try_for_each_line((values, indices), Cost::single(8 * lines.length()), |line, (mut value, mut index)| {
        let mut buffer = Vec::new();
        let x = lines.read(line, &mut buffer)?;
        if let Some(sorted) = sorted_few(x, flip, &mut [0; SHORT]) {
            write_packed(x, sorted, value, index);
            return Ok(());
        }
        let (least, bits) = range_of_keys(x, flip);
        let keys = x.iter().map(|x| (x.key() ^ flip) - least);
        if bits <= 32 && x.len() <= u32::MAX as usize {
            let packed = collect_for("sort", keys.enumerate().map(|(i, key)| key << 32 | i as u64))?;
            let sorted = radix::sort(packed, bits)?;
            write_packed(x, &sorted, value, index);
        } else {
            // The place decides between equal keys, so that no sort is needed that takes memory to be stable.
            let mut pairs = collect_for("sort", keys.zip(0..x.len()))?;
            sort_pairs(&mut pairs);
            write_order(x, pairs.into_iter().map(|(_, i)| i), &mut value, &mut index);
        }
        Ok(())
    })
}

/// Elements of lines that are sorted without memory of their own.
const SHORT: usize = 64;

/// The keys of a short line in order, each before its place, if they fit a number together; in `room`.
fn sorted_few<'a, T: SortKey>(x: &[T], flip: u64, room: &'a mut [u64; SHORT]) -> Option<&'a [u64]> {
    if T::BITS > 32 {
        return None;
    }
    let few = room.get_mut(..x.len())?;
    few.iter_mut().zip(x).zip(0..).for_each(|((few, x), i)| *few = ((x.key() ^ flip) & u64::from(u32::MAX)) << 32 | i);
    few.sort_unstable();
    Some(few)
}

/// The smallest of the keys, and how many bits the others have beyond it. Keys of few bits are taken as they are.
fn range_of_keys<T: SortKey>(x: &[T], flip: u64) -> (u64, u32) {
    if T::BITS <= 32 {
        return (0, T::BITS);
    }
    let ends = |(low, high): (u64, u64), x: &T| (low.min(x.key() ^ flip), high.max(x.key() ^ flip));
    let (low, high) = x.iter().fold((u64::MAX, 0), ends);
    if low > high { (0, 0) } else { (low, u64::BITS - (high - low).leading_zeros()) }
}

fn write_order<T: Ordered>(x: &[T], order: impl Iterator<Item = usize>, value: &mut LineMut<T>, index: &mut LineMut<i64>) {
    for (place, i) in order.enumerate() {
        if stops_at(place) {
            return;
        }
        value.set(place, x[i]);
        index.set(place, i as i64);
    }
}

/// Writes elements and their places in an order, which threads share where it is long.
fn write_packed<T: Ordered>(x: &[T], order: &[u64], mut value: LineMut<T>, mut index: LineMut<i64>) {
    let place = |p: u64| (p & u32::MAX as u64) as usize;
    let (Some(values), Some(indices)) = (value.as_mut_slice(), index.as_mut_slice()) else {
        return write_order(x, order.iter().map(|&p| place(p)), &mut value, &mut index);
    };
    let write = |values: &mut [T], indices: &mut [i64], order: &[u64]| {
        for ((value, index), &p) in values.iter_mut().zip(indices).zip(order) {
            (*value, *index) = (x[place(p)], place(p) as i64);
        }
    };
    if order.len() <= PART {
        return write(values, indices, order);
    }
    let mut parts: Vec<_> = values.chunks_mut(PART).zip(indices.chunks_mut(PART)).zip(order.chunks(PART)).collect();
    parallel::for_each_chunk_mut(&mut parts, Cost::single(2 * PART), |_, parts| {
        parts.iter_mut().for_each(|((values, indices), order)| write(values, indices, order));
    });
}

/// Elements that a thread writes at once.
const PART: usize = 1 << 14;

/// More pairs than that are divided before they are sorted or selected from, so that the work can be stopped.
const MOST_AT_ONCE: usize = 1 << 20;

/// Sorts keys with their places, which are all different.
fn sort_pairs(mut pairs: &mut [(u64, usize)]) {
    while pairs.len() > MOST_AT_ONCE {
        if interrupt::stops() {
            return;
        }
        let (low, high) = divide(pairs);
        sort_pairs(low);
        pairs = high;
    }
    pairs.sort_unstable();
}

/// Brings the `k` smallest to the front.
fn select_pairs(mut pairs: &mut [(u64, usize)], mut k: usize) {
    while pairs.len() > MOST_AT_ONCE {
        if interrupt::stops() {
            return;
        }
        let (low, high) = divide(pairs);
        if k < low.len() {
            pairs = low;
        } else {
            k -= low.len();
            pairs = high;
        }
    }
    if k < pairs.len() {
        pairs.select_nth_unstable(k);
    }
}

/// Two parts of a slice.
type Halves<'a, T> = (&'a mut [T], &'a mut [T]);

/// Divides pairs, none of which is there twice, into those below one of them and the others. It is the middle one of a sample, so that either
/// side gets its share whatever the order.
fn divide(pairs: &mut [(u64, usize)]) -> Halves<'_, (u64, usize)> {
    const SAMPLE: usize = 255;
    let mut sample: [(u64, usize); SAMPLE] = std::array::from_fn(|i| pairs[(pairs.len() / SAMPLE) * i + i % 7]);
    sample.sort_unstable();
    let bar = sample[SAMPLE / 2];
    let (mut low, mut high) = (0, pairs.len());
    loop {
        low += pairs[low..high].iter().take_while(|&&pair| pair < bar).count();
        high -= pairs[low..high].iter().rev().take_while(|&&pair| pair >= bar).count();
        if low >= high {
            return pairs.split_at_mut(low);
        }
        high -= 1;
        pairs.swap(low, high);
        low += 1;
    }
}

/// The `k` largest or smallest in order: `out0` values, `out1` indices.
pub(crate) fn top_k(k: usize, dim: usize, largest: bool, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let input = inputs[0].array()?;
    match_dtype!(input.dtype, T in [real] => top_k_lines::<T>(k, dim, largest, input, outputs),
        else => Err(Error::dtype("topk_cpu", input.dtype, "")))
}

fn top_k_lines<T: SortKey>(k: usize, dim: usize, largest: bool, input: &Array, outputs: &[Array]) -> Result<()> {
    let lines = Lines::<T>::new(input, dim)?;
    let (values, indices) = (LinesMut::<T>::new(&outputs[0], dim)?, LinesMut::<i64>::new(&outputs[1], dim)?);
    let flip = if largest { u64::MAX } else { 0 };
    try_for_each_line((values, indices), Cost::single(3 * lines.length()), |line, (mut value, mut index)| {
        let mut buffer = Vec::new();
        let x = lines.read(line, &mut buffer)?;
        if let Some(sorted) = sorted_few(x, flip, &mut [0; SHORT]) {
            write_packed(x, &sorted[..k], value, index);
            return Ok(());
        }
        let best = if k <= x.len() / 16 { simd::run(Best { x, k, flip })? } else { select(x, k, flip)? };
        write_order(x, best.into_iter().map(|(_, i)| i), &mut value, &mut index);
        Ok(())
    })
}

/// Finds the `k` smallest keys of a line, with their places, where `k` is a small part of it.
struct Best<'a, T> {
    x: &'a [T],
    k: usize,
    /// Is applied to every key.
    flip: u64,
}

impl<T: SortKey> SimdLoop for Best<'_, T> {
    type Output = Result<Vec<(u64, usize)>>;
    const WIDEST: Level = Level::Avx2;

    /// A heap of the best so far. Blocks that hold nothing better than its worst are passed over.
    #[inline(always)]
    fn run<I: Isa>(self) -> Result<Vec<(u64, usize)>> {
        const BLOCK: usize = 32;
        let Best { x, k, flip } = self;
        let (first, rest) = x.split_at(k);
        let mut best = BinaryHeap::from(collect_for("topk", first.iter().enumerate().map(|(i, x)| (x.key() ^ flip, i)))?);
        for (number, block) in rest.chunks(BLOCK).enumerate() {
            if stops_at(number) {
                break;
            }
            let bar = best.peek().map_or(0, |worst| worst.0);
            if !block.iter().fold(false, |found, x| found | (x.key() ^ flip < bar)) {
                continue;
            }
            for (i, x) in block.iter().enumerate() {
                let key = x.key() ^ flip;
                if let Some(mut worst) = best.peek_mut()
                    && key < worst.0
                {
                    *worst = (key, k + number * BLOCK + i);
                }
            }
        }
        Ok(best.into_sorted_vec())
    }
}

/// The `k` smallest keys of a line, with their places.
fn select<T: SortKey>(x: &[T], k: usize, flip: u64) -> Result<Vec<(u64, usize)>> {
    let mut keys = collect_for("topk", x.iter().enumerate().map(|(i, x)| (x.key() ^ flip, i)))?;
    if k < keys.len() {
        select_pairs(&mut keys, k);
        keys.truncate(k);
    }
    sort_pairs(&mut keys);
    Ok(keys)
}
