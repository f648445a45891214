//! Gather and scatter along a dimension: line by line along the last one, plane by plane along any other.

use ferrotorch_core::dtype::{Bool, Element, bf16, c32, c64, f16};
use ferrotorch_core::error::Kind;
use ferrotorch_core::kernel::Combine;
use ferrotorch_core::scalar::FromScalar;
use ferrotorch_core::{Array, Error, Layout, Operand, Result, match_dtype};
use parking_lot::Mutex;

use crate::element::{Ordered, Ring, match_size};
use crate::lines::{Lines, LinesMut, for_each_line};
use crate::planes::{Block, Planes, PlanesMut, for_each_block};

/// `out0[i][j] = in0[in1[i][j]][j]` along `dim`.
pub(crate) fn gather(dim: usize, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let (input, index, out) = (inputs[0].array()?, inputs[1].array()?, &outputs[0]);
    // Lines of the three arrays must have the same numbers, so the source shrinks to the index's other dimensions.
    let source = shrunk(input, index.shape(), dim);
    let is_last = dim + 1 == out.layout.ndim();
    match_size!(out.dtype, T => if is_last { gather_lines::<T>(dim, &source, index, out) } else { gather_planes::<T>(dim, &source, index, out) })
}

fn gather_planes<T: Element>(dim: usize, source: &Array, index: &Array, out: &Array) -> Result<()> {
    let (source, index, out) = (Planes::<T>::new(source, dim)?, Planes::<i64>::new(index, dim)?, PlanesMut::<T>::new(out, dim)?);
    let fault = Fault::new("gather", dim, source.rows());
    for_each_block(&out, index.rows(), |plane, mut block: Block<T>| {
        let (source, index) = (source.plane(plane), index.plane(plane));
        for row in 0..out.rows() {
            for column in block.columns() {
                match fault.check(index.get(row, column)) {
                    Some(picked) => block.set(row, column, source.get(picked, column)),
                    None => return,
                }
            }
        }
    });
    fault.result()
}

fn gather_lines<T: Element>(dim: usize, source: &Array, index: &Array, out: &Array) -> Result<()> {
    let (source, index, out) = (Lines::<T>::new(source, dim)?, Lines::<i64>::new(index, dim)?, LinesMut::<T>::new(out, dim)?);
    let fault = Fault::new("gather", dim, source.length());
    for_each_line(&out, index.length(), |line, mut out| {
        let mut buffer = Vec::new();
        let source = source.line(line);
        for (i, &j) in index.read(line, &mut buffer).iter().enumerate() {
            match fault.check(j) {
                Some(j) => out.set(i, source.get(j)),
                None => return,
            }
        }
    });
    fault.result()
}

/// `out0[in0[i]] = combine(out0, in1[i])` along `dim`.
pub(crate) fn scatter(dim: usize, combine: Combine, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let (index, out) = (inputs[0].array()?, &outputs[0]);
    let target = shrunk(out, index.shape(), dim);
    match_dtype!(out.dtype, T => scatter_typed::<T>(dim, combine, index, &inputs[1], &target))
}

fn scatter_typed<T: Element + FromScalar + Combining>(
    dim: usize,
    combine: Combine,
    index: &Array,
    source: &Operand,
    target: &Array,
) -> Result<()> {
    let apply = T::combiner(combine)?;
    let array = match source {
        Operand::Array(whole) => shrunk(whole, index.shape(), dim),
        Operand::Scalar(x) => repeated(T::from_scalar(*x), index.shape())?,
        Operand::None => return Err(Error::runtime("scatter(): a source is missing")),
    };
    if dim + 1 == target.layout.ndim() {
        scatter_lines(dim, apply, index, &array, target)
    } else {
        scatter_planes(dim, apply, index, &array, target)
    }
}

/// One number as an array of any shape.
fn repeated<T: Element>(x: T, shape: &[usize]) -> Result<Array> {
    let one = Array::from_slice(&[1], &[x])?;
    Ok(one.with_layout(Layout::strided(shape, &vec![0; shape.len()], 0)))
}

