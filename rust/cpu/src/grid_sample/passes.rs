//! The loops over points, channels and taps.

use ferrotorch_kernel::grid::GridPass;
use ferrotorch_kernel::{Array, Result};

use super::Shapes;
use super::position::{Coordinate, POINTS, Sampler};
use super::taps::Taps;
use crate::dense;
use crate::isa::Isa;
use crate::parallel::{self, Cost};
use crate::planes::{self, Block, PlanesMut};
use crate::simd::{self, SimdLoop};

/// Channels of an image whose gradient is one task.
const CHANNELS: usize = 16;

/// The arrays of a call, which are row-major.
pub(super) struct Tensors<'a, T> {
    pub(super) sampler: &'a Sampler<T>,
    pub(super) shapes: &'a Shapes,
    pub(super) inputs: &'a [Array],
    pub(super) out: &'a Array,
}

impl<T: Coordinate> Tensors<'_, T> {
    /// `K` taps in one dimension, `TAPS` in all.
    pub(super) fn run<const K: usize, const TAPS: usize>(&self, pass: GridPass) -> Result<()> {
        match pass {
            GridPass::Forward => self.forward::<K, TAPS>(),
            GridPass::GradInput => self.grad_input::<K, TAPS>(),
            GridPass::GradGrid => self.grad_grid::<K, TAPS>(),
        }
    }

    fn input(&self, number: usize) -> Result<&[T]> {
        dense::read(&self.inputs[number])
    }

    /// The coordinates of an image's grid.
    fn grid_of<'b>(&self, grid: &'b [T], image: usize) -> &'b [T] {
        let length = self.shapes.points * self.sampler.dims();
        &grid[image * length..][..length]
    }

    fn forward<const K: usize, const TAPS: usize>(&self) -> Result<()> {
        let (x, grid) = (self.input(0)?, self.input(1)?);
        let Shapes { channels, pixels, .. } = *self.shapes;
        let cost = Cost::single(TAPS * (1 + channels / 2));
        planes::for_each_block(PlanesMut::new(self.out, 1)?, cost, |image, out| {
            let x = &x[image * channels * pixels..][..channels * pixels];
            simd::run(Forward::<T, K, TAPS> { sampler: self.sampler, pixels, x, grid: self.grid_of(grid, image), out });
        })
    }

    fn grad_input<const K: usize, const TAPS: usize>(&self) -> Result<()> {
        let (g, grid) = (self.input(0)?, self.input(1)?);
        let Shapes { channels, pixels, points } = *self.shapes;
        dense::write(self.out, |dx: &mut [T]| {
            if g.is_empty() {
                return dx.fill(T::zeroed());
            }
            let images = dx.chunks_mut((channels * pixels).max(1)).zip(g.chunks((channels * points).max(1)));
            let mut parts: Vec<_> = images
                .enumerate()
                .flat_map(|(image, (dx, g))| {
                    dx.chunks_mut(CHANNELS * pixels).zip(g.chunks(CHANNELS * points)).map(move |part| (image, part))
                })
                .collect();
            let cost = Cost::single(points * TAPS * channels.min(CHANNELS)).plus(Cost::streamed(channels.min(CHANNELS) * pixels));
            parallel::for_each_chunk_mut(&mut parts, cost, |_, parts| {
                for (image, (dx, g)) in parts {
                    let grid = self.grid_of(grid, *image);
                    simd::run(GradInput::<T, K, TAPS> { sampler: self.sampler, pixels, g, grid, dx });
                }
            });
        })
    }

    fn grad_grid<const K: usize, const TAPS: usize>(&self) -> Result<()> {
        let (g, x, grid) = (self.input(0)?, self.input(1)?, self.input(2)?);
        let Shapes { channels, pixels, points } = *self.shapes;
        let dims = self.sampler.dims();
        dense::write(self.out, |dgrid: &mut [T]| {
            let images = dgrid.chunks_mut((points * dims).max(1)).enumerate();
            let mut parts: Vec<_> = images
                .flat_map(|(image, points)| {
                    points.chunks_mut(POINTS * dims).enumerate().map(move |(part, points)| (image, part * POINTS, points))
                })
                .collect();
            let cost = Cost::single(POINTS * TAPS * (1 + channels / 2));
            parallel::for_each_chunk_mut(&mut parts, cost, |_, parts| {
                for (image, first, dgrid) in parts {
                    let x = &x[*image * channels * pixels..][..channels * pixels];
                    let g = &g[*image * channels * points..][..channels * points];
                    let grid = &self.grid_of(grid, *image)[*first * dims..][..dgrid.len()];
                    let g = Columns { g, points, first: *first };
                    simd::run(GradGrid::<T, K, TAPS> { sampler: self.sampler, pixels, x, g, grid, dgrid });
                }
            });
        })
    }
}

/// A pixel, or 0 for none.
#[inline(always)]
fn pixel<T: Coordinate>(channel: &[T], index: i32) -> T {
    channel[index.max(0) as usize].unless_outside(index)
}

/// Samples of one image, at some of its points.
struct Forward<'a, T, const K: usize, const TAPS: usize> {
    sampler: &'a Sampler<T>,
    pixels: usize,
    x: &'a [T],
    grid: &'a [T],
    out: Block<'a, T>,
}

