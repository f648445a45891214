//! The weights of a convolution in panels, as the tiles of the matrix product read them.

use std::ops::Range;

use ferrotorch_kernel::Result;
use ferrotorch_kernel::dtype::Element;

use super::direct::Call;
use super::plan::Plan;
use crate::matmul::{Kernel, Matrix, Number, Scratch, Source, pack, pack_rows};
use crate::parallel::{self, Cost};

/// Rows that the weights of `rows` results are padded to.
pub(super) fn padded<T>(kernel: &Kernel<T>, rows: usize) -> usize {
    if rows == 1 { 1 } else { rows.next_multiple_of(kernel.step) }
}

/// Words of a packed row of the sum's terms in a block.
pub(super) fn words<T>(kernel: &Kernel<T>, block: &Range<usize>) -> usize {
    kernel.words(block.len())
}

/// Packs the weights of a group into `panels`, block of the sum by block. A single row is not padded.
pub(super) fn pack_weights<S: Source<T>, T: Number>(
    call: &Call<S>,
    plan: &Plan,
    kernel: &Kernel<T>,
    blocks: &[Range<usize>],
    group: usize,
    panels: &mut [T],
) -> Result<()> {
    let (rows, mut rest, mut parts) = (call.rows(), panels, Vec::with_capacity(blocks.len()));
    for block in blocks {
        let (panel, behind) = rest.split_at_mut(words(kernel, block) * padded(kernel, rows));
        parts.push((block, panel));
        rest = behind;
    }
    let most = blocks.iter().map(Range::len).max().unwrap_or(0);
    let taps = plan.tap_numbers(call.sizes.kernel);
    parallel::try_for_each_chunk_mut(&mut parts, Cost::streamed(4 * rows * most), |_, parts| {
        parts.iter_mut().try_for_each(|(block, panel)| pack_block(call, plan, &taps, kernel, block, group, panel))
    })
}

fn pack_block<S: Source<T>, T: Number>(
    call: &Call<S>,
    plan: &Plan,
    taps: &[usize],
    kernel: &Kernel<T>,
    block: &Range<usize>,
    group: usize,
    panel: &mut [T],
) -> Result<()> {
    let rows = call.rows();
    let pack = |m: Matrix<S>, out: &mut [T]| match rows {
        1 => pack(kernel, m, 1, |_| 1, out),
        _ => pack_rows(kernel, m, out),
    };
    if !call.transposed && taps.len() == call.sizes.kernel_len() {
        let own = &call.w[group * rows * plan.depth()..];
        pack(Matrix::from_slice(own, rows, plan.depth()).block([0..rows, block.clone()]), panel);
        return Ok(());
    }
    Scratch::new::<S>(rows * block.len())?.with(|dense: &mut [S]| {
        gather(call, taps, block, group, dense);
        pack(Matrix::from_slice(dense, rows, block.len()), panel);
    })
}

/// Writes the terms of a block as a row-major matrix.
fn gather<S: Element>(call: &Call<S>, taps: &[usize], block: &Range<usize>, group: usize, dense: &mut [S]) {
    let (s, n) = (call.sizes, taps.len());
    for channel in block.start / n..block.end.div_ceil(n) {
        let own = block.start.max(channel * n)..block.end.min((channel + 1) * n);
        let taps = &taps[own.start - channel * n..own.end - channel * n];
        for (row, out) in dense.chunks_exact_mut(block.len()).enumerate() {
            let (o, c) = if call.transposed { (channel, row) } else { (row, channel) };
            let kernel = &call.w[((group * s.o + o) * s.c + c) * s.kernel_len()..][..s.kernel_len()];
            let out = &mut out[own.start - block.start..own.end - block.start];
            out.iter_mut().zip(taps).for_each(|(out, &tap)| *out = kernel[tap]);
        }
    }
}
