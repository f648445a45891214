//! Resizing of images of bytes, in integers.
//!
//! As in Pillow, and so in PyTorch bit for bit: rows are resized first, and rounded to bytes, then columns. Weights are 16-bit
//! integers, in units of the smallest power of two with which the largest fits.

use ferrotorch_kernel::{Array, Layout, Result, ensure};

use super::taps::{Taps, room};
use crate::isa::Isa;
use crate::lines::{Room, with_rooms};
use crate::parallel::{Cost, num_threads};
use crate::simd::{self, SimdLoop};
use crate::view::{Read, Tiles, View, Views, Write, try_for_each_part};

/// Digits of a weight behind the point, at most.
const MOST_DIGITS: u32 = 22;

/// The taps along a dimension, in integers: as many of each element, zeros among them.
pub(super) struct FixedTaps {
    size: usize,
    /// Taps of an element.
    count: usize,
    /// Where the taps of each element begin.
    first: Vec<u32>,
    /// `count` weights for each element.
    weights: Vec<i32>,
    /// Digits of the weights behind the point.
    digits: u32,
}

impl FixedTaps {
    /// Taps that lie together, for those beyond the border are the border's. What keeps its size stays as it is.
    pub(super) fn new(taps: &Taps<f64>) -> Result<FixedTaps> {
        if taps.size == taps.len() {
            return FixedTaps::identity(taps.size);
        }
        let (mut ends, mut real): (Vec<usize>, Vec<(usize, f64)>) = (room(taps.len() + 1)?, room(taps.len() * taps.width)?);
        ends.push(0);
        for i in 0..taps.len() {
            let begin = real.len();
            for (at, weight) in taps.of(i) {
                match real[begin..].last_mut() {
                    Some((last, sum)) if *last == at => *sum += weight,
                    _ => real.push((at, weight)),
                }
            }
            ends.push(real.len());
        }
        let largest = real.iter().fold(0.0f64, |a, &(_, b)| a.max(b));
        let fits = |digits: u32| (0.5 + largest * f64::from(1u32 << (digits + 1))) < f64::from(1u32 << 15);
        let digits = (0..MOST_DIGITS).find(|&digits| !fits(digits)).unwrap_or(MOST_DIGITS);
        let fixed = |w: f64| (w * f64::from(1u32 << digits) + 0.5f64.copysign(w)) as i32;
        let count = ends.windows(2).map(|end| end[1] - end[0]).max().unwrap_or(1);
        let mut all = FixedTaps { size: taps.size, count, first: room(taps.len())?, weights: room(taps.len() * count)?, digits };
        all.weights.resize(taps.len() * count, 0);
        for (end, weights) in ends.windows(2).zip(all.weights.chunks_exact_mut(count)) {
            let own = &real[end[0]..end[1]];
            let first = own[0].0.min(taps.size - count);
            own.iter().for_each(|&(at, w)| weights[at - first] = fixed(w));
            all.first.push(first as u32);
        }
        Ok(all)
    }

    fn identity(size: usize) -> Result<FixedTaps> {
        let (mut first, mut weights) = (room(size)?, room(size)?);
        first.extend(0..size as u32);
        weights.resize(size, 1);
        Ok(FixedTaps { size, count: 1, first, weights, digits: 0 })
    }

    fn len(&self) -> usize {
        self.first.len()
    }

    /// Does every element stay what it is?
    fn is_identity(&self) -> bool {
        self.size == self.len()
    }

    /// Where the taps of an element begin, and their weights.
    fn of(&self, i: usize) -> (usize, &[i32]) {
        (self.first[i] as usize, &self.weights[i * self.count..][..self.count])
    }

    /// A sum of bytes by weights, rounded to a byte.
    #[inline(always)]
    fn round(&self, sum: i32) -> u8 {
        ((sum + (1 << self.digits >> 1)) >> self.digits).clamp(0, 255) as u8
    }

    /// Resizes a line of pixels of `C` bytes.
    #[inline(always)]
    fn resize<const C: usize>(&self, line: &[u8], out: &mut [u8]) {
        match self.count {
            1 => self.resize_by::<C, 1>(line, out),
            2 => self.resize_by::<C, 2>(line, out),
            3 => self.resize_by::<C, 3>(line, out),
            4 => self.resize_by::<C, 4>(line, out),
            5 | 6 => self.resize_in_steps::<C, 2>(line, out),
            _ => self.resize_in_steps::<C, 4>(line, out),
        }
    }

