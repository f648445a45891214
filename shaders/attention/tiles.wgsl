// What the passes of attention share. A workgroup of 256 threads has a tile of SIDE x SIDE scores at a time: a thread the row lane / 8 and
// the columns lane % 8, + 8, + 16, + 24. Rows in workgroup memory are STEP apart, so that neighbours lie in different banks.
const SIDE = 32u;
const STEP = 33u;

var<workgroup> tile_a: array<f32, 1056>;
var<workgroup> tile_b: array<f32, 1056>;
var<workgroup> weights: array<f32, 1056>;

// What a workgroup computes: SIDE rows of a batch from `first` on, and columns of them from `slice` on.
struct Job {
    batch: u32,
    first: u32,
    slice: u32,
}

fn job_of(group: vec3<u32>, groups: vec3<u32>, rows: u32, width: u32, columns: u32) -> Job {
    let tiles = (rows + SIDE - 1u) / SIDE;
    let slices = (width + columns - 1u) / columns;
    let number = group.y * groups.x + group.x;
    return Job(number / (tiles * slices), number % tiles * SIDE, number / tiles % slices * columns);
}

// Puts a thread's four scores, or what became of them, where the row's other threads see them.
fn share(lane: u32, x: vec4<f32>) {
    workgroupBarrier();
    let at = lane / 8u * STEP + lane % 8u;
    @each j 4: weights[at + 8u * #ju] = x[#j];
    workgroupBarrier();
}

// Four columns of a row of a tile.
fn columns_b(at: u32) -> vec4<f32> {
    return vec4<f32>(tile_b[at], tile_b[at + 8u], tile_b[at + 16u], tile_b[at + 24u]);
}

// Which of a thread's four scores count, given the tile's first row and column: rows are queries.
fn visible(query: u32, key: u32) -> vec4<bool> {
    let keys = vec4<u32>(key, key + 8u, key + 16u, key + 24u);
    return (keys < vec4<u32>(arg(1u))) & ((keys <= vec4<u32>(query)) | vec4<bool>(arg(4u) == 0u));
}

// The same where rows are keys.
fn visible_to(query: u32, key: u32) -> vec4<bool> {
    let queries = vec4<u32>(query, query + 8u, query + 16u, query + 24u);
    return (queries < vec4<u32>(arg(0u))) & ((queries >= vec4<u32>(key)) | vec4<bool>(arg(4u) == 0u));
}
