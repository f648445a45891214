// Reading and writing the operand `${slot}`, which lies in the binding `${var}`: several elements a word.

fn load_${slot}(i: u32) -> ${value} {
    return decode_${dtype}(extractBits(word_${var}(i / ${lanes}u), (i % ${lanes}u) * ${bits}u, ${bits}u));
}

// Each thread changes its own bits only, which nobody else does meanwhile, so neighbours in one word do not disturb each other.
fn store_${slot}(i: u32, x: ${value}) {
    let shift = (i % ${lanes}u) * ${bits}u;
    let change = extractBits(word_${var}(i / ${lanes}u), shift, ${bits}u) ^ encode_${dtype}(x);
    atomicXor(&${var}[i / ${lanes}u], change << shift);
}

// Several elements of a word, those that a mask tells.
fn put_bits_${slot}(word: u32, bits: u32, mask: u32) {
    if (mask == 0xffffffffu) {
        put_word_${var}(word, bits);
    } else if (mask != 0u) {
        atomicXor(&${var}[word], (word_${var}(word) ^ bits) & mask);
    }
}

// Elements one after the other, put together to words as far as they are neighbours, until `flush`.
var<private> run_word_${slot}: u32;
var<private> run_bits_${slot}: u32;
var<private> run_mask_${slot}: u32;

fn append_${slot}(i: u32, x: ${value}) {
    if (i / ${lanes}u != run_word_${slot}) {
        flush_${slot}();
        run_word_${slot} = i / ${lanes}u;
    }
    run_bits_${slot} |= encode_${dtype}(x) << ((i % ${lanes}u) * ${bits}u);
    run_mask_${slot} |= ${ones}u << ((i % ${lanes}u) * ${bits}u);
}

fn flush_${slot}() {
    put_bits_${slot}(run_word_${slot}, run_bits_${slot}, run_mask_${slot});
    run_bits_${slot} = 0u;
    run_mask_${slot} = 0u;
}
