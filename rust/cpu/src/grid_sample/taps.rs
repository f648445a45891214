//! The pixels that samples are made of: in each dimension by itself, and their products.

use super::position::{Coordinate, Each, Line, OUTSIDE, POINTS, Sampler};

/// The taps of points in one dimension.
struct Axis<T, const K: usize> {
    at: [Each<i32>; K],
    weight: [Each<T>; K],
    /// The derivative of the weight by the coordinate of the grid.
    slope: [Each<T>; K],
}

/// The taps of points in an image.
pub(super) struct Taps<T, const TAPS: usize> {
    /// Which pixel of a channel, or a negative number for none.
    pub(super) index: [Each<i32>; TAPS],
    pub(super) weight: [Each<T>; TAPS],
    /// Derivatives of the weights by the coordinates of the image's dimensions.
    pub(super) slopes: [[Each<T>; TAPS]; 3],
    /// What is outside of the image adds to a sample: nothing, or not a number.
    pub(super) outside: Each<T>,
}

impl<T: Coordinate, const TAPS: usize> Taps<T, TAPS> {
    /// Of at most [`POINTS`] points, whose coordinates lie one after the other; what stands for missing points is not to be
    /// used. `K` taps in one dimension make `TAPS`.
    #[inline(always)]
    pub(super) fn of<const K: usize>(sampler: &Sampler<T>, grid: &[T], with_slopes: bool) -> Self {
        let mut taps = Taps {
            index: [[0; POINTS]; TAPS],
            weight: [[T::one(); POINTS]; TAPS],
            slopes: [[[T::one(); POINTS]; TAPS]; 3],
            outside: [T::zeroed(); POINTS],
        };
        let (dims, n) = (sampler.dims(), grid.len() / sampler.dims());
        for (dim, line) in sampler.lines().iter().enumerate() {
            let axis = axis::<T, K>(line, &coordinate(grid, dims, dims - 1 - dim), n);
            for tap in 0..TAPS {
                taps.multiply(tap, &axis, digit::<K>(tap, dims - 1 - dim), line.size as i32, n);
                if with_slopes {
                    taps.multiply_slopes(tap, &axis, digit::<K>(tap, dims - 1 - dim), dim, n);
                }
            }
        }
        if sampler.has_outside() {
            taps.find_outside(n);
        }
        taps
    }

    #[inline(always)]
    fn multiply<const K: usize>(&mut self, tap: usize, axis: &Axis<T, K>, k: usize, size: i32, n: usize) {
        let (index, weight) = (&mut self.index[tap], &mut self.weight[tap]);
        for i in 0..n.min(POINTS) {
            let at = axis.at[k][i];
            // Either is negative where the tap is outside.
            index[i] = if (index[i] | at) < 0 { OUTSIDE } else { index[i].wrapping_mul(size).wrapping_add(at) };
            weight[i] = weight[i] * axis.weight[k][i];
        }
    }

    #[inline(always)]
    fn multiply_slopes<const K: usize>(&mut self, tap: usize, axis: &Axis<T, K>, k: usize, dim: usize, n: usize) {
        for (of, slopes) in self.slopes.iter_mut().enumerate() {
            let factor = if of == dim { &axis.slope[k] } else { &axis.weight[k] };
            for i in 0..n.min(POINTS) {
                slopes[tap][i] = slopes[tap][i] * factor[i];
            }
        }
    }

    #[inline(always)]
    fn find_outside(&mut self, n: usize) {
        for tap in 0..TAPS {
            for i in 0..n.min(POINTS) {
                let lost = if self.index[tap][i] < 0 { self.weight[tap][i] * T::zero() } else { T::zero() };
                self.outside[i] = self.outside[i] + lost;
            }
        }
    }
}

/// Which of `K` taps in a dimension a tap is, the innermost dimension having place 0.
#[inline(always)]
const fn digit<const K: usize>(tap: usize, place: usize) -> usize {
    tap / K.pow(place as u32) % K
}

