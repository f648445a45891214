//! The operators: what each computes, its shape and dtype rule, its kernel call and its backward rule, one file a
//! family.

pub mod arithmetic;
pub mod cast;
pub mod complex;
pub mod creation;
pub mod expr;
pub mod extremum;
pub mod gather;
pub mod index;
pub mod join;
pub mod output;
pub mod pointwise;
pub mod reduce;
pub mod repeat;
pub mod scan;
pub mod strided;
pub mod view;
