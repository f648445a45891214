//! Resizing of images of bytes, in integers.
//!
//! As in Pillow, and so in PyTorch bit for bit: rows are resized first, and rounded to bytes, then columns. Weights are 16-bit
//! integers, in units of the smallest power of two with which the largest fits.

use ferrotorch_kernel::{Array, Result, ensure};

use super::taps::Taps;
use crate::isa::Isa;
use crate::lines::{Room, with_rooms};
use crate::parallel::{Cost, num_threads};
use crate::simd::{self, SimdLoop};
use crate::view::{Read, Tiles, View, Views, Write, try_for_each_part};

/// Digits of a weight behind the point, at most.
const MOST_DIGITS: u32 = 22;

/// The taps along a dimension, in integers.
pub(super) struct FixedTaps {
    size: usize,
    /// Where the taps of each element begin, in `weights` and in the line; and behind all.
    starts: Vec<(usize, usize)>,
    weights: Vec<i32>,
    /// Digits of the weights behind the point.
    digits: u32,
}

impl FixedTaps {
    /// Taps that lie together, for those beyond the border are the border's.
    pub(super) fn new(taps: &Taps<f64>) -> FixedTaps {
        let (mut starts, mut real) = (Vec::with_capacity(taps.len() + 1), Vec::<f64>::new());
        for i in 0..taps.len() {
            let (begin, mut last) = (real.len(), None);
            for (at, weight) in taps.of(i) {
                match real.last_mut() {
                    Some(sum) if last == Some(at) => *sum += weight,
                    _ => real.push(weight),
                }
                if last.is_none() {
                    starts.push((begin, at));
                }
                last = Some(at);
            }
        }
        starts.push((real.len(), 0));
        let largest = real.iter().fold(0.0f64, |a, &b| a.max(b));
        let fits = |digits: u32| (0.5 + largest * f64::from(1u32 << (digits + 1))) < f64::from(1u32 << 15);
        let digits = (0..MOST_DIGITS).find(|&digits| !fits(digits)).unwrap_or(MOST_DIGITS);
        let weights = real.iter().map(|w| (w * f64::from(1u32 << digits) + 0.5f64.copysign(*w)) as i32).collect();
        FixedTaps { size: taps.size, starts, weights, digits }
    }

    fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// Does every element stay what it is?
    fn is_identity(&self) -> bool {
        self.size == self.len()
    }

    /// Where the taps of an element begin in the line, and their weights.
    fn of(&self, i: usize) -> (usize, &[i32]) {
        let [(begin, at), (end, _)] = [self.starts[i], self.starts[i + 1]];
        (at, &self.weights[begin..end])
    }

    /// A sum of bytes by weights, rounded to a byte.
    #[inline(always)]
    fn round(&self, sum: i32) -> u8 {
        ((sum + (1 << self.digits >> 1)) >> self.digits).clamp(0, 255) as u8
    }

    fn resize(&self, line: &[u8], out: &mut [u8]) {
        for (i, out) in out.iter_mut().enumerate() {
            let (at, weights) = self.of(i);
            let sum = line[at..][..weights.len()].iter().zip(weights).map(|(&x, &w)| i32::from(x) * w).sum();
            *out = self.round(sum);
        }
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
    /// `y` of `x`, whose last two dimensions are those of the images.
    pub(super) fn resize(&self, x: &Array, y: &Array) -> Result<()> {
        let dims = [x.layout.ndim() - 2, x.layout.ndim() - 1];
        let (x, y) = (Views::<u8, Read, 2>::along(x, dims)?, Views::<u8, Write, 2>::along(y, dims)?);
        ensure!(x.count() == y.count(), Runtime, "interpolate(): images of bytes are resized in two dimensions");
        let rows = self.height.len().div_ceil((4 * num_threads()).div_ceil(y.count().max(1))).max(FEWEST_ROWS);
        let taps = self.width.weights.len() + self.height.weights.len().div_ceil(self.height.len()) * self.width.len();
        let cost = Cost::multiply_adds(taps).times(rows);
        try_for_each_part(Tiles::new(y, [rows, self.width.len()]), cost, |_, (image, [rows, _], out)| {
            with_rooms(|rooms| self.rows(x.view(image), rows.start, out, rooms))
        })
    }

    /// Rows of an image's result, from `first` on.
    fn rows(
        &self,
        image: View<u8, Read, 2>,
        first: usize,
        mut out: View<u8, Write, 2>,
        [kept, line, sums]: [&mut Room; 3],
    ) -> Result<()> {
        let width = self.width.len();
        let of_row = |i: usize| if self.height.is_identity() { (i, &[][..]) } else { self.height.of(i) };
        let lowest = of_row(first).0;
        let (at, weights) = of_row(first + out.rows() - 1);
        let needed = at + weights.len().max(1) - lowest;
        let kept = kept.of::<u8>(needed * width)?;
        for (row, kept) in kept.chunks_exact_mut(width).enumerate() {
            self.resize_row(image.row(lowest + row), line, kept)?;
        }
        let (line, sums) = (line.of::<u8>(width)?, sums.of::<i32>(width)?);
        for i in 0..out.rows() {
            let (at, weights) = of_row(first + i);
            let rows = &kept[(at - lowest) * width..];
            if weights.is_empty() {
                out.row_mut(i).write(&rows[..width]);
                continue;
            }
            let mut row = out.row_mut(i);
            match row.as_mut_slice() {
                Some(out) => simd::run(SumOfRows { rows, weights, taps: &self.height, sums, out }),
                None => {
                    simd::run(SumOfRows { rows, weights, taps: &self.height, sums, out: line });
                    row.write(line);
                }
            }
        }
        Ok(())
    }

    fn resize_row(&self, row: View<u8, Read, 1>, room: &mut Room, out: &mut [u8]) -> Result<()> {
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
            self.width.resize(line, out);
        }
        Ok(())
    }
}

/// A row of the result: the sum of rows that follow one another.
struct SumOfRows<'a> {
    rows: &'a [u8],
    weights: &'a [i32],
    taps: &'a FixedTaps,
    sums: &'a mut [i32],
    out: &'a mut [u8],
}

impl SimdLoop for SumOfRows<'_> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self) {
        let SumOfRows { rows, weights, taps, sums, out } = self;
        sums.fill(0);
        for (row, &weight) in rows.chunks_exact(sums.len()).zip(weights) {
            sums.iter_mut().zip(row).for_each(|(sum, &x)| *sum += weight * i32::from(x));
        }
        out.iter_mut().zip(sums).for_each(|(out, sum)| *out = taps.round(*sum));
    }
}
