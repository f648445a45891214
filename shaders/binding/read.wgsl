// A binding that is read only.
@group(0) @binding(${number}) var<storage, read> ${var}: array<u32>;

fn word_${var}(i: u32) -> u32 {
    return ${var}[i];
}
