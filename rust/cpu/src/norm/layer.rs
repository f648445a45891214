//! Layer normalisation of the rows of a row-major `(R, C)` array.

use ferrotorch_core::{Array, Error, Operand, Result, match_dtype};

use super::{in_accumulation, moments, required, sum_of};
use crate::host::{Strided, StridedMut};
use crate::isa::Isa;
use crate::lines::{Lines, LinesMut, for_each_line, for_each_line_pair};
use crate::math::Float;
use crate::parallel;
use crate::simd::{self, SimdLoop};

/// `out0 = (x - mean) * rstd * weight + bias`, `out1` mean, `out2` rstd.
pub(crate) fn layer_norm(eps: f64, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    in_accumulation(inputs, outputs, |inputs, outputs| {
        match_dtype!(outputs[0].dtype, T in [f32, f64] => forward::<T>(eps, inputs, outputs),
            else => Err(Error::dtype("layer_norm", outputs[0].dtype, "convert to a float dtype first")))
    })
}

/// A vector of `n` elements, or none.
pub(super) fn vector<T: Float>(array: Option<&Option<Array>>) -> Result<Option<Vec<T>>> {
    match array.and_then(Option::as_ref) {
        Some(array) => array.to_vec::<T>().map(Some),
        None => Ok(None),
    }
}

fn forward<T: Float>(eps: f64, inputs: &[Option<Array>], outputs: &[Array]) -> Result<()> {
    let x = Lines::<T>::new(required(inputs.first())?, 1)?;
    let (weight, bias) = (vector::<T>(inputs.get(1))?, vector::<T>(inputs.get(2))?);
    let y = LinesMut::<T>::new(&outputs[0], 1)?;
    let statistics = |array: &Array| array.with_layout(array.layout.unsqueeze(1));
    let (means, rstds) = (statistics(&outputs[1]), statistics(&outputs[2]));
    let (means, rstds) = (LinesMut::<T>::new(&means, 1)?, LinesMut::<T>::new(&rstds, 1)?);
    let found: Vec<std::sync::OnceLock<(T, T)>> = (0..x.count()).map(|_| std::sync::OnceLock::new()).collect();
    for_each_line(&y, x.length() * 3, |row, mut y| {
        let (mut buffer, mut own) = (Vec::new(), Vec::new());
        let x = x.read(row, &mut buffer);
        y.fill_with(&mut own, |y| {
            let statistics = simd::run(Forward { x, y, weight: weight.as_deref(), bias: bias.as_deref(), eps: T::of(eps) });
            let _ = found[row].set(statistics);
        });
    });
    for_each_line_pair(&means, &rstds, 1, |row, mut mean, mut rstd| {
        if let Some(&(m, r)) = found[row].get() {
            mean.set(0, m);
            rstd.set(0, r);
        }
    })
}

struct Forward<'a, T> {
    x: &'a [T],
    y: &'a mut [T],
    weight: Option<&'a [T]>,
    bias: Option<&'a [T]>,
    eps: T,
}

