//! Pointwise calls that wait for the next one: calls on the same elements are one launch.
//!
//! A group is what has been called since, and is recorded as soon as anything else is to be: another kernel, a read, a
//! write. So the order of all that is recorded is that of the calls. Within a group each thread does all steps to its own
//! elements, which is right as long as an array that is written is read and written in one way alone.

use std::sync::atomic::Ordering;

use ferrotorch_kernel::Result;
use smallvec::SmallVec;

use crate::family::chain::{ARGS, CHAIN, Chain, Origin, Step, Use};
use crate::family::pointwise::{DIVIDES, POINTWISE};
use crate::gpu::{Bound, Gpu, Launch, spread};
use crate::shader::{Stored, Words};
use crate::space::{MAX_DIMS, Space, Walk};

/// Arrays of a group: what the block of parameters has room for.
const MAX_ARRAYS: usize = 8;
/// Calls of a group.
const MAX_STEPS: usize = 16;
/// Words of a number among the parameters.
const WORDS: usize = 2;

/// An array of a call.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) bound: Bound,
    pub(crate) walk: Walk,
}

impl Place {
    fn is_in_block_of(&self, other: &Place) -> bool {
        self.bound.block.id == other.bound.block.id
    }

    fn is(&self, other: &Place) -> bool {
        self.is_in_block_of(other) && self.bound.stored == other.bound.stored && self.walk == other.walk
    }
}

/// One pointwise call.
pub(crate) struct Call {
    pub(crate) op: &'static str,
    pub(crate) compute: Stored,
    pub(crate) mode: u32,
    pub(crate) shape: SmallVec<[usize; 6]>,
    /// The output, then the inputs; `None` for numbers.
    pub(crate) places: SmallVec<[Option<Place>; 4]>,
    /// The numbers, two words for every input, then the parameters.
    pub(crate) args: SmallVec<[u32; 12]>,
}

impl Call {
    /// A launch of its own.
    fn record(&self, gpu: &Gpu) -> Result<()> {
        let operands: SmallVec<[Option<Bound>; 4]> =
            self.places.iter().map(|place| place.as_ref().map(|place| place.bound.clone())).collect();
        let fixed = || Walk::fixed(self.shape.len());
        let walks = self.places.iter().map(|place| place.as_ref().map_or_else(fixed, |place| place.walk.clone()));
        gpu.record_elementwise(Launch {
            family: &POINTWISE,
            op: self.op,
            compute: self.compute,
            outputs: 1,
            operands: &operands,
            space: &Space::new(&self.shape, walks).sort().merge(),
            args: &self.args,
            packed: None,
            mode: self.mode,
        })
    }

    /// Is it sure that it can be recorded later, by itself or with others? What the adapter lacks is to be known at once, and so
    /// is what may be wrong with the elements.
    fn may_wait(&self, gpu: &Gpu) -> bool {
        let suits = |place: &Place| gpu.computes(place.bound.stored) && gpu.binds_whole(&place.bound);
        let is_known = gpu.computes(self.compute) && self.places.iter().flatten().all(suits);
        is_known && self.mode & DIVIDES == 0 && !self.compute.is_complex()
    }
}

/// Calls on elements of one shape, one after the other.
struct Group {
    arrays: SmallVec<[Place; MAX_ARRAYS]>,
    /// Which arrays are written, and which are read before they are.
    written: u32,
    read: u32,
    steps: Vec<Step>,
    numbers: SmallVec<[u32; ARGS]>,
    calls: Vec<Call>,
}

impl Group {
    fn new() -> Group {
        let numbers = SmallVec::new();
        Group { arrays: SmallVec::new(), written: 0, read: 0, steps: Vec::new(), numbers, calls: Vec::new() }
    }

    /// Takes a call along, if that changes nothing for the others; otherwise hands it back.
    fn join(&mut self, gpu: &Gpu, call: Call) -> Option<Call> {
        if !self.suits(gpu, &call) {
            return Some(call);
        }
        let known = self.arrays.len();
        match self.step(&call) {
            Some((step, numbers)) if self.arrays.len() <= MAX_ARRAYS.min(gpu.max_buffers) => {
                self.numbers.extend(numbers);
                self.note(&step);
                self.steps.push(step);
                self.calls.push(call);
                None
            }
            _ => {
                self.arrays.truncate(known);
                Some(call)
            }
        }
    }

    fn suits(&self, gpu: &Gpu, call: &Call) -> bool {
        let fits = self.steps.len() < MAX_STEPS && self.numbers.len() + call.args.len() <= ARGS;
        fits && call.may_wait(gpu)
            && self.calls.first().is_none_or(|first| first.shape == call.shape && first.compute == call.compute)
    }

    /// The call as a step, and its numbers. `None` where it would read or write what the group writes in another way.
    fn step(&mut self, call: &Call) -> Option<(Step, SmallVec<[u32; 12]>)> {
        let (mut inputs, mut numbers) = (SmallVec::new(), SmallVec::new());
        let n = call.places.len() - 1;
        for (k, place) in call.places[1..].iter().enumerate() {
            match place {
                Some(place) => inputs.push(Origin::Array(self.place_of(place, false)?)),
                None => {
                    numbers.extend_from_slice(&call.args[WORDS * k..WORDS * (k + 1)]);
                    inputs.push(Origin::Number);
                }
            }
        }
        numbers.extend_from_slice(&call.args[WORDS * n..]);
        let out = self.place_of(call.places[0].as_ref()?, true)?;
        Some((Step { op: call.op, mode: call.mode, inputs, out }, numbers))
    }

