//! The windows of a pooling call, brought to three spatial dimensions.

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

/// Windows of all outputs, a table for each dimension.
#[derive(Clone, Debug)]
pub(super) struct Windows {
    pub(super) input: [usize; 3],
    pub(super) spans: [Vec<Span>; 3],
    pub(super) step: [usize; 3],
    /// Two by two, side by side without padding.
    pub(super) halving: bool,
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
        Ok(Windows {
            input: std::array::from_fn(|d| at(&input[2..], d, 1)),
            spans: std::array::from_fn(table),
            step: std::array::from_fn(|d| at(&window.dilation, d, 1)),
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
        })
    }

    /// Positions of an input plane.
    pub(super) fn input_len(&self) -> usize {
        self.input.iter().product()
    }

    /// Positions of an output plane.
    pub(super) fn output_len(&self) -> usize {
        self.spans.iter().map(Vec::len).product()
    }

    /// Calls `visit(output position, spans)` for every window in order.
    #[inline(always)]
    pub(super) fn for_each(&self, mut visit: impl FnMut(usize, [Span; 3])) {
        let mut output = 0;
        for &d in &self.spans[0] {
            for &h in &self.spans[1] {
                for &w in &self.spans[2] {
                    visit(output, [d, h, w]);
                    output += 1;
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
