//! Declarations by typed functions: `|a| a.run2(matmul::mm)` hands the first two arguments to `mm`, outside of the interpreter
//! where they are large, and wraps what comes back.
//!
//! The types of a function are compared with the text of the signature at each call, which costs nothing that can be measured.

use ferrotorch_core::memory_format::MemoryFormat;
use ferrotorch_core::ops::loss::Reduce;
use ferrotorch_core::ops::pointwise::Arg;
use ferrotorch_core::random::Generator;
use ferrotorch_core::{DType, Device, Scalar, Tensor};

use crate::args::{Args, Ints};
use crate::errors::{Failure, Outcome};
use crate::signature::Kind;
use crate::value::Value;

/// What an argument of a call can be taken as.
pub(crate) trait FromArg<'x>: Sized + Send {
    /// The kinds of parameter that give one.
    const KINDS: &'static [Kind];

    /// The argument, or its default.
    fn from_arg(args: &'x Args<'_, '_, '_>, i: usize) -> Outcome<Self>;
}

macro_rules! from_arg {
    ($($type:ty: $($kind:ident)+ => |$args:ident, $i:ident| $get:expr;)*) => { $(
        impl<'x> FromArg<'x> for $type {
            const KINDS: &'static [Kind] = &[$(Kind::$kind),+];
            #[inline]
            fn from_arg($args: &'x Args<'_, '_, '_>, $i: usize) -> Outcome<Self> {
                $get
            }
        }
    )* };
}

from_arg! {
    &'x Tensor: Tensor => |a, i| a.tensor(i);
    Option<&'x Tensor>: Tensor => |a, i| Ok(a.opt_tensor(i));
    Vec<Tensor>: Tensors TensorVarargs => |a, i| a.tensors(i);
    Arg<'x>: Operand Tensor Scalar => |a, i| a.operand(i);
    Scalar: Scalar => |a, i| a.scalar(i);
    i64: Int => |a, i| a.int(i);
    Option<i64>: Int => |a, i| a.opt_int(i);
    f64: Float => |a, i| a.float(i);
    Option<f64>: Float => |a, i| a.opt_float(i);
    bool: Bool => |a, i| a.bool(i);
    Reduce: Str => |a, i| Ok(Reduce::parse(a.str(i)?.unwrap_or("mean"))?);
    Option<&'x str>: Str => |a, i| a.str(i);
    Ints: Ints IntOrInts IntVarargs => |a, i| a.ints(i);
    Option<Ints>: Ints IntOrInts IntVarargs => |a, i| a.opt_ints(i);
    Option<DType>: Dtype => |a, i| a.dtype(i);
    Option<Device>: Device => |a, i| a.device(i);
    Option<MemoryFormat>: MemoryFormat => |a, i| a.memory_format(i);
    Option<Generator>: Generator => |a, i| a.generator(i);
}

/// Methods that hand the first arguments to a function, by way of another method that runs it.
macro_rules! functions {
    ($by:ident: $($(#[$doc:meta])* $name:ident($($type:ident $at:literal),+);)*) => {
        impl Args<'_, '_, '_> { $(
            $(#[$doc])*
            pub(crate) fn $name<'x, $($type: FromArg<'x>,)+ R: Into<Value> + Send, E: Into<Failure> + Send>(
                &'x self,
                function: impl FnOnce($($type),+) -> Result<R, E> + Send,
            ) -> Outcome<Value> {
                $(#[allow(non_snake_case)] let $type = self.take::<$type>($at)?;)+
                Ok(self.in_words_of_the_signature(self.$by(move || function($($type),+))?.into()))
            }
        )* }
    };
}

functions! {
    run:
    /// Runs a function of the core on the first argument.
    run1(A 0);
    /// On the first two.
    run2(A 0, B 1);
    /// On the first three.
    run3(A 0, B 1, C 2);
    /// On the first four.
    run4(A 0, B 1, C 2, D 3);
    /// On the first five.
    run5(A 0, B 1, C 2, D 3, F 4);
    /// On the first six.
    run6(A 0, B 1, C 2, D 3, F 4, G 5);
}

functions! {
    stay:
    /// Runs a function that looks at no elements, for which it is not worth leaving the interpreter, on the first argument.
    view1(A 0);
    /// On the first two.
    view2(A 0, B 1);
    /// On the first three.
    view3(A 0, B 1, C 2);
    /// On the first four.
    view4(A 0, B 1, C 2, D 3);
}

impl Args<'_, '_, '_> {
    fn stay<T, E: Into<Failure>>(&self, work: impl FnOnce() -> Result<T, E>) -> Outcome<T> {
        work().map_err(Into::into)
    }

    /// An argument as a type that its kind gives.
    #[inline]
    fn take<'x, T: FromArg<'x>>(&'x self, i: usize) -> Outcome<T> {
        match self.kind(i) {
            Some(kind) if T::KINDS.contains(&kind) => T::from_arg(self, i),
            _ => Err(self.misdeclared(i, std::any::type_name::<T>())),
        }
    }

    /// Several results as the named tuple that the signature speaks of.
    fn in_words_of_the_signature(&self, value: Value) -> Value {
        match (value, self.named_result()) {
            (Value::Tuple(parts), Some(name)) => Value::Named(name, parts),
            (value, _) => value,
        }
    }
}
