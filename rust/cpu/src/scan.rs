//! Running sums, products, extrema and logarithms of sums along a dimension.

#[cfg(test)]
mod tests;

use ferrotorch_core::backend;
use ferrotorch_core::kernel::{Kernel, Scan};
use ferrotorch_core::{Array, Error, Operand, Result, match_dtype};

use crate::element::{Ordered, Ring};
use crate::isa::Baseline;
use crate::lines::{Lines, LinesMut, for_each_line};
use crate::math::Float;
use crate::planes::{self, Planes, PlanesMut, for_each_block, for_each_block_pair};
use crate::pointwise::complex_log_add;

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
        Scan::Sum => match_dtype!(out.dtype, T => running::<T>(dim, input, out, T::plus)),
        Scan::Prod => match_dtype!(out.dtype, T => running::<T>(dim, input, out, T::times)),
        _ if out.dtype.is_complex() => {
            match_dtype!(out.dtype, T in [complex] => running::<T>(dim, input, out, complex_log_add),
                else => Err(Error::dtype("logcumsumexp", out.dtype, "it is not complex")))
        }
        _ => match_dtype!(out.dtype, T in [f32, f64] => running::<T>(dim, input, out, log_add),
            else => Err(Error::dtype("logcumsumexp", out.dtype, "convert to a float dtype first"))),
    }
}

fn running<T: Ring>(dim: usize, input: &Array, out: &Array, join: impl Fn(T, T) -> T + Sync) -> Result<()> {
    if let Some(([input, out], dim)) = planes::side_by_side([input, out], dim) {
        return running_side_by_side::<T>(dim, &input, &out, join);
    }
    let (lines, out) = (Lines::<T>::new(input, dim)?, LinesMut::<T>::new(out, dim)?);
    for_each_line(out, lines.length(), |line, mut out| {
        let (mut buffer, mut own) = (Vec::new(), Vec::new());
        let x = lines.read(line, &mut buffer);
        out.fill_with(&mut own, |out| {
            let mut acc = None;
            for (slot, &x) in out.iter_mut().zip(x) {
                let next = acc.map_or(x, |acc| join(acc, x));
                *slot = next;
                acc = Some(next);
            }
        });
    })
}

/// Many lines together, row by row.
fn running_side_by_side<T: Ring>(dim: usize, input: &Array, out: &Array, join: impl Fn(T, T) -> T + Sync) -> Result<()> {
    let (input, out) = (Planes::<T>::new(input, dim)?, PlanesMut::<T>::new(out, dim)?);
    for_each_block(out, input.rows(), |plane, mut out| {
        let (x, columns) = (input.plane(plane), out.columns());
        let mut buffer = Vec::new();
        let mut acc = x.row(0, columns.clone(), &mut buffer).to_vec();
        out.write_row(0, &acc);
        for row in 1..x.rows() {
            let x = x.row(row, columns.clone(), &mut buffer);
            acc.iter_mut().zip(x).for_each(|(acc, &x)| *acc = join(*acc, x));
            out.write_row(row, &acc);
        }
    });
    Ok(())
}

/// `log(e^a + e^b)`
fn log_add<T: Float>(a: T, b: T) -> T {
    let (low, high) = if a < b || b.is_nan() { (a, b) } else { (b, a) };
    if high.abs() == T::INFINITY || high.is_nan() {
        return if low.is_nan() { low } else { high };
    }
    high + (low - high).exp::<Baseline>().log1p::<Baseline>()
}

/// Of equals the last wins, and so it does of NaNs, which win over everything else.
fn running_extremum<T: Ordered>(op: Scan, dim: usize, input: &Array, outputs: &[Array]) -> Result<()> {
    let replaces = |x: T, best: T| match op {
        Scan::Max => !x.precedes(best),
        _ => x.is_nan() || (!best.is_nan() && !best.precedes(x)),
    };
    if let Some(([input, values, indices], dim)) = planes::side_by_side([input, &outputs[0], &outputs[1]], dim) {
        return extremum_side_by_side::<T>(dim, &input, &values, &indices, replaces);
    }
    let lines = Lines::<T>::new(input, dim)?;
    let (values, indices) = (LinesMut::<T>::new(&outputs[0], dim)?, LinesMut::<i64>::new(&outputs[1], dim)?);
    for_each_line((values, indices), lines.length(), |line, (mut value, mut index)| {
        let mut buffer = Vec::new();
        let mut best = None;
        for (i, &x) in lines.read(line, &mut buffer).iter().enumerate() {
            if best.is_none_or(|(_, b)| replaces(x, b)) {
                best = Some((i, x));
            }
            if let Some((at, b)) = best {
                value.set(i, b);
                index.set(i, at as i64);
            }
        }
    })
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
    for_each_block_pair(values, indices, input.rows(), |plane, mut values, mut indices| {
        let (x, columns) = (input.plane(plane), values.columns());
        let mut buffer = Vec::new();
        let mut best = x.row(0, columns.clone(), &mut buffer).to_vec();
        let mut at = vec![0i64; best.len()];
        for row in 0..x.rows() {
            let x = x.row(row, columns.clone(), &mut buffer);
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
