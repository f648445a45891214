//! Matrix products: `out = alpha * a @ b + beta * c` for batches of strided matrices.
//!
//! | shape | way |
//! |---|---|
//! | a few multiplications | plain loops ([`small`]) |
//! | a row or a column | dot products or sums of rows ([`vector`]) |
//! | a few rows, and a large factor that lies by columns | tiles of dot products ([`dots`]) |
//! | the rest | register tiles ([`kernel`]) in blocks that fit the caches ([`blocked`]), of half types rounded on the way ([`rounded`]) |
//!
//! Transposed and broadcast factors are read through their strides. Work is split over threads by batch and by tiles
//! of the result, never along the sum, so the number of threads does not change results.

mod blocked;
mod dots;
mod few;
mod kernel;
mod matrix;
mod number;
mod pack;
mod rounded;
#[cfg(target_arch = "x86_64")]
mod shuffle;
mod tile;
mod vector;
#[cfg(target_arch = "x86_64")]
mod x86;

#[cfg(test)]
mod tests;

use ferrotorch_kernel::dtype::{DType, bf16, f16};
use ferrotorch_kernel::kernel::{Kernel as KernelCall, Reduction};
use ferrotorch_kernel::{Array, Error, Operand, Result, Scalar, backend, bail, ensure, match_dtype};

use crate::lines::{fill_widened, widened, with_rooms};
use crate::parallel::{self, Cost};
use crate::reduce;
use crate::view::{Read, Tiles, Views, try_for_each_part};
pub(crate) use blocked::{Panels, Strip, indexed_tiles, product, stepped_tiles, tiles};
pub(crate) use dots::dots;
pub(crate) use few::few_rows;
pub(crate) use kernel::Kernel;
pub(crate) use matrix::{Matrix, MatrixMut, Scratch, matrices};
pub(crate) use number::Number;
pub(crate) use pack::{Computed, Source, pack, pack_at, pack_rows};
pub(crate) use tile::Stepped;

/// Products of fewer multiplications run in plain loops.
const TINY: usize = 256;
/// Multiplications that are worth a tile of their own.
const GRAIN: usize = 1 << 19;
/// Elements of a factor for which packing takes long enough to be avoided.
const PACKED: usize = 1 << 14;
/// So many rows take less time than packing a large factor.
const FEW_ROWS: usize = 64;
/// Elements of a matrix that are worth a tile in a product with a vector.
const VECTOR_GRAIN: usize = 1 << 15;

/// Runs [`ferrotorch_kernel::kernel::Kernel::MatMul`].
pub(crate) fn matmul(alpha: Scalar, beta: Scalar, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let ([a, b, rest @ ..], [out, row_sums @ ..]) = (inputs, outputs) else {
        bail!(Runtime, "matmul(): expected two inputs and an output")
    };
    if !row_sums.is_empty() {
        reduce::reduce(Reduction::Sum, &inputs[..1], row_sums)?;
    }
    let (a, b) = (a.array()?, b.array()?);
    let c = rest.first().and_then(Operand::optional).filter(|_| beta.to_bool());
    match out.dtype {
        DType::Float16 => run::<f16, f32>(alpha, beta, a, b, c, out),
        DType::BFloat16 => run::<bf16, f32>(alpha, beta, a, b, c, out),
        dtype if dtype.is_float8() => run_in::<f32>(alpha, beta, [a, b], c, out),
        // The low bits of sums of products do not depend on the bits above.
        DType::UInt8 | DType::Int8 | DType::Int16 => run_in::<i32>(alpha, beta, [a, b], c, out),
        DType::Bool => Err(Error::dtype("matmul", DType::Bool, "convert to an integer or float dtype first")),
        dtype => match_dtype!(@ dtype, T, run::<T, T>(alpha, beta, a, b, c, out), Err(Error::dtype("matmul", dtype, "")), [
            Int32 i32, Int64 i64, Float32 f32, Float64 f64, Complex64 ferrotorch_kernel::dtype::c32, Complex128 ferrotorch_kernel::dtype::c64]),
    }
}

/// Computes in a wider type.
fn run_in<T: Number>(alpha: Scalar, beta: Scalar, [a, b]: [&Array; 2], c: Option<&Array>, out: &Array) -> Result<()> {
    let wide = |array: &Array| array.to_dtype(T::DTYPE);
    let own = Array::empty(out.shape(), T::DTYPE, out.device())?;
    run::<T, T>(alpha, beta, &wide(a)?, &wide(b)?, c.map(wide).transpose()?.as_ref(), &own)?;
    backend::launch("matmul", &KernelCall::Copy, &[own.into()], std::slice::from_ref(out))
}

/// The matrices of a call and its factors in the dtype of the arithmetic.
struct Call<'a, S, T> {
    a: Views<'a, S, Read, 2>,
    b: Views<'a, S, Read, 2>,
    /// What is added, with its factor.
    c: Option<(Views<'a, S, Read, 2>, T)>,
    alpha: T,
    /// The result is computed as the transposed product's, by rows: it lies by columns, or [`is_quicker_transposed`].
    by_columns: bool,
    /// It is made of dot products, see [`are_few_rows`].
    by_dots: bool,
}

