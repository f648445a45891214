//! Walks the graph backward.
//!
//! Nodes run in the order of falling creation number. Every edge leads to a smaller number, so when a node comes
//! up, all nodes that feed it have run: no ready counts are needed. Nothing here recurses.

use std::collections::BinaryHeap;
use std::sync::Arc;

use ferrotorch_kernel::outside::outside;
use parking_lot::ReentrantMutex;
use rustc_hash::FxHashMap;
use smallvec::{SmallVec, smallvec};

use crate::error::{Error, Result};
use crate::interrupt;
use crate::layout::Layout;
use crate::opaque;
use crate::ops;
use crate::shape::{self, Shape};
use crate::tensor::Tensor;
use crate::{bail, ensure};

use super::arena::{self, EdgeRef, Node, NodeHandle, NodeId};
use super::capture::{Captures, Key};
use super::completion::HookedLeaves;
use super::hooks::NodeHookRun;
use super::many;
use super::mode::{self, Guard};
use super::nesting::within_walk;
use super::tangents::Tangents;
use super::tied;
use super::{Backward, Context, Edge, Gradients, OutputMeta, anomaly};

/// How often a walk looks whether it is to go on; kernels look for themselves.
const NODES_BETWEEN_CHECKS: usize = 16;

/// How a walk treats the graph.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Keep what the nodes saved, so that the graph can be walked again.
    pub retain_graph: bool,
    /// Record the walk itself, so that the gradients can be differentiated.
    pub create_graph: bool,
    /// How many gradients are walked with at once, along a first dimension of each seed, if that is so.
    pub many: Option<usize>,
}

/// Accumulates into `.grad` of the leaves (all, or only `inputs` where any are given) the gradients of `roots`,
/// each weighted by its entry of `seeds` (`None`: one, for a one-element root).
pub fn backward(roots: &[Tensor], seeds: &[Option<Tensor>], inputs: &[Tensor], options: Options) -> Result<()> {
    let captures = if inputs.is_empty() { None } else { Some(Captures::new(inputs, roots)?) };
    let captures = Walk::new(captures, options, true).run(roots, seeds)?;
    let _guard = Guard::new(options.create_graph);
    inputs.iter().try_for_each(|input| match captures.as_ref().and_then(|c| c.gradient(input)) {
        Some(grad) => accumulate(input, grad, options.create_graph),
        None => Ok(()),
    })
}

/// Gradients of `roots` by `inputs`, in their order; `None` for an input that the roots do not depend on.
pub fn grad(roots: &[Tensor], seeds: &[Option<Tensor>], inputs: &[Tensor], options: Options) -> Result<Vec<Option<Tensor>>> {
    let captures = Walk::new(Some(Captures::new(inputs, roots)?), options, false).run(roots, seeds)?;
    Ok(inputs.iter().map(|input| captures.as_ref().and_then(|c| c.gradient(input))).collect())
}

/// The gradients of a node's inputs by those of its outputs: its rule alone, without hooks. What it saved stays.
pub fn call(handle: &NodeHandle, grads: Gradients) -> Result<Gradients> {
    let create_graph = mode::is_enabled();
    let walk = Walk::new(None, Options { retain_graph: true, create_graph, many: None }, false);
    let visit = walk.open(handle, None)?;
    ensure!(grads.len() == visit.outputs.len(), Type, "expected {} arguments, got {} instead", visit.outputs.len(), grads.len());
    let needs: SmallVec<[bool; 4]> = visit.edges.iter().map(|edge| !matches!(edge, Edge::None)).collect();
    let mut results = walk.apply(handle, &visit, &needs, grads)?;
    if create_graph {
        tied::tie(visit.name, &visit.edges, &mut results)?;
    }
    Ok(results)
}

