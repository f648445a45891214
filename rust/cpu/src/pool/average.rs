//! Means of windows, and their gradients.

use num_traits::Float;

use ferrotorch_kernel::dtype::Element;

use super::window::{Span, Windows};

/// What a sum is divided by.
#[derive(Clone, Copy, Debug)]
pub(super) enum Divisor {
    /// The positions inside the input.
    Inside,
    /// Those and the ones in the padding.
    Padded,
    /// A number.
    Fixed(usize),
}

impl Divisor {
    pub(super) fn new(count_include_pad: bool, divisor: Option<usize>) -> Divisor {
        match divisor {
            Some(n) => Divisor::Fixed(n),
            None if count_include_pad => Divisor::Padded,
            None => Divisor::Inside,
        }
    }

    #[inline(always)]
    fn of(self, spans: [Span; 3]) -> f64 {
        match self {
            Divisor::Inside => spans.iter().map(|s| s.end.saturating_sub(s.start) as f64).product(),
            Divisor::Padded => spans.iter().map(|s| s.padded as f64).product(),
            Divisor::Fixed(n) => n as f64,
        }
    }
}

/// float32 and float64.
pub(super) trait Real: Element + Float {
    fn count(n: f64) -> Self;
}

impl Real for f32 {
    #[inline(always)]
    fn count(n: f64) -> f32 {
        n as f32
    }
}

impl Real for f64 {
    #[inline(always)]
    fn count(n: f64) -> f64 {
        n
    }
}

crate::simd::dispatch!(plane<'a; T: Real>(windows: &'a Windows, divisor: Divisor, x: &'a [T], out: &'a mut [T]) => plane_loop);
crate::simd::dispatch!(
    grad_plane<'a; T: Real>(windows: &'a Windows, divisor: Divisor, dy: &'a [T], dx: &'a mut [T]) => grad_loop
);

#[inline(always)]
fn plane_loop<T: Real>(windows: &Windows, divisor: Divisor, x: &[T], out: &mut [T]) {
    if windows.halving && !matches!(divisor, Divisor::Fixed(_)) {
        halve(windows, x, out);
        return;
    }
    windows.for_each(|output, spans| {
        let mut sum = T::zero();
        windows.positions(spans, |i| sum = sum + x[i]);
        out[output] = sum / T::count(divisor.of(spans));
    });
}

/// Windows of two by two: whole rows at a time.
#[inline(always)]
fn halve<T: Real>(windows: &Windows, x: &[T], out: &mut [T]) {
    let (width, count) = (windows.input[2], windows.spans[2].len());
    for (row, out) in out.chunks_exact_mut(count.max(1)).enumerate() {
        let first = 2 * row * width;
        let (upper, lower) = (&x[first..][..2 * count], &x[first + width..][..2 * count]);
        let pairs = upper.as_chunks::<2>().0.iter().zip(lower.as_chunks::<2>().0);
        for (([a, b], [c, d]), out) in pairs.zip(out) {
            *out = (*a + *b + *c + *d) / T::count(4.0);
        }
    }
}

#[inline(always)]
fn grad_loop<T: Real>(windows: &Windows, divisor: Divisor, dy: &[T], dx: &mut [T]) {
    dx.fill(T::zero());
    if windows.halving && !matches!(divisor, Divisor::Fixed(_)) {
        double(windows, dy, dx);
        return;
    }
    windows.for_each(|output, spans| {
        let share = dy[output] / T::count(divisor.of(spans));
        windows.positions(spans, |i| dx[i] = dx[i] + share);
    });
}

/// The gradient of [`halve`].
#[inline(always)]
fn double<T: Real>(windows: &Windows, dy: &[T], dx: &mut [T]) {
    let (width, count) = (windows.input[2], windows.spans[2].len());
    for (dy, rows) in dy.chunks_exact(count.max(1)).zip(dx.chunks_exact_mut(2 * width.max(1))) {
        let (upper, lower) = rows.split_at_mut(width);
        let pairs = upper.as_chunks_mut::<2>().0.iter_mut().zip(lower.as_chunks_mut::<2>().0);
        for (&g, (upper, lower)) in dy.iter().zip(pairs) {
            let share = g / T::count(4.0);
            (*upper, *lower) = ([share; 2], [share; 2]);
        }
    }
}
