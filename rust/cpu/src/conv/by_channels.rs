//! Depthwise convolutions of images whose channels are neighbours at each position: every tap is a product of two vectors of channels.

use ferrotorch_kernel::kernel::ConvPass;
use ferrotorch_kernel::memory::collect_for;
use ferrotorch_kernel::{Array, Layout, Result, match_dtype};

use super::depthwise;
use super::geometry::{Sizes, Triple, reach};
use crate::dense;
use crate::isa::Isa;
use crate::lines::{LinesMut, try_for_each_line};
use crate::matmul::Number;
use crate::parallel::Cost;
use crate::simd::{self, SimdLoop};

/// Fewer channels do not fill vectors.
const FEW: usize = 8;

/// Runs a pass that makes images, if both sides lie so: does so and is true.
pub(super) fn run(
    pass: ConvPass,
    sizes: &Sizes,
    [first, second]: [&Array; 2],
    bias: Option<&Array>,
    out: &Array,
) -> Result<bool> {
    let is_depthwise = depthwise::applies(sizes) && sizes.groups >= FEW && pass != ConvPass::GradWeight;
    if !is_depthwise || [first, second].iter().any(|array| array.dtype != out.dtype) {
        return Ok(false);
    }
    let (Some(from), Some(to)) = (by_positions(first), by_positions(out)) else { return Ok(false) };
    match_dtype!(out.dtype, T in [f32, f64] => images::<T>(pass, sizes, &from, second, bias, &to).map(|()| true), else => Ok(false))
}

/// Images as row-major arrays of positions and channels, if they lie so.
pub(super) fn by_positions(images: &Array) -> Option<Array> {
    let order: Vec<usize> = [0].into_iter().chain(2..images.layout.ndim()).chain([1]).collect();
    let turned = images.with_layout(images.layout.permute(&order));
    turned.layout.is_contiguous().then_some(turned)
}

fn images<T: Number>(pass: ConvPass, sizes: &Sizes, from: &Array, w: &Array, bias: Option<&Array>, to: &Array) -> Result<()> {
    let channels = sizes.groups;
    let w = dense::input(w, w.dtype)?;
    let (from, w, taps) = (dense::read::<T>(from)?, dense::read::<T>(&w)?, sizes.kernel_len());
    let by_tap = collect_for("conv", (0..taps * channels).map(|i| w[i % channels * taps + i / channels]))?;
    let bias = bias.map(|bias| dense::input(bias, bias.dtype)).transpose()?;
    let bias = bias.as_ref().map(dense::read::<T>).transpose()?;
    let size = if pass == ConvPass::Forward { sizes.output } else { sizes.input };
    let row = size[2] * channels;
    let rows = to.with_layout(Layout::strided(&[to.numel() / row.max(1), row], &[row as isize, 1], to.layout.offset()));
    let call = Call { sizes, is_forward: pass == ConvPass::Forward, from, by_tap: &by_tap, bias, size };
    try_for_each_line(LinesMut::<T>::new(&rows, 1)?, Cost::multiply_adds(row * taps), |number, mut line| {
        if let Some(out) = line.as_mut_slice() {
            simd::run(Row { call: &call, number, out });
        }
        Ok(())
    })
}

struct Call<'a, T> {
    sizes: &'a Sizes,
    is_forward: bool,
    from: &'a [T],
    /// Channels of each tap.
    by_tap: &'a [T],
    bias: Option<&'a [T]>,
    /// Of the images that are made.
    size: Triple,
}

impl<T> Call<'_, T> {
    /// Which row or plane of what is read a kernel element meets at place `i` of dimension `d`, if any.
    fn place(&self, d: usize, k: usize, i: usize) -> Option<usize> {
        let (s, offset) = (self.sizes, self.sizes.offset(d, k));
        if self.is_forward {
            return (i * s.stride[d]).checked_add_signed(offset).filter(|&place| place < s.input[d]);
        }
        let distance = i.checked_add_signed(-offset)?;
        (distance % s.stride[d] == 0).then_some(distance / s.stride[d]).filter(|&place| place < s.output[d])
    }
}

/// One row of the images that are made.
struct Row<'a, T> {
    call: &'a Call<'a, T>,
    number: usize,
    out: &'a mut [T],
}

impl<T: Number> SimdLoop for Row<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self) {
        let Row { call, number, out } = self;
        let (s, channels) = (call.sizes, call.sizes.groups);
        for position in out.chunks_exact_mut(channels) {
            match call.bias {
                Some(bias) => position.copy_from_slice(bias),
                None => position.fill(T::zeroed()),
            }
        }
        let read = if call.is_forward { s.input } else { s.output };
        let [image, depth, height] =
            [number / (call.size[0] * call.size[1]), number / call.size[1] % call.size[0], number % call.size[1]];
        for kd in 0..s.kernel[0] {
            for kh in 0..s.kernel[1] {
                let (Some(d), Some(h)) = (call.place(0, kd, depth), call.place(1, kh, height)) else { continue };
                let start = ((image * read[0] + d) * read[1] + h) * read[2] * channels;
                let line = &call.from[start..start + read[2] * channels];
                for kw in 0..s.kernel[2] {
                    let tap = ((kd * s.kernel[1] + kh) * s.kernel[2] + kw) * channels;
                    add_tap::<T, I>(call, kw, line, &call.by_tap[tap..tap + channels], out);
                }
            }
        }
    }
}

/// Adds what a tap makes of a line.
#[inline(always)]
fn add_tap<T: Number, I: Isa>(call: &Call<T>, kw: usize, line: &[T], w: &[T], out: &mut [T]) {
    let (s, channels, offset) = (call.sizes, call.sizes.groups, call.sizes.offset(2, kw));
    for p in reach(s.output[2], s.stride[2], offset, s.input[2]) {
        let Some(i) = (p * s.stride[2]).checked_add_signed(offset) else { continue };
        let (from, to) = if call.is_forward { (i, p) } else { (p, i) };
        let (x, y) = (&line[from * channels..][..channels], &mut out[to * channels..][..channels]);
        y.iter_mut().zip(x).zip(w).for_each(|((y, &x), &w)| *y = x.fused::<I>(w, *y));
    }
}
