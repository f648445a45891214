// The results of a line, one word of several elements at a time; lines begin and end with whole words.
fn stores() -> u32 {
    return arg(0u) / ${lanes}u;
}

fn store(at: array<u32, ${operands}>, word: u32, state: State) {
    var bits = 0u;
    @each k ${lanes}: bits |= encode_${dtype}(convert_out0(result(at, word * ${lanes}u + #ku, state))) << (#ku * ${bits}u);
    put_word_out0(at[0] / ${lanes}u + word, bits);
}
