//! Coordinates of the elements that are not zero.

#[cfg(test)]
mod tests;

use ferrotorch_kernel::dtype::{Bool, DType, Element};
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

fn typed<T: Element>(input: &Array, out: &Array) -> Result<()> {
    let ndim = input.layout.ndim();
    let array = input.at_least_1d();
    let last = array.layout.ndim() - 1;
    let lines = Lines::<T>::new(&array, last)?;
    let mut out = StridedMut::<i64>::new(out)?;
    let capacity = out.shape()[0];
    let (mut buffer, mut found) = (Vec::new(), 0);
    for line in 0..lines.count() {
        for (i, &x) in lines.read(line, &mut buffer).iter().enumerate() {
            if stops_at(i) {
                return Ok(());
            }
            if x == T::zeroed() {
                continue;
            }
            ensure!(found < capacity, Runtime, "nonzero(): the input changed while its non-zero elements were counted");
            let mut rest = line;
            for d in (0..ndim).rev() {
                let coordinate = if d == last {
                    i
                } else {
                    let size = array.shape()[d];
                    let coordinate = rest % size;
                    rest /= size;
                    coordinate
                };
                out.set(&[found, d], coordinate as i64);
            }
            found += 1;
        }
    }
    ensure!(found == capacity, Runtime, "nonzero(): the input changed while its non-zero elements were counted");
    Ok(())
}
