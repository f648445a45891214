//! Gather and scatter along a dimension: line by line along the last one, plane by plane along any other, and in whole
//! slices where all elements of a slice have the same index.

#[cfg(test)]
mod tests;

use std::ops::Range;

use ferrotorch_kernel::dtype::Element;
use ferrotorch_kernel::kernel::Combine;
use ferrotorch_kernel::{Array, DType, Device, Error, Layout, Operand, Result, Scalar, match_dtype};

use crate::bounds::Fault;
use crate::combine::{self, Combiner, Combining};
use crate::element::match_size;
use crate::fill;
use crate::index;
use crate::lines::{Lines, LinesMut, try_for_each_line};
use crate::parallel::{Cost, stops_at, stops_at_row};
use crate::planes::{Block, Planes, PlanesMut, for_each_block};
use crate::view::{Read, Rows, RowsMut, Tiles, View, Views, Write, for_each_part};

/// `out0[i][j] = in0[in1[i][j]][j]` along `dim`.
pub(crate) fn gather(dim: usize, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let (input, index, out) = (inputs[0].array()?, inputs[1].array()?, &outputs[0]);
    // Lines of the three arrays must have the same numbers, so the source shrinks to the index's other dimensions.
    let source = shrunk(input, index.shape(), dim);
    if let Some(index) = index_of_slices(index, dim) {
        return match_size!(out.dtype, T => index::read_slices::<T>("gather", dim, &source, &index, out));
    }
    let is_last = dim + 1 == out.layout.ndim();
    match_size!(out.dtype, T => if is_last { gather_lines::<T>(dim, &source, index, out) } else { gather_planes::<T>(dim, &source, index, out) })
}

fn gather_planes<T: Element>(dim: usize, source: &Array, index: &Array, out: &Array) -> Result<()> {
    let (source, index, out) = (Planes::<T>::new(source, dim)?, Planes::<i64>::new(index, dim)?, PlanesMut::<T>::new(out, dim)?);
    let fault = Fault::new("gather", dim, source.rows());
    let rows = out.rows();
    for_each_block(out, Cost::single(index.rows()), |plane, mut block: Block<T>| {
        let (source, index) = (source.plane(plane), index.plane(plane));
        for row in 0..rows {
            if stops_at_row(row, block.columns().len()) {
                return;
            }
            for column in block.columns() {
                match fault.check(index.get(row, column)) {
                    Some(picked) => block.set(row, column, source.get(picked, column)),
                    None => return,
                }
            }
        }
    })?;
    fault.result()
}

fn gather_lines<T: Element>(dim: usize, source: &Array, index: &Array, out: &Array) -> Result<()> {
    if let (Some(source), Some(index), Some(out)) = (as_rows(source), as_rows(index), as_rows(out)) {
        return gather_rows::<T>(dim, &source, &index, &out);
    }
    let (source, index, out) = (Lines::<T>::new(source, dim)?, Lines::<i64>::new(index, dim)?, LinesMut::<T>::new(out, dim)?);
    let fault = Fault::new("gather", dim, source.length());
    try_for_each_line(out, Cost::single(index.length()), |line, mut out| {
        let mut buffer = Vec::new();
        let (source, index) = (source.line(line), index.read(line, &mut buffer)?);
        if let (Some(source), Some(out)) = (source.as_slice(), out.as_mut_slice()) {
            gather_slice(&fault, source, index, out);
            return Ok(());
        }
        for (i, &j) in index.iter().enumerate() {
            match fault.check(j) {
                Some(j) if !stops_at(i) => out.set(i, source.get(j)),
                _ => break,
            }
        }
        Ok(())
    })?;
    fault.result()
}

/// The lines of an array along its last dimension as the rows of a matrix, in each of which the elements are neighbours; `None` where
/// the lines do not lie at even distances.
fn as_rows(array: &Array) -> Option<Array> {
    let columns = *array.shape().last()?;
    if array.numel() == 0 {
        return None;
    }
    let rows = array.layout.view(&[array.numel() / columns, columns])?;
    (rows.strides()[1] == 1).then(|| array.with_layout(rows))
}

/// How many rows are gathered or scattered together: to hand out a short one takes longer than to fill it.
fn together(columns: usize) -> usize {
    (SOME / columns).clamp(1, 64)
}

/// Some rows of the one matrix that there is.
fn some_rows<'a, T: Element>(matrix: &Views<'a, T, Read, 2>, rows: &Range<usize>) -> Rows<'a, T> {
    let matrix = matrix.view(0);
    Rows::new(matrix.block([rows.clone(), 0..matrix.cols()]))
}

