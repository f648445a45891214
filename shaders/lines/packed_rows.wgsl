// The results of a line, one word of several elements at a time. The first word and the last may belong to other lines too.
fn stores() -> u32 {
    return (arg(0u) + 2u * ${lanes}u - 2u) / ${lanes}u;
}

fn store(at: array<u32, ${operands}>, word: u32, state: State) {
    var bits = 0u;
    var mask = 0u;
    for (var k = 0u; k < ${lanes}u; k++) {
        // Wraps, and so is out of range, for what lies before the line.
        let j = word * ${lanes}u + k - at[0] % ${lanes}u;
        if (j < arg(0u)) {
            bits |= encode_${dtype}(convert_out0(result(at, j, state))) << (k * ${bits}u);
            mask |= ${ones}u << (k * ${bits}u);
        }
    }
    put_bits_out0(at[0] / ${lanes}u + word, bits, mask);
}
