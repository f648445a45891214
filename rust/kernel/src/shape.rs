//! Shapes, strides and the arithmetic of dimensions.

use smallvec::SmallVec;

use crate::ensure;
use crate::error::{Error, Kind, Result};

/// Sizes of the dimensions.
pub type Shape = SmallVec<[usize; 5]>;
/// Steps between neighbours along each dimension, in elements.
pub type Strides = SmallVec<[isize; 5]>;
/// Dimension numbers, already wrapped into `0..ndim`.
pub type Dims = SmallVec<[usize; 5]>;

/// A copy of sizes, strides or numbers of dimensions: of few, as most arrays have, without the call that moves many.
#[inline]
pub fn copied<T: Copy + Default>(from: &[T]) -> SmallVec<[T; 5]> {
    let none = T::default();
    let few = match *from {
        [] => [none; 5],
        [a] => [a, none, none, none, none],
        [a, b] => [a, b, none, none, none],
        [a, b, c] => [a, b, c, none, none],
        [a, b, c, d] => [a, b, c, d, none],
        [a, b, c, d, e] => [a, b, c, d, e],
        _ => return SmallVec::from_slice(from),
    };
    SmallVec::from_buf_and_len(few, from.len())
}

/// Number of elements, or an error where so many have no addresses. Sizes of 0 do not excuse the others but the first, for
/// row-major strides are products of these. Every shape that a user asks for passes through here; after that, sizes, strides
/// and bytes may be multiplied without a check.
pub fn checked_numel(shape: &[usize]) -> Result<usize> {
    let empty = shape.contains(&0);
    let (most, factors) = if empty { (isize::MAX as usize, &shape[1..]) } else { (isize::MAX as usize / 16, shape) };
    let product = factors.iter().try_fold(1usize, |n, &s| n.checked_mul(s.max(1))).filter(|&n| n <= most);
    let n = product.ok_or_else(|| Error::runtime(format!("Storage size calculation overflowed with sizes={shape:?}")))?;
    Ok(if empty { 0 } else { n })
}

/// A size repeated so many times.
pub fn times(op: &'static str, size: usize, repeats: i64) -> Result<usize> {
    let n = usize::try_from(repeats).ok().and_then(|repeats| size.checked_mul(repeats)).filter(|&n| n <= isize::MAX as usize);
    n.ok_or_else(|| Error::runtime(format!("{op}(): a size of {size} repeated {repeats} times overflows")))
}

/// Number of elements of a shape that is known to be sound.
pub fn numel(shape: &[usize]) -> usize {
    // The factors beside a 0 may be large.
    shape.iter().fold(1usize, |n, &size| n.wrapping_mul(size))
}

/// Row-major strides; dimensions of size 0 count as 1, as in PyTorch.
pub fn contiguous_strides(shape: &[usize]) -> Strides {
    if shape.len() <= 1 {
        return copied(&[1][..shape.len()]);
    }
    let mut strides: Strides = SmallVec::from_elem(1, shape.len());
    for i in (1..shape.len()).rev() {
        strides[i - 1] = strides[i].wrapping_mul(shape[i].max(1) as isize);
    }
    strides
}

/// A dimension number as the user gave it, wrapped into `0..ndim`. 0-dim tensors accept 0 and -1.
pub fn wrap_dim(op: &'static str, dim: i64, ndim: usize) -> Result<usize> {
    let n = ndim.max(1) as i64;
    if dim < -n || dim >= n {
        return Err(Kind::DimOutOfRange { op, dim, ndim }.into());
    }
    Ok(if dim < 0 { dim + n } else { dim } as usize)
}

/// Several dimension numbers, wrapped; a number given twice is refused.
pub fn wrap_dims(op: &'static str, dims: &[i64], ndim: usize) -> Result<Dims> {
    let mut wrapped = Dims::new();
    for &d in dims {
        let d = wrap_dim(op, d, ndim)?;
        ensure!(!wrapped.contains(&d), Runtime, "{op}(): dim {d} appears multiple times in the list of dims");
        wrapped.push(d);
    }
    Ok(wrapped)
}

/// Refuses tensors of more dimensions than PyTorch has where some of them are chosen.
pub fn check_choice(ndim: usize) -> Result<()> {
    const MOST: usize = 64;
    ensure!(ndim <= MOST, Runtime, "only tensors with up to {MOST} dims are supported");
    Ok(())
}

/// The shape that two shapes broadcast to.
pub fn broadcast_shapes(op: &'static str, a: &[usize], b: &[usize]) -> Result<Shape> {
    if a == b {
        return Ok(copied(a));
    }
    let n = a.len().max(b.len());
    let at = |s: &[usize], i: usize| (i + s.len()).checked_sub(n).map_or(1, |j| s[j]);
    (0..n)
        .map(|i| match (at(a, i), at(b, i)) {
            (x, y) if x == y => Ok(x),
            (1, y) => Ok(y),
            (x, 1) => Ok(x),
            _ => Err(Kind::Broadcast { op, lhs: Shape::from_slice(a), rhs: Shape::from_slice(b) }.into()),
        })
        .collect()
}

/// Can `from` broadcast to exactly `to`?
pub fn is_expandable(from: &[usize], to: &[usize]) -> bool {
    from.len() <= to.len() && from.iter().rev().zip(to.iter().rev()).all(|(&f, &t)| f == t || f == 1)
}

/// The last dimension in which two shapes fail to broadcast, with both sizes.
pub fn first_conflict(a: &[usize], b: &[usize]) -> Option<(usize, usize, usize)> {
    let n = a.len().max(b.len());
    a.iter()
        .rev()
        .zip(b.iter().rev())
        .enumerate()
        .find(|(_, (x, y))| x != y && **x != 1 && **y != 1)
        .map(|(i, (&x, &y))| (n - 1 - i, x, y))
}

/// Resolves one `-1` in a requested shape against a number of elements.
pub fn infer_size(op: &'static str, requested: &[i64], numel: usize) -> Result<Shape> {
    let mut inferred = None;
    let mut product = 1usize;
    for (i, &s) in requested.iter().enumerate() {
        match s {
            -1 => {
                ensure!(inferred.is_none(), Runtime, "{op}(): only one dimension can be inferred (-1), got shape {requested:?}");
                inferred = Some(i);
            }
            s if s < 0 => return Err(Error::runtime(format!("{op}(): invalid shape dimension {s} in {requested:?}"))),
            s => {
                product = product
                    .checked_mul(s as usize)
                    .ok_or_else(|| Error::runtime(format!("{op}(): shape {requested:?} is too large")))?
            }
        }
    }
    let mut shape: Shape = requested.iter().map(|&s| s.max(0) as usize).collect();
    if let Some(i) = inferred {
        ensure!(
            product != 0,
            Runtime,
            "{op}(): cannot reshape tensor of {numel} elements into shape {requested:?} because the unspecified dimension size -1 can be any value and is ambiguous"
        );
        ensure!(numel.is_multiple_of(product), Runtime, "{op}(): shape '{requested:?}' is invalid for input of size {numel}");
        shape[i] = numel / product;
    } else {
        ensure!(product == numel, Runtime, "{op}(): shape '{requested:?}' is invalid for input of size {numel}");
    }
    checked_numel(&shape)?;
    Ok(shape)
}
