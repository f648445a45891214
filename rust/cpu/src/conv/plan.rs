//! What a pass of a convolution reads for each of its results.
//!
//! `y[m, p] = sum over (channel, tap) of w[m, channel, tap] * x[channel, p * step + offset(tap)]`, 0 outside of `x`.
//! The forward pass is of this form. So is the gradient of the input, once its positions are sorted by their remainder
//! modulo the stride: positions of one remainder (a phase) meet the same kernel elements, and neighbouring ones
//! meet neighbouring elements of the gradient.
//!
//! Likewise `x` splits by the remainder modulo `step`: `p * step + offset` is element `p + shift` of what has the
//! offset's remainder. With the padding written out, a tap is thus a constant distance for all positions. Taps that read
//! nothing but padding at every position are left out, so the distances are bounded by the sizes of `x` and `y`.

use super::geometry::{Sizes, Triple, reach};

/// A kernel element in one dimension.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Tap {
    pub(super) number: usize,
    /// Which of the axis's remainders it reads.
    pub(super) slot: usize,
    /// Where in those elements, for position 0, counted from the first that any tap reads.
    pub(super) shift: usize,
}

/// One dimension of a plan.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Axis {
    pub(super) taps: Vec<Tap>,
    /// Remainders modulo the step of what taps read.
    pub(super) remainders: Vec<usize>,
    /// The first element that any tap reads for position 0.
    pub(super) first: isize,
    /// How many elements more than positions are read.
    pub(super) span: usize,
    /// Step in `x` from a position to its neighbour.
    pub(super) step: usize,
    /// Size of `x`.
    pub(super) source: usize,
    /// Number of positions.
    pub(super) grid: usize,
    /// Position `p` is element `p * target_step + target_start` of `y`.
    pub(super) target_step: usize,
    pub(super) target_start: usize,
    /// Size of `y`.
    pub(super) target: usize,
}

impl Axis {
    /// Sorts taps, given as numbers and offsets.
    fn new(
        taps: impl Iterator<Item = (usize, isize)>,
        step: usize,
        [source, grid]: [usize; 2],
        [target, target_step, target_start]: [usize; 3],
    ) -> Axis {
        let offsets: Vec<(usize, isize)> = taps.filter(|&(_, offset)| !reach(grid, step, offset, source).is_empty()).collect();
        let split = |offset: isize| (offset.rem_euclid(step as isize) as usize, offset.div_euclid(step as isize));
        let mut remainders: Vec<usize> = offsets.iter().map(|&(_, offset)| split(offset).0).collect();
        remainders.sort_unstable();
        remainders.dedup();
        let first = offsets.iter().map(|&(_, offset)| split(offset).1).min().unwrap_or(0);
        let taps = offsets.iter().map(|&(number, offset)| {
            let (remainder, quotient) = split(offset);
            let slot = remainders.iter().position(|&r| r == remainder).unwrap_or(0);
            Tap { number, slot, shift: (quotient - first) as usize }
        });
        let taps: Vec<Tap> = taps.collect();
        let span = taps.iter().map(|tap| tap.shift).max().unwrap_or(0);
        Axis { taps, remainders, first, span, step, source, grid, target_step, target_start, target }
    }

    /// Does any tap read padding?
    pub(super) fn has_padding(&self) -> bool {
        (0..self.taps.len()).any(|tap| reach(self.grid, self.step, self.offset(tap), self.source).len() < self.grid)
    }

    /// The axis cut into ranges of positions that all taps read something for that they have: without padding.
    fn without_padding(&self) -> Vec<Axis> {
        let offsets = || (0..self.taps.len()).map(|tap| self.offset(tap));
        let reached = offsets().map(|offset| reach(self.grid, self.step, offset, self.source));
        let mut bounds: Vec<usize> = reached.flat_map(|reached| [reached.start, reached.end]).chain([0, self.grid]).collect();
        bounds.sort_unstable();
        bounds.dedup();
        let part = |bounds: &[usize]| {
            let (start, grid) = (bounds[0], bounds[1] - bounds[0]);
            let taps = self.taps.iter().zip(offsets()).map(|(tap, offset)| (tap.number, offset + (start * self.step) as isize));
            Axis::new(taps, self.step, [self.source, grid], [self.target, self.target_step, self.target_of(start)])
        };
        bounds.windows(2).map(part).collect()
    }

    /// What a tap reads for position 0.
    pub(super) fn offset(&self, tap: usize) -> isize {
        let Tap { slot, shift, .. } = self.taps[tap];
        (self.first + shift as isize) * self.step as isize + self.remainders[slot] as isize
    }

    /// What a tap reads for position `p`; `None` in the padding.
    pub(super) fn place(&self, tap: usize, p: usize) -> Option<usize> {
        (p * self.step).checked_add_signed(self.offset(tap)).filter(|&place| place < self.source)
    }

    /// Where position `p` lies in `y`.
    pub(super) fn target_of(&self, p: usize) -> usize {
        p * self.target_step + self.target_start
    }
}

/// What is read, and where results go.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// Channels of `x` in a group.
    pub(super) channels: usize,
    pub(super) axes: [Axis; 3],
}

impl Plan {
    /// The forward pass.
    pub(super) fn forward(s: &Sizes) -> Plan {
        let axis = |d: usize| {
            let taps = (0..s.kernel[d]).map(|k| (k, s.offset(d, k)));
            Axis::new(taps, s.stride[d], [s.input[d], s.output[d]], [s.output[d], 1, 0])
        };
        Plan { channels: s.c, axes: std::array::from_fn(axis) }
    }

