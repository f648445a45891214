//! The largest element of each window and where it lies. NaN wins; of equals the first does.

use std::ops::Range;

use super::Ordered;
use super::window::{SOME, Span, Whole, Windows};

crate::simd::dispatch!(
    plane<'a; T: Ordered>(windows: &'a Windows, x: &'a [T], out: &'a mut [T], indices: &'a mut [i64]) => plane_loop
);

#[inline(always)]
fn plane_loop<T: Ordered>(windows: &Windows, x: &[T], out: &mut [T], indices: &mut [i64]) {
    if windows.halving {
        halve(windows, x, out, indices);
        return;
    }
    let width = windows.spans[2].len();
    let mut columns = windows.is_by_columns().then(|| Columns::new(windows.input[2]));
    for (number, row) in windows.rows().enumerate() {
        let here = number * width..(number + 1) * width;
        let (out, indices) = (&mut out[here.clone()], &mut indices[here]);
        if let Some(columns) = &mut columns {
            columns.largest(windows, row, x);
            columns.across(windows, out, indices);
            continue;
        }
        let done = side_by_side(windows, row, x, out, indices);
        for column in (0..done.start).chain(done.end..width) {
            (out[column], indices[column]) = of_window(windows, [row[0], row[1], windows.spans[2][column]], x);
        }
    }
}

/// The largest element of one window.
#[inline(always)]
fn of_window<T: Ordered>(windows: &Windows, spans: [Span; 3], x: &[T]) -> (T, i64) {
    let mut best: Option<(T, usize)> = None;
    windows.positions(spans, |i| {
        let value = x[i];
        if best.is_none_or(|(best, _)| wins(value, best)) {
            best = Some((value, i));
        }
    });
    best.map_or((T::LEAST, 0), |(value, i)| (value, i as i64))
}

/// Those windows of a row that lie within the input's last dimension, some at a time; the answer is which are done.
#[inline(always)]
fn side_by_side<T: Ordered>(windows: &Windows, row: [Span; 2], x: &[T], out: &mut [T], indices: &mut [i64]) -> Range<usize> {
    let Some(whole) = windows.whole(row, SOME) else { return 0..0 };
    match whole.stride {
        // Places are counted in 32 bits.
        _ if !windows.are_places_small() => return 0..0,
        2 if windows.are_abreast(whole) => abreast::<T, 2>(windows, row, x, out, indices),
        3 if windows.are_abreast(whole) => abreast::<T, 3>(windows, row, x, out, indices),
        4 if windows.are_abreast(whole) => abreast::<T, 4>(windows, row, x, out, indices),
        1 => together::<T, 1>(windows, row, whole, x, out, indices),
        2 => together::<T, 2>(windows, row, whole, x, out, indices),
        _ => together::<T, 0>(windows, row, whole, x, out, indices),
    }
    whole.columns.clone()
}

/// [`side_by_side`] for windows at distance `STRIDE`, or 0 for any.
#[inline(always)]
fn together<T: Ordered, const STRIDE: usize>(
    windows: &Windows,
    row: [Span; 2],
    whole: &Whole,
    x: &[T],
    out: &mut [T],
    indices: &mut [i64],
) {
    let stride = if STRIDE == 0 { whole.stride } else { STRIDE };
    let columns = whole.columns.clone();
    for start in columns.clone().step_by(SOME) {
        // The last ones may overlap those before.
        let start = start.min(columns.end - SOME);
        let first = windows.spans[2][start].start;
        let (best, places) = largest::<T, STRIDE>(windows, row, whole, &x[first..]);
        out[start..start + SOME].copy_from_slice(&best);
        for (i, index) in indices[start..start + SOME].iter_mut().enumerate() {
            *index = i64::from(places[i]) + (first + i * stride) as i64;
        }
    }
}

/// A row of windows `WIDTH` columns wide, one beside the other: the whole row at a time, line by line.
#[inline(always)]
fn abreast<T: Ordered, const WIDTH: usize>(windows: &Windows, row: [Span; 2], x: &[T], out: &mut [T], indices: &mut [i64]) {
    let mut is_first = true;
    windows.taps(row, 1, |line| {
        let (groups, _) = x[line..][..WIDTH * out.len()].as_chunks::<WIDTH>();
        for (i, (group, (out, index))) in groups.iter().zip(out.iter_mut().zip(indices.iter_mut())).enumerate() {
            let at = (line + WIDTH * i) as i64;
            let mut best = if is_first { (group[0], at) } else { (*out, *index) };
            for w in 0..WIDTH {
                best = if wins(group[w], best.0) { (group[w], at + w as i64) } else { best };
            }
            (*out, *index) = best;
        }
        is_first = false;
    });
}

