//! Where in an image a coordinate of a grid is.

use ferrotorch_kernel::dtype::Element;
use ferrotorch_kernel::grid::{GridMode, GridPadding, GridSampling};
use num_traits::Float;

/// Points whose taps are found together.
pub(super) const POINTS: usize = 64;

/// The index of a tap outside of the image.
pub(super) const OUTSIDE: i32 = -1;

/// Some value of each of the points. What is computed of them is computed in one short loop after the other over so many points as
/// there are, each of which becomes one of vectors; loops of a constant length would be unrolled instead.
pub(super) type Each<T> = [T; POINTS];

/// A type that positions are computed in.
pub(super) trait Coordinate: Element + Float {
    /// A size, as exact as the type is.
    #[inline(always)]
    fn of(size: usize) -> Self {
        Self::constant(size as f64)
    }
    /// A constant.
    fn constant(x: f64) -> Self;
    /// The nearest integer, of two equally near ones the even one.
    fn nearest(self) -> Self;
    /// An integer of [0, 2^23). Rust's own conversion, which minds what does not fit, has no vectors; this adds what moves the
    /// integer into the lowest bits.
    fn index(self) -> i32;
    /// The value, or 0 where the index is negative. Where points lie is not to be foreseen, so this does without a branch, which a
    /// choice of floats would become.
    fn unless_outside(self, index: i32) -> Self;
}

impl Coordinate for f32 {
    #[inline(always)]
    fn constant(x: f64) -> Self {
        x as f32
    }
    #[inline(always)]
    fn nearest(self) -> Self {
        self.round_ties_even()
    }
    #[inline(always)]
    fn index(self) -> i32 {
        // From 2^23 on there are integers only, one apart.
        ((self + 8_388_608.0).to_bits() & 0x7f_ffff) as i32
    }
    #[inline(always)]
    fn unless_outside(self, index: i32) -> Self {
        f32::from_bits(self.to_bits() & !(index >> 31) as u32)
    }
}

impl Coordinate for f64 {
    #[inline(always)]
    fn constant(x: f64) -> Self {
        x
    }
    #[inline(always)]
    fn nearest(self) -> Self {
        self.round_ties_even()
    }
    #[inline(always)]
    fn index(self) -> i32 {
        // From 2^52 on there are integers only, one apart.
        ((self + 4_503_599_627_370_496.0).to_bits() & 0x7f_ffff) as i32
    }
    #[inline(always)]
    fn unless_outside(self, index: i32) -> Self {
        f64::from_bits(self.to_bits() & !i64::from(index >> 31) as u64)
    }
}

/// How images of one shape are sampled.
#[derive(Clone, Debug)]
pub(super) struct Sampler<T> {
    sampling: GridSampling,
    lines: Vec<Line<T>>,
}

impl<T: Coordinate> Sampler<T> {
    pub(super) fn new(sampling: GridSampling, spatial: &[usize]) -> Self {
        Sampler { sampling, lines: spatial.iter().map(|&size| Line::new(sampling, size)).collect() }
    }

    pub(super) fn mode(&self) -> GridMode {
        self.sampling.mode
    }

    /// The number of spatial dimensions.
    pub(super) fn dims(&self) -> usize {
        self.lines.len()
    }

    /// One for each spatial dimension.
    pub(super) fn lines(&self) -> &[Line<T>] {
        &self.lines
    }

    /// Does what lies outside of the image count as pixels of value 0, rather than not at all? A weight that is not a number
    /// shows there.
    pub(super) fn has_outside(&self) -> bool {
        self.dims() == 2 && self.sampling.mode != GridMode::Nearest
    }
}

/// A dimension of an image.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<T> {
    padding: GridPadding,
    pub(super) size: usize,
    /// The last position.
    last: T,
    /// Positions in a unit of the coordinate, and the position of coordinate -1.
    scale: T,
    start: T,
    /// Where the image is reflected first, and how far from there to the next reflection.
    low: T,
    span: T,
}

impl<T: Coordinate> Line<T> {
    pub(super) fn new(sampling: GridSampling, size: usize) -> Self {
        let (half, last) = (T::constant(0.5), T::of(size) - T::one());
        let line = |scale, start, span| Line { padding: sampling.padding, size, last, scale, start, low: start, span };
        if sampling.align_corners { line(last * half, T::zero(), last) } else { line(T::of(size) * half, -half, T::of(size)) }
    }

    /// Positions in a unit of the coordinate.
    pub(super) fn scale(&self) -> T {
        self.scale
    }

    /// The positions of coordinates.
    #[inline(always)]
    pub(super) fn positions(&self, coordinates: &Each<T>, n: usize) -> Each<T> {
        let mut positions = *coordinates;
        for p in &mut positions[..n] {
            *p = (*p + T::one()) * self.scale + self.start;
        }
        positions
    }

    /// Integral positions as indices, [`OUTSIDE`] where there is no pixel.
    #[inline(always)]
    pub(super) fn indices(&self, positions: &Each<T>, n: usize) -> Each<i32> {
        let mut indices = [OUTSIDE; POINTS];
        for i in 0..n.min(POINTS) {
            let holds = positions[i] >= T::zero() && positions[i] <= self.last;
            indices[i] = if holds { positions[i].index() } else { OUTSIDE };
        }
        indices
    }

    /// The positions within the image that stand for others, and their derivatives by these; with zero padding, the same.
    #[inline(always)]
    pub(super) fn bring_inside(&self, positions: &Each<T>, n: usize) -> (Each<T>, Each<T>) {
        let (mut positions, mut slopes) = (*positions, [T::one(); POINTS]);
        if self.padding == GridPadding::Reflection {
            self.reflect(&mut positions, &mut slopes, n);
        }
        if self.padding != GridPadding::Zeros {
            self.clip(&mut positions, &mut slopes, n);
        }
        (positions, slopes)
    }

    /// On the border and beyond, where the pixel no longer changes, a position has no derivative.
    #[inline(always)]
    fn clip(&self, positions: &mut Each<T>, slopes: &mut Each<T>, n: usize) {
        for i in 0..n.min(POINTS) {
            let position = positions[i];
            let above = if position > T::zero() { position } else { T::zero() };
            positions[i] = if above < self.last { above } else { self.last };
            let is_between = position > T::zero() && position < self.last;
            slopes[i] = if is_between { slopes[i] } else { T::zero() };
        }
    }

    #[inline(always)]
    fn reflect(&self, positions: &mut Each<T>, slopes: &mut Each<T>, n: usize) {
        if self.span == T::zero() {
            (*positions, *slopes) = ([T::zero(); POINTS], [T::zero(); POINTS]);
            return;
        }
        let (half, two) = (T::constant(0.5), T::constant(2.0));
        for i in 0..n.min(POINTS) {
            let beyond = positions[i] - self.low;
            let distance = beyond.abs();
            let flips = (distance / self.span).floor();
            let rest = distance - flips * self.span;
            // 1 or -1: an odd number of flips turns the image round, and so does what is before its start.
            let turn = T::one() - two * (flips - (flips * half).floor() * two);
            let side = if beyond < T::zero() { -T::one() } else { T::one() };
            positions[i] = if turn > T::zero() { rest } else { self.span - rest } + self.low;
            slopes[i] = slopes[i] * turn * side;
        }
    }
}
