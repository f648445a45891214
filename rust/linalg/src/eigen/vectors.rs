//! Eigenvectors of a Schur form by back substitution, and of the matrix that it is of.

use num_complex::Complex;
use num_traits::{Float, One, Zero};

use super::{multiply, widen};
use crate::block::Multiply;
use crate::loops::Loop;
use crate::number::{Number, Real};
use crate::poll::stops;
use crate::vector::dot;

/// A Schur form, the adjoint of its basis, and the eigenvalues.
#[derive(Clone, Copy)]
pub(super) struct Schur<'a, T: Number> {
    pub form: &'a [T],
    pub adjoint: &'a [T],
    pub n: usize,
    pub values: &'a [Complex<T::Real>],
}

impl<T: Number> Schur<'_, T> {
    /// Do row `k` and the next one have a conjugate pair of eigenvalues?
    fn is_paired(&self, k: usize) -> bool {
        k + 1 < self.n && !self.form[(k + 1) * self.n + k].is_zero()
    }
}

/// Eigenvectors of the form as rows: of complex matrices as they are, of real ones their real and their imaginary parts. Of a
/// conjugate pair there is the first.
pub(super) struct Solutions<'a, T> {
    pub x: &'a mut [T],
    /// Empty of complex matrices.
    pub imaginary: &'a mut [T],
}

/// Writes the eigenvectors as columns; there is memory for a matrix.
pub(super) fn eigenvectors<T: Number>(
    schur: Schur<T>,
    Solutions { x, imaginary }: Solutions<T>,
    memory: &mut [T],
    vectors: &mut [Complex<T::Real>],
    products: &impl Multiply<T>,
) where
    Complex<T::Real>: Number<Real = T::Real>,
{
    let Schur { adjoint, n, values, .. } = schur;
    products.vectorized(BackSubstitution { schur, x: &mut *x, imaginary: &mut *imaginary });
    // Conjugated rows times the adjoint of the basis are the conjugated vectors.
    x.iter_mut().for_each(|x| *x = x.conj());
    multiply(x, adjoint, memory, n, products);
    if !T::IS_COMPLEX {
        multiply(imaginary, adjoint, x, n, products);
    }
    let mut v = vec![Complex::zero(); n];
    let mut k = 0;
    while k < n && !stops(n) {
        for (v, (&first, &second)) in v.iter_mut().zip(memory[k * n..].iter().zip(&x[k * n..])) {
            *v = if T::IS_COMPLEX { widen(first.conj()) } else { Complex::new(first.re(), second.re()) };
        }
        normalize(&mut v, values[k].im.is_zero());
        vectors.iter_mut().skip(k).step_by(n).zip(&v).for_each(|(to, &v)| *to = v);
        if schur.is_paired(k) {
            vectors.iter_mut().skip(k + 1).step_by(n).zip(&v).for_each(|(to, &v)| *to = v.conj());
            k += 1;
        }
        k += 1;
    }
}

/// Norm 1, and unless the vector is real anyway a largest component that is real.
fn normalize<R: Real>(v: &mut [Complex<R>], is_real: bool)
where
    Complex<R>: Number<Real = R>,
{
    let norm = crate::vector::norm(v);
    let mut factor = Complex::of_real(R::one() / norm);
    let at = (0..v.len()).fold(0, |best, i| if v[i].squared() > v[best].squared() { i } else { best });
    if !is_real {
        factor = Number::times(v[at].conj(), R::one() / (norm * v[at].modulus()));
    }
    v.iter_mut().for_each(|x| *x *= factor);
    if !is_real {
        v[at].im = R::zero();
    }
}

/// Solves `(T - value) x = 0` for all eigenvalues of a form T.
struct BackSubstitution<'a, T: Number> {
    schur: Schur<'a, T>,
    x: &'a mut [T],
    imaginary: &'a mut [T],
}

