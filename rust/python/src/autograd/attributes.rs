//! Attributes of nodes that not all nodes have: what their rules saved.

use std::sync::Arc;

use ferrotorch_core::autograd::arena::{self, EdgeRef, NodeHandle, NodeId};
use ferrotorch_core::autograd::engine::walked_twice;
use ferrotorch_core::autograd::saved::Asker;
use ferrotorch_core::autograd::{Backward, Fact, Kept};
use ferrotorch_core::{DType, Device, Scalar, Tensor};
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::function::PyRule;
use super::saved::PySaved;
use crate::errors::Outcome;
use crate::number::to_python;
use crate::tensor::wrap;

const SAVED: &str = "_saved_";
const RAW: &str = "_raw_saved_";

/// The value of an attribute of a node with this name; `None` if it has no such attribute.
pub(super) fn of_node<'py>(
    py: Python<'py>,
    node: &NodeHandle,
    node_name: &'static str,
    name: &str,
) -> Outcome<Option<Bound<'py, PyAny>>> {
    let raw = name.strip_prefix(RAW);
    let Some(saved) = raw.or_else(|| name.strip_prefix(SAVED)) else { return Ok(None) };
    let Some((node, rule)) = shown_by(node) else { return Err(walked_twice().into()) };
    let Some((index, value)) = find(&rule, saved) else { return Ok(None) };
    let saved_name = saved;
    let saved = |index| PySaved::of_rule(&rule, index, Asker::of(Some(node), node_name));
    match value {
        Value::Number(_) | Value::Wrapped(_) | Value::Fact(_) if raw.is_some() => return Ok(None),
        Value::Number(number) => return Ok(Some(to_python(py, number)?.into_bound(py))),
        Value::Wrapped(number) => {
            return Ok(Some(wrap(py, Tensor::full(&[], number, dtype_of(number), Device::CPU)?)?.into_bound(py)));
        }
        Value::Fact(fact) => return of_fact(py, node, saved_name, &fact).map(Some),
        Value::Tensor => {}
        Value::List(count) => {
            let items = (index..index + count).map(|index| of_tensor(py, saved(index), raw.is_some()));
            return Ok(Some(PyTuple::new(py, items.collect::<Outcome<Vec<_>>>()?)?.into_any()));
        }
    }
    of_tensor(py, saved(index), raw.is_some()).map(Some)
}

/// A tensor that a rule saved, or the object that keeps it.
fn of_tensor(py: Python<'_>, saved: PySaved, raw: bool) -> Outcome<Bound<'_, PyAny>> {
    if raw {
        return Ok(Bound::new(py, saved)?.into_any());
    }
    Ok(saved.unpack(py)?.unwrap_or_else(|| py.None()).into_bound(py))
}

/// Is an argument of this name a number of any kind to PyTorch, and no integer?
fn is_scalar(name: &str) -> bool {
    matches!(
        name,
        "alpha"
            | "beta"
            | "value"
            | "other"
            | "exponent"
            | "p"
            | "ord"
            | "min"
            | "max"
            | "min_val"
            | "max_val"
            | "threshold"
            | "negative_slope"
            | "shifts"
            | "start"
            | "end"
            | "step"
            | "index"
            | "storage_offset"
    )
}

/// An argument of a node's op.
fn of_fact<'py>(py: Python<'py>, node: NodeId, name: &str, fact: &Fact) -> Outcome<Bound<'py, PyAny>> {
    Ok(match fact {
        Fact::Absent | Fact::Nothing => py.None().into_bound(py),
        // PyTorch shows its integers without a sign, whatever they are.
        Fact::Number(Scalar::Int(n)) if *n < 0 && !is_scalar(name) => (*n as u64).into_bound_py_any(py)?,
        Fact::Number(number) => to_python(py, *number)?.into_bound(py),
        Fact::Text(word) => (**word).into_bound_py_any(py)?,
        Fact::Numbers(numbers) => PyTuple::new(py, numbers)?.into_any(),
        Fact::SizesOf(input) => PyTuple::new(py, shape_of_input(node, *input))?.into_any(),
        Fact::ElementsOf(input) => shape_of_input(node, *input).iter().product::<usize>().into_bound_py_any(py)?,
    })
}

