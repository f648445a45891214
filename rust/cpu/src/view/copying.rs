//! Copies of lines and rows.

use super::{Read, Rows, RowsMut, View, Write};
use crate::isa::{Isa, Level};
use crate::simd::{self, SimdLoop};

/// Elements that are moved together.
const BLOCK: usize = 16;

/// Copies a slice of as many elements, as is best for some kilobytes. The library's call may use the processor's string moves,
/// which take long to start, and ten times as long where the target lies a few bytes behind the source modulo the size of a page.
pub(super) fn copy_slice<T: Copy>(from: &[T], to: &mut [T]) {
    simd::run(CopySlice { from, to });
}

/// [`copy_slice`], as a loop.
struct CopySlice<'a, T> {
    from: &'a [T],
    to: &'a mut [T],
}

impl<T: Copy> SimdLoop for CopySlice<'_, T> {
    type Output = ();
    const WIDEST: Level = Level::Avx2;

    #[inline(always)]
    fn run<I: Isa>(self) {
        copy_inline(self.from, self.to);
    }
}

/// [`copy_slice`] within a loop that is compiled for an instruction set.
#[inline(always)]
pub(crate) fn copy_inline<T: Copy>(from: &[T], to: &mut [T]) {
    assert_eq!(from.len(), to.len(), "slices of one length");
    if to.len() < BLOCK {
        return copy_few(from, to);
    }
    let (groups, others) = to.as_chunks_mut::<BLOCK>().0.as_chunks_mut::<4>();
    let (from_groups, from_others) = from.as_chunks::<BLOCK>().0.as_chunks::<4>();
    // Block by block: of a loop over whole groups the compiler would make the call that it is to do without.
    for ([a, b, c, d], [from_a, from_b, from_c, from_d]) in groups.iter_mut().zip(from_groups) {
        *a = *from_a;
        *b = *from_b;
        *c = *from_c;
        *d = *from_d;
    }
    for i in 0..3 {
        if let (Some(to), Some(from)) = (others.get_mut(i), from_others.get(i)) {
            *to = *from;
        }
    }
    // What is left, and some of what is there already.
    if let (Some(to), Some(from)) = (to.last_chunk_mut::<BLOCK>(), from.last_chunk()) {
        *to = *from;
    }
}

/// Copies fewer elements than a block has: the first and the last of a power of two, which may meet.
#[inline(always)]
fn copy_few<T: Copy>(from: &[T], to: &mut [T]) {
    if ends::<T, 8>(from, to) || ends::<T, 4>(from, to) || ends::<T, 2>(from, to) {
        return;
    }
    if let ([to], [from]) = (to, from) {
        *to = *from;
    }
}

/// Copies the first and the last `N` elements, if there are so many.
#[inline(always)]
fn ends<T: Copy, const N: usize>(from: &[T], to: &mut [T]) -> bool {
    let (Some(first), Some(last)) = (from.first_chunk::<N>(), from.last_chunk::<N>()) else { return false };
    if let Some(to) = to.first_chunk_mut() {
        *to = *first;
    }
    if let Some(to) = to.last_chunk_mut() {
        *to = *last;
    }
    true
}

/// Copies a slice of as many elements from its end to its beginning.
pub(super) fn reverse<T: Copy>(from: &[T], to: &mut [T]) {
    simd::run(Reverse { from, to });
}

/// [`reverse`], as a loop.
struct Reverse<'a, T> {
    from: &'a [T],
    to: &'a mut [T],
}

impl<T: Copy> SimdLoop for Reverse<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self) {
        reverse_inline(self.from, self.to);
    }
}

/// [`reverse`] within a loop, in blocks of a known length that become shuffles.
#[inline(always)]
fn reverse_inline<T: Copy>(from: &[T], to: &mut [T]) {
    let (blocks, rest) = to.as_chunks_mut::<BLOCK>();
    let (from_rest, from_blocks) = from.as_rchunks::<BLOCK>();
    for (to, from) in blocks.iter_mut().zip(from_blocks.iter().rev()) {
        *to = std::array::from_fn(|i| from[BLOCK - 1 - i]);
    }
    rest.iter_mut().zip(from_rest.iter().rev()).for_each(|(to, from)| *to = *from);
}

/// Copies rows of at least `N` and at most twice as many elements: the first and the last `N`, without a choice a row.
#[inline(always)]
fn copy_ends<T: Copy, const N: usize>(from: View<T, Read, 2>, to: View<T, Write, 2>) {
    for (from, to) in Rows::new(from).iter().zip(RowsMut::new(to).iter_mut()) {
        ends::<T, N>(from, to);
    }
}

/// Copies the rows of a matrix to another of its size.
pub(crate) fn copy_rows<T: Copy>(from: View<T, Read, 2>, to: View<T, Write, 2>) {
    simd::run(CopyRows { from, to });
}

/// [`copy_rows`], as a loop over all rows: to call one for each would take longer than to copy a short row.
struct CopyRows<'a, 'b, T> {
    from: View<'a, T, Read, 2>,
    to: View<'b, T, Write, 2>,
}

impl<T: Copy> SimdLoop for CopyRows<'_, '_, T> {
    type Output = ();
    const WIDEST: Level = Level::Avx2;

    #[inline(always)]
    fn run<I: Isa>(self) {
        let CopyRows { from, mut to } = self;
        assert_eq!(from.size(), to.size(), "matrices of one size");
        if from.step()[1] == 1 && to.step()[1] == 1 {
            return match to.cols() {
                2..=4 => copy_ends::<T, 2>(from, to),
                5..=8 => copy_ends::<T, 4>(from, to),
                9..=16 => copy_ends::<T, 8>(from, to),
                17..=32 => copy_ends::<T, 16>(from, to),
                33..=64 => copy_ends::<T, 32>(from, to),
                _ => to.for_each_row(|i, to| copy_inline(from.row_slice(i).unwrap_or_default(), to)),
            };
        }
        let is_reversed = from.step()[1] == -1;
        for i in 0..to.rows() {
            let (from, mut to) = (from.row(i), to.row_mut(i));
            match (from.as_slice(), to.as_mut_slice()) {
                (Some(from), Some(to)) => copy_inline(from, to),
                (None, Some(to)) if is_reversed => reverse_inline(from.reversed().as_slice().unwrap_or_default(), to),
                (None, Some(to)) if from.step() == [0] => to.fill(from.get(0)),
                _ => to.write_all(from.iter()),
            }
        }
    }
}
