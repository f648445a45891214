//! Eigenvalues of a diagonal matrix plus one of rank 1, `D + rho z z^T` (Li, 1994; Gu and Eisenstat, 1995; LAPACK's `laed4`), and
//! singular values of a diagonal matrix with a first row z: their squares are the eigenvalues of `D^2 + z z^T` (`lasd4`).
//!
//! They are the roots of `1 / rho + sum of z[i]^2 / (d[i] - x)`, one between each two poles and one behind the last. A root is
//! sought from the pole nearest to it, so that its distances from all poles are known to their last digits, which is what the
//! eigenvectors are made of.

use num_traits::Float;

use crate::loops::Loop;
use crate::number::Real;

/// Iterations for a root; from the middle on by halves, so that they always suffice. Four are usual.
const MOST_ITERATIONS: usize = 150;

/// How far a pole is from another: that of `D^2`, where numbers are `SQUARED`.
#[inline(always)]
fn gap<R: Real, const SQUARED: bool>(d: R, origin: R) -> R {
    if SQUARED { (d - origin) * (d + origin) } else { d - origin }
}

/// Finds the roots for poles in rising order and `rho > 0`. Row `j` of `differences` receives `d[i] - x[j]`; where numbers are
/// `SQUARED`, roots are those of x, and differences `d[i]^2 - x[j]^2`.
pub(crate) struct Roots<'a, R, const SQUARED: bool> {
    pub d: &'a [R],
    /// Squares of the components of z, none of which vanishes.
    pub squares: &'a [R],
    pub rho: R,
    pub roots: &'a mut [R],
    pub differences: &'a mut [R],
}

impl<R: Real, const SQUARED: bool> Loop for Roots<'_, R, SQUARED> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let n = self.d.len();
        let equation = Equation::<R, SQUARED> { d: self.d, squares: self.squares, inverse: R::one() / self.rho };
        for (j, (root, row)) in self.roots.iter_mut().zip(self.differences.chunks_exact_mut(n)).enumerate() {
            let (origin, x) = if j + 1 < n { equation.between(j) } else { equation.last() };
            row.iter_mut().zip(self.d).for_each(|(to, &d)| *to = gap::<R, SQUARED>(d, origin) - x);
            *root = origin + if SQUARED { x / (origin + Float::sqrt(origin * origin + x)) } else { x };
        }
    }
}

/// See [`Roots`].
struct Equation<'a, R, const SQUARED: bool> {
    d: &'a [R],
    squares: &'a [R],
    inverse: R,
}

/// The two sums of the equation, over the poles below and above a root, and their derivatives.
struct Sums<R> {
    below: R,
    above: R,
    slope_below: R,
    slope_above: R,
}

impl<R: Real, const SQUARED: bool> Equation<'_, R, SQUARED> {
    /// `sum of z^2 / (d - origin - x)` and its derivative, over some poles.
    #[inline(always)]
    fn sum(&self, from: usize, to: usize, origin: R, x: R) -> (R, R) {
        const SUMS: usize = 8;
        let (mut value, mut slope) = ([R::zero(); SUMS], [R::zero(); SUMS]);
        let term = |d: R, square: R| {
            let inverse = R::one() / (gap::<R, SQUARED>(d, origin) - x);
            let value = square * inverse;
            (value, value * inverse)
        };
        let (ds, d) = self.d[from..to].as_chunks::<SUMS>();
        let (squares, square) = self.squares[from..to].as_chunks::<SUMS>();
        for (d, square) in ds.iter().zip(squares) {
            for i in 0..SUMS {
                let (v, s) = term(d[i], square[i]);
                value[i] += v;
                slope[i] += s;
            }
        }
        for (i, (&d, &square)) in d.iter().zip(square).enumerate() {
            let (v, s) = term(d, square);
            value[i] += v;
            slope[i] += s;
        }
        (value.into_iter().sum(), slope.into_iter().sum())
    }

    #[inline(always)]
    fn sums(&self, j: usize, origin: R, x: R) -> Sums<R> {
        let (below, slope_below) = self.sum(0, j + 1, origin, x);
        let (above, slope_above) = self.sum(j + 1, self.d.len(), origin, x);
        Sums { below, above, slope_below, slope_above }
    }

    /// What is left of the equation, and whether that is no more than rounding.
    #[inline(always)]
    fn rest(&self, sums: &Sums<R>) -> (R, bool) {
        let rest = self.inverse + sums.below + sums.above;
        let size = self.inverse + Float::abs(sums.below) + Float::abs(sums.above);
        (rest, Float::abs(rest) <= R::of(4.0) * R::epsilon() * size)
    }

    /// The root between poles `j` and `j + 1`: the pole it is nearer to, and its distance from that.
    #[inline(always)]
    fn between(&self, j: usize) -> (R, R) {
        let (left, right) = (self.d[j], self.d[j + 1]);
        let half = gap::<R, SQUARED>(right, left) / R::of(2.0);
        let sums = self.sums(j, left, half);
        let (rest, done) = self.rest(&sums);
        let (origin, bounds, x) =
            if rest >= R::zero() { (left, [R::zero(), half], half) } else { (right, [-half, R::zero()], -half) };
        if done {
            return (origin, x);
        }
        let poles = [left, right].map(|d| gap::<R, SQUARED>(d, origin));
        let x = step(poles, x, rest, &sums);
        (origin, self.search(j, origin, bounds, x, |x, rest, sums| step(poles, x, rest, sums)))
    }

    /// The root behind the last pole.
    #[inline(always)]
    fn last(&self) -> (R, R) {
        let j = self.d.len() - 1;
        let reach = self.squares.iter().copied().sum::<R>() / self.inverse;
        // The function falls to a pole's right from infinity, which one term with the right slope imitates.
        let step = |x: R, rest: R, sums: &Sums<R>| {
            let slope = sums.slope_below;
            x * (x * slope / (rest + x * slope))
        };
        (self.d[j], self.search(j, self.d[j], [R::zero(), reach], self.squares[j] / self.inverse, step))
    }

    /// Closes in on a root between two bounds by steps, or by halves where a step leads outside.
    #[inline(always)]
    fn search(&self, j: usize, origin: R, [mut low, mut high]: [R; 2], first: R, step: impl Fn(R, R, &Sums<R>) -> R) -> R {
        let mut x = first;
        for iteration in 0..MOST_ITERATIONS {
            if !(x > low && x < high) || iteration > MOST_ITERATIONS / 2 {
                x = (low + high) / R::of(2.0);
            }
            if x == low || x == high {
                break;
            }
            let sums = self.sums(j, origin, x);
            let (rest, done) = self.rest(&sums);
            if done {
                break;
            }
            (low, high) = if rest < R::zero() { (x, high) } else { (low, x) };
            x = step(x, rest, &sums);
        }
        x
    }
}

