// Reading and writing the operand `${slot}`, which lies in the binding `${var}`: several elements a word.

fn load_${slot}(i: u32) -> ${value} {
    return decode_${dtype}(extractBits(word_${var}(i / ${lanes}u), (i % ${lanes}u) * ${bits}u, ${bits}u));
}

// Each thread clears and sets its own bits only, so neighbours in one word do not disturb each other.
fn store_${slot}(i: u32, x: ${value}) {
    let shift = (i % ${lanes}u) * ${bits}u;
    atomicAnd(&${var}[i / ${lanes}u], ~(${ones}u << shift));
    atomicOr(&${var}[i / ${lanes}u], encode_${dtype}(x) << shift);
}
