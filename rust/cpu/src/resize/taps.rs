//! Which elements of a line an element of the result is made of, and how much each weighs.

use ferrotorch_kernel::dtype::Element;
use ferrotorch_kernel::resize::Filter;
use ferrotorch_kernel::{Result, bail};
use num_traits::{Float, NumAssign};

/// A type that weights are computed in.
pub(super) trait Weight: Element + Float + NumAssign {
    /// The nearest number of this type.
    fn of(x: f64) -> Self;
}

impl Weight for f32 {
    fn of(x: f64) -> Self {
        x as f32
    }
}

impl Weight for f64 {
    fn of(x: f64) -> Self {
        x
    }
}

/// The taps along a dimension, as windows of a line that goes on beyond its ends with the elements there.
pub(super) struct Taps<T> {
    /// Elements of the line.
    pub(super) size: usize,
    /// How far the line is to go on at either end.
    pub(super) margin: usize,
    /// The most taps that an element has.
    pub(super) width: usize,
    /// Where the window of each element begins, counted from the beginning of the margin.
    first: Vec<u32>,
    /// Taps of each element.
    count: Vec<u32>,
    /// `width` weights for each element.
    weights: Vec<T>,
}

/// Keys' `a` without and with antialiasing, as PyTorch has them.
const CUBIC: [f64; 2] = [-0.75, -0.5];

impl<T: Weight> Taps<T> {
    /// Of a dimension that stays as it is, or lines of `size` elements resized to `len`.
    pub(super) fn new(filter: Filter, size: usize, len: usize, step: f64, align_corners: bool) -> Result<Taps<T>> {
        let mut taps = match filter {
            Filter::Nearest | Filter::NearestExact => Taps::empty(size, len, 0, 1)?,
            Filter::Linear => Taps::empty(size, len, 1, 2)?,
            // Positions reach from -1 to the size, and taps two farther.
            Filter::Cubic => Taps::empty(size, len, 3, 4)?,
            Filter::LinearAntialiased => Taps::empty(size, len, 0, widest(1.0, step, size))?,
            Filter::CubicAntialiased => Taps::empty(size, len, 0, widest(2.0, step, size))?,
        };
        let position = |i: usize| {
            let (i, step) = (T::of(i as f64), T::of(step));
            if align_corners { i * step } else { (i + T::of(0.5)) * step - T::of(0.5) }
        };
        for i in 0..len {
            match filter {
                Filter::Nearest => taps.push(nearest(i, 0.0, step, size), &[T::one()]),
                Filter::NearestExact => taps.push(nearest(i, 0.5, step, size), &[T::one()]),
                Filter::Linear => taps.push_linear(position(i)),
                Filter::Cubic => taps.push_cubic(position(i)),
                Filter::LinearAntialiased => taps.push_stretched(i, step, T::one(), |x| (T::one() - x).max(T::zero())),
                Filter::CubicAntialiased => taps.push_stretched(i, step, T::of(2.0), |x| keys(x, CUBIC[1])),
            }
        }
        Ok(taps)
    }

    /// Of one element, which stays what it is.
    pub(super) fn of_one() -> Result<Taps<T>> {
        Taps::new(Filter::Nearest, 1, 1, 1.0, false)
    }

    fn empty(size: usize, len: usize, margin: usize, width: usize) -> Result<Taps<T>> {
        Ok(Taps { size, margin, width, first: room(len)?, count: room(len)?, weights: room(len.saturating_mul(width))? })
    }

    /// The taps of the next element, from a position of the line on.
    fn push(&mut self, first: isize, weights: &[T]) {
        self.first.push((first + self.margin as isize) as u32);
        self.count.push(weights.len() as u32);
        self.weights.extend_from_slice(weights);
        self.weights.resize(self.first.len() * self.width, T::zero());
    }

    fn push_linear(&mut self, position: T) {
        let position = position.max(T::zero());
        let low = position.floor().min(T::of((self.size - 1) as f64));
        let share = (position - low).max(T::zero()).min(T::one());
        self.push(low.to_isize().unwrap_or(0), &[T::one() - share, share]);
    }

    fn push_cubic(&mut self, position: T) {
        let low = position.floor();
        let share = position - low;
        let low = low.to_isize().unwrap_or(0).clamp(-2, self.size as isize);
        self.push(low - 1, &[share + T::one(), share, T::one() - share, T::of(2.0) - share].map(|x| keys(x, CUBIC[0])));
    }

    /// The filter stretched by the step, if that is above 1; weights are divided by their sum.
    fn push_stretched(&mut self, i: usize, step: f64, radius: T, filter: impl Fn(T) -> T) {
        let (step, half) = (T::of(step), T::of(0.5));
        let stretch = step.max(T::one());
        let (centre, support) = ((T::of(i as f64) + half) * step, radius * stretch);
        let at = |x: T| x.max(T::zero()).to_usize().unwrap_or(0).min(self.size);
        let (first, end) = (at(centre - support + half), at(centre + support + half));
        let mut weights: Vec<T> =
            (first..end).take(self.width).map(|tap| filter(((T::of(tap as f64) - centre + half) / stretch).abs())).collect();
        let total = weights.iter().fold(T::zero(), |sum, &w| sum + w);
        weights.iter_mut().for_each(|w| *w /= total);
        self.push(first as isize, &weights);
    }

