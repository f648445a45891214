//! Linear algebra: batches of matrices are handed to `ferrotorch_linalg`, one after the other and in parallel.
//!
//! Arrays are row-major here, inputs are copied where they are not, but for triangles, which may lie by columns. What a matrix needs meanwhile is allocated once for a run of
//! matrices; the products of large ones are computed by the kernels of [`crate::matmul`], on all threads ([`products`]). Many small
//! ones are computed together ([`together`]).

mod factor;
mod products;
mod room;
mod solve;
mod spectral;
mod together;

#[cfg(test)]
mod tests;

use ferrotorch_kernel::dtype::{Element, c32, c64};
use ferrotorch_kernel::linalg::Linalg;
use ferrotorch_kernel::{Array, Error, Layout, Operand, Result, bail, ensure, interrupt, match_dtype};
use ferrotorch_linalg::eigen::Spectral;
use smallvec::SmallVec;

use crate::matmul::{Number, Source};
use crate::parallel::{self, Cost};
use crate::view::{Parts, View, Views, Write, try_for_each_part_in_groups};
use crate::{dense, matmul};

/// A number that matrices are factored in.
pub(super) trait Scalar: Element + Number + Source<Self> + Spectral<Real = Self::Part> {
    /// The type of its parts.
    type Part: Scalar<Part = Self::Part> + ferrotorch_linalg::Real;
}

impl Scalar for f32 {
    type Part = f32;
}
impl Scalar for f64 {
    type Part = f64;
}
impl Scalar for c32 {
    type Part = f32;
}
impl Scalar for c64 {
    type Part = f64;
}

/// Runs [`ferrotorch_kernel::kernel::Kernel::Linalg`].
pub(crate) fn linalg(op: Linalg, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let inputs = inputs.iter().map(Operand::array).collect::<Result<SmallVec<[&Array; 3]>>>()?;
    if let (Linalg::SolveTriangular { upper, unit }, &[a, b]) = (op, &inputs[..]) {
        return solve::triangular(upper, unit, a, b, outputs);
    }
    let inputs = inputs.into_iter().map(Array::contiguous).collect::<Result<Vec<_>>>()?;
    let first = inputs.first().ok_or_else(|| Error::runtime("linear algebra without a matrix"))?;
    if op == Linalg::Permutation {
        return factor::permutation(first, outputs);
    }
    if let Some(done) = match_dtype!(first.dtype, T in [f32, f64] => together::run::<T>(op, &inputs, outputs), else => None) {
        return done;
    }
    room::check(op, &inputs, outputs)?;
    match_dtype!(@ first.dtype, T, typed::<T>(op, &inputs, outputs), Err(Error::dtype("linalg", first.dtype, "")),
        [Float32 f32, Float64 f64, Complex64 c32, Complex128 c64])
}

fn typed<T: Scalar>(op: Linalg, inputs: &[Array], outputs: &[Array]) -> Result<()>
where
    num_complex::Complex<T::Part>: Element + ferrotorch_linalg::Number<Real = T::Part>,
{
    match op {
        Linalg::Cholesky { upper } => factor::cholesky::<T>(upper, inputs, outputs),
        Linalg::Lu => factor::lu::<T>(inputs, outputs),
        Linalg::LuSolve { transposed, conjugated } => solve::lu_solve::<T>(transposed, conjugated, inputs, outputs),
        Linalg::Solve => solve::solve::<T>(inputs, outputs),
        Linalg::Inverse => solve::inverse::<T>(inputs, outputs),
        Linalg::Determinant => factor::determinant::<T>(inputs, outputs),
        Linalg::LogDeterminant => factor::log_determinant::<T>(inputs, outputs),
        Linalg::Reflectors => factor::reflectors::<T>(inputs, outputs),
        Linalg::FormQ => factor::form_q::<T>(inputs, outputs),
        Linalg::ApplyQ { left, adjoint } => factor::apply_q::<T>(left, adjoint, inputs, outputs),
        Linalg::Qr => factor::qr::<T>(inputs, outputs),
        Linalg::Eigh { upper } => spectral::eigh::<T>(upper, inputs, outputs),
        Linalg::Eig => spectral::eig::<T>(inputs, outputs),
        Linalg::Svd => spectral::svd::<T>(inputs, outputs),
        Linalg::Ldl { hermitian } => factor::ldl::<T>(hermitian, inputs, outputs),
        Linalg::LdlSolve { hermitian } => solve::ldl_solve::<T>(hermitian, inputs, outputs),
        Linalg::Exponential => solve::exponential::<T>(inputs, outputs),
        Linalg::Permutation | Linalg::SolveTriangular { .. } => bail!(Runtime, "{op:?} is not a call of one dtype"),
    }
}