/// [`gather_lines`] of rows, some at a time.
fn gather_rows<T: Element>(dim: usize, source: &Array, index: &Array, out: &Array) -> Result<()> {
    let fault = Fault::new("gather", dim, source.shape()[1]);
    let (source, index) = (Views::<T, Read, 2>::along(source, [0, 1])?, Views::<i64, Read, 2>::along(index, [0, 1])?);
    let (columns, some) = (out.shape()[1], together(out.shape()[1]));
    let tiles = Tiles::new(Views::<T, Write, 2>::along(out, [0, 1])?, [some, columns]);
    for_each_part(tiles, Cost::single(some * columns), |_, (_, [rows, _], out)| {
        let (source, index) = (some_rows(&source, &rows), some_rows(&index, &rows));
        for (out, (source, index)) in RowsMut::new(out).iter_mut().zip(source.iter().zip(index.iter())) {
            gather_slice(&fault, source, index, out);
        }
    })?;
    fault.result()
}

/// Elements of a line at places of it; ends at the first index out of range.
fn gather_slice<T: Element>(fault: &Fault, source: &[T], index: &[i64], out: &mut [T]) {
    if index.len() <= SOME {
        return gather_some(fault, source, index, out);
    }
    for (number, (index, out)) in index.chunks(SOME).zip(out.chunks_mut(SOME)).enumerate() {
        if stops_at_row(number, SOME) {
            return;
        }
        gather_some(fault, source, index, out);
    }
}

/// [`gather_slice`] of elements that it asks nothing between.
#[inline]
fn gather_some<T: Element>(fault: &Fault, source: &[T], index: &[i64], out: &mut [T]) {
    for (&i, out) in index.iter().zip(out) {
        // What is negative is a large number without a sign.
        match source.get(i as usize) {
            Some(&x) => *out = x,
            None => {
                fault.check(i);
                return;
            }
        }
    }
}

/// Elements after which a long line asks whether it is to stop.
const SOME: usize = 1 << 12;

/// `out0[in0[i]] = combine(out0, in1[i])` along `dim`.
pub(crate) fn scatter(dim: usize, combine: Combine, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let (index, out) = (inputs[0].array()?, &outputs[0]);
    let source = match &inputs[1] {
        Operand::Array(whole) => shrunk(whole, index.shape(), dim),
        Operand::Scalar(x) => repeated(*x, out.dtype, index.shape())?,
        Operand::None => return Err(Error::runtime("scatter(): a source is missing")),
    };
    combine::run_in_usual_dtype(combine, &source, &shrunk(out, index.shape(), dim), |source, target| {
        if combine == Combine::Assign {
            return match_size!(target.dtype, T => scatter_typed::<T>(dim, combine, index, source, target));
        }
        match_dtype!(target.dtype, T in [usual] => scatter_typed::<T>(dim, combine, index, source, target),
            else => Err(Error::dtype("scatter", target.dtype, "")))
    })
}

fn scatter_typed<T: Element + Combining>(
    dim: usize,
    combine: Combine,
    index: &Array,
    source: &Array,
    target: &Array,
) -> Result<()> {
    if let Some(index) = index_of_slices(index, dim) {
        return index::write_slices::<T>("scatter", dim, source, &index, combine, target);
    }
    let combiner = T::combiner(combine)?;
    if dim + 1 == target.layout.ndim() {
        scatter_lines(dim, combiner, index, source, target)
    } else {
        scatter_planes(dim, combiner.one, index, source, target)
    }
}

/// The one index of each slice, where an index has been expanded along all dimensions but `dim`, and that is not the last.
fn index_of_slices(index: &Array, dim: usize) -> Option<Array> {
    let (shape, strides) = (index.shape(), index.layout.strides());
    let is_repeated = |d: usize| d == dim || shape[d] == 1 || strides[d] == 0;
    let is_expanded = dim + 1 < shape.len() && index.numel() > shape[dim] && (0..shape.len()).all(is_repeated);
    is_expanded.then(|| index.with_layout(Layout::strided(&[shape[dim]], &[strides[dim]], index.layout.offset())))
}

/// One number as an array of any shape.
fn repeated(x: Scalar, dtype: DType, shape: &[usize]) -> Result<Array> {
    let one = Array::empty(&[1], dtype, Device::CPU)?;
    fill::fill(x, &one)?;
    Ok(one.with_layout(Layout::strided(shape, &vec![0; shape.len()], 0)))
}

