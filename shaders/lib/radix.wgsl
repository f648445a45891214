// What both halves of a pass of the radix sort share. A workgroup of 64 threads takes a block of 1024 keys, 16 neighbours a
// thread, so that equal keys stay in order. Parameters: 0 number of keys, 1 place of the digit in bits, 2 blocks.

// For each digit, how many of each thread's keys have it.
var<workgroup> tallies: array<u32, 1024>;

fn digit(key: u32) -> u32 {
    return (key >> arg(1u)) & 15u;
}

fn first_key(block: u32, lane: u32) -> u32 {
    return block * 1024u + lane * 16u;
}

fn tally(block: u32, lane: u32) {
    for (var d = 0u; d < 16u; d++) {
        tallies[d * 64u + lane] = 0u;
    }
    let begin = first_key(block, lane);
    for (var i = begin; i < min(begin + 16u, arg(0u)); i++) {
        tallies[digit(bitcast<u32>(load_in0(i))) * 64u + lane] += 1u;
    }
}
