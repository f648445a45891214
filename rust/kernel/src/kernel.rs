//! The kernel families: everything that a backend is asked to compute, as data.
//!
//! Because a call is data, one generic function can run it on the host when a device has no kernel for it, and a
//! later pass can record, fuse or replay calls. Core has validated, promoted, broadcast and allocated before a
//! call is made: a kernel contains arithmetic and loops only. What it may rely on is said at each family.
//!
//! Conventions. `in0, in1, ...` are the inputs, `out0, ...` the outputs. Layouts may have any strides, 0 and
//! negative ones included, unless the family says "row-major"; outputs never overlap themselves. An input may be
//! the very same array as an output (same storage, same layout) where the family says "in place"; it overlaps an
//! output in no other way. Any size may be 0. Half types are computed in float32.

use crate::attention::Attention;
use crate::dtype::DType;
use crate::error::{Class, Indexed};
use crate::grid::{GridPass, GridSampling};
use crate::linalg::Linalg;
use crate::outside;
use crate::pointwise::Pointwise;
use crate::random::Generator;
use crate::resize::{Resize, ResizePass};
use crate::scalar::Scalar;
use crate::shape::Dims;

/// One kernel call, without its arrays.
#[derive(Clone, Debug)]
pub enum Kernel<'a> {
    /// `out0[..] = value`, converted to the dtype of `out0`.
    Fill { value: Scalar },
    /// `out0 = in0`, converted; the same shape.
    Copy,
    /// `out0[i] = start + i * step`; 1-D. Integers are exact in int64, floats are computed in float64.
    Range { start: Scalar, step: Scalar },
    /// `out0[i]` for `n` points from `start` to `end`, both included; 1-D. The second half is computed from the end,
    /// as PyTorch does, so that both ends are exact.
    Linspace { start: Scalar, end: Scalar },
    /// `out0 = op(in0, in1, in2)` element by element; inputs have the shape of `out0` (broadcast by stride 0) or are
    /// scalars. Inputs of any dtype are converted to `compute`, the result (of dtype `compute`, or bool for
    /// predicates) is converted to the dtype of `out0`. In place. Half types are computed in float32: what is to be rounded to
    /// them first, of arrays and parameters, the caller has rounded; numbers are by the backend, unless the op keeps them.
    Pointwise { op: &'static Pointwise, compute: DType, params: &'a [Scalar] },
    /// Reduce the dimensions where `out0` has size 1 and `in0` another; equal rank. The input is converted to the
    /// dtype of `out0` (`Norm`: of the accumulation) before the arithmetic; `Any` and `All` take any input and write
    /// bool, `CountNonzero` writes int64. `Variance` also writes the mean into `out1` where there is one.
    Reduce { op: Reduction },
    /// Largest or smallest element along `dim` and its index: `out0` values, `out1` int64 indices, `dim` of size 1
    /// in both. NaN wins; of equals the first wins.
    ArgReduce { op: Extremum, dim: usize },
    /// Scan along `dim`; `out0` has the shape of `in0`. `CumMax`, `CumMin` also write int64 indices into `out1` (of
    /// equals the last wins, as in PyTorch).
    Scan { op: Scan, dim: usize },
    /// Sort along `dim`: `out0` values, `out1` int64 indices. Always stable. NaN counts as largest.
    Sort { dim: usize, descending: bool },
    /// The `k` largest or smallest along `dim` (size `k` in the outputs, `k` > 0): `out0` values, `out1` int64
    /// indices, in order. NaN counts as largest; of equals the first wins.
    TopK { k: usize, dim: usize, largest: bool },
    /// The place along `dim` of the element of a rank: `out0` int64, `dim` of size 1. NaN counts as largest; equals are ranked by
    /// their places.
    Ranked { rank: Rank, dim: usize },
    /// Insertion points of `in1` in sorted `in0`: `in0` is 1-D, or has the shape of `in1` but for the last
    /// dimension and is searched row by row. `out0` is int64. `right`: after equals.
    SearchSorted { right: bool },
    /// The inputs, of the dtype of `out0`, one behind the other along `dim`.
    Concat { dim: usize },
    /// Coordinates of the non-zero elements of `in0` in row-major order: `out0` is int64 of shape (count, ndim),
    /// whose count the caller has found by `CountNonzero`.
    Nonzero,
    /// `out0[i][j] = in0[..in1[i][j]..]` along `dim`; `in1` (int64) has the shape of `out0`, which is nowhere larger
    /// than `in0` but in `dim`. Indices outside `[0, size)` are an error (`scatter(): index 7 is out of bounds ...`).
    Gather { dim: usize },
    /// The inverse of `Gather`: `out0[..in0[i]..] = combine(out0, in1[i])`; `in0` int64 indices, `in1` the source
    /// (at least as large as the indices in every dimension) or a scalar. Runs in index order for equal targets.
    Scatter { dim: usize, combine: Combine },
    /// Advanced indexing. `in0` has shape `(d1..dk, rest..)`; `in1..ink` are int64 of one common shape `I`; `out0`
    /// has shape `(I.., rest..)` and `out0[i..] = in0[in1[i], .., ink[i], ..]`. With `wraps`, negative indices count
    /// from the end; others, and negative ones without it, are an error naming index, dimension and size.
    Index { wraps: bool },
    /// `out0[in1[i], .., ink[i], ..] = combine(out0[..], in0[i..])`: `out0` has shape `(d1..dk, rest..)`, `in0`
    /// (values) has shape `(I.., rest..)`. Indices as for `Index`. Runs in index order for equal targets, so that
    /// results do not depend on the number of threads.
    IndexPut { combine: Combine, wraps: bool },
    /// `out0 = in0` where `column - row <= diagonal` (`upper`: `>=`), else 0; the last two dimensions.
    Triangle { diagonal: i64, upper: bool },
    /// `out0 = alpha * in0 @ in1 + beta * in2`. All are 3-D: `(B, M, K)`, `(B, K, N)`, `(B, M, N)`, of one dtype;
    /// inputs of any strides (0 for broadcasting). `in2` may be absent. Integers wrap. `out1` `(B, M, 1)`, where it is
    /// given, is the sum of each row of `in0`.
    MatMul { alpha: Scalar, beta: Scalar },
    /// `out0 = softmax(scale * in0 @ in1^T) @ in2` of queries, keys and values, S at least 1, see [`Attention`]. Elements of a
    /// row follow one another. `out1` of shape `(B, H, 1, L)`, row-major, is the logarithm of the sum of each row's
    /// exponentials; infinity for rows without weights. `in3` the mask, where there is one.
    Attention(Attention),
    /// Its gradients: `in0` the gradient, `in1..in3` queries, keys and values, `in4` and `in5` the results of the forward
    /// pass, `in6` the mask, all as there; `out0..out2` of queries, keys and values.
    AttentionGrad(Attention),
    /// Factorisations of matrices and what is solved with them, see [`Linalg`].
    Linalg { op: Linalg },
    /// Convolution over 1 to 3 spatial dimensions, see [`ConvPass`].
    Conv { pass: ConvPass, geometry: &'a ConvGeometry },
    /// Pooling over 1 to 3 spatial dimensions, see [`PoolPass`].
    Pool { pass: PoolPass, window: &'a PoolWindow },
    /// Sampling at the points of a grid, see [`GridPass`].
    GridSample { pass: GridPass, sampling: GridSampling },
    /// Resizing, see [`Resize`].
    Resize { pass: ResizePass, resize: &'a Resize },
    /// `in0` with so many more entries before and behind each dimension, see [`Padding`].
    Pad { widths: &'a [(usize, usize)], padding: Padding },
    /// The adjoint of `Pad`: `in0` has the larger shape, and `out0` sums up what was made of each of its elements.
    PadGrad { widths: &'a [(usize, usize)], padding: Padding },
    /// Discrete Fourier transform along `dims`, of which there is at least one and none is empty, times `scale`; float32 or
    /// float64 and their complex dtypes. See [`Fourier`].
    Fft { transform: Fourier, dims: &'a [usize], scale: f64 },
    /// Softmax, or its logarithm, along `dim`.
    Softmax { dim: usize, log: bool },
    /// Its gradient: `in0` the gradient, `in1` the result of the forward pass.
    SoftmaxGrad { dim: usize, log: bool },
    /// Losses of the scores `in0` `(N, C, L)` of classes, N, C and L at least 1, against the right classes `in1` `(N, L)`, int64;
    /// `in2` the weights of the classes `(C)`, or none. `out0` their sum or mean, of no dimensions, or each of them, `(N, L)`;
    /// `out1` `(N, L)` the logarithm of the sum of the exponentials of each position's scores, unless these are
    /// logarithms; `out2`, of no dimensions, what the mean is divided by, for a mean. `out1` and `out2` are row-major, of the dtype of
    /// accumulation.
    ClassLoss(ClassLoss),
    /// Its gradient. `in0` that of `out0`, `in1..in3` scores, classes and weights, `in4` and `in5` are `out1` and `out2` of the
    /// forward pass, `in6` the sum of the weights, of no dimensions, where there are any and labels are smoothed; `out0` of the
    /// scores.
    ClassLossGrad(ClassLoss),
    /// One step of a recurrent layer, see [`Cell`].
    Cell(Cell),
    /// Its gradient, see [`Cell`].
    CellGrad(Cell),
    /// Losses of targets against all their alignments with the steps of sequences (connectionist temporal classification). `in0`
    /// `(T, N, C)` the logarithms of the probabilities of classes, `in1` `(N, S)` labels, `in2` and `in3` `(N)` how many steps and labels
    /// each sequence has, int64; `out0` `(N)` minus the logarithms of the probabilities of the targets, `out1` `(N, T, 2 S + 1)` those of
    /// the alignments up to each step and place, labels and the blanks around them.
    Ctc { blank: i64 },
    /// Its gradient: `in0` that of the losses, `in1` and `in2` the results, `in3..in6` the inputs; `out0` of the scores that the logarithms
    /// of a softmax were taken of. Where a loss is infinite it is NaN, or zero.
    CtcGrad { blank: i64, zero_infinity: bool },
    /// Normalise each row of `in0` `(R, C)`, row-major: `out0 = (x - mean) * rstd * weight + bias`, with `in1` weight
    /// and `in2` bias of shape `(C)`, each optional. `out1` mean and `out2` rstd have shape `(R)` and the dtype of
    /// accumulation. Variance is biased; `rstd = 1 / sqrt(var + eps)`.
    LayerNorm { eps: f64 },
    /// Likewise with weight and bias of shape `(G, S)`: the rows are of each of `G` groups in turn, and a row has `S` channels of
    /// `C / S` elements.
    GroupNorm { eps: f64 },
    /// Divide each row of `in0` `(R, C)`, row-major, by the root of the mean of its squares and `eps`; the quotients, rounded to the
    /// dtype, times `in1` weight `(C)`, optional.
    RmsNorm { eps: f64 },
    /// The gradients of [`Kernel::LayerNorm`]. `in0` gradient, `in1` x, `in2` mean, `in3` rstd, `in4` weight or none; `out0` of x, and where
    /// three outputs are given `out1` of weight and `out2` of bias.
    LayerNormGrad,
    /// Normalise each channel of `in0` `(N, C, L)`: `in1` weight, `in2` bias, optional, `(C)`. With `training`, mean
    /// and rstd over N and L are computed into `out1` and `out2`; otherwise `in3` mean and `in4` variance are used
    /// and `out1`, `out2` are filled from them. Biased variance goes to `out3`, where it is given. `out0` has the dtype of
    /// `in0`, the statistics that of accumulation.
    BatchNorm { eps: f64, training: bool },
    /// Its gradients. `in0` gradient, `in1` x, `in2` mean, `in3` rstd, `in4` weight or none; `out0` of x, `out1` of
    /// weight, `out2` of bias. Without `training` the statistics count as constants.
    BatchNormGrad { training: bool },
    /// Fill with random numbers. On the host the numbers are PyTorch's for the same generator state.
    Random { distribution: Distribution, generator: &'a Generator },
    /// Refuse the call, with an error of that class and text, unless all elements of `in0` (bool) are true. There are no
    /// outputs.
    Check { class: Class, text: &'a str },
    /// One step of an optimizer over all its parameters. `out` holds, parameter by parameter, the parameter and its
    /// states; `in` holds the gradients. In place; one dtype a parameter.
    Optimize { rule: &'a OptimizerRule },
}

impl Kernel<'_> {
    /// Does it read or write where indices say?
    pub fn is_by_index(&self) -> bool {
        matches!(self, Kernel::Gather { .. } | Kernel::Scatter { .. } | Kernel::Index { .. } | Kernel::IndexPut { .. })
    }

    /// Number of elements of an operand from which on it is long work, see [`outside`]: matrices of few elements take as long
    /// as lines of many.
    pub fn long_from(&self) -> usize {
        match self {
            Kernel::Linalg { .. } => outside::LONG >> 5,
            _ => outside::LONG,
        }
    }

    /// What the indices stand for, unless an op says otherwise.
    pub fn indexed(&self) -> Indexed {
        match self {
            Kernel::Gather { .. } | Kernel::Scatter { .. } => Indexed::Element,
            _ => Indexed::Slice,
        }
    }

    /// Does what the outputs hold before matter to it? Other kernels write all their elements.
    pub fn reads_outputs(&self) -> bool {
        matches!(self, Kernel::Scatter { .. } | Kernel::IndexPut { .. } | Kernel::Optimize { .. })
    }
}

/// How scores of classes become losses: position by position `-(1 - s) w_t log p_t - (s / C) sum of w_c log p_c`, where `p` is
/// softmax of the scores, `t` the right class, `w` the weights (1 where there are none) and `s` the smoothing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClassLoss {
    /// The class whose positions have no loss and no share in the mean.
    pub ignored: i64,
    /// Smoothing of labels; 0 where `is_log`.
    pub smoothing: f64,
    /// Are the scores `log p` already?
    pub is_log: bool,
    /// What is done with the losses.
    pub total: Total,
}

/// What padding is made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Padding {
    /// One number.
    Constant(Scalar),
    /// The elements mirrored at the edge, which is not repeated: there are more of them than are added.
    Reflect,
    /// The element at the edge.
    Replicate,
    /// The elements from the other end, as many as there are at most.
    Circular,
}

impl Padding {
    /// The entry of a dimension of `n` that stands at place `i`, which may lie before the first or behind the last.
    pub fn source(self, i: i64, n: i64) -> Option<i64> {
        match self {
            Padding::Constant(_) => Some(i).filter(|i| (0..n).contains(i)),
            Padding::Reflect if i.abs() < n => Some(i.abs()),
            Padding::Reflect => Some(2 * (n - 1) - i),
            Padding::Replicate => Some(i.clamp(0, n - 1)),
            Padding::Circular => Some(i.rem_euclid(n)),
        }
    }
}

/// The cells of recurrent layers, between the products with their weights. States are `(N, H)`, gates `(N, G, H)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Hochreiter and Schmidhuber's with a forget gate; the gates are input, forget, cell and output. `in0` what enters the gates,
    /// `in1` the cell's state; `out0` the gates, `out1` the next state `f c + i g`, perhaps in place, and `out2` the hidden one,
    /// `o tanh(c)`.
    ///
    /// Gradient: `in0` of the hidden state, `in1` of the next state, `in2` the gates, `in3` and `in4` the states before and
    /// after; `out0` of what enters the gates, `out1` of the state before, perhaps in place of `in1`.
    Lstm,
    /// Cho et al.'s; the gates are reset, update and new. `in0` and `in1` what enters the gates from the input and from the hidden
    /// state, `in2` the hidden state; `out0` the next one, `n + z (h - n)` with `n = tanh(x_n + r h_n)`, `out1` `(N, 4, H)` the gates and
    /// `h_n`.
    ///
    /// Gradient: `in0` of the next state, `in1` the gates and `h_n`, `in2` the state before, `in3` what is added to its gradient, or
    /// none; `out0` and `out1` of what enters the gates, `out2` of the state before but for what comes by `in1` of the forward pass.
    Gru,
}

/// What is done with the losses of all positions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Total {
    /// Kept apart.
    None,
    /// Their sum.
    Sum,
    /// Their sum divided by that of the weights `w_t`.
    Mean,
}

/// Reductions over dimensions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reduction {
    Sum,
    Prod,
    Mean,
    Max,
    Min,
    Any,
    All,
    CountNonzero,
    /// `sum(|x|^p)^(1/p)`; `p` may be 0 (count), infinite (largest) or minus infinite (smallest).
    Norm {
        p: f64,
    },
    /// Variance with `correction` subtracted from the count; Welford's method, combined pairwise.
    Variance {
        correction: f64,
        sqrt: bool,
    },
    LogSumExp,
}

/// Which element of a line, in rising order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rank {
    /// The one behind so many others.
    Nth(usize),
    /// The lower of the two in the middle; NaN if there is one.
    Median,
    /// The lower of the two in the middle of what is not NaN; NaN if all are.
    NanMedian,
}

/// Which end of the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extremum {
    Max,
    Min,
}

