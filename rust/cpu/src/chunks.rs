//! Loops over slices by chunks of constant length: folds with many accumulators side by side, and maps.
//!
//! One accumulator would make each step wait for the one before. What is left behind the last whole chunk is folded by shorter
//! chunks.

use bytemuck::Zeroable;

/// Accumulators of what is left behind the last long chunk, and elements that [`map`] computes together: the widest register.
const FEW: usize = 16;

/// Folds the elements with the same number of all slices into `M` results; `step` makes new accumulators of old ones and
/// elements. The slices are at least as long as the first.
#[inline(always)]
pub(crate) fn fold<X: Copy, A: Copy, const K: usize, const M: usize>(
    x: [&[X]; K],
    start: A,
    step: impl Fn([A; M], [X; K]) -> [A; M],
    merge: impl Fn(A, A) -> A,
) -> [A; M] {
    // Enough chains of additions to hide the latency of one, few enough to stay in registers.
    if const { M == 1 && size_of::<A>() <= 4 } {
        by_lanes::<X, A, K, M, 64>(x, start, step, merge)
    } else {
        by_lanes::<X, A, K, M, 32>(x, start, step, merge)
    }
}

#[inline(always)]
fn by_lanes<X: Copy, A: Copy, const K: usize, const M: usize, const LANES: usize>(
    x: [&[X]; K],
    start: A,
    step: impl Fn([A; M], [X; K]) -> [A; M],
    merge: impl Fn(A, A) -> A,
) -> [A; M] {
    let n = x[0].len();
    let mut accs = [start; M];
    if n >= LANES {
        accs = fold_chunks(x.map(|x| x[..n].as_chunks::<LANES>().0), start, &step, &merge);
    }
    let first = n / LANES * LANES;
    if n - first >= FEW {
        let few = fold_chunks(x.map(|x| x[first..n].as_chunks::<FEW>().0), start, &step, &merge);
        for m in 0..M {
            accs[m] = merge(accs[m], few[m]);
        }
    }
    let mut last = [start; M];
    for i in n / FEW * FEW..n {
        let mut elements = [x[0][i]; K];
        for k in 1..K {
            elements[k] = x[k][i];
        }
        last = step(last, elements);
    }
    for m in 0..M {
        accs[m] = merge(accs[m], last[m]);
    }
    accs
}

/// All indices are constant, so that the accumulators can stay in registers.
#[inline(always)]
fn fold_chunks<X: Copy, A: Copy, const K: usize, const M: usize, const LANES: usize>(
    x: [&[[X; LANES]]; K],
    start: A,
    step: &impl Fn([A; M], [X; K]) -> [A; M],
    merge: &impl Fn(A, A) -> A,
) -> [A; M] {
    let mut lanes = [[start; LANES]; M];
    for number in 0..x[0].len() {
        for i in 0..LANES {
            let mut accs = [lanes[0][i]; M];
            for m in 1..M {
                accs[m] = lanes[m][i];
            }
            let mut elements = [x[0][number][i]; K];
            for k in 1..K {
                elements[k] = x[k][number][i];
            }
            let next = step(accs, elements);
            for m in 0..M {
                lanes[m][i] = next[m];
            }
        }
    }
    let mut out = [start; M];
    for m in 0..M {
        out[m] = merged(lanes[m], merge);
    }
    out
}

/// Accumulators merged as a balanced tree.
#[inline(always)]
fn merged<A: Copy, const LANES: usize>(mut lanes: [A; LANES], merge: &impl Fn(A, A) -> A) -> A {
    let mut width = LANES / 2;
    while width > 0 {
        for i in 0..width {
            lanes[i] = merge(lanes[i], lanes[i + width]);
        }
        width /= 2;
    }
    lanes[0]
}

/// Writes a function of every element; what is left behind the last whole chunk is computed as a chunk, too.
#[inline(always)]
pub(crate) fn map<T: Copy + Zeroable, const K: usize>(x: [&[T]; K], out: &mut [T], f: impl Fn([T; K]) -> T) {
    let n = out.len();
    let (whole, rest) = out.as_chunks_mut::<FEW>();
    let chunks = x.map(|x| x[..n].as_chunks::<FEW>());
    for (number, out) in whole.iter_mut().enumerate() {
        for i in 0..FEW {
            let mut elements = [chunks[0].0[number][i]; K];
            for k in 1..K {
                elements[k] = chunks[k].0[number][i];
            }
            out[i] = f(elements);
        }
    }
    if rest.is_empty() {
        return;
    }
    let mut padded = [[T::zeroed(); FEW]; K];
    for (padded, (_, rest)) in padded.iter_mut().zip(chunks) {
        padded[..rest.len()].copy_from_slice(rest);
    }
    let mut last = [T::zeroed(); FEW];
    for i in 0..FEW {
        let mut elements = [padded[0][i]; K];
        for k in 1..K {
            elements[k] = padded[k][i];
        }
        last[i] = f(elements);
    }
    rest.copy_from_slice(&last[..rest.len()]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_element_counts_once() {
        for n in 0..200 {
            let (x, y): (Vec<i64>, Vec<i64>) = ((0..n).collect(), (0..n).map(|i| i * i).collect());
            let [sum, dot] = fold([&x, &y], 0, |[sum, dot], [x, y]| [sum + x, dot + x * y], |a, b| a + b);
            assert_eq!((sum, dot), (x.iter().sum(), x.iter().zip(&y).map(|(x, y)| x * y).sum()), "{n} elements");
            let mut out = vec![0; n as usize];
            map([&x, &y], &mut out, |[x, y]| y - x);
            assert!(out.iter().zip(&x).all(|(&out, x)| out == x * x - x), "{n} elements");
        }
    }
}
