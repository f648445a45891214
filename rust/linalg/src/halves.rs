//! Vectors of two halves of a problem, and how those of the whole are put together of them.

use std::ops::Range;

use crate::block::{Block, BlockMut, Multiply};
use crate::number::Real;
use crate::vector::{rotate, two_rows};

/// The vectors of two halves, as rows of which the first have their numbers in the first `half` columns, others behind them.
pub(crate) struct Part<'a, R> {
    pub z: &'a mut [R],
    pub stride: usize,
    /// Where the columns begin.
    pub first: usize,
    pub half: usize,
    pub cols: usize,
}

impl<R: Real> Part<'_, R> {
    /// A number of a vector.
    pub(crate) fn at(&self, i: usize, column: usize) -> R {
        self.z[self.row(i).start + column]
    }

    /// Where a vector lies.
    fn row(&self, i: usize) -> Range<usize> {
        let start = i * self.stride + self.first;
        start..start + self.cols
    }

    /// `(x, y) = (c x + s y, c y - s x)` for two vectors.
    pub(crate) fn rotate(&mut self, x: usize, y: usize, c: R, s: R) {
        let columns = self.first..self.first + self.cols;
        let (low, high) = two_rows(self.z, self.stride, x.min(y), x.max(y));
        let (x, y) = if x < y { (low, high) } else { (high, low) };
        rotate(c, s, &mut x[columns.clone()], &mut y[columns]);
    }
}

/// In which columns a vector has numbers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Upper,
    Both,
    Lower,
}

/// Which vectors take part in a step, and which are vectors of the whole already.
pub(crate) struct Selection {
    pub kinds: Vec<Kind>,
    /// Those that take part, in rising order of their values.
    pub kept: Vec<usize>,
    /// Those that need no change.
    pub done: Vec<usize>,
}

impl Selection {
    /// Nothing is selected of `n` vectors yet, of which `half` are of the upper half.
    pub(crate) fn new(n: usize, half: usize) -> Selection {
        let kinds = (0..n).map(|i| if i < half { Kind::Upper } else { Kind::Lower }).collect();
        Selection { kinds, kept: Vec::with_capacity(n), done: Vec::new() }
    }

    /// The second of two vectors becomes a combination of both.
    pub(crate) fn mix(&mut self, p: usize, i: usize) {
        if self.kinds[i] != self.kinds[p] {
            self.kinds[i] = Kind::Both;
        }
    }

    /// The places in `kept`, sorted by kind.
    fn by_kind(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.kept.len()).collect();
        order.sort_by_key(|&j| self.kinds[self.kept[j]]);
        order
    }

    /// Brings the columns of factors, one for each kept vector, in the order of kinds. `row` has room for one row.
    pub(crate) fn sort_columns<R: Real>(&self, factors: &mut [R], row: &mut [R]) {
        let order = self.by_kind();
        for factors in factors.chunks_exact_mut(order.len().max(1)) {
            row.copy_from_slice(factors);
            factors.iter_mut().zip(&order).for_each(|(to, &j)| *to = row[j]);
        }
    }

    /// `vectors = factors @ kept ones`, which have zeros in the columns of the other half.
    pub(crate) fn multiply<R: Real>(
        &self,
        part: &Part<R>,
        factors: &[R],
        vectors: &mut [R],
        old: &mut [R],
        products: &impl Multiply<R>,
    ) {
        let (k, order) = (self.kept.len(), self.by_kind());
        let count = |wanted: Kind| self.kept.iter().filter(|&&i| self.kinds[i] == wanted).count();
        let (upper, lower) = (count(Kind::Upper), count(Kind::Lower));
        for (rows, columns) in [(0..k - lower, 0..part.half), (upper..k, part.half..part.cols)] {
            let old = &mut old[..rows.len() * columns.len()];
            for (to, &j) in old.chunks_exact_mut(columns.len().max(1)).zip(&order[rows.clone()]) {
                to.copy_from_slice(&part.z[part.row(self.kept[j])][columns.clone()]);
            }
            let (left, right) = (Block::columns(factors, k, rows), Block::whole(old, columns.len()));
            products.multiply_add(R::one(), left, right, BlockMut::columns(vectors, part.cols, columns));
        }
    }

    /// The order of all values, rising: new ones by their number, those that were done behind them.
    pub(crate) fn order<R: Real>(&self, d: &[R], roots: &[R]) -> Vec<usize> {
        let values: Vec<R> = roots.iter().copied().chain(self.done.iter().map(|&i| d[i])).collect();
        rising(&values, 0..values.len())
    }

    /// Puts values in that order.
    pub(crate) fn values<R: Real>(&self, d: &mut [R], order: &[usize], roots: &[R]) {
        let values: Vec<R> = roots.iter().copied().chain(self.done.iter().map(|&i| d[i])).collect();
        d.iter_mut().zip(order).for_each(|(to, &from)| *to = values[from]);
    }

    /// Puts vectors in that order: new ones, which are rows of `vectors`, and those that were done, which are kept in `old` meanwhile.
    pub(crate) fn place<R: Real>(&self, part: &mut Part<R>, order: &[usize], vectors: &[R], old: &mut [R]) {
        let cols = part.cols;
        for (to, &i) in old.chunks_exact_mut(cols).zip(&self.done) {
            to.copy_from_slice(&part.z[part.row(i)]);
        }
        for (i, &from) in order.iter().enumerate() {
            let row = part.row(i);
            let new = vectors.chunks_exact(cols).nth(from);
            let vector = new.or_else(|| old.chunks_exact(cols).nth(from - self.kept.len()));
            part.z[row].copy_from_slice(vector.unwrap_or_default());
        }
    }
}

/// Some numbers of values, in rising order of these.
pub(crate) fn rising<R: Real>(values: &[R], numbers: Range<usize>) -> Vec<usize> {
    let mut order: Vec<usize> = numbers.collect();
    order.sort_by(|&i, &j| values[i].wide().total_cmp(&values[j].wide()));
    order
}
