//! Running sums, products, extrema and logarithms of sums along a dimension.

#[cfg(test)]
mod tests;

use bytemuck::Zeroable;
use ferrotorch_kernel::backend;
use ferrotorch_kernel::dtype::{Bool, Element, bf16, c32, c64, f16};
use ferrotorch_kernel::kernel::{Kernel, Scan};
use ferrotorch_kernel::{Array, Error, Operand, Result, match_dtype};
use smallvec::SmallVec;

use crate::element::{Ordered, Ring};
use crate::lines::{Lines, LinesMut, try_for_each_line};
use crate::parallel::{Cost, stops_at, stops_at_row};
use crate::planes::{self, Planes, PlanesMut, for_each_block, for_each_block_pair};
use crate::pointwise::complex_log_add;
use crate::view::{Read, Rows, RowsMut, Tiles, Views, for_each_part};

/// Scans `in0` into `out0`; extrema also write indices into `out1`.
pub(crate) fn scan(op: Scan, dim: usize, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let (input, out) = (inputs[0].array()?, &outputs[0]);
    if matches!(op, Scan::Max | Scan::Min) {
        return match_dtype!(input.dtype, T in [real] => running_extremum::<T>(op, dim, input, outputs),
            else => Err(Error::dtype("cummax", input.dtype, "complex numbers have no order")));
    }
    let compute = out.dtype.accumulate();
    let input = &if input.dtype == compute { input.clone() } else { input.to_dtype(compute)? };
    if compute == out.dtype {
        return sums(op, dim, input, out);
    }
    let own = Array::empty(out.shape(), compute, out.device())?;
    sums(op, dim, input, &own)?;
    backend::launch("scan", &Kernel::Copy, &[own.into()], std::slice::from_ref(out))
}

fn sums(op: Scan, dim: usize, input: &Array, out: &Array) -> Result<()> {
    match op {
        Scan::Sum => match_dtype!(out.dtype, T in [usual] => {
            running(dim, input, out, Zeroable::zeroed(), |sum: <T as Accumulated>::Wide, x: T| sum.plus(Accumulated::widen(x)), T::narrow)
        }, else => Err(Error::dtype("cumsum_out_cpu", out.dtype, ""))),
        Scan::Prod => match_dtype!(out.dtype, T in [usual] => {
            running(dim, input, out, Ring::UNIT, |product: <T as Accumulated>::Wide, x: T| product.times(Accumulated::widen(x)), T::narrow)
        }, else => Err(Error::dtype("cumprod_out_cpu", out.dtype, ""))),
        _ if out.dtype.is_complex() => match_dtype!(out.dtype, T in [complex] => {
            let log_zero = c64::new(f64::NEG_INFINITY, 0.0);
            running(dim, input, out, log_zero, |log, x: T| complex_log_add(log, Accumulated::widen(x)), T::narrow)
        }, else => Err(Error::dtype("logcumsumexp", out.dtype, "it is not complex"))),
        _ => match_dtype!(out.dtype, T in [f32, f64] => {
            running(dim, input, out, LogSum::NONE, |sum, x: T| sum.plus(Accumulated::widen(x)), |sum| T::narrow(sum.log()))
        }, else => Err(Error::dtype("logcumsumexp", out.dtype, "convert to a float dtype first"))),
    }
}

/// What a running sum is kept in: floats in double precision, for the error of a running sum grows with its length.
trait Accumulated: Ring {
    type Wide: Ring;
    fn widen(self) -> Self::Wide;
    fn narrow(wide: Self::Wide) -> Self;
}

macro_rules! accumulated {
    ($($t:ty as $wide:ty: $x:ident => $widen:expr, $y:ident => $narrow:expr;)*) => { $(impl Accumulated for $t {
        type Wide = $wide;
        #[inline(always)]
        fn widen(self) -> $wide { let $x = self; $widen }
        #[inline(always)]
        fn narrow($y: $wide) -> $t { $narrow }
    })* };
}

