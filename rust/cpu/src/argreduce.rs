//! Largest or smallest along a dimension, and where.

use ferrotorch_core::kernel::Extremum;
use ferrotorch_core::{Array, Error, Operand, Result, match_dtype};

use crate::element::Ordered;
use crate::lines::{Lines, LinesMut, for_each_line_pair};

/// `out0` values, `out1` indices; NaN wins, of equals the first.
pub(crate) fn arg_reduce(op: Extremum, dim: usize, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let input = inputs[0].array()?;
    match_dtype!(input.dtype, T in [real] => typed::<T>(op, dim, input, outputs),
        else => Err(Error::dtype("max", input.dtype, "complex numbers have no order")))
}

fn typed<T: Ordered>(op: Extremum, dim: usize, input: &Array, outputs: &[Array]) -> Result<()> {
    let lines = Lines::<T>::new(input, dim)?;
    let (values, indices) = (LinesMut::<T>::new(&outputs[0], dim)?, LinesMut::<i64>::new(&outputs[1], dim)?);
    for_each_line_pair(&values, &indices, lines.length(), |line, mut value, mut index| {
        let mut buffer = Vec::new();
        let (i, x) = match op {
            Extremum::Max => first_best(lines.read(line, &mut buffer), |x, best| best.precedes(x)),
            Extremum::Min => first_best(lines.read(line, &mut buffer), |x, best| x.precedes(best) || x.is_nan()),
        };
        value.set(0, x);
        index.set(0, i as i64);
    })
}

/// The first element that no later one beats; NaN ends the search.
#[inline(always)]
fn first_best<T: Ordered>(x: &[T], beats: impl Fn(T, T) -> bool) -> (usize, T) {
    let mut best = (0, x[0]);
    for (i, &x) in x.iter().enumerate().skip(1) {
        if best.1.is_nan() {
            break;
        }
        if beats(x, best.1) {
            best = (i, x);
        }
    }
    best
}