impl<T: Float> SimdLoop for Forward<'_, T> {
    type Output = (T, T);

    #[inline(always)]
    fn run<I: Isa>(self) -> (T, T) {
        let (mean, variance) = moments::<I, T>(self.x);
        let rstd = T::ONE / (variance + self.eps).sqrt();
        let normal = self.x.iter().map(|&x| (x - mean) * rstd);
        match (self.weight, self.bias) {
            (Some(w), Some(b)) => self.y.iter_mut().zip(normal).zip(w).zip(b).for_each(|(((y, n), &w), &b)| *y = n * w + b),
            (Some(w), None) => self.y.iter_mut().zip(normal).zip(w).for_each(|((y, n), &w)| *y = n * w),
            (None, Some(b)) => self.y.iter_mut().zip(normal).zip(b).for_each(|((y, n), &b)| *y = n + b),
            (None, None) => self.y.iter_mut().zip(normal).for_each(|(y, n)| *y = n),
        }
        (mean, rstd)
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
    let (g, x) = (Lines::<T>::new(required(inputs.first())?, 1)?, Lines::<T>::new(required(inputs.get(1))?, 1)?);
    let (means, rstds) = (Strided::<T>::new(required(inputs.get(2))?)?, Strided::<T>::new(required(inputs.get(3))?)?);
    let weight = vector::<T>(inputs.get(4))?;
    let of_x = LinesMut::<T>::new(&outputs[0], 1)?;
    for_each_line(&of_x, x.length() * 3, |row, mut out| {
        let (mut a, mut b, mut own) = (Vec::new(), Vec::new(), Vec::new());
        let (g, x) = (g.read(row, &mut a), x.read(row, &mut b));
        let (mean, rstd) = (means.get(&[row]), rstds.get(&[row]));
        out.fill_with(&mut own, |out| simd::run(Backward { g, x, out, weight: weight.as_deref(), mean, rstd }));
    });
    if let [_, of_weight, of_bias] = outputs {
        let (w, b) = affine_gradients(&g, &x, &means, &rstds);
        write(of_weight, &w)?;
        write(of_bias, &b)?;
    }
    Ok(())
}

pub(super) fn write<T: Float>(out: &Array, values: &[T]) -> Result<()> {
    let mut out = StridedMut::<T>::new(out)?;
    values.iter().enumerate().for_each(|(i, &value)| *out.get_mut(&[i]) = value);
    Ok(())
}

struct Backward<'a, T> {
    g: &'a [T],
    x: &'a [T],
    out: &'a mut [T],
    weight: Option<&'a [T]>,
    mean: T,
    rstd: T,
}

/// With `n = (x - mean) * rstd` and `h = g * weight`: `rstd * (h - mean(h) - n * mean(h * n))`.
impl<T: Float> SimdLoop for Backward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self) {
        let Backward { g, x, out, weight, mean, rstd } = self;
        let columns = out.len();
        let (g, x) = (&g[..columns], &x[..columns]);
        match weight {
            Some(w) => out.iter_mut().zip(g).zip(w).for_each(|((h, &g), &w)| *h = g * w),
            None => out.copy_from_slice(g),
        }
        let count = T::of(columns as f64);
        let h: &[T] = out;
        let offset = sum_of(columns, |i| h[i]) / count;
        let along = sum_of(columns, |i| h[i] * (x[i] - mean)) * rstd / count;
        out.iter_mut().zip(x).for_each(|(h, &x)| *h = rstd * (*h - offset - (x - mean) * rstd * along));
    }
}

/// Gradients of weight and bias: sums over the rows, in blocks of rows that merge in order.
fn affine_gradients<T: Float>(g: &Lines<T>, x: &Lines<T>, means: &Strided<T>, rstds: &Strided<T>) -> (Vec<T>, Vec<T>) {
    const ROWS: usize = 64;
    let (rows, columns) = (g.count(), g.length());
    let mut parts: Vec<(Vec<T>, Vec<T>)> = vec![(Vec::new(), Vec::new()); rows.div_ceil(ROWS)];
    parallel::for_each_chunk_mut(&mut parts, 1, |first, parts| {
        for (i, part) in parts.iter_mut().enumerate() {
            *part = (vec![T::ZERO; columns], vec![T::ZERO; columns]);
            let start = (first + i) * ROWS;
            for row in start..rows.min(start + ROWS) {
                let (mut a, mut b) = (Vec::new(), Vec::new());
                let (g, x) = (g.read(row, &mut a), x.read(row, &mut b));
                simd::run(AffineRow {
                    g,
                    x,
                    mean: means.get(&[row]),
                    rstd: rstds.get(&[row]),
                    weight: &mut part.0,
                    bias: &mut part.1,
                });
            }
        }
    });
    let mut total = (vec![T::ZERO; columns], vec![T::ZERO; columns]);
    for (weight, bias) in parts {
        total.0.iter_mut().zip(weight).for_each(|(t, p)| *t = *t + p);
        total.1.iter_mut().zip(bias).for_each(|(t, p)| *t = *t + p);
    }
    total
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
