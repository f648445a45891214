// Reading and writing the operand `${slot}`, which lies in the binding `${var}`: one element a word.

fn load_${slot}(i: u32) -> ${value} {
    return decode_${dtype}(word_${var}(i));
}

fn store_${slot}(i: u32, x: ${value}) {
    put_word_${var}(i, encode_${dtype}(x));
}

// One of a run of elements, which are whole words here.
fn append_${slot}(i: u32, x: ${value}) {
    store_${slot}(i, x);
}

fn flush_${slot}() {
}
