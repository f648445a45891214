//! Exponentials of matrices by Padé approximation with scaling and squaring (Higham, 2005).

use num_traits::{Float, Zero};

use crate::block::{Block, BlockMut, Multiply, Workspace};
use crate::lu;
use crate::number::{Number, Real};

/// Coefficients of the approximation of degree 13, and the largest norm that it is good to double precision for.
const COEFFICIENTS: [f64; 14] = [
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
const LARGEST_NORM: f64 = 5.371920351148152;

/// Replaces an `n x n` matrix by its exponential.
pub fn exponential<T: Number>(a: &mut [T], n: usize, workspace: &mut Workspace<T>, products: &impl Multiply<T>) {
    let norm = (0..n).map(|j| a[j..].iter().step_by(n).map(|x| x.modulus()).sum::<T::Real>()).fold(T::Real::zero(), Float::max);
    // An infinite norm, also of finite elements, could never be halved to a small one.
    if !norm.is_finite() || a.iter().any(|x| !x.has_finite_parts()) {
        a.fill(T::not_a_number());
        return;
    }
    let squarings = (norm.wide() / LARGEST_NORM).log2().ceil().max(0.0) as i32;
    let scale = Float::powi(T::Real::of(0.5), squarings);
    a.iter_mut().for_each(|x| *x = x.times(scale));
    let len = n * n;
    let product = |x: &[T], y: &[T], to: &mut [T]| {
        to.fill(T::zero());
        products.multiply_add(T::one(), Block::whole(x, n), Block::whole(y, n), BlockMut::whole(to, n));
    };
    let memory = workspace.zeros(6 * len);
    let (a2, rest) = memory.split_at_mut(len);
    let (a4, rest) = rest.split_at_mut(len);
    let (a6, rest) = rest.split_at_mut(len);
    let (odd, rest) = rest.split_at_mut(len);
    let (even, sum) = rest.split_at_mut(len);
    product(a, a, a2);
    product(a2, a2, a4);
    product(a4, a2, a6);
    let powers = [&*a2, &*a4, &*a6];
    combine(sum, n, powers, [0.0, COEFFICIENTS[9], COEFFICIENTS[11], COEFFICIENTS[13]]);
    product(a6, sum, even);
    combine(sum, n, powers, [1, 3, 5, 7].map(|i| COEFFICIENTS[i]));
    sum.iter_mut().zip(&*even).for_each(|(x, &y)| *x += y);
    product(a, sum, odd);
    combine(sum, n, powers, [0.0, COEFFICIENTS[8], COEFFICIENTS[10], COEFFICIENTS[12]]);
    product(a6, sum, even);
    combine(sum, n, powers, [0, 2, 4, 6].map(|i| COEFFICIENTS[i]));
    sum.iter_mut().zip(&*even).for_each(|(x, &y)| *x += y);
    // (even - odd) X = even + odd
    a.iter_mut().zip(&*sum).zip(&*odd).for_each(|((x, &e), &o)| *x = e + o);
    sum.iter_mut().zip(&*odd).for_each(|(e, &o)| *e -= o);
    solve(sum, a, n, products);
    for _ in 0..squarings {
        product(a, a, a2);
        a.copy_from_slice(a2);
    }
}

/// `c[0] + c[1] A^2 + c[2] A^4 + c[3] A^6`
fn combine<T: Number>(to: &mut [T], n: usize, [a2, a4, a6]: [&[T]; 3], c: [f64; 4]) {
    let [c0, c1, c2, c3] = c.map(T::Real::of);
    for (i, x) in to.iter_mut().enumerate() {
        *x = a2[i].times(c1) + a4[i].times(c2) + a6[i].times(c3);
    }
    to.iter_mut().step_by(n + 1).for_each(|x| *x += T::of_real(c0));
}

fn solve<T: Number>(a: &mut [T], b: &mut [T], n: usize, products: &impl Multiply<T>) {
    let mut pivots = vec![0; n];
    lu::factor(a, [n, n], &mut pivots, &mut Workspace::default(), products);
    lu::solve(a, n, &pivots, b, n, products);
}
