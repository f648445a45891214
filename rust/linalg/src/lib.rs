//! Factorisations of dense matrices, and what is solved with them.
//!
//! Matrices lie in slices, row by row; algorithms are arranged so that their inner loops run along rows. Conventions are LAPACK's
//! wherever a result is not determined by the mathematics: pivots are counted from 1, reflectors are `I - tau v v^H`, the diagonal
//! of R may be negative and is real.
//!
//! Small matrices are factored by plain loops without any allocation but that of a [`Workspace`], which its owner uses again and
//! again; large ones in blocks, whose products the caller computes ([`Multiply`]), as it
//! compiles the loops that are long for the vectors of the processor ([`Vectorize`]).

#![forbid(unsafe_code)]

mod bidiagonal;
mod bidiagonalize;
mod bidivide;
mod block;
pub mod cholesky;
mod compact;
mod divide;
pub mod eigen;
pub mod exponential;
mod halves;
pub mod hermitian;
pub mod householder;
pub mod lanes;
pub mod ldl;
mod loops;
pub mod lu;
mod number;
mod poll;
mod secular;
pub mod svd;
pub mod triangular;
mod tridiagonal;
mod vector;

#[cfg(test)]
mod tests;

pub use block::{Block, BlockMut, Multiply, Workspace};
pub use loops::{Loop, Vectorize};
pub use number::{Number, Real};
pub use poll::set_poll;