accumulated! {
    Bool as Bool: x => x, y => y;
    u8 as u8: x => x, y => y;
    i8 as i8: x => x, y => y;
    i16 as i16: x => x, y => y;
    i32 as i32: x => x, y => y;
    i64 as i64: x => x, y => y;
    f16 as f64: x => x.to_f64(), y => f16::from_f64(y);
    bf16 as f64: x => x.to_f64(), y => bf16::from_f64(y);
    f32 as f64: x => x as f64, y => y as f32;
    f64 as f64: x => x, y => y;
    c32 as c64: x => c64::new(x.re as f64, x.im as f64), y => c32::new(y.re as f32, y.im as f32);
    c64 as c64: x => x, y => y;
}

/// A sum of exponentials: `sum * e^largest`, where `largest` is the largest exponent so far.
#[derive(Clone, Copy)]
struct LogSum {
    largest: f64,
    sum: f64,
}

impl LogSum {
    const NONE: LogSum = LogSum { largest: f64::NEG_INFINITY, sum: 0.0 };

    fn plus(self, x: f64) -> LogSum {
        let LogSum { largest, sum } = self;
        if x == largest || x == f64::NEG_INFINITY {
            // Differences of infinities have no value.
            return LogSum { largest, sum: if x == f64::NEG_INFINITY { sum } else { sum + 1.0 } };
        }
        if x < largest {
            return LogSum { largest, sum: sum + (x - largest).exp() };
        }
        LogSum { largest: x, sum: sum * (largest - x).exp() + 1.0 }
    }

    fn log(self) -> f64 {
        self.largest + self.sum.ln()
    }
}

/// Writes at every element the value of what `join` has made, from `start` on, of the elements up to there.
fn running<T: Element, A: Copy + Send + Sync>(
    dim: usize,
    input: &Array,
    out: &Array,
    start: A,
    join: impl Fn(A, T) -> A + Sync,
    value: impl Fn(A) -> T + Sync,
) -> Result<()> {
    if let Some([input, out]) = as_rows([input, out], dim) {
        return running_abreast(&input, &out, start, join, value);
    }
    if let Some(([input, out], dim)) = planes::side_by_side([input, out], dim) {
        return running_side_by_side(dim, &input, &out, start, join, value);
    }
    if let Some([input, out]) = planes::few_columns([input, out], dim) {
        return running_in_columns(&input, &out, start, join, value);
    }
    let (lines, out) = (Lines::<T>::new(input, dim)?, LinesMut::<T>::new(out, dim)?);
    try_for_each_line(out, Cost::single(lines.length()), |line, mut out| {
        let (mut buffer, mut own) = (Vec::new(), Vec::new());
        let x = lines.read(line, &mut buffer)?;
        out.fill_with(&mut own, |out| {
            let mut acc = start;
            for (i, (slot, &x)) in out.iter_mut().zip(x).enumerate() {
                if stops_at(i) {
                    return;
                }
                acc = join(acc, x);
                *slot = value(acc);
            }
        })
    })
}

/// Lines that are scanned at the same time: each waits for its own last sum only.
const ABREAST: usize = 4;

/// Rows of fewer elements need no others abreast: the processor begins with the next ones before they are done.
const LONG: usize = 32;

/// Elements of the rows of a tile: what handing out a tile costs is little beside so many.
const TILE: usize = 4096;

/// Arrays as matrices, if their lines are rows without gaps, and so many that some can go abreast.
fn as_rows<const N: usize>(arrays: [&Array; N], dim: usize) -> Option<[Array; N]> {
    let length = *arrays[0].shape().get(dim)?;
    let rows = arrays[0].numel() / length.max(1);
    let fits = dim + 1 == arrays[0].layout.ndim() && rows >= ABREAST;
    planes::all(arrays, |array| {
        let layout = array.layout.view(&[rows, length]).filter(|_| fits)?;
        (layout.strides()[1] == 1).then(|| array.with_layout(layout))
    })
}

/// A matrix in tiles of whole rows.
fn in_rows<T: Element>(out: &Array) -> Result<Tiles<'_, T>> {
    let length = out.shape()[1];
    let rows = (TILE / length.max(1)).next_multiple_of(ABREAST).max(ABREAST);
    Ok(Tiles::new(Views::along(out, [0, 1])?, [rows, length]))
}

/// What a tile of [`in_rows`] costs, if an element costs as much as `streamed` ones.
fn cost_of_rows(out: &Array, streamed: usize) -> Cost {
    Cost::streamed(streamed * TILE.max(ABREAST * out.shape()[1]))
}

