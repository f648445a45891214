//! Lists whose length a user chose. The collections of Rust end the process where memory is too short for one; these
//! answer with an error.

use crate::bail;
use crate::error::Result;

/// An empty list with room for `n` entries.
pub fn vec_for<T>(op: &str, n: usize) -> Result<Vec<T>> {
    let mut list = Vec::new();
    if list.try_reserve_exact(n).is_err() {
        bail!(Memory, "{op}(): no memory for {n} entries of {} bytes", size_of::<T>())
    }
    Ok(list)
}

/// A list of `n` zeros.
pub fn zeros_for<T: bytemuck::Zeroable + Clone>(op: &str, n: usize) -> Result<Vec<T>> {
    let mut list = vec_for(op, n)?;
    list.resize(n, T::zeroed());
    Ok(list)
}

/// The items of an iterator as a list. What the iterator says of its length is taken for a hint only.
pub fn collect_for<T>(op: &str, items: impl IntoIterator<Item = T>) -> Result<Vec<T>> {
    let items = items.into_iter();
    let mut list = vec_for(op, items.size_hint().0)?;
    for item in items {
        if list.len() == list.capacity() && list.try_reserve(1).is_err() {
            bail!(Memory, "{op}(): no memory for more than {} entries of {} bytes", list.len(), size_of::<T>())
        }
        list.push(item);
    }
    Ok(list)
}

/// As [`collect_for`], of items that can fail.
pub fn try_collect_for<T, E: From<crate::Error>>(
    op: &str,
    items: impl IntoIterator<Item = std::result::Result<T, E>>,
) -> std::result::Result<Vec<T>, E> {
    let mut failure = None;
    let list = collect_for(op, items.into_iter().map_while(|item| item.map_err(|error| failure = Some(error)).ok()))?;
    failure.map_or(Ok(list), Err)
}

/// Checks that there is memory for `bytes` bytes.
pub fn room_for(op: &str, bytes: usize) -> Result<()> {
    vec_for::<u8>(op, bytes).map(drop)
}

/// Checks that there is memory for the lists that an op makes of as many tensors as it is given, where these are many.
pub fn room_for_lists(op: &str, n: usize) -> Result<()> {
    const MANY: usize = 1 << 10;
    const BYTES_OF_ONE: usize = 64;
    if n > MANY { room_for(op, n.saturating_mul(BYTES_OF_ONE)) } else { Ok(()) }
}

/// Checks that there is memory for `n` tensors, of which each takes at least `bytes` bytes.
pub fn room_for_tensors(op: &str, n: usize, bytes: usize) -> Result<()> {
    if Vec::<u8>::new().try_reserve_exact(n.saturating_mul(bytes)).is_err() {
        bail!(Memory, "{op}(): no memory for {n} tensors")
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Class;

    #[test]
    fn says_what_does_not_fit() {
        assert!(vec_for::<i64>("pad", 3).unwrap().capacity() >= 3);
        let error = vec_for::<i64>("pad", 1 << 60).unwrap_err();
        assert_eq!(
            (error.class(), error.to_string().starts_with("pad(): no memory for 1152921504606846976 entries")),
            (Class::Memory, true)
        );
        assert!(room_for_tensors("split", 1 << 40, usize::MAX).is_err());
    }
}
