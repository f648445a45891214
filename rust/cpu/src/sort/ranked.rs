//! The element of a rank, found without sorting all others.

use ferrotorch_kernel::kernel::Rank;
use ferrotorch_kernel::memory::collect_for;
use ferrotorch_kernel::{Array, Error, Operand, Result, match_dtype};

use super::{MOST_AT_ONCE, SortKey, select_pairs};
use crate::lines::{Lines, LinesMut, try_for_each_line};
use crate::parallel::Cost;

/// Runs [`ferrotorch_kernel::kernel::Kernel::Ranked`].
pub(crate) fn ranked(rank: Rank, dim: usize, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let input = inputs[0].array()?;
    match_dtype!(input.dtype, T in [ordered] => ranked_of_lines::<T>(rank, dim, input, &outputs[0]),
        else => Err(Error::dtype("median", input.dtype, "")))
}

fn ranked_of_lines<T: SortKey>(rank: Rank, dim: usize, input: &Array, out: &Array) -> Result<()> {
    let lines = Lines::<T>::new(input, dim)?;
    let places = LinesMut::<i64>::new(out, dim)?;
    try_for_each_line(places, Cost::single(6 * lines.length()), |line, mut place| {
        let mut buffer = Vec::new();
        let x = lines.read(line, &mut buffer)?;
        if !x.is_empty() {
            place.set(0, place_of(x, at(rank, x))? as i64);
        }
        Ok(())
    })
}

/// How many elements come before the one of a rank.
fn at<T: SortKey>(rank: Rank, x: &[T]) -> usize {
    let numbers = || x.iter().filter(|x| !x.is_nan()).count();
    match rank {
        Rank::Nth(k) => k.min(x.len() - 1),
        Rank::Median => match numbers() {
            all if all == x.len() => (all - 1) / 2,
            first_nan => first_nan,
        },
        Rank::NanMedian => numbers().saturating_sub(1) / 2,
    }
}

/// The place of the element with `k` others before it.
fn place_of<T: SortKey>(x: &[T], k: usize) -> Result<usize> {
    if T::BITS <= 32 && x.len() <= MOST_AT_ONCE {
        // A key and a place fit one number.
        let mut keys = collect_for("median", x.iter().enumerate().map(|(i, x)| x.key() << 32 | i as u64))?;
        return Ok((*keys.select_nth_unstable(k).1 & u64::from(u32::MAX)) as usize);
    }
    let mut pairs = collect_for("median", x.iter().enumerate().map(|(i, x)| (x.key(), i)))?;
    select_pairs(&mut pairs, k);
    Ok(pairs[k].1)
}
