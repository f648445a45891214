//! Memory formats: in which order the dimensions of images and volumes lie in memory.

use crate::ensure;
use crate::error::Result;
use crate::layout::Layout;
use crate::shape::{self, Dims, Strides};

/// In which order the dimensions of a new tensor lie in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemoryFormat {
    /// Row-major.
    Contiguous,
    /// That of the tensor that the new one is made from.
    Preserve,
    /// Of `(N, C, H, W)`, the channels run fastest.
    ChannelsLast,
    /// Of `(N, C, D, H, W)`, the channels run fastest.
    ChannelsLast3d,
}

impl MemoryFormat {
    /// Every format.
    pub const ALL: [MemoryFormat; 4] =
        [MemoryFormat::Contiguous, MemoryFormat::Preserve, MemoryFormat::ChannelsLast, MemoryFormat::ChannelsLast3d];

    /// Name without the `torch.` prefix.
    pub fn name(self) -> &'static str {
        match self {
            MemoryFormat::Contiguous => "contiguous_format",
            MemoryFormat::Preserve => "preserve_format",
            MemoryFormat::ChannelsLast => "channels_last",
            MemoryFormat::ChannelsLast3d => "channels_last_3d",
        }
    }

    /// The number of dimensions that the format is for, if it is for one only.
    fn rank(self) -> Option<usize> {
        match self {
            MemoryFormat::Contiguous | MemoryFormat::Preserve => None,
            MemoryFormat::ChannelsLast => Some(4),
            MemoryFormat::ChannelsLast3d => Some(5),
        }
    }

    /// The format whose order of dimensions a layout has, whether or not there are gaps: what ops on images keep.
    /// Where sizes of 1 leave the order open, the strides of these dimensions decide, as in PyTorch.
    pub fn suggested_by(layout: &Layout) -> MemoryFormat {
        match layout.ndim() {
            4 if runs_channels_last(layout) => MemoryFormat::ChannelsLast,
            5 if runs_channels_last(layout) => MemoryFormat::ChannelsLast3d,
            _ => MemoryFormat::Contiguous,
        }
    }

    /// A new dense layout in this format. `Preserve` has nothing to keep here and is row-major.
    pub fn layout(self, shape: &[usize]) -> Result<Layout> {
        let Some(rank) = self.rank() else { return Ok(Layout::contiguous(shape)) };
        ensure!(
            shape.len() == rank,
            Runtime,
            "required rank {rank} tensor to use {} format, got {} dimensions",
            self.name(),
            shape.len()
        );
        Ok(channels_last(shape))
    }

    /// Do the elements of a layout lie in this format, without gaps?
    pub fn holds(self, layout: &Layout) -> bool {
        match self.rank() {
            None => layout.is_contiguous(),
            Some(rank) => layout.ndim() == rank && is_channels_last(layout),
        }
    }
}

/// The dimensions of `(N, C, spatial..)`, the fastest in channels last first.
fn fastest_first(ndim: usize) -> impl Iterator<Item = usize> {
    std::iter::once(1).chain((2..ndim).rev()).chain([0])
}

/// A dense layout whose dimension 1 runs fastest.
fn channels_last(shape: &[usize]) -> Layout {
    let mut strides = Strides::from_elem(1, shape.len());
    let mut step = 1;
    for d in fastest_first(shape.len()) {
        strides[d] = step;
        step *= shape[d].max(1) as isize;
    }
    Layout::strided(shape, &strides, 0)
}

/// Dense with dimension 1 running fastest?
pub fn is_channels_last(layout: &Layout) -> bool {
    let mut expected = 1;
    fastest_first(layout.ndim()).all(|d| {
        let n = layout.shape()[d] as isize;
        let fits = n == 1 || layout.strides()[d] == expected;
        expected *= n;
        fits
    })
}

/// Do strides rise from the channels over the last dimension to the first? Sizes of 1 make row-major layouts that look
/// like channels last; these count as row-major.
fn runs_channels_last(layout: &Layout) -> bool {
    let (shape, strides) = (layout.shape(), layout.strides());
    if strides[1] == 0 {
        return false;
    }
    let mut least = 0;
    for d in fastest_first(layout.ndim()) {
        if shape[d] == 0 || strides[d] < least || d == 0 && least == strides[1] {
            return false;
        }
        least = strides[d] * shape[d].max(1) as isize;
    }
    true
}

/// Strides of a new dense layout whose dimensions lie in the given order, the outermost first.
pub fn ordered(shape: &[usize], order: &[usize]) -> Layout {
    let physical: Dims = order.iter().map(|&d| shape[d]).collect();
    let mut strides = Strides::from_elem(1, shape.len());
    for (&d, &stride) in order.iter().zip(&shape::contiguous_strides(&physical)) {
        strides[d] = stride;
    }
    Layout::strided(shape, &strides, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strided(shape: &[usize], strides: &[isize]) -> Layout {
        Layout::strided(shape, strides, 0)
    }

    #[test]
    fn layouts_hold_their_own_format() {
        for (format, shape) in [(MemoryFormat::ChannelsLast, &[2, 3, 4, 5][..]), (MemoryFormat::ChannelsLast3d, &[2, 3, 4, 5, 6])]
        {
            let layout = format.layout(shape).unwrap();
            assert!(format.holds(&layout) && !layout.is_contiguous());
            assert_eq!(MemoryFormat::suggested_by(&layout), format);
            assert!(format.layout(&shape[1..]).is_err());
        }
        assert_eq!(MemoryFormat::ChannelsLast.layout(&[2, 3, 4, 5]).unwrap().strides(), [60, 1, 15, 3]);
    }

    #[test]
    fn sizes_of_one_count_as_row_major_unless_strides_say_otherwise() {
        let suggested = |shape: &[usize], strides: &[isize]| MemoryFormat::suggested_by(&strided(shape, strides));
        assert_eq!(suggested(&[2, 1, 1, 1], &[1, 1, 1, 1]), MemoryFormat::Contiguous);
        assert_eq!(suggested(&[2, 3, 1, 1], &[3, 1, 1, 1]), MemoryFormat::Contiguous);
        assert_eq!(suggested(&[2, 3, 1, 1], &[3, 1, 3, 3]), MemoryFormat::ChannelsLast);
        assert_eq!(suggested(&[2, 1, 4, 1], &[4, 1, 1, 1]), MemoryFormat::ChannelsLast);
        assert_eq!(suggested(&[2, 1, 4, 1], &[4, 4, 1, 1]), MemoryFormat::Contiguous);
        assert_eq!(suggested(&[2, 3, 4, 5], &[120, 2, 30, 6]), MemoryFormat::ChannelsLast);
        assert_eq!(suggested(&[0, 3, 4, 5], &[60, 1, 15, 3]), MemoryFormat::Contiguous);
    }
}
