// Sorts blocks of lines within a workgroup and keeps the first of each: a bitonic network of keys, of which equal ones are
// told apart by where they come from, so that the order is stable. A workgroup has room for 1024 keys; short blocks share it.
// out0 elements and out1 their indices, or out0 the indices alone, to choose from again; in0 the lines, in1 the indices to
// choose from. The space runs over the blocks. Parameters: 0 length of a line, 1 length of a block, 2 blocks a line, 3 room
// for a block, a power of two, 4 how many are kept, 5 a mask that turns the order, 6.. steps of in0, out0, out1 along a line.
struct Entry {
    key: vec2<u32>,
    index: u32,
}

const NOTHING = 0xffffffffu;

var<workgroup> entries: array<Entry, 1024>;

fn is_behind(a: Entry, b: Entry) -> bool {
    if (a.key.x != b.key.x) {
        return a.key.x > b.key.x;
    }
    if (a.key.y != b.key.y) {
        return a.key.y > b.key.y;
    }
    return a.index > b.index;
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let room = arg(3u);
    let first_block = (group.y * groups.x + group.x) * (1024u / room);
    for (var slot = lane; slot < 1024u; slot += 256u) {
        let block = first_block + slot / room;
        let j = (block % arg(2u)) * arg(1u) + slot % room;
        // Free places sort behind all.
        var entry = Entry(vec2<u32>(NOTHING), NOTHING);
        if (block < space.count && slot % room < arg(1u) && j < arg(0u)) {
            let index = ${index};
            if (index != NOTHING) {
                let key = key_of_${op}(load_in0(locate(block)[${input}] + index * arg(6u)));
                entry = Entry(key ^ vec2<u32>(arg(5u)), index);
            }
        }
        entries[slot] = entry;
    }
    workgroupBarrier();
    for (var size = 2u; size <= room; size = size << 1u) {
        for (var gap = size >> 1u; gap > 0u; gap = gap >> 1u) {
            for (var pair = lane; pair < 512u; pair += 256u) {
                let low = 2u * pair - (pair & (gap - 1u));
                let a = entries[low];
                let b = entries[low + gap];
                if (is_behind(a, b) == ((low & size) == 0u || size == room)) {
                    entries[low] = b;
                    entries[low + gap] = a;
                }
            }
            workgroupBarrier();
        }
    }
    for (var slot = lane; slot < 1024u; slot += 256u) {
        let block = first_block + slot / room;
        let rank = slot % room;
        if (block < space.count && rank < arg(4u)) {
            keep(block, rank, entries[slot].index);
        }
    }
}
