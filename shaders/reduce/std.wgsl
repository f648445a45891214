// Standard deviation: the root of the variance.
fn finish(state: State) -> T {
    return sqrt(state.z / max(state.x - scalar_${T}(8u), T(0)));
}
