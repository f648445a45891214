//! Batch normalisation of the channels of `(N, C, L)` arrays.

use ferrotorch_kernel::memory::collect_for;
use ferrotorch_kernel::{Array, Error, Operand, Result, match_dtype};

use super::layer::write;
use super::{in_accumulation, required, rows, vector};
use crate::chunks;
use crate::isa::Isa;
use crate::lines::{LineMut, Lines, LinesMut, try_for_each_line};
use crate::math::Float;
use crate::parallel::{self, Cost};
use crate::simd::{self, SimdLoop};

pub(super) const OP: &str = "batch_norm";

/// `out0 = (x - mean) * rstd * weight + bias`, `out1` mean, `out2` rstd, `out3`, where it is given, variance.
pub(crate) fn batch_norm(eps: f64, training: bool, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    in_accumulation(inputs, outputs, |inputs, outputs| {
        match_dtype!(outputs[0].dtype, T in [f32, f64] => forward::<T>(eps, training, inputs, outputs),
            else => Err(Error::dtype("batch_norm", outputs[0].dtype, "convert to a float dtype first")))
    })
}

fn forward<T: Float>(eps: f64, training: bool, inputs: &[Option<Array>], outputs: &[Array]) -> Result<()> {
    let input = required(inputs.first())?;
    let planes = ChannelPlanes::<T>::new(input)?;
    let by_rows = rows::rows_of_channels([input, &outputs[0]]);
    let (weight, bias) = (vector::<T>(inputs.get(1))?, vector::<T>(inputs.get(2))?);
    let (means, variances) = if training {
        let moments = match &by_rows {
            Some([x, _]) => rows::moments::<T>(x)?,
            None => planes.per_channel(0.0, |c| planes.moments(c))?,
        };
        (collect_for(OP, moments.iter().map(|m| m.0))?, collect_for(OP, moments.iter().map(|m| m.1))?)
    } else {
        let given = |k: usize| collect_for(OP, required(inputs.get(k))?.to_vec::<T>()?.into_iter().map(T::wide));
        (given(3)?, given(4)?)
    };
    let rounded = |values: &[f64]| collect_for(OP, values.iter().map(|&x| T::of(x)));
    let rstds = collect_for(OP, variances.iter().map(|variance| T::of(1.0 / (variance + eps).sqrt())))?;
    // What the mean has lost by rounding, which may be much beside a small variance, goes into the shift.
    let means_lost = means.iter().map(|&mean| (T::of(mean), T::of(T::of(mean).wide() - mean)));
    let lines = means_lost.zip(&rstds).enumerate().map(|(channel, ((mean, lost), &rstd))| {
        let scale = rstd * weight.as_ref().map_or(T::ONE, |w| w[channel]);
        [mean, scale, bias.as_ref().map_or(lost * scale, |b| b[channel] + lost * scale)]
    });
    apply(&planes, by_rows, &outputs[0], &collect_for(OP, lines)?)?;
    outputs[1..].iter().zip([rounded(&means)?, rstds, rounded(&variances)?]).try_for_each(|(out, values)| write(out, &values))
}

/// `(x - mean) * scale + shift`, of each channel its own.
fn apply<T: Float>(planes: &ChannelPlanes<T>, by_rows: Option<[Array; 2]>, y: &Array, lines: &[[T; 3]]) -> Result<()> {
    if let Some([x, y]) = by_rows {
        let own = |k: usize| collect_for(OP, lines.iter().map(|line| line[k]));
        let (means, scales, shifts) = (own(0)?, own(1)?, own(2)?);
        let factors = [&means[..], &scales, &shifts];
        return rows::map([&x], &y, factors, |[x], [mean, scale, shift]| (x - mean) * scale + shift);
    }
    try_for_each_line(LinesMut::<T>::new(y, 2)?, Cost::streamed(planes.length()), |plane, y| {
        let [mean, scale, shift] = lines[plane % planes.channels];
        planes.map(plane, y, |x| (x - mean) * scale + shift)
    })
}

