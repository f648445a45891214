// e^(-i pi k / n), or e^(i pi k / n) where angles are turned round.
fn turned_root(k: u32, n: u32) -> vec2<R> {
    let root = root_of_unity(k, n);
    return vec2<R>(root.x, select(-root.y, root.y, arg(4u) != 0u));
}

// e^(-i pi k^2 / n), turned round likewise: L. Bluestein, "A linear filtering approach to the computation of discrete Fourier
// transform", IEEE Transactions on Audio and Electroacoustics 18, 1970.
fn chirp(k: u32, n: u32) -> vec2<R> {
    return turned_root((k * k) % (2u * n), n);
}