impl<T: Number> Loop for BackSubstitution<'_, T>
where
    Complex<T::Real>: Number<Real = T::Real>,
{
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Schur { form, n, values, .. } = self.schur;
        let smallest = T::Real::epsilon() * form.iter().map(|x| x.size()).fold(T::Real::min_positive_value(), Float::max);
        self.x.fill(T::zero());
        self.imaginary.fill(T::zero());
        let mut k = 0;
        while k < n {
            let last = if self.schur.is_paired(k) { k + 1 } else { k };
            let row = k * n..(k + 1) * n;
            let imaginary = if T::IS_COMPLEX { &mut [] } else { &mut self.imaginary[row.clone()] };
            let mut solution = Solution { form, n, last, x: &mut self.x[row], imaginary };
            solution.solve(values[k], k, smallest);
            k = last + 1;
        }
    }
}

/// The solution for an eigenvalue of a form: its first components up to `last`.
struct Solution<'a, T> {
    form: &'a [T],
    n: usize,
    last: usize,
    x: &'a mut [T],
    imaginary: &'a mut [T],
}

impl<T: Number> Solution<'_, T>
where
    Complex<T::Real>: Number<Real = T::Real>,
{
    fn at(&self, i: usize, j: usize) -> Complex<T::Real> {
        widen(self.form[i * self.n + j])
    }

    fn put(&mut self, i: usize, x: Complex<T::Real>) {
        self.x[i] = T::of_parts(x.re, x.im);
        if !T::IS_COMPLEX {
            self.imaginary[i] = T::of_real(x.im);
        }
    }

    /// What the known components from `from` on contribute to a row.
    #[inline(always)]
    fn sum(&self, row: usize, from: usize) -> Complex<T::Real> {
        let known = from..self.last + 1;
        let row = &self.form[row * self.n..][known.clone()];
        let sum = dot(row, &self.x[known.clone()]);
        Complex::new(sum.re(), if T::IS_COMPLEX { sum.im() } else { dot(row, &self.imaginary[known]).re() })
    }

    /// Solves from the rows `k..=last` of the eigenvalue, which are one or two, to the first.
    #[inline(always)]
    fn solve(&mut self, value: Complex<T::Real>, k: usize, smallest: T::Real) {
        let (one, last) = (Complex::one(), self.last);
        if last == k {
            self.put(k, one);
        } else if self.at(k, last).size() >= self.at(last, k).size() {
            self.put(k, one);
            self.put(last, (value - self.at(k, k)) / self.at(k, last));
        } else {
            self.put(k, (value - self.at(last, last)) / self.at(last, k));
            self.put(last, one);
        }
        let divisor = |d: Complex<T::Real>| if d.size() < smallest { Complex::of_real(smallest) } else { d };
        let mut j = k;
        while j > 0 {
            j -= 1;
            if j > 0 && !self.form[j * self.n + j - 1].is_zero() {
                let i = j - 1;
                let (r, s) = (-self.sum(i, j + 1), -self.sum(j, j + 1));
                let (a, d) = (self.at(i, i) - value, self.at(j, j) - value);
                let determinant = divisor(a * d - self.at(i, j) * self.at(j, i));
                self.put(i, (r * d - s * self.at(i, j)) / determinant);
                self.put(j, (s * a - r * self.at(j, i)) / determinant);
                j = i;
            } else {
                let x = -self.sum(j, j + 1) / divisor(self.at(j, j) - value);
                self.put(j, x);
            }
            self.keep_small(j);
        }
    }

    /// Scales the components from `j` on down before their norm can overflow.
    fn keep_small(&mut self, j: usize) {
        let largest = self.x[j].size() + self.imaginary.get(j).map_or(T::Real::zero(), |x| x.size());
        if largest > Float::sqrt(Float::sqrt(T::Real::max_value())) {
            let scale = T::Real::one() / largest;
            let known = j..self.last + 1;
            self.x[known.clone()].iter_mut().for_each(|x| *x = x.times(scale));
            self.imaginary.iter_mut().take(self.last + 1).skip(j).for_each(|x| *x = x.times(scale));
        }
    }
}
