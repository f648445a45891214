// What the passes of attention share on adapters where barriers are dear. A thread has SIDE rows, and scores of as many columns at a
// time: of column j the rows' scores are the vectors 2 j and 2 j + 1 of an array.
const SIDE = 8u;

// What a thread computes: SIDE rows of a batch from `first` on, and columns of them from `slice` on.
struct Job {
    batch: u32,
    first: u32,
    slice: u32,
}

fn job_of(thread: u32, rows: u32, width: u32, columns: u32) -> Job {
    let tiles = (rows + SIDE - 1u) / SIDE;
    let slices = (width + columns - 1u) / columns;
    return Job(thread / (tiles * slices), thread % tiles * SIDE, thread / tiles % slices * columns);
}

fn consecutive(first: u32) -> vec4<u32> {
    return vec4<u32>(first, first + 1u, first + 2u, first + 3u);
}

// Which queries see a key.
fn see(queries: vec4<u32>, key: u32) -> vec4<bool> {
    return (queries < vec4<u32>(arg(0u))) & ((vec4<u32>(key) <= queries) | vec4<bool>(arg(4u) == 0u));
}

// Which keys a query sees.
fn seen(query: u32, keys: vec4<u32>) -> vec4<bool> {
    return (keys < vec4<u32>(arg(1u))) & ((keys <= vec4<u32>(query)) | vec4<bool>(arg(4u) == 0u));
}

fn exponentials(x: vec4<f32>) -> vec4<f32> {
    return vec4<f32>(exponential(x.x), exponential(x.y), exponential(x.z), exponential(x.w));
}

// Factors of the weights of a key in four rows.
fn kept_rows(matrix: u32, queries: vec4<u32>, key: u32) -> vec4<f32> {
    return vec4<f32>(kept(matrix, queries.x, key), kept(matrix, queries.y, key), kept(matrix, queries.z, key), kept(matrix, queries.w, key));
}

// Factors of the weights of four keys in a row.
fn kept_keys(matrix: u32, query: u32, keys: vec4<u32>) -> vec4<f32> {
    return vec4<f32>(kept(matrix, query, keys.x), kept(matrix, query, keys.y), kept(matrix, query, keys.z), kept(matrix, query, keys.w));
}
