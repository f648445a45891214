//! Padding: each row of the result is a row of the input between two edges. Gradients are summed up in the same rows.

#[cfg(test)]
mod tests;

use ferrotorch_kernel::dtype::{Element, bf16, c32, c64, f16};
use ferrotorch_kernel::kernel::Padding;
use ferrotorch_kernel::memory::collect_for;
use ferrotorch_kernel::{Array, Error, Layout, Operand, Result, Scalar, ensure, match_dtype};

use crate::copy;
use crate::dense;
use crate::element::{Ring, match_size};
use crate::fill::element_bytes;
use crate::isa::{Isa, Level};
use crate::parallel::Cost;
use crate::simd::{self, SimdLoop};
use crate::view::{Read, Tiles, View, Views, Write, copy_inline, dense_as, for_each_part};

/// Elements of a task, about.
const ELEMENTS: usize = 1 << 13;
/// The source of what is no element of the input.
const NONE: usize = usize::MAX;

/// Runs [`ferrotorch_kernel::kernel::Kernel::Pad`].
pub(crate) fn pad(widths: &[(usize, usize)], padding: Padding, input: &Operand, out: &Array) -> Result<()> {
    let Some(model) = Model::new(input.array()?.shape(), out.shape(), widths, padding)? else { return copy::copy(input, out) };
    let input = dense::input(input.array()?, out.dtype)?;
    let number = if let Padding::Constant(number) = padding { number } else { Scalar::Int(0) };
    let bytes = element_bytes(number, out.dtype);
    dense::through(out, out.dtype, |out| {
        match_size!(out.dtype, T => {
            let from = dense_as::<T, Read>(&input).and_then(|view| view.as_slice()).unwrap_or_default();
            model.pad::<T>(from, bytemuck::pod_read_unaligned(&bytes[..size_of::<T>()]), out)
        })
    })
}

/// Runs [`ferrotorch_kernel::kernel::Kernel::PadGrad`].
pub(crate) fn pad_grad(widths: &[(usize, usize)], padding: Padding, grad: &Operand, out: &Array) -> Result<()> {
    let Some(model) = Model::new(out.shape(), grad.array()?.shape(), widths, padding)? else { return copy::copy(grad, out) };
    let grad = dense::input(grad.array()?, out.dtype)?;
    dense::through(out, out.dtype, |out| {
        match_dtype!(@ out.dtype, T, model.sum_up::<T>(dense::read::<T>(&grad)?, out),
            Err(Error::dtype("pad backward", out.dtype, "use a float dtype")),
            [Float16 f16, BFloat16 bf16, Float32 f32, Float64 f64, Complex64 c32, Complex128 c64])
    })
}

/// Where the elements of a padded array come from. Dimensions before the first padded one make planes, those from there to the last
/// padded one make rows of a plane, and what lies behind it moves together.
struct Model {
    planes: usize,
    /// Rows of a plane of the input.
    height: usize,
    /// For each row of a plane of the result that of the input, and whether it is that very row.
    rows: Vec<(usize, bool)>,
    /// Units of a row of the input, and the elements of a unit.
    width: usize,
    unit: usize,
    /// Which units of the row the edges are made of.
    before: Vec<usize>,
    behind: Vec<usize>,
}

impl Model {
    /// None where nothing is padded.
    fn new(small: &[usize], large: &[usize], widths: &[(usize, usize)], padding: Padding) -> Result<Option<Model>> {
        let fits = small.len() == widths.len()
            && small.iter().zip(widths).map(|(n, (before, behind))| n + before + behind).eq(large.iter().copied());
        ensure!(fits, Runtime, "pad: {small:?} with widths {widths:?} is not {large:?}");
        let is_padded = |widths: &(usize, usize)| *widths != (0, 0);
        let (Some(first), Some(last)) = (widths.iter().position(is_padded), widths.iter().rposition(is_padded)) else {
            return Ok(None);
        };
        let sources = |d: usize| {
            let (n, before) = (small[d] as i64, widths[d].0 as i64);
            (0..large[d] as i64).map(move |i| padding.source(i - before, n).map_or(NONE, |source| source as usize))
        };
        let mut rows = vec![(0, true)];
        for d in first..last {
            let (n, before) = (small[d], widths[d].0);
            let below = |(row, is_own): (usize, bool)| {
                sources(d).enumerate().map(move |(i, source)| match source {
                    _ if row == NONE || source == NONE => (NONE, false),
                    _ => (row * n + source, is_own && (before..before + n).contains(&i)),
                })
            };
            rows = collect_for("pad", rows.into_iter().flat_map(below))?;
        }
        let (before, width) = (widths[last].0, small[last]);
        Ok(Some(Model {
            planes: small[..first].iter().product(),
            height: small[first..last].iter().product(),
            rows,
            width,
            unit: small[last + 1..].iter().product(),
            before: sources(last).take(before).collect(),
            behind: sources(last).skip(before + width).collect(),
        }))
    }

    /// Elements of a row of the input and of the result.
    fn lengths(&self) -> (usize, usize) {
        (self.width * self.unit, (self.before.len() + self.width + self.behind.len()) * self.unit)
    }