/// Gradients that leave a part of a graph: within a rule, as a part of the walk that runs the rule.
pub(super) fn walk_part(roots: &[Tensor], seeds: &[Option<Tensor>], captures: Captures, many: Option<usize>) -> Result<Captures> {
    // What the part saved goes with the rule that holds it.
    let options = Options { retain_graph: true, create_graph: mode::is_enabled(), many };
    match Walk::new(Some(captures), options, false).walk(roots, seeds)? {
        Some(captures) => Ok(captures),
        None => bail!(Runtime, "a walk over a part of a graph has lost what it found"),
    }
}

/// One pass over the graph.
struct Walk {
    options: Options,
    /// The tensors asked for; without them, every leaf is.
    captures: Option<Captures>,
    /// Do leaves that are asked for accumulate, instead of being captured?
    accumulates: bool,
    /// Nodes whose turn comes, with a gradient or without any, the newest on top.
    ready: BinaryHeap<(u64, NodeId)>,
    pending: FxHashMap<NodeId, Pending>,
    /// Leaves with hooks, which see the whole gradient.
    hooked_leaves: HookedLeaves,
}

/// Gradients of a node's outputs, as far as they have come in.
struct Pending {
    handle: NodeHandle,
    grads: Gradients,
}

/// A node as the walk needs it: taken out of the arena, or copied where the graph is to stay.
struct Visit {
    name: &'static str,
    rule: Arc<dyn Backward>,
    edges: SmallVec<[Edge; 2]>,
    outputs: SmallVec<[OutputMeta; 1]>,
    tangents: Option<Arc<[Tangents]>>,
    hooks: Option<NodeHookRun>,
}

impl Walk {
    fn new(captures: Option<Captures>, options: Options, accumulates: bool) -> Walk {
        Walk {
            options,
            captures,
            accumulates,
            ready: BinaryHeap::new(),
            pending: FxHashMap::default(),
            hooked_leaves: HookedLeaves::default(),
        }
    }

    fn run(self, roots: &[Tensor], seeds: &[Option<Tensor>]) -> Result<Option<Captures>> {
        within_walk(self.captures.is_some(), || self.walk(roots, seeds))
    }

    fn walk(mut self, roots: &[Tensor], seeds: &[Option<Tensor>]) -> Result<Option<Captures>> {
        let _guard = Guard::new(self.options.create_graph);
        if !self.captures.as_ref().is_some_and(Captures::is_of_part) {
            self.hooked_leaves = HookedLeaves::below(roots);
        }
        for (i, root) in roots.iter().enumerate() {
            let seed = seed_of(i, root, seeds.get(i).and_then(Option::as_ref), self.options.many)?;
            self.send(u64::MAX, root.edge(), seed)?;
        }
        let mut visited = 0usize;
        while let Some((sequence, id)) = self.ready.pop() {
            visited += 1;
            if visited.is_multiple_of(NODES_BETWEEN_CHECKS) {
                interrupt::check()?;
            }
            if let Some(pending) = self.pending.remove(&id) {
                self.visit(sequence, pending)?;
            }
            while let Some((leaf, grad)) = self.hooked_leaves.next_complete(sequence) {
                self.finish_hooked_leaf(&leaf, grad)?;
            }
        }
        for (leaf, grad) in self.hooked_leaves.take_rest() {
            self.finish_hooked_leaf(&leaf, grad)?;
        }
        Ok(self.captures)
    }