    /// The gradient of the input, phase by phase.
    pub(super) fn grad_input(s: &Sizes) -> Vec<Plan> {
        let mut plans = Vec::new();
        for d in 0..s.stride[0].min(s.input[0]) {
            for h in 0..s.stride[1].min(s.input[1]) {
                for w in 0..s.stride[2].min(s.input[2]) {
                    plans.push(Plan::phase(s, [d, h, w]));
                }
            }
        }
        plans
    }

    /// Input positions `q * stride + start` meet kernel element `k` at output `q + (start - offset(k)) / stride`, where
    /// that division has no remainder.
    fn phase(s: &Sizes, start: Triple) -> Plan {
        let axis = |d: usize| {
            let stride = s.stride[d] as isize;
            let distance = |k| start[d] as isize - s.offset(d, k);
            let taps = (0..s.kernel[d]).filter(|&k| distance(k) % stride == 0).map(|k| (k, distance(k) / stride));
            let grid = (s.input[d] - start[d]).div_ceil(s.stride[d]);
            Axis::new(taps, 1, [s.output[d], grid], [s.input[d], s.stride[d], start[d]])
        };
        Plan { channels: s.o, axes: std::array::from_fn(axis) }
    }

    /// Plans that together do what this one does, without the products with padding along some dimensions.
    pub(super) fn without_padding(&self, along: [bool; 3]) -> Vec<Plan> {
        let parts: [Vec<Axis>; 3] =
            std::array::from_fn(|d| if along[d] { self.axes[d].without_padding() } else { vec![self.axes[d].clone()] });
        let mut plans = Vec::new();
        for d in &parts[0] {
            for h in &parts[1] {
                plans.extend(parts[2].iter().map(|w| Plan { axes: [d.clone(), h.clone(), w.clone()], ..*self }));
            }
        }
        plans
    }

    /// Taps of a channel.
    pub(super) fn taps(&self) -> usize {
        self.axes.iter().map(|axis| axis.taps.len()).product()
    }

    /// Terms of a sum.
    pub(super) fn depth(&self) -> usize {
        self.channels * self.taps()
    }

    /// The taps in the order of the sum.
    pub(super) fn each_tap(&self) -> impl Iterator<Item = [Tap; 3]> + '_ {
        let [d, h, w] = &self.axes;
        d.taps.iter().flat_map(move |&d| h.taps.iter().flat_map(move |&h| w.taps.iter().map(move |&w| [d, h, w])))
    }

    /// Where the taps lie in a kernel of this size, in the order of the sum.
    pub(super) fn tap_numbers(&self, kernel: Triple) -> Vec<usize> {
        self.each_tap().map(|[d, h, w]| (d.number * kernel[1] + h.number) * kernel[2] + w.number).collect()
    }

    /// Numbers of positions.
    pub(super) fn grid(&self) -> Triple {
        std::array::from_fn(|d| self.axes[d].grid)
    }

    /// Elements of a channel of `x`.
    pub(super) fn source_len(&self) -> usize {
        self.axes.iter().map(|axis| axis.source).product()
    }

    /// Elements of a row of `y`.
    pub(super) fn target_len(&self) -> usize {
        self.axes.iter().map(|axis| axis.target).product()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn taps_read_what_their_offsets_say() {
        for step in 1..4 {
            for dilation in 1..4 {
                let offsets: Vec<(usize, isize)> = (0..5).map(|k| (k, (k * dilation) as isize - 3)).collect();
                let axis = Axis::new(offsets.iter().copied(), step, [20, 7], [7, 1, 0]);
                assert_eq!(axis.taps.len(), offsets.len());
                for (tap, &(number, offset)) in axis.taps.iter().zip(&offsets) {
                    let element = axis.first + tap.shift as isize;
                    assert_eq!(number, tap.number);
                    assert_eq!(element * step as isize + axis.remainders[tap.slot] as isize, offset, "{step} {dilation}");
                    assert_eq!(axis.offset(number), offset);
                    let reads = usize::try_from(2 * step as isize + offset).ok().filter(|&place| place < 20);
                    assert_eq!(axis.place(number, 2), reads);
                    assert!(tap.shift <= axis.span);
                }
            }
        }
    }

    #[test]
    fn parts_without_padding_read_what_the_whole_does() {
        for (taps, dilation, padding, step, size) in
            [(3, 1, 1, 1, 2), (3, 1, 1, 2, 7), (5, 2, 4, 1, 6), (3, 1, 0, 1, 5), (2, 3, 9, 2, 5)]
        {
            let offsets = (0..taps).map(|k| (k, (k * dilation) as isize - padding as isize));
            let grid = (size + 2 * padding - dilation * (taps - 1) - 1) / step + 1;
            let whole = Axis::new(offsets, step, [size, grid], [3 * grid, 3, 1]);
            let read = |axis: &Axis, p: usize| -> Vec<(usize, usize)> {
                (0..axis.taps.len()).filter_map(|tap| Some((axis.taps[tap].number, axis.place(tap, p)?))).collect()
            };
            let mut positions = 0..grid;
            for part in whole.without_padding() {
                for (p, position) in (0..part.grid).zip(&mut positions) {
                    assert_eq!(part.target_of(p), whole.target_of(position));
                    assert_eq!(read(&part, p), read(&whole, position), "{taps} taps, position {position}");
                    assert_eq!(read(&part, p).len(), part.taps.len(), "nothing is padding");
                }
            }
            assert!(positions.is_empty());
        }
    }

    #[test]
    fn taps_that_only_read_padding_are_left_out() {
        let far = [(0, -(1 << 40)), (1, -3), (2, 2), (3, 1 << 40)];
        let axis = Axis::new(far.into_iter(), 1, [5, 4], [4, 1, 0]);
        assert_eq!(axis.taps.iter().map(|tap| tap.number).collect::<Vec<_>>(), [1, 2]);
        assert_eq!((axis.first, axis.span), (-3, 5));
    }
}