/// The rows of matrices, some at a time.
fn running_abreast<T: Element, A: Copy + Send + Sync>(
    input: &Array,
    out: &Array,
    start: A,
    join: impl Fn(A, T) -> A + Sync,
    value: impl Fn(A) -> T + Sync,
) -> Result<()> {
    let (input, cost) = (Views::<T, Read, 2>::along(input, [0, 1])?.view(0), cost_of_rows(out, 5));
    for_each_part(in_rows(out)?, cost, |_, (_, tile, out)| {
        let mut out = RowsMut::new(out);
        let mut rows = Rows::new(input.block(tile)).iter().zip(out.iter_mut());
        if input.cols() < LONG {
            return rows.for_each(|(x, out)| scan_abreast([x], [out], start, &join, &value));
        }
        loop {
            let mut group: SmallVec<[(&[T], &mut [T]); ABREAST]> = rows.by_ref().take(ABREAST).collect();
            match &mut group[..] {
                [] => return,
                [a, b, c, d] => scan_abreast([a.0, b.0, c.0, d.0], [a.1, b.1, c.1, d.1], start, &join, &value),
                few => few.iter_mut().for_each(|(x, out)| scan_abreast([x], [out], start, &join, &value)),
            }
        }
    })
}

fn scan_abreast<T: Copy, A: Copy, const L: usize>(
    x: [&[T]; L],
    out: [&mut [T]; L],
    start: A,
    join: impl Fn(A, T) -> A,
    value: impl Fn(A) -> T,
) {
    let n = out[0].len();
    let (x, out) = (x.map(|x| &x[..n]), out.map(|out| &mut out[..n]));
    let mut accs = [start; L];
    for i in 0..n {
        if stops_at(i) {
            return;
        }
        for line in 0..L {
            accs[line] = join(accs[line], x[line][i]);
            out[line][i] = value(accs[line]);
        }
    }
}

/// Many lines together, row by row.
fn running_side_by_side<T: Element, A: Copy + Send + Sync>(
    dim: usize,
    input: &Array,
    out: &Array,
    start: A,
    join: impl Fn(A, T) -> A + Sync,
    value: impl Fn(A) -> T + Sync,
) -> Result<()> {
    let (input, out) = (Planes::<T>::new(input, dim)?, PlanesMut::<T>::new(out, dim)?);
    for_each_block(out, Cost::streamed(2 * input.rows()), |plane, mut out| {
        let (x, columns) = (input.plane(plane), out.columns());
        let (mut buffer, mut own) = (Vec::new(), Vec::new());
        let mut acc = vec![start; columns.len()];
        for row in 0..x.rows() {
            if stops_at_row(row, columns.len()) {
                return;
            }
            let x = x.read_row(row, columns.clone(), &mut buffer);
            for ((slot, acc), &x) in out.row_mut(row, &mut own).iter_mut().zip(&mut acc).zip(x) {
                *acc = join(*acc, x);
                *slot = value(*acc);
            }
            out.write_back(row, &own);
        }
    })
}

/// The columns of matrices of few: all of a row are taken on before the next one is read.
fn running_in_columns<T: Element, A: Copy + Send + Sync>(
    input: &Array,
    out: &Array,
    start: A,
    join: impl Fn(A, T) -> A + Sync,
    value: impl Fn(A) -> T + Sync,
) -> Result<()> {
    let (input, out) = (Planes::<T>::new(input, 1)?, PlanesMut::<T>::new(out, 1)?);
    let [rows, columns] = out.size();
    for_each_part(Tiles::new(out, [rows, columns]), Cost::streamed(5 * rows * columns), |_, (plane, _, out)| {
        let (x, mut out) = (Rows::new(input.plane(plane)), RowsMut::new(out));
        let mut accs = [start; planes::FEW_COLUMNS];
        for (row, (x, out)) in x.iter().zip(out.iter_mut()).enumerate() {
            if stops_at_row(row, columns) {
                return;
            }
            for ((slot, acc), &x) in out.iter_mut().zip(&mut accs).zip(x) {
                *acc = join(*acc, x);
                *slot = value(*acc);
            }
        }
    })
}

