//! Layer normalisation of short rows. What is done once for each row takes longer than its elements do, so that many rows go in one
//! loop.

use ferrotorch_kernel::{Array, Result};

use super::layer::{Affine, Forward};
use crate::chunks;
use crate::isa::Isa;
use crate::lines::{fill_widened, widened, with_rooms};
use crate::math::Float;
use crate::matmul::{Number, Source};
use crate::parallel::Cost;
use crate::planes;
use crate::simd::{self, SimdLoop};
use crate::view::{Read, Tiles, Views, Write, try_for_each_part};

/// Rows of at most so many elements are short.
const SHORT: usize = 64;
/// About how many elements go in one loop: they stay in the L1 cache, converted ones too.
const TILE: usize = 2048;

/// Normalises short rows that follow one another; `None` where they do not, or are long.
pub(super) fn forward<S: Source<T>, T: Float + Number>(
    eps: f64,
    x: &Array,
    affine: &Affine<T>,
    [out, mean, rstd]: [&Array; 3],
) -> Option<Result<()>> {
    let columns = x.shape()[1];
    if columns > SHORT || columns == 0 {
        return None;
    }
    let lines = planes::all([x, out, mean, rstd], |array| {
        let layout = array.layout.view(&[1, array.numel()])?;
        (layout.strides()[1] == 1).then(|| array.with_layout(layout))
    })?;
    Some(by_tiles::<S, T>(eps, columns, affine, &lines))
}

fn by_tiles<S: Source<T>, T: Float + Number>(
    eps: f64,
    columns: usize,
    affine: &Affine<T>,
    [x, out, mean, rstd]: &[Array; 4],
) -> Result<()> {
    let rows = TILE.div_ceil(columns);
    let x = Views::<S, Read, 2>::along(x, [0, 1])?.view(0);
    let y = Tiles::<S>::new(Views::along(out, [0, 1])?, [1, rows * columns]);
    let [mean, rstd] = [mean, rstd].map(|array| Views::<T, Write, 2>::along(array, [0, 1]));
    let parts = (y, (Tiles::new(mean?, [1, rows]), Tiles::new(rstd?, [1, rows])));
    try_for_each_part(parts, Cost::streamed(6 * rows * columns), |_, ((_, tile, y), (mean, rstd))| {
        let first = tile[1].start / columns;
        with_rooms(|[copy, own, _]| {
            let x = widened::<S, T>(x.block(tile).row(0), copy)?;
            let [mean, rstd] = [mean.2, rstd.2].map(|part| part.row(0).into_mut_slice().unwrap_or_default());
            fill_widened(y.row(0), own, |y| simd::run(Rows { eps: T::of(eps), first, columns, x, y, affine, mean, rstd }))
        })
    })
}

/// Some rows, the first of which has the number `first`.
struct Rows<'a, T: Float> {
    eps: T,
    first: usize,
    columns: usize,
    x: &'a [T],
    y: &'a mut [T],
    affine: &'a Affine<'a, T>,
    mean: &'a mut [T],
    rstd: &'a mut [T],
}

impl<T: Float> SimdLoop for Rows<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self) {
        let Rows { eps, columns, affine, .. } = self;
        let rows = self.x.chunks_exact(columns).zip(self.y.chunks_exact_mut(columns));
        for (i, ((x, y), (mean, rstd))) in rows.zip(self.mean.iter_mut().zip(self.rstd)).enumerate() {
            let variance;
            (*mean, variance) = moments(x);
            *rstd = T::ONE / (variance + eps).sqrt();
            let [weight, bias] = affine.of_row(self.first + i);
            Forward { x, y, weight, bias, mean: *mean, rstd: *rstd }.run::<I>();
        }
    }
}

/// [`super::moments`] of a short row.
#[inline(always)]
fn moments<T: Float>(x: &[T]) -> (T, T) {
    let count = T::of(x.len() as f64);
    let near = chunks::fold_short(x, T::ZERO, |sum, x| sum + x, |a, b| a + b) / count;
    let [distances, squares] = chunks::two_sums::<T, 1, 8>([x], |[x]| [x - near, (x - near) * (x - near)]);
    let rest = distances / count;
    (near + rest, squares / count - rest * rest)
}