/// The shape of a node's input: that of the output of another node, or of a leaf.
fn shape_of_input(node: NodeId, input: usize) -> Vec<usize> {
    let edge = arena::with_node(node, |node| node.edges.get(input).map(EdgeRef::of)).flatten();
    match edge {
        Some(EdgeRef::Node(id, output)) => {
            let of_output = |node: &mut arena::Node| node.outputs.get(output as usize).map(|meta| meta.shape.to_vec());
            arena::with_node(id, of_output).flatten().unwrap_or_default()
        }
        Some(EdgeRef::Leaf(leaf)) => leaf.shape().to_vec(),
        Some(EdgeRef::None) | None => Vec::new(),
    }
}

/// An attribute of what the functions of a custom function share: its node has them all.
pub(super) fn of_context<'py>(context: &Bound<'py, PyAny>, name: &str) -> Outcome<Option<Bound<'py, PyAny>>> {
    // Special methods are looked for by many a tool; the node has its own.
    if name.starts_with("__") { Ok(None) } else { Ok(context.getattr_opt(name)?) }
}

/// Names of the attributes of a node that not all nodes have.
pub(super) fn names(node: &NodeHandle) -> Vec<String> {
    let mut names = Vec::new();
    if let Some((_, rule)) = shown_by(node) {
        rule.saved(&mut |name, kept| {
            names.push(format!("{SAVED}{name}"));
            if let Kept::Tensor(_) | Kept::Item(_) = kept {
                names.push(format!("{RAW}{name}"));
            }
        });
    }
    names.sort();
    names.dedup();
    names
}

/// The rule of a custom function.
pub(super) fn function(rule: &Arc<dyn Backward>) -> Option<&PyRule> {
    rule.as_any()?.downcast_ref()
}

/// The node that shows what this one saved, which may be one behind it, and its rule.
fn shown_by(node: &NodeHandle) -> Option<(NodeId, Arc<dyn Backward>)> {
    let rule_of = |id| arena::with_node(id, |node| node.rule.clone()).filter(|_| arena::is_whole(id)).map(|rule| (id, rule));
    let (id, rule) = rule_of(node.id())?;
    match rule.shown_by() {
        Some(behind) => rule_of(behind),
        None => Some((id, rule)),
    }
}

/// What a rule saved.
enum Value {
    Tensor,
    /// So many tensors.
    List(usize),
    Number(Scalar),
    Wrapped(Scalar),
    Fact(Fact),
}

/// The dtype that PyTorch wraps a number in.
fn dtype_of(number: Scalar) -> DType {
    match number {
        Scalar::Bool(_) => DType::Bool,
        Scalar::Int(_) => DType::Int64,
        Scalar::Complex(_) => DType::Complex128,
        _ => DType::Float64,
    }
}

/// The number of what a rule saved under a name, and what it is.
fn find(rule: &Arc<dyn Backward>, name: &str) -> Option<(usize, Value)> {
    let (mut index, mut found) = (0, None);
    rule.saved(&mut |known, kept| {
        if let (Some((_, Value::List(count))), true) = (&mut found, known == name) {
            *count += 1;
        }
        if found.is_none() && known == name {
            let value = match kept {
                Kept::Tensor(_) => Value::Tensor,
                Kept::Item(_) => Value::List(1),
                Kept::Number(x) => Value::Number(x),
                Kept::Wrapped(x) => Value::Wrapped(x),
                Kept::Fact(fact) => Value::Fact(fact.clone()),
            };
            found = Some((index, value));
        }
        index += 1;
    });
    found
}
