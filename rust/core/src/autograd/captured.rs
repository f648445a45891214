//! Functions that are differentiated, and the tensors that they find outside of them.
//!
//! A function under `grad`, `vjp` or `jvp` may write to what it was given and to what it made. What it captured belongs to
//! whoever called it: a write there would be seen outside, without a derivative.

use std::cell::RefCell;
use std::sync::atomic::{AtomicUsize, Ordering};

use smallvec::SmallVec;

use crate::ensure;
use crate::error::Result;
use crate::storage::Storage;
use crate::tensor::Tensor;

use super::arena::NodeId;

/// A function that is being differentiated.
struct Running {
    /// When it began.
    since: u64,
    /// The memory of what it was given.
    given: SmallVec<[usize; 4]>,
    /// The nodes of what it is differentiated by in reverse mode.
    leaves: SmallVec<[NodeId; 4]>,
}

thread_local! {
    /// Those of this thread, the outermost first.
    static RUNNING: RefCell<Vec<Running>> = const { RefCell::new(Vec::new()) };
}

/// How many there are on all threads.
static COUNT: AtomicUsize = AtomicUsize::new(0);

/// A function begins, within those that run.
pub fn enter() {
    let running = Running { since: Storage::moment(), given: SmallVec::new(), leaves: SmallVec::new() };
    RUNNING.with_borrow_mut(|functions| functions.push(running));
    COUNT.fetch_add(1, Ordering::Relaxed);
}

/// The innermost function ends.
pub fn leave() {
    if RUNNING.with_borrow_mut(Vec::pop).is_some() {
        COUNT.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The innermost function is given a tensor, by which it is differentiated.
pub fn give(tensor: &Tensor) {
    let memory = tensor.with_array(|array| array.storage.id());
    let leaf = tensor.source().map(|source| source.node.id());
    RUNNING.with_borrow_mut(|functions| {
        if let Some(function) = functions.last_mut() {
            function.given.push(memory);
            function.leaves.extend(leaf);
        }
    });
}

/// Is a tensor what a function of this thread is differentiated by, as a leaf is outside of functions?
pub(crate) fn is_leaf(tensor: &Tensor) -> bool {
    if COUNT.load(Ordering::Relaxed) == 0 {
        return false;
    }
    let node = tensor.source().map(|source| source.node.id());
    node.is_some_and(|node| RUNNING.with_borrow(|functions| functions.iter().any(|function| function.leaves.contains(&node))))
}

/// How many functions are being differentiated on this thread.
pub fn running() -> usize {
    if COUNT.load(Ordering::Relaxed) == 0 { 0 } else { RUNNING.with_borrow(Vec::len) }
}

/// Refuses a write to a tensor that a function which is being differentiated has neither made nor been given.
#[inline]
pub(crate) fn refuse(op: &str, target: &Tensor) -> Result<()> {
    if COUNT.load(Ordering::Relaxed) == 0 { Ok(()) } else { refuse_captured(op, target) }
}

#[cold]
fn refuse_captured(op: &str, target: &Tensor) -> Result<()> {
    let is_captured = |function: &Running| {
        target.with_array(|array| !array.storage.is_since(function.since) && !function.given.contains(&array.storage.id()))
    };
    ensure!(
        !RUNNING.with_borrow(|functions| functions.iter().any(is_captured)),
        Runtime,
        "During a grad (vjp, jvp, grad, etc) transform, the function provided attempted to call in-place operation (aten::{op}) that \
         would mutate a captured Tensor. This is not supported; please rewrite the function being transformed to explicitly accept the \
         mutated Tensor(s) as inputs."
    );
    Ok(())
}