fn scatter_lines<T: Element>(dim: usize, combiner: Combiner<T>, index: &Array, source: &Array, target: &Array) -> Result<()> {
    if let (Some(source), Some(index), Some(target)) = (as_rows(source), as_rows(index), as_rows(target)) {
        return scatter_rows::<T>(dim, combiner, &index, &source, &target);
    }
    let (index, source) = (Lines::<i64>::new(index, dim)?, Lines::<T>::new(source, dim)?);
    let target = LinesMut::<T>::new(target, dim)?;
    let fault = Fault::new("scatter", dim, target.length());
    try_for_each_line(target, Cost::single(index.length()), |line, mut out| {
        let mut buffer = Vec::new();
        let (index, source) = (index.read(line, &mut buffer)?, source.line(line));
        if let Some(out) = out.as_mut_slice() {
            scatter_slice(&combiner, &fault, index, source, out);
            return Ok(());
        }
        for (i, &j) in index.iter().enumerate() {
            let Some(j) = fault.check(j).filter(|_| !stops_at(i)) else { break };
            out.set(j, (combiner.one)(out.get(j), source.get(i)));
        }
        Ok(())
    })?;
    fault.result()
}

/// [`scatter_lines`] of rows, some at a time.
fn scatter_rows<T: Element>(dim: usize, combiner: Combiner<T>, index: &Array, source: &Array, target: &Array) -> Result<()> {
    let fault = Fault::new("scatter", dim, target.shape()[1]);
    let (columns, some) = (index.shape()[1], together(index.shape()[1]));
    let (source, index) = (Views::<T, Read, 2>::along(source, [0, 1])?, Views::<i64, Read, 2>::along(index, [0, 1])?);
    let tiles = Tiles::new(Views::<T, Write, 2>::along(target, [0, 1])?, [some, target.shape()[1]]);
    for_each_part(tiles, Cost::single(some * columns), |_, (_, [rows, _], target)| {
        let (source, index) = (source.view(0).block([rows.clone(), 0..columns]), some_rows(&index, &rows));
        for (i, (target, index)) in RowsMut::new(target).iter_mut().zip(index.iter()).enumerate() {
            scatter_slice(&combiner, &fault, index, source.row(i), target);
        }
    })?;
    fault.result()
}

/// Elements of a line; ends at the first index out of range. The source is as long as the index.
fn scatter_slice<T: Element>(combiner: &Combiner<T>, fault: &Fault, index: &[i64], source: View<T, Read, 1>, out: &mut [T]) {
    let write = |out: &mut [T], index: &[i64], new: &[T]| {
        let done = (combiner.at)(out, index, new);
        index.get(done).is_none_or(|&bad| fault.check(bad).is_some())
    };
    if let Some(new) = source.as_slice() {
        if index.len() <= SOME {
            write(out, index, new);
            return;
        }
        let mut parts = index.chunks(SOME).zip(new.chunks(SOME)).enumerate();
        parts.all(|(number, (index, new))| !stops_at_row(number, SOME) && write(out, index, new));
        return;
    }
    const FEW: usize = 64;
    let (mut values, mut elements) = ([T::zeroed(); FEW], source.iter());
    let is_repeated = source.step() == [0] && source.len() > 0;
    if is_repeated {
        values.fill(source.get(0));
    }
    for (number, index) in index.chunks(FEW).enumerate() {
        if !is_repeated {
            values.iter_mut().zip(elements.by_ref()).for_each(|(value, element)| *value = element);
        }
        if stops_at_row(number, FEW) || !write(out, index, &values[..index.len()]) {
            return;
        }
    }
}

fn scatter_planes<T: Element>(dim: usize, apply: fn(T, T) -> T, index: &Array, source: &Array, target: &Array) -> Result<()> {
    let (index, source) = (Planes::<i64>::new(index, dim)?, Planes::<T>::new(source, dim)?);
    let target = PlanesMut::<T>::new(target, dim)?;
    let fault = Fault::new("scatter", dim, target.rows());
    for_each_block(target, Cost::single(index.rows()), |plane, mut block: Block<T>| {
        let (index, source) = (index.plane(plane), source.plane(plane));
        for row in 0..index.rows() {
            if stops_at_row(row, block.columns().len()) {
                return;
            }
            for column in block.columns() {
                let Some(picked) = fault.check(index.get(row, column)) else { return };
                block.set(picked, column, apply(block.get(picked, column), source.get(row, column)));
            }
        }
    })?;
    fault.result()
}

/// An array cut down to `shape` in every dimension but `dim`.
fn shrunk(array: &Array, shape: &[usize], dim: usize) -> Array {
    let cut = |layout, d: usize| if d == dim { layout } else { Layout::slice(&layout, d, 0, shape[d], 1) };
    array.with_layout((0..array.layout.ndim()).fold(array.layout.clone(), cut))
}
