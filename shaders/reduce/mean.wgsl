// Mean: the sum, divided.
fn finish(state: State) -> T {
    return state / R(arg(0u));
}
