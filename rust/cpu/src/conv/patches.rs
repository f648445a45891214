//! Convolutions whose kernels lie side by side, as those that embed patches of images do: an element of an image is in one patch
//! alone, so that patches are the rows of a matrix that is no larger than the images.

use std::ops::Range;

use ferrotorch_kernel::kernel::ConvPass;
use ferrotorch_kernel::{Array, Layout, Result, Scalar};

use super::geometry::Sizes;
use super::products::{multiply, turned};
use crate::copy;
use crate::fill::fill;

/// Elements of the patches that are multiplied at a time.
const ELEMENTS: usize = 1 << 20;
/// Sums of fewer terms, and fewer results of each patch, are no work for a product.
const FEW: usize = 16;

/// Runs a pass, if kernels lie side by side and there is work enough in each patch: does so and is true.
pub(super) fn run(
    pass: ConvPass,
    sizes: &Sizes,
    [first, second]: [&Array; 2],
    bias: Option<&Array>,
    out: &Array,
) -> Result<bool> {
    let lies_so = sizes.stride == sizes.kernel && sizes.padding == [0; 3] && sizes.dilation == [1; 3] && sizes.groups == 1;
    let is_work = sizes.kernel_len() > 1 && sizes.c * sizes.kernel_len() >= FEW && sizes.o >= FEW;
    if !lies_so || !is_work || out.numel() == 0 || [first, second].iter().any(|array| array.dtype != out.dtype) {
        return Ok(false);
    }
    let (x, w, y) = match pass {
        ConvPass::Forward => (first, second, out),
        ConvPass::GradInput => (out, second, first),
        ConvPass::GradWeight => (second, out, first),
    };
    let depth = sizes.c * sizes.kernel_len();
    if pass == ConvPass::GradWeight && out.dtype != out.dtype.accumulate() {
        // Sums over some images at a time would be rounded in between.
        return Ok(false);
    }
    let views = (y.layout.view(&[sizes.batch, sizes.o, sizes.output_len()]), w.layout.view(&[1, sizes.o, depth]));
    let (Some(y_layout), Some(w_layout)) = views else { return Ok(false) };
    let call = Patches { sizes, x, y: y.with_layout(y_layout), w: w.with_layout(w_layout), depth };
    match pass {
        ConvPass::Forward => call.forward(bias)?,
        ConvPass::GradInput => call.grad_input(bias)?,
        ConvPass::GradWeight => call.grad_weight()?,
    }
    Ok(true)
}

/// Images by patches.
struct Patches<'a> {
    sizes: &'a Sizes,
    /// (N, C, ..)
    x: &'a Array,
    /// The results: (N, O, positions).
    y: Array,
    /// The kernels: (1, O, elements of a patch).
    w: Array,
    /// Elements of a patch.
    depth: usize,
}

