//! Batch normalisation where channels follow one another in memory: of `(N, C)` arrays, and of images whose channels are last. The rows
//! are read in their order, and every step is one for all channels side by side.

use std::ops::Range;

use ferrotorch_kernel::memory::{collect_for, zeros_for};
use ferrotorch_kernel::{Array, Result};
use smallvec::SmallVec;

use super::batch::OP;
use crate::isa::Isa;
use crate::lines::{Lines, LinesMut, try_for_each_line};
use crate::math::Float;
use crate::parallel::{self, Cost};
use crate::planes::all;
use crate::simd::{self, SimdLoop};

/// `(N, C, L)` arrays as rows of channels `(N L, C)`, if that is how they all lie.
pub(super) fn rows_of_channels<const N: usize>(arrays: [&Array; N]) -> Option<[Array; N]> {
    all(arrays, |array| {
        let &[n, channels, length] = array.shape() else { return None };
        let layout = array.layout.transpose(1, 2).view(&[n * length, channels])?;
        (layout.strides()[1] == 1 && channels > 1).then(|| array.with_layout(layout))
    })
}

/// What a row adds to two sums of some channels, in double precision.
trait Adds: Sync {
    fn add<I: Isa>(&self, row: usize, channels: Range<usize>, sums: [&mut [f64]; 2]);
}

/// Channels whose sums are made together.
const BLOCK: usize = 128;

/// Two sums over the rows for each channel.
fn sums(rows: usize, channels: usize, what: &impl Adds) -> Result<Vec<[f64; 2]>> {
    let mut sums: Vec<[f64; 2]> = zeros_for(OP, channels)?;
    parallel::for_each_chunk_mut(&mut sums, Cost::streamed(2 * rows), |first, sums| {
        for (block, sums) in sums.chunks_mut(BLOCK).enumerate() {
            let (start, mut both) = (first + block * BLOCK, [[0.0; BLOCK]; 2]);
            simd::run(AddRows { rows, channels: start..start + sums.len(), both: &mut both, what });
            sums.iter_mut().enumerate().for_each(|(i, sums)| *sums = [both[0][i], both[1][i]]);
        }
    });
    Ok(sums)
}

struct AddRows<'a, A> {
    rows: usize,
    channels: Range<usize>,
    both: &'a mut [[f64; BLOCK]; 2],
    what: &'a A,
}

impl<A: Adds> SimdLoop for AddRows<'_, A> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self) {
        let AddRows { rows, channels, both: [first, second], what } = self;
        for row in 0..rows {
            if parallel::stops_at_row(row, channels.len()) {
                break;
            }
            what.add::<I>(row, channels.clone(), [&mut *first, &mut *second]);
        }
    }
}

/// Some channels of a row that lies one behind the other.
#[inline(always)]
fn part<'a, T: Float>(lines: &Lines<'a, T>, row: usize, channels: Range<usize>) -> &'a [T] {
    &lines.line(row).as_slice().unwrap_or_default()[channels]
}

/// Distances from near the mean, and their squares.
struct Distances<'a, T> {
    x: Lines<'a, T>,
    from: &'a [f64],
}

impl<T: Float> Adds for Distances<'_, T> {
    #[inline(always)]
    fn add<I: Isa>(&self, row: usize, channels: Range<usize>, [distances, squares]: [&mut [f64]; 2]) {
        let x = part(&self.x, row, channels.clone());
        for (((&x, &from), distance), square) in x.iter().zip(&self.from[channels]).zip(distances).zip(squares) {
            let d = x.wide() - from;
            *distance += d;
            *square += d * d;
        }
    }
}

/// Mean and biased variance of each channel, in two passes: squares are of distances from what the first finds.
pub(super) fn moments<T: Float>(rows: &Array) -> Result<Vec<(f64, f64)>> {
    let &[count, channels] = rows.shape() else { return Ok(Vec::new()) };
    let of = |from: &[f64]| sums(count, channels, &Distances { x: Lines::<T>::new(rows, 1)?, from });
    let means: Vec<f64> = collect_for(OP, of(&zeros_for(OP, channels)?)?.iter().map(|sums| sums[0] / count as f64))?;
    let squares = of(&means)?;
    collect_for(OP, means.iter().zip(&squares).map(|(&mean, sums)| (mean, sums[1] / count as f64)))
}

/// Gradients times distances from the mean, and gradients.
struct Gradients<'a, T> {
    g: Lines<'a, T>,
    x: Lines<'a, T>,
    means: &'a [T],
}

impl<T: Float> Adds for Gradients<'_, T> {
    #[inline(always)]
    fn add<I: Isa>(&self, row: usize, channels: Range<usize>, [products, gradients]: [&mut [f64]; 2]) {
        let (g, x) = (part(&self.g, row, channels.clone()), part(&self.x, row, channels.clone()));
        let read = g.iter().zip(x).zip(&self.means[channels]);
        for (((&g, &x), &mean), (product, gradient)) in read.zip(products.iter_mut().zip(gradients)) {
            *product += (g * (x - mean)).wide();
            *gradient += g.wide();
        }
    }
}

/// `sum(g n)` and `sum(g)` of each channel.
pub(super) fn gradient_sums<T: Float>([g, x]: [&Array; 2], means: &[T], rstds: &[T]) -> Result<Vec<(T, T)>> {
    let found = Gradients { g: Lines::new(g, 1)?, x: Lines::new(x, 1)?, means };
    let sums = sums(x.shape()[0], x.shape()[1], &found)?;
    collect_for(OP, sums.iter().zip(rstds).map(|(sums, rstd)| (T::of(sums[0] * rstd.wide()), T::of(sums[1]))))
}

/// Each row of `out` from the same row of the inputs, and factors of each channel.
pub(super) fn map<T: Float, const N: usize, const F: usize>(
    inputs: [&Array; N],
    out: &Array,
    factors: [&[T]; F],
    f: impl Fn([T; N], [T; F]) -> T + Sync,
) -> Result<()> {
    let lines = inputs.iter().map(|input| Lines::<T>::new(input, 1)).collect::<Result<SmallVec<[Lines<T>; 2]>>>()?;
    let channels = out.shape()[1];
    try_for_each_line(LinesMut::<T>::new(out, 1)?, Cost::streamed(N * channels), |row, out| {
        let inputs: [&[T]; N] = std::array::from_fn(|i| part(&lines[i], row, 0..channels));
        simd::run(Map { inputs, factors, out: out.into_mut_slice().unwrap_or_default(), f: &f });
        Ok(())
    })
}

struct Map<'a, T, F, const N: usize, const M: usize> {
    inputs: [&'a [T]; N],
    factors: [&'a [T]; M],
    out: &'a mut [T],
    f: &'a F,
}

impl<T: Float, F: Fn([T; N], [T; M]) -> T, const N: usize, const M: usize> SimdLoop for Map<'_, T, F, N, M> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self) {
        let n = self.out.len();
        let (inputs, factors) = (self.inputs.map(|x| &x[..n]), self.factors.map(|x| &x[..n]));
        for (i, out) in self.out.iter_mut().enumerate() {
            *out = (self.f)(inputs.map(|x| x[i]), factors.map(|x| x[i]));
        }
    }
}
