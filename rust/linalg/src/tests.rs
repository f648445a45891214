use num_complex::Complex;

use crate::block::{Block, BlockMut, Multiply, Workspace};
use crate::eigen::Spectral;
use crate::householder::Reflectors;
use crate::loops::{Loop, Vectorize};
use crate::number::{Number, Real};
use crate::triangular::Triangle;
use crate::{cholesky, eigen, exponential, hermitian, householder, ldl, lu, svd};

/// Products by three loops.
struct Plain;

impl Vectorize for Plain {
    fn vectorized<L: Loop>(&self, work: L) -> L::Output {
        work.run()
    }
}

impl<T: Number> Multiply<T> for Plain {
    fn multiply_add(&self, alpha: T, a: Block<T>, b: Block<T>, c: BlockMut<T>) {
        for (i, row) in c.rows.chunks_exact_mut(c.stride).enumerate() {
            for j in 0..c.cols {
                let sum: T = (0..a.cols).map(|k| a.rows[i * a.stride + a.first + k] * b.rows[k * b.stride + b.first + j]).sum();
                row[c.first + j] += alpha * sum;
            }
        }
    }
}

/// Numbers between -1 and 1 that are the same each time.
fn random<T: Number>(len: usize, seed: u64) -> Vec<T> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        T::Real::of((state >> 33) as f64 / (1u64 << 30) as f64 - 1.0)
    };
    (0..len).map(|_| T::of_parts(next(), next())).collect()
}

fn product<T: Number>(a: &[T], b: &[T], inner: usize) -> Vec<T> {
    let (m, n) = (a.len() / inner, b.len() / inner);
    let mut c = vec![T::zero(); m * n];
    Plain.multiply_add(T::one(), Block::whole(a, inner), Block::whole(b, n), BlockMut::whole(&mut c, n));
    c
}

fn adjoint<T: Number>(a: &[T], cols: usize) -> Vec<T> {
    (0..a.len()).map(|at| a[(at % (a.len() / cols)) * cols + at / (a.len() / cols)].conj()).collect()
}

fn distance<T: Number>(a: &[T], b: &[T]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(&a, &b)| (a - b).modulus().wide()).fold(0.0, f64::max)
}

fn identity<T: Number>(n: usize) -> Vec<T> {
    (0..n * n).map(|i| if i % (n + 1) == 0 { T::one() } else { T::zero() }).collect()
}

fn positive<T: Number>(n: usize) -> Vec<T> {
    let a = random::<T>(n * n, 7);
    let mut a = product(&a, &adjoint(&a, n), n);
    a.iter_mut().step_by(n + 1).for_each(|x| *x += T::one());
    a
}

macro_rules! of_both {
    ($($name:ident $generic:ident($($size:expr),+);)*) => { $(
        #[test]
        fn $name() {
            for size in [$($size),+] {
                $generic::<f64>(size);
                $generic::<Complex<f64>>(size);
            }
        }
    )* };
}

of_both! {
    cholesky_restores check_cholesky(1, 2, 5, 64, 65, 150);
    lu_restores check_lu([1, 1], [2, 2], [3, 3], [4, 4], [5, 2], [2, 5], [90, 90], [130, 100], [70, 130]);
    qr_restores check_qr([1, 1], [4, 4], [6, 3], [3, 6], [40, 25], [70, 70], [90, 45], [45, 90]);
    hermitian_eigenvalues_restore check_hermitian(1, 2, 3, 10, 33, 50, 150);
    singular_values_restore check_svd([1, 1], [3, 3], [7, 4], [4, 7], [40, 40], [60, 30], [120, 120], [150, 100], [40, 90], [80, 90]);
    eigenvalues_restore check_eigen(1, 2, 3, 4, 10, 17, 60);
    ldl_solves check_ldl(1, 2, 3, 8, 30, 90);
    exponentials_of_sums check_exponential(1, 2, 5, 20);
    triangles_solve check_triangular([1, 1], [3, 2], [20, 4], [20, 16], [40, 33], [64, 5], [65, 40], [110, 1], [150, 70]);
}

