//! QR factorisations by reflectors `H = I - tau v v^H` with `v[0] = 1`; `Q = H(0) H(1) ...`.
//!
//! Conventions are those of LAPACK's `geqrf`: R stands on and above the diagonal, which is real, each `v` below it without its 1.

use num_traits::{Float, Zero};

use crate::block::Workspace;
use crate::number::{Number, Real};
use crate::vector::{add_scaled, norm};

/// Makes of a vector `x` the reflector with `H^H x = (beta, 0, ..)`: `x` becomes `beta` and the rest of `v`. Returns `tau`.
pub(crate) fn reflector<T: Number>(x: &mut [T]) -> T {
    let Some((alpha, rest)) = x.split_first_mut() else { return T::zero() };
    let below = norm(rest.iter().copied());
    if below.is_zero() && alpha.im().is_zero() {
        return T::zero();
    }
    let length = norm([*alpha, T::of_real(below)].into_iter());
    let beta = if alpha.re() < T::Real::zero() { length } else { -length };
    let tau = T::of_parts((beta - alpha.re()) / beta, -alpha.im() / beta);
    let scale = T::one() / (*alpha - T::of_real(beta));
    rest.iter_mut().for_each(|x| *x *= scale);
    *alpha = T::of_real(beta);
    tau
}

/// `C = (I - tau v v^H) C` for some columns of rows of length `stride`. `v[0]` counts as 1; `sums` has one entry a column.
pub(crate) fn apply_left<T: Number>(tau: T, v: &[T], c: &mut [T], stride: usize, first: usize, sums: &mut [T]) {
    if tau.is_zero() {
        return;
    }
    let last = first + sums.len();
    sums.copy_from_slice(&c[first..last]);
    for (&v, row) in v[1..].iter().zip(c[stride..].chunks_exact(stride)) {
        add_scaled(v.conj(), &row[first..last], sums);
    }
    add_scaled(-tau, sums, &mut c[first..last]);
    for (&v, row) in v[1..].iter().zip(c[stride..].chunks_exact_mut(stride)) {
        add_scaled(-tau * v, sums, &mut row[first..last]);
    }
}

/// `x = (I - tau v v^H) x`; `v[0]` counts as 1.
pub(crate) fn apply_to_vector<T: Number>(tau: T, v: &[T], x: &mut [T]) {
    let sum = x[0] + crate::vector::dot_conj(&v[1..], &x[1..]);
    x[0] -= tau * sum;
    add_scaled(-tau * sum, &v[1..], &mut x[1..]);
}

/// `x = x (I - tau v v^H)` for a row `x`; `v[0]` counts as 1.
pub(crate) fn apply_to_row<T: Number>(tau: T, v: &[T], x: &mut [T]) {
    let sum = tau * (x[0] + crate::vector::dot(&v[1..], &x[1..]));
    x[0] -= sum;
    x[1..].iter_mut().zip(&v[1..]).for_each(|(x, v)| *x -= sum * v.conj());
}

/// Column `k` of a matrix of `n` columns from row `k` on.
fn column<T: Number>(a: &[T], n: usize, k: usize, v: &mut [T]) {
    v.iter_mut().zip(a[k * n + k..].iter().step_by(n)).for_each(|(v, &x)| *v = x);
}

/// Factors an `m x n` matrix in place.
pub fn factor<T: Number>(a: &mut [T], [m, n]: [usize; 2], tau: &mut [T], workspace: &mut Workspace<T>) {
    let (v, sums) = workspace.zeros(m + n).split_at_mut(m);
    for k in 0..m.min(n) {
        let v = &mut v[..m - k];
        column(a, n, k, v);
        tau[k] = reflector(v);
        a[k * n + k..].iter_mut().step_by(n).zip(&*v).for_each(|(x, &v)| *x = v);
        apply_left(tau[k].conj(), v, &mut a[k * n..], n, k + 1, &mut sums[..n - k - 1]);
    }
}

/// The first `cols` columns of Q of the reflectors in an `m x n` matrix.
pub fn form_q<T: Number>(a: &[T], [m, n]: [usize; 2], tau: &[T], q: &mut [T], cols: usize, workspace: &mut Workspace<T>) {
    q.fill(T::zero());
    q.iter_mut().step_by(cols + 1).take(m.min(cols)).for_each(|x| *x = T::one());
    let (v, sums) = workspace.zeros(m + cols).split_at_mut(m);
    for k in (0..tau.len().min(cols)).rev() {
        let v = &mut v[..m - k];
        column(a, n, k, v);
        apply_left(tau[k], v, &mut q[k * cols..], cols, k, &mut sums[..cols - k]);
    }
}

/// `C = Q C` or `Q^H C` for a matrix of `cols` columns, with the reflectors in an `m x n` matrix.
pub fn apply_q<T: Number>(
    a: &[T],
    [m, n]: [usize; 2],
    tau: &[T],
    c: &mut [T],
    cols: usize,
    adjoint: bool,
    workspace: &mut Workspace<T>,
) {
    let (v, sums) = workspace.zeros(m + cols).split_at_mut(m);
    for step in 0..tau.len() {
        let k = if adjoint { step } else { tau.len() - 1 - step };
        let v = &mut v[..m - k];
        column(a, n, k, v);
        apply_left(if adjoint { tau[k].conj() } else { tau[k] }, v, &mut c[k * cols..], cols, 0, sums);
    }
}

/// `C = C Q` or `C Q^H` for a matrix of `m` columns, with the reflectors in an `m x n` matrix.
pub fn apply_q_from_right<T: Number>(
    a: &[T],
    [m, n]: [usize; 2],
    tau: &[T],
    c: &mut [T],
    adjoint: bool,
    workspace: &mut Workspace<T>,
) {
    let v = workspace.zeros(m);
    for step in 0..tau.len() {
        let k = if adjoint { tau.len() - 1 - step } else { step };
        let v = &mut v[..m - k];
        column(a, n, k, v);
        let tau = if adjoint { tau[k].conj() } else { tau[k] };
        c.chunks_exact_mut(m).for_each(|row| apply_to_row(tau, v, &mut row[k..]));
    }
}

/// The largest modulus of a part; infinite or NaN where an element is.
pub(crate) fn largest<T: Number>(a: &[T]) -> T::Real {
    let mut largest = T::Real::zero();
    for x in a {
        let size = x.size();
        if !size.has_finite_parts() {
            return T::Real::not_a_number();
        }
        largest = Float::max(largest, size);
    }
    largest
}

/// A power of two by which numbers as large as `largest` are brought near 1, where their squares could overflow or vanish.
pub(crate) fn scale_for<R: Real>(largest: R) -> Option<R> {
    let bound = Float::sqrt(Float::sqrt(R::min_positive_value()));
    let outside = !largest.is_zero() && (largest < bound || largest > R::one() / bound);
    outside.then(|| R::of(2.0).powi(-(largest.wide().log2().round() as i32)))
}