    /// Runs one node: hooks, captures, rule, hooks, and passes the results on.
    fn visit(&mut self, sequence: u64, Pending { handle, mut grads }: Pending) -> Result<()> {
        let hooks = arena::with_node(handle.id(), |node| node.hooks.as_ref().map(|hooks| hooks.prepare())).flatten();
        if let Some(hooks) = &hooks {
            self.on_each(&mut grads, |grads| hooks.on_outputs(grads))?;
        }
        let useful = match &mut self.captures {
            None => true,
            Some(captures) => {
                captures.take_outputs(handle.id(), &grads);
                captures.is_useful(handle.id())
            }
        };
        if !useful {
            return Ok(());
        }
        if let Some(hooks) = &hooks {
            self.on_each(&mut grads, |grads| hooks.before(grads))?;
        }
        let visit = self.open(&handle, hooks)?;
        let needs: SmallVec<[bool; 4]> = visit.edges.iter().map(|edge| self.wants(edge)).collect();
        let kept = visit.hooks.as_ref().filter(|hooks| hooks.has_post()).map(|_| grads.clone());
        let mut results = self.apply(&handle, &visit, &needs, grads)?;
        if results.len() < needs.len() {
            bail!(Runtime, "Function {} returned {} gradients, expected {}", visit.name, results.len(), needs.len());
        }
        anomaly::check(visit.name, &results)?;
        if self.options.create_graph {
            tied::tie(visit.name, &visit.edges, &mut results)?;
        }
        if let (Some(hooks), Some(kept)) = (&visit.hooks, kept) {
            self.after_each(hooks, &mut results, &kept)?;
        }
        for ((edge, result), needed) in visit.edges.into_iter().zip(results).zip(needs) {
            match result {
                _ if !needed => {}
                Some(result) => self.send(sequence, edge, result)?,
                None => self.touch(edge)?,
            }
        }
        Ok(())
    }

    /// How many dimensions gradients have in front of their own.
    fn lead(&self) -> usize {
        self.options.many.is_some().into()
    }

    /// Runs the rule of a node, for many gradients at once or for one after the other.
    fn apply(&self, handle: &NodeHandle, visit: &Visit, needs: &[bool], grads: Gradients) -> Result<Gradients> {
        if grads.iter().all(Option::is_none) && !visit.rule.runs_without_gradients() {
            return Ok(SmallVec::from_elem(None, needs.len()));
        }
        let lead = if visit.rule.takes_many() { self.lead() } else { 0 };
        let tangents = visit.tangents.clone();
        let cx = Context { node: Some(handle), name: visit.name, needs, outputs: &visit.outputs, tangents, lead };
        match self.options.many {
            Some(many) if lead == 0 => many::one_by_one(many, &grads, |grads| visit.rule.apply(&cx, grads)),
            _ => visit.rule.apply(&cx, grads),
        }
    }

    /// Shows gradients to hooks that may replace them, one after the other where there are many.
    fn on_each(&self, grads: &mut Gradients, hook: impl Fn(&mut Gradients) -> Result<()>) -> Result<()> {
        let Some(many) = self.options.many else { return hook(grads) };
        *grads = many::one_by_one(many, grads, |mut grads| hook(&mut grads).map(|()| grads))?;
        Ok(())
    }

    /// [`Walk::on_each`] for hooks that run after the rule.
    fn after_each(&self, hooks: &NodeHookRun, results: &mut Gradients, kept: &Gradients) -> Result<()> {
        let Some(many) = self.options.many else { return hooks.after(results, kept) };
        let mut rows = 0..many;
        *results = many::one_by_one(many, results, |mut results| {
            let kept = rows.next().map_or_else(|| Ok(kept.clone()), |i| many::row(kept, i))?;
            hooks.after(&mut results, &kept).map(|()| results)
        })?;
        Ok(())
    }

    fn open(&self, handle: &NodeHandle, hooks: Option<NodeHookRun>) -> Result<Visit> {
        let retains = self.options.retain_graph;
        let copied = arena::with_node(handle.id(), |node| {
            let stays = retains || node.rule.keeps_nothing();
            stays.then(|| {
                let edges: SmallVec<[EdgeRef; 2]> = node.edges.iter().map(EdgeRef::of).collect();
                (node.name, node.rule.clone(), edges, node.outputs.clone(), node.tangents.clone())
            })
        });
        if let Some((name, rule, edges, outputs, tangents)) = copied.ok_or_else(walked_twice)? {
            return Ok(Visit { name, rule, edges: edges.into_iter().map(EdgeRef::acquire).collect(), outputs, tangents, hooks });
        }
        let Some(node) = arena::take(handle) else { return Err(walked_twice()) };
        let Node { name, rule, edges, outputs, tangents, .. } = node;
        Ok(Visit { name, rule, edges, outputs, tangents, hooks })
    }

