// Reading and writing the operand `${slot}`, which lies in the binding `${var}`: one element in four words.

fn load_${slot}(i: u32) -> ${value} {
    let at = 4u * i;
    return decode_${dtype}(vec4<u32>(word_${var}(at), word_${var}(at + 1u), word_${var}(at + 2u), word_${var}(at + 3u)));
}

fn store_${slot}(i: u32, x: ${value}) {
    let bits = encode_${dtype}(x);
    put_word_${var}(4u * i, bits.x);
    put_word_${var}(4u * i + 1u, bits.y);
    put_word_${var}(4u * i + 2u, bits.z);
    put_word_${var}(4u * i + 3u, bits.w);
}

// One of a run of elements, which are whole words here.
fn append_${slot}(i: u32, x: ${value}) {
    store_${slot}(i, x);
}

fn flush_${slot}() {
}
