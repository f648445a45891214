//! Losses of the scores of classes and their gradients, position by position.
//!
//! The digits are those of a softmax whose logarithm is taken: a score is made relative to the largest of its position before
//! anything else, so that large scores lose nothing.

#[cfg(test)]
mod tests;

use ferrotorch_kernel::dtype::{bf16, f16};
use ferrotorch_kernel::kernel::{ClassLoss, Total};
use ferrotorch_kernel::memory::{collect_for, vec_for};
use ferrotorch_kernel::{Array, DType, Error, Operand, Result, bail, match_dtype};

use crate::bounds::Fault;
use crate::chunks;
use crate::dense;
use crate::host::Strided;
use crate::isa::Isa;
use crate::lines::{Lines, LinesMut, Room, try_for_each_line, widened, with_rooms};
use crate::math::Float;
use crate::matmul::{Computed, Number, Source};
use crate::parallel::{self, Cost};
use crate::simd::{self, SimdLoop};

/// The losses, the logarithms and the divisor of the mean.
pub(crate) fn class_loss(call: ClassLoss, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let arrays = Arrays::new(inputs)?;
    match_dtype!(@ arrays.scores.dtype, S, {
        losses::<S, <S as Computed>::In>(call, &arrays, outputs)
    }, Err(Error::dtype("nll_loss", arrays.scores.dtype, "convert to a float dtype first")), [
        Float16 f16, BFloat16 bf16, Float32 f32, Float64 f64])
}

/// The gradient by the scores.
pub(crate) fn class_loss_grad(call: ClassLoss, inputs: &[Operand], out: &Array) -> Result<()> {
    let arrays = Arrays::new(&inputs[1..])?;
    let Some(grads) = inputs[0].optional() else { bail!(Runtime, "a gradient of losses of classes was launched without one") };
    let divisor = inputs.get(5).and_then(Operand::optional);
    match_dtype!(@ out.dtype, S, {
        gradients::<S, <S as Computed>::In>(call, &arrays, grads, divisor, out)
    }, Err(Error::dtype("nll_loss", out.dtype, "convert to a float dtype first")), [
        Float16 f16, BFloat16 bf16, Float32 f32, Float64 f64])
}

/// What both passes read: scores (N, C, L), their right classes (N, L), row-major, and perhaps weights.
struct Arrays {
    scores: Array,
    classes: Array,
    weights: Option<Array>,
}

impl Arrays {
    fn new(inputs: &[Operand]) -> Result<Arrays> {
        let [scores, classes, ..] = inputs else { bail!(Runtime, "losses of classes were launched without their inputs") };
        let scores = scores.array()?.clone();
        let [_, _, _] = scores.shape() else { bail!(Runtime, "losses of classes need scores of three dimensions") };
        let weights = inputs.get(2).and_then(Operand::optional);
        let weights = weights.map(|w| dense::input(w, w.dtype.accumulate())).transpose()?;
        Ok(Arrays { scores, classes: dense::input(classes.array()?, DType::Int64)?, weights })
    }

    fn positions<S: Source<T>, T: Float + Number>(&self, call: ClassLoss) -> Result<Positions<'_, S, T>> {
        let scores = Lines::new(&self.scores, 1)?;
        let weights = self.weights.as_ref().map(dense::read::<T>).transpose()?;
        let fault = Fault::new("nll_loss", 1, scores.length());
        let dense = Strided::new(&self.scores)?.as_slice().map(|all| (all, self.scores.shape()[2]));
        Ok(Positions { call, scores, dense, classes: dense::read(&self.classes)?, weights, fault })
    }
}

/// The inputs by position.
struct Positions<'a, S, T> {
    call: ClassLoss,
    scores: Lines<'a, S>,
    /// The scores where they are row-major, and L.
    dense: Option<(&'a [S], usize)>,
    classes: &'a [i64],
    weights: Option<&'a [T]>,
    fault: Fault,
}

/// What comes of a position; zeros where it does not count.
#[derive(Clone, Copy)]
struct Loss<T> {
    loss: T,
    log_sum: T,
    share: T,
}

