//! The unfolded input: row (channel, tap) holds what a kernel element reads at some lines of positions, one behind the other.

use std::ops::Range;

use ferrotorch_kernel::dtype::Element;

use super::source::Reader;

/// What the taps read at lines of positions of one length.
pub(super) struct Unfolding {
    /// Where the lines start that the taps of the first two dimensions read, counted from the first channel of what is read: for
    /// each of these taps the lines one after the other; `None` in the padding.
    pub(super) starts: Vec<Option<usize>>,
    /// How the taps of the last dimension read such a line.
    pub(super) readers: Vec<Reader>,
    /// Taps of a channel.
    pub(super) taps: usize,
    /// Positions of a line.
    pub(super) part: usize,
    /// Elements of a channel of the input, and of a line of it.
    pub(super) channel: usize,
    pub(super) line: usize,
}

impl Unfolding {
    /// Lines of positions.
    fn lines(&self) -> usize {
        self.starts.len() * self.readers.len() / self.taps.max(1)
    }
}

crate::simd::dispatch!(
    unfold<'a; T: Element>(unfolding: &'a Unfolding, x: &'a [T], rows: Range<usize>, out: &'a mut [T], len: usize) => unfold_loop
);

/// Writes some rows, of `len` elements each: zeros beyond the positions.
#[inline(always)]
fn unfold_loop<T: Element>(u: &Unfolding, x: &[T], rows: Range<usize>, out: &mut [T], len: usize) {
    let (lines, across) = (u.lines(), u.readers.len());
    for (row, out) in rows.zip(out.chunks_exact_mut(len)) {
        let (channel, tap) = (row / u.taps, row % u.taps);
        let (reader, x) = (&u.readers[tap % across], &x[channel * u.channel..]);
        let (parts, rest) = out.split_at_mut(lines * u.part);
        for (start, out) in u.starts[tap / across * lines..][..lines].iter().zip(parts.chunks_exact_mut(u.part)) {
            match *start {
                Some(start) => reader.copy(&x[start..start + u.line], out),
                None => out.fill(T::zeroed()),
            }
        }
        rest.fill(T::zeroed());
    }
}