/// Running reductions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scan {
    Sum,
    Prod,
    LogSumExp,
    Max,
    Min,
}

/// Which discrete Fourier transform. `N` is the length of a dimension, `n` and `k` number elements and coefficients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fourier {
    /// `out0[k] = sum of in0[n] e^(-2 pi i n k / N)`; both complex, of one shape.
    Forward,
    /// `out0[n] = sum of in0[k] e^(2 pi i n k / N)`; both complex, of one shape.
    Backward,
    /// `Forward` of a real `in0`. Along the last of `dims`, where `in0` has `N` elements, `out0` has all coefficients, or the
    /// first `N / 2 + 1`, of which the others are the conjugates.
    OfReal,
    /// `Backward` to a real `out0`. Along the last of `dims`, where `out0` has `N` elements, `in0` has the first `N / 2 + 1`
    /// coefficients. What imaginary parts there are of sums that have none in a transform of real numbers does not count.
    ToReal,
}

/// What happens to an element that is written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Combine {
    Assign,
    Add,
    Mul,
    Max,
    Min,
}

/// What a convolution call computes. `x` is `(N, C, spatial..)`, `w` is `(O, C / groups, kernel..)`, `y` is
/// `(N, O, out..)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConvPass {
    /// `in0` x, `in1` w, `in2` bias `(O)` or none; `out0` y.
    Forward,
    /// `in0` gradient of y, `in1` w, `in2` bias `(C)` or none (added; transposed convolution is this pass);
    /// `out0` gradient of x.
    GradInput,
    /// `in0` gradient of y, `in1` x; `out0` gradient of w.
    GradWeight,
}