impl<S: Source<T>, T: Float + Number> Positions<'_, S, T> {
    /// The right class of a position; `None` where the position does not count.
    fn class(&self, position: usize) -> Option<usize> {
        match self.classes[position] {
            class if class == self.call.ignored => None,
            class => self.fault.check(class),
        }
    }

    fn share(&self, class: usize) -> T {
        self.weights.map_or(T::ONE, |weights| weights[class])
    }

    fn cost(&self) -> Cost {
        if self.call.is_log { Cost::single(1) } else { Cost::functions(2 * self.scores.length()) }
    }

    /// The losses of some positions from `first` on, whose scores are logarithms of probabilities.
    #[inline(always)]
    fn losses_of_logarithms(&self, first: usize, losses: &mut [Loss<T>]) {
        let of = |class: usize, score: S| {
            let share = self.share(class);
            Loss { loss: -(score.widen() * share), log_sum: T::ZERO, share }
        };
        let Some((all, length)) = self.dense else {
            for (i, loss) in losses.iter_mut().enumerate() {
                *loss = self.class(first + i).map_or(Loss::none(), |class| of(class, self.scores.line(first + i).get(class)));
            }
            return;
        };
        // Counted, for a division takes longer than all else.
        let (mut start, mut place) = (first / length * self.scores.length() * length, first % length);
        for (i, loss) in losses.iter_mut().enumerate() {
            *loss = self.class(first + i).map_or(Loss::none(), |class| of(class, all[start + class * length + place]));
            place += 1;
            if place == length {
                (start, place) = (start + self.scores.length() * length, 0);
            }
        }
    }

    #[inline(always)]
    fn loss<I: Isa>(&self, position: usize, [copy, own]: [&mut Room; 2]) -> Result<Loss<T>> {
        let Some(class) = self.class(position) else { return Ok(Loss::none()) };
        let share = self.share(class);
        let x = widened::<S, T>(self.scores.line(position), copy)?;
        let exponentials = own.of(x.len())?;
        let (largest, sum) = normalizer::<T, I>(x, exponentials);
        let shift = sum.log::<I>();
        let mut loss = (shift - (x[class] - largest)) * share;
        if self.call.smoothing != 0.0 {
            let spread = match self.weights {
                Some(weights) => {
                    chunks::map([x, weights], exponentials, |[x, w]| (x - largest - shift) * w);
                    sum_of(exponentials)
                }
                None => chunks::fold(x, T::ZERO, |acc, x| acc + (x - largest - shift), |a, b| a + b),
            };
            loss = loss * constant(1.0 - self.call.smoothing) - spread * constant(self.call.smoothing / x.len() as f64);
        }
        Ok(Loss { loss, log_sum: largest + shift, share })
    }
}

impl<T: Float> Loss<T> {
    /// That of a position that does not count.
    fn none() -> Loss<T> {
        Loss { loss: T::ZERO, log_sum: T::ZERO, share: T::ZERO }
    }
}

/// [`Float::of`], by a name that [`Number`] does not have, too.
#[inline(always)]
fn constant<T: Float>(x: f64) -> T {
    T::of(x)
}

/// The losses of some positions that follow one another.
struct Forward<'a, S, T> {
    positions: &'a Positions<'a, S, T>,
    first: usize,
    losses: &'a mut [Loss<T>],
    rooms: [&'a mut Room; 2],
}

impl<S: Source<T>, T: Float + Number> SimdLoop for Forward<'_, S, T> {
    type Output = Result<()>;

    #[inline(always)]
    fn run<I: Isa>(self) -> Result<()> {
        if self.positions.call.is_log {
            self.positions.losses_of_logarithms(self.first, self.losses);
            return Ok(());
        }
        let [copy, own] = self.rooms;
        for (i, loss) in self.losses.iter_mut().enumerate() {
            *loss = self.positions.loss::<I>(self.first + i, [copy, own])?;
        }
        Ok(())
    }
}

