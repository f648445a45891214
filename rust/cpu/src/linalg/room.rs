//! Memory that an algorithm needs for a matrix.

use ferrotorch_kernel::linalg::Linalg;
use ferrotorch_kernel::memory::room_for;
use ferrotorch_kernel::{Array, Result};

use super::size;
use crate::parallel;

/// Smaller matrices need next to nothing.
const LARGE: usize = 64;

/// Checks that there is memory for what an algorithm puts down meanwhile: once it works it cannot fail. A bound is asked for, so where
/// memory is all but used up a call is refused that would have got by.
pub(super) fn check(op: Linalg, inputs: &[Array], outputs: &[Array]) -> Result<()> {
    let Some(first) = inputs.first() else { return Ok(()) };
    let [m, n] = size(first);
    if m.max(n) < LARGE {
        return Ok(());
    }
    // The states of runs of matrices are kept until all are done.
    let runs = (first.numel() / (m * n).max(1)).min(super::RUNS_PER_THREAD * parallel::num_threads());
    let of_one = numbers(op, [m, n], outputs.len() > 2).saturating_mul(first.dtype.size());
    room_for("linalg", of_one.saturating_mul(runs))
}

/// How many numbers that is at most for an `m x n` matrix: some matrices of its size, and panels of reflectors or pivots.
fn numbers(op: Linalg, [m, n]: [usize; 2], with_vectors: bool) -> usize {
    let matrices = match op {
        Linalg::Svd => {
            if with_vectors {
                10
            } else {
                4
            }
        }
        Linalg::Eigh { .. } => {
            if with_vectors {
                7
            } else {
                3
            }
        }
        Linalg::Eig => {
            if with_vectors {
                6
            } else {
                3
            }
        }
        Linalg::Exponential => 8,
        Linalg::Solve | Linalg::Inverse | Linalg::Determinant | Linalg::LogDeterminant => 1,
        Linalg::LuSolve { .. } | Linalg::LdlSolve { .. } | Linalg::Qr => 1,
        Linalg::Cholesky { .. } | Linalg::Lu | Linalg::Ldl { .. } | Linalg::Permutation => 0,
        Linalg::Reflectors | Linalg::FormQ | Linalg::ApplyQ { .. } | Linalg::SolveTriangular { .. } => 0,
    };
    const PANEL: usize = 64;
    let panels = 8 * PANEL.min(m.min(n)) * (m + n) + 4 * PANEL * PANEL;
    m.saturating_mul(n).saturating_mul(matrices).saturating_add(panels)
}
