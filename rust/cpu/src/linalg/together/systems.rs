//! Determinants, systems of equations, inverses, exponentials.

use ferrotorch_kernel::{Array, Result};
use ferrotorch_linalg::Workspace;
use ferrotorch_linalg::lanes::{self, Exponential, Mask, eliminate, substitute};

use super::super::products::Products;
use super::super::{factor, size};
use super::{Algorithm, Group, LANES, Memory, Order, Together, all, cost, write};
use crate::parallel::Cost;

/// No lane.
const NONE: Mask<LANES> = [false; LANES];

/// The determinant, or its sign and the logarithm of its modulus.
struct Determinants {
    n: usize,
    order: Order,
    logarithm: bool,
}

impl<T: Together> Algorithm<T> for Determinants {
    #[inline(always)]
    fn run(&self, group: &mut Group<T>, Memory([a, ..]): &mut Memory<T>) -> Mask<LANES> {
        let n = self.n;
        self.order.load(group.inputs[0], n * n, a);
        let done = eliminate(a, n, &mut [], 0);
        if !self.logarithm {
            write(group.numbers[0], &done.determinant);
            return NONE;
        }
        let (mut sign, mut logarithm) = (done.sign, [T::zeroed(); LANES]);
        for pivot in a.iter().step_by(n + 1) {
            for l in 0..LANES {
                // NaN has no sign.
                sign[l] = if pivot[l] > T::zeroed() {
                    sign[l]
                } else if pivot[l] < T::zeroed() {
                    -sign[l]
                } else {
                    T::zeroed()
                };
                logarithm[l] += num_traits::Float::ln(num_traits::Float::abs(pivot[l]));
            }
        }
        write(group.numbers[0], &sign);
        write(group.numbers[1], &logarithm);
        // Signs of zeros and of what is not a number.
        std::array::from_fn(|l| !num_traits::Float::is_finite(logarithm[l]))
    }

    fn alone(&self, mut single: Group<T>) -> Result<()> {
        let mut scratch = factor::Scratch::default();
        let (lu, pivots) = scratch.factor(single.inputs[0], self.n)?;
        let (sign, logarithm) = ferrotorch_linalg::lu::sign_and_logarithm(lu, self.n, pivots);
        single.numbers[0][0] = sign;
        single.numbers[1][0] = logarithm;
        Ok(())
    }

    fn cost(&self) -> Cost {
        cost(self.n.pow(3))
    }
}

pub(super) fn determinant<T: Together>(inputs: &[Array], outputs: &[Array]) -> Result<()> {
    let [n, _] = size(&inputs[0]);
    all::<T>(&Determinants { n, order: Order::plain(n * n), logarithm: false }, &[(&inputs[0], 2)], &[(&outputs[0], 0)], &[])
}

pub(super) fn log_determinant<T: Together>(inputs: &[Array], outputs: &[Array]) -> Result<()> {
    let [n, _] = size(&inputs[0]);
    let algorithm = Determinants { n, order: Order::plain(n * n), logarithm: true };
    all::<T>(&algorithm, &[(&inputs[0], 2)], &[(&outputs[0], 0), (&outputs[1], 0)], &[])
}

/// Solutions of `A X = B`, or inverses where there is no B, and the number of the first pivot of each matrix that is zero.
struct Solutions {
    n: usize,
    cols: usize,
    of_a: Order,
    of_b: Order,
}

impl Solutions {
    fn new(n: usize, cols: usize) -> Self {
        Solutions { n, cols, of_a: Order::plain(n * n), of_b: Order::plain(n * cols) }
    }
}

impl<T: Together> Algorithm<T> for Solutions {
    #[inline(always)]
    fn run(&self, group: &mut Group<T>, Memory([a, b, ..]): &mut Memory<T>) -> Mask<LANES> {
        let (n, cols) = (self.n, self.cols);
        self.of_a.load(group.inputs[0], n * n, a);
        match group.inputs.get(1) {
            Some(right) => self.of_b.load(right, n * cols, b),
            None => {
                b.clear();
                b.resize(n * cols, [T::zeroed(); LANES]);
                b.iter_mut().step_by(cols + 1).for_each(|x| *x = [T::UNIT; LANES]);
            }
        }
        let done = eliminate(a, n, b, cols);
        write(group.whole[0], &done.info);
        substitute(a, n, b, cols);
        self.of_b.store(b, group.numbers[0]);
        NONE
    }

