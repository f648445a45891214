//! Exponentials of matrices by Padé approximation with scaling and squaring (Higham, 2005).

use num_traits::{Float, Zero};

use crate::block::{Block, BlockMut, Multiply, Workspace};
use crate::lu;
use crate::number::{Number, Real};

/// An approximation: the coefficients of its numerator, by rising powers, and the largest norm that it is good to the precision of the
/// numbers for.
pub(crate) struct Pade {
    coefficients: &'static [f64],
    largest_norm: f64,
}

/// Approximations in single precision, by rising degree.
const SINGLE: [Pade; 3] = [
    Pade { coefficients: &[120.0, 60.0, 12.0, 1.0], largest_norm: 0.4258730016922831 },
    Pade { coefficients: &[30240.0, 15120.0, 3360.0, 420.0, 30.0, 1.0], largest_norm: 1.880152677804762 },
    Pade { coefficients: &DEGREE_7, largest_norm: 3.92572478313866 },
];

/// Approximations in double precision.
const DOUBLE: [Pade; 3] = [
    Pade { coefficients: &[30240.0, 15120.0, 3360.0, 420.0, 30.0, 1.0], largest_norm: 0.253939833006323 },
    Pade { coefficients: &DEGREE_7, largest_norm: 0.9504178996162932 },
    Pade { coefficients: &DEGREE_13, largest_norm: 5.371920351148152 },
];

const DEGREE_7: [f64; 8] = [17297280.0, 8648640.0, 1995840.0, 277200.0, 25200.0, 1512.0, 56.0, 1.0];

const DEGREE_13: [f64; 14] = [
    64764752532480000.0,
    32382376266240000.0,
    7771770303897600.0,
    1187353796428800.0,
    129060195264000.0,
    10559470521600.0,
    670442572800.0,
    33522128640.0,
    1323241920.0,
    40840800.0,
    960960.0,
    16380.0,
    182.0,
    1.0,
];

impl Pade {
    /// The approximation of the lowest degree for a norm, and how often the matrix is halved before.
    pub(crate) fn of<R: Real>(norm: f64) -> (&'static Pade, i32) {
        let all: &[Pade; 3] = if R::epsilon().wide() > 1e-10 { &SINGLE } else { &DOUBLE };
        let chosen = all.iter().find(|pade| norm <= pade.largest_norm).unwrap_or(&all[2]);
        (chosen, (norm / chosen.largest_norm).log2().ceil().max(0.0) as i32)
    }
}

/// What an approximation computes with: square matrices as slices of some entries.
pub(crate) trait Matrices {
    /// An entry.
    type Entry: Copy;
    /// Rows and columns.
    fn size(&self) -> usize;
    /// `to = x y`
    fn product(&self, x: &[Self::Entry], y: &[Self::Entry], to: &mut [Self::Entry]);
    /// `x + c y`
    fn plus(x: Self::Entry, y: Self::Entry, c: f64) -> Self::Entry;
    /// `c`
    fn constant(c: f64) -> Self::Entry;
    /// Solves `A X = B` in the place of B, and overwrites A.
    fn solve(&self, a: &mut [Self::Entry], b: &mut [Self::Entry]);
}

/// Matrices that an approximation needs.
pub(crate) const ROOM: usize = 7;