/// `out0` of x, `out1` of weight, `out2` of bias.
pub(crate) fn batch_norm_grad(training: bool, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    in_accumulation(inputs, outputs, |inputs, outputs| {
        match_dtype!(outputs[0].dtype, T in [f32, f64] => backward::<T>(training, inputs, outputs),
            else => Err(Error::dtype("batch_norm", outputs[0].dtype, "convert to a float dtype first")))
    })
}

/// With `n = (x - mean) * rstd`: `dw = sum(g n)`, `db = sum(g)`, and `dx = rstd * w * (g - db / m - n * dw / m)`, or
/// `rstd * w * g` where the statistics are constants.
fn backward<T: Float>(training: bool, inputs: &[Option<Array>], outputs: &[Array]) -> Result<()> {
    let (g, x) = (required(inputs.first())?, required(inputs.get(1))?);
    let (means, rstds) = (required(inputs.get(2))?.to_vec::<T>()?, required(inputs.get(3))?.to_vec::<T>()?);
    let weight = vector::<T>(inputs.get(4))?;
    let by_rows = rows::rows_of_channels([g, x, &outputs[0]]);
    let (g, x) = (ChannelPlanes::<T>::new(g)?, ChannelPlanes::<T>::new(x)?);
    let sums = match &by_rows {
        Some([g, x, _]) => rows::gradient_sums([g, x], &means, &rstds)?,
        None => x.per_channel(T::ZERO, |c| x.gradient_sums(&g, c, means[c], rstds[c]))?,
    };
    let count = T::of((x.batch * x.length()) as f64);
    let factors = (0..x.channels).map(|c| {
        let scale = rstds[c] * weight.as_ref().map_or(T::ONE, |w| w[c]);
        if training { [scale, rstds[c] * sums[c].0 / count, sums[c].1 / count] } else { [scale, T::ZERO, T::ZERO] }
    });
    input_gradient(&g, &x, by_rows, &outputs[0], &means, &collect_for(OP, factors)?)?;
    write(&outputs[1], &collect_for(OP, sums.iter().map(|s| s.0))?)?;
    write(&outputs[2], &collect_for(OP, sums.iter().map(|s| s.1))?)
}

/// `scale * (g - offset - (x - mean) * slope)`, of each channel its own.
fn input_gradient<T: Float>(
    g: &ChannelPlanes<T>,
    x: &ChannelPlanes<T>,
    by_rows: Option<[Array; 3]>,
    out: &Array,
    means: &[T],
    factors: &[[T; 3]],
) -> Result<()> {
    if let Some([g, x, out]) = by_rows {
        let own = |k: usize| collect_for(OP, factors.iter().map(|factors| factors[k]));
        let (scales, slopes, offsets) = (own(0)?, own(1)?, own(2)?);
        let factors = [means, &scales, &slopes, &offsets];
        return rows::map([&g, &x], &out, factors, |[g, x], [mean, scale, slope, offset]| {
            scale * (g - offset - (x - mean) * slope)
        });
    }
    try_for_each_line(LinesMut::<T>::new(out, 2)?, Cost::streamed(2 * x.length()), |plane, mut out| {
        let (mut a, mut b, mut own) = (Vec::new(), Vec::new(), Vec::new());
        let ([scale, slope, offset], mean) = (factors[plane % x.channels], means[plane % x.channels]);
        let (g, x) = (g.lines.read(plane, &mut a)?, x.lines.read(plane, &mut b)?);
        out.fill_with(&mut own, |out| simd::run(Backward { g, x, out, mean, scale, slope, offset }))
    })
}

struct Backward<'a, T> {
    g: &'a [T],
    x: &'a [T],
    out: &'a mut [T],
    mean: T,
    scale: T,
    slope: T,
    offset: T,
}

impl<T: Float> SimdLoop for Backward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self) {
        for ((out, &g), &x) in self.out.iter_mut().zip(self.g).zip(self.x) {
            *out = self.scale * (g - self.offset - (x - self.mean) * self.slope);
        }
    }
}

/// A `(N, C, L)` array as `N * C` planes of `L` elements.
struct ChannelPlanes<'a, T> {
    lines: Lines<'a, T>,
    batch: usize,
    channels: usize,
}

