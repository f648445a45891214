//! Connectionist temporal classification (Graves et al., "Connectionist temporal classification", 2006): sums over alignments, and
//! their gradient. Sequences are independent of each other; of one the steps follow in turn, and the labels of a step go together.

#[cfg(test)]
mod tests;

use ferrotorch_kernel::dtype::DType;
use ferrotorch_kernel::{Array, Error, Operand, Result, bail, match_dtype};

use crate::bounds::Fault;
use crate::chunks;
use crate::dense;
use crate::isa::Isa;
use crate::math::Float;
use crate::parallel::{Cost, stops_at_row};
use crate::simd::{self, SimdLoop};
use crate::view::{Read, Rows, RowsMut, View, Views, Write, for_each_part};

/// Runs [`ferrotorch_kernel::kernel::Kernel::Ctc`].
pub(crate) fn losses(blank: i64, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let ([scores, rest @ ..], [losses, sums]) = (inputs, outputs) else { return missing() };
    let (scores, targets) = (&in_rows(scores.array()?)?, Targets::new(blank, rest)?);
    match_dtype!(@ scores.dtype, T, losses_of::<T>(scores, &targets, losses, sums),
        Err(Error::dtype("ctc_loss", scores.dtype, "use float32 or float64")), [Float32 f32, Float64 f64])
}

/// Runs [`ferrotorch_kernel::kernel::Kernel::CtcGrad`].
pub(crate) fn gradient(blank: i64, zero_infinity: bool, inputs: &[Operand], out: &Array) -> Result<()> {
    let [grads, losses, sums, scores, rest @ ..] = inputs else { return missing() };
    let (scores, targets) = (&in_rows(scores.array()?)?, Targets::new(blank, rest)?);
    let found = [grads.array()?, losses.array()?, sums.array()?];
    match_dtype!(@ scores.dtype, T, gradient_of::<T>(scores, &targets, found, zero_infinity, out),
        Err(Error::dtype("ctc_loss", scores.dtype, "use float32 or float64")), [Float32 f32, Float64 f64])
}

/// Scores whose classes follow one another.
fn in_rows(scores: &Array) -> Result<Array> {
    if scores.layout.strides()[2] == 1 { Ok(scores.clone()) } else { dense::input(scores, scores.dtype) }
}

fn missing() -> Result<()> {
    bail!(Runtime, "a loss of alignments was launched without its inputs or outputs")
}

/// What is to be aligned, of each sequence.
struct Targets {
    blank: usize,
    /// (N, S), int64, row-major.
    labels: Array,
    /// Steps of each sequence, and its labels.
    steps: Array,
    sizes: Array,
}

impl Targets {
    fn new(blank: i64, inputs: &[Operand]) -> Result<Targets> {
        let [labels, steps, sizes] = inputs else { bail!(Runtime, "a loss of alignments was launched without targets") };
        let read = |input: &Operand| dense::input(input.array()?, DType::Int64);
        Ok(Targets { blank: blank as usize, labels: read(labels)?, steps: read(steps)?, sizes: read(sizes)? })
    }

    /// The target of a sequence with blanks before, between and behind its labels, and how many steps it has. None where a label is no
    /// class.
    fn of<T: Float>(&self, number: usize, fault: &Fault) -> Result<Option<Target<T>>> {
        let [labels, steps, sizes] = [&self.labels, &self.steps, &self.sizes].map(dense::read::<i64>);
        let (labels, steps, size) = (labels?, steps?[number] as usize, sizes?[number] as usize);
        let width = self.labels.shape()[1];
        let labels = labels.get(number * width..).and_then(|own| own.get(..size)).unwrap_or_default();
        let mut classes = vec![self.blank; 2 * labels.len() + 1];
        for (label, class) in labels.iter().zip(classes.iter_mut().skip(1).step_by(2)) {
            let Some(label) = fault.check(*label) else { return Ok(None) };
            *class = label;
        }
        // A blank may be left out between two different labels.
        let is_left_out = |at: usize| at % 2 == 1 && at > 1 && classes[at] != classes[at - 2];
        let skips = (0..classes.len()).map(|at| if is_left_out(at) { T::ZERO } else { -T::INFINITY }).collect();
        Ok(Some(Target { classes, skips, steps }))
    }
}