    /// Is anyone interested in what flows along this edge?
    fn wants(&self, edge: &Edge) -> bool {
        match (edge, &self.captures) {
            (Edge::None, _) => false,
            (_, None) => true,
            (Edge::Node(node, output), Some(captures)) => {
                captures.is_useful(node.id()) || captures.has(Key::Output(node.id(), *output))
            }
            (Edge::Leaf(leaf), Some(captures)) => captures.has(Key::Leaf(leaf.id())),
        }
    }

    /// Passes a gradient along an edge of the node with a creation number.
    fn send(&mut self, sequence: u64, edge: Edge, grad: Tensor) -> Result<()> {
        match edge {
            Edge::None => Ok(()),
            Edge::Leaf(leaf) => {
                let meta = OutputMeta { shape: leaf.shape_before(sequence), ..OutputMeta::of(&leaf) };
                let grad = fit(grad, &meta, self.lead())?;
                self.send_to_leaf(leaf, grad)
            }
            Edge::Node(handle, output) => self.send_to_node(handle, output as usize, grad),
        }
    }

    fn send_to_node(&mut self, handle: NodeHandle, output: usize, grad: Tensor) -> Result<()> {
        let id = handle.id();
        let seen = arena::with_node(id, |node| (node.sequence, node.outputs.len(), node.outputs.get(output).cloned()));
        let key = Key::Output(id, output as u32);
        let Some((sequence, outputs, Some(meta))) = seen else { return Err(walked_twice()) };
        let grad = fit(grad, &meta, self.lead())?;
        if let Some(captures) = self.captures.as_mut().filter(|captures| captures.is_of_part() && captures.has(key)) {
            return captures.add(key, grad, self.options.create_graph);
        }
        let ready = &mut self.ready;
        let pending = self.pending.entry(id).or_insert_with(|| {
            ready.push((sequence, id));
            Pending { handle, grads: SmallVec::from_elem(None, outputs) }
        });
        add_to(&mut pending.grads[output], grad, self.options.create_graph)
    }

    /// Gives what is at the end of an edge its turn without a gradient: custom functions and hooks are called all the same.
    fn touch(&mut self, edge: Edge) -> Result<()> {
        match edge {
            Edge::Node(handle, output) => {
                let id = handle.id();
                let seen = arena::with_node(id, |node| (node.sequence, node.outputs.len()));
                let Some((sequence, outputs)) = seen else { return Err(walked_twice()) };
                let leaves = |captures: &Captures| captures.is_of_part() && captures.has(Key::Output(id, output));
                if !self.captures.as_ref().is_some_and(leaves) {
                    let ready = &mut self.ready;
                    self.pending.entry(id).or_insert_with(|| {
                        ready.push((sequence, id));
                        Pending { handle, grads: SmallVec::from_elem(None, outputs) }
                    });
                }
            }
            Edge::Leaf(leaf) if leaf.with_leaf_hooks(|hooks| hooks.is_some()) => self.hooked_leaves.touch(leaf),
            Edge::Leaf(_) | Edge::None => {}
        }
        Ok(())
    }

    fn send_to_leaf(&mut self, leaf: Tensor, grad: Tensor) -> Result<()> {
        let create_graph = self.options.create_graph;
        let hooked = leaf.with_leaf_hooks(|hooks| hooks.is_some());
        match &mut self.captures {
            Some(captures) if captures.is_of_part() => captures.add(Key::Leaf(leaf.id()), grad, create_graph),
            _ if hooked => self.hooked_leaves.add(leaf, grad, create_graph),
            Some(captures) if !self.accumulates => captures.add(Key::Leaf(leaf.id()), grad, create_graph),
            _ => accumulate(&leaf, grad, create_graph),
        }
    }

