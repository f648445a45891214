//! The windows of a pooling call, brought to three spatial dimensions.

use std::ops::Range;

use ferrotorch_kernel::kernel::PoolWindow;
use ferrotorch_kernel::{Result, ensure};

/// One window in one dimension: positions `start, start + step, ..` below `end`, all inside the input.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Span {
    pub(super) start: usize,
    pub(super) end: usize,
    /// How many positions there are when those in the padding count too.
    pub(super) padded: usize,
}

/// Windows of a row that are computed together: many of a long row, few of a short one.
pub(super) const MANY: usize = 32;
pub(super) const SOME: usize = 8;

/// Windows of all outputs, a table for each dimension.
#[derive(Clone, Debug)]
pub(super) struct Windows {
    pub(super) input: [usize; 3],
    pub(super) spans: [Vec<Span>; 3],
    pub(super) step: [usize; 3],
    /// Two by two, side by side without padding.
    pub(super) halving: bool,
    /// Of windows at equal distances, those that lie within the input's last dimension.
    pub(super) whole: Option<Whole>,
}

/// Windows in the last dimension that have all their positions inside the input.
#[derive(Clone, Debug)]
pub(super) struct Whole {
    pub(super) columns: Range<usize>,
    /// From one window to the next.
    pub(super) stride: usize,
    /// Positions of a window.
    pub(super) taps: usize,
}

impl Windows {
    /// Windows as a kernel, stride, padding and dilation give them.
    pub(super) fn sliding(input: &[usize], output: &[usize], window: &PoolWindow) -> Result<Windows> {
        let n = check(input, output)?;
        ensure!(
            [&window.kernel, &window.stride, &window.padding, &window.dilation].iter().all(|d| d.len() == n)
                && window.kernel.iter().chain(&window.stride).chain(&window.dilation).all(|&d| d > 0),
            Runtime,
            "pool: a window of {n} dimensions with positive sizes is needed, got {window:?}"
        );
        let at = |dims: &[usize], d: usize, missing: usize| (d + n).checked_sub(3).map_or(missing, |d| dims[d]);
        let table = |d: usize| {
            let (size, kernel) = (at(&input[2..], d, 1), at(&window.kernel, d, 1));
            let (stride, padding, dilation) = (at(&window.stride, d, 1), at(&window.padding, d, 0), at(&window.dilation, d, 1));
            let span = |i: usize| {
                let first = (i * stride) as isize - padding as isize;
                let last = first + (dilation * (kernel - 1)) as isize + 1;
                let skipped = (-first).max(0) as usize;
                let start = (first + skipped.next_multiple_of(dilation) as isize) as usize;
                let padded = last.min((size + padding) as isize) - first;
                Span { start, end: last.clamp(0, size as isize) as usize, padded: padded.max(0) as usize }
            };
            (0..at(&output[2..], d, 1)).map(span).collect()
        };
        let halving = n == 2
            && window.kernel[..] == [2, 2]
            && window.stride[..] == [2, 2]
            && window.padding[..] == [0, 0]
            && window.dilation[..] == [1, 1];
        let spans: [Vec<Span>; 3] = std::array::from_fn(table);
        let (taps, stride) = (at(&window.kernel, 2, 1), at(&window.stride, 2, 1));
        let is_whole =
            |span: &Span| span.start < span.end && (span.end - span.start).div_ceil(at(&window.dilation, 2, 1)) == taps;
        let first = spans[2].iter().position(is_whole).unwrap_or(0);
        let count = spans[2][first..].iter().take_while(|span| is_whole(span)).count();
        Ok(Windows {
            input: std::array::from_fn(|d| at(&input[2..], d, 1)),
            spans,
            step: std::array::from_fn(|d| at(&window.dilation, d, 1)),
            whole: Some(Whole { columns: first..first + count, stride, taps }),
            halving: halving && input[2] >= 2 * output[2] && input[3] >= 2 * output[3],
        })
    }

