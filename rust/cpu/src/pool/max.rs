//! The largest element of each window and where it lies. NaN wins; of equals the first does.

use super::Ordered;
use super::window::Windows;

crate::simd::dispatch!(
    plane<'a; T: Ordered>(windows: &'a Windows, x: &'a [T], out: &'a mut [T], indices: &'a mut [i64]) => plane_loop
);

#[inline(always)]
fn plane_loop<T: Ordered>(windows: &Windows, x: &[T], out: &mut [T], indices: &mut [i64]) {
    if windows.halving {
        halve(windows, x, out, indices);
        return;
    }
    windows.for_each(|output, spans| {
        let mut best: Option<(T, usize)> = None;
        windows.positions(spans, |i| {
            let value = x[i];
            if best.is_none_or(|(best, _)| wins(value, best)) {
                best = Some((value, i));
            }
        });
        let (value, i) = best.unwrap_or((T::LEAST, 0));
        out[output] = value;
        indices[output] = i as i64;
    });
}

/// Does a later element take the place of the best so far?
#[inline(always)]
#[allow(clippy::eq_op, reason = "only NaN differs from itself")]
fn wins<T: Ordered>(value: T, best: T) -> bool {
    value > best || value != value
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
