//! Coordinates of the elements that are not zero.

#[cfg(test)]
mod tests;

use ferrotorch_kernel::dtype::{Bool, DType, Element};
use ferrotorch_kernel::shape::Dims;
use ferrotorch_kernel::{Array, Operand, Result, ensure, match_dtype};

use crate::host::StridedMut;
use crate::lines::Lines;
use crate::parallel::stops_at;

/// `out0` is `(count, ndim)`, in row-major order.
pub(crate) fn nonzero(inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let input = inputs[0].array()?;
    if input.dtype.is_barebones() {
        return typed::<Bool>(&input.to_dtype(DType::Bool)?, &outputs[0]);
    }
    match_dtype!(input.dtype, T in [usual] => typed::<T>(input, &outputs[0]), else => Ok(()))
}

/// Elements of a line that are looked through at a time.
const BLOCK: usize = 1 << 12;

fn typed<T: Element>(input: &Array, out: &Array) -> Result<()> {
    let ndim = input.layout.ndim();
    if ndim == 0 {
        // There is a row for each element that is not zero, without coordinates.
        return Ok(());
    }
    let array = input.at_least_1d();
    let last = array.layout.ndim() - 1;
    let lines = Lines::<T>::new(&array, last)?;
    // A row for each coordinate: that is how they lie.
    let turned = out.with_layout(out.layout.transpose(0, 1));
    let mut out = StridedMut::<i64>::new(&turned)?;
    let capacity = out.shape()[1];
    let (mut buffer, mut places, mut found) = (Vec::new(), vec![0; BLOCK], 0);
    let mut coordinates: Dims = std::iter::repeat_n(0, ndim).collect();
    for line in 0..lines.count() {
        let mut rest = line;
        for d in (0..ndim).rev().filter(|&d| d != last) {
            coordinates[d] = rest % array.shape()[d];
            rest /= array.shape()[d];
        }
        for (number, block) in lines.read(line, &mut buffer)?.chunks(BLOCK).enumerate() {
            if stops_at(number * BLOCK + BLOCK - 1) {
                return Ok(());
            }
            let count = places_of(block, &mut places);
            ensure!(count <= capacity - found, Runtime, "nonzero(): the input changed while its non-zero elements were counted");
            write(&mut out, found, &mut coordinates, number * BLOCK, &places[..count]);
            found += count;
        }
    }
    ensure!(found == capacity, Runtime, "nonzero(): the input changed while its non-zero elements were counted");
    Ok(())
}

/// Writes where the elements are that are not zero, and says how many these are. There is no branch to be predicted: every place is
/// written, and kept if the next one does not take its room.
fn places_of<T: Element>(block: &[T], places: &mut [usize]) -> usize {
    let mut count = 0;
    for (i, &x) in block.iter().enumerate() {
        places[count] = i;
        count += usize::from(x != T::zeroed());
    }
    count
}

/// Writes the coordinates of elements of a line that lie at some places from `start` on; all but the last are given.
fn write(out: &mut StridedMut<i64>, first: usize, coordinates: &mut [usize], start: usize, places: &[usize]) {
    let (last, capacity) = (coordinates.len() - 1, out.shape()[1].max(1));
    if let Some(rows) = out.as_slice_mut() {
        for (d, row) in rows.chunks_exact_mut(capacity).enumerate() {
            let row = &mut row[first..first + places.len()];
            if d == last {
                row.iter_mut().zip(places).for_each(|(to, &place)| *to = (start + place) as i64);
            } else {
                row.fill(coordinates[d] as i64);
            }
        }
        return;
    }
    for (i, &place) in places.iter().enumerate() {
        coordinates[last] = start + place;
        coordinates.iter().enumerate().for_each(|(d, &coordinate)| out.set(&[d, first + i], coordinate as i64));
    }
}