    /// Windows that divide the input among the outputs.
    pub(super) fn adaptive(input: &[usize], output: &[usize]) -> Result<Windows> {
        let n = check(input, output)?;
        let at = |dims: &[usize], d: usize| (d + n).checked_sub(3).map_or(1, |d| dims[d]);
        let table = |d: usize| {
            let (size, count) = (at(&input[2..], d), at(&output[2..], d));
            (0..count)
                .map(|i| {
                    let (start, end) = (i * size / count, ((i + 1) * size).div_ceil(count));
                    Span { start, end, padded: end - start }
                })
                .collect()
        };
        Ok(Windows {
            input: std::array::from_fn(|d| at(&input[2..], d)),
            spans: std::array::from_fn(table),
            step: [1; 3],
            halving: false,
            whole: None,
        })
    }

    /// Are the windows to be summed up by columns first? They have no equal distances, and each row of them has positions.
    pub(super) fn is_by_columns(&self) -> bool {
        self.whole.is_none() && self.are_places_small() && self.spans.iter().flatten().all(|span| span.start < span.end)
    }

    /// Can places be counted in 32 bits?
    pub(super) fn are_places_small(&self) -> bool {
        i32::try_from(self.input_len()).is_ok()
    }

    /// Do these windows, which are all of a row, touch each other without a gap?
    #[inline(always)]
    pub(super) fn are_abreast(&self, whole: &Whole) -> bool {
        whole.stride == whole.taps
            && self.step[2] == 1
            && whole.columns == (0..self.spans[2].len())
            && self.spans[2][0].start == 0
    }

    /// Positions of an input plane.
    pub(super) fn input_len(&self) -> usize {
        self.input.iter().product()
    }

    /// Positions of an output plane.
    pub(super) fn output_len(&self) -> usize {
        self.spans.iter().map(Vec::len).product()
    }

    /// The first two dimensions of each row of outputs, in order.
    #[inline(always)]
    pub(super) fn rows(&self) -> impl Iterator<Item = [Span; 2]> + '_ {
        self.spans[0].iter().flat_map(|&d| self.spans[1].iter().map(move |&h| [d, h]))
    }

    /// The windows of a row that lie within the input's last dimension, if there are at least so many of them and the row has any
    /// positions in the other dimensions.
    #[inline(always)]
    pub(super) fn whole(&self, row: [Span; 2], least: usize) -> Option<&Whole> {
        let has_positions = row.iter().all(|span| span.start < span.end);
        self.whole.as_ref().filter(|whole| whole.columns.len() >= least && has_positions)
    }

    /// Calls `visit(position)` with what each tap of a row's windows reads, counted from a window's first column.
    #[inline(always)]
    pub(super) fn taps(&self, [depth, height]: [Span; 2], taps: usize, mut visit: impl FnMut(usize)) {
        for d in (depth.start..depth.end).step_by(self.step[0]) {
            for h in (height.start..height.end).step_by(self.step[1]) {
                let line = (d * self.input[1] + h) * self.input[2];
                for w in 0..taps {
                    visit(line + w * self.step[2]);
                }
            }
        }
    }

    /// Calls `visit(input position)` for every position of a window in order.
    #[inline(always)]
    pub(super) fn positions(&self, [d, h, w]: [Span; 3], mut visit: impl FnMut(usize)) {
        for d in (d.start..d.end).step_by(self.step[0]) {
            for h in (h.start..h.end).step_by(self.step[1]) {
                let line = (d * self.input[1] + h) * self.input[2];
                for w in (w.start..w.end).step_by(self.step[2]) {
                    visit(line + w);
                }
            }
        }
    }
}

fn check(input: &[usize], output: &[usize]) -> Result<usize> {
    let n = input.len().saturating_sub(2);
    ensure!(
        (1..=3).contains(&n) && output.len() == n + 2 && input[..2] == output[..2],
        Runtime,
        "pool: shapes {input:?} and {output:?} are not those of one to three spatial dimensions"
    );
    Ok(n)
}
