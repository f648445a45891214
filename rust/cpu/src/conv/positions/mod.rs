//! Convolutions of images that lie by positions: the channels of each are neighbours.
//!
//! What the taps of a line of the kernel read at the positions of a line are the rows of a matrix, each of which begins one step behind
//! the one before, so that they overlap. The passes are products of such matrices, which are read where they lie; only a border of zeros
//! is copied around the images first. Lines of few positions are taken together, with the borders between them.

mod images;
mod weight;

use ferrotorch_kernel::kernel::ConvPass;
use ferrotorch_kernel::{Array, DType, Layout, Operand, Result, match_dtype};

use super::by_channels::by_positions;
use super::depthwise;
use super::geometry::{Sizes, Triple};
use crate::copy::copy;
use crate::dense;
use crate::matmul::Number;

/// Fewer channels of a result do not fill a vector.
const FEW_CHANNELS: usize = 8;
/// For fewer positions the weights take longer to pack than the products take.
const FEW_POSITIONS: usize = 64;
/// Lines of fewer positions leave too much of a tile's rows empty.
const SHORT_LINE: usize = 24;

/// Runs a pass, if the images lie so and enough is to be done: does so and is true.
pub(super) fn run(
    pass: ConvPass,
    sizes: &Sizes,
    [first, second]: [&Array; 2],
    bias: Option<&Array>,
    out: &Array,
) -> Result<bool> {
    let Some(s) = (if pass == ConvPass::GradInput { backwards(sizes) } else { Some(sizes.clone()) }) else { return Ok(false) };
    let is_possible = matches!(out.dtype, DType::Float32 | DType::Float64) && !depthwise::applies(&s) && s.kernel_len() > 0;
    let is_worth_it = s.o >= FEW_CHANNELS && (s.groups == 1 || s.c >= FEW_CHANNELS) && s.batch * s.output_len() >= FEW_POSITIONS;
    if !is_possible || !is_worth_it || [first, second].iter().any(|array| array.dtype != out.dtype) {
        return Ok(false);
    }
    let sides = if pass == ConvPass::GradWeight { [second, first] } else { [first, out] };
    let [Some(from), Some(to)] = sides.map(lies_by_positions) else { return Ok(false) };
    let (from, to) = (five(&from, s.input), five(&to, s.output));
    match_dtype!(out.dtype, T in [f32, f64] => match pass {
        ConvPass::GradWeight => weight::run::<T>(&s, &from, &to, &lines_of_kernel(out, &s)),
        ConvPass::Forward => make_images::<T>(&s, &from, &lines_of_kernel(second, &s), bias, &to),
        ConvPass::GradInput => make_images::<T>(&s, &from, &turned_round(second, sizes), bias, &to),
    }, else => return Ok(false))?;
    Ok(true)
}

/// The gradient of the input as a convolution of that of the output; `None` where positions are left out between.
fn backwards(s: &Sizes) -> Option<Sizes> {
    let mut padding = [0; 3];
    for d in 0..3 {
        padding[d] = (s.dilation[d] * (s.kernel[d].max(1) - 1)).checked_sub(s.padding[d])?;
    }
    let (c, o, input, output) = (s.o, s.c, s.output, s.input);
    (s.stride == [1; 3]).then(|| Sizes { c, o, input, output, padding, ..s.clone() })
}

/// Images that do not lie by channels as well.
fn lies_by_positions(images: &Array) -> Option<Array> {
    by_positions(images).filter(|_| !images.layout.is_contiguous())
}

/// Images of positions and channels with three dimensions of positions.
fn five(images: &Array, [d, h, w]: Triple) -> Array {
    let (n, c) = (images.shape()[0], images.shape()[images.layout.ndim() - 1]);
    images.with_layout(Layout::strided(&[n, d, h, w, c], &row_major(&[n, d, h, w, c]), images.layout.offset()))
}

fn row_major(shape: &[usize]) -> Vec<isize> {
    (0..shape.len()).map(|d| shape[d + 1..].iter().product::<usize>() as isize).collect()
}

/// The steps of a kernel along its three dimensions.
fn steps(w: &Array) -> [isize; 3] {
    let (strides, ndim) = (w.layout.strides(), w.layout.ndim());
    std::array::from_fn(|d| (d + ndim).checked_sub(3).filter(|&d| d >= 2).map_or(0, |d| strides[d]))
}