fn run<S: Source<T>, T: Number>(alpha: Scalar, beta: Scalar, a: &Array, b: &Array, c: Option<&Array>, out: &Array) -> Result<()> {
    let (&[batch, m, k], &[_, _, n]) = (a.shape(), b.shape()) else {
        bail!(Runtime, "matmul(): arrays of three dimensions are needed")
    };
    ensure!(
        b.shape() == [batch, k, n] && out.shape() == [batch, m, n] && c.is_none_or(|c| c.shape() == out.shape()),
        Runtime,
        "matmul(): shapes {:?} and {:?} do not give {:?}",
        a.shape(),
        b.shape(),
        out.shape()
    );
    if batch * m * n == 0 {
        return Ok(());
    }
    let c = match c {
        Some(c) => Some((matrices(c)?, T::from_scalar(beta))),
        None => None,
    };
    let (a, b, alpha) = (matrices(a)?, matrices(b)?, T::from_scalar(alpha));
    let lies_by_columns = out.layout.strides()[2] != 1 && n > 1 && out.layout.strides()[1] == 1;
    let by_columns = lies_by_columns || is_quicker_transposed(&S::kernel(), m, b.view(0));
    let by_dots = !by_columns && alpha == T::from_scalar(Scalar::Int(1)) && are_few_rows::<S, T>(a.view(0), b.view(0));
    let call = Call { a, b, c, alpha, by_columns, by_dots };
    let tiles = Tiles::new(matrices::<S, _>(out)?, tile_size(S::kernel(), [batch, m, n, k], by_columns));
    let grid = tiles.grid();
    let work = m * n * k;
    let cost = if m == 1 || n == 1 { Cost::streamed(2 * work) } else { Cost::multiply_adds(work / S::kernel().pace) };
    try_for_each_part(tiles, cost.part(grid[0] * grid[1]), |_, (batch, [rows, cols], out)| {
        let (a, b) = (call.a.view(batch), call.b.view(batch));
        let (a, b) = (a.block([rows.clone(), 0..k]), b.block([0..k, cols.clone()]));
        let c = call.c.as_ref().map(|(c, beta)| (c.view(batch).block([rows, cols]), *beta));
        if call.by_columns {
            multiply(call.alpha, b.t(), a.t(), c.map(|(c, beta)| (c.t(), beta)), out.t())
        } else if call.by_dots {
            dots_of_rows(a, b, c, out)
        } else {
            multiply(call.alpha, a, b, c, out)
        }
    })
}

/// Rows and columns of the tiles that a matrix is split into: the whole where batches keep the threads busy or it is
/// small, otherwise about two tiles a thread, as square as can be.
fn tile_size<T>(kernel: Kernel<T>, [batch, m, n, k]: [usize; 4], by_columns: bool) -> [usize; 2] {
    let threads = parallel::num_threads();
    let vector = m == 1 || n == 1;
    let grain = if vector { VECTOR_GRAIN } else { kernel.pace * GRAIN };
    let pieces = (m * n * k / grain).min(if threads == 1 { 1 } else { 2 * threads }).div_ceil(batch);
    if pieces <= 1 {
        return [m, n];
    }
    let (mr, nr) = if by_columns { (kernel.nr, kernel.mr) } else { (kernel.mr, kernel.nr) };
    // A product with a vector is split where its sums are independent.
    let across = if m == 1 {
        1
    } else if n == 1 {
        pieces
    } else {
        (1..=pieces).min_by_key(|&r| (m / r).abs_diff(n * r / pieces)).unwrap_or(1)
    };
    let down = pieces.div_ceil(across);
    [m.div_ceil(across).next_multiple_of(mr), n.div_ceil(down).next_multiple_of(nr)]
}

fn multiply<S: Source<T>, T: Number>(
    alpha: T,
    a: Matrix<S>,
    b: Matrix<S>,
    c: Option<(Matrix<S>, T)>,
    out: MatrixMut<S>,
) -> Result<()> {
    if a.rows() * a.cols() * b.cols() <= TINY {
        small(alpha, a, b, c, out);
        return Ok(());
    }
    if a.rows() == 1 {
        return vector_product(alpha, b.t(), a, c, out);
    }
    if b.cols() == 1 {
        return vector_product(alpha, a, b.t(), c.map(|(c, beta)| (c.t(), beta)), out.t());
    }
    match out.same_type::<T>() {
        Ok(mut out) => {
            start(c, &mut out);
            blocked::product(alpha, a, b, out, c.is_some())
        }
        Err(out) => rounded::product(alpha, a, b, c, out),
    }
}

/// Is a product quicker as dot products? It is where the rows of `a` are so few that packing `b`, whose columns follow one another in
/// memory, would take as long as multiplying.
fn are_few_rows<S: Source<T>, T: Number>(a: Matrix<S>, b: Matrix<S>) -> bool {
    let k = a.cols();
    let are_rows = a.step()[1] == 1 && b.step()[0] == 1;
    let is_worth_it = (2..=dots::FEW_ROWS).contains(&a.rows()) && b.cols() > 1 && k * b.cols() >= PACKED;
    are_rows && is_worth_it && T::DTYPE.is_float() && S::DTYPE == T::DTYPE
}

