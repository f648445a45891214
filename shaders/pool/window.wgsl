// What all pooling shares.
struct Window {
    begin: vec3<u32>,
    end: vec3<u32>,
    step: vec3<u32>,
    padded: vec3<u32>,
}

// The place that a point of the space has among others of its plane; `sizes` are those of the plane.
fn place(i: u32, sizes: vec3<u32>) -> vec3<u32> {
    return ${place};
}

// What the sum over a window is divided by.
fn divisor(w: Window) -> T {
    let counted = ${counted};
    return T(counted.x * counted.y * counted.z);
}

// The digits of a number where the first one is zero: a division less, and divisions are dear.
fn digits_of_plane(i: u32, sizes: vec3<u32>) -> vec3<u32> {
    let z = i / sizes.z;
    return vec3<u32>(0u, z % sizes.y, i - z * sizes.z);
}
