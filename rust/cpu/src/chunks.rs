//! Loops over slices by chunks of constant length: folds with many accumulators side by side, and maps.
//!
//! One accumulator would make each step wait for the one before.

use std::ops::Add;

use bytemuck::Zeroable;

/// Accumulators of what is left behind the last long chunk, and elements that [`map`] computes together: the widest register.
const FEW: usize = 16;

/// From this length on a slice has a whole long chunk.
pub(crate) const LONG: usize = 64;

/// Folds a slice; `step` makes a new accumulator of an old one and an element. Inside of another loop the compiler would keep
/// the accumulators in memory: there is [`fold_short`] for that.
#[inline(always)]
pub(crate) fn fold<X: Copy, A: Copy>(x: &[X], start: A, step: impl Fn(A, X) -> A, merge: impl Fn(A, A) -> A) -> A {
    // Enough chains of additions to hide the latency of one, few enough to stay in registers.
    if const { size_of::<A>() <= 4 } {
        by_lanes::<X, A, LONG>(x, start, step, merge)
    } else {
        by_lanes::<X, A, 32>(x, start, step, merge)
    }
}

#[inline(always)]
fn by_lanes<X: Copy, A: Copy, const LANES: usize>(x: &[X], start: A, step: impl Fn(A, X) -> A, merge: impl Fn(A, A) -> A) -> A {
    let (chunks, rest) = x.as_chunks::<LANES>();
    let rest = fold_short(rest, start, &step, &merge);
    if chunks.is_empty() { rest } else { merge(fold_chunks(chunks, start, &step, &merge), rest) }
}

/// [`fold`] for slices shorter than [`LONG`].
#[inline(always)]
pub(crate) fn fold_short<X: Copy, A: Copy>(x: &[X], start: A, step: impl Fn(A, X) -> A, merge: impl Fn(A, A) -> A) -> A {
    let (chunks, rest) = x.as_chunks::<FEW>();
    let rest = rest.iter().fold(start, |acc, &x| step(acc, x));
    if chunks.is_empty() { rest } else { merge(fold_chunks(chunks, start, &step, &merge), rest) }
}

/// So small a loop body that the compiler unrolls it: all indices are constant then, and the accumulators stay in registers.
#[inline(always)]
fn fold_chunks<X: Copy, A: Copy, const LANES: usize>(
    chunks: &[[X; LANES]],
    start: A,
    step: &impl Fn(A, X) -> A,
    merge: &impl Fn(A, A) -> A,
) -> A {
    let mut lanes = [start; LANES];
    for chunk in chunks {
        for i in 0..LANES {
            lanes[i] = step(lanes[i], chunk[i]);
        }
    }
    merged(lanes, merge)
}

/// The largest element of a slice, but at least `least`: for sums of exponentials, which are NaN where an element is, so that
/// here it may pass by and the vector unit's maximum will do.
#[inline(always)]
pub(crate) fn largest<T: Copy + PartialOrd>(x: &[T], least: T) -> T {
    let larger = |a: T, b: T| if b > a { b } else { a };
    fold(x, least, larger, larger)
}

/// [`largest`] for slices shorter than [`LONG`].
#[inline(always)]
pub(crate) fn largest_short<T: Copy + PartialOrd>(x: &[T], least: T) -> T {
    let larger = |a: T, b: T| if b > a { b } else { a };
    fold_short(x, least, larger, larger)
}

/// Two sums over the elements with the same number of all slices, which are at least as long as the first; `terms` makes what is
/// added. There are `LANES` accumulators of each, a power of two.
#[inline(always)]
pub(crate) fn two_sums<T: Copy + Zeroable + Add<Output = T>, const K: usize, const LANES: usize>(
    x: [&[T]; K],
    terms: impl Fn([T; K]) -> [T; 2],
) -> [T; 2] {
    let n = x[0].len();
    let chunks = x.map(|x| x[..n].as_chunks::<LANES>());
    let (mut first, mut second) = ([T::zeroed(); LANES], [T::zeroed(); LANES]);
    for number in 0..n / LANES {
        let chunk = chunks.map(|(whole, _)| &whole[number]);
        for i in 0..LANES {
            let [a, b] = terms(chunk.map(|chunk| chunk[i]));
            (first[i], second[i]) = (first[i] + a, second[i] + b);
        }
    }
    for i in 0..n % LANES {
        let [a, b] = terms(chunks.map(|(_, rest)| rest[i]));
        (first[i], second[i]) = (first[i] + a, second[i] + b);
    }
    [merged(first, &|a, b| a + b), merged(second, &|a, b| a + b)]
}

