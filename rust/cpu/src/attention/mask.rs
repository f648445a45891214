//! Masks: which scores count, or what is added to them.

use ferrotorch_kernel::dtype::{Bool, DType, Element};
use ferrotorch_kernel::{Array, Result, ensure};

use super::Real;
use crate::isa::Isa;
use crate::matmul::{Source, matrices};
use crate::simd::{self, SimdLoop};
use crate::view::{Read, View, Views};

/// `(B, H, L, S)` of any strides, whose matrices are numbered as those of the queries.
pub(super) enum Mask<'a, S> {
    /// False hides a score.
    Seen(Views<'a, Bool, Read, 2>),
    /// Is added to the scores.
    Added(Views<'a, S, Read, 2>),
}

impl<'a, S: Element> Mask<'a, S> {
    pub(super) fn new(mask: &'a Array, shape: [usize; 4]) -> Result<Mask<'a, S>> {
        ensure!(mask.shape() == shape, Runtime, "attention: a mask of shape {:?} for scores of shape {shape:?}", mask.shape());
        if mask.dtype == DType::Bool { matrices(mask).map(Mask::Seen) } else { matrices(mask).map(Mask::Added) }
    }

    /// Applies the part of a row from a key on to scores.
    pub(super) fn apply<T: Real>(&self, [batch, query, key]: [usize; 3], scores: &mut [T])
    where
        S: Source<T>,
    {
        let keys = key..key + scores.len();
        match self {
            Mask::Seen(mask) => {
                let row = mask.view(batch).block([query..query + 1, keys]).row(0);
                each(row, scores, |seen: Bool, x| if seen.get() { x } else { T::ZERO - T::INFINITY });
            }
            Mask::Added(mask) => {
                let row = mask.view(batch).block([query..query + 1, keys]).row(0);
                each(row, scores, |added: S, x| x + added.widen());
            }
        }
    }
}

/// `scores[i] = f(row[i], scores[i])`
fn each<M: Element, T: Real>(row: View<M, Read, 1>, scores: &mut [T], f: impl Fn(M, T) -> T) {
    match row.as_slice() {
        Some(row) => simd::run(Each { row, scores, f }),
        None => scores.iter_mut().zip(row.iter()).for_each(|(x, m)| *x = f(m, *x)),
    }
}

struct Each<'a, M, T, F> {
    row: &'a [M],
    scores: &'a mut [T],
    f: F,
}

impl<M: Element, T: Real, F: Fn(M, T) -> T> SimdLoop for Each<'_, M, T, F> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self) {
        for (x, &m) in self.scores.iter_mut().zip(self.row) {
            *x = (self.f)(m, *x);
        }
    }
}
