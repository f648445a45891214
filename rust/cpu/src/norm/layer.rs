//! Layer normalisation of the rows of a row-major `(R, C)` array.

use std::borrow::Cow;

use ferrotorch_kernel::dtype::{bf16, f16};
use ferrotorch_kernel::memory::{collect_for, zeros_for};
use ferrotorch_kernel::{Array, Error, Operand, Result, bail, match_dtype};

use super::{in_accumulation, moments, required, short, vector};
use crate::chunks;
use crate::host::{Strided, StridedMut};
use crate::isa::Isa;
use crate::lines::{LineMut, Lines, LinesMut, fill_widened, try_for_each_line, try_for_each_line_in_groups, widened, with_rooms};
use crate::math::Float;
use crate::matmul::{Computed, Number, Source};
use crate::parallel::Cost;
use crate::simd::{self, SimdLoop};

const OP: &str = "layer_norm";

/// `out0 = (x - mean) * rstd * weight + bias`, `out1` mean, `out2` rstd.
pub(crate) fn layer_norm(eps: f64, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let [out, statistics @ ..] = outputs else { bail!(Runtime, "layer_norm: no output") };
    let x = inputs[0].array()?;
    let x = if x.dtype == out.dtype { x.clone() } else { x.to_dtype(out.dtype)? };
    // What there is one of for each row or column is converted as a whole, rows one at a time.
    in_accumulation(&inputs[1..], statistics, |affine, statistics| {
        match_dtype!(@ out.dtype, S, {
            forward::<S, <S as Computed>::In>(eps, &x, affine, out, statistics)
        }, Err(Error::dtype("layer_norm", out.dtype, "convert to a float dtype first")), [
            Float16 f16, BFloat16 bf16, Float32 f32, Float64 f64])
    })
}

fn forward<S: Source<T>, T: Float + Number>(
    eps: f64,
    x: &Array,
    affine: &[Option<Array>],
    out: &Array,
    statistics: &[Array],
) -> Result<()> {
    let affine = Affine::<T>::new(affine, x.shape()[1])?;
    if let Some(done) = short::forward::<S, T>(eps, x, &affine, [out, &statistics[0], &statistics[1]]) {
        return done;
    }
    let (x, y) = (Lines::<S>::new(x, 1)?, LinesMut::<S>::new(out, 1)?);
    let column = |array: &Array| array.with_layout(array.layout.unsqueeze(1));
    let (means, rstds) = (column(&statistics[0]), column(&statistics[1]));
    let (means, rstds) = (LinesMut::<T>::new(&means, 1)?, LinesMut::<T>::new(&rstds, 1)?);
    try_for_each_line((y, (means, rstds)), Cost::streamed(4 * x.length()), |row, (y, (mut mean, mut rstd))| {
        with_rooms(|[copy, own, _]| {
            let x = widened::<S, T>(x.line(row), copy)?;
            fill_widened(y, own, |y| {
                let [weight, bias] = affine.of_row(row);
                let (m, variance) = moments(x);
                let r = T::ONE / (variance + T::of(eps)).sqrt();
                mean.set(0, m);
                rstd.set(0, r);
                simd::run(Forward { x, y, weight, bias, mean: m, rstd: r });
            })
        })
    })
}

/// Weight and bias, of which each group of rows may have its own.
pub(super) struct Affine<'a, T: Float> {
    weight: Option<Cow<'a, [T]>>,
    bias: Option<Cow<'a, [T]>>,
    groups: usize,
    channels: usize,
}

impl<'a, T: Float> Affine<'a, T> {
    /// Of rows of so many elements: one group, each element of which is a channel, unless there are some.
    fn new(affine: &'a [Option<Array>], columns: usize) -> Result<Self> {
        let by_group = affine.iter().flatten().find(|array| array.layout.ndim() == 2).map(|array| array.shape());
        let (groups, channels) = by_group.map_or((1, columns), |shape| (shape[0], shape[1]));
        Ok(Affine { weight: vector(affine.first())?, bias: vector(affine.get(1))?, groups, channels })
    }

    /// Those of a row.
    #[inline(always)]
    pub(super) fn of_row(&self, row: usize) -> [Option<&[T]>; 2] {
        let first = row % self.groups * self.channels;
        [&self.weight, &self.bias].map(|values| values.as_deref().map(|values| &values[first..first + self.channels]))
    }
}