impl<T: Coordinate, const K: usize, const TAPS: usize> SimdLoop for Forward<'_, T, K, TAPS> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(mut self) {
        let (dims, columns, mut buffer) = (self.sampler.dims(), self.out.columns(), Vec::new());
        for first in columns.clone().step_by(POINTS) {
            let here = first - columns.start..(first + POINTS).min(columns.end) - columns.start;
            let taps = Taps::<T, TAPS>::of::<K>(self.sampler, &self.grid[first * dims..][..here.len() * dims], false);
            let mut row = 0;
            for channels in self.x.chunks(TOGETHER * self.pixels) {
                let mut samples = [[T::zeroed(); POINTS]; TOGETHER];
                match channels.len() / self.pixels {
                    TOGETHER => sample(&taps, channels, self.pixels, &mut samples, here.len()),
                    few => samples[..few].iter_mut().zip(channels.chunks_exact(self.pixels)).for_each(|(samples, channel)| {
                        sample(&taps, channel, self.pixels, std::array::from_mut(samples), here.len());
                    }),
                }
                for samples in &samples[..channels.len() / self.pixels] {
                    self.out.row_mut(row, &mut buffer)[here.clone()].copy_from_slice(&samples[..here.len()]);
                    row += 1;
                }
            }
        }
    }
}

/// Channels that are sampled together: a tap's place is found once for all of them.
const TOGETHER: usize = 4;

#[inline(always)]
fn sample<T: Coordinate, const TAPS: usize, const N: usize>(
    taps: &Taps<T, TAPS>,
    channels: &[T],
    pixels: usize,
    out: &mut [[T; POINTS]; N],
    points: usize,
) {
    // All of one length, so that one question serves all.
    let mut each = [&channels[..pixels]; N];
    for n in 1..N {
        each[n] = &channels[n * pixels..][..pixels];
    }
    for i in 0..points.min(POINTS) {
        let mut sums = [taps.outside[i]; N];
        for tap in 0..TAPS {
            let (index, weight) = (taps.index[tap][i], taps.weight[tap][i]);
            for n in 0..N {
                sums[n] = sums[n] + weight * pixel(each[n], index);
            }
        }
        for n in 0..N {
            out[n][i] = sums[n];
        }
    }
}

/// The gradient of some channels of an image.
struct GradInput<'a, 'b, T, const K: usize, const TAPS: usize> {
    sampler: &'a Sampler<T>,
    pixels: usize,
    g: &'a [T],
    grid: &'a [T],
    dx: &'b mut [T],
}

impl<T: Coordinate, const K: usize, const TAPS: usize> SimdLoop for GradInput<'_, '_, T, K, TAPS> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self) {
        self.dx.fill(T::zeroed());
        let (dims, points) = (self.sampler.dims(), self.grid.len() / self.sampler.dims());
        for (block, grid) in self.grid.chunks(POINTS * dims).enumerate() {
            let taps = Taps::<T, TAPS>::of::<K>(self.sampler, grid, false);
            for (dx, g) in self.dx.chunks_exact_mut(self.pixels).zip(self.g.chunks_exact(points)) {
                let g = &g[block * POINTS..][..grid.len() / dims];
                for (i, &g) in g.iter().enumerate().take(POINTS) {
                    for tap in 0..TAPS {
                        if let Some(dx) = dx.get_mut(taps.index[tap][i] as usize) {
                            *dx = *dx + taps.weight[tap][i] * g;
                        }
                    }
                }
            }
        }
    }
}

/// Some points of the gradient of samples.
struct Columns<'a, T> {
    g: &'a [T],
    points: usize,
    first: usize,
}

/// The gradient of some points of a grid.
struct GradGrid<'a, 'b, T, const K: usize, const TAPS: usize> {
    sampler: &'a Sampler<T>,
    pixels: usize,
    x: &'a [T],
    g: Columns<'a, T>,
    grid: &'a [T],
    dgrid: &'b mut [T],
}

impl<T: Coordinate, const K: usize, const TAPS: usize> SimdLoop for GradGrid<'_, '_, T, K, TAPS> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self) {
        let dims = self.sampler.dims();
        let taps = Taps::<T, TAPS>::of::<K>(self.sampler, self.grid, true);
        // What each tap's weight is worth: the products of its pixels and the gradients, over all channels.
        let mut worth = [[T::zeroed(); POINTS]; TAPS];
        for (channel, g) in self.x.chunks_exact(self.pixels).zip(self.g.g.chunks_exact(self.g.points)) {
            let g = &g[self.g.first..][..self.grid.len() / dims];
            for (i, &g) in g.iter().enumerate().take(POINTS) {
                for tap in 0..TAPS {
                    worth[tap][i] = worth[tap][i] + g * pixel(channel, taps.index[tap][i]);
                }
            }
        }
        for dim in 0..dims {
            let mut sums = [T::zeroed(); POINTS];
            for tap in 0..TAPS {
                for i in 0..(self.grid.len() / dims).min(POINTS) {
                    sums[i] = sums[i] + worth[tap][i] * taps.slopes[dim][tap][i];
                }
            }
            for (point, sum) in self.dgrid.chunks_exact_mut(dims).zip(sums) {
                point[dims - 1 - dim] = sum;
            }
        }
    }
}
