//! Eigenvalues and singular values.

use ferrotorch_kernel::dtype::Element;
use ferrotorch_kernel::{Array, Result};
use ferrotorch_linalg::{Number, Workspace, eigen, hermitian, svd};
use num_complex::Complex;

use super::products::Products;
use super::{Items, Scalar, cost, for_each, lines, parts, size, slice};

/// Copies a Hermitian matrix of which one triangle is read.
fn copy_hermitian<T: Scalar>(a: &[T], to: &mut [T], n: usize, upper: bool) {
    for i in 0..n {
        to[i * n + i] = T::of_real(a[i * n + i].re());
        for j in 0..i {
            let x = if upper { a[j * n + i].conj() } else { a[i * n + j] };
            to[i * n + j] = x;
            to[j * n + i] = x.conj();
        }
    }
}

/// Memory of the algorithm, and for vectors that nobody asked for.
struct Eigh<T: Scalar> {
    memory: hermitian::Memory<T>,
    matrix: Workspace<T>,
}

impl<T: Scalar> Default for Eigh<T> {
    fn default() -> Self {
        Eigh { memory: hermitian::Memory::default(), matrix: Workspace::default() }
    }
}

pub(super) fn eigh<T: Scalar>(upper: bool, inputs: &[Array], outputs: &[Array]) -> Result<()> {
    let [n, _] = size(&inputs[0]);
    let a = Items::<T>::of(inputs, 0, 2)?;
    let (values, info) = (lines(outputs, 0, 1)?, lines(outputs, outputs.len() - 1, 0)?);
    let cost = cost([n, n]).times(8);
    let found = (parts::<T::Part>(&values)?, parts::<i32>(&info)?);
    if outputs.len() == 2 {
        return for_each(found, cost, |Eigh { memory, matrix }: &mut Eigh<T>, i, (values, info)| {
            let matrix = matrix.zeros(n * n);
            copy_hermitian(a.get(i), matrix, n, upper);
            let decompose = |products: &Products| hermitian::decompose(matrix, n, slice(values), false, memory, products);
            slice(info)[0] = Products::with(decompose)? as i32;
            Ok(())
        });
    }
    let vectors = lines(outputs, 1, 2)?;
    let found = (found, parts::<T>(&vectors)?);
    for_each(found, cost, |memory: &mut hermitian::Memory<T>, i, ((values, info), vectors)| {
        let vectors = slice(vectors);
        copy_hermitian(a.get(i), vectors, n, upper);
        let decompose = |products: &Products| hermitian::decompose(vectors, n, slice(values), true, memory, products);
        slice(info)[0] = Products::with(decompose)? as i32;
        Ok(())
    })
}

/// Eigenvalues of one matrix, and its eigenvectors where there is room for them. Returns how many were not found.
pub(super) fn eigh_of<T: Scalar>(
    a: &[T],
    n: usize,
    upper: bool,
    values: &mut [T::Part],
    vectors: Option<&mut [T]>,
) -> Result<i32> {
    let (Eigh { mut memory, mut matrix }, wanted) = (Eigh::<T>::default(), vectors.is_some());
    let matrix = vectors.unwrap_or_else(|| matrix.zeros(n * n));
    copy_hermitian(a, matrix, n, upper);
    let decompose = |products: &Products| hermitian::decompose(matrix, n, values, wanted, &mut memory, products);
    Ok(Products::with(decompose)? as i32)
}

/// Memory of the algorithm, and for the matrix, which it overwrites.
struct Eig<T: Scalar>
where
    Complex<T::Part>: Number,
{
    memory: eigen::Memory<T>,
    matrix: Workspace<T>,
}

impl<T: Scalar> Default for Eig<T>
where
    Complex<T::Part>: Number,
{
    fn default() -> Self {
        Eig { memory: eigen::Memory::default(), matrix: Workspace::default() }
    }
}

