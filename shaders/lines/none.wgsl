// Lines whose elements are not written.
fn stores() -> u32 {
    return 0u;
}

fn store(at: array<u32, ${operands}>, j: u32, state: State) {
}
