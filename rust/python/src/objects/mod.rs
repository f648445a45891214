//! The small objects of the interface: dtypes, devices, layouts, generators, storages, sizes.

pub(crate) mod device;
pub(crate) mod dtype;
pub(crate) mod generator;
pub(crate) mod layout;
pub(crate) mod storage;
pub(crate) mod tuples;