/// Is the transposed product quicker? Groups of words are copied from rows, and turned from columns: so they are to be those of a
/// large factor that lies by columns.
fn is_quicker_transposed<S: Source<T>, T: Number>(kernel: &Kernel<T>, rows: usize, b: Matrix<S>) -> bool {
    kernel.group > 1 && (2..=FEW_ROWS).contains(&rows) && b.cols() > 2 * rows && b.step()[0] == 1 && b.step()[1] != 1
}

/// A product for which [`are_few_rows`] holds.
fn dots_of_rows<S: Source<T>, T: Number>(a: Matrix<S>, b: Matrix<S>, c: Option<(Matrix<S>, T)>, out: MatrixMut<S>) -> Result<()> {
    let (Ok(a), Ok(b), Ok(mut out)) = (a.same_type::<T>(), b.t().same_type::<T>(), out.same_type::<T>()) else {
        bail!(Runtime, "matmul(): dot products are of factors in the dtype of the arithmetic")
    };
    start(c, &mut out);
    few::dots_of_any_length(a, b, out, c.is_some())
}

/// What an element of a product is added to.
fn added<S: Source<T>, T: Number>(c: Option<(Matrix<S>, T)>, i: usize, j: usize) -> T {
    c.map_or(T::zeroed(), |(c, beta)| c.get(i, j).widen().times_plus(beta, T::zeroed()))
}

/// Writes what the product is added to.
fn start<S: Source<T>, T: Number>(c: Option<(Matrix<S>, T)>, out: &mut MatrixMut<T>) {
    let Some((added_to, beta)) = c else { return };
    let one = T::from_scalar(Scalar::Int(1));
    for i in 0..out.rows() {
        let (cols, mut row) = (out.cols(), out.row_mut(i));
        match (added_to.row_slice(i), row.as_mut_slice()) {
            (Some(added_to), Some(row)) if beta == one => S::widen_all(added_to, row),
            _ => row.write_all((0..cols).map(|j| added(c, i, j))),
        }
    }
}

fn small<S: Source<T>, T: Number>(alpha: T, a: Matrix<S>, b: Matrix<S>, c: Option<(Matrix<S>, T)>, mut out: MatrixMut<S>) {
    for i in 0..a.rows() {
        for j in 0..b.cols() {
            let sum = (0..a.cols()).fold(T::zeroed(), |sum, k| a.get(i, k).widen().mul_add(b.get(k, j).widen(), sum));
            out.set(i, j, S::narrow(sum.times_plus(alpha, added(c, i, j))));
        }
    }
}

/// `out = alpha * (m @ x)^T + beta * c` for rows `x`, `c` and `out`.
fn vector_product<S: Source<T>, T: Number>(
    alpha: T,
    m: Matrix<S>,
    x: Matrix<S>,
    c: Option<(Matrix<S>, T)>,
    mut out: MatrixMut<S>,
) -> Result<()> {
    with_rooms(|[copy, own, sums]| {
        let x = widened::<S, T>(x.row(0), copy)?;
        let one = T::from_scalar(Scalar::Int(1));
        if alpha == one
            && let Some(m) = of_few_terms::<S, T>(m)
        {
            let mut done = Ok(());
            fill_widened(out.row_mut(0), own, |out| {
                let (x, mut out) = (Matrix::from_slice(x, 1, x.len()), MatrixMut::from_slice_mut(out, 1, m.rows()));
                start(c, &mut out);
                done = few::dots_of_any_length(x, m, out, c.is_some());
            })?;
            return done;
        }
        if c.is_none() && alpha == one {
            return fill_widened(out.row_mut(0), own, |out| dots_with(m, x, out));
        }
        let sums = sums.of::<T>(m.rows())?;
        dots_with(m, x, sums);
        out.row_mut(0).write_all(sums.iter().enumerate().map(|(j, sum)| S::narrow(sum.times_plus(alpha, added(c, 0, j)))));
        Ok(())
    })
}

/// The matrix, if its rows are contiguous, of the dtype of the arithmetic, and so short that their sums need not be made pairwise.
fn of_few_terms<S: Source<T>, T: Number>(m: Matrix<S>) -> Option<Matrix<T>> {
    let are_short = m.step()[1] == 1 && m.rows() > 1 && m.cols() <= vector::BLOCK;
    m.same_type::<T>().ok().filter(|_| are_short && T::DTYPE.is_float())
}

/// `out[i] = m[i] . x`
fn dots_with<S: Source<T>, T: Number>(m: Matrix<S>, x: &[T], out: &mut [T]) {
    if m.step()[1] == 1 {
        vector::dot_each_row(m, x, out);
    } else if m.step()[0] == 1 {
        vector::sums(m.t(), x, out);
    } else {
        out.iter_mut().enumerate().for_each(|(i, sum)| {
            *sum = x.iter().enumerate().fold(T::zeroed(), |sum, (k, &x)| m.get(i, k).widen().mul_add(x, sum));
        });
    }
}
