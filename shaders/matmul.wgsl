// Matrix product: out0 = alpha in0 in1 + beta in2, tiled through workgroup memory; each of 16 x 16 threads computes
// ROWS x COLUMNS outputs. The space runs over the batch. Parameters: 0 M, 1 N, 2 K, then the strides 3 m and 4 k of
// in0, 5 k and 6 n of in1, 7 m and 8 n of in2, 9 m and 10 n of out0; scalars 6 alpha, 7 beta.
const ROWS = ${rows}u;
const COLUMNS = ${columns}u;
const DEPTH = 16u;
const TILE_M = 16u * ROWS;
const TILE_N = 16u * COLUMNS;

var<workgroup> tile_a: array<array<T, TILE_M + 1u>, DEPTH>;
var<workgroup> tile_b: array<array<T, TILE_N + 1u>, DEPTH>;

// Copies a DEPTH-deep slice of both matrices; neighbouring threads follow the smaller stride.
fn load_tiles(a: u32, b: u32, m0: u32, n0: u32, k0: u32, lane: u32) {
    for (var e = lane; e < TILE_M * DEPTH; e += 256u) {
        let along_k = arg(4u) == 1u;
        let m = select(e % TILE_M, e / DEPTH, along_k);
        let k = select(e / TILE_M, e % DEPTH, along_k);
        var x = T(0);
        if (m0 + m < arg(0u) && k0 + k < arg(2u)) {
            x = read_in0(a + (m0 + m) * arg(3u) + (k0 + k) * arg(4u));
        }
        tile_a[k][m] = x;
    }
    for (var e = lane; e < TILE_N * DEPTH; e += 256u) {
        let along_k = arg(5u) == 1u;
        let n = select(e % TILE_N, e / DEPTH, along_k);
        let k = select(e / TILE_N, e % DEPTH, along_k);
        var x = T(0);
        if (n0 + n < arg(1u) && k0 + k < arg(2u)) {
            x = read_in1(b + (k0 + k) * arg(5u) + (n0 + n) * arg(6u));
        }
        tile_b[k][n] = x;
    }
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let tiles_n = (arg(1u) + TILE_N - 1u) / TILE_N;
    let tiles_m = (arg(0u) + TILE_M - 1u) / TILE_M;
    let job = group.y * groups.x + group.x;
    let batch = job / (tiles_m * tiles_n);
    if (batch >= space.count) {
        return;
    }
    let m0 = (job / tiles_n) % tiles_m * TILE_M;
    let n0 = job % tiles_n * TILE_N;
    let at = locate(batch);
    let row = lane / 16u;
    let column = lane % 16u;
    var sums: array<array<T, COLUMNS>, ROWS>;
    for (var k0 = 0u; k0 < arg(2u); k0 += DEPTH) {
        load_tiles(at[1], at[2], m0, n0, k0, lane);
        workgroupBarrier();
        for (var k = 0u; k < DEPTH; k++) {
            var b: array<T, COLUMNS>;
            for (var j = 0u; j < COLUMNS; j++) {
                b[j] = tile_b[k][column + 16u * j];
            }
            for (var i = 0u; i < ROWS; i++) {
                let a = tile_a[k][row + 16u * i];
                for (var j = 0u; j < COLUMNS; j++) {
                    sums[i][j] += a * b[j];
                }
            }
        }
        workgroupBarrier();
    }
    for (var i = 0u; i < ROWS; i++) {
        for (var j = 0u; j < COLUMNS; j++) {
            let m = m0 + row + 16u * i;
            let n = n0 + column + 16u * j;
            if (m < arg(0u) && n < arg(1u)) {
                write_out0(at[0] + m * arg(9u) + n * arg(10u), ${result});
            }
        }
    }
}
