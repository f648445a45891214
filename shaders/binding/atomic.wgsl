// A binding whose words several threads may write.
@group(0) @binding(${number}) var<storage, read_write> ${var}: array<atomic<u32>>;

fn word_${var}(i: u32) -> u32 {
    return atomicLoad(&${var}[i]);
}

fn put_word_${var}(i: u32, word: u32) {
    atomicStore(&${var}[i], word);
}