/// The matrices or vectors of a row-major input, one after the other.
struct Items<'a, T> {
    all: &'a [T],
    len: usize,
}

impl<'a, T: Element> Items<'a, T> {
    /// Those in the last `dims` dimensions of the `n`-th input.
    fn of(inputs: &'a [Array], n: usize, dims: usize) -> Result<Self> {
        let array = inputs.get(n).ok_or_else(|| Error::runtime("linear algebra without one of its inputs"))?;
        ensure!(array.layout.ndim() >= dims, Runtime, "linear algebra needs arrays of {dims} dimensions");
        let len = array.shape()[array.layout.ndim() - dims..].iter().product();
        Ok(Items { all: dense::read(array)?, len })
    }

    fn get(&self, i: usize) -> &'a [T] {
        self.range(i, 1)
    }

    fn range(&self, first: usize, count: usize) -> &'a [T] {
        &self.all[first * self.len..(first + count) * self.len]
    }
}

/// Rows and columns of the matrices of an array.
fn size(array: &Array) -> [usize; 2] {
    let shape = array.shape();
    let at = |back: usize| shape.len().checked_sub(back).map_or(1, |i| shape[i]);
    [at(2), at(1)]
}

/// An output as one line a matrix.
fn lines(outputs: &[Array], n: usize, dims: usize) -> Result<Array> {
    let out = outputs.get(n).ok_or_else(|| Error::runtime("linear algebra without one of its outputs"))?;
    ensure!(out.layout.is_contiguous() && out.layout.ndim() >= dims, Runtime, "an output of linear algebra is not row-major");
    let (lead, own) = out.shape().split_at(out.layout.ndim() - dims);
    let (count, len) = (lead.iter().product(), own.iter().product::<usize>());
    Ok(out.with_layout(Layout::strided(&[count, len], &[len as isize, 1], out.layout.offset())))
}

/// The lines of an output of [`lines`], to be written.
fn parts<T: Element>(lines: &Array) -> Result<Views<'_, T, Write, 1>> {
    Views::along(lines, [1])
}

/// A line as a slice.
fn slice<T: Element>(line: View<'_, T, Write, 1>) -> &mut [T] {
    line.into_mut_slice().unwrap_or_default()
}

/// Runs of parts that a thread gets.
const RUNS_PER_THREAD: usize = 4;

/// Calls `work(memory, number, part)` for every part. The memory is that of a run of parts, one after the other.
fn for_each<P: Parts, S: Default + Send>(
    parts: P,
    cost: Cost,
    work: impl Fn(&mut S, usize, P::Part) -> Result<()> + Sync,
) -> Result<()> {
    let count = parts.count()?;
    let size = count.div_ceil(RUNS_PER_THREAD * parallel::num_threads()).max(1);
    let mut states: Vec<S> = (0..count.div_ceil(size)).map(|_| S::default()).collect();
    try_for_each_part_in_groups(parts, size, cost, &mut states, |state, number, part| {
        if interrupt::stops() { Ok(()) } else { work(state, number, part) }
    })
}

/// What a factorisation of an `m x n` matrix takes.
fn cost([m, n]: [usize; 2]) -> Cost {
    Cost::streamed(2 * m * n * m.min(n)).plus(Cost::single(m * n))
}