/// Of equals the last wins, and so it does of NaNs, which win over everything else.
fn running_extremum<T: Ordered>(op: Scan, dim: usize, input: &Array, outputs: &[Array]) -> Result<()> {
    let replaces = |x: T, best: T| match op {
        Scan::Max => !x.precedes(best),
        _ => x.is_nan() || (!best.is_nan() && !best.precedes(x)),
    };
    let arrays = [input, &outputs[0], &outputs[1]];
    if let Some([input, values, indices]) = as_rows(arrays, dim) {
        return extremum_of_rows::<T>(&input, &values, &indices, replaces);
    }
    if let Some(([input, values, indices], dim)) = planes::side_by_side(arrays, dim) {
        return extremum_side_by_side::<T>(dim, &input, &values, &indices, replaces);
    }
    let lines = Lines::<T>::new(input, dim)?;
    let (values, indices) = (LinesMut::<T>::new(&outputs[0], dim)?, LinesMut::<i64>::new(&outputs[1], dim)?);
    try_for_each_line((values, indices), Cost::single(lines.length()), |line, (mut values, mut indices)| {
        let [mut buffer, mut own] = [const { Vec::new() }; 2];
        let (x, mut places) = (lines.read(line, &mut buffer)?, Vec::new());
        let mut filled = Ok(());
        values.fill_with(&mut own, |values| {
            filled = indices.fill_with(&mut places, |indices| extremum_of_row(x, values, indices, replaces));
        })?;
        filled
    })
}

/// The rows of matrices.
fn extremum_of_rows<T: Ordered>(
    input: &Array,
    values: &Array,
    indices: &Array,
    replaces: impl Fn(T, T) -> bool + Sync,
) -> Result<()> {
    let (input, cost) = (Views::<T, Read, 2>::along(input, [0, 1])?.view(0), cost_of_rows(values, 10));
    let tiles = (in_rows::<T>(values)?, in_rows::<i64>(indices)?);
    for_each_part(tiles, cost, |_, ((_, tile, values), (_, _, indices))| {
        let (mut values, mut indices) = (RowsMut::new(values), RowsMut::new(indices));
        for ((x, values), indices) in Rows::new(input.block(tile)).iter().zip(values.iter_mut()).zip(indices.iter_mut()) {
            extremum_of_row(x, values, indices, &replaces);
        }
    })
}

/// The branch is seldom taken: the longer a row, the fewer elements replace the best so far.
fn extremum_of_row<T: Ordered>(x: &[T], values: &mut [T], indices: &mut [i64], replaces: impl Fn(T, T) -> bool) {
    let Some(&first) = x.first() else { return };
    let (mut best, mut at) = (first, 0);
    for (i, ((&x, value), index)) in x.iter().zip(values).zip(indices).enumerate() {
        if stops_at(i) {
            return;
        }
        if replaces(x, best) {
            (best, at) = (x, i as i64);
        }
        (*value, *index) = (best, at);
    }
}

/// Many lines together, row by row.
fn extremum_side_by_side<T: Ordered>(
    dim: usize,
    input: &Array,
    values: &Array,
    indices: &Array,
    replaces: impl Fn(T, T) -> bool + Sync,
) -> Result<()> {
    let input = Planes::<T>::new(input, dim)?;
    let (values, indices) = (PlanesMut::<T>::new(values, dim)?, PlanesMut::<i64>::new(indices, dim)?);
    for_each_block_pair(values, indices, Cost::streamed(2 * input.rows()), |plane, mut values, mut indices| {
        let (x, columns) = (input.plane(plane), values.columns());
        let mut buffer = Vec::new();
        let mut best = x.read_row(0, columns.clone(), &mut buffer).to_vec();
        let mut at = vec![0i64; best.len()];
        for row in 0..x.rows() {
            if stops_at_row(row, columns.len()) {
                return;
            }
            let x = x.read_row(row, columns.clone(), &mut buffer);
            for ((best, at), &x) in best.iter_mut().zip(&mut at).zip(x) {
                let wins = replaces(x, *best);
                *best = if wins { x } else { *best };
                *at = if wins { row as i64 } else { *at };
            }
            values.write_row(row, &best);
            indices.write_row(row, &at);
        }
    })
}