fn scatter_lines<T: Element>(dim: usize, apply: fn(T, T) -> T, index: &Array, source: &Array, target: &Array) -> Result<()> {
    let (index, source) = (Lines::<i64>::new(index, dim)?, Lines::<T>::new(source, dim)?);
    let target = LinesMut::<T>::new(target, dim)?;
    let fault = Fault::new("scatter", dim, target.length());
    for_each_line(&target, index.length(), |line, mut out| {
        let mut buffer = Vec::new();
        let source = source.line(line);
        for (i, &j) in index.read(line, &mut buffer).iter().enumerate() {
            let Some(j) = fault.check(j) else { return };
            out.set(j, apply(out.get(j), source.get(i)));
        }
    });
    fault.result()
}

fn scatter_planes<T: Element>(dim: usize, apply: fn(T, T) -> T, index: &Array, source: &Array, target: &Array) -> Result<()> {
    let (index, source) = (Planes::<i64>::new(index, dim)?, Planes::<T>::new(source, dim)?);
    let target = PlanesMut::<T>::new(target, dim)?;
    let fault = Fault::new("scatter", dim, target.rows());
    for_each_block(&target, index.rows(), |plane, mut block: Block<T>| {
        let (index, source) = (index.plane(plane), source.plane(plane));
        for row in 0..index.rows() {
            for column in block.columns() {
                let Some(picked) = fault.check(index.get(row, column)) else { return };
                block.set(picked, column, apply(block.get(picked, column), source.get(row, column)));
            }
        }
    });
    fault.result()
}

/// An array cut down to `shape` in every dimension but `dim`.
fn shrunk(array: &Array, shape: &[usize], dim: usize) -> Array {
    let cut = |layout, d: usize| if d == dim { layout } else { Layout::slice(&layout, d, 0, shape[d], 1) };
    array.with_layout((0..array.layout.ndim()).fold(array.layout.clone(), cut))
}

/// The first index out of range that any thread met.
pub(crate) struct Fault {
    op: &'static str,
    dim: usize,
    size: usize,
    bad: Mutex<Option<i64>>,
}

impl Fault {
    pub(crate) fn new(op: &'static str, dim: usize, size: usize) -> Fault {
        Fault { op, dim, size, bad: Mutex::new(None) }
    }

    /// An index that must not be negative.
    #[inline(always)]
    pub(crate) fn check(&self, index: i64) -> Option<usize> {
        if (index as u64) < self.size as u64 { Some(index as usize) } else { self.note(index) }
    }

    /// An index that counts from the end if it is negative.
    #[inline(always)]
    pub(crate) fn wrap(&self, index: i64) -> Option<usize> {
        let wrapped = if index < 0 { index + self.size as i64 } else { index };
        if (wrapped as u64) < self.size as u64 { Some(wrapped as usize) } else { self.note(index) }
    }

    #[cold]
    fn note(&self, index: i64) -> Option<usize> {
        self.bad.lock().get_or_insert(index);
        None
    }

    pub(crate) fn result(&self) -> Result<()> {
        match *self.bad.lock() {
            Some(index) => Err(Kind::IndexOutOfRange { op: self.op, index, dim: self.dim, size: self.size }.into()),
            None => Ok(()),
        }
    }
}

/// Ways of writing to an element.
pub(crate) trait Combining: Element {
    /// The function of a way.
    fn combiner(combine: Combine) -> Result<fn(Self, Self) -> Self>;
}

macro_rules! combining {
    (real $($t:ty),*) => { $(impl Combining for $t {
        fn combiner(combine: Combine) -> Result<fn(Self, Self) -> Self> {
            Ok(match combine {
                Combine::Assign => |_, new| new,
                Combine::Add => Ring::plus,
                Combine::Mul => Ring::times,
                Combine::Max => |old, new| if Ordered::is_nan(old) || !old.precedes(new) { old } else { new },
                Combine::Min => |old, new| if Ordered::is_nan(old) || (!Ordered::is_nan(new) && !new.precedes(old)) { old } else { new },
            })
        }
    })* };
    (complex $($t:ty),*) => { $(impl Combining for $t {
        fn combiner(combine: Combine) -> Result<fn(Self, Self) -> Self> {
            Ok(match combine {
                Combine::Assign => |_, new| new,
                Combine::Add => Ring::plus,
                Combine::Mul => Ring::times,
                Combine::Max | Combine::Min => return Err(Error::dtype("scatter_reduce", <$t>::DTYPE, "complex numbers have no order")),
            })
        }
    })* };
}

combining! { real Bool, u8, i8, i16, i32, i64, f16, bf16, f32, f64 }
combining! { complex c32, c64 }
