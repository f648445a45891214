//! Sizes of sliding windows. Users may ask for any: nothing here wraps.

use crate::ensure;
use crate::error::Result;

/// The farthest that a window, its step and its padding may reach in a dimension: more than memory holds, and little
/// enough that kernels may add such numbers without a check.
const FARTHEST: i64 = 1 << 48;

/// Checks a number of positions that was asked for or computed.
pub(super) fn positions(op: &'static str, what: &str, n: i128) -> Result<i64> {
    ensure!(n <= FARTHEST as i128, Runtime, "{op}(): integer out of range: {what} of {n} positions");
    Ok(n.max(-FARTHEST as i128) as i64)
}

/// Checks an argument that gives a number for each dimension.
pub(super) fn argument(op: &'static str, what: &str, given: &[i64]) -> Result<()> {
    given.iter().try_for_each(|&n| positions(op, what, n as i128).map(drop))
}

/// Positions from the first of `kernel` taps to the last, both included.
pub(super) fn reach(op: &'static str, kernel: usize, dilation: usize) -> Result<i64> {
    positions(op, "a window", (kernel as i128 - 1) * dilation as i128 + 1)
}

/// Positions of a dimension with padding on both sides.
pub(super) fn padded(op: &'static str, size: usize, padding: usize) -> Result<i64> {
    positions(op, "an input with its padding", size as i128 + 2 * padding as i128)
}

/// Positions that `count` windows cover whose starts are `stride` apart.
pub(super) fn covered(op: &'static str, count: usize, stride: usize, reach: i64) -> Result<i64> {
    positions(op, "a result", (count as i128 - 1) * stride as i128 + reach as i128)
}
