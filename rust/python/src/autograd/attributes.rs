//! Attributes of nodes that not all nodes have: what their rules saved.

use std::sync::Arc;

use ferrotorch_core::autograd::arena::{self, NodeHandle};
use ferrotorch_core::autograd::engine::walked_twice;
use ferrotorch_core::autograd::saved::Asker;
use ferrotorch_core::autograd::{Backward, Kept};
use ferrotorch_core::{DType, Device, Scalar, Tensor};
use pyo3::prelude::*;

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
    let Some(rule) = rule_of(node) else { return Err(walked_twice().into()) };
    let Some((index, value)) = find(&rule, saved) else { return Ok(None) };
    match value {
        Value::Number(_) | Value::Wrapped(_) if raw.is_some() => return Ok(None),
        Value::Number(number) => return Ok(Some(to_python(py, number)?.into_bound(py))),
        Value::Wrapped(number) => {
            return Ok(Some(wrap(py, Tensor::full(&[], number, dtype_of(number), Device::CPU)?)?.into_bound(py)));
        }
        Value::Tensor => {}
    }
    let saved = PySaved::of_rule(&rule, index, Asker::of(Some(node.id()), node_name));
    if raw.is_some() {
        return Ok(Some(Bound::new(py, saved)?.into_any()));
    }
    Ok(Some(saved.unpack(py)?.unwrap_or_else(|| py.None()).into_bound(py)))
}

/// An attribute of what the functions of a custom function share: its node has them all.
pub(super) fn of_context<'py>(context: &Bound<'py, PyAny>, name: &str) -> Outcome<Option<Bound<'py, PyAny>>> {
    // Special methods are looked for by many a tool; the node has its own.
    if name.starts_with("__") { Ok(None) } else { Ok(context.getattr_opt(name)?) }
}

/// Names of the attributes of a node that not all nodes have.
pub(super) fn names(node: &NodeHandle) -> Vec<String> {
    let mut names = Vec::new();
    if let Some(rule) = rule_of(node) {
        rule.saved(&mut |name, kept| {
            names.push(format!("{SAVED}{name}"));
            if let Kept::Tensor(_) = kept {
                names.push(format!("{RAW}{name}"));
            }
        });
    }
    names
}

/// The rule of a custom function.
pub(super) fn function(rule: &Arc<dyn Backward>) -> Option<&PyRule> {
    rule.as_any()?.downcast_ref()
}

fn rule_of(node: &NodeHandle) -> Option<Arc<dyn Backward>> {
    arena::with_node(node.id(), |node| node.rule.clone())
}

/// What a rule saved.
#[derive(Clone, Copy)]
enum Value {
    Tensor,
    Number(Scalar),
    Wrapped(Scalar),
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
        if found.is_none() && known == name {
            let value = match kept {
                Kept::Tensor(_) => Value::Tensor,
                Kept::Number(x) => Value::Number(x),
                Kept::Wrapped(x) => Value::Wrapped(x),
            };
            found = Some((index, value));
        }
        index += 1;
    });
    found
}
