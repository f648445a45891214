//! Convolutions with kernels of one element: products of matrices of channels and positions, read and written where they lie.

use ferrotorch_kernel::kernel::ConvPass;
use ferrotorch_kernel::{Array, Layout, Operand, Result, Scalar};

use super::geometry::Sizes;
use crate::matmul::matmul;

/// Sums of fewer terms are no work for a product.
const FEW: usize = 4;
/// Images of fewer positions are not worth a product each.
const FEW_POSITIONS: usize = 16;

/// Runs a pass, if every result is of one element of each channel and the images lie so that products can read and write them: does so
/// and is true.
pub(super) fn run(
    pass: ConvPass,
    sizes: &Sizes,
    [first, second]: [&Array; 2],
    bias: Option<&Array>,
    out: &Array,
) -> Result<bool> {
    let is_plain = sizes.kernel_len() == 1 && sizes.stride == [1; 3] && sizes.padding == [0; 3];
    if !is_plain || sizes.c < FEW || sizes.o < FEW || [first, second].iter().any(|array| array.dtype != out.dtype) {
        return Ok(false);
    }
    let (x, w, y) = match pass {
        ConvPass::Forward => (first, second, out),
        ConvPass::GradInput => (out, second, first),
        ConvPass::GradWeight => (second, out, first),
    };
    let (Some(x), Some(y)) = (Images::new(x, sizes), Images::new(y, sizes)) else { return Ok(false) };
    if x.are_rows() && y.are_rows() && sizes.groups == 1 {
        return one_product(pass, sizes, &x, w, &y, bias).map(|()| true);
    }
    // The gradients of the images would have to be added up; half types and few positions have better ways than many small products,
    // and a product adds a number a row slower than the ways that know of channels do.
    let is_small = y.size[1] < FEW_POSITIONS || out.dtype != out.dtype.accumulate();
    if pass == ConvPass::GradWeight || is_small || bias.is_some() {
        return Ok(false);
    }
    (0..sizes.groups).try_for_each(|group| {
        let w = w.with_layout(w.layout.slice(0, group * sizes.o, sizes.o, 1));
        products(pass, sizes, &x.of_group(group, sizes.c), &w, &y.of_group(group, sizes.o))
    })?;
    Ok(true)
}

/// The kernels, for each of so many images, as a matrix `(O, C)`.
fn matrix(w: &Array, images: usize) -> Array {
    let (shape, strides) = (w.shape(), w.layout.strides());
    w.with_layout(Layout::strided(&[images, shape[0], shape[1]], &[0, strides[0], strides[1]], w.layout.offset()))
}

/// Rows and columns exchanged.
pub(super) fn turned(matrices: &Array) -> Array {
    matrices.with_layout(matrices.layout.transpose(1, 2))
}

/// Images whose positions lie at even distances.
struct Images<'a> {
    array: &'a Array,
    /// Images and positions of each.
    size: [usize; 2],
    /// From an image, a channel and a position to the next.
    step: [isize; 3],
    start: usize,
}

impl<'a> Images<'a> {
    fn new(array: &'a Array, sizes: &Sizes) -> Option<Images<'a>> {
        let (shape, strides) = (array.shape(), array.layout.strides());
        let mut step = 1;
        let mut count = 1;
        for d in (2..shape.len()).rev().filter(|&d| shape[d] != 1) {
            if count == 1 {
                step = strides[d];
            }
            if strides[d] != step * count as isize {
                return None;
            }
            count *= shape[d];
        }
        let step = [strides[0], strides[1], step];
        Some(Images { array, size: [sizes.batch, count], step, start: array.layout.offset() })
    }

    /// Are the channels of each position neighbours, and the positions of all images the rows of one matrix?
    fn are_rows(&self) -> bool {
        let [images, positions] = self.size;
        self.step[1] == 1 && (images == 1 || positions == 1 || self.step[0] == positions as isize * self.step[2])
    }

    /// The channels of a group, which has `channels`.
    fn of_group(&self, group: usize, channels: usize) -> Images<'a> {
        Images { start: self.start.wrapping_add_signed(self.step[1] * (group * channels) as isize), ..*self }
    }

    /// Matrices of channels and positions, one of each image.
    fn matrices(&self, channels: usize) -> Array {
        let [images, positions] = self.size;
        self.array.with_layout(Layout::strided(&[images, channels, positions], &self.step, self.start))
    }

    /// One matrix of all positions and their channels.
    fn rows(&self, channels: usize) -> Array {
        let [images, positions] = self.size;
        let (shape, row) = ([1, images * positions, channels], if positions == 1 { self.step[0] } else { self.step[2] });
        self.array.with_layout(Layout::strided(&shape, &[0, row, 1], self.start))
    }
}

/// The pass of images that are rows of one matrix.
fn one_product(pass: ConvPass, sizes: &Sizes, x: &Images, w: &Array, y: &Images, bias: Option<&Array>) -> Result<()> {
    let (x, w, y) = (x.rows(sizes.c), matrix(w, 1), y.rows(sizes.o));
    let in_rows = |like: &Array| {
        let layout = |bias: &Array| Layout::strided(like.shape(), &[0, 0, bias.layout.strides()[0]], bias.layout.offset());
        bias.map(|bias| bias.with_layout(layout(bias)))
    };
    match pass {
        ConvPass::Forward => multiply(x, turned(&w), in_rows(&y), &y),
        ConvPass::GradInput => multiply(y, w, in_rows(&x), &x),
        ConvPass::GradWeight => multiply(turned(&y), x, None, &w),
    }
}

/// The pass of every image by itself.
fn products(pass: ConvPass, sizes: &Sizes, x: &Images, w: &Array, y: &Images) -> Result<()> {
    let (x, w, y) = (x.matrices(sizes.c), matrix(w, sizes.batch), y.matrices(sizes.o));
    if pass == ConvPass::GradInput { multiply(turned(&w), y, None, &x) } else { multiply(w, x, None, &y) }
}

/// `out = a @ b + c`.
pub(super) fn multiply(a: Array, b: Array, c: Option<Array>, out: &Array) -> Result<()> {
    let one = Scalar::Int(1);
    let inputs = [a.into(), b.into(), c.map_or(Operand::None, Operand::Array)];
    matmul(one, one, &inputs, std::slice::from_ref(out))
}
