//! From an op to the loop that computes it.

use std::sync::OnceLock;

use ferrotorch_kernel::dtype::{Bool, c32, c64};
use ferrotorch_kernel::pointwise::{OpId, Pointwise};
use rustc_hash::FxHashMap;

use super::drive::Repeats;
use super::halves::HalfLoops;
use super::in_place::{self, InPlace};
use super::kernel::{AnyLoop, Op, run};
use super::ops;
use crate::isa::is_in_full;
use crate::lane::Lane;

/// What is known about an op on a lane type.
#[derive(Clone, Copy)]
pub(super) struct Entry<T: Lane> {
    /// Its loop.
    pub(super) loops: AnyLoop<T>,
    /// See [`Op::REPEATS`].
    pub(super) repeats: Repeats,
    /// See [`Op::COMMUTES`].
    pub(super) commutes: bool,
    /// The loops that the op has on elements of half types.
    pub(super) halves: Option<HalfLoops<T>>,
    /// The loop whose first input is the output.
    pub(super) in_place: Option<InPlace<T>>,
}

/// The ops of a lane type.
pub(super) struct Table<T: Lane> {
    by_name: FxHashMap<&'static str, Entry<T>>,
    /// The same by number, found by name at the first call.
    by_id: Box<[OnceLock<Option<Entry<T>>>]>,
}

impl<T: Lane> Table<T> {
    fn build(register: impl FnOnce(&mut Table<T>)) -> Table<T> {
        let by_id = std::iter::repeat_with(OnceLock::new).take(OpId::LIMIT).collect();
        let mut table = Table { by_name: FxHashMap::default(), by_id };
        register(&mut table);
        table
    }

    /// What an op runs.
    pub(super) fn get(&self, op: &'static Pointwise) -> Option<&Entry<T>> {
        let found = self.by_id.get(op.id())?;
        found.get_or_init(|| self.by_name.get(op.name).copied()).as_ref()
    }

    fn insert<O: Op<T>>(&mut self, name: &'static str, loops: AnyLoop<T>) {
        let halves = HalfLoops::of::<O>();
        let repeats =
            [O::ARITY == 2 && !O::COMMUTES, O::ARITY == 2, O::ARITY == 3].map(|repeats| repeats && O::REPEATS && is_in_full());
        let (commutes, in_place) = (O::COMMUTES, in_place::of::<T, O>());
        self.by_name.insert(name, Entry { loops, repeats, commutes, halves, in_place });
    }

    pub(super) fn same<O: Op<T, Out = T>>(&mut self, name: &'static str) {
        self.insert::<O>(name, AnyLoop::Same(run::<T, O>));
    }

    pub(super) fn truth<O: Op<T, Out = Bool>>(&mut self, name: &'static str) {
        self.insert::<O>(name, AnyLoop::Truth(run::<T, O>));
    }

    pub(super) fn real<O: Op<T, Out = T::Real>>(&mut self, name: &'static str) {
        self.insert::<O>(name, AnyLoop::Real(run::<T, O>));
    }
}

/// A lane type with its table.
pub(super) trait Tabled: Lane {
    /// The table, built at first use.
    fn table() -> &'static Table<Self>;
}

macro_rules! tabled {
    ($($lane:ty => [$($register:ident),*];)*) => { $(
        impl Tabled for $lane {
            fn table() -> &'static Table<Self> {
                static TABLE: OnceLock<Table<$lane>> = OnceLock::new();
                TABLE.get_or_init(|| Table::build(|table| { $(ops::$register(table);)* }))
            }
        }
    )* };
}

tabled! {
    Bool => [boolean];
    u8 => [integer];
    i8 => [integer];
    i16 => [integer];
    i32 => [integer];
    i64 => [integer];
    u64 => [unsigned];
    f32 => [float];
    f64 => [float];
    c32 => [complex];
    c64 => [complex];
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lane::match_lane;
    use ferrotorch_core::ops::pointwise;
    use ferrotorch_kernel::DType;
    use ferrotorch_kernel::pointwise::Form;

    #[test]
    fn every_row_has_a_loop_for_every_dtype_it_accepts() {
        let missing: Vec<String> = pointwise::table()
            .flat_map(|row| std::iter::once(&row.op).chain(row.op.forms.iter().map(Form::op)))
            .flat_map(|op| DType::ALL.into_iter().filter(|&d| op.accepts.contains(d)).map(move |d| (op, d)))
            .filter(|&(op, dtype)| match_lane!(dtype, T => <T as Tabled>::table().get(op).is_none()))
            .map(|(op, dtype)| format!("{} {}", op.name, dtype.name()))
            .collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}
