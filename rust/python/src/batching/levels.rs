//! The `vmap`s that run on this thread, numbered from the outermost, and sets of them.

use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicUsize, Ordering};

use ferrotorch_core::autograd::captured;
use pyo3::prelude::*;
use smallvec::SmallVec;

use crate::errors::{Outcome, runtime_error};
use crate::tensor::PyTensor;

/// A set of levels: those by which a tensor is batched. Its hidden dimensions stand in front, the outermost level first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Levels(u32);

/// Sizes, one a level.
pub(crate) type Sizes = SmallVec<[usize; 4]>;

impl Levels {
    /// No level: an ordinary tensor.
    pub(crate) const NONE: Levels = Levels(0);

    /// One level, numbered from 1.
    pub(crate) fn one(level: usize) -> Levels {
        Levels(1 << (level - 1))
    }

    pub(crate) fn of_mask(mask: u32) -> Levels {
        Levels(mask)
    }

    pub(crate) fn mask(self) -> u32 {
        self.0
    }

    pub(crate) fn is_none(self) -> bool {
        self.0 == 0
    }

    /// How many dimensions it hides.
    pub(crate) fn count(self) -> usize {
        self.0.count_ones() as usize
    }

    pub(crate) fn union(self, other: Levels) -> Levels {
        Levels(self.0 | other.0)
    }

    pub(crate) fn without(self, other: Levels) -> Levels {
        Levels(self.0 & !other.0)
    }

    pub(crate) fn holds(self, other: Levels) -> bool {
        other.0 & !self.0 == 0
    }

    /// The numbers of the levels, outermost first.
    pub(crate) fn numbers(self) -> impl Iterator<Item = usize> {
        (1..=u32::BITS as usize).filter(move |&level| self.holds(Levels::one(level)))
    }

    /// Which of the hidden dimensions is that of a level.
    pub(crate) fn position(self, level: usize) -> usize {
        (self.0 & ((1 << (level - 1)) - 1)).count_ones() as usize
    }

    /// How many samples each level has.
    ///
    /// # Errors
    /// One of the `vmap`s does not run: the tensor has outlived it.
    pub(crate) fn sizes(self, op: &str) -> Outcome<Sizes> {
        FRAMES
            .with_borrow(|frames| {
                self.numbers().map(|level| frames.get(level - 1).map(|frame| frame.size)).collect::<Option<_>>()
            })
            .ok_or_else(|| {
                runtime_error(format!(
                    "vmap: {op}() got a tensor that has escaped from inside a function being vmapped. Return it from the \
                     function instead (see https://pytorch.org/functorch/stable/ux_limitations.html)."
                ))
            })
    }
}

/// What random ops do inside a `vmap`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Randomness {
    Error,
    Same,
    Different,
}

impl Randomness {
    fn parse(name: &str) -> Outcome<Randomness> {
        match name {
            "error" => Ok(Randomness::Error),
            "same" => Ok(Randomness::Same),
            "different" => Ok(Randomness::Different),
            _ => {
                Err(runtime_error(format!("Only allowed values for randomness are 'error', 'different', or 'same'. Got {name}")))
            }
        }
    }

    fn name(self) -> &'static str {
        match self {
            Randomness::Error => "error",
            Randomness::Same => "same",
            Randomness::Different => "different",
        }
    }
}

struct Frame {
    size: usize,
    randomness: Randomness,
}

thread_local! {
    static FRAMES: RefCell<Vec<Frame>> = const { RefCell::new(Vec::new()) };
    /// Are the frames out of force, while a rule runs on what lies below them?
    static SUSPENDED: Cell<bool> = const { Cell::new(false) };
}

/// `vmap`s that run, on any thread, and batched tensors that are alive.
static REASONS: AtomicUsize = AtomicUsize::new(0);

/// Need calls look whether their tensors are batched?
#[inline]
pub(crate) fn is_on() -> bool {
    REASONS.load(Ordering::Relaxed) != 0
}

/// Notes that there is one batched tensor more.
pub(crate) fn count_tensor() {
    REASONS.fetch_add(1, Ordering::Relaxed);
}

/// Notes that a batched tensor is gone.
pub(crate) fn discount_tensor() {
    REASONS.fetch_sub(1, Ordering::Relaxed);
}

/// Does a `vmap` run on this thread?
pub(crate) fn runs() -> bool {
    !SUSPENDED.get() && FRAMES.with_borrow(|frames| !frames.is_empty())
}

/// A function begins that is to be differentiated.
#[pyfunction]
pub(crate) fn _enter_transform() {
    captured::enter();
}

/// Gives the function a tensor by which it is differentiated.
#[pyfunction]
pub(crate) fn _give(tensor: &Bound<'_, PyTensor>) {
    captured::give(tensor.get().tensor());
}

/// The innermost function that is differentiated ends.
#[pyfunction]
pub(crate) fn _leave_transform() {
    captured::leave();
}

/// How many transforms of functions run on this thread.
#[pyfunction]
pub(crate) fn _transforms() -> usize {
    transforms()
}

/// How many transforms of functions run on this thread.
pub(crate) fn transforms() -> usize {
    captured::running() + FRAMES.with_borrow(Vec::len)
}

/// Begins a `vmap` over so many samples; returns its level.
#[pyfunction]
pub(crate) fn _vmap_enter(size: usize, randomness: &str) -> Outcome<usize> {
    let randomness = Randomness::parse(randomness)?;
    FRAMES.with_borrow_mut(|frames| {
        if frames.len() == u32::BITS as usize {
            return Err(runtime_error(format!("vmap: more than {} vmaps inside one another are not supported", u32::BITS)));
        }
        frames.push(Frame { size, randomness });
        REASONS.fetch_add(1, Ordering::Relaxed);
        Ok(frames.len())
    })
}

/// Ends the innermost `vmap`.
#[pyfunction]
pub(crate) fn _vmap_exit() {
    if FRAMES.with_borrow_mut(Vec::pop).is_some() {
        REASONS.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Size and randomness of the `vmap`s that run on this thread, outermost first.
#[pyfunction]
pub(crate) fn _vmap_frames() -> Vec<(usize, &'static str)> {
    if SUSPENDED.get() {
        return Vec::new();
    }
    FRAMES.with_borrow(|frames| frames.iter().map(|frame| (frame.size, frame.randomness.name())).collect())
}

/// Puts the `vmap`s of this thread out of force, or in force again; returns whether they were out of force.
#[pyfunction]
pub(crate) fn _vmap_suspend(on: bool) -> bool {
    SUSPENDED.replace(on)
}