/// Kernels as `(groups * O, kernel.., C)`.
fn lines_of_kernel(w: &Array, s: &Sizes) -> Array {
    let ([kd, kh, kw], [d, h, l], strides) = (s.kernel, steps(w), w.layout.strides());
    let shape = [s.groups, s.o, kd, kh, kw, s.c];
    w.with_layout(Layout::strided(&shape, &[strides[0] * s.o as isize, strides[0], d, h, l, strides[1]], w.layout.offset()))
}

/// Kernels as `(groups * C, kernel.., O)`, their elements from the last to the first.
fn turned_round(w: &Array, s: &Sizes) -> Array {
    let (steps, strides) = (steps(w), w.layout.strides());
    let last: isize = (0..3).map(|d| (s.kernel[d] as isize - 1) * steps[d]).sum();
    let ([kd, kh, kw], [d, h, l]) = (s.kernel, steps.map(|step| -step));
    let shape = [s.groups, s.c, kd, kh, kw, s.o];
    let layout = [strides[0] * s.o as isize, strides[1], d, h, l, strides[0]];
    w.with_layout(Layout::strided(&shape, &layout, w.layout.offset().wrapping_add_signed(last)))
}

fn make_images<T: Number>(s: &Sizes, from: &Array, w: &Array, bias: Option<&Array>, to: &Array) -> Result<()> {
    let w = dense::input(w, w.dtype)?;
    let bias = bias.map(|bias| dense::input(bias, bias.dtype)).transpose()?;
    let bias = bias.as_ref().map(dense::read::<T>).transpose()?;
    images::run(s, from, &w, bias, to)
}

/// Images `(N, D, H, W, C)` with a border around each line and each plane: what is read from.
struct Bordered {
    images: Array,
    size: [usize; 5],
}

impl Bordered {
    /// With `before` lines and positions in front of each plane and line, and as many in all as `size` says.
    fn new<T: Number>(images: &Array, before: [usize; 2], size: [usize; 2]) -> Result<Bordered> {
        let &[n, d, h, w, c] = images.shape() else { unreachable!("images of five dimensions") };
        let [lines, positions] = size;
        let size = [n, d, lines, positions, c];
        if [h, w] == [lines, positions] {
            return Ok(Bordered { images: images.clone(), size });
        }
        let bordered = Array::empty(&size, images.dtype, images.device())?;
        dense::write(&bordered, |elements: &mut [T]| elements.fill(T::zeroed()))?;
        let inside = bordered.layout.slice(2, before[0], h, 1).slice(3, before[1], w, 1);
        copy(&Operand::Array(images.clone()), &bordered.with_layout(inside))?;
        Ok(Bordered { images: bordered, size })
    }

    /// What a pass reads: positions up to where the last tap of the last result is.
    fn read_by<T: Number>(s: &Sizes, images: &Array) -> Result<Bordered> {
        Bordered::new::<T>(images, [s.padding[1], s.padding[2]], [1, 2].map(|d| s.input[d] + 2 * s.padding[d]))
    }

    /// Which element a position's first channel is.
    fn at(&self, [n, d, h, w]: [usize; 4]) -> isize {
        let [_, depth, lines, positions, channels] = self.size;
        ((((n * depth + d) * lines + h) * positions + w) * channels) as isize
    }

    /// Elements from a position to the next.
    fn step(&self) -> usize {
        self.size[4]
    }
}

/// Lines of positions that are taken together.
fn lines_together(s: &Sizes) -> usize {
    let is_short = s.stride[1] == 1 && s.stride[2] == 1 && s.output[2] < SHORT_LINE;
    if is_short { s.output[1].max(1) } else { 1 }
}

/// Neighbouring elements that the taps of a line read at a position.
struct Run {
    /// Elements from the position's first of the group.
    offset: usize,
    /// The first of the line's weights, and how many there are.
    start: usize,
    len: usize,
}

/// The runs of a line: one, if nothing lies between its taps.
fn runs(s: &Sizes, step: usize) -> Vec<Run> {
    let (taps, c) = (s.kernel[2], s.c);
    if s.groups == 1 && (s.dilation[2] == 1 || taps == 1) {
        return vec![Run { offset: 0, start: 0, len: taps * c }];
    }
    (0..taps).map(|k| Run { offset: k * s.dilation[2] * step, start: k * c, len: c }).collect()
}

/// The plane that a tap reads for one of the results, if there is one.
fn plane(s: &Sizes, kd: usize, d: usize) -> Option<usize> {
    (d * s.stride[0]).checked_add_signed(s.offset(0, kd)).filter(|&d| d < s.input[0])
}
