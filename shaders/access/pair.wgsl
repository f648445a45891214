// Reading and writing the operand `${slot}`, which lies in the binding `${var}`: one element in two words.

fn load_${slot}(i: u32) -> ${value} {
    return decode_${dtype}(vec2<u32>(word_${var}(2u * i), word_${var}(2u * i + 1u)));
}

fn store_${slot}(i: u32, x: ${value}) {
    let bits = encode_${dtype}(x);
    put_word_${var}(2u * i, bits.x);
    put_word_${var}(2u * i + 1u, bits.y);
}

// One of a run of elements, which are whole words here.
fn append_${slot}(i: u32, x: ${value}) {
    store_${slot}(i, x);
}

fn flush_${slot}() {
}
