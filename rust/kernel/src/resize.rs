//! Resizing images, and what is like them in one or three dimensions.
//!
//! An output element is a weighted sum of input elements, its *taps*, in each dimension alike: the weight of a tap is the product
//! of its weights in the dimensions.

use smallvec::SmallVec;

/// What a call computes. `x` is `(N, C, spatial..)` with one to three spatial dimensions, none of them empty, and `y` likewise. All are
/// of one float dtype; forward, images of two dimensions may be of uint8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResizePass {
    /// `in0` x; `out0` y.
    Forward,
    /// `in0` gradient of y; `out0` gradient of x.
    Grad,
}

/// Where taps are, and how much they weigh.
#[derive(Clone, Debug, PartialEq)]
pub struct Resize {
    /// How positions become taps.
    pub filter: Filter,
    /// Steps between the positions of neighbouring elements of y, in elements of x; one a spatial dimension.
    pub steps: SmallVec<[f64; 3]>,
    /// Is the position of the first element the first element's centre, rather than that of its outer edge the outer edge?
    pub align_corners: bool,
}

/// How positions become taps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filter {
    /// The element that begins at or before `i * step`, in float32 whatever the dtype.
    Nearest,
    /// The element that `(i + 1/2) * step` lies in, in float32 whatever the dtype.
    NearestExact,
    /// The two next elements, by how near they are.
    Linear,
    /// The four next elements, by Keys' kernel with `a = -0.75`; those beyond the border are the border's.
    Cubic,
    /// All elements within a step, or within 1, of a position, by how near they are; weights sum to 1.
    LinearAntialiased,
    /// Likewise within two steps, by Keys' kernel with `a = -0.5`.
    CubicAntialiased,
}

/// Elements from the first to the last of an image, of x as of y, at most.
pub const WIDEST_IMAGE: usize = 1 << 24;