/// The largest score of a position, and the sum of the exponentials of all relative to it, which go to `out`.
#[inline(always)]
fn normalizer<T: Float, I: Isa>(x: &[T], out: &mut [T]) -> (T, T) {
    let largest = chunks::largest(x, -T::INFINITY);
    chunks::map([x], out, |[x]| (x - largest).exp::<I>());
    (largest, sum_of(out))
}

#[inline(always)]
fn sum_of<T: Float>(x: &[T]) -> T {
    chunks::fold(x, T::ZERO, |acc, x| acc + x, |a, b| a + b)
}

fn losses<S: Source<T>, T: Float + Number>(call: ClassLoss, arrays: &Arrays, outputs: &[Array]) -> Result<()> {
    let [out, log_sums, divisor] = outputs else { bail!(Runtime, "losses of classes were launched without their outputs") };
    let positions = arrays.positions::<S, T>(call)?;
    let mut all = vec_for("nll_loss", positions.classes.len())?;
    all.resize(positions.classes.len(), Loss::none());
    parallel::try_for_each_chunk_mut(&mut all, positions.cost(), |first, losses| {
        with_rooms(|[copy, own, _]| simd::run(Forward { positions: &positions, first, losses, rooms: [copy, own] }))
    })?;
    positions.fault.result()?;
    match call.total {
        Total::None => fill::<S, T>(out, all.iter().map(|each| each.loss))?,
        Total::Sum => fill::<S, T>(out, [constant(total(&all, |each| each.loss))])?,
        Total::Mean => {
            let shares = total(&all, |each| each.share);
            fill::<S, T>(out, [constant(total(&all, |each| each.loss) / shares)])?;
            dense::write(divisor, |divisor: &mut [T]| divisor[0] = constant(shares))?;
        }
    }
    if call.is_log {
        return Ok(());
    }
    dense::write(log_sums, |sums: &mut [T]| sums.iter_mut().zip(&all).for_each(|(sum, each)| *sum = each.log_sum))
}

/// The sum over all positions, in parts: of one each addition would wait for the one before.
fn total<T: Float>(all: &[Loss<T>], of: impl Fn(&Loss<T>) -> T) -> f64 {
    const PARTS: usize = 8;
    let (groups, rest) = all.as_chunks::<PARTS>();
    let mut sums = [0.0; PARTS];
    for group in groups {
        sums.iter_mut().zip(group).for_each(|(sum, each)| *sum += of(each).wide());
    }
    sums.iter_mut().zip(rest).for_each(|(sum, each)| *sum += of(each).wide());
    sums.iter().sum()
}

/// Writes numbers in row-major order.
fn fill<S: Source<T>, T>(out: &Array, values: impl IntoIterator<Item = T>) -> Result<()> {
    dense::write(out, |out: &mut [S]| out.iter_mut().zip(values).for_each(|(out, value)| *out = S::narrow(value)))
}

fn gradients<S: Source<T>, T: Float + Number>(
    call: ClassLoss,
    arrays: &Arrays,
    grads: &Array,
    divisor: Option<&Array>,
    out: &Array,
) -> Result<()> {
    let positions = arrays.positions::<S, T>(call)?;
    let grads = dense::input(grads, T::DTYPE)?;
    let divisor = match (divisor, call.total) {
        (Some(divisor), Total::Mean) => dense::read::<T>(divisor)?[0],
        _ => T::ONE,
    };
    let all_weights = match positions.weights {
        Some(weights) => weights.iter().map(|w| w.wide()).sum(),
        None => positions.scores.length() as f64,
    };
    let slopes = Slopes { positions, grads: dense::read(&grads)?, divisor, all_weights: constant(all_weights) };
    if call.is_log { slopes.of_logarithms(out) } else { slopes.of_scores(out, arrays.scores.shape()[2] == 1) }?;
    slopes.positions.fault.result()
}

/// The derivatives of the losses by the scores.
struct Slopes<'a, S, T> {
    positions: Positions<'a, S, T>,
    /// The gradient of the total, or of each loss.
    grads: &'a [T],
    divisor: T,
    all_weights: T,
}

