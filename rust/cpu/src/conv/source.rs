//! The part of the input that some results read, with its padding, sorted by remainders modulo the step.

use std::ops::Range;

use ferrotorch_kernel::dtype::Element;
use ferrotorch_kernel::{Result, bail};

use super::geometry::{Triple, reach};
use super::plan::Plan;

/// A box of positions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Piece {
    pub(super) start: Triple,
    pub(super) size: Triple,
}

impl Piece {
    /// All positions.
    pub(super) fn whole(plan: &Plan) -> Piece {
        Piece { start: [0; 3], size: plan.grid() }
    }
}

/// How the elements that a piece reads are laid out: by channel, remainder, and place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    /// Elements of one remainder in each dimension.
    size: Triple,
    /// Remainders in each dimension.
    slots: Triple,
    /// Elements of a channel.
    len: usize,
}

/// Elements that a copy may have: more than memory holds.
const MOST: usize = 1 << 44;

impl Window {
    /// For pieces of up to `size` positions, of which copies of so many channels are to fit into memory.
    pub(super) fn new(plan: &Plan, channels: usize, size: Triple) -> Result<Window> {
        let size: Triple = std::array::from_fn(|d| size[d] + plan.axes[d].span);
        let slots: Triple = std::array::from_fn(|d| plan.axes[d].remainders.len());
        let len = size.into_iter().chain(slots).try_fold(1, usize::checked_mul);
        let Some(len) = len.filter(|len| len.checked_mul(channels).is_some_and(|all| all <= MOST)) else {
            bail!(
                Memory,
                "conv: no memory for windows of {size:?} elements of the input, {slots:?} times, in {channels} channels"
            )
        };
        Ok(Window { size, slots, len })
    }

    /// Elements of a channel.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    fn slot_len(&self) -> usize {
        self.size.iter().product()
    }

    /// Where position `at` of a piece reads with a tap without shift.
    pub(super) fn position(&self, at: Triple) -> usize {
        (at[0] * self.size[1] + at[1]) * self.size[2] + at[2]
    }

    /// Distance from a line of positions to the next.
    pub(super) fn line(&self) -> usize {
        self.size[2]
    }

    /// Where the rows `depth` (channel by channel, tap by tap) start, counted from the first channel among them.
    pub(super) fn rows(&self, plan: &Plan, depth: Range<usize>) -> Vec<usize> {
        let taps: Vec<usize> = plan
            .each_tap()
            .map(|taps| {
                let slot = (taps[0].slot * self.slots[1] + taps[1].slot) * self.slots[2] + taps[2].slot;
                slot * self.slot_len() + self.position(taps.map(|tap| tap.shift))
            })
            .collect();
        let first = depth.start / taps.len().max(1);
        depth.map(|row| (row / taps.len() - first) * self.len() + taps[row % taps.len()]).collect()
    }

    /// Copies what a piece reads of a channel.
    pub(super) fn fill<T: Element>(&self, plan: &Plan, piece: &Piece, x: &[T], out: &mut [T]) {
        fill(self, plan, piece, x, out);
    }

    #[inline(always)]
    fn fill_loop<T: Element>(&self, plan: &Plan, piece: &Piece, x: &[T], out: &mut [T]) {
        let [d_axis, h_axis, w_axis] = &plan.axes;
        let at = |d: usize, i: usize, rest: usize| {
            let axis = &plan.axes[d];
            (piece.start[d] as isize + axis.first + i as isize) * axis.step as isize + rest as isize
        };
        let mut lines = out.chunks_exact_mut(self.size[2].max(1));
        for &d_rest in &d_axis.remainders {
            for &h_rest in &h_axis.remainders {
                for &w_rest in &w_axis.remainders {
                    let reader = Reader::new(self.size[2], w_axis.step, at(2, 0, w_rest), w_axis.source);
                    for d in (0..self.size[0]).map(|i| at(0, i, d_rest)) {
                        for h in (0..self.size[1]).map(|i| at(1, i, h_rest)) {
                            let Some(out) = lines.next() else { return };
                            if d < 0 || h < 0 || d >= d_axis.source as isize || h >= h_axis.source as isize {
                                out.fill(T::zeroed());
                            } else {
                                let start = (d as usize * h_axis.source + h as usize) * w_axis.source;
                                reader.copy(&x[start..start + w_axis.source], out);
                            }
                        }
                    }
                }
            }
        }
    }
}

