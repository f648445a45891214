//! Insertion points in sorted lines.

#[cfg(test)]
mod tests;

use ferrotorch_kernel::{Array, Error, Operand, Result, match_dtype};

use crate::element::Ordered;
use crate::lines::{Lines, LinesMut, try_for_each_line};
use crate::parallel::{Cost, stops_at};

/// `out0` is where each of `in1` belongs in sorted `in0`; `right`: behind equals.
pub(crate) fn search_sorted(right: bool, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let (sorted, values, out) = (inputs[0].array()?, inputs[1].array()?, &outputs[0]);
    match_dtype!(sorted.dtype, T in [real] => typed::<T>(right, sorted, values, out),
        else => Err(Error::dtype("searchsorted_out_cpu", sorted.dtype, "")))
}

fn typed<T: Ordered>(right: bool, sorted: &Array, values: &Array, out: &Array) -> Result<()> {
    let one_row = sorted.layout.ndim() == 1;
    let (values, out) = (values.at_least_1d(), out.at_least_1d());
    let last = values.layout.ndim() - 1;
    let sorted = Lines::<T>::new(sorted, sorted.layout.ndim() - 1)?;
    let (values, out) = (Lines::<T>::new(&values, last)?, LinesMut::<i64>::new(&out, last)?);
    try_for_each_line(out, Cost::single(24 * values.length()), |line, mut out| {
        let (mut row, mut buffer) = (Vec::new(), Vec::new());
        let row = sorted.read(if one_row { 0 } else { line }, &mut row)?;
        for (i, &x) in values.read(line, &mut buffer)?.iter().enumerate() {
            if stops_at(i) {
                break;
            }
            // NaN is above nothing and below nothing: as a value it belongs behind all, in the row it is passed.
            let has_nan = |y: T| x.is_nan() || y.is_nan();
            let place = halve(row.len(), |i| has_nan(row[i]) || if right { !x.precedes(row[i]) } else { row[i].precedes(x) });
            out.set(i, place as i64);
        }
        Ok(())
    })
}

/// The first place that `passes` does not hold of. It need not be so behind all for which it does, NaN in the row sees to that:
/// the answer is then the one that halving by the lower middle comes to.
fn halve(n: usize, passes: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, n);
    while low < high {
        let middle = low + (high - low) / 2;
        if passes(middle) { low = middle + 1 } else { high = middle }
    }
    low
}