fn check_cholesky<T: Number>(n: usize) {
    let a = positive::<T>(n);
    let mut l = a.clone();
    assert_eq!(cholesky::factor(&mut l, n, &mut Workspace::default(), &Plain), 0);
    for i in 0..n {
        l[i * n + i + 1..(i + 1) * n].fill(T::zero());
    }
    assert!(distance(&product(&l, &adjoint(&l, n), n), &a) < 1e-10);
    let mut indefinite = a;
    indefinite[n * n - 1] = -T::one();
    assert_eq!(cholesky::factor(&mut indefinite, n, &mut Workspace::default(), &Plain), n);
}

fn check_lu<T: Number>([m, n]: [usize; 2]) {
    let a = random::<T>(m * n, 3);
    let k = m.min(n);
    let (mut lu, mut pivots) = (a.clone(), vec![0; k]);
    assert_eq!(lu::factor(&mut lu, [m, n], &mut pivots, &mut Workspace::default(), &Plain), 0);
    let entry = |i: usize, j: usize| lu[i * n + j];
    let l: Vec<T> = (0..m * k)
        .map(|at| (at / k, at % k))
        .map(|(i, j)| {
            if i == j {
                T::one()
            } else if i > j {
                entry(i, j)
            } else {
                T::zero()
            }
        })
        .collect();
    let u: Vec<T> = (0..k * n).map(|at| (at / n, at % n)).map(|(i, j)| if i <= j { entry(i, j) } else { T::zero() }).collect();
    let mut restored = product(&l, &u, k);
    lu::exchange_rows(&mut restored, n, &pivots, true);
    assert!(distance(&restored, &a) < 1e-12);
    if m == n {
        let mut x = random::<T>(n * 3, 5);
        let b = product(&a, &x, n);
        let known = std::mem::replace(&mut x, b);
        lu::solve(&lu, n, &pivots, &mut x, 3, &Plain);
        assert!(distance(&x, &known) < 1e-8);
    }
}

fn check_triangular<T: Number>([n, cols]: [usize; 2]) {
    for [upper, unit, transposed] in
        [[false; 3], [true, false, false], [false, true, true], [true, true, false], [true, false, true]]
    {
        let mut a: Vec<T> = random::<T>(n * n, 1).into_iter().map(|x| x.times(T::Real::of(0.1))).collect();
        a.iter_mut().step_by(n + 1).for_each(|x| *x = if unit { T::one() } else { T::one() + T::one() });
        for (i, row) in a.chunks_exact_mut(n).enumerate() {
            if upper { row[..i].fill(T::zero()) } else { row[i + 1..].fill(T::zero()) }
        }
        let known = random::<T>(n * cols, 2);
        let meant = if transposed { adjoint(&a, n).into_iter().map(|x| x.conj()).collect() } else { a.clone() };
        let mut x = product(&meant, &known, n);
        // What is not read holds something else.
        for i in 0..n {
            (0..n).filter(|&j| if upper { j < i } else { j > i }).for_each(|j| a[i * n + j] = T::not_a_number());
            a[i * n + i] = if unit { T::not_a_number() } else { a[i * n + i] };
        }
        Triangle { a: &a, n, upper, unit, transposed }.solve(&mut x, cols, &Plain);
        assert!(distance(&x, &known) < 1e-9 * n as f64, "{n} {cols} {upper} {unit} {transposed}");
    }
}

#[test]
fn no_equations_have_a_solution() {
    for (cols, transposed) in [(0, false), (1, false), (2, true), (40, false)] {
        Triangle { a: &[0.0; 0], n: 0, upper: false, unit: false, transposed }.solve(&mut [], cols, &Plain);
        ldl::solve(&[0.0; 0], 0, false, &[], &mut [], cols, &mut Workspace::default(), &Plain);
    }
}

fn check_qr<T: Number>([m, n]: [usize; 2]) {
    let a = random::<T>(m * n, 11);
    let k = m.min(n);
    let (mut qr, mut tau, mut workspace) = (a.clone(), vec![T::zero(); k], Workspace::default());
    householder::factor(&mut qr, [m, n], &mut tau, &mut workspace, &Plain);
    let reflectors = Reflectors { a: &qr, size: [m, n], tau: &tau };
    let mut q = vec![T::zero(); m * m];
    reflectors.form_q(&mut q, m, &mut workspace, &Plain);
    assert!(distance(&product(&q, &adjoint(&q, m), m), &identity(m)) < 1e-12);
    let mut r: Vec<T> = qr.iter().enumerate().map(|(at, &x)| if at / n <= at % n { x } else { T::zero() }).collect();
    assert!(r.iter().step_by(n + 1).take(k).all(|x| x.im() == num_traits::Zero::zero()));
    assert!(distance(&product(&q, &r, m), &a) < 1e-12);
    reflectors.apply(&mut r, n, false, &mut workspace, &Plain);
    assert!(distance(&r, &a) < 1e-12);
    let mut rows = identity::<T>(m);
    reflectors.apply_from_right(&mut rows, false, &mut workspace, &Plain);
    assert!(distance(&rows, &q) < 1e-12);
    reflectors.apply_from_right(&mut rows, true, &mut workspace, &Plain);
    assert!(distance(&rows, &identity(m)) < 1e-12);
}

