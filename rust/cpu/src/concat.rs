//! Arrays one behind the other.

use ferrotorch_kernel::{Array, Operand, Result};

use crate::copy;
use crate::parallel::{self, Cost};

/// Bytes that are copied at once where threads share the work.
const PIECE: usize = 1 << 18;
/// The same where pieces of all inputs lie side by side: together they stay in the cache.
const NEAR: usize = 1 << 16;

/// The inputs, along `dim`, each copied to its place. Threads share all of the copies: each alone may be too short for that.
pub(crate) fn concat(dim: usize, inputs: &[Operand], out: &Array) -> Result<()> {
    let (size, mut start) = (out.dtype.size(), 0);
    let mut moves = inputs.iter().map(|input| {
        let length = input.array()?.shape()[dim];
        let window = out.with_layout(out.layout.slice(dim, start, length, 1));
        start += length;
        Ok((input, window))
    });
    if cost_of(size).is_for_one_thread(out.numel()) {
        return moves.try_for_each(|pair| pair.and_then(|(input, window)| copy::copy(input, &window)));
    }
    let (mut pieces, is_beside) = (Vec::new(), dim > first_dim(out));
    for pair in moves {
        let (input, window) = pair?;
        cut(input.array()?, &window, if is_beside { NEAR } else { PIECE }, &mut pieces);
    }
    if is_beside {
        // Rows of all inputs lie side by side: one thread is to write all that is near.
        pieces.sort_by_key(|piece| piece.start);
    }
    let elements = out.numel().div_ceil(pieces.len().max(1));
    parallel::try_for_each_chunk(pieces.len(), cost_of(size).times(elements), |range| {
        pieces[range].iter().try_for_each(|piece| copy::copy(&Operand::Array(piece.input.clone()), &piece.window))
    })
}

fn cost_of(size: usize) -> Cost {
    Cost::moved(2 * size)
}

/// A part of an input, where it goes, and its first row.
struct Piece {
    input: Array,
    window: Array,
    start: usize,
}

/// The dimension whose places are rows.
fn first_dim(array: &Array) -> usize {
    array.shape().iter().position(|&n| n != 1).unwrap_or(0)
}

/// Cuts an input and its place by rows into pieces of so many bytes.
fn cut(input: &Array, window: &Array, bytes: usize, pieces: &mut Vec<Piece>) {
    let dim = first_dim(window);
    let rows = window.shape()[dim];
    let row = (window.numel() * window.dtype.size()).div_ceil(rows.max(1));
    let step = (bytes / row.max(1)).max(1);
    for start in (0..rows).step_by(step) {
        let part = |array: &Array| array.with_layout(array.layout.slice(dim, start, step.min(rows - start), 1));
        pieces.push(Piece { input: part(input), window: part(window), start });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::array;

    /// Numbers from `first` on in row-major order.
    fn numbers(shape: &[usize], first: i32) -> Array {
        let n = shape.iter().product::<usize>() as i32;
        array(shape, &(first..first + n).collect::<Vec<_>>())
    }

    #[test]
    fn pieces_come_to_their_places_however_many_there_are() {
        for (rows, widths, dim) in
            [(1200, [70, 1, 200], 1), (3, [50_000, 0, 30_001], 1), (40, [500, 3, 6000], 0), (2, [1, 2, 0], 1)]
        {
            let shape = |n: usize| if dim == 1 { [rows, n] } else { [n, rows] };
            let inputs = widths.map(|n| numbers(&shape(n), n as i32));
            let out = Array::empty(&shape(widths.iter().sum()), inputs[0].dtype, inputs[0].device()).unwrap();
            concat(dim, &inputs.clone().map(Operand::Array), &out).unwrap();
            let mut start = 0;
            for (input, width) in inputs.iter().zip(widths) {
                let part = out.with_layout(out.layout.slice(dim, start, width, 1)).contiguous().unwrap();
                assert_eq!(part.to_vec::<i32>().unwrap(), input.to_vec::<i32>().unwrap(), "{rows} rows, {width} at {start}");
                start += width;
            }
        }
    }
}
