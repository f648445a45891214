//! The products of large matrices that are being factored, and their loops with the vectors of this processor.

use ferrotorch_kernel::{Error, Result};
use ferrotorch_linalg::{Block, BlockMut, Loop, Multiply, Vectorize};
use parking_lot::Mutex;

use super::{Scalar, matmul};
use crate::isa::Isa;
use crate::matmul::{Matrix, MatrixMut};
use crate::parallel::{self, Cost};
use crate::simd::{self, SimdLoop};
use crate::view::{Tiles, try_for_each_part};

/// Tiles of a product are not lower than this.
const ROWS: usize = 48;

/// Computes products on all threads, or on the caller's where that works on one of several matrices. Remembers what went wrong.
#[derive(Default)]
pub(super) struct Products(Mutex<Option<Error>>);

impl Products {
    /// Does work that needs products; fails if one of them did.
    pub(super) fn with<R>(work: impl FnOnce(&Products) -> R) -> Result<R> {
        let products = Products::default();
        let done = work(&products);
        products.0.into_inner().map_or(Ok(done), Err)
    }
}

/// A loop of the other crate as one of this.
struct Vectorized<L>(L);

impl<L: Loop> SimdLoop for Vectorized<L> {
    type Output = L::Output;

    #[inline(always)]
    fn run<I: Isa>(self) -> L::Output {
        self.0.run()
    }
}

impl Vectorize for Products {
    fn vectorized<L: Loop>(&self, work: L) -> L::Output {
        simd::run(Vectorized(work))
    }
}

impl<T: Scalar> Multiply<T> for Products {
    fn multiply_add(&self, alpha: T, a: Block<T>, b: Block<T>, c: BlockMut<T>) {
        let (m, k) = (c.rows.len() / c.stride.max(1), b.rows.len() / b.stride.max(1));
        if m * k * c.cols == 0 {
            return;
        }
        let left = Matrix::from_slice(a.rows, m, a.stride).block([0..m, a.first..a.first + a.cols]);
        let right = Matrix::from_slice(b.rows, k, b.stride).block([0..k, b.first..b.first + b.cols]);
        let columns = c.first..c.first + c.cols;
        let out = MatrixMut::from_slice_mut(c.rows, m, c.stride).block([0..m, columns]);
        let rows = m.div_ceil(2 * parallel::num_threads()).next_multiple_of(ROWS);
        let cost = Cost::multiply_adds(rows.min(m) * k * c.cols);
        let done = try_for_each_part(Tiles::of(out, [rows, c.cols]), cost, |_, (_, [rows, _], tile)| {
            matmul::product(alpha, left.block([rows, 0..k]), right, tile, true)
        });
        if let Err(error) = done {
            self.0.lock().get_or_insert(error);
        }
    }
}
