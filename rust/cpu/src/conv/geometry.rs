//! Sizes of a convolution, brought to three spatial dimensions, and which positions a kernel element reaches.

use std::ops::Range;

use ferrotorch_kernel::kernel::ConvGeometry;
use ferrotorch_kernel::{Result, ensure};

/// Sizes in three dimensions; missing leading dimensions have size 1.
pub(super) type Triple = [usize; 3];

/// Sizes of a convolution of `(N, groups * c, input..)` with `(groups * o, c, kernel..)` to `(N, groups * o, output..)`.
#[derive(Clone, Debug)]
pub(super) struct Sizes {
    pub(super) batch: usize,
    pub(super) groups: usize,
    /// Input channels of a group.
    pub(super) c: usize,
    /// Output channels of a group.
    pub(super) o: usize,
    pub(super) input: Triple,
    pub(super) kernel: Triple,
    pub(super) output: Triple,
    pub(super) stride: Triple,
    pub(super) padding: Triple,
    pub(super) dilation: Triple,
}

impl Sizes {
    pub(super) fn new(x: &[usize], w: &[usize], y: &[usize], geometry: &ConvGeometry) -> Result<Sizes> {
        let groups = geometry.groups.max(1);
        let n = x.len().saturating_sub(2);
        ensure!(
            (1..=3).contains(&n)
                && w.len() == n + 2
                && y.len() == n + 2
                && [&geometry.stride, &geometry.padding, &geometry.dilation].iter().all(|d| d.len() == n),
            Runtime,
            "conv: shapes {x:?}, {w:?} and {y:?} are not of one to three spatial dimensions each"
        );
        ensure!(
            x[0] == y[0] && x[1] == w[1] * groups && y[1] == w[0] && w[0].is_multiple_of(groups),
            Runtime,
            "conv: shapes {x:?}, {w:?} and {y:?} do not fit {groups} groups"
        );
        let triple = |dims: &[usize], missing| std::array::from_fn(|d| (d + n).checked_sub(3).map_or(missing, |d| dims[d]));
        let sizes = Sizes {
            batch: x[0],
            groups,
            c: w[1],
            o: w[0] / groups,
            input: triple(&x[2..], 1),
            kernel: triple(&w[2..], 1),
            output: triple(&y[2..], 1),
            stride: triple(&geometry.stride, 1),
            padding: triple(&geometry.padding, 0),
            dilation: triple(&geometry.dilation, 1),
        };
        ensure!(sizes.stride.iter().all(|&s| s > 0), Runtime, "conv: strides must be positive, got {:?}", geometry.stride);
        Ok(sizes)
    }

    /// Number of input positions.
    pub(super) fn input_len(&self) -> usize {
        self.input.iter().product()
    }

    /// Number of output positions.
    pub(super) fn output_len(&self) -> usize {
        self.output.iter().product()
    }

    /// Number of kernel positions.
    pub(super) fn kernel_len(&self) -> usize {
        self.kernel.iter().product()
    }

    /// Where in the input a kernel element lies for output position 0 of dimension `d`.
    pub(super) fn offset(&self, d: usize, k: usize) -> isize {
        (k * self.dilation[d]) as isize - self.padding[d] as isize
    }
}

/// The `i` of `0..count` with `0 <= i * step + offset < size`.
pub(super) fn reach(count: usize, step: usize, offset: isize, size: usize) -> Range<usize> {
    let step = step as isize;
    let low = (-offset).max(0).div_euclid(step) + isize::from((-offset).max(0) % step != 0);
    let high = (size as isize - offset + step - 1).div_euclid(step);
    let high = high.clamp(0, count as isize);
    low.min(high) as usize..high as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reach_is_what_it_says() {
        for (count, step, size) in [(0, 1, 3), (5, 1, 3), (4, 2, 7), (9, 3, 4), (3, 2, 0)] {
            for offset in -9..9 {
                let want: Vec<usize> =
                    (0..count).filter(|&i| (0..size as isize).contains(&(i as isize * step as isize + offset))).collect();
                assert_eq!(reach(count, step, offset, size).collect::<Vec<_>>(), want, "{count} {step} {offset} {size}");
            }
        }
    }
}
