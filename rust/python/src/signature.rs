//! Signatures as text, parsed once: `(Tensor input, int[1]? dim=None, bool keepdim=False, *, dtype? dtype=None)`.
//!
//! Behind an arrow stands what a call returns, where that is not one tensor: `-> bool`, `-> Tensor[]` for a tuple of any
//! length, `-> (Tensor, Tensor)`, `-> max` for the named tuple `return_types.max`, `-> Any` where it depends on values.
//! `!out` behind the parameters takes the keyword `out` away that the op's other overloads have.
//! Types and results reach Python as text, too: the type stubs are made from them (`tools/stubs`).

use std::fmt;

/// What a parameter takes. The text form is in [`Kind::parse`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `Tensor`
    Tensor,
    /// `Operand`: a tensor or a Python number.
    Operand,
    /// `Tensor[]`: a list or tuple of tensors.
    Tensors,
    /// `Tensor...`: as `Tensor[]`, or the remaining positional arguments.
    TensorVarargs,
    /// `Scalar`
    Scalar,
    /// `int`
    Int,
    /// `float`
    Float,
    /// `bool`
    Bool,
    /// `str`
    Str,
    /// `int[]`
    Ints,
    /// `int[1]`: a list, or one int.
    IntOrInts,
    /// `int...`: a list, or the remaining positional arguments.
    IntVarargs,
    /// `float[]`
    Floats,
    /// `dtype`
    Dtype,
    /// `device`
    Device,
    /// `layout`
    Layout,
    /// `memory_format`
    MemoryFormat,
    /// `Generator`
    Generator,
    /// `Any`
    Any,
    /// A word that means nothing, which no argument is. A test looks for them.
    Unknown,
}

/// A default that an op reads back; `None` stands for an absent argument.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Default {
    /// The argument must be given.
    Required,
    /// `None`
    None,
    /// A number or a truth value.
    Number(f64),
    /// A string.
    Str(&'static str),
    /// `()`
    Empty,
    /// `(-2, -1)`: the last two dimensions.
    LastTwo,
    /// A word that means nothing. A test looks for them.
    Unknown,
}

/// One parameter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Param {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// `None` is a value (`?` behind the type).
    pub(crate) nullable: bool,
    pub(crate) default: Default,
    /// The type as text, with the `?`.
    pub(crate) type_text: &'static str,
    /// The default as text.
    pub(crate) default_text: &'static str,
}

/// One way of calling an op.
#[derive(Debug)]
pub(crate) struct Signature {
    pub(crate) params: Box<[Param]>,
    /// How many may be given by position.
    pub(crate) positional: usize,
    /// What a call returns, as text.
    pub(crate) returns: &'static str,
    /// Is it an old way of calling, of which PyTorch warns?
    pub(crate) deprecated: bool,
}

impl Kind {
    fn parse(text: &str) -> Kind {
        match text {
            "Tensor" => Kind::Tensor,
            "Operand" => Kind::Operand,
            "Tensor[]" => Kind::Tensors,
            "Tensor..." => Kind::TensorVarargs,
            "Scalar" => Kind::Scalar,
            "int" => Kind::Int,
            "float" => Kind::Float,
            "bool" => Kind::Bool,
            "str" => Kind::Str,
            "int[]" => Kind::Ints,
            "int[1]" => Kind::IntOrInts,
            "int..." => Kind::IntVarargs,
            "float[]" => Kind::Floats,
            "dtype" => Kind::Dtype,
            "device" => Kind::Device,
            "layout" => Kind::Layout,
            "memory_format" => Kind::MemoryFormat,
            "Generator" => Kind::Generator,
            "Any" => Kind::Any,
            _ => Kind::Unknown,
        }
    }

    /// Is it a list in which tensors may stand?
    pub(crate) fn holds_tensors(self) -> bool {
        matches!(self, Kind::Tensors | Kind::TensorVarargs)
    }

    /// As PyTorch's messages name it.
    pub(crate) fn describe(self) -> &'static str {
        match self {
            Kind::Tensor => "Tensor",
            Kind::Operand => "Tensor or Number",
            Kind::Tensors | Kind::TensorVarargs => "tuple of Tensors",
            Kind::Scalar => "Number",
            Kind::Int => "int",
            Kind::Float => "float",
            Kind::Bool => "bool",
            Kind::Str => "str",
            Kind::Ints | Kind::IntOrInts | Kind::IntVarargs => "tuple of ints",
            Kind::Floats => "tuple of floats",
            Kind::Dtype => "torch.dtype",
            Kind::Device => "torch.device",
            Kind::Layout => "torch.layout",
            Kind::MemoryFormat => "torch.memory_format",
            Kind::Generator => "torch.Generator",
            Kind::Any => "object",
            Kind::Unknown => "of a type that does not exist",
        }
    }
}

impl Default {
    fn parse(kind: Kind, text: &'static str) -> Default {
        match text {
            "None" => Default::None,
            "True" => Default::Number(1.0),
            "False" => Default::Number(0.0),
            "()" => Default::Empty,
            "(-2, -1)" => Default::LastTwo,
            "inf" => Default::Number(f64::INFINITY),
            _ => match text.parse() {
                Ok(number) => Default::Number(number),
                Err(_) if kind == Kind::Str => Default::Str(text.trim_matches('"')),
                Err(_) => Default::Unknown,
            },
        }
    }
}