fn check_hermitian<T: Number>(n: usize)
where
    Plain: Multiply<T::Real>,
{
    let a: Vec<T> = {
        let a = random::<T>(n * n, 13);
        a.iter().zip(adjoint(&a, n)).map(|(&x, y)| x + y).collect()
    };
    let (mut v, mut w) = (a.clone(), vec![num_traits::Zero::zero(); n]);
    assert_eq!(hermitian::decompose(&mut v, n, &mut w, true, &mut hermitian::Memory::default(), &Plain), 0);
    assert!(w.is_sorted());
    let scaled: Vec<T> = v.iter().enumerate().map(|(at, x)| x.times(w[at % n])).collect();
    assert!(distance(&product(&scaled, &adjoint(&v, n), n), &a) < 1e-11);
    assert!(distance(&product(&adjoint(&v, n), &v, n), &identity(n)) < 1e-11);
}

fn check_svd<T: Number>([m, n]: [usize; 2])
where
    Plain: Multiply<T::Real>,
{
    let a = random::<T>(m * n, 17);
    let k = m.min(n);
    let (mut u, mut s, mut vh) = (vec![T::zero(); m * m], vec![num_traits::Zero::zero(); k], vec![T::zero(); n * n]);
    let vectors = svd::Vectors { u: &mut u, vh: &mut vh };
    svd::decompose(&a, [m, n], &mut s, Some(vectors), &mut svd::Memory::default(), &Plain).unwrap();
    assert!(s.is_sorted_by(|a, b| a >= b));
    let scaled: Vec<T> = (0..m * k).map(|at| u[at / k * m + at % k].times(s[at % k])).collect();
    assert!(distance(&product(&scaled, &vh[..k * n], k), &a) < 1e-11);
    assert!(distance(&product(&u, &adjoint(&u, m), m), &identity(m)) < 1e-11);
    assert!(distance(&product(&vh, &adjoint(&vh, n), n), &identity(n)) < 1e-11);
}

#[test]
fn as_many_left_vectors_as_values() {
    for [m, n] in [[7, 4], [60, 30], [150, 100]] {
        let a = random::<f64>(m * n, 17);
        let (mut u, mut s, mut vh) = (vec![0.0; m * n], vec![0.0; n], vec![0.0; n * n]);
        let vectors = svd::Vectors { u: &mut u, vh: &mut vh };
        svd::decompose(&a, [m, n], &mut s, Some(vectors), &mut svd::Memory::default(), &Plain).unwrap();
        assert!(distance(&product(&adjoint(&u, n), &u, m), &identity(n)) < 1e-11);
        let scaled: Vec<f64> = u.iter().enumerate().map(|(at, x)| x * s[at % n]).collect();
        assert!(distance(&product(&scaled, &vh, n), &a) < 1e-11);
        let mut alone = vec![0.0; n];
        svd::decompose(&a, [m, n], &mut alone, None, &mut svd::Memory::default(), &Plain).unwrap();
        assert!(distance(&alone, &s) < 1e-11);
    }
}