/// One coordinate of each point.
#[inline(always)]
fn coordinate<T: Coordinate>(grid: &[T], dims: usize, which: usize) -> Each<T> {
    let mut each = [T::zeroed(); POINTS];
    for (each, point) in each.iter_mut().zip(grid.chunks_exact(dims)) {
        *each = point[which];
    }
    each
}

/// The `K` taps of coordinates: 1 of the nearest pixel, 2 of linear and 4 of cubic weights.
#[inline(always)]
fn axis<T: Coordinate, const K: usize>(line: &Line<T>, coordinates: &Each<T>, n: usize) -> Axis<T, K> {
    let positions = line.positions(coordinates, n);
    let mut axis = Axis { at: [[0; POINTS]; K], weight: [[T::one(); POINTS]; K], slope: [[T::zero(); POINTS]; K] };
    match K {
        1 => {
            let (mut nearest, _) = line.bring_inside(&positions, n);
            nearest[..n].iter_mut().for_each(|p| *p = p.nearest());
            axis.at[0] = line.indices(&nearest, n);
        }
        2 => linear(line, &positions, &mut axis, n),
        _ => cubic(line, &positions, &mut axis, n),
    }
    axis
}

#[inline(always)]
fn linear<T: Coordinate, const K: usize>(line: &Line<T>, positions: &Each<T>, axis: &mut Axis<T, K>, n: usize) {
    let (inside, slopes) = line.bring_inside(positions, n);
    let (mut low, mut next) = (inside, inside);
    for i in 0..n.min(POINTS) {
        low[i] = inside[i].floor();
        next[i] = low[i] + T::one();
        let (share, slope) = (inside[i] - low[i], slopes[i] * line.scale());
        (axis.weight[0][i], axis.weight[1][i]) = (T::one() - share, share);
        (axis.slope[0][i], axis.slope[1][i]) = (-slope, slope);
    }
    (axis.at[0], axis.at[1]) = (line.indices(&low, n), line.indices(&next, n));
}

/// Each tap by itself is brought inside, as the taps of one point may lie on both sides of the border.
#[inline(always)]
fn cubic<T: Coordinate, const K: usize>(line: &Line<T>, positions: &Each<T>, axis: &mut Axis<T, K>, n: usize) {
    let mut low = *positions;
    low[..n].iter_mut().for_each(|p| *p = p.floor());
    for k in 0..K {
        // How far the tap is from the position: it grows with the position for the first two.
        let (steps, sign) = (T::constant(1.0 - k as f64), if k < 2 { T::one() } else { -T::one() });
        let mut at = low;
        for i in 0..n.min(POINTS) {
            at[i] = low[i] - steps;
            let distance = (positions[i] - low[i] + steps) * sign;
            let (weight, slope) = if k == 0 || k == 3 { far(distance) } else { near(distance) };
            (axis.weight[k][i], axis.slope[k][i]) = (weight, slope * sign * line.scale());
        }
        axis.at[k] = line.indices(&line.bring_inside(&at, n).0, n);
    }
}

/// Keys' kernel (1981) has this parameter.
const A: f64 = -0.75;

/// Keys' kernel at a distance below 1, and its derivative.
#[inline(always)]
fn near<T: Coordinate>(x: T) -> (T, T) {
    let (cube, square) = (T::constant(A + 2.0), T::constant(A + 3.0));
    let slope = (T::constant(3.0) * cube * x - T::constant(2.0) * square) * x;
    ((cube * x - square) * x * x + T::one(), slope)
}

/// Keys' kernel at a distance between 1 and 2, and its derivative.
#[inline(always)]
fn far<T: Coordinate>(x: T) -> (T, T) {
    let c = T::constant;
    (((x - c(5.0)) * x + c(8.0)) * x * c(A) - c(4.0 * A), ((c(3.0) * x - c(10.0)) * x + c(8.0)) * c(A))
}