    fn pad<T: Element>(&self, from: &[T], number: T, out: &Array) -> Result<()> {
        let length = self.lengths().1;
        let rows = (ELEMENTS / length.max(1)).max(1);
        let out = out.with_layout(matrix(self.planes * self.rows.len(), length, out));
        let tiles = Tiles::new(Views::<T, Write, 2>::along(&out, [0, 1])?, [rows, length]);
        let cost = Cost::moved(2 * rows * length * size_of::<T>()).plus(Cost::single(8 * rows));
        for_each_part(tiles, cost, |_, (_, [rows, _], out)| {
            simd::run(PadRows { model: self, from, number, first: rows.start, out });
        })
    }

    fn sum_up<T: Element + Ring>(&self, grad: &[T], out: &Array) -> Result<()> {
        let (length, large) = self.lengths();
        let out = out.with_layout(matrix(self.planes * self.height, length, out));
        let tiles = Tiles::new(Views::<T, Write, 2>::along(&out, [0, 1])?, [self.height, length]);
        let of_plane = self.rows.len() * large;
        for_each_part(tiles, Cost::streamed(2 * of_plane).plus(Cost::single(8 * self.rows.len())), |plane, (_, _, out)| {
            if let Some(out) = out.flat().and_then(|out| out.into_mut_slice()) {
                simd::run(SumPlane { model: self, grad: &grad[plane * of_plane..][..of_plane], out });
            }
        })
    }
}

/// Rows of a padded array.
struct PadRows<'a, T> {
    model: &'a Model,
    from: &'a [T],
    number: T,
    /// The first of the rows.
    first: usize,
    out: View<'a, T, Write, 2>,
}

impl<T: Element> SimdLoop for PadRows<'_, T> {
    type Output = ();
    const WIDEST: Level = Level::Avx2;

    #[inline(always)]
    fn run<I: Isa>(mut self) {
        let Model { height, ref rows, ref before, ref behind, unit, .. } = *self.model;
        let length = self.model.lengths().0;
        let (mut plane, mut row) = (self.first / rows.len(), self.first % rows.len());
        self.out.for_each_row(|_, to| {
            match rows[row].0 {
                NONE => to.fill(self.number),
                source => {
                    let from = &self.from[(plane * height + source) * length..][..length];
                    let (left, rest) = to.split_at_mut(before.len() * unit);
                    let (middle, right) = rest.split_at_mut(length);
                    edge(before, unit, from, self.number, left);
                    copy_inline(from, middle);
                    edge(behind, unit, from, self.number, right);
                }
            }
            row += 1;
            if row == rows.len() {
                (plane, row) = (plane + 1, 0);
            }
        });
    }
}

/// Units of a row, one after the other.
#[inline(always)]
fn edge<T: Copy>(sources: &[usize], unit: usize, from: &[T], number: T, to: &mut [T]) {
    if unit == 1 {
        to.iter_mut().zip(sources).for_each(|(to, &source)| *to = from.get(source).copied().unwrap_or(number));
        return;
    }
    for (to, &source) in to.chunks_exact_mut(unit.max(1)).zip(sources) {
        match source {
            NONE => to.fill(number),
            source => copy_inline(&from[source * unit..][..unit], to),
        }
    }
}

/// A plane of a gradient of the padded array, and what it sums up to.
struct SumPlane<'a, T> {
    model: &'a Model,
    grad: &'a [T],
    out: &'a mut [T],
}

impl<T: Element + Ring> SimdLoop for SumPlane<'_, T> {
    type Output = ();
    const WIDEST: Level = Level::Avx2;

    #[inline(always)]
    fn run<I: Isa>(self) {
        let Model { ref rows, ref before, ref behind, unit, .. } = *self.model;
        let (length, large) = self.model.lengths();
        // The rows themselves come first, so that the others have something to be added to.
        for own in [true, false] {
            for (grad, &(row, is_own)) in self.grad.chunks_exact(large.max(1)).zip(rows) {
                if is_own != own || row == NONE {
                    continue;
                }
                let out = &mut self.out[row * length..][..length];
                let (left, rest) = grad.split_at(before.len() * unit);
                let (middle, right) = rest.split_at(length);
                if own {
                    copy_inline(middle, out);
                } else {
                    add(middle, out);
                }
                add_edge(before, unit, left, out);
                add_edge(behind, unit, right, out);
            }
        }
    }
}

#[inline(always)]
fn add<T: Ring>(from: &[T], to: &mut [T]) {
    to.iter_mut().zip(from).for_each(|(to, &x)| *to = to.plus(x));
}

/// Adds the units of an edge to those that they were made of.
#[inline(always)]
fn add_edge<T: Ring>(sources: &[usize], unit: usize, from: &[T], to: &mut [T]) {
    for (from, &source) in from.chunks_exact(unit.max(1)).zip(sources) {
        if source != NONE {
            add(from, &mut to[source * unit..][..unit]);
        }
    }
}

/// A row-major array as a matrix.
fn matrix(rows: usize, columns: usize, array: &Array) -> Layout {
    Layout::strided(&[rows, columns], &[columns as isize, 1], array.layout.offset())
}