/// Matrices of which halves fall apart, or have values that are all alike.
#[test]
fn values_that_coincide() {
    let n = 100;
    let ones = vec![1.0; n * n];
    let path: Vec<f64> = (0..n * n).map(|at| if (at / n).abs_diff(at % n) == 1 { 1.0 } else { 0.0 }).collect();
    for (which, a) in [identity::<f64>(n), vec![0.0; n * n], ones, path].into_iter().enumerate() {
        let (mut v, mut w) = (a.clone(), vec![0.0; n]);
        assert_eq!(hermitian::decompose(&mut v, n, &mut w, true, &mut hermitian::Memory::default(), &Plain), 0);
        let scaled: Vec<f64> = v.iter().enumerate().map(|(at, x)| x * w[at % n]).collect();
        assert!(distance(&product(&scaled, &adjoint(&v, n), n), &a) < 1e-11, "{which}");
        assert!(distance(&product(&adjoint(&v, n), &v, n), &identity(n)) < 1e-11, "{which}");
        let (mut copy, mut alone) = (a.clone(), vec![0.0; n]);
        assert_eq!(hermitian::decompose(&mut copy, n, &mut alone, false, &mut hermitian::Memory::default(), &Plain), 0);
        assert!(distance(&alone, &w) < 1e-11);
        let (mut u, mut s, mut vh) = (vec![0.0; n * n], vec![0.0; n], vec![0.0; n * n]);
        let vectors = svd::Vectors { u: &mut u, vh: &mut vh };
        svd::decompose(&a, [n, n], &mut s, Some(vectors), &mut svd::Memory::default(), &Plain).unwrap();
        let scaled: Vec<f64> = u.iter().enumerate().map(|(at, x)| x * s[at % n]).collect();
        assert!(distance(&product(&scaled, &vh, n), &a) < 1e-11, "{which}");
        assert!(distance(&product(&u, &adjoint(&u, n), n), &identity(n)) < 1e-11, "{which}");
        assert!(distance(&product(&vh, &adjoint(&vh, n), n), &identity(n)) < 1e-11, "{which}");
    }
}

fn check_eigen<T: Spectral>(n: usize)
where
    Complex<T::Real>: Number<Real = T::Real>,
{
    let a = random::<T>(n * n, 19);
    let (zero, mut copy) = (Complex::<T::Real>::of_real(num_traits::Zero::zero()), a.clone());
    let (mut w, mut v) = (vec![zero; n], vec![zero; n * n]);
    assert_eq!(eigen::decompose(&mut copy, n, &mut w, Some(&mut v), &mut eigen::Memory::default(), &Plain), 0);
    let wide: Vec<Complex<T::Real>> = a.iter().map(|x| Complex::new(x.re(), x.im())).collect();
    let scaled: Vec<_> = v.iter().enumerate().map(|(at, &x)| x * w[at % n]).collect();
    assert!(distance(&product(&wide, &v, n), &scaled) < 1e-10);
    assert!(product(&adjoint(&v, n), &v, n).iter().step_by(n + 1).all(|x| (x.modulus().wide() - 1.0).abs() < 1e-12));
}

fn check_ldl<T: Number>(n: usize) {
    for hermitian in [false, true] {
        let mut a = random::<T>(n * n, 23);
        for i in 0..n {
            for j in 0..i {
                a[j * n + i] = if hermitian { a[i * n + j].conj() } else { a[i * n + j] };
            }
            a[i * n + i] = if hermitian { T::of_real(a[i * n + i].re()) } else { a[i * n + i] };
            a[i * n + i] = a[i * n + i].times(T::Real::of(0.01));
        }
        let (mut pivots, mut workspace, given) = (vec![0; n], Workspace::default(), a.clone());
        assert_eq!(ldl::factor(&mut a, n, hermitian, &mut pivots, &mut workspace, &Plain), 0);
        for cols in [1, 2, 9] {
            let known = random::<T>(n * cols, 29);
            let mut x = product(&given, &known, n);
            ldl::solve(&a, n, hermitian, &pivots, &mut x, cols, &mut workspace, &Plain);
            assert!(distance(&x, &known) < 1e-8 * n as f64, "{n} {hermitian} {cols}");
        }
    }
}

fn check_exponential<T: Number>(n: usize) {
    let a: Vec<T> = random::<T>(n * n, 31).into_iter().map(|x| x.times(T::Real::of(3.0))).collect();
    let (mut once, mut inverse) = (a.clone(), a.iter().map(|&x| -x).collect::<Vec<T>>());
    let mut workspace = Workspace::default();
    exponential::exponential(&mut once, n, &mut workspace, &Plain);
    exponential::exponential(&mut inverse, n, &mut workspace, &Plain);
    let size = once.iter().chain(&inverse).map(|x| x.modulus().wide()).fold(1.0, f64::max);
    assert!(distance(&product(&once, &inverse, n), &identity(n)) < 1e-13 * size * size);
}
