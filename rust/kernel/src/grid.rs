//! Sampling images and volumes at the points of a grid.
//!
//! A coordinate of a point is normalised: -1 and 1 are the centres of the outermost pixels, or their outer edges; the last
//! dimension of the image is a point's first coordinate. A sample is a weighted sum of the pixels around a point, its *taps*.

/// The largest size of a spatial dimension, up to which positions in it have their place in float32.
pub const LONGEST: usize = 1 << 23;

/// What a call computes. `x` is `(N, C, spatial..)` with two or three spatial dimensions, none of them empty or above [`LONGEST`] and
/// all of them together of at most `i32::MAX` pixels; `grid` is `(N, P, D)`, `y` is `(N, C, P)`. All are row-major and of one dtype.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GridPass {
    /// `in0` x, `in1` grid; `out0` y.
    Forward,
    /// `in0` gradient of y, `in1` grid; `out0` gradient of x.
    GradInput,
    /// `in0` gradient of y, `in1` x, `in2` grid; `out0` gradient of the grid.
    GradGrid,
}

/// How a sample is made of pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GridSampling {
    pub mode: GridMode,
    pub padding: GridPadding,
    /// Are -1 and 1 the centres of the outermost pixels, rather than their outer edges?
    pub align_corners: bool,
}

/// Which pixels count, and how much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GridMode {
    /// The nearest one; of equally near ones that of the even position.
    Nearest,
    /// The two next ones in each dimension, by how near they are.
    Linear,
    /// The four next ones in each dimension, by Keys' kernel with `a = -0.75`.
    Cubic,
}

/// What lies outside of the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GridPadding {
    /// Zeros.
    Zeros,
    /// The nearest pixel of the border; a position that is not a number counts as 0.
    Border,
    /// The image reflected at its border, again and again.
    Reflection,
}
