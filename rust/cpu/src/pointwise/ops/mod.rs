//! What each op computes, by kind of lane. The formulas are those of core's rows; where PyTorch's results depend on
//! the order of operations or on a special case, they follow it.

mod boolean;
mod compare;
mod complex;
mod float;
mod integer;
mod parts;
mod special;
mod wide;

use super::table::Table;
use crate::lane::Lane;
use crate::math::Float;
use ferrotorch_kernel::dtype::Bool;

pub(super) use boolean::boolean;
pub(super) use complex::complex;
pub(crate) use complex::log_add as complex_log_add;
pub(super) use integer::{integer, unsigned};

/// The ops on float32 and float64.
pub(super) fn float<T: Float>(table: &mut Table<T>) {
    special::functions(table);
    special::activations(table);
    wide::functions(table);
    wide::vectors(table);
    float::arithmetic(table);
    float::division(table);
    float::gradients(table);
    compare::ordered(table);
    compare::float_predicates(table);
}

/// Declares ops and a function that registers them. A row reads
/// `kind "name" (inputs; parameters) = expression;` where the kind says what comes out (`same`, `truth`, `real`);
/// `I` is the instruction set, and `up to` names the best one that the ops are compiled for: wide registers speed up functions,
/// but not what waits for memory. `, commutes` says that inputs may change places. `[rare (inputs) test => slow]` tells inputs that the expression cannot handle, and what they give.
/// `[parts (parameter) way]` is how numbers of two parts are computed together ([`parts`]).
/// `same "neg" (a) = -a;` becomes
/// ```text
/// struct This;
/// impl<T: Float> Op<T> for This { type Out = T; const ARITY: usize = 1; fn apply<I: Isa>([a, ..]: [T; 3], ..) -> T { -a } }
/// table.same::<This>("neg");
/// ```
macro_rules! ops {
    ($(#[$doc:meta])* fn $register:ident<$T:ident: $bound:path, $I:ident> up to $level:ident {
        $($kind:ident $name:literal ($($x:ident),+ $(; $($p:ident),+)?) $(, $commutes:ident)? $([rare ($($r:ident),+) $is_rare:expr => $rare:expr])?
            $([bits ($($s:ident),+) $bits:expr])? $([parts ($($q:ident)?) $parts:expr])? = $body:expr;)*
    }) => {
        $(#[$doc])*
        pub(in crate::pointwise) fn $register<$T: $bound>(table: &mut $crate::pointwise::table::Table<$T>) {
            $({
                struct This;
                impl<$T: $bound> $crate::pointwise::kernel::Op<$T> for This {
                    type Out = $crate::pointwise::ops::out!($kind, $T);
                    const ARITY: usize = [$(stringify!($x)),+].len();
                    const WIDEST: $crate::isa::Level = $crate::isa::Level::$level;
                    const COMMUTES: bool = !<[&str]>::is_empty(&[$(stringify!($commutes))?]);
                    #[inline(always)]
                    fn apply<$I: $crate::isa::Isa>(x: [$T; 3], params: &$crate::pointwise::kernel::Params<$T>) -> Self::Out {
                        let [$($x,)+ ..] = x;
                        let [$($($p,)+)? ..] = *params;
                        $body
                    }
                    $(
                        const RARE: bool = true;
                        #[inline(always)]
                        fn is_rare<$I: $crate::isa::Isa>(x: [$T; 3]) -> bool {
                            let [$($r,)+ ..] = x;
                            $is_rare
                        }
                        fn rare(x: [$T; 3], _: &$crate::pointwise::kernel::Params<$T>) -> Self::Out {
                            let [$($r,)+ ..] = x;
                            $rare
                        }
                    )?
                    $(
                        const BY_BITS: bool = true;
                        #[inline(always)]
                        fn of_bits(x: [u16; 2]) -> u16 {
                            let [$($s,)+ ..] = x;
                            $bits
                        }
                    )?
                    $(
                        #[inline(always)]
                        fn of_blocks<$I: $crate::isa::Isa>(
                            inputs: [&[$T]; 2],
                            out: &mut [$T],
                            params: &$crate::pointwise::kernel::Params<$T>,
                        ) -> usize {
                            let [$($q,)? ..] = *params;
                            $crate::pointwise::ops::parts::run(&$parts, inputs, out)
                        }
                    )?
                }
                table.$kind::<This>($name);
            })*
        }
    };
}

/// The type that comes out of a kind of op.
macro_rules! out {
    (same, $T:ident) => {
        $T
    };
    (truth, $T:ident) => {
        ferrotorch_kernel::dtype::Bool
    };
    (real, $T:ident) => {
        <$T as $crate::lane::Lane>::Real
    };
}

use {ops, out};

/// A truth value as an element.
#[inline(always)]
fn truth(x: bool) -> Bool {
    Bool::new(x)
}

/// Unequal to zero?
#[inline(always)]
fn is_true<T: Lane>(x: T) -> bool {
    x != T::zeroed()
}
