//! Means of windows, and their gradients.

use std::ops::Range;

use num_traits::Float;

use ferrotorch_kernel::dtype::Element;

use super::window::{MANY, SOME, Span, Whole, Windows};

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
    let width = windows.spans[2].len();
    let mut columns = if windows.is_by_columns() { vec![T::zero(); windows.input[2]] } else { Vec::new() };
    for (number, row) in windows.rows().enumerate() {
        let out = &mut out[number * width..][..width];
        if !columns.is_empty() {
            by_columns(windows, divisor, row, x, &mut columns, out);
            continue;
        }
        let done = side_by_side(windows, divisor, row, x, out);
        for column in (0..done.start).chain(done.end..width) {
            let (mut sum, spans) = (T::zero(), [row[0], row[1], windows.spans[2][column]]);
            windows.positions(spans, |i| sum = sum + x[i]);
            out[column] = sum / T::count(divisor.of(spans));
        }
    }
}

/// A row of windows of any widths: what is in each column is summed up first.
#[inline(always)]
fn by_columns<T: Real>(windows: &Windows, divisor: Divisor, row: [Span; 2], x: &[T], columns: &mut [T], out: &mut [T]) {
    columns.fill(T::zero());
    windows.taps(row, 1, |line| {
        columns.iter_mut().zip(&x[line..]).for_each(|(sum, &x)| *sum = *sum + x);
    });
    for (&span, out) in windows.spans[2].iter().zip(out) {
        let sum = columns[span.start..span.end].iter().fold(T::zero(), |sum, &x| sum + x);
        *out = sum / T::count(divisor.of([row[0], row[1], span]));
    }
}

/// The gradient of [`by_columns`].
#[inline(always)]
fn spread_by_columns<T: Real>(windows: &Windows, divisor: Divisor, row: [Span; 2], dy: &[T], columns: &mut [T], dx: &mut [T]) {
    columns.fill(T::zero());
    for (&span, &g) in windows.spans[2].iter().zip(dy) {
        let share = g / T::count(divisor.of([row[0], row[1], span]));
        columns[span.start..span.end].iter_mut().for_each(|sum| *sum = *sum + share);
    }
    windows.taps(row, 1, |line| {
        dx[line..].iter_mut().zip(&*columns).for_each(|(dx, &share)| *dx = *dx + share);
    });
}

/// Those windows of a row that lie within the input's last dimension, some at a time; the answer is which are done.
#[inline(always)]
fn side_by_side<T: Real>(windows: &Windows, divisor: Divisor, row: [Span; 2], x: &[T], out: &mut [T]) -> Range<usize> {
    let Some(whole) = windows.whole(row, SOME) else { return 0..0 };
    let count = T::count(divisor.of([row[0], row[1], windows.spans[2][whole.columns.start]]));
    match (whole.stride, whole.columns.len() >= MANY) {
        (2, _) if windows.are_abreast(whole) => abreast::<T, 2>(windows, count, row, x, out),
        (3, _) if windows.are_abreast(whole) => abreast::<T, 3>(windows, count, row, x, out),
        (4, _) if windows.are_abreast(whole) => abreast::<T, 4>(windows, count, row, x, out),
        (1, true) => together::<T, 1, MANY>(windows, count, row, whole, x, out),
        (2, true) => together::<T, 2, MANY>(windows, count, row, whole, x, out),
        (1, false) => together::<T, 1, SOME>(windows, count, row, whole, x, out),
        (2, false) => together::<T, 2, SOME>(windows, count, row, whole, x, out),
        _ => together::<T, 0, SOME>(windows, count, row, whole, x, out),
    }
    whole.columns.clone()
}

/// A row of windows `WIDTH` columns wide, one beside the other: the whole row at a time, line by line.
#[inline(always)]
fn abreast<T: Real, const WIDTH: usize>(windows: &Windows, count: T, row: [Span; 2], x: &[T], out: &mut [T]) {
    out.fill(T::zero());
    windows.taps(row, 1, |line| {
        let (groups, _) = x[line..][..WIDTH * out.len()].as_chunks::<WIDTH>();
        for (group, out) in groups.iter().zip(out.iter_mut()) {
            *out = group.iter().fold(*out, |sum, &x| sum + x);
        }
    });
    out.iter_mut().for_each(|out| *out = *out / count);
}