/// The target of a sequence.
struct Target<T> {
    classes: Vec<usize>,
    /// What is added for a step over the place before: 0, or minus infinity.
    skips: Vec<T>,
    steps: usize,
}

impl<T: Float> Target<T> {
    fn len(&self) -> usize {
        self.classes.len()
    }

    /// The scores of the target's places at a step.
    #[inline(always)]
    fn scores_at(&self, scores: &[T], out: &mut [T]) {
        out.iter_mut().zip(&self.classes).for_each(|(out, &class)| *out = scores[class]);
    }
}

/// What a step costs, a place being some exponentials.
fn cost_of(scores: &Array, places: usize) -> Cost {
    let [steps, _, classes] = [scores.shape()[0], scores.shape()[1], scores.shape()[2]];
    Cost::functions(steps * (3 * places + classes))
}

fn losses_of<T: Float>(scores: &Array, targets: &Targets, losses: &Array, sums: &Array) -> Result<()> {
    let fault = Fault::new("ctc_loss", 2, scores.shape()[2]);
    let cost = cost_of(scores, sums.shape()[2]);
    let losses = losses.with_layout(losses.layout.unsqueeze(1));
    let (scores, losses) = (Views::<T, Read, 2>::along(scores, [0, 2])?, Views::<T, Write, 1>::along(&losses, [1])?);
    let sums = Views::<T, Write, 2>::along(sums, [1, 2])?;
    for_each_part((losses, sums), cost, |number, (mut loss, sums)| {
        if let Ok(Some(target)) = targets.of::<T>(number, &fault) {
            let scores = Rows::new(scores.view(number));
            loss.set(0, simd::run(Forward { scores, target: &target, sums }));
        }
    })?;
    fault.result()
}

/// A sequence from its first step to the last.
struct Forward<'a, T> {
    scores: Rows<'a, T>,
    target: &'a Target<T>,
    sums: View<'a, T, Write, 2>,
}

impl<T: Float> SimdLoop for Forward<'_, T> {
    type Output = T;

    /// Writes for each step and place the logarithm of the sum over the alignments up to there, and is the loss.
    #[inline(always)]
    fn run<I: Isa>(self) -> T {
        let Forward { scores, target, sums } = self;
        let n = target.len();
        let [mut before, mut own] = [(); 2].map(|()| vec![-T::INFINITY; n + 2]);
        if target.steps == 0 {
            return if n == 1 { T::ZERO } else { T::INFINITY };
        }
        let mut here = vec![T::ZERO; n];
        let mut sums = RowsMut::new(sums);
        for (step, (sums, scores)) in sums.iter_mut().zip(scores.iter()).take(target.steps).enumerate() {
            if stops_at_row(step, n) {
                return T::ZERO;
            }
            target.scores_at(scores, &mut here);
            if step == 0 {
                own[2..n.min(2) + 2].copy_from_slice(&here[..n.min(2)]);
            } else {
                let places = [&before[2..], &before[1..=n], &before[..n], &target.skips, &here];
                chunks::map(places, &mut own[2..], |[a, b, c, skip, score]| log_sum::<I, T>([a, b, c + skip]) + score);
            }
            sums[..n].copy_from_slice(&own[2..]);
            std::mem::swap(&mut before, &mut own);
        }
        let one_before = if n > 1 { before[n] } else { -T::INFINITY };
        -log_sum::<I, T>([before[n + 1], one_before, -T::INFINITY])
    }
}

/// The logarithm of a sum of exponentials.
#[inline(always)]
fn log_sum<I: Isa, T: Float>([a, b, c]: [T; 3]) -> T {
    let largest = if a > b { a } else { b };
    let largest = if c > largest { c } else { largest };
    // Differences of infinities have no value.
    let base = if largest == -T::INFINITY { T::ZERO } else { largest };
    base + ((a - base).exp::<I>() + (b - base).exp::<I>() + (c - base).exp::<I>()).log::<I>()
}