    fn finish_hooked_leaf(&mut self, leaf: &Tensor, grad: Option<Tensor>) -> Result<()> {
        let hooks = leaf.with_leaf_hooks(|hooks| hooks.as_ref().map(|hooks| hooks.prepare())).unwrap_or_default();
        let mut grads = smallvec![grad];
        self.on_each(&mut grads, |grads| {
            grads[0] = hooks.on_tensor(grads[0].take())?;
            Ok(())
        })?;
        let grad = grads.pop().flatten();
        if let (Some(captures), false) = (&mut self.captures, self.accumulates) {
            return grad.map_or(Ok(()), |grad| captures.add(Key::Leaf(leaf.id()), grad, self.options.create_graph));
        }
        let grad = hooks.before(grad)?;
        let shown = grad.clone().filter(|_| hooks.show_gradient());
        if let Some(grad) = grad {
            accumulate(leaf, grad, self.options.create_graph)?;
        }
        hooks.after(leaf, shown)
    }
}

/// The gradient that a root starts with.
fn seed_of(i: usize, root: &Tensor, seed: Option<&Tensor>, many: Option<usize>) -> Result<Tensor> {
    if !root.requires_grad() {
        bail!(Runtime, "element {i} of tensors does not require grad and does not have a grad_fn");
    }
    match seed {
        Some(seed) if many.is_some_and(|many| seed.shape()[..1] != [many] || seed.shape()[1..] != root.shape()[..]) => bail!(
            Runtime,
            "If `is_grads_batched=True`, we interpret the first dimension of each grad_output as the batch dimension. The sizes of the \
             remaining dimensions are expected to match the shape of corresponding output, but a mismatch was detected: \
             grad_output[{i}] has a shape of {:?} and output[{i}] has a shape of {:?}. If you only want some tensors in \
             `grad_output` to be considered batched, consider using vmap.",
            seed.shape(),
            root.shape()
        ),
        Some(seed) if many.is_none() && seed.shape() != root.shape() => bail!(
            Runtime,
            "Mismatch in shape: grad_output[{i}] has a shape of {:?} and output[{i}] has a shape of {:?}.",
            seed.shape(),
            root.shape()
        ),
        Some(seed) if seed.dtype().is_complex() != root.dtype().is_complex() => bail!(
            Runtime,
            "For complex Tensors, both grad_output and output are required to have the same dtype. Mismatch in dtype: \
             grad_output[{i}] has a dtype of {} and output[{i}] has a dtype of {}.",
            seed.dtype().name(),
            root.dtype().name()
        ),
        Some(seed) => Ok(seed.clone()),
        None if root.numel() != 1 => bail!(Runtime, "grad can be implicitly created only for scalar outputs"),
        None if root.dtype().is_complex() => {
            bail!(Runtime, "grad can be implicitly created only for real scalar outputs but got {}", root.dtype().name())
        }
        None => {
            let shape: Shape = many.into_iter().chain(root.shape()).collect();
            Tensor::full(&shape, 1.0.into(), root.dtype(), root.device())
        }
    }
}

/// A gradient in the shape and dtype of what it is the gradient of, behind `lead` dimensions: broadcast ones are summed away.
pub(super) fn fit(mut grad: Tensor, meta: &OutputMeta, lead: usize) -> Result<Tensor> {
    let (same_shape, same_dtype) = grad.with_array(|a| (a.shape().get(lead..) == Some(&meta.shape[..]), a.dtype == meta.dtype));
    if !same_shape {
        if !shape::is_expandable(&meta.shape, grad.shape().get(lead..).unwrap_or_default()) {
            bail!(
                Runtime,
                "backward returned an invalid gradient - got {:?} but expected shape compatible with {:?}",
                grad.shape(),
                meta.shape
            );
        }
        grad = ops::reduce::sum_to_size_behind(&grad, &meta.shape, lead)?;
    }
    if !same_dtype {
        grad = if grad.dtype().is_complex() && !meta.dtype.is_complex() { ops::complex::real(&grad)? } else { grad };
        grad = ops::cast::to_dtype(&grad, meta.dtype)?;
    }
    Ok(grad)
}

