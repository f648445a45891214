//! What attention is made of, besides its products.

/// How scores become weights. `in0` queries `(B, H, L, E)`, `in1` keys `(B, H / group, S, E)`, `in2` values `(B, H / group, S, V)`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Attention {
    /// Factor of the scores.
    pub scale: f64,
    /// Does row `i` see the keys up to `i` only?
    pub causal: bool,
    /// Is there a mask, the last input, `(B, H, L, S)` of any strides? One of bool says which keys are seen, one of floats is added to
    /// the scores. Rows all of whose scores are minus infinity then give 0.
    pub masked: bool,
    /// Heads of queries, one after the other, that share one of keys and values.
    pub group: usize,
    /// Which weights are dropped.
    pub dropout: Option<Dropout>,
}

/// Dropout by Philox 4x32-10: of row `i` and key `j` of matrix `m`, of `B H`, the weight is dropped where word `j / 8 % 4` of the
/// counter `(offset, offset's upper half + m, i, j / 32 * 8 + j % 8)` is less than `probability` of all words.
/// What remains is divided by `1 - probability`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dropout {
    /// Less than 1.
    pub probability: f64,
    /// Key of Philox.
    pub seed: u64,
    /// Number of the generator's that the launch has to itself.
    pub offset: u64,
}

impl Attention {
    /// Softmax of scaled scores, and nothing else.
    pub const fn plain(scale: f64, causal: bool) -> Attention {
        Attention { scale, causal, masked: false, group: 1, dropout: None }
    }

    /// Is it no more than softmax of scaled scores?
    pub fn is_plain(&self) -> bool {
        !self.masked && self.group == 1 && self.dropout.is_none()
    }
}

/// Elements from the first to the last of a matrix of queries, keys, values or a mask at most, where [`Attention::is_plain`] does
/// not hold.
pub const WIDEST_MATRIX: usize = 1 << 24;

/// The most that the larger number of queries and keys may come to, times `E + V + 256`, where [`Attention::is_plain`] does not hold.
pub const LONGEST_WORK: usize = 1 << 22;