fn gradient_of<T: Float>(
    scores: &Array,
    targets: &Targets,
    [grads, losses, sums]: [&Array; 3],
    zero_infinity: bool,
    out: &Array,
) -> Result<()> {
    let fault = Fault::new("ctc_loss", 2, scores.shape()[2]);
    let cost = cost_of(scores, sums.shape()[2]);
    let [grads, losses] = [dense::input(grads, T::DTYPE)?, dense::input(losses, T::DTYPE)?];
    let (grads, losses) = (dense::read::<T>(&grads)?, dense::read::<T>(&losses)?);
    let (scores, sums) = (Views::<T, Read, 2>::along(scores, [0, 2])?, Views::<T, Read, 2>::along(sums, [1, 2])?);
    for_each_part(Views::<T, Write, 2>::along(out, [0, 2])?, cost, |number, out| {
        if let Ok(Some(target)) = targets.of::<T>(number, &fault) {
            let (scores, sums) = (Rows::new(scores.view(number)), Rows::new(sums.view(number)));
            let (grad, loss) = (grads[number], losses[number]);
            simd::run(Backward { grad, loss, zero_infinity, scores, sums, target: &target, out });
        }
    })?;
    fault.result()
}

/// A sequence from its last step to the first.
struct Backward<'a, T> {
    grad: T,
    loss: T,
    zero_infinity: bool,
    scores: Rows<'a, T>,
    /// The logarithms of the sums over the alignments up to each step and place.
    sums: Rows<'a, T>,
    target: &'a Target<T>,
    out: View<'a, T, Write, 2>,
}

impl<T: Float> SimdLoop for Backward<'_, T> {
    type Output = ();

    /// As PyTorch has it, the gradient is that of the scores before their logarithm of softmax: the probability of each class, less its
    /// share of the alignments.
    #[inline(always)]
    fn run<I: Isa>(mut self) {
        let (target, steps) = (self.target, self.target.steps);
        let (n, is_infinite) = (target.len(), self.loss == T::INFINITY);
        for step in 0..self.out.rows() {
            if is_infinite || step >= steps {
                let value = if step >= steps || self.zero_infinity { T::ZERO } else { T::of(f64::NAN) };
                self.out.row_mut(step).write_all(std::iter::repeat_n(value, self.scores.cols()));
            }
        }
        if is_infinite {
            return;
        }
        let skips: Vec<T> = (2..n + 2).map(|at| target.skips.get(at).copied().unwrap_or(-T::INFINITY)).collect();
        let [mut behind, mut own] = [(); 2].map(|()| vec![-T::INFINITY; n + 2]);
        let [mut here, mut shares] = [(); 2].map(|()| vec![T::ZERO; n]);
        for step in (0..steps).rev() {
            if stops_at_row(step, n) {
                return;
            }
            target.scores_at(self.scores.get(step), &mut here);
            if step + 1 == steps {
                let last = n - n.min(2);
                own[last..n].copy_from_slice(&here[last..]);
            } else {
                let places = [&behind[..n], &behind[1..=n], &behind[2..], &skips, &here];
                chunks::map(places, &mut own[..n], |[a, b, c, skip, score]| log_sum::<I, T>([a, b, c + skip]) + score);
            }
            let (sums, loss) = (&self.sums.get(step)[..n], self.loss);
            chunks::map([sums, &own[..n], &here], &mut shares, |[before, behind, score]| {
                let both = before + behind;
                if both == -T::INFINITY { T::ZERO } else { (both + loss - score).exp::<I>() }
            });
            self.write::<I>(step, &shares);
            std::mem::swap(&mut behind, &mut own);
        }
    }
}

impl<T: Float> Backward<'_, T> {
    #[inline(always)]
    fn write<I: Isa>(&mut self, step: usize, shares: &[T]) {
        let grad = self.grad;
        let (mut row, scores) = (self.out.row_mut(step), self.scores.get(step));
        let Some(out) = row.as_mut_slice() else { return };
        chunks::map([scores], out, |[score]| score.exp::<I>() * grad);
        for (&class, &share) in self.target.classes.iter().zip(shares) {
            out[class] = out[class] - share * grad;
        }
    }
}