/// Geometry of a convolution; one entry a spatial dimension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConvGeometry {
    pub stride: Dims,
    pub padding: Dims,
    pub dilation: Dims,
    pub groups: usize,
}

/// What a pooling call computes. Inputs are `(N, C, spatial..)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PoolPass {
    /// `in0` x; `out0` maxima, `out1` int64 positions in the flattened spatial dimensions of x. NaN wins.
    Max,
    /// `in0` gradient, `in1` positions; `out0` gradient of x. Also for `AdaptiveMax`, with no window.
    MaxGrad,
    /// `in0` x; `out0` means.
    Average { count_include_pad: bool, divisor: Option<usize> },
    /// `in0` gradient; `out0` gradient of x.
    AverageGrad { count_include_pad: bool, divisor: Option<usize> },
    /// As `Max`, window `i` of `o` being `floor(i * n / o) .. ceil((i + 1) * n / o)`; the window is not used.
    AdaptiveMax,
    /// As `Average`, with the windows of `AdaptiveMax`.
    AdaptiveAverage,
    /// As `AverageGrad`, with the windows of `AdaptiveMax`.
    AdaptiveAverageGrad,
}

/// Windows of a pooling call; one entry a spatial dimension. Windows may reach past the padded end (`ceil_mode`):
/// the size of the output decides how many there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PoolWindow {
    pub kernel: Dims,
    pub stride: Dims,
    pub padding: Dims,
    pub dilation: Dims,
}