/// What is largest in each column of a row of windows, and the line where it lies.
struct Columns<T> {
    best: Vec<T>,
    lines: Vec<i32>,
}

impl<T: Ordered> Columns<T> {
    fn new(width: usize) -> Columns<T> {
        Columns { best: vec![T::LEAST; width], lines: vec![0; width] }
    }

    #[inline(always)]
    fn largest(&mut self, windows: &Windows, row: [Span; 2], x: &[T]) {
        let mut is_first = true;
        windows.taps(row, 1, |line| {
            let values = &x[line..][..self.best.len()];
            if is_first {
                self.best.copy_from_slice(values);
                self.lines.fill(line as i32);
                is_first = false;
                return;
            }
            for ((best, place), &value) in self.best.iter_mut().zip(&mut self.lines).zip(values) {
                let is_better = wins(value, *best);
                *best = if is_better { value } else { *best };
                *place = if is_better { line as i32 } else { *place };
            }
        });
    }

    /// The largest of the columns of each window. Of equals that in the first line is the first, and the last line has the last of
    /// what is not a number.
    #[inline(always)]
    fn across(&self, windows: &Windows, out: &mut [T], indices: &mut [i64]) {
        for (span, (out, index)) in windows.spans[2].iter().zip(out.iter_mut().zip(indices)) {
            let (mut best, mut line, mut column) = (self.best[span.start], self.lines[span.start], span.start);
            for i in span.start + 1..span.end {
                let (value, at) = (self.best[i], self.lines[i]);
                let is_better =
                    if is_nan(value) { !is_nan(best) || at >= line } else { value > best || value == best && at < line };
                if is_better {
                    (best, line, column) = (value, at, i);
                }
            }
            (*out, *index) = (best, i64::from(line) + column as i64);
        }
    }
}

/// The largest elements of some windows, and where they lie counted from each window's first column. `x` begins there for the first
/// window.
#[inline(always)]
fn largest<T: Ordered, const STRIDE: usize>(
    windows: &Windows,
    [depth, height]: [Span; 2],
    whole: &Whole,
    x: &[T],
) -> ([T; SOME], [i32; SOME]) {
    let stride = if STRIDE == 0 { whole.stride } else { STRIDE };
    let line_at = |d: usize, h: usize| (d * windows.input[1] + h) * windows.input[2];
    let first = line_at(depth.start, height.start);
    let mut best: [T; SOME] = std::array::from_fn(|i| x[first + i * stride]);
    let mut places = [first as i32; SOME];
    for d in (depth.start..depth.end).step_by(windows.step[0]) {
        for h in (height.start..height.end).step_by(windows.step[1]) {
            for w in 0..whole.taps {
                let tap = line_at(d, h) + w * windows.step[2];
                let values = &x[tap..][..(SOME - 1) * stride + 1];
                for i in 0..SOME {
                    let is_better = wins(values[i * stride], best[i]);
                    best[i] = if is_better { values[i * stride] } else { best[i] };
                    places[i] = if is_better { tap as i32 } else { places[i] };
                }
            }
        }
    }
    (best, places)
}

/// Does a later element take the place of the best so far?
#[inline(always)]
fn wins<T: Ordered>(value: T, best: T) -> bool {
    value > best || is_nan(value)
}

#[inline(always)]
#[allow(clippy::eq_op, reason = "only NaN differs from itself")]
fn is_nan<T: Ordered>(value: T) -> bool {
    value != value
}

/// Windows of two by two: whole rows at a time, without branches.
#[inline(always)]
fn halve<T: Ordered>(windows: &Windows, x: &[T], out: &mut [T], indices: &mut [i64]) {
    let (width, count) = (windows.input[2], windows.spans[2].len());
    for (row, (out, indices)) in out.chunks_exact_mut(count.max(1)).zip(indices.chunks_exact_mut(count.max(1))).enumerate() {
        let first = 2 * row * width;
        let (upper, lower) = (&x[first..][..2 * count], &x[first + width..][..2 * count]);
        let pairs = upper.as_chunks::<2>().0.iter().zip(lower.as_chunks::<2>().0);
        for (i, (([a, b], [c, d]), (out, index))) in pairs.zip(out.iter_mut().zip(indices)).enumerate() {
            let at = (first + 2 * i) as i64;
            let mut best = (*a, at);
            for (value, place) in [(*b, at + 1), (*c, at + width as i64), (*d, at + width as i64 + 1)] {
                best = if wins(value, best.0) { (value, place) } else { best };
            }
            (*out, *index) = best;
        }
    }
}
