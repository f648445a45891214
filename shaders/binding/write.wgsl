// A binding whose words are each written by one thread.
@group(0) @binding(${number}) var<storage, read_write> ${var}: array<u32>;

fn word_${var}(i: u32) -> u32 {
    return ${var}[i];
}

fn put_word_${var}(i: u32, word: u32) {
    ${var}[i] = word;
}
