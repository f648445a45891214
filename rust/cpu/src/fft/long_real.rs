//! Long real lines: pairs of neighbours are taken for complex numbers, whose transform has half the length.
//!
//! With `Z` the transform of `x[2j] + i x[2j + 1]` and `m` half the length, the even elements have the coefficients
//! `(Z[k] + conj Z[m - k]) / 2` and the odd ones `(Z[k] - conj Z[m - k]) / 2i`, and those of all are the former plus the latter
//! times a root of unity (Press et al., *Numerical Recipes*, section 12.3).

use ferrotorch_kernel::dtype::Element;
use ferrotorch_kernel::{Array, Result};
use num_complex::Complex;

use super::complex;
use super::long::{sides, with_line_as};
use super::plan::Real;
use super::roots::Roots;
use crate::parallel::Cost;
use crate::view::{Read, Tiles, View, Views, Write, try_for_each_part};

/// Coefficients that one part of the work computes.
const STRETCH: usize = 4096;

/// The sides of the matrix that pairs of neighbours in a long line are laid out in.
pub(super) fn sides_of_pairs(n: usize) -> Option<[usize; 2]> {
    if n.is_multiple_of(2) { sides(n / 2) } else { None }
}

/// [`real::to_complex`](super::real::to_complex) of lines whose pairs have these sides.
pub(super) fn to_complex<T: Real>(dim: usize, sides: [usize; 2], scale: T, input: &Array, out: &Array) -> Result<()>
where
    Complex<T>: Element,
{
    let pairs = pairs_like(out, dim, sides)?;
    pack::<T>(dim, sides, input, &pairs)?;
    complex::transform(dim, false, T::one(), None, &pairs)?;
    let (half, roots) = (pairs.shape()[dim], Roots::new(2 * pairs.shape()[dim], false));
    let source = Views::<Complex<T>, Read, 1>::along(&pairs, [dim])?;
    let scale = scale / (T::one() + T::one());
    let coefficient = |z: View<Complex<T>, Read, 1>, k: usize| -> Complex<T> {
        let (z, mirrored) = (z.get(k % half), z.get((half - k) % half).conj());
        let (even, odd) = (z + mirrored, z - mirrored);
        // Divided by i.
        (even + roots.rounded::<T>(k) * Complex::new(odd.im, -odd.re)) * scale
    };
    for_each_stretch(out, dim, |line, first, mut values: View<Complex<T>, Write, 1>| {
        let z = source.view(line);
        values.write_all(
            (first..).take(values.len()).map(|k| if k <= half { coefficient(z, k) } else { coefficient(z, 2 * half - k).conj() }),
        );
    })
}

/// [`real::to_real`](super::real::to_real) of lines whose pairs have these sides.
pub(super) fn to_real<T: Real>(dim: usize, sides: [usize; 2], scale: T, input: &Array, out: &Array) -> Result<()>
where
    Complex<T>: Element,
{
    let pairs = pairs_like(input, dim, sides)?;
    let (half, roots) = (pairs.shape()[dim], Roots::new(2 * pairs.shape()[dim], true));
    let source = Views::<Complex<T>, Read, 1>::along(input, [dim])?;
    // Coefficients that equal their own conjugates are real.
    let read = |x: View<Complex<T>, Read, 1>, k: usize| match x.get(k) {
        x if k == 0 || k == half => Complex::new(x.re, T::zero()),
        x => x,
    };
    for_each_stretch(&pairs, dim, |line, first, mut values: View<Complex<T>, Write, 1>| {
        let x = source.view(line);
        values.write_all((first..).take(values.len()).map(|k| {
            let (x, mirrored) = (read(x, k), read(x, half - k).conj());
            let odd: Complex<T> = roots.rounded::<T>(k) * (x - mirrored);
            // Times i.
            x + mirrored + Complex::new(-odd.im, odd.re)
        }));
    })?;
    complex::transform(dim, true, scale, None, &pairs)?;
    unpack::<T>(dim, sides, &pairs, out)
}

/// Room for the pairs of lines, which lie as those of `like` do.
fn pairs_like(like: &Array, dim: usize, [rows, columns]: [usize; 2]) -> Result<Array> {
    let mut shape = like.shape().to_vec();
    shape[dim] = rows * columns;
    Array::empty(&shape, like.dtype, like.device())
}

/// Calls `work` with the number of a line, the first index of a stretch of it, and the stretch.
fn for_each_stretch<S: Element>(array: &Array, dim: usize, work: impl Fn(usize, usize, View<S, Write, 1>) + Sync) -> Result<()> {
    let lines = array.with_layout(array.layout.unsqueeze(dim));
    let tiles = Tiles::new(Views::<S, Write, 2>::along(&lines, [dim, dim + 1])?, [1, STRETCH]);
    try_for_each_part(tiles, Cost::functions(STRETCH), |_, (line, ranges, block)| {
        work(line, ranges[1].start, block.row(0));
        Ok(())
    })
}

/// Copies the pairs of real lines.
fn pack<T: Real>(dim: usize, [rows, columns]: [usize; 2], input: &Array, pairs: &Array) -> Result<()>
where
    Complex<T>: Element,
{
    let wide = 2 * columns;
    let input = with_line_as(input, dim, [rows, wide], [wide as isize, 1]);
    let pairs = with_line_as(pairs, dim, [rows, columns], [columns as isize, 1]);
    let source = Views::<T, Read, 2>::along(&input, [dim, dim + 1])?;
    let tiles = Tiles::new(Views::<Complex<T>, Write, 2>::along(&pairs, [dim, dim + 1])?, [1, columns]);
    try_for_each_part(tiles, Cost::streamed(wide), |_, (matrix, [row, _], block)| {
        let row = source.view(matrix).row(row.start);
        block.row(0).write_all((0..columns).map(|j| Complex::new(row.get(2 * j), row.get(2 * j + 1))));
        Ok(())
    })
}

/// The opposite of [`pack`].
fn unpack<T: Real>(dim: usize, [rows, columns]: [usize; 2], pairs: &Array, out: &Array) -> Result<()>
where
    Complex<T>: Element,
{
    let wide = 2 * columns;
    let pairs = with_line_as(pairs, dim, [rows, columns], [columns as isize, 1]);
    let out = with_line_as(out, dim, [rows, wide], [wide as isize, 1]);
    let source = Views::<Complex<T>, Read, 2>::along(&pairs, [dim, dim + 1])?;
    let tiles = Tiles::new(Views::<T, Write, 2>::along(&out, [dim, dim + 1])?, [1, wide]);
    try_for_each_part(tiles, Cost::streamed(wide), |_, (matrix, [row, _], block)| {
        let row = source.view(matrix).row(row.start);
        block.row(0).write_all(row.iter().flat_map(|z| [z.re, z.im]));
        Ok(())
    })
}