    /// [`FixedTaps::resize`] where every element has `K` taps.
    #[inline(always)]
    fn resize_by<const C: usize, const K: usize>(&self, line: &[u8], out: &mut [u8]) {
        let ((weights, _), (out, _)) = (self.weights.as_chunks::<K>(), out.as_chunks_mut::<C>());
        for ((out, &first), weights) in out.iter_mut().zip(&self.first).zip(weights) {
            let window = &line[first as usize * C..][..K * C];
            *out = self.rounded(Self::add::<C, K>([0; C], window, weights));
        }
    }

    /// [`FixedTaps::resize`], `K` taps at a time.
    #[inline(always)]
    fn resize_in_steps<const C: usize, const K: usize>(&self, line: &[u8], out: &mut [u8]) {
        let (out, _) = out.as_chunks_mut::<C>();
        for ((out, &first), weights) in out.iter_mut().zip(&self.first).zip(self.weights.chunks_exact(self.count)) {
            let (steps, rest) = weights.as_chunks::<K>();
            let (window, last) = line[first as usize * C..][..self.count * C].split_at(steps.len() * K * C);
            let pairs = window.chunks_exact(K * C).zip(steps);
            let sums = pairs.fold([0; C], |sums, (window, weights)| Self::add::<C, K>(sums, window, weights));
            let pairs = last.chunks_exact(C).zip(rest);
            *out = self.rounded(pairs.fold(sums, |sums, (pixel, &weight)| Self::add::<C, 1>(sums, pixel, &[weight])));
        }
    }

    #[inline(always)]
    fn add<const C: usize, const K: usize>(mut sums: [i32; C], window: &[u8], weights: &[i32; K]) -> [i32; C] {
        for (pixel, &weight) in window.chunks_exact(C).zip(weights) {
            sums.iter_mut().zip(pixel).for_each(|(sum, &x)| *sum += i32::from(x) * weight);
        }
        sums
    }

    #[inline(always)]
    fn rounded<const C: usize>(&self, sums: [i32; C]) -> [u8; C] {
        sums.map(|sum| self.round(sum))
    }
}

/// Images by the taps along either dimension.
pub(super) struct ImagesOfBytes {
    pub(super) height: FixedTaps,
    pub(super) width: FixedTaps,
}

/// Rows of the result that a task computes at least: it resizes rows anew at the edge of its block.
const FEWEST_ROWS: usize = 16;

impl ImagesOfBytes {
    /// `y` of `x`, images of `(N, C, H, W)`. Pixels whose bytes lie together, in both, are resized as such.
    pub(super) fn resize(&self, x: &Array, y: &Array) -> Result<()> {
        match (pixels(x), pixels(y)) {
            (Some((3, x)), Some((3, y))) => self.resize_pixels::<3>(&x, &y),
            (Some((4, x)), Some((4, y))) => self.resize_pixels::<4>(&x, &y),
            _ => self.resize_pixels::<1>(x, y),
        }
    }

    /// Images whose last two dimensions are rows and `C` times as many bytes as a row has pixels.
    fn resize_pixels<const C: usize>(&self, x: &Array, y: &Array) -> Result<()> {
        let dims = [x.layout.ndim() - 2, x.layout.ndim() - 1];
        let (x, y) = (Views::<u8, Read, 2>::along(x, dims)?, Views::<u8, Write, 2>::along(y, dims)?);
        ensure!(x.count() == y.count(), Runtime, "interpolate(): images of bytes are resized in two dimensions");
        let rows = self.height.len().div_ceil((4 * num_threads()).div_ceil(y.count().max(1))).max(FEWEST_ROWS);
        let width = self.width.len() * C;
        let cost = Cost::multiply_adds(width * (self.width.count + self.height.count)).times(rows);
        try_for_each_part(Tiles::new(y, [rows, width]), cost, |_, (image, [rows, _], out)| {
            with_rooms(|rooms| self.rows::<C>(x.view(image), rows.start, out, rooms))
        })
    }

