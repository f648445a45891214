//! Softmax along a dimension other than the last: columns of a plane together, row by row.
//!
//! The input is read twice. The first pass finds the largest element and the sum of exponentials of each column, in
//! chunks of rows that stay in the cache: where a chunk has a larger element, the sum so far is scaled down to it (Milakov
//! and Gimelshein, "Online normalizer calculation for softmax", 2018). The second pass writes the results.
//!
//! What differs between softmax and its logarithm is a [`Kind`] rather than closures: those would not be compiled for the
//! instruction set of the loop that calls them.

use std::marker::PhantomData;

use ferrotorch_kernel::{Array, Result};

use crate::chunks;
use crate::isa::Isa;
use crate::math::Float;
use crate::parallel::Cost;
use crate::planes::{Block, Plane, Planes, PlanesMut, for_each_block};
use crate::simd::{self, SimdLoop};
use crate::view::Rows;

/// Columns of a group.
const LANES: usize = 16;
/// Rows of a chunk; also how many terms a sum adds one after the other.
const ROWS: usize = 16;

/// The arithmetic of one element.
trait Kind<T> {
    /// What becomes of a column's sum of exponentials.
    fn scale<I: Isa>(sum: T) -> T;
    /// The result, `x` being relative to the largest of the column.
    fn result<I: Isa>(x: T, scale: T) -> T;
    /// What the gradient's sum adds up.
    fn term(g: T, y: T) -> T;
    /// The gradient.
    fn gradient<I: Isa>(g: T, y: T, sum: T) -> T;
}

/// Softmax itself.
struct Plain;
/// Its logarithm.
struct Log;

impl<T: Float> Kind<T> for Plain {
    #[inline(always)]
    fn scale<I: Isa>(sum: T) -> T {
        T::ONE / sum
    }
    #[inline(always)]
    fn result<I: Isa>(x: T, scale: T) -> T {
        x.exp_or_zero::<I>().share_or_zero(scale)
    }
    #[inline(always)]
    fn term(g: T, y: T) -> T {
        g * y
    }
    #[inline(always)]
    fn gradient<I: Isa>(g: T, y: T, sum: T) -> T {
        g * y - y * sum
    }
}

impl<T: Float> Kind<T> for Log {
    #[inline(always)]
    fn scale<I: Isa>(sum: T) -> T {
        sum.log::<I>()
    }
    #[inline(always)]
    fn result<I: Isa>(x: T, scale: T) -> T {
        x - scale
    }
    #[inline(always)]
    fn term(g: T, _: T) -> T {
        g
    }
    #[inline(always)]
    fn gradient<I: Isa>(g: T, y: T, sum: T) -> T {
        g - y.exp::<I>() * sum
    }
}

pub(super) fn forward<T: Float>(dim: usize, log: bool, input: &Array, out: &Array) -> Result<()> {
    let (input, out) = (Planes::<T>::new(input, dim)?, PlanesMut::<T>::new(out, dim)?);
    for_each_block(out, Cost::functions(2 * input.rows()), |plane, out| {
        let x = input.plane(plane);
        if log {
            simd::run(Forward { x, out, kind: PhantomData::<Log> })
        } else {
            simd::run(Forward { x, out, kind: PhantomData::<Plain> })
        }
    })
}

struct Forward<'a, T, K> {
    x: Plane<'a, T>,
    out: Block<'a, T>,
    kind: PhantomData<K>,
}

impl<T: Float, K: Kind<T>> SimdLoop for Forward<'_, T, K> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(mut self) {
        let mut columns = Columns::new(self.out.columns().len());
        for start in (0..self.x.rows()).step_by(ROWS) {
            self.read_chunk::<I>(start, &mut columns);
        }
        for sum in &mut columns.sum {
            *sum = K::scale::<I>(*sum);
        }
        self.write::<I>(&columns.largest, &columns.sum);
    }
}

/// What is known of each column.
struct Columns<T> {
    largest: Vec<T>,
    sum: Vec<T>,
    /// The largest before a chunk, then what the chunk adds to the sum.
    part: Vec<T>,
    buffer: Vec<T>,
}

impl<T: Float> Columns<T> {
    fn new(n: usize) -> Self {
        Columns { largest: vec![-T::INFINITY; n], sum: vec![T::ZERO; n], part: vec![T::ZERO; n], buffer: Vec::new() }
    }
}