impl<S: Source<T>, T: Float + Number> Slopes<'_, S, T> {
    /// The factor of a position's loss in the total, and its right class.
    fn counted(&self, position: usize) -> Option<(T, usize)> {
        let grad = self.grads[if self.grads.len() == 1 { 0 } else { position }];
        self.positions.class(position).map(|class| (grad / self.divisor, class))
    }

    /// Those by logarithms of probabilities: zeros but for the right classes.
    fn of_logarithms(&self, out: &Array) -> Result<()> {
        let (classes, length) = (out.shape()[1], out.shape()[2]);
        dense::write(out, |out: &mut [S]| {
            parallel::for_each_chunk_mut(out, Cost::streamed(1), |_, out| out.fill(S::zeroed()));
            let mut samples = collect_for("nll_loss", out.chunks_mut(classes * length))?;
            parallel::for_each_chunk_mut(&mut samples, self.positions.cost().times(length), |first, samples| {
                for (i, sample) in samples.iter_mut().enumerate() {
                    for place in 0..length {
                        if let Some((factor, class)) = self.counted((first + i) * length + place) {
                            sample[class * length + place] = S::narrow(-(self.positions.share(class) * factor));
                        }
                    }
                }
            });
            Ok(())
        })?
    }

    fn of_scores(&self, out: &Array, are_rows: bool) -> Result<()> {
        let (cost, classes) = (self.positions.cost(), self.positions.scores.length());
        let work = |first: usize, rows: &mut [&mut [S]]| {
            with_rooms(|[copy, own, _]| simd::run(Backward { slopes: self, first, rows, rooms: [copy, own] }))
        };
        if !are_rows {
            return try_for_each_line(LinesMut::<S>::new(out, 1)?, cost, |first, mut line| {
                let mut done = Ok(());
                line.fill_with(&mut Vec::new(), |row| done = work(first, &mut [row]))?;
                done
            });
        }
        dense::write(out, |out: &mut [S]| {
            let mut rows = collect_for("nll_loss", out.chunks_mut(classes))?;
            parallel::try_for_each_chunk_mut(&mut rows, cost, work)
        })?
    }

    /// Those of one position: `all` times the softmax of its scores, less `share` at the right class and `spread` times each
    /// weight.
    #[inline(always)]
    fn of_position<I: Isa>(&self, position: usize, row: &mut [S], [copy, own]: [&mut Room; 2]) -> Result<()> {
        let Some((factor, class)) = self.counted(position) else {
            row.fill(S::zeroed());
            return Ok(());
        };
        let smoothing = self.positions.call.smoothing;
        let share = self.positions.share(class) * factor * constant(1.0 - smoothing);
        let x = widened::<S, T>(self.positions.scores.line(position), copy)?;
        let out = own.of(x.len())?;
        let (_, sum) = normalizer::<T, I>(x, out);
        if smoothing == 0.0 {
            let scale = share / sum;
            out.iter_mut().for_each(|out| *out = *out * scale);
        } else {
            let spread = factor * constant(smoothing / x.len() as f64);
            let scale = (share + spread * self.all_weights) / sum;
            match self.positions.weights {
                Some(weights) => out.iter_mut().zip(weights).for_each(|(out, &w)| *out = *out * scale - spread * w),
                None => out.iter_mut().for_each(|out| *out = *out * scale - spread),
            }
        }
        out[class] = out[class] - share;
        S::narrow_all(out, row);
        Ok(())
    }
}

/// The derivatives of some positions that follow one another.
struct Backward<'a, 'r, S, T> {
    slopes: &'a Slopes<'a, S, T>,
    first: usize,
    rows: &'a mut [&'r mut [S]],
    rooms: [&'a mut Room; 2],
}

impl<S: Source<T>, T: Float + Number> SimdLoop for Backward<'_, '_, S, T> {
    type Output = Result<()>;

    #[inline(always)]
    fn run<I: Isa>(self) -> Result<()> {
        let [copy, own] = self.rooms;
        for (i, row) in self.rows.iter_mut().enumerate() {
            self.slopes.of_position::<I>(self.first + i, row, [copy, own])?;
        }
        Ok(())
    }
}
