//! What can go wrong, named by case; each case knows which Python exception class it becomes.

use std::any::Any;
use std::fmt;

use crate::device::Device;
use crate::dtype::DType;
use crate::shape::Shape;

/// The result of anything that can be refused.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The exception class that PyTorch raises for a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// `RuntimeError`
    Runtime,
    /// `TypeError`
    Type,
    /// `ValueError`
    Value,
    /// `IndexError`
    Index,
    /// `MemoryError`
    Memory,
    /// `NotImplementedError`: the op exists but not for this dtype or device.
    NotImplemented,
    /// `torch.OutOfMemoryError`
    DeviceMemory,
    /// `torch.linalg.LinAlgError`: a matrix for which something cannot be computed.
    LinAlg,
}

/// One refused call. Boxed so that `Result<Tensor>` stays one word wide.
#[derive(Debug)]
pub struct Error(Box<Kind>);

/// The cases.
#[derive(Debug)]
pub enum Kind {
    /// Two shapes that had to broadcast together do not.
    Broadcast { op: &'static str, lhs: Shape, rhs: Shape },
    /// A dimension number outside `[-ndim, ndim - 1]`.
    DimOutOfRange { op: &'static str, dim: i64, ndim: usize },
    /// An index outside a dimension.
    IndexOutOfRange { op: &'static str, index: i64, dim: usize, size: usize, what: Indexed },
    /// An op that has no meaning, or no kernel, for a dtype.
    DType { op: &'static str, dtype: DType, hint: &'static str },
    /// Operands on several devices.
    Devices { op: &'static str, lhs: Device, rhs: Device },
    /// The backend has no kernel for this call; the dispatcher falls back to the host.
    Unsupported { what: String },
    /// Any other refusal, with the class it becomes and its whole message.
    Message { class: Class, text: String },
    /// An exception of the embedding language, on its way through the core.
    Foreign(Box<dyn Any + Send + Sync>),
}

/// What an index stands for, which decides the class and the words of the error for one that is out of range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Indexed {
    /// A slice, or one coordinate of an element: `IndexError`.
    Slice,
    /// One element: `RuntimeError`.
    Element,
    /// The number of a class, which a target names: `IndexError`.
    Target,
}

/// Who is named when an index turns out to be out of range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndexOp {
    /// Name of the op.
    pub op: &'static str,
    /// Number of the dimension, where it is another than that which the kernel sees.
    pub dim: Option<usize>,
    /// What its indices stand for.
    pub what: Indexed,
}

impl Error {
    /// The case.
    pub fn kind(&self) -> &Kind {
        &self.0
    }

    /// Takes the error apart.
    pub fn into_kind(self) -> Kind {
        *self.0
    }

    /// An index error of a kernel in the name of the op that launched it.
    #[cold]
    pub fn blamed_on(self, IndexOp { op, dim: named, what }: IndexOp) -> Self {
        match *self.0 {
            Kind::IndexOutOfRange { index, dim, size, .. } => {
                Kind::IndexOutOfRange { op, index, dim: named.unwrap_or(dim), size, what }.into()
            }
            other => other.into(),
        }
    }

    /// The exception class of the case.
    pub fn class(&self) -> Class {
        match self.kind() {
            Kind::Broadcast { .. } | Kind::Devices { .. } | Kind::Unsupported { .. } | Kind::Foreign(_) => Class::Runtime,
            Kind::IndexOutOfRange { what: Indexed::Element, .. } => Class::Runtime,
            Kind::DimOutOfRange { .. } | Kind::IndexOutOfRange { .. } => Class::Index,
            Kind::DType { .. } => Class::NotImplemented,
            Kind::Message { class, .. } => *class,
        }
    }

    /// Is this the backend's "no kernel for that"?
    pub fn is_unsupported(&self) -> bool {
        matches!(self.kind(), Kind::Unsupported { .. })
    }

    /// A message with the class it becomes.
    #[cold]
    pub fn message(class: Class, text: impl Into<String>) -> Self {
        Kind::Message { class, text: text.into() }.into()
    }

    /// A `RuntimeError`.
    #[cold]
    pub fn runtime(text: impl Into<String>) -> Self {
        Self::message(Class::Runtime, text)
    }

    /// A `TypeError`.
    #[cold]
    pub fn type_(text: impl Into<String>) -> Self {
        Self::message(Class::Type, text)
    }

    /// A `ValueError`.
    #[cold]
    pub fn value(text: impl Into<String>) -> Self {
        Self::message(Class::Value, text)
    }

    /// An `IndexError`.
    #[cold]
    pub fn index(text: impl Into<String>) -> Self {
        Self::message(Class::Index, text)
    }

    /// The backend has no kernel for this call.
    #[cold]
    pub fn unsupported(what: impl Into<String>) -> Self {
        Kind::Unsupported { what: what.into() }.into()
    }

    /// An op that has no meaning for a dtype; `hint` says what would work.
    #[cold]
    pub fn dtype(op: &'static str, dtype: DType, hint: &'static str) -> Self {
        Kind::DType { op, dtype, hint }.into()
    }
}

impl From<Kind> for Error {
    #[cold]
    fn from(kind: Kind) -> Self {
        Self(Box::new(kind))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind() {
            Kind::Broadcast { op, lhs, rhs } => {
                write!(f, "{op}(): shapes {lhs:?} and {rhs:?} cannot be broadcast together")?;
                match crate::shape::first_conflict(lhs, rhs) {
                    Some((dim, a, b)) => write!(
                        f,
                        ": The size of tensor a ({a}) must match the size of tensor b ({b}) at non-singleton dimension {dim}"
                    ),
                    None => Ok(()),
                }
            }
            Kind::DimOutOfRange { op, dim, ndim } => {
                let n = (*ndim).max(1) as i64;
                write!(f, "{op}(): Dimension out of range (expected to be in range of [{}, {}], but got {dim})", -n, n - 1)
            }
            Kind::IndexOutOfRange { what: Indexed::Target, index, .. } => write!(f, "Target {index} is out of bounds."),
            Kind::IndexOutOfRange { op, index, dim, size, .. } => {
                write!(f, "{op}(): index {index} is out of bounds for dimension {dim} with size {size}")
            }
            Kind::DType { op, dtype, hint } => {
                write!(f, "\"{op}\" not implemented for '{}'", dtype.legacy_name())?;
                if hint.is_empty() { Ok(()) } else { write!(f, ": {hint}") }
            }
            Kind::Devices { op, lhs, rhs } if !(lhs.has_data() && rhs.has_data()) => {
                write!(f, "{op}(): Tensor on device {rhs} is not on the expected device {lhs}!")
            }
            Kind::Devices { op, lhs, rhs } => write!(
                f,
                "{op}(): Expected all tensors to be on the same device, but found at least two devices, {lhs} and {rhs}!"
            ),
            Kind::Unsupported { what } => write!(f, "no kernel for {what}"),
            Kind::Message { text, .. } => f.write_str(text),
            Kind::Foreign(_) => f.write_str("an exception of the caller's language"),
        }
    }
}

impl std::error::Error for Error {}

/// Return early with an [`Error`] of a class: `bail!(Value, "kernel_size must be positive, got {k}")`.
#[macro_export]
macro_rules! bail {
    ($class:ident, $($arg:tt)+) => {
        return Err($crate::error::Error::message($crate::error::Class::$class, format!($($arg)+)))
    };
}

/// [`bail!`] unless a condition holds.
#[macro_export]
macro_rules! ensure {
    ($cond:expr, $class:ident, $($arg:tt)+) => {{
        let holds: bool = $cond;
        if !holds {
            $crate::bail!($class, $($arg)+)
        }
    }};
}