impl<'a, T: Float> ChannelPlanes<'a, T> {
    fn new(array: &'a Array) -> Result<Self> {
        Ok(ChannelPlanes { lines: Lines::new(array, 2)?, batch: array.shape()[0], channels: array.shape()[1] })
    }

    fn length(&self) -> usize {
        self.lines.length()
    }

    /// Two results for each channel.
    fn per_channel<R: Copy + Send>(&self, zero: R, work: impl Fn(usize) -> Result<(R, R)> + Sync) -> Result<Vec<(R, R)>> {
        let mut out = collect_for(OP, std::iter::repeat_n((zero, zero), self.channels))?;
        // They go over the elements twice.
        let cost = Cost::streamed(2 * self.batch * self.length());
        parallel::try_for_each_chunk_mut(&mut out, cost, |first, out| {
            out.iter_mut().enumerate().try_for_each(|(i, slot)| work(first + i).map(|both| *slot = both))
        })?;
        Ok(out)
    }

    /// Mean and biased variance of a channel.
    fn moments(&self, channel: usize) -> Result<(f64, f64)> {
        let count = (self.batch * self.length()) as f64;
        let mut buffer = Vec::new();
        let mut sum = |mean: f64, squared: bool| -> Result<f64> {
            let planes = (0..self.batch).map(|n| n * self.channels + channel);
            planes.map(|plane| Ok(simd::run(PlaneSum { x: self.lines.read(plane, &mut buffer)?, mean, squared }))).sum()
        };
        let mean = sum(0.0, false)? / count;
        Ok((mean, sum(mean, true)? / count))
    }

    /// `sum(g * n)` and `sum(g)` of a channel.
    fn gradient_sums(&self, g: &ChannelPlanes<T>, channel: usize, mean: T, rstd: T) -> Result<(T, T)> {
        let mut sums = (T::ZERO, T::ZERO);
        for n in 0..self.batch {
            let plane = n * self.channels + channel;
            let (mut a, mut b) = (Vec::new(), Vec::new());
            let (g, x) = (g.lines.read(plane, &mut a)?, self.lines.read(plane, &mut b)?);
            let part = simd::run(GradientSums { g, x, mean });
            sums = (sums.0 + part.0, sums.1 + part.1);
        }
        Ok((sums.0 * rstd, sums.1))
    }

    fn map(&self, plane: usize, mut out: LineMut<T>, f: impl Fn(T) -> T) -> Result<()> {
        let (mut buffer, mut own) = (Vec::new(), Vec::new());
        let x = self.lines.read(plane, &mut buffer)?;
        out.fill_with(&mut own, |out| simd::run(Map { x, out, f }))
    }
}

struct Map<'a, T, F> {
    x: &'a [T],
    out: &'a mut [T],
    f: F,
}

impl<T: Float, F: Fn(T) -> T> SimdLoop for Map<'_, T, F> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self) {
        self.out.iter_mut().zip(self.x).for_each(|(out, &x)| *out = (self.f)(x));
    }
}

/// The sum of a plane, or of its squared distances from the mean; in double precision, for the mean may be large.
struct PlaneSum<'a, T> {
    x: &'a [T],
    mean: f64,
    squared: bool,
}

impl<T: Float> SimdLoop for PlaneSum<'_, T> {
    type Output = f64;

    #[inline(always)]
    fn run<I: Isa>(self) -> f64 {
        let PlaneSum { x, mean, squared } = self;
        let squared_distance = |x: T| (x.wide() - mean) * (x.wide() - mean);
        if squared {
            chunks::fold(x, 0.0, |sum, x| sum + squared_distance(x), |a, b| a + b)
        } else {
            chunks::fold(x, 0.0, |sum, x| sum + x.wide(), |a, b| a + b)
        }
    }
}

struct GradientSums<'a, T> {
    g: &'a [T],
    x: &'a [T],
    mean: T,
}

impl<T: Float> SimdLoop for GradientSums<'_, T> {
    type Output = (T, T);

    #[inline(always)]
    fn run<I: Isa>(self) -> (T, T) {
        let GradientSums { g, x, mean } = self;
        chunks::two_sums::<T, 2, 32>([g, x], |[g, x]| [g * (x - mean), g]).into()
    }
}
