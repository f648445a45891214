//! The operators: what each computes, its shape and dtype rule, its kernel call and its backward rule, one file a
//! family.

pub mod arithmetic;
pub mod attention;
pub mod cast;
pub mod complex;
pub mod conv;
pub mod creation;
pub mod einsum;
pub mod embedding;
pub mod expr;
pub mod extremum;
pub mod gather;
pub mod index;
pub mod join;
pub mod loss;
pub mod masked;
pub mod matmul;
pub mod norm;
pub mod optimizer;
pub mod output;
pub mod pad;
pub mod pointwise;
pub mod pool;
pub mod random;
pub mod reduce;
pub mod repeat;
pub mod scan;
pub mod scatter;
mod scatter_grad;
pub mod sequence;
pub mod softmax;
pub mod strided;
pub mod view;
mod write;