/// Accumulators merged as a balanced tree.
#[inline(always)]
pub(crate) fn merged<A: Copy, const LANES: usize>(mut lanes: [A; LANES], merge: &impl Fn(A, A) -> A) -> A {
    let mut width = LANES / 2;
    while width > 0 {
        for i in 0..width {
            lanes[i] = merge(lanes[i], lanes[i + width]);
        }
        width /= 2;
    }
    lanes[0]
}

/// Writes a function of every element, chunk by chunk, and again of the last elements where these are no whole chunk. The function is
/// called in one place, so that it becomes part of the loop however long it is: a call would be of what is compiled for any processor.
#[inline(always)]
pub(crate) fn map<T: Copy + Zeroable, const K: usize>(x: [&[T]; K], out: &mut [T], f: impl Fn([T; K]) -> T) {
    let n = out.len();
    let (x, has_rest) = (x.map(|x| &x[..n]), !n.is_multiple_of(FEW));
    let (mut ends, mut last) = ([[T::zeroed(); FEW]; K], [T::zeroed(); FEW]);
    if has_rest {
        for (end, x) in ends.iter_mut().zip(x) {
            match x.last_chunk() {
                Some(whole) => *end = *whole,
                None => end[..n].copy_from_slice(x),
            }
        }
    }
    for is_end in [false, true].into_iter().take(1 + usize::from(has_rest)) {
        let (mut chunks, out) = match is_end {
            false => (x.map(|x| x.as_chunks().0), out.as_chunks_mut().0),
            true => ([&[] as &[[T; FEW]]; K], std::slice::from_mut(&mut last)),
        };
        if is_end {
            chunks.iter_mut().zip(&ends).for_each(|(chunks, end)| *chunks = std::slice::from_ref(end));
        }
        for (number, out) in out.iter_mut().enumerate() {
            let mut chunk = [&chunks[0][number]; K];
            for k in 1..K {
                chunk[k] = &chunks[k][number];
            }
            // All is read before anything is written: what might overlap, for all that the compiler knows, makes no vectors.
            let mut results = [T::zeroed(); FEW];
            for i in 0..FEW {
                let mut elements = [chunk[0][i]; K];
                for k in 1..K {
                    elements[k] = chunk[k][i];
                }
                results[i] = f(elements);
            }
            *out = results;
        }
    }
    if has_rest {
        match out.last_chunk_mut() {
            Some(whole) => *whole = last,
            None => out.copy_from_slice(&last[..n]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_element_counts_once() {
        for n in 0..200 {
            let (x, y): (Vec<i64>, Vec<i64>) = ((0..n).collect(), (0..n).map(|i| i * i).collect());
            let (sum, dot) = (x.iter().sum::<i64>(), x.iter().zip(&y).map(|(x, y)| x * y).sum());
            assert_eq!(two_sums::<_, 2, 32>([&x, &y], |[x, y]| [x, x * y]), [sum, dot], "{n} elements");
            for folded in [fold(&x, 0, |a, x| a + x, |a, b| a + b), fold_short(&x, 0, |a, x| a + x, |a, b| a + b)] {
                assert_eq!(folded, sum, "{n} elements");
            }
            let mut out = vec![0; n as usize];
            map([&x, &y], &mut out, |[x, y]| y - x);
            assert!(out.iter().zip(&x).all(|(&out, x)| out == x * x - x), "{n} elements");
        }
    }
}