    fn cost(&self) -> Cost {
        cost(self.n * self.n * (self.n + self.cols))
    }
}

pub(super) fn solve<T: Together>(inputs: &[Array], outputs: &[Array]) -> Result<()> {
    let [n, cols] = size(&inputs[1]);
    all::<T>(&Solutions::new(n, cols), &[(&inputs[0], 2), (&inputs[1], 2)], &[(&outputs[0], 2)], &[(&outputs[1], 0)])
}

pub(super) fn inverse<T: Together>(inputs: &[Array], outputs: &[Array]) -> Result<()> {
    let [n, _] = size(&inputs[0]);
    all::<T>(&Solutions::new(n, n), &[(&inputs[0], 2)], &[(&outputs[0], 2)], &[(&outputs[1], 0)])
}

/// Systems of equations with one triangle of matrices.
pub(in super::super) struct Triangular {
    /// Is it the upper one, as the rows lie?
    pub(in super::super) upper: bool,
    /// Their diagonal counts as 1.
    pub(in super::super) unit: bool,
    /// What is meant are the transposed matrices.
    pub(in super::super) transposed: bool,
}

impl Triangular {
    /// Solves for the right-hand sides of a batch.
    pub(super) fn solve<T: Together>(&self, inputs: &[Array], outputs: &[Array]) -> Result<()> {
        let [n, cols] = size(&inputs[1]);
        let of_a = if self.transposed { Order::transposed([n, n]) } else { Order::plain(n * n) };
        let algorithm = TriangularSolutions {
            n,
            cols,
            upper: self.upper != self.transposed,
            unit: self.unit,
            of_a,
            of_b: Order::plain(n * cols),
        };
        all::<T>(&algorithm, &[(&inputs[0], 2), (&inputs[1], 2)], &[(&outputs[0], 2)], &[])
    }
}

struct TriangularSolutions {
    n: usize,
    cols: usize,
    upper: bool,
    unit: bool,
    of_a: Order,
    of_b: Order,
}

impl<T: Together> Algorithm<T> for TriangularSolutions {
    #[inline(always)]
    fn run(&self, group: &mut Group<T>, Memory([a, b, ..]): &mut Memory<T>) -> Mask<LANES> {
        self.of_a.load(group.inputs[0], self.n * self.n, a);
        self.of_b.load(group.inputs[1], self.n * self.cols, b);
        lanes::solve_triangular(a, self.n, b, self.cols, [self.upper, self.unit]);
        self.of_b.store(b, group.numbers[0]);
        NONE
    }

    fn cost(&self) -> Cost {
        cost(self.n * self.n * (1 + self.cols))
    }
}

struct Exponentials {
    n: usize,
    order: Order,
}

impl<T: Together> Algorithm<T> for Exponentials {
    #[inline(always)]
    fn run(&self, group: &mut Group<T>, Memory([a, memory, ..]): &mut Memory<T>) -> Mask<LANES> {
        let len = self.n * self.n;
        self.order.load(group.inputs[0], len, a);
        memory.clear();
        memory.resize(Exponential::ROOM * len, [T::zeroed(); LANES]);
        let is_wild = lanes::exponential(a, self.n, memory);
        self.order.store(a, group.numbers[0]);
        is_wild
    }

    fn alone(&self, mut single: Group<T>) -> Result<()> {
        let out = &mut *single.numbers[0];
        out.copy_from_slice(single.inputs[0]);
        let mut workspace = Workspace::default();
        Products::with(|products| ferrotorch_linalg::exponential::exponential(out, self.n, &mut workspace, products))
    }

    fn cost(&self) -> Cost {
        cost(10 * self.n.pow(3))
    }
}

pub(super) fn exponential<T: Together>(inputs: &[Array], outputs: &[Array]) -> Result<()> {
    let [n, _] = size(&inputs[0]);
    all::<T>(&Exponentials { n, order: Order::plain(n * n) }, &[(&inputs[0], 2)], &[(&outputs[0], 2)], &[])
}