/// Replaces a matrix of small norm by its exponential; there is memory for [`ROOM`] matrices.
#[inline(always)]
pub(crate) fn approximate<M: Matrices>(matrices: &M, pade: &Pade, a: &mut [M::Entry], memory: &mut [M::Entry]) {
    let (n, len, c) = (matrices.size(), a.len(), pade.coefficients);
    let (powers, rest) = memory.split_at_mut(3 * len);
    let (odd, rest) = rest.split_at_mut(len);
    let (even, rest) = rest.split_at_mut(len);
    let (other, rest) = rest.split_at_mut(len);
    let sum = &mut rest[..len];
    let count = (c.len() / 2 - 1).min(3);
    matrices.product(a, a, &mut powers[..len]);
    for i in 1..count {
        let (known, next) = powers.split_at_mut(i * len);
        matrices.product(&known[..len], &known[(i - 1) * len..], &mut next[..len]);
    }
    let of_powers = |to: &mut [M::Entry], c: [f64; 4]| {
        to.fill(M::constant(0.0));
        to.iter_mut().step_by(n + 1).for_each(|x| *x = M::constant(c[0]));
        for (power, &c) in powers.chunks_exact(len).take(count).zip(&c[1..]) {
            to.iter_mut().zip(power).for_each(|(x, &y)| *x = M::plus(*x, y, c));
        }
    };
    let at = |i: usize| c.get(i).copied().unwrap_or(0.0);
    of_powers(other, [at(1), at(3), at(5), at(7)]);
    of_powers(even, [at(0), at(2), at(4), at(6)]);
    if c.len() > 8 {
        // What is left are multiples of the sixth power.
        let sixth = &powers[2 * len..];
        for (target, high) in [(&mut *other, [0.0, at(9), at(11), at(13)]), (&mut *even, [0.0, at(8), at(10), at(12)])] {
            of_powers(odd, high);
            matrices.product(sixth, odd, sum);
            target.iter_mut().zip(&*sum).for_each(|(x, &y)| *x = M::plus(*x, y, 1.0));
        }
    }
    matrices.product(a, other, odd);
    // (even - odd) X = even + odd
    for ((x, e), &o) in a.iter_mut().zip(&mut *even).zip(&*odd) {
        *x = M::plus(*e, o, 1.0);
        *e = M::plus(*e, o, -1.0);
    }
    matrices.solve(even, a);
}

/// One matrix, with the products of large ones.
struct Single<'a, T, P> {
    n: usize,
    products: &'a P,
    number: std::marker::PhantomData<T>,
}

impl<T: Number, P: Multiply<T>> Matrices for Single<'_, T, P> {
    type Entry = T;

    fn size(&self) -> usize {
        self.n
    }

    fn product(&self, x: &[T], y: &[T], to: &mut [T]) {
        to.fill(T::zero());
        self.products.multiply_add(T::one(), Block::whole(x, self.n), Block::whole(y, self.n), BlockMut::whole(to, self.n));
    }

    fn plus(x: T, y: T, c: f64) -> T {
        x + y.times(T::Real::of(c))
    }

    fn constant(c: f64) -> T {
        T::of_real(T::Real::of(c))
    }

    fn solve(&self, a: &mut [T], b: &mut [T]) {
        let mut pivots = vec![0; self.n];
        lu::factor(a, [self.n, self.n], &mut pivots, &mut Workspace::default(), self.products);
        lu::solve(a, self.n, &pivots, b, self.n, self.products);
    }
}

/// Replaces an `n x n` matrix by its exponential.
pub fn exponential<T: Number>(a: &mut [T], n: usize, workspace: &mut Workspace<T>, products: &impl Multiply<T>) {
    let norm = (0..n).map(|j| a[j..].iter().step_by(n).map(|x| x.modulus()).sum::<T::Real>()).fold(T::Real::zero(), Float::max);
    // An infinite norm, also of finite elements, could never be halved to a small one.
    if !norm.is_finite() || a.iter().any(|x| !x.has_finite_parts()) {
        a.fill(T::not_a_number());
        return;
    }
    let (pade, squarings) = Pade::of::<T::Real>(norm.wide());
    let scale = Float::powi(T::Real::of(0.5), squarings);
    a.iter_mut().for_each(|x| *x = x.times(scale));
    let matrices = Single { n, products, number: std::marker::PhantomData };
    let memory = workspace.zeros(ROOM * n * n);
    approximate(&matrices, pade, a, memory);
    for _ in 0..squarings {
        let square = &mut memory[..n * n];
        matrices.product(a, a, square);
        a.copy_from_slice(square);
    }
}