    /// Rows of an image's result, from `first` on.
    fn rows<const C: usize>(
        &self,
        image: View<u8, Read, 2>,
        first: usize,
        mut out: View<u8, Write, 2>,
        [kept, read, result]: [&mut Room; 3],
    ) -> Result<()> {
        let width = self.width.len() * C;
        let (lowest, (last, taps)) = (self.height.of(first).0, self.height.of(first + out.rows() - 1));
        let kept = kept.of::<u8>((last + taps.len() - lowest) * width)?;
        for (row, kept) in kept.chunks_exact_mut(width).enumerate() {
            self.resize_row::<C>(image.row(lowest + row), read, kept)?;
        }
        let result = result.of::<u8>(width)?;
        for i in 0..out.rows() {
            let (at, weights) = self.height.of(first + i);
            let rows = &kept[(at - lowest) * width..][..weights.len() * width];
            let mut row = out.row_mut(i);
            match row.as_mut_slice() {
                Some(out) => simd::run(SumOfRows { rows, weights, taps: &self.height, out }),
                None => {
                    simd::run(SumOfRows { rows, weights, taps: &self.height, out: result });
                    row.write(result);
                }
            }
        }
        Ok(())
    }

    fn resize_row<const C: usize>(&self, row: View<u8, Read, 1>, room: &mut Room, out: &mut [u8]) -> Result<()> {
        let line = match row.as_slice() {
            Some(line) => line,
            None => {
                let line = room.of::<u8>(row.len())?;
                line.iter_mut().zip(row.iter()).for_each(|(to, x)| *to = x);
                line
            }
        };
        if self.width.is_identity() {
            out.copy_from_slice(line);
        } else {
            simd::run(Row::<C> { line, taps: &self.width, out });
        }
        Ok(())
    }
}

/// Images of `(N, C, H, W)` whose pixels lie together, as `(N, H, W * C)`, and how many bytes a pixel has.
fn pixels(images: &Array) -> Option<(usize, Array)> {
    let layout = images.layout.permute(&[0, 2, 3, 1]);
    let (shape, strides) = (layout.shape(), layout.strides());
    let channels = shape[3];
    let lie_together = strides[3] == 1 && strides[2] == channels as isize && channels > 1;
    let rows = [shape[0], shape[1], shape[2] * channels];
    let layout = Layout::strided(&rows, &[strides[0], strides[1], 1], layout.offset());
    lie_together.then(|| (channels, images.with_layout(layout)))
}

/// A line of pixels of `C` bytes, to be resized.
struct Row<'a, const C: usize> {
    line: &'a [u8],
    taps: &'a FixedTaps,
    out: &'a mut [u8],
}

impl<const C: usize> SimdLoop for Row<'_, C> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self) {
        self.taps.resize::<C>(self.line, self.out);
    }
}

/// A row of the result: the sum of rows that follow one another.
struct SumOfRows<'a> {
    rows: &'a [u8],
    weights: &'a [i32],
    taps: &'a FixedTaps,
    out: &'a mut [u8],
}

/// Columns of [`SumOfRows`] that are summed up in registers.
const COLUMNS: usize = 64;

impl SumOfRows<'_> {
    #[inline(always)]
    fn column<const N: usize>(&self, at: usize) -> [u8; N] {
        let mut sums = [0; N];
        for (row, &weight) in self.rows.chunks_exact(self.out.len()).zip(self.weights) {
            sums.iter_mut().zip(&row[at..][..N]).for_each(|(sum, &x)| *sum += weight * i32::from(x));
        }
        self.taps.rounded(sums)
    }
}

impl SimdLoop for SumOfRows<'_> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self) {
        if self.taps.count == 1 {
            return self.out.copy_from_slice(self.rows);
        }
        let n = self.out.len();
        let whole = n - n % COLUMNS;
        for at in (0..whole).step_by(COLUMNS) {
            let column = self.column::<COLUMNS>(at);
            self.out[at..][..COLUMNS].copy_from_slice(&column);
        }
        for at in whole..n {
            let column = self.column::<1>(at);
            self.out[at..][..1].copy_from_slice(&column);
        }
    }
}