pub(super) struct Forward<'a, T> {
    pub(super) x: &'a [T],
    pub(super) y: &'a mut [T],
    pub(super) weight: Option<&'a [T]>,
    pub(super) bias: Option<&'a [T]>,
    pub(super) mean: T,
    pub(super) rstd: T,
}

impl<T: Float> SimdLoop for Forward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self) {
        let columns = self.x.len();
        let channels = self.weight.or(self.bias).map_or(columns, <[T]>::len);
        if channels < columns { self.write_channels(columns / channels) } else { self.write_elements() }
    }
}

impl<T: Float> Forward<'_, T> {
    /// Writes the results where each element has its own weight and bias.
    #[inline(always)]
    fn write_elements(self) {
        let Forward { mean, rstd, .. } = self;
        let normal = self.x.iter().map(|&x| (x - mean) * rstd);
        match (self.weight, self.bias) {
            (Some(w), Some(b)) => self.y.iter_mut().zip(normal).zip(w).zip(b).for_each(|(((y, n), &w), &b)| *y = n * w + b),
            (Some(w), None) => self.y.iter_mut().zip(normal).zip(w).for_each(|((y, n), &w)| *y = n * w),
            (None, Some(b)) => self.y.iter_mut().zip(normal).zip(b).for_each(|((y, n), &b)| *y = n + b),
            (None, None) => self.y.iter_mut().zip(normal).for_each(|(y, n)| *y = n),
        }
    }

    /// Writes the results where `length` elements at a time share weight and bias.
    #[inline(always)]
    fn write_channels(self, length: usize) {
        let Forward { mean, rstd, .. } = self;
        for (channel, (x, y)) in self.x.chunks(length).zip(self.y.chunks_mut(length)).enumerate() {
            let scale = rstd * self.weight.map_or(T::ONE, |w| w[channel]);
            let shift = self.bias.map_or(T::ZERO, |b| b[channel]);
            y.iter_mut().zip(x).for_each(|(y, &x)| *y = (x - mean) * scale + shift);
        }
    }
}

/// `out0` of x, `out1` of weight, `out2` of bias, the latter two where they are asked for.
pub(crate) fn layer_norm_grad(inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    in_accumulation(inputs, outputs, |inputs, outputs| {
        match_dtype!(outputs[0].dtype, T in [f32, f64] => backward::<T>(inputs, outputs),
            else => Err(Error::dtype("layer_norm", outputs[0].dtype, "convert to a float dtype first")))
    })
}

fn backward<T: Float>(inputs: &[Option<Array>], outputs: &[Array]) -> Result<()> {
    let weight = vector::<T>(inputs.get(4))?;
    let call = Backward {
        g: Lines::new(required(inputs.first())?, 1)?,
        x: Lines::new(required(inputs.get(1))?, 1)?,
        means: Strided::new(required(inputs.get(2))?)?,
        rstds: Strided::new(required(inputs.get(3))?)?,
        weight: weight.as_deref(),
    };
    let of_x = LinesMut::<T>::new(&outputs[0], 1)?;
    let cost = Cost::streamed(6 * call.x.length());
    let [_, of_weight, of_bias] = outputs else {
        return try_for_each_line(of_x, cost, |row, out| call.row(None, row, out));
    };
    // Sums over the rows, in groups of rows that merge in order.
    let (rows, columns) = (call.x.count(), call.x.length());
    let group = (GROUP / columns.max(1)).clamp(4, 64);
    let mut sums = collect_for(OP, (0..rows.div_ceil(group)).map(|_| AffineSums::EMPTY))?;
    try_for_each_line_in_groups(of_x, group, cost, &mut sums, |sums, row, out| call.row(Some(sums), row, out))?;
    let mut total = AffineSums::zeros(columns)?;
    sums.iter().for_each(|part| total.join(part));
    write(of_weight, &total.weight)?;
    write(of_bias, &total.bias)
}

/// About how many elements the rows of a group have.
const GROUP: usize = 1 << 15;

pub(super) fn write<T: Float>(out: &Array, values: &[T]) -> Result<()> {
    let mut out = StridedMut::<T>::new(out)?;
    values.iter().enumerate().for_each(|(i, &value)| out.set(&[i], value));
    Ok(())
}

