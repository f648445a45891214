//! Losses of the scores of classes and their gradients, in float64: what the host computes for devices. Its own tensors take the
//! ops that these consist of.

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use ferrotorch_kernel::kernel::{ClassLoss, Total};
use ferrotorch_kernel::{Array, DType, Operand, Result, bail};

use crate::bounds::Fault;
use crate::dense;

/// The arrays of a call, position by position.
struct Scores {
    call: ClassLoss,
    scores: Array,
    classes: Array,
    weights: Option<Array>,
    /// N, C and L.
    size: [usize; 3],
}

/// A position: its scores, their class, and the logarithm of the sum of their exponentials.
struct Position<'a> {
    scores: Vec<f64>,
    class: usize,
    weights: Cow<'a, [f64]>,
    log_sum: f64,
}

impl Scores {
    fn new(call: ClassLoss, inputs: &[Operand]) -> Result<Scores> {
        let ([scores, classes, ..], weights) = (inputs, inputs.get(2).and_then(Operand::optional)) else {
            bail!(Runtime, "a loss of classes was launched without its inputs")
        };
        let scores = dense::input(scores.array()?, DType::Float64)?;
        let &[n, c, l] = scores.shape() else { bail!(Runtime, "a loss of classes needs scores of three dimensions") };
        let weights = weights.map(|weights| dense::input(weights, DType::Float64)).transpose()?;
        Ok(Scores { call, scores, classes: dense::input(classes.array()?, DType::Int64)?, weights, size: [n, c, l] })
    }

    /// Calls `work` with each position, which is `None` where it does not count, in order.
    fn for_each(&self, mut work: impl FnMut(usize, Option<Position>)) -> Result<()> {
        let [_, c, l] = self.size;
        let (scores, classes) = (dense::read::<f64>(&self.scores)?, dense::read::<i64>(&self.classes)?);
        let weights = match &self.weights {
            Some(weights) => Cow::Borrowed(dense::read::<f64>(weights)?),
            None => Cow::Owned(vec![1.0; c]),
        };
        let fault = Fault::new("nll_loss", 1, c);
        for (i, &class) in classes.iter().enumerate() {
            let position = if class == self.call.ignored { None } else { fault.check(class) };
            let first = i / l * c * l + i % l;
            work(i, position.map(|class| self.position((0..c).map(|k| scores[first + k * l]).collect(), class, weights.clone())));
        }
        fault.result()
    }

    fn position<'a>(&self, scores: Vec<f64>, class: usize, weights: Cow<'a, [f64]>) -> Position<'a> {
        let largest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let log_sum = if self.call.is_log { 0.0 } else { largest + scores.iter().map(|x| (x - largest).exp()).sum::<f64>().ln() };
        Position { scores, class, weights, log_sum }
    }
}

impl Position<'_> {
    fn share(&self) -> f64 {
        self.weights[self.class]
    }

    fn loss(&self, smoothing: f64) -> f64 {
        let log_p = |k: usize| self.scores[k] - self.log_sum;
        let loss = -(1.0 - smoothing) * self.share() * log_p(self.class);
        if smoothing == 0.0 {
            return loss;
        }
        let spread: f64 = (0..self.scores.len()).map(|k| self.weights[k] * log_p(k)).sum();
        loss - smoothing / self.scores.len() as f64 * spread
    }

    /// The derivative of the loss by a score.
    fn slope(&self, k: usize, call: &ClassLoss) -> f64 {
        let p = if call.is_log { 0.0 } else { (self.scores[k] - self.log_sum).exp() };
        let hit = if k == self.class { 1.0 } else { 0.0 };
        let total: f64 = self.weights.iter().sum();
        let spread = call.smoothing / self.scores.len() as f64 * (total * p - self.weights[k]);
        (1.0 - call.smoothing) * self.share() * (p - hit) + if call.smoothing == 0.0 { 0.0 } else { spread }
    }
}

/// The losses, the logarithms and the divisor of the mean.
pub(crate) fn class_loss(call: ClassLoss, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let all = Scores::new(call, inputs)?;
    let [out, log_sums, divisor] = outputs else { bail!(Runtime, "a loss of classes was launched without its outputs") };
    let (mut losses, mut logs, mut shares) = (Vec::new(), Vec::new(), 0.0);
    all.for_each(|_, position| {
        losses.push(position.as_ref().map_or(0.0, |p| p.loss(call.smoothing)));
        logs.push(position.as_ref().map_or(0.0, |p| p.log_sum));
        shares += position.map_or(0.0, |p| p.share());
    })?;
    let sum = losses.iter().sum::<f64>();
    match call.total {
        Total::None => fill(out, &losses)?,
        Total::Sum => fill(out, &[sum])?,
        Total::Mean => fill(out, &[sum / shares]).and_then(|()| fill(divisor, &[shares]))?,
    }
    if call.is_log { Ok(()) } else { fill(log_sums, &logs) }
}

/// The gradient by the scores.
pub(crate) fn class_loss_grad(call: ClassLoss, inputs: &[Operand], out: &Array) -> Result<()> {
    let all = Scores::new(call, &inputs[1..])?;
    let numbers = |k: usize| inputs.get(k).and_then(Operand::optional).map(|a| dense::input(a, DType::Float64)).transpose();
    let (Some(grads), divisor) = (numbers(0)?, numbers(5)?) else { bail!(Runtime, "a gradient is missing") };
    let grads = dense::read::<f64>(&grads)?;
    let divisor = match (&divisor, call.total) {
        (Some(divisor), Total::Mean) => dense::read::<f64>(divisor)?[0],
        _ => 1.0,
    };
    let [_, c, l] = all.size;
    let mut slopes = vec![0.0; out.numel()];
    all.for_each(|i, position| {
        let Some(position) = position else { return };
        let factor = grads[if grads.len() == 1 { 0 } else { i }] / divisor;
        (0..c).for_each(|k| slopes[(i / l * c + k) * l + i % l] = factor * position.slope(k, &call));
    })?;
    fill(out, &slopes)
}

/// Writes numbers in row-major order.
fn fill(out: &Array, values: &[f64]) -> Result<()> {
    dense::through(out, DType::Float64, |out| dense::write(out, |slice: &mut [f64]| slice.copy_from_slice(values)))
}
