// Sums of products by tiles in workgroup memory: 16 x 16 threads, each of which sums ROWS x COLUMNS products. The family defines
// what product_blocks.wgsl says. Parameters: 0 rows, 1 columns, 3 jobs.
const ROWS = ${rows}u;
const COLUMNS = ${columns}u;
const DEPTH = 16u;
const TILE_M = 16u * ROWS;
const TILE_N = 16u * COLUMNS;

var<workgroup> tile_a: array<vec4<T>, DEPTH * TILE_M / 4u>;
var<workgroup> tile_b: array<vec4<T>, DEPTH * TILE_N / 4u>;
// Where the products of this step and of the next lie.
var<workgroup> depths: array<Depth, 2u * DEPTH>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let tiles_n = (arg(1u) + TILE_N - 1u) / TILE_N;
    let tiles = (arg(0u) + TILE_M - 1u) / TILE_M * tiles_n;
    let tile = group.y * groups.x + group.x;
    if (tile / tiles >= arg(3u)) {
        return;
    }
    let here = job(tile / tiles);
    let m0 = tile % tiles / tiles_n * TILE_M;
    let n0 = tile % tiles_n * TILE_N;
    // Each thread loads from one column, and from one row or at one depth; those beyond the last repeat it.
    let from_m = ${from_m};
    let from_k = ${from_k};
    let from_n = lane % TILE_N;
    let from_column = column(here, min(n0 + from_n, max(here.columns, 1u) - 1u));
    let row_lane = lane / 16u;
    let column_lane = lane % 16u;
    @each p ${row_vectors}, q 4, v ${column_vectors}: var sum#p_#q_#v = vec4<T>();
    if (lane < DEPTH) {
        depths[lane] = depth(here, here.begin + lane);
    }
    var side = 0u;
    for (var k0 = here.begin; k0 < here.end; k0 += DEPTH) {
        workgroupBarrier();
        for (var i = 0u; i < TILE_M * DEPTH / 256u; i++) {
            let m = from_m + i * ${step_m};
            let k = from_k + i * ${step_k};
            var x = T(0);
            if (k0 + k < here.end) {
                x = left(row(here, min(m0 + m, here.rows - 1u)), depths[side + k]);
            }
            tile_a[k * (TILE_M / 4u) + m / 4u][m % 4u] = x;
        }
        for (var k = lane / TILE_N; k < DEPTH; k += 256u / TILE_N) {
            var x = T(0);
            if (k0 + k < here.end) {
                x = right(from_column, depths[side + k]);
            }
            tile_b[k * (TILE_N / 4u) + from_n / 4u][from_n % 4u] = x;
        }
        side = DEPTH - side;
        if (lane < DEPTH) {
            depths[side + lane] = depth(here, k0 + DEPTH + lane);
        }
        workgroupBarrier();
        for (var k = 0u; k < DEPTH; k++) {
            @each p ${row_vectors}: let a#p = tile_a[k * (TILE_M / 4u) + row_lane * ${row_vectors}u + #pu];
            @each v ${column_vectors}: let b#v = tile_b[k * (TILE_N / 4u) + column_lane * ${column_vectors}u + #vu];
            @each p ${row_vectors}, q 4, v ${column_vectors}: sum#p_#q_#v += a#p[#qu] * b#v;
        }
    }
    @each p ${row_vectors}, q 4: let m#p_#q = m0 + row_lane * ROWS + 4u * #pu + #qu;
    @each v ${column_vectors}, w 4: let n#v_#w = n0 + column_lane * COLUMNS + 4u * #vu + #wu;
    @each p ${row_vectors}, q 4: let row#p_#q = row(here, m#p_#q);
    @each v ${column_vectors}, w 4: let column#v_#w = column(here, n#v_#w);
    @each p ${row_vectors}, q 4, v ${column_vectors}, w 4: if (m#p_#q < here.rows && n#v_#w < here.columns) { put(row#p_#q, column#v_#w, sum#p_#q_#v[#wu]); }
}