    /// The number of an array, which is new or lies as before; others that share its memory must not be written.
    fn place_of(&mut self, place: &Place, writes: bool) -> Option<u8> {
        let mut same = None;
        for (k, known) in self.arrays.iter().enumerate().filter(|(_, known)| known.is_in_block_of(place)) {
            if known.is(place) {
                same = Some(k as u8);
            } else if writes || self.written >> k & 1 != 0 {
                return None;
            }
        }
        same.or_else(|| {
            self.arrays.push(place.clone());
            Some(self.arrays.len() as u8 - 1)
        })
    }

    fn note(&mut self, step: &Step) {
        for from in &step.inputs {
            if let Origin::Array(k) = from {
                self.read |= !self.written & 1 << k;
            }
        }
        self.written |= 1 << step.out;
    }

    /// One launch, where that is worth it and possible, or one each.
    fn record(self, gpu: &Gpu) -> Result<()> {
        if self.calls.len() > 1 && self.record_together(gpu)? {
            return Ok(());
        }
        self.calls.iter().try_for_each(|call| call.record(gpu))
    }

    /// What becomes of an array. What its owner has let go of nobody sees again.
    fn use_of(&self, k: usize) -> Use {
        let is = |set: u32| set >> k & 1 != 0;
        match (is(self.written), is(self.read)) {
            (true, _) if self.arrays[k].bound.block.is_lent.load(Ordering::Relaxed) => Use::Write,
            (true, false) => Use::Passing,
            _ => Use::Read,
        }
    }

    fn record_together(&self, gpu: &Gpu) -> Result<bool> {
        let uses: SmallVec<[Use; MAX_ARRAYS]> = (0..self.arrays.len()).map(|k| self.use_of(k)).collect();
        let arrays = self.arrays.iter().zip(&uses).map(|(place, &is)| (place.bound.stored, is)).collect();
        let chain = Chain { compute: self.calls[0].compute, arrays, steps: self.steps.clone() };
        let (outputs, Some(lanes)) = (chain.outputs(), chain.lanes()) else { return Ok(false) };
        if outputs == 0 {
            return Ok(true);
        }
        let mut order: SmallVec<[(usize, usize); MAX_ARRAYS]> =
            (0..self.arrays.len()).filter_map(|k| chain.operand(k).map(|operand| (operand, k))).collect();
        order.sort_unstable();
        let walks = order.iter().map(|&(_, k)| self.arrays[k].walk.clone());
        let space = Space::new(&self.calls[0].shape, walks).sort().merge();
        let operands: SmallVec<[Option<Bound>; MAX_ARRAYS]> = order
            .iter()
            .enumerate()
            .map(|(n, &(_, k))| Some(Bound { span: space.span(n), ..self.arrays[k].bound.clone() }))
            .collect();
        if !is_plain(gpu, &space, &operands, outputs, lanes) {
            return Ok(false);
        }
        let compute = chain.compute;
        let Some(op) = chain.name() else { return Ok(false) };
        let threads = space.count().div_ceil(lanes);
        let (args, packed) = (&*self.numbers, (lanes > 1).then_some(Words::Own));
        gpu.record(
            Launch { family: &CHAIN, op, compute, outputs, operands: &operands, space: &space, args, packed, mode: 0 },
            spread(threads.div_ceil(256)),
        )?;
        Ok(true)
    }
}

/// Can one launch do it all? Outputs narrower than a word must be row-major and begin with one.
fn is_plain(gpu: &Gpu, space: &Space, operands: &[Option<Bound>], outputs: usize, lanes: usize) -> bool {
    let whole = operands.iter().flatten().all(|bound| gpu.binds_whole(bound));
    let narrow = (0..outputs).filter(|&k| operands[k].as_ref().is_some_and(|bound| bound.stored.is_narrow()));
    whole
        && space.shape.len() <= MAX_DIMS
        && space.count() < 1 << 31
        && narrow.clone().all(|k| space.is_dense(k) && space.operands[k].offset.is_multiple_of(lanes))
}

/// The group that is being put together.
#[derive(Default)]
pub(crate) struct Held(Option<Group>);

impl Gpu {
    /// Records a pointwise call, now or with those that follow.
    pub(crate) fn hold(&self, call: Call) -> Result<()> {
        if self.synchronous {
            return call.record(self);
        }
        let mut held = self.held.lock();
        let group = held.0.get_or_insert_with(Group::new);
        let Some(call) = group.join(self, call) else { return Ok(()) };
        std::mem::replace(group, Group::new()).record(self)?;
        group.join(self, call).map_or(Ok(()), |call| call.record(self))
    }

    /// Records what is held, before something else is.
    pub(crate) fn release_held(&self) -> Result<()> {
        let mut held = self.held.lock();
        held.0.take().map_or(Ok(()), |group| group.record(self))
    }
}
