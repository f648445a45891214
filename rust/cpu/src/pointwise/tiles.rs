//! Calls with an input that lies transposed to the output. In the order of the output each of its elements would be on a cache line of
//! its own; so these calls go tile by tile, and such inputs are turned round in the first-level cache.

use std::ops::Range;

use ferrotorch_kernel::{Array, Operand, Result, bail};
use smallvec::{SmallVec, smallvec};

use super::drive::{Call, number, overlap};
use super::kernel::{Loop, Params};
use crate::copy::{self, TILE};
use crate::lane::Lane;
use crate::lines::{Room, with_rooms};
use crate::plan::Plan;
use crate::view::{Read, Rows, RowsMut, Tiles, View, Views, Write, try_for_each_part};

/// Bytes of a row of a tile: rows of each input and of the output fit into the cache, and loops over one pay.
const ROW_BYTES: usize = 512;

/// Computes a call whose arrays are of the lane's type, if one of them lies transposed: does so and is true, or leaves it to the
/// general loops.
pub(super) fn drive<T: Lane, O: Lane>(call: &Call<T>, run: Loop<T, O>) -> Result<bool> {
    if call.out.numel() < copy::MIN_TILED || call.out.dtype != O::DTYPE || call.facts.divides || !may_be_transposed(call) {
        return Ok(false);
    }
    // Of numbers.
    let zeros: SmallVec<[isize; 8]> = smallvec![0; call.out.layout.ndim()];
    let inputs = call.inputs.iter().map(|input| input.optional().map_or(&zeros[..], |array| array.layout.strides()));
    let strides: SmallVec<[&[isize]; 4]> = std::iter::once(call.out.layout.strides()).chain(inputs).collect();
    let plan = Plan::new(call.out.shape(), &strides);
    let Some(dim) = (1..strides.len()).find_map(|k| copy::transposed_dim(&plan, k)) else { return Ok(false) };
    let arrays: SmallVec<[Option<Array>; 3]> =
        call.inputs.iter().enumerate().map(|(k, input)| Some(copy::tiled(input.optional()?, &plan, k + 1, dim))).collect();
    let dims = [plan.ndim() - 2, plan.ndim() - 1];
    let inputs = call.inputs.iter().zip(&arrays).map(|(input, array)| Input::new(call, input, array.as_ref(), dims));
    let inputs = inputs.collect::<Result<SmallVec<[_; 3]>>>()?;
    let out = copy::tiled(call.out, &plan, 0, dim);
    let columns = ROW_BYTES / size_of::<T>();
    let tiles = Tiles::new(Views::<O, Write, 2>::along(&out, dims)?, [TILE, columns]);
    let job = Job { run, params: call.params, inputs };
    try_for_each_part(tiles, call.cost().times(TILE * columns), |_, (matrix, ranges, out)| job.tile(matrix, &ranges, out))?;
    Ok(true)
}

/// Are all arrays of the lane's type and elsewhere than the output, and one of them in another order than by rows?
fn may_be_transposed<T: Lane>(call: &Call<T>) -> bool {
    let fits = |array: &Array| array.dtype == T::DTYPE && array.shape() == call.out.shape() && !overlap(array, call.out);
    let arrays = || call.inputs.iter().filter_map(Operand::optional);
    arrays().any(|array| !array.layout.is_contiguous()) && arrays().all(fits)
}

/// Where an input's elements come from.
enum Input<'a, T> {
    Number(T),
    Matrices(Views<'a, T, Read, 2>),
}

/// A call on its way over the tiles.
struct Job<'a, T, O> {
    run: Loop<T, O>,
    params: &'a Params<T>,
    inputs: SmallVec<[Input<'a, T>; 3]>,
}

impl<T: Lane, O: Lane> Job<'_, T, O> {
    fn tile(&self, matrix: usize, ranges: &[Range<usize>; 2], out: View<O, Write, 2>) -> Result<()> {
        with_rooms(|rooms| {
            let mut inputs = [View::same_rows(&[], out.rows()); 3];
            for ((input, room), rows) in self.inputs.iter().zip(rooms).zip(&mut inputs) {
                *rows = input.rows(matrix, ranges, room)?;
            }
            (self.run)(inputs.map(Rows::new), RowsMut::new(out), self.params);
            Ok(())
        })
    }
}

impl<'a, T: Lane> Input<'a, T> {
    /// An input of a call, which is a number or lies as the array does.
    fn new(call: &Call<T>, input: &Operand, array: Option<&'a Array>, dims: [usize; 2]) -> Result<Self> {
        match (input, array) {
            (Operand::Scalar(x), _) => Ok(Input::Number(number(call, *x))),
            (_, Some(array)) => Views::along(array, dims).map(Input::Matrices),
            _ => bail!(Runtime, "{}(): an input is missing", call.name),
        }
    }

    /// The rows of the input within a tile.
    fn rows<'b>(&'b self, matrix: usize, ranges: &[Range<usize>; 2], room: &'b mut Room) -> Result<View<'b, T, Read, 2>> {
        let [rows, columns] = [ranges[0].len(), ranges[1].len()];
        let block = match self {
            Input::Number(x) => {
                let elements = room.of(columns)?;
                elements.fill(*x);
                return Ok(View::same_rows(elements, rows));
            }
            Input::Matrices(views) => views.view(matrix).block(ranges.clone()),
        };
        if block.step()[1] == 1 {
            return Ok(block);
        }
        let elements = room.of(rows * columns)?;
        turn(block, View::from_slice_mut(elements, rows, columns));
        Ok(View::from_slice(elements, rows, columns))
    }
}

/// Copies a tile whose rows are not lines of memory; its columns may be.
fn turn<T: Lane>(from: View<T, Read, 2>, mut to: View<T, Write, 2>) {
    if from.step()[0] != 1 {
        return to.for_each_row(|row, to| to.iter_mut().zip(from.row(row).iter()).for_each(|(to, x)| *to = x));
    }
    for start in (0..to.cols()).step_by(TILE) {
        let part = [0..to.rows(), start..to.cols().min(start + TILE)];
        copy::copy_tile(from.block(part.clone()), to.part(part));
    }
}