/// Distributions of random fills.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Distribution {
    /// Uniform on `[low, high)`.
    Uniform {
        low: f64,
        high: f64,
    },
    /// Normal.
    Normal {
        mean: f64,
        std: f64,
    },
    /// Integers of `[low, high)`.
    Integer {
        low: i64,
        high: i64,
    },
    /// Integers over the whole range that the dtype holds exactly (`random_()` without arguments).
    FullRange,
    /// 1 with probability `p`, else 0; `p` is `in0` (the shape of `out0`) where it is given.
    Bernoulli {
        p: f64,
    },
    Exponential {
        rate: f64,
    },
    Geometric {
        p: f64,
    },
    Cauchy {
        median: f64,
        sigma: f64,
    },
    LogNormal {
        mean: f64,
        std: f64,
    },
    /// A random permutation of `0..n`; 1-D.
    Permutation,
    /// Poisson with the rates `in0`, which have shape and dtype of `out0` and are not negative.
    Poisson,
    /// How many of `in0` trials succeed, each with probability `in1`; shape and dtype of `out0`.
    Binomial,
    /// Gamma of scale 1 with the shape parameters `in0`; shape and dtype of `out0`. The smallest positive number stands
    /// for what would round to 0.
    Gamma,
}

/// An optimizer's update. `lr` is the learning rate, `maximize` flips the gradient; formulas are those of the
/// algorithms in PyTorch's documentation, step for step.
#[derive(Clone, Debug, PartialEq)]
pub enum OptimizerRule {
    /// States: momentum buffer where `momentum != 0`. `first`: the buffers are to be initialised with the gradient.
    Sgd { lr: f64, momentum: f64, dampening: f64, weight_decay: f64, nesterov: bool, maximize: bool, first: bool },
    /// States: `exp_avg`, `exp_avg_sq`, and `max_exp_avg_sq` where `amsgrad`. `decoupled` decay is AdamW's. `step`
    /// counts from 1.
    Adam {
        lr: f64,
        beta1: f64,
        beta2: f64,
        eps: f64,
        weight_decay: f64,
        amsgrad: bool,
        maximize: bool,
        decoupled: bool,
        step: f64,
    },
    /// States: `square_avg`, `momentum_buffer` where `momentum > 0`, `grad_avg` where `centered`.
    RmsProp { lr: f64, alpha: f64, eps: f64, weight_decay: f64, momentum: f64, centered: bool, maximize: bool },
    /// States: `sum`. `lr` is already decayed.
    Adagrad { lr: f64, eps: f64, weight_decay: f64, maximize: bool },
}

impl OptimizerRule {
    /// How many state arrays follow each parameter.
    pub fn states(&self) -> usize {
        match *self {
            OptimizerRule::Sgd { momentum, .. } => (momentum != 0.0) as usize,
            OptimizerRule::Adam { amsgrad, .. } => 2 + amsgrad as usize,
            OptimizerRule::RmsProp { momentum, centered, .. } => 1 + (momentum > 0.0) as usize + centered as usize,
            OptimizerRule::Adagrad { .. } => 1,
        }
    }
}
