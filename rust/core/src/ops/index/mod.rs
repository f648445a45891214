//! Reading and writing by index: slices along a dimension, coordinates, flat positions.

mod advanced;
mod along;
mod flat;
mod reduce;

pub(super) use advanced::write_unrecorded;
pub use advanced::{BYTE_MASK, index, index_put, index_put_};
pub use along::{
    index_add, index_add_, index_copy, index_copy_, index_fill, index_fill_, index_fill_tensor, index_fill_tensor_, index_select,
};
pub use flat::{put, put_, take};
pub use reduce::{index_reduce, index_reduce_};
