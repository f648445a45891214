// Mean: the sum, divided.
fn finish(state: State) -> T {
    return state / T(arg(0u));
}