pub(super) fn eig<T: Scalar>(inputs: &[Array], outputs: &[Array]) -> Result<()>
where
    Complex<T::Part>: Element + Number<Real = T::Part>,
{
    let [n, _] = size(&inputs[0]);
    let a = Items::<T>::of(inputs, 0, 2)?;
    let (values, info) = (lines(outputs, 0, 1)?, lines(outputs, outputs.len() - 1, 0)?);
    let cost = cost([n, n]).times(20);
    let found = (parts::<Complex<T::Part>>(&values)?, parts::<i32>(&info)?);
    if outputs.len() == 2 {
        return for_each(found, cost, |Eig { memory, matrix }: &mut Eig<T>, i, (values, info)| {
            slice(info)[0] = eigenvalues(a.get(i), matrix, n, slice(values), None, memory)?;
            Ok(())
        });
    }
    let vectors = lines(outputs, 1, 2)?;
    let found = (found, parts::<Complex<T::Part>>(&vectors)?);
    for_each(found, cost, |Eig { memory, matrix }: &mut Eig<T>, i, ((values, info), vectors)| {
        slice(info)[0] = eigenvalues(a.get(i), matrix, n, slice(values), Some(slice(vectors)), memory)?;
        Ok(())
    })
}

/// Decomposes a copy of a matrix. Returns how many eigenvalues were not found; a negative number where it is not finite.
fn eigenvalues<T: Scalar>(
    a: &[T],
    matrix: &mut Workspace<T>,
    n: usize,
    values: &mut [Complex<T::Part>],
    vectors: Option<&mut [Complex<T::Part>]>,
    memory: &mut eigen::Memory<T>,
) -> Result<i32>
where
    Complex<T::Part>: Element + Number<Real = T::Part>,
{
    if !a.iter().all(|x| x.has_finite_parts()) {
        return Ok(-1);
    }
    let matrix = matrix.zeros(n * n);
    matrix.copy_from_slice(a);
    Ok(Products::with(|products| eigen::decompose(matrix, n, values, vectors, memory, products))? as i32)
}

/// What went wrong, as a number.
fn code(done: Result<(), svd::Failure>) -> i32 {
    match done {
        Ok(()) => 0,
        Err(svd::Failure::NotFinite) => -1,
        Err(svd::Failure::NotConverged(missing)) => missing as i32,
    }
}

pub(super) fn svd<T: Scalar>(inputs: &[Array], outputs: &[Array]) -> Result<()> {
    let of_a = size(&inputs[0]);
    let a = Items::<T>::of(inputs, 0, 2)?;
    let (values, info) = (lines(outputs, 0, 1)?, lines(outputs, outputs.len() - 1, 0)?);
    let cost = cost(of_a).times(12);
    let found = (parts::<T::Part>(&values)?, parts::<i32>(&info)?);
    if outputs.len() == 2 {
        return for_each(found, cost, |memory: &mut svd::Memory<T>, i, (values, info)| {
            let decompose = |products: &Products| svd::decompose(a.get(i), of_a, slice(values), None, memory, products);
            slice(info)[0] = code(Products::with(decompose)?);
            Ok(())
        });
    }
    let (u, vh) = (lines(outputs, 1, 2)?, lines(outputs, 2, 2)?);
    let found = (found, (parts::<T>(&u)?, parts::<T>(&vh)?));
    for_each(found, cost, |memory: &mut svd::Memory<T>, i, ((values, info), (u, vh))| {
        let vectors = svd::Vectors { u: slice(u), vh: slice(vh) };
        let decompose = |products: &Products| svd::decompose(a.get(i), of_a, slice(values), Some(vectors), memory, products);
        slice(info)[0] = code(Products::with(decompose)?);
        Ok(())
    })
}

/// Singular values of one matrix, and its vectors U and V^H where there is room for them. Returns what went wrong.
pub(super) fn svd_of<T: Scalar>(
    a: &[T],
    of_a: [usize; 2],
    values: &mut [T::Part],
    vectors: Option<[&mut [T]; 2]>,
) -> Result<i32> {
    let vectors = vectors.map(|[u, vh]| svd::Vectors { u, vh });
    let mut memory = svd::Memory::default();
    Ok(code(Products::with(|products| svd::decompose(a, of_a, values, vectors, &mut memory, products))?))
}