/// `slot += grad`, in place where the sum so far belongs to nobody else.
pub(super) fn add_to(slot: &mut Option<Tensor>, grad: Tensor, create_graph: bool) -> Result<()> {
    *slot = Some(match slot.take() {
        None => grad,
        Some(sum) if opaque::is_among(Some(&sum), &grad) => opaque::sum(Some(&sum), &grad, false, create_graph)?,
        Some(sum) if !create_graph && sum.is_unique() && !sum.with_array(|a| a.layout.may_overlap()) => {
            mode::no_grad(|| ops::arithmetic::add_(&sum, &grad))?;
            sum
        }
        Some(sum) => ops::arithmetic::add(&sum, &grad)?,
    });
    Ok(())
}

/// Walks of several threads add to a leaf one after the other; leaves share these by their addresses. Adding opaque gradients
/// calls back, and what is called may walk another graph in the same thread, which therefore keeps its turn.
static TURNS: [ReentrantMutex<()>; 64] = [const { ReentrantMutex::new(()) }; 64];

/// Adds a gradient to `.grad` of a leaf.
pub fn accumulate(leaf: &Tensor, grad: Tensor, create_graph: bool) -> Result<()> {
    let turn = &TURNS[leaf.id() / 128 % TURNS.len()];
    // Who waits lets go of the lock of the embedding language, which who adds may need.
    let _turn = turn.try_lock().unwrap_or_else(|| outside(true, || turn.lock()));
    add_to_leaf(leaf, grad, create_graph)
}

fn add_to_leaf(leaf: &Tensor, grad: Tensor, create_graph: bool) -> Result<()> {
    let sum = match leaf.grad() {
        old if opaque::is_among(old.as_ref(), &grad) => opaque::sum(old.as_ref(), &grad, true, create_graph)?,
        Some(old) if create_graph => ops::arithmetic::add(&old, &grad)?,
        Some(old) => return mode::no_grad(|| ops::arithmetic::add_(&old, &grad)).map(drop),
        // A gradient that others hold too is copied: the leaf's may be changed in place.
        None if !create_graph && grad.is_unique() && lies_like(&grad, leaf) => grad,
        None => ops::cast::clone_with(&grad, gradient_layout(leaf, &grad.shape()))?,
    };
    leaf.set_grad(Some(sum));
    Ok(())
}

/// Gradients lie in memory as their leaf does, where that is dense and has their shape; otherwise they are row-major.
fn gradient_layout(leaf: &Tensor, shape: &[usize]) -> Layout {
    leaf.with_array(|a| match a.layout.is_dense() && a.shape() == shape {
        true => a.layout.dense_like(),
        false => Layout::contiguous(shape),
    })
}

/// Does a gradient lie in memory, element by element, as that of the leaf should? Strides of sizes of 1 do not matter.
fn lies_like(grad: &Tensor, leaf: &Tensor) -> bool {
    if grad.with_array(|a| !a.deferred.is_none()) {
        return false;
    }
    let row_major = |t: &Tensor| t.with_array(|a| a.layout.is_contiguous());
    if row_major(grad) && row_major(leaf) {
        return true;
    }
    let (grad, expected) = (grad.layout(), gradient_layout(leaf, &grad.shape()));
    let strides = grad.strides().iter().zip(expected.strides());
    strides.zip(grad.shape()).all(|((own, expected), &n)| n == 1 || own == expected)
}

/// What is said where the graph is needed that a walk has freed.
#[cold]
pub fn walked_twice() -> Error {
    Error::runtime(
        "Trying to backward through the graph a second time (or directly access saved tensors after they have already been freed). \
         Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). Specify retain_graph=True \
         if you need to backward through the graph a second time or if you need to access saved tensors after calling backward.",
    )
}
