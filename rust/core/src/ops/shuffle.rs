//! Rearrangements between channels and space.

use smallvec::SmallVec;

use crate::ensure;
use crate::error::Result;
use crate::tensor::Tensor;

use super::{cast, view};

type Sizes = SmallVec<[i64; 6]>;

/// (*, C r^2, H, W) to (*, C, H r, W r): Shi et al., 2016.
pub fn pixel_shuffle(input: &Tensor, factor: i64) -> Result<Tensor> {
    let (batch, [c, h, w]) = planes("pixel_shuffle", input)?;
    ensure!(factor > 0, Runtime, "pixel_shuffle expects a positive upscale_factor, but got {factor}");
    let area = factor.saturating_mul(factor);
    ensure!(
        c % area == 0,
        Runtime,
        "pixel_shuffle expects its input's 'channel' dimension to be divisible by the square of upscale_factor, \
         but input.size(-3)={c} is not divisible by {area}"
    );
    let sizes = [c / area, factor, factor, h, w];
    rearranged(input, &batch, sizes, [0, 3, 1, 4, 2], [c / area, h * factor, w * factor])
}

/// (*, C, H r, W r) to (*, C r^2, H, W): the inverse of [`pixel_shuffle`].
pub fn pixel_unshuffle(input: &Tensor, factor: i64) -> Result<Tensor> {
    let (batch, [c, h, w]) = planes("pixel_unshuffle", input)?;
    ensure!(factor > 0, Runtime, "pixel_unshuffle expects a positive downscale_factor, but got {factor}");
    for (name, dim, size) in [("height", -2, h), ("width", -1, w)] {
        ensure!(
            size % factor == 0,
            Runtime,
            "pixel_unshuffle expects {name} to be divisible by downscale_factor, but input.size({dim})={size} is not \
             divisible by {factor}"
        );
    }
    let (h, w) = (h / factor, w / factor);
    rearranged(input, &batch, [c, h, factor, w, factor], [0, 2, 4, 1, 3], [c * factor * factor, h, w])
}

/// `groups` groups of the channels of (N, C, *), interleaved: Zhang et al., 2018.
pub fn channel_shuffle(input: &Tensor, groups: i64) -> Result<Tensor> {
    let sizes: Sizes = input.shape().iter().map(|&n| n as i64).collect();
    ensure!(sizes.len() > 2, Runtime, "channel_shuffle expects input with > 2 dims, but got input with sizes {:?}", &sizes[..]);
    ensure!(groups > 0, Runtime, "Number of groups to divide channels in must be positive. Value of groups:{groups}");
    let c = sizes[1];
    ensure!(c % groups == 0, Runtime, "Number of channels must be divisible by groups. Got {c} channels and {groups} groups.");
    if groups == 1 || groups == c {
        return cast::clone_dense(input);
    }
    let mut apart = sizes.clone();
    apart[1] = groups;
    apart.insert(2, c / groups);
    let shuffled = view::reshape(&view::transpose(&view::reshape(input, &apart)?, 1, 2)?, &sizes)?;
    in_format_of_images(input, &shuffled)
}

/// The sizes of the leading dimensions, and of the last three.
fn planes(op: &str, input: &Tensor) -> Result<(Sizes, [i64; 3])> {
    let mut sizes: Sizes = input.shape().iter().map(|&n| n as i64).collect();
    ensure!(
        sizes.len() >= 3,
        Runtime,
        "{op} expects input to have at least 3 dimensions, but got input with {} dimension(s)",
        sizes.len()
    );
    let lead = sizes.len() - 3;
    let last = [sizes[lead], sizes[lead + 1], sizes[lead + 2]];
    sizes.truncate(lead);
    Ok((sizes, last))
}

/// The last three dimensions as five of these sizes, permuted, as three again. Batches of images keep their format.
fn rearranged(input: &Tensor, batch: &[i64], sizes: [i64; 5], order: [i64; 5], last: [i64; 3]) -> Result<Tensor> {
    let lead = batch.len() as i64;
    let whole = |own: &[i64]| batch.iter().chain(own).copied().collect::<Sizes>();
    let dims: Sizes = (0..lead).chain(order.iter().map(|d| lead + d)).collect();
    let permuted = view::permute(&view::reshape(input, &whole(&sizes))?, &dims)?;
    let shuffled = view::view(&cast::clone_contiguous(&permuted)?, &whole(&last))?;
    if lead == 1 { in_format_of_images(input, &shuffled) } else { Ok(shuffled) }
}

/// The result in the memory format of the input.
fn in_format_of_images(input: &Tensor, result: &Tensor) -> Result<Tensor> {
    cast::in_format_of(result, input)
}