/// [`side_by_side`] for windows at distance `STRIDE`, or 0 for any, `N` at a time, whose sums are divided by `count`.
#[inline(always)]
fn together<T: Real, const STRIDE: usize, const N: usize>(
    windows: &Windows,
    count: T,
    row: [Span; 2],
    whole: &Whole,
    x: &[T],
    out: &mut [T],
) {
    let stride = if STRIDE == 0 { whole.stride } else { STRIDE };
    let columns = whole.columns.clone();
    for start in columns.clone().step_by(N) {
        // The last ones may overlap those before.
        let start = start.min(columns.end - N);
        let x = &x[windows.spans[2][start].start..];
        let mut sums = [T::zero(); N];
        windows.taps(row, whole.taps, |tap| {
            let values = &x[tap..][..(N - 1) * stride + 1];
            for i in 0..N {
                sums[i] = sums[i] + values[i * stride];
            }
        });
        for (out, sum) in out[start..start + N].iter_mut().zip(sums) {
            *out = sum / count;
        }
    }
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
    let width = windows.spans[2].len();
    let mut columns = if windows.is_by_columns() { vec![T::zero(); windows.input[2]] } else { Vec::new() };
    for (number, row) in windows.rows().enumerate() {
        let dy = &dy[number * width..][..width];
        if !columns.is_empty() {
            spread_by_columns(windows, divisor, row, dy, &mut columns, dx);
            continue;
        }
        let done = spread_together(windows, divisor, row, dy, dx);
        for column in (0..done.start).chain(done.end..width) {
            let spans = [row[0], row[1], windows.spans[2][column]];
            let share = dy[column] / T::count(divisor.of(spans));
            windows.positions(spans, |i| dx[i] = dx[i] + share);
        }
    }
}

/// The gradient of [`side_by_side`].
#[inline(always)]
fn spread_together<T: Real>(windows: &Windows, divisor: Divisor, row: [Span; 2], dy: &[T], dx: &mut [T]) -> Range<usize> {
    let Some(whole) = windows.whole(row, SOME) else { return 0..0 };
    let count = T::count(divisor.of([row[0], row[1], windows.spans[2][whole.columns.start]]));
    match whole.stride {
        2 if windows.are_abreast(whole) => return spread_abreast::<T, 2>(windows, count, row, dy, dx),
        3 if windows.are_abreast(whole) => return spread_abreast::<T, 3>(windows, count, row, dy, dx),
        4 if windows.are_abreast(whole) => return spread_abreast::<T, 4>(windows, count, row, dy, dx),
        _ => {}
    }
    let end = whole.columns.start + whole.columns.len() / SOME * SOME;
    for start in (whole.columns.start..end).step_by(SOME) {
        let first = windows.spans[2][start].start;
        let mut shares = [T::zero(); SOME];
        for i in 0..SOME {
            shares[i] = dy[start + i] / count;
        }
        windows.taps(row, whole.taps, |tap| {
            let places = &mut dx[first + tap..][..(SOME - 1) * whole.stride + 1];
            if whole.stride == 1 {
                places.iter_mut().zip(shares).for_each(|(place, share)| *place = *place + share);
            } else {
                places.iter_mut().step_by(whole.stride).zip(shares).for_each(|(place, share)| *place = *place + share);
            }
        });
    }
    whole.columns.start..end
}

/// The gradient of [`abreast`]; the answer is which windows are done.
#[inline(always)]
fn spread_abreast<T: Real, const WIDTH: usize>(
    windows: &Windows,
    count: T,
    row: [Span; 2],
    dy: &[T],
    dx: &mut [T],
) -> Range<usize> {
    windows.taps(row, 1, |line| {
        let (groups, _) = dx[line..][..WIDTH * dy.len()].as_chunks_mut::<WIDTH>();
        for (group, &g) in groups.iter_mut().zip(dy) {
            let share = g / count;
            group.iter_mut().for_each(|place| *place = *place + share);
        }
    });
    0..dy.len()
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