impl Param {
    fn parse(text: &'static str) -> Param {
        let (declaration, default_text) = match text.split_once('=') {
            Some((declaration, default)) => (declaration, default),
            None => (text, ""),
        };
        let (type_text, name) = declaration.rsplit_once(' ').unwrap_or(("", declaration));
        let (kind, nullable) = match type_text.strip_suffix('?') {
            Some(kind) => (kind, true),
            None => (type_text, false),
        };
        let kind = Kind::parse(kind);
        let default = if default_text.is_empty() { Default::Required } else { Default::parse(kind, default_text) };
        Param { name, kind, nullable, default, type_text, default_text }
    }

    /// Does it say something that means nothing?
    #[cfg(test)]
    pub(crate) fn is_unknown(&self) -> bool {
        self.kind == Kind::Unknown || self.default == Default::Unknown
    }

    /// Must it be given?
    pub(crate) fn is_required(&self) -> bool {
        self.default == Default::Required
    }
}

impl Signature {
    /// Parses the text form; `out` adds the keyword `out`, unless the text forbids it (`!out`). `!deprecated` marks an old way.
    pub(crate) fn parse(text: &'static str, out: bool) -> Signature {
        let (text, returns) = text.split_once(" -> ").unwrap_or((text, "Tensor"));
        let (text, deprecated) = text.strip_suffix(" !deprecated").map_or((text, false), |text| (text, true));
        let (text, out) = text.strip_suffix(" !out").map_or((text, out), |text| (text, false));
        let inner = text.strip_prefix('(').and_then(|text| text.strip_suffix(')')).unwrap_or(text);
        let mut params = Vec::new();
        let mut positional = None;
        for part in split_top_level(inner) {
            if part == "*" {
                positional = Some(params.len());
            } else if !part.is_empty() {
                params.push(Param::parse(part));
            }
        }
        let positional = positional.unwrap_or(params.len());
        if out {
            params.push(Param {
                name: "out",
                kind: Kind::Any,
                nullable: true,
                default: Default::None,
                type_text: "Any?",
                default_text: "None",
            });
        }
        Signature { params: params.into_boxed_slice(), positional, returns, deprecated }
    }

    /// The text form again, complete: `(Tensor input, *, Any? out=None) -> Tensor`.
    pub(crate) fn declaration(&self) -> String {
        format!("({}) -> {}", self.list(|param| format!("{} {}", param.type_text, param.name)), self.returns)
    }

    /// The parameters, each as `describe` puts it, with the star and the defaults.
    fn list(&self, describe: impl Fn(&Param) -> String) -> String {
        let mut parts = Vec::with_capacity(self.params.len() + 1);
        for (i, param) in self.params.iter().enumerate() {
            if i == self.positional {
                parts.push("*".to_owned());
            }
            let default = if param.is_required() { String::new() } else { format!("={}", param.default_text) };
            parts.push(describe(param) + &default);
        }
        parts.join(", ")
    }
}

/// Splits at commas that stand outside of parentheses.
fn split_top_level(text: &'static str) -> impl Iterator<Item = &'static str> {
    let mut depth = 0;
    text.split(move |c| {
        depth += (c == '(') as i32 - (c == ')') as i32;
        c == ',' && depth == 0
    })
    .map(str::trim)
}

/// Without types, as `__text_signature__` wants it: `(input, dim=None, *, dtype=None)`.
impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({})", self.list(|param| param.name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_kinds_defaults_and_keyword_only_parameters() {
        let signature = Signature::parse("(Tensor input, int[1]? dim=None, bool keepdim=False, *, dtype? dtype=None)", true);
        assert_eq!(signature.positional, 3);
        assert_eq!(signature.params.len(), 5);
        assert_eq!(signature.params[1].kind, Kind::IntOrInts);
        assert!(signature.params[1].nullable);
        assert_eq!(signature.params[2].default, Default::Number(0.0));
        assert_eq!(signature.to_string(), "(input, dim=None, keepdim=False, *, dtype=None, out=None)");
    }

    #[test]
    fn says_its_types_and_what_it_returns() {
        let signature = Signature::parse("(Tensor input, int dim=-1) -> max", true);
        assert_eq!(signature.declaration(), "(Tensor input, int dim=-1, *, Any? out=None) -> max");
        let pair = Signature::parse("(Tensor input, *, float? p=2) -> (Tensor, Tensor)", false);
        assert_eq!(pair.returns, "(Tensor, Tensor)");
        assert_eq!(pair.to_string(), "(input, *, p=2)");
        assert_eq!(Signature::parse("(Tensor input)", false).returns, "Tensor");
        let old = Signature::parse("(Tensor input, Scalar alpha) !deprecated -> Tensor", false);
        assert!(old.deprecated && old.params.len() == 2 && !pair.deprecated);
    }

    #[test]
    fn a_word_that_means_nothing_is_taken_for_nothing() {
        for text in ["(Tenosr input)", "(input)", "(Tensor? input=Noen)"] {
            assert!(Signature::parse(text, false).params.iter().any(Param::is_unknown), "{text}");
        }
        assert_eq!(Signature::parse("(str? reduction=mean)", false).params[0].default, Default::Str("mean"));
    }

    #[test]
    fn a_tuple_default_does_not_split_the_list() {
        let signature = Signature::parse("(int[] dims=(), Scalar value=0)", false);
        assert_eq!(signature.params.len(), 2);
        assert_eq!(signature.params[0].default, Default::Empty);
        let last = Signature::parse("(Tensor input, int[1] dims=())", false);
        assert_eq!(last.params[1].default, Default::Empty);
    }
}
