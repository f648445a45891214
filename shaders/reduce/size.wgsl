// The absolute value of a complex number of the input, for reductions that are of real numbers.
fn size_in0(i: u32) -> T {
    return complex_size(load_in0(i));
}
