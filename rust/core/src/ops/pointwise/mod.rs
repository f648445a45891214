//! Pointwise ops: the rows of the table by subject, and the one function that runs any of them.

pub mod activation;
pub mod arithmetic;
pub mod bessel;
pub mod bitwise;
pub mod comparison;
pub mod exponential;
pub mod orthogonal;
mod record;
mod refuse;
pub mod rounding;
mod run;
pub mod selection;
pub mod special;
pub mod trigonometric;

pub use record::Opened;
pub use run::{Arg, Inputs, can_cast, run, run_in_place, run_on, run_out};

use crate::row::Row;

/// Every row.
pub fn table() -> impl Iterator<Item = &'static Row> {
    [
        arithmetic::ROWS,
        exponential::ROWS,
        trigonometric::ROWS,
        special::ROWS,
        bessel::ROWS,
        orthogonal::ROWS,
        rounding::ROWS,
        comparison::ROWS,
        bitwise::ROWS,
        selection::ROWS,
        activation::ROWS,
    ]
    .into_iter()
    .flatten()
    .copied()
}

/// Declares rows as statics, and the list of them. A row reads
/// `NAME = "name" "NodeName" (arity) accepts + accepts .. -> result [(what the formula reads) => formula, one an input];`
/// What is particular about it stands behind the arity, in this order:
/// - `params "a" ""`: it has parameters, which its node shows under these names unless they are empty, as PyTorch's does;
/// - `inputs "a" "b"`: their names, where they are not PyTorch's usual ones;
/// - `number (1 "Name")`: the node's name where the second input is a number;
/// - `aliases "a" "special.b"`: other names in Python;
/// - `python FACT ..`: how it looks there, constants of [`crate::row::Interface`];
/// - `refuses Case ..`: cases of [`crate::row::Refusal`];
/// - `stub "name"`: what PyTorch's messages call its kernel, where that is not the name with `_cpu`;
/// - `forms LIST`: what else computes it, a static list of [`crate::pointwise::Form`]s;
/// - `; FACT ..`: constants of [`crate::pointwise::Facts`], which kernels want to know.
///
/// `rows! { EXP = "exp" "ExpBackward0" (1) INEXACT -> Float [(Y) => |t| t.g() * t.y()]; }` becomes
/// `pub static EXP: Row = Row { op: Pointwise { name: "exp", .. }, .. };` and `pub static ROWS: &[&Row] = &[&EXP];`.
macro_rules! rows {
    ($($(#[doc = $doc:literal])* $id:ident = $name:literal $node:literal ($arity:literal $(, params $($param:literal)+)? $(, inputs $($input:literal)+)? $(, number $(($at:literal $other:literal))+)?
        $(, aliases $($alias:literal)+)? $(, python $($interface:ident)+)? $(, refuses $($refusal:ident)+)? $(, stub $stub:literal)? $(, forms $forms:ident)?
        $(; $($fact:ident)+)?)
        $accepts:ident $(+ $also:ident)* -> $result:ident [$(($($reads:ident)*) => $formula:expr),* $(,)?];)*) => {
        $(
            $(#[doc = $doc])*
            pub static $id: $crate::row::Row = $crate::row::Row {
                op: $crate::pointwise::Pointwise {
                    name: $name,
                    arity: $arity,
                    params: <[&str]>::len(&[$($($param),+)?]),
                    accepts: $crate::pointwise::Accepts::$accepts $(.and($crate::pointwise::Accepts::$also))*,
                    result: $crate::pointwise::ResultType::$result,
                    facts: $crate::pointwise::Facts::NONE $($(.and($crate::pointwise::Facts::$fact))+)?,
                    forms: $crate::pointwise::Form::list(&[$(&$forms)?]),
                    id: $crate::pointwise::OpId::new(),
                },
                in_place: concat!($name, "_"),
                stub: $crate::row::first_of(&[$($stub,)? concat!($name, "_cpu")]),
                node: $node,
                node_with_number: &[$($(($at, $other)),+)?],
                doc: concat!($($doc),*),
                aliases: &[$($($alias),+)?],
                interface: $crate::row::Interface::USUAL $($(.and($crate::row::Interface::$interface))+)?,
                refuses: &[$($($crate::row::Refusal::$refusal),+)?],
                input_names: $crate::row::names_of_inputs(&[$($($input),+)?]),
                param_names: &[$($($param),+)?],
                partials: &[$($crate::row::Partial::new(0 $(| $crate::row::Partial::$reads)*, $formula)),*],
            };
        )*
        /// The rows of this subject.
        pub static ROWS: &[&$crate::row::Row] = &[$(&$id),*];
    };
}

pub(crate) use rows;

#[cfg(test)]
mod tests {
    use crate::deferred;
    use crate::ops::pointwise::arithmetic::{CONJ, NEG};

    #[test]
    fn what_arrays_put_off_is_done_by_ops_of_the_table() {
        for (row, op) in [(&CONJ, &deferred::CONJ), (&NEG, &deferred::NEG)] {
            assert_eq!((row.op.name, row.op.accepts, row.op.result), (op.name, op.accepts, op.result));
            assert_eq!(row.op.id(), op.id());
        }
    }
}
