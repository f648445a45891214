//! What a family of kernels says of its shader: a row, which stands in the module of the family.

use std::fmt;
use std::hash::{Hash, Hasher};

use super::variant::Variant;
use crate::space::MAX_ARGS;

/// Names in a template, and what they stand for.
pub(crate) type Values = Vec<(&'static str, String)>;

/// A shader, from whose file the text of each [`Variant`] is made.
pub(crate) struct Family {
    name: &'static str,
    pub(super) harness: Harness,
    pub(super) file: fn(&Variant) -> &'static str,
    pub(super) values: fn(&Variant) -> Values,
    pub(super) library: fn(&Variant) -> Vec<&'static str>,
    pub(super) faults: fn(&Variant) -> Option<Fault>,
    /// Words of parameters.
    pub(super) args: usize,
    /// Does the text depend on the number of dimensions where these are few?
    ranked: bool,
    /// Do several threads write one element of the output?
    pub(super) atomic: bool,
}

/// How a file becomes a shader.
#[derive(Clone, Copy)]
pub(crate) enum Harness {
    /// It is one.
    Whole,
    /// It defines `value`, which is asked for each element of the output.
    Elementwise,
    /// It is one that does several things to each element.
    Chain,
    /// It defines `element` and `result`, which are asked for along lines.
    Lines,
    /// It defines `element`, which is asked for along lines, and `close`, which writes what they come to.
    Summary,
    /// It defines the factors whose products are summed.
    Product,
}

/// What a shader may find wrong with its inputs.
#[derive(Clone, Copy)]
pub(crate) enum Fault {
    /// An index out of range; blamed on this op where the core names none.
    Index(&'static str),
    /// A division of integers by zero.
    ZeroDivision,
    /// What the launch says.
    Told,
}

impl Family {
    /// A shader from a file. Names are for labels.
    pub(crate) const fn new(name: &'static str, harness: Harness, file: fn(&Variant) -> &'static str) -> Family {
        Family {
            name,
            harness,
            file,
            values: |_| Vec::new(),
            library: |_| Vec::new(),
            faults: |_| None,
            args: MAX_ARGS,
            ranked: false,
            atomic: false,
        }
    }

    /// Are elements found without a loop in spaces of few dimensions? They are where each thread has an element, or a word of them.
    pub(crate) fn is_ranked(&self) -> bool {
        self.ranked || matches!(self.harness, Harness::Elementwise | Harness::Chain)
    }

    /// With elements that are found so.
    pub(crate) const fn ranked(self) -> Family {
        Family { ranked: true, ..self }
    }

    /// With outputs of which several threads write one element.
    pub(crate) const fn atomic(self) -> Family {
        Family { atomic: true, ..self }
    }

    /// With what the template's own names stand for.
    pub(crate) const fn values(self, values: fn(&Variant) -> Values) -> Family {
        Family { values, ..self }
    }

    /// With files from which items may be taken, besides those that all shaders have.
    pub(crate) const fn library(self, library: fn(&Variant) -> Vec<&'static str>) -> Family {
        Family { library, ..self }
    }

    /// With more words of parameters than other shaders have.
    pub(crate) const fn args(self, args: usize) -> Family {
        Family { args, ..self }
    }

    /// With what it may find wrong.
    pub(crate) const fn faults(self, faults: fn(&Variant) -> Option<Fault>) -> Family {
        Family { faults, ..self }
    }
}

/// Each family is one static: its place tells it from others.
impl PartialEq for Family {
    fn eq(&self, other: &Family) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for Family {}

impl Hash for Family {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::ptr::from_ref(self).hash(state);
    }
}

impl fmt::Debug for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