impl Patches<'_> {
    /// The patches of some images, where they lie: (N, positions.., C, kernel..).
    fn view(&self, images: &Range<usize>) -> Array {
        let Sizes { kernel, output, c, .. } = *self.sizes;
        let strides = self.x.layout.strides();
        let missing = 5 - strides.len();
        let step: [isize; 3] = std::array::from_fn(|d| d.checked_sub(missing).map_or(0, |d| strides[2 + d]));
        let shape: Vec<usize> = [images.len()].into_iter().chain(output).chain([c]).chain(kernel).collect();
        let down = (0..3).map(|d| step[d] * kernel[d] as isize);
        let steps: Vec<isize> = [strides[0]].into_iter().chain(down).chain([strides[1]]).chain(step).collect();
        let start = self.x.layout.offset().wrapping_add_signed(strides[0] * images.start as isize);
        self.x.with_layout(Layout::strided(&shape, &steps, start))
    }

    /// Memory for the patches of some images, as matrices (N, positions, elements) and as [`Patches::view`] has them.
    fn room(&self, images: &Range<usize>) -> Result<[Array; 2]> {
        let rows = Array::empty(&[images.len(), self.sizes.output_len(), self.depth], self.x.dtype, self.x.device())?;
        let parted = rows.with_layout(Layout::contiguous(self.view(images).shape()));
        Ok([rows, parted])
    }

    /// Copies the patches of some images into matrices (N, positions, elements).
    fn rows(&self, images: &Range<usize>) -> Result<Array> {
        let [rows, parted] = self.room(images)?;
        copy::copy(&self.view(images).into(), &parted)?;
        Ok(rows)
    }

    /// The kernels, for each of so many images.
    fn kernels(&self, images: usize) -> Array {
        let (shape, strides) = (self.w.shape(), self.w.layout.strides());
        self.w.with_layout(Layout::strided(&[images, shape[1], shape[2]], &[0, strides[1], strides[2]], self.w.layout.offset()))
    }

    /// The results of some images.
    fn results(&self, images: &Range<usize>) -> Array {
        self.y.with_layout(self.y.layout.slice(0, images.start, images.len(), 1))
    }

    /// Images, some at a time.
    fn some(&self) -> Vec<Range<usize>> {
        let of_image = self.sizes.output_len() * self.depth;
        let (batch, some) = (self.sizes.batch, (ELEMENTS / of_image.max(1)).max(1));
        (0..batch).step_by(some).map(|first| first..batch.min(first + some)).collect()
    }

    fn forward(&self, bias: Option<&Array>) -> Result<()> {
        self.some().iter().try_for_each(|images| {
            let y = self.results(images);
            let bias = bias.map(|bias| repeated(bias, y.shape(), 1));
            multiply(self.kernels(images.len()), turned(&self.rows(images)?), bias, &y)
        })
    }

    fn grad_input(&self, bias: Option<&Array>) -> Result<()> {
        let Sizes { kernel, output, input, .. } = *self.sizes;
        if (0..3).any(|d| output[d] * kernel[d] < input[d]) {
            // What is behind the last patches.
            match bias {
                Some(bias) => copy::copy(&repeated(bias, self.x.shape(), 1).into(), self.x)?,
                None => fill(Scalar::Int(0), self.x)?,
            }
        }
        self.some().iter().try_for_each(|images| {
            let [rows, parted] = self.room(images)?;
            let bias = bias.map(|bias| self.of_elements(bias, rows.shape())).transpose()?;
            multiply(turned(&self.results(images)), self.kernels(images.len()), bias, &rows)?;
            copy::copy(&parted.into(), &self.view(images))
        })
    }

    /// What is added to each channel, as it is added to the elements of each patch.
    fn of_elements(&self, bias: &Array, patches: &[usize]) -> Result<Array> {
        let each = Array::empty(&[self.sizes.c, self.sizes.kernel_len()], bias.dtype, bias.device())?;
        copy::copy(&repeated(bias, each.shape(), 0).into(), &each)?;
        Ok(each.with_layout(Layout::strided(patches, &[0, 0, 1], 0)))
    }

    fn grad_weight(&self) -> Result<()> {
        let parts = self.some();
        if parts.is_empty() {
            return fill(Scalar::Int(0), &self.w);
        }
        let mut sum = None;
        for (number, images) in parts.iter().enumerate() {
            let (rows, of_results) = (self.rows(images)?, self.results(images));
            let [count, positions, depth] = [rows.shape()[0], rows.shape()[1], rows.shape()[2]];
            let all = rows.with_layout(Layout::contiguous(&[1, count * positions, depth]));
            let by_kernel = of_results.with_layout(of_results.layout.permute(&[1, 0, 2])).contiguous()?;
            let by_kernel = by_kernel.with_layout(Layout::strided(
                &[1, self.sizes.o, count * positions],
                &[0, (count * positions) as isize, 1],
                by_kernel.layout.offset(),
            ));
            let is_last = number + 1 == parts.len();
            let target = if is_last { self.w.clone() } else { Array::empty(self.w.shape(), self.w.dtype, self.w.device())? };
            multiply(by_kernel, all, sum, &target)?;
            sum = Some(target);
        }
        Ok(())
    }
}

/// A vector along one dimension, the same at all places of the others.
fn repeated(vector: &Array, shape: &[usize], dim: usize) -> Array {
    let mut steps = vec![0; shape.len()];
    steps[dim] = vector.layout.strides()[0];
    vector.with_layout(Layout::strided(shape, &steps, vector.layout.offset()))
}
