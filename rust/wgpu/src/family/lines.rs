//! Families that reduce each line of an array and then write its elements: softmax, layer norm.

use ferrotorch_kernel::{Array, Error, Result};
use smallvec::{SmallVec, smallvec};

use crate::gpu::{Bound, Gpu, Launch, spread};
use crate::shader::{Family, Stored, Words};
use crate::space::{MAX_DIMS, Space, Walk};

/// `Variant::mode`: one thread a line instead of one workgroup.
pub(crate) const COLUMNS: u32 = 1;
/// Threads in a workgroup.
const GROUP: usize = 256;
/// Elements that one thread walks over at most. Some drivers cut loops off after 65,535 rounds, all loops of a thread taken
/// together, and no driver lets a launch run for ever.
pub(crate) const MAX_STEPS: usize = 8192;

/// The longest line: a workgroup goes over it twice.
const LONGEST: usize = 3 * GROUP * MAX_STEPS;

/// How many of a workgroup's threads share a line: about eight elements each, and one thread for the shortest.
pub(crate) fn team(length: usize, group: usize) -> usize {
    (length / 8).next_power_of_two().clamp(1, group)
}

/// The parameter that tells how many threads share a line.
const TEAM: usize = 15;

/// An operand along lines: one element a point of the lines, or one a line, or (a weight) one a position.
pub(crate) struct Lined<'a> {
    pub(crate) array: &'a Array,
    pub(crate) stored: Stored,
    /// The steps from line to line, in the order of the lines' shape.
    pub(crate) outer: SmallVec<[isize; MAX_DIMS]>,
    /// The step along a line.
    pub(crate) inner: isize,
}

impl<'a> Lined<'a> {
    /// The lines of an array along one of its dimensions.
    pub(crate) fn along(array: &'a Array, dim: usize) -> Self {
        let mut outer: SmallVec<[isize; MAX_DIMS]> = array.layout.strides().into();
        let inner = outer.remove(dim);
        Lined { array, stored: Stored::of(array.dtype), outer, inner }
    }

    /// An array with one element a line.
    pub(crate) fn one(array: &'a Array) -> Self {
        Lined { array, stored: Stored::of(array.dtype), outer: array.layout.strides().into(), inner: 0 }
    }

    /// A vector with one element a position, the same for lines in so many dimensions.
    pub(crate) fn every(array: &'a Array, dims: usize) -> Self {
        let (outer, inner) = (SmallVec::from_elem(0, dims), array.layout.strides()[0]);
        Lined { array, stored: Stored::of(array.dtype), outer, inner }
    }

    /// The same as elements that are moved, not looked into.
    pub(crate) fn raw(self) -> Self {
        Lined { stored: Stored::raw(self.array.dtype), ..self }
    }
}

/// What all of them need to know.
pub(crate) struct Lines<'a> {
    pub(crate) family: &'static Family,
    pub(crate) op: &'static str,
    pub(crate) compute: Stored,
    /// Sizes of the dimensions from line to line, and the length of a line.
    pub(crate) shape: &'a [usize],
    pub(crate) length: usize,
    pub(crate) outputs: usize,
    pub(crate) operands: &'a [Option<Lined<'a>>],
    pub(crate) parameter: f64,
    /// What else the family wants to know, from parameter 18 on.
    pub(crate) extra: &'a [u32],
    pub(crate) mode: u32,
}

impl Lines<'_> {
    /// Launches, in parts where the lines have too many dimensions or the operands are too large to bind.
    pub(crate) fn launch(&self, gpu: &Gpu) -> Result<()> {
        let bound = self.operands.iter().map(|operand| operand.as_ref().map(|o| gpu.bind_as(o.array, o.stored)).transpose());
        let bound = bound.collect::<Result<SmallVec<[Option<Bound>; 7]>>>()?;
        let walks = self.operands.iter().map(|operand| match operand {
            Some(o) => Walk { offset: o.array.layout.offset(), strides: o.outer.clone() },
            None => Walk::fixed(self.shape.len()),
        });
        let mut args: SmallVec<[u32; 24]> = smallvec![self.length as u32];
        args.extend(self.operands.iter().map(|operand| operand.as_ref().map_or(0, |o| o.inner as u32)));
        args.resize(16, 0);
        args.extend(self.compute.scalar_words(self.parameter.into()));
        args.extend_from_slice(self.extra);
        if self.length > LONGEST {
            return Err(Error::unsupported(format!("lines of {} elements", self.length)));
        }
        let widened = |space: &Space, k: usize| {
            let span = space.span(k);
            let reach = self.operands[k].as_ref().map_or(0, |o| o.inner * (self.length as isize - 1));
            (span.start as isize + reach.min(0)) as usize..(span.end as isize + reach.max(0)) as usize
        };
        let fits =
            |space: &Space| bound.iter().enumerate().all(|(k, b)| b.as_ref().is_none_or(|b| gpu.fits(b, widened(space, k))));
        let across = self.operands.iter().flatten().any(|o| o.inner.unsigned_abs() > 1 && o.outer.contains(&1));
        for part in Space::new(self.shape, walks).merge().parts(&fits) {
            // On a processor threads of a team wait for each other longer than one takes for a line.
            let alone = (across && part.count() >= 64) || (gpu.is_software && part.count() >= 16);
            let columns = alone && self.length <= MAX_STEPS;
            let team = team(self.length, GROUP);
            args[TEAM] = team as u32;
            let operands: SmallVec<[Option<Bound>; 7]> = bound
                .iter()
                .enumerate()
                .map(|(k, b)| b.as_ref().map(|b| Bound { span: widened(&part, k), ..b.clone() }))
                .collect();
            let launch = Launch {
                family: self.family,
                op: self.op,
                compute: self.compute,
                outputs: self.outputs,
                operands: &operands,
                space: &part,
                args: &args,
                packed: self.packs(&part, bound[0].as_ref()),
                mode: self.mode | if columns { COLUMNS } else { 0 },
            };
            gpu.launch(launch, spread((part.count() * if columns { 1 } else { team }).div_ceil(GROUP)))?;
        }
        Ok(())
    }

    /// Can the lines of the first output be written by words of several elements, and do these hold elements of one line alone?
    fn packs(&self, part: &Space, out: Option<&Bound>) -> Option<Words> {
        let lanes = out.map(|out| out.stored.lanes()).filter(|&lanes| lanes > 1)?;
        let walk = &part.operands[0];
        let whole = |step: usize| step.is_multiple_of(lanes);
        let inner = self.operands[0].as_ref().map_or(0, |o| o.inner);
        let is_whole = whole(self.length) && whole(walk.offset) && walk.strides.iter().all(|s| whole(s.unsigned_abs()));
        (inner == 1).then_some(if is_whole { Words::Own } else { Words::Shared })
    }
}