    /// How many elements the result has.
    pub(super) fn len(&self) -> usize {
        self.first.len()
    }

    /// The elements of the line that an element of the result is made of, and their weights.
    pub(super) fn of(&self, i: usize) -> impl Iterator<Item = (usize, T)> {
        let (first, last) = (self.first[i] as usize, self.size - 1);
        let weights = &self.weights[i * self.width..][..self.count[i] as usize];
        weights.iter().enumerate().map(move |(k, &w)| ((first + k).saturating_sub(self.margin).min(last), w))
    }

    /// Resizes a line that goes on by [`Taps::margin`] at either end.
    pub(super) fn resize(&self, line: &[T], out: &mut [T]) {
        match self.width {
            1 => self.resize_by::<1>(line, out),
            2 if self.margin > 0 => self.resize_by::<2>(line, out),
            4 if self.margin > 0 => self.resize_by::<4>(line, out),
            _ => {
                for (i, out) in out.iter_mut().enumerate() {
                    let weights = &self.weights[i * self.width..][..self.count[i] as usize];
                    let window = &line[self.first[i] as usize..][..weights.len()];
                    *out = match weights.len() {
                        2 => sum_of::<T, 2>(window, weights),
                        3 => sum_of::<T, 3>(window, weights),
                        4 => sum_of::<T, 4>(window, weights),
                        5 => sum_of::<T, 5>(window, weights),
                        6 => sum_of::<T, 6>(window, weights),
                        7 => sum_of::<T, 7>(window, weights),
                        8 => sum_of::<T, 8>(window, weights),
                        _ => window.iter().zip(weights).fold(T::zero(), |sum, (&x, &w)| sum + w * x),
                    };
                }
            }
        }
    }

    /// [`Taps::resize`] where every element has `K` taps.
    fn resize_by<const K: usize>(&self, line: &[T], out: &mut [T]) {
        let (weights, _) = self.weights.as_chunks::<K>();
        for ((out, &first), weights) in out.iter_mut().zip(&self.first).zip(weights) {
            let window = &line[first as usize..][..K];
            let mut sum = weights[0] * window[0];
            for k in 1..K {
                sum += weights[k] * window[k];
            }
            *out = if K == 1 { window[0] } else { sum };
        }
    }

    /// Adds to the elements of a line, which goes on as for [`Taps::resize`], what the elements of a result get.
    pub(super) fn spread(&self, result: &[T], line: &mut [T]) {
        for (i, &g) in result.iter().enumerate() {
            let weights = &self.weights[i * self.width..][..self.count[i] as usize];
            let window = &mut line[self.first[i] as usize..][..weights.len()];
            window.iter_mut().zip(weights).for_each(|(x, &w)| *x += w * g);
        }
        self.gather_margins(line);
    }

    /// Adds what lies beyond the ends to the elements there.
    fn gather_margins(&self, line: &mut [T]) {
        let (first, last) = (self.margin, self.margin + self.size - 1);
        for k in 0..self.margin {
            let (before, behind) = (line[k], line[last + 1 + k]);
            line[first] += before;
            line[last] += behind;
        }
    }
}

/// The sum of a known number of elements, each with a weight.
#[inline(always)]
fn sum_of<T: Weight, const K: usize>(elements: &[T], weights: &[T]) -> T {
    let (elements, weights) = (&elements[..K], &weights[..K]);
    (0..K).fold(T::zero(), |sum, k| sum + weights[k] * elements[k])
}

/// An empty list with room for so many elements.
pub(super) fn room<T>(n: usize) -> Result<Vec<T>> {
    let mut list = Vec::new();
    if list.try_reserve_exact(n).is_err() {
        bail!(Memory, "interpolate(): no memory for {n} numbers of {} bytes", size_of::<T>());
    }
    Ok(list)
}

/// Elements within a radius, stretched by the step, of a position, at most.
fn widest(radius: f64, step: f64, size: usize) -> usize {
    let reach = (2.0 * radius * step.max(1.0)).ceil();
    (if reach < size as f64 { reach as usize + 2 } else { size }).clamp(1, size)
}

/// In float32, as PyTorch computes it for every dtype.
fn nearest(i: usize, shift: f32, step: f64, size: usize) -> isize {
    let at = ((i as f32 + shift) * step as f32).floor();
    (at as usize).min(size - 1) as isize
}

/// Keys' kernel at `0 <= x <= 2` (Keys, 1981).
fn keys<T: Weight>(x: T, a: f64) -> T {
    let [a, one, two, three, four, five, eight] = [a, 1.0, 2.0, 3.0, 4.0, 5.0, 8.0].map(T::of);
    if x <= one {
        ((a + two) * x - (a + three)) * x * x + one
    } else if x >= two {
        T::zero()
    } else {
        ((x - five) * x + eight) * x * a - four * a
    }
}