impl<T: Float, K: Kind<T>> Forward<'_, T, K> {
    #[inline(always)]
    fn read_chunk<I: Isa>(&self, start: usize, columns: &mut Columns<T>) {
        let rows = start..self.x.rows().min(start + ROWS);
        let x = self.x.block([rows.clone(), self.out.columns()]);
        let done = if x.step()[1] == 1 { columns.read_groups::<I>(Rows::new(x)) } else { 0 };
        let (behind, n) = (self.out.columns().start + done..self.out.columns().end, columns.sum.len());
        if done == n {
            return;
        }
        let Columns { largest, sum, part, buffer } = columns;
        let [largest, sum, part] = [largest, sum, part].map(|values| &mut values[done..]);
        part.copy_from_slice(largest);
        for row in rows.clone() {
            for (best, &x) in largest.iter_mut().zip(self.x.read_row(row, behind.clone(), buffer)) {
                *best = if x > *best { x } else { *best };
            }
        }
        if start > 0 {
            for ((sum, &before), &largest) in sum.iter_mut().zip(part.iter()).zip(largest.iter()) {
                *sum = *sum * (before - base(largest)).exp::<I>();
            }
        }
        part.fill(T::ZERO);
        for row in rows {
            let x = self.x.read_row(row, behind.clone(), buffer);
            for ((part, &x), &largest) in part.iter_mut().zip(x).zip(largest.iter()) {
                *part = *part + (x - base(largest)).exp::<I>();
            }
        }
        sum.iter_mut().zip(part.iter()).for_each(|(sum, &part)| *sum = *sum + part);
    }

    #[inline(always)]
    fn write<I: Isa>(&mut self, largest: &[T], scale: &[T]) {
        let (mut buffer, mut own) = (Vec::new(), Vec::new());
        for row in 0..self.x.rows() {
            let x = self.x.read_row(row, self.out.columns(), &mut buffer);
            let out = self.out.row_mut(row, &mut own);
            chunks::map([x, largest, scale], out, |[x, largest, scale]| K::result::<I>(x - largest, scale));
            self.out.write_back(row, &own);
        }
    }
}

impl<T: Float> Columns<T> {
    /// Takes on some rows of as many whole groups of columns as there are, and says how many columns these have. What is known of a
    /// group stays in registers.
    #[inline(always)]
    fn read_groups<I: Isa>(&mut self, x: Rows<T>) -> usize {
        let (sums, _) = self.sum.as_chunks_mut::<LANES>();
        let groups = self.largest.as_chunks_mut::<LANES>().0.iter_mut().zip(&mut *sums);
        for (group, (largest, sum)) in groups.enumerate() {
            let (before, mut best) = (*largest, *largest);
            for row in x.iter() {
                let Some(x) = row[group * LANES..].first_chunk::<LANES>() else { break };
                for i in 0..LANES {
                    best[i] = if x[i] > best[i] { x[i] } else { best[i] };
                }
            }
            let (mut base_of, mut part) = (best, [T::ZERO; LANES]);
            for i in 0..LANES {
                base_of[i] = base(best[i]);
            }
            for row in x.iter() {
                let Some(x) = row[group * LANES..].first_chunk::<LANES>() else { break };
                for i in 0..LANES {
                    part[i] = part[i] + (x[i] - base_of[i]).exp::<I>();
                }
            }
            // Before the first rows the sum is 0, and so is what it is multiplied by.
            for i in 0..LANES {
                sum[i] = sum[i] * (before[i] - base_of[i]).exp::<I>() + part[i];
            }
            *largest = best;
        }
        sums.len() * LANES
    }
}

/// What exponents are relative to: the largest so far, or 0 while that is minus infinity and the exponentials are 0.
#[inline(always)]
fn base<T: Float>(largest: T) -> T {
    if largest == -T::INFINITY { T::ZERO } else { largest }
}

pub(super) fn backward<T: Float>(dim: usize, log: bool, grad: &Array, result: &Array, out: &Array) -> Result<()> {
    let (grad, result) = (Planes::<T>::new(grad, dim)?, Planes::<T>::new(result, dim)?);
    let out = PlanesMut::<T>::new(out, dim)?;
    for_each_block(out, Cost::functions(grad.rows()), |plane, out| {
        let (g, y) = (grad.plane(plane), result.plane(plane));
        if log {
            simd::run(Backward { g, y, out, kind: PhantomData::<Log> })
        } else {
            simd::run(Backward { g, y, out, kind: PhantomData::<Plain> })
        }
    })
}

struct Backward<'a, T, K> {
    g: Plane<'a, T>,
    y: Plane<'a, T>,
    out: Block<'a, T>,
    kind: PhantomData<K>,
}

impl<T: Float, K: Kind<T>> SimdLoop for Backward<'_, T, K> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(mut self) {
        let sum = self.sums();
        self.write::<I>(&sum);
    }
}

impl<T: Float, K: Kind<T>> Backward<'_, T, K> {
    /// The sum of the terms of each column.
    #[inline(always)]
    fn sums(&self) -> Vec<T> {
        let columns = self.out.columns();
        let (mut sum, mut part) = (vec![T::ZERO; columns.len()], vec![T::ZERO; columns.len()]);
        let (mut a, mut b) = (Vec::new(), Vec::new());
        for start in (0..self.g.rows()).step_by(ROWS) {
            for row in start..self.g.rows().min(start + ROWS) {
                let (g, y) = (self.g.read_row(row, columns.clone(), &mut a), self.y.read_row(row, columns.clone(), &mut b));
                for ((part, &g), &y) in part.iter_mut().zip(g).zip(y) {
                    *part = *part + K::term(g, y);
                }
            }
            for (sum, part) in sum.iter_mut().zip(&mut part) {
                *sum = *sum + std::mem::replace(part, T::ZERO);
            }
        }
        sum
    }

    #[inline(always)]
    fn write<I: Isa>(&mut self, sum: &[T]) {
        let columns = self.out.columns();
        let (mut a, mut b, mut own) = (Vec::new(), Vec::new(), Vec::new());
        for row in 0..self.g.rows() {
            let (g, y) = (self.g.read_row(row, columns.clone(), &mut a), self.y.read_row(row, columns.clone(), &mut b));
            chunks::map([g, y, sum], self.out.row_mut(row, &mut own), |[g, y, sum]| K::gradient::<I>(g, y, sum));
            self.out.write_back(row, &own);
        }
    }
}