/// The root of the function that has two poles, and the values and slopes of both sums at `x` (the "middle way").
#[inline(always)]
fn step<R: Real>([left, right]: [R; 2], x: R, rest: R, sums: &Sums<R>) -> R {
    let (to_left, to_right) = (left - x, right - x);
    let c = rest - to_left * sums.slope_below - to_right * sums.slope_above;
    let a = (to_left + to_right) * rest - to_left * to_right * (sums.slope_below + sums.slope_above);
    let b = to_left * to_right * rest;
    let root = Float::sqrt(Float::abs(a * a - R::of(4.0) * b * c));
    let change = if a <= R::zero() { (a - root) / (R::of(2.0) * c) } else { R::of(2.0) * b / (a + root) };
    x + change
}

/// Makes of the differences of poles and roots the eigenvectors, by rows. Those are the vectors of a matrix that has the computed
/// roots exactly, which differs from the given one by rounding alone: hence they are orthogonal. `z` gives the signs. `left` is empty
/// or receives the left singular vectors, where numbers are `SQUARED`.
pub(crate) struct VectorRows<'a, R, const SQUARED: bool> {
    pub d: &'a [R],
    pub z: &'a [R],
    pub components: &'a mut [R],
    pub differences: &'a mut [R],
    pub left: &'a mut [R],
}

impl<R: Real, const SQUARED: bool> Loop for VectorRows<'_, R, SQUARED> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let VectorRows { d, z, components, differences, left } = self;
        let n = d.len();
        components.fill(-R::one());
        for (j, row) in differences.chunks_exact(n).enumerate() {
            let pole = d[j];
            let ratio = |c: &mut R, (&difference, &d): (&R, &R)| *c *= difference / gap::<R, SQUARED>(d, pole);
            components[..j].iter_mut().zip(row.iter().zip(d)).for_each(|(c, x)| ratio(c, x));
            components[j] *= row[j];
            let behind = row[j + 1..].iter().zip(&d[j + 1..]);
            components[j + 1..].iter_mut().zip(behind).for_each(|(c, x)| ratio(c, x));
        }
        components.iter_mut().zip(z).for_each(|(c, &z)| *c = Float::copysign(Float::sqrt(Float::abs(*c)), z));
        for (j, row) in differences.chunks_exact_mut(n).enumerate() {
            row.iter_mut().zip(&*components).for_each(|(x, &c)| *x = c / *x);
            if let Some(left) = left.get_mut(j * n..(j + 1) * n) {
                left.iter_mut().zip(d).zip(&*row).for_each(|((to, &d), &x)| *to = d * x);
                left[0] = -R::one();
                normalize(left);
            }
            normalize(row);
        }
    }
}

#[inline(always)]
fn normalize<R: Real>(row: &mut [R]) {
    let inverse = R::one() / crate::vector::norm(row);
    row.iter_mut().for_each(|x| *x *= inverse);
}