/// Gradients of weight and bias over some rows; empty before the first.
struct AffineSums<T> {
    weight: Vec<T>,
    bias: Vec<T>,
}

impl<T: Float> AffineSums<T> {
    const EMPTY: Self = AffineSums { weight: Vec::new(), bias: Vec::new() };

    fn zeros(columns: usize) -> Result<Self> {
        Ok(AffineSums { weight: zeros_for(OP, columns)?, bias: zeros_for(OP, columns)? })
    }

    fn join(&mut self, other: &Self) {
        self.weight.iter_mut().zip(&other.weight).for_each(|(sum, &part)| *sum = *sum + part);
        self.bias.iter_mut().zip(&other.bias).for_each(|(sum, &part)| *sum = *sum + part);
    }
}

/// The arrays of a backward call.
struct Backward<'a, T> {
    g: Lines<'a, T>,
    x: Lines<'a, T>,
    means: Strided<'a, T>,
    rstds: Strided<'a, T>,
    weight: Option<&'a [T]>,
}

impl<T: Float> Backward<'_, T> {
    /// The gradient of one row, and what the row adds to the gradients of weight and bias while it is in the cache.
    fn row(&self, sums: Option<&mut AffineSums<T>>, row: usize, mut out: LineMut<T>) -> Result<()> {
        let (mut a, mut b, mut own) = (Vec::new(), Vec::new(), Vec::new());
        let (g, x) = (self.g.read(row, &mut a)?, self.x.read(row, &mut b)?);
        let (mean, rstd) = (self.means.get(&[row]), self.rstds.get(&[row]));
        out.fill_with(&mut own, |out| simd::run(RowGradient { g, x, out, weight: self.weight, mean, rstd }))?;
        if let Some(sums) = sums {
            if sums.weight.is_empty() {
                *sums = AffineSums::zeros(x.len())?;
            }
            simd::run(AffineRow { g, x, mean, rstd, weight: &mut sums.weight, bias: &mut sums.bias });
        }
        Ok(())
    }
}

struct RowGradient<'a, T> {
    g: &'a [T],
    x: &'a [T],
    out: &'a mut [T],
    weight: Option<&'a [T]>,
    mean: T,
    rstd: T,
}

/// With `n = (x - mean) * rstd` and `h = g * weight`: `rstd * (h - mean(h) - n * mean(h * n))`.
impl<T: Float> SimdLoop for RowGradient<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self) {
        let RowGradient { g, x, out, weight, mean, rstd } = self;
        let is_short = x.len() < chunks::LONG;
        let [sum, along] = match weight {
            Some(w) if is_short => chunks::two_sums::<T, 3, 8>([g, x, w], |[g, x, w]| [g * w, g * w * (x - mean)]),
            Some(w) => chunks::two_sums::<T, 3, 32>([g, x, w], |[g, x, w]| [g * w, g * w * (x - mean)]),
            None if is_short => chunks::two_sums::<T, 2, 8>([g, x], |[g, x]| [g, g * (x - mean)]),
            None => chunks::two_sums::<T, 2, 32>([g, x], |[g, x]| [g, g * (x - mean)]),
        };
        let count = T::of(out.len() as f64);
        let (offset, slope) = (sum / count, along * rstd / count * rstd);
        let gradient = |h: T, x: T| rstd * (h - offset - (x - mean) * slope);
        match weight {
            Some(w) => out.iter_mut().zip(g).zip(x).zip(w).for_each(|(((out, &g), &x), &w)| *out = gradient(g * w, x)),
            None => out.iter_mut().zip(g).zip(x).for_each(|((out, &g), &x)| *out = gradient(g, x)),
        }
    }
}

struct AffineRow<'a, T> {
    g: &'a [T],
    x: &'a [T],
    mean: T,
    rstd: T,
    weight: &'a mut [T],
    bias: &'a mut [T],
}

impl<T: Float> SimdLoop for AffineRow<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self) {
        for (((w, b), &g), &x) in self.weight.iter_mut().zip(self.bias).zip(self.g).zip(self.x) {
            *w = *w + g * ((x - self.mean) * self.rstd);
            *b = *b + g;
        }
    }
}