crate::simd::dispatch!(
    fill<'a; T: Element>(window: &'a Window, plan: &'a Plan, piece: &'a Piece, x: &'a [T], out: &'a mut [T]) => fill_window
);

#[inline(always)]
fn fill_window<T: Element>(window: &Window, plan: &Plan, piece: &Piece, x: &[T], out: &mut [T]) {
    window.fill_loop(plan, piece, x, out);
}

/// Copies lines of one length from the same place: `out[i] = line[i * step + offset]`, 0 outside.
#[derive(Clone, Debug)]
pub(super) struct Reader {
    /// The elements that lie inside.
    inside: Range<usize>,
    /// Where the first of them is read.
    first: usize,
    step: usize,
}

impl Reader {
    /// For `count` elements from lines of `size`.
    pub(super) fn new(count: usize, step: usize, offset: isize, size: usize) -> Reader {
        let inside = reach(count, step, offset, size);
        Reader { first: (inside.start * step).wrapping_add_signed(offset), inside, step }
    }

    #[inline(always)]
    pub(super) fn copy<T: Element>(&self, line: &[T], out: &mut [T]) {
        let (before, rest) = out.split_at_mut(self.inside.start);
        let (out, after) = rest.split_at_mut(self.inside.len());
        clear(before);
        clear(after);
        if out.is_empty() {
            return;
        }
        let line = &line[self.first..];
        match self.step {
            1 => copy(&line[..out.len()], out),
            2 => copy_pairs(line, out),
            _ => out.iter_mut().zip(line.iter().step_by(self.step)).for_each(|(o, &x)| *o = x),
        }
    }
}

/// Fills the ends of a line with zeros: a few elements without a call.
#[inline(always)]
fn clear<T: Element>(out: &mut [T]) {
    let zero = T::zeroed();
    match out {
        [] => {}
        [a] => *a = zero,
        [a, b] => (*a, *b) = (zero, zero),
        [a, b, c] => (*a, *b, *c) = (zero, zero, zero),
        _ => out.fill(zero),
    }
}

/// `out[i] = line[2 * i]`, in blocks of a known length that become shuffles.
#[inline(always)]
fn copy_pairs<T: Element>(line: &[T], out: &mut [T]) {
    let (blocks, _) = out.as_chunks_mut::<8>();
    let (line_blocks, _) = line.as_chunks::<16>();
    let done = 8 * blocks.len().min(line_blocks.len());
    for (o, x) in blocks.iter_mut().zip(line_blocks) {
        *o = std::array::from_fn(|i| x[2 * i]);
    }
    for (i, o) in out.iter_mut().enumerate().skip(done) {
        *o = line[2 * i];
    }
}

/// Copies lines, short ones without a call.
#[inline(always)]
pub(super) fn copy<T: Element>(line: &[T], out: &mut [T]) {
    if out.len() >= 128 {
        out.copy_from_slice(line);
        return;
    }
    let (mut line, mut out) = (line, out);
    copy_some::<T, 64>(&mut line, &mut out);
    copy_some::<T, 32>(&mut line, &mut out);
    copy_some::<T, 16>(&mut line, &mut out);
    copy_some::<T, 8>(&mut line, &mut out);
    copy_some::<T, 4>(&mut line, &mut out);
    copy_some::<T, 2>(&mut line, &mut out);
    copy_some::<T, 1>(&mut line, &mut out);
}

/// Copies the first `N` elements, if there are so many, and goes on to the rest.
#[inline(always)]
fn copy_some<'a, T: Element, const N: usize>(line: &mut &'a [T], out: &mut &'a mut [T]) {
    if out.len() >= N
        && let Some((first, rest)) = line.split_first_chunk::<N>()
        && let Some((to, out_rest)) = std::mem::take(out).split_first_chunk_mut::<N>()
    {
        *to = *first;
        (*line, *out) = (rest, out_rest);
    }
}
