//! Cholesky, LU and QR factorisations.

use ferrotorch_kernel::{Array, Result};
use ferrotorch_linalg::Workspace;
use ferrotorch_linalg::lanes::{self, Lanes, Mask};

use super::super::{factor, size};
use super::{Algorithm, Group, LANES, Memory, Order, Together, all, cost, failed, write};
use crate::parallel::Cost;

struct Cholesky {
    n: usize,
    upper: bool,
    /// The lower triangle, of upper ones transposed; also of the factor.
    order: Order,
}

impl<T: Together> Algorithm<T> for Cholesky {
    #[inline(always)]
    fn run(&self, group: &mut Group<T>, Memory([a, ..]): &mut Memory<T>) -> Mask<LANES> {
        let n = self.n;
        self.order.load(group.inputs[0], n * n, a);
        let info = lanes::cholesky(a, n);
        for (i, row) in a.chunks_exact_mut(n).enumerate() {
            row[i + 1..].fill([T::zeroed(); LANES]);
        }
        self.order.store(a, group.numbers[0]);
        write(group.whole[0], &info);
        // What stands behind a minor that is not positive is LAPACK's.
        failed(&info)
    }

    fn alone(&self, mut single: Group<T>) -> Result<()> {
        single.whole[0][0] =
            factor::cholesky_of(single.inputs[0], single.numbers[0], self.n, self.upper, &mut Workspace::default())?;
        Ok(())
    }

    fn cost(&self) -> Cost {
        cost(self.n * self.n * (self.n / 2 + 1))
    }
}

pub(super) fn cholesky<T: Together>(upper: bool, inputs: &[Array], outputs: &[Array]) -> Result<()> {
    let [n, _] = size(&inputs[0]);
    let order = if upper { Order::transposed([n, n]) } else { Order::plain(n * n) };
    all::<T>(&Cholesky { n, upper, order }, &[(&inputs[0], 2)], &[(&outputs[0], 2)], &[(&outputs[1], 0)])
}

struct Lu {
    size: [usize; 2],
    order: Order,
}

impl<T: Together> Algorithm<T> for Lu {
    #[inline(always)]
    fn run(&self, group: &mut Group<T>, Memory([a, ..]): &mut Memory<T>) -> Mask<LANES> {
        let ([m, n], k) = (self.size, self.size[0].min(self.size[1]));
        self.order.load(group.inputs[0], m * n, a);
        let mut pivots: [Lanes<i32, LANES>; super::LARGEST] = [[0; LANES]; super::LARGEST];
        let info = lanes::lu(a, self.size, &mut pivots[..k]);
        self.order.store(a, group.numbers[0]);
        for (l, to) in group.whole[0].chunks_exact_mut(k).enumerate() {
            to.iter_mut().zip(&pivots).for_each(|(to, pivot)| *to = pivot[l]);
        }
        write(group.whole[1], &info);
        [false; LANES]
    }

    fn cost(&self) -> Cost {
        cost(self.size[0] * self.size[1] * (self.size[0] + 1))
    }
}

pub(super) fn lu<T: Together>(inputs: &[Array], outputs: &[Array]) -> Result<()> {
    let [m, n] = size(&inputs[0]);
    let algorithm = Lu { size: [m, n], order: Order::plain(m * n) };
    all::<T>(&algorithm, &[(&inputs[0], 2)], &[(&outputs[0], 2)], &[(&outputs[1], 1), (&outputs[2], 0)])
}

struct Qr {
    size: [usize; 2],
    /// Columns of Q, and rows of R.
    cols: usize,
    rows: usize,
    of_a: Order,
    of_q: Order,
}

impl<T: Together> Algorithm<T> for Qr {
    #[inline(always)]
    fn run(&self, group: &mut Group<T>, Memory([a, q, tau, _]): &mut Memory<T>) -> Mask<LANES> {
        let ([m, n], cols) = (self.size, self.cols);
        self.of_a.load(group.inputs[0], m * n, a);
        let extreme = lanes::is_extreme(a);
        tau.resize(m.min(n), [T::zeroed(); LANES]);
        q.resize(m * cols, [T::zeroed(); LANES]);
        lanes::qr(a, self.size, tau, q, cols);
        self.of_q.store(q, group.numbers[0]);
        for (l, r) in group.numbers[1].chunks_exact_mut(self.rows * n).enumerate() {
            for (at, to) in r.iter_mut().enumerate() {
                *to = if at / n <= at % n { a[at][l] } else { T::zeroed() };
            }
        }
        extreme
    }

    fn alone(&self, mut single: Group<T>) -> Result<()> {
        let [q, r] = &mut single.numbers[..] else { return Ok(()) };
        factor::qr_of(single.inputs[0], self.size, q, self.cols, r, &mut factor::QrScratch::default())
    }

    fn cost(&self) -> Cost {
        cost(2 * self.size[0] * self.size[1] * (self.size[0] + 1))
    }
}

/// Factors of matrices, of which R alone may be asked for.
pub(super) fn qr<T: Together>(inputs: &[Array], outputs: &[Array]) -> Result<()> {
    let ([m, n], [_, cols], [rows, _]) = (size(&inputs[0]), size(&outputs[0]), size(&outputs[1]));
    let algorithm = Qr { size: [m, n], cols, rows, of_a: Order::plain(m * n), of_q: Order::plain(m * cols) };
    all::<T>(&algorithm, &[(&inputs[0], 2)], &[(&outputs[0], 2), (&outputs[1], 2)], &[])
}
