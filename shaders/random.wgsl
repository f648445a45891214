// Random numbers of the distribution `sample_<name>`; each element draws from its own counter.
fn value(i: u32, at: array<u32, ${operands}>) -> T {
    return ${sample};
}
