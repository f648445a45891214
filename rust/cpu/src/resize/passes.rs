//! The passes over images.

use ferrotorch_kernel::{Array, Result};
use smallvec::SmallVec;

use crate::isa::Isa;
use crate::lines::{Room, fill_widened, widened, with_rooms};
use crate::matmul::Source;
use crate::parallel::{self, Cost, num_threads};
use crate::simd::{self, SimdLoop};
use crate::view::{Read, Tiles, View, Views, Write, try_for_each_part};
use crate::{
    dense,
    resize::taps::{Taps, Weight},
};

/// Images of three dimensions, by the taps along each.
pub(super) struct Images<T> {
    pub(super) depth: Taps<T>,
    pub(super) height: Taps<T>,
    pub(super) width: Taps<T>,
}

/// Rows of the result that a task computes at least, where there are images enough: it resizes rows anew at the edge of its block.
const FEWEST_ROWS: usize = 16;

impl<T: Weight> Images<T> {
    /// `y` of `x`.
    pub(super) fn resize<S: Source<T>>(&self, x: &Array, y: &Array) -> Result<()> {
        let x = Views::<S, Read, 2>::along(x, [3, 4])?;
        let y = Views::<S, Write, 2>::along(y, [3, 4])?;
        let rows = self.rows_of_a_task(y.count());
        let cost = self.cost_of_row().times(rows);
        try_for_each_part(Tiles::new(y, [rows, self.width.len()]), cost, |_, (number, [rows, _], out)| {
            let (image, plane) = (number / self.depth.len(), number % self.depth.len());
            let planes: SmallVec<[(View<S, Read, 2>, T); 4]> =
                self.depth.of(plane).map(|(at, weight)| (x.view(image * self.depth.size + at), weight)).collect();
            with_rooms(|rooms| self.rows(&planes, rows.start, out, rooms))
        })
    }

    fn rows_of_a_task(&self, planes: usize) -> usize {
        let blocks = (4 * num_threads()).div_ceil(planes.max(1));
        self.height.len().div_ceil(blocks).max(FEWEST_ROWS).min(self.height.len())
    }

    fn cost_of_row(&self) -> Cost {
        let taps = self.depth.width * self.height.width;
        Cost::single(self.width.len()).plus(Cost::streamed(self.width.len() * taps))
    }

    /// Rows of a plane of the result, from `first` on, of the planes that it is a sum of.
    fn rows<S: Source<T>>(
        &self,
        planes: &[(View<S, Read, 2>, T)],
        first: usize,
        mut out: View<S, Write, 2>,
        [kept, line, result]: [&mut Room; 3],
    ) -> Result<()> {
        let (width, high) = (self.width.len(), self.height.width);
        let kept = kept.of::<T>(planes.len() * high * width)?;
        let mut resized: SmallVec<[usize; 16]> = SmallVec::from_elem(usize::MAX, planes.len() * high);
        for i in 0..out.rows() {
            let mut terms: SmallVec<[(usize, T); 16]> = SmallVec::new();
            for (p, &(plane, of_plane)) in planes.iter().enumerate() {
                for (row, of_row) in self.height.of(first + i) {
                    let slot = p * high + row % high;
                    if resized[slot] != row {
                        resized[slot] = row;
                        self.resize_row(plane.row(row), line, &mut kept[slot * width..][..width])?;
                    }
                    terms.push((slot, of_plane * of_row));
                }
            }
            fill_widened(out.row_mut(i), result, |out| simd::run(Sum { rows: kept, terms: &terms, out }))?;
        }
        Ok(())
    }

    /// A row of an image, resized.
    fn resize_row<S: Source<T>>(&self, row: View<S, Read, 1>, room: &mut Room, out: &mut [T]) -> Result<()> {
        let margin = self.width.margin;
        if margin == 0 {
            self.width.resize(widened(row, room)?, out);
            return Ok(());
        }
        let line = room.of::<T>(row.len() + 2 * margin)?;
        let (before, rest) = line.split_at_mut(margin);
        let (inner, behind) = rest.split_at_mut(row.len());
        match row.as_slice() {
            Some(row) => S::widen_all(row, inner),
            None => inner.iter_mut().zip(row.iter()).for_each(|(x, row)| *x = row.widen()),
        }
        before.fill(inner[0]);
        behind.fill(inner[inner.len() - 1]);
        self.width.resize(line, out);
        Ok(())
    }

    /// The gradient of `x` from that of `y`.
    pub(super) fn resize_back<S: Source<T>>(&self, of_y: &Array, of_x: &Array) -> Result<()> {
        let grads = Views::<S, Read, 2>::along(of_y, [3, 4])?;
        let volume = self.depth.size * self.height.size * self.width.size;
        let cost = self.cost_of_row().times(self.depth.len() * self.height.len());
        dense::through(of_x, T::DTYPE, |of_x| {
            dense::write(of_x, |of_x: &mut [T]| {
                let mut volumes: Vec<&mut [T]> = of_x.chunks_exact_mut(volume).collect();
                parallel::try_for_each_chunk_mut(&mut volumes, cost, |first, volumes| {
                    volumes.iter_mut().enumerate().try_for_each(|(i, volume)| self.add_up(&grads, first + i, volume))
                })
            })?
        })
    }

    /// The gradient of one image.
    fn add_up<S: Source<T>>(&self, grads: &Views<S, Read, 2>, image: usize, volume: &mut [T]) -> Result<()> {
        let (high, wide, margin) = (self.height.size, self.width.size, self.width.margin);
        volume.fill(T::zero());
        with_rooms(|[read, line, _]| {
            let line = line.of::<T>(wide + 2 * margin)?;
            for plane in 0..self.depth.len() {
                let grad = grads.view(image * self.depth.len() + plane);
                for i in 0..self.height.len() {
                    line.fill(T::zero());
                    self.width.spread(widened(grad.row(i), read)?, line);
                    let inner = &line[margin..][..wide];
                    for (at, of_plane) in self.depth.of(plane) {
                        for (row, of_row) in self.height.of(i) {
                            let out = &mut volume[(at * high + row) * wide..][..wide];
                            simd::run(Add { row: inner, weight: of_plane * of_row, out });
                        }
                    }
                }
            }
            Ok(())
        })
    }
}

/// The sum of some rows, each with a weight.
struct Sum<'a, T> {
    rows: &'a [T],
    terms: &'a [(usize, T)],
    out: &'a mut [T],
}

impl<T: Weight> SimdLoop for Sum<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self) {
        let n = self.out.len();
        let row = |slot: usize| &self.rows[slot * n..][..n];
        match *self.terms {
            [(only, weight)] if weight == T::one() => self.out.copy_from_slice(row(only)),
            [(a, of_a), (b, of_b)] => {
                let pairs = row(a).iter().zip(row(b));
                self.out.iter_mut().zip(pairs).for_each(|(out, (&a, &b))| *out = of_a * a + of_b * b);
            }
            _ => {
                self.out.fill(T::zero());
                for &(slot, weight) in self.terms {
                    self.out.iter_mut().zip(row(slot)).for_each(|(out, &x)| *out += weight * x);
                }
            }
        }
    }
}

/// Adds a row with a weight to another.
struct Add<'a, T> {
    row: &'a [T],
    weight: T,
    out: &'a mut [T],
}

impl<T: Weight> SimdLoop for Add<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self) {
        self.out.iter_mut().zip(self.row).for_each(|(out, &x)| *out += self.weight * x);
    }
}
