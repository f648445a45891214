// Standard deviation with the parameter subtracted from the count: (count, mean, sum of squared deviations) by B. Welford,
// merged by the formula of T. Chan, G. Golub and R. LeVeque.
alias State = vec3<T>;

fn initial(first: T) -> State {
    return vec3<T>(T(0), T(0), T(0));
}

fn accept(state: State, x: T) -> State {
    let n = state.x + T(1);
    let delta = x - state.y;
    let mean = state.y + delta / n;
    return vec3<T>(n, mean, state.z + delta * (x - mean));
}

fn merge(a: State, b: State) -> State {
    if (b.x == T(0)) {
        return a;
    }
    let n = a.x + b.x;
    let delta = b.y - a.y;
    let share = b.x / n;
    return vec3<T>(n, a.y + delta * share, a.z + b.z + delta * delta * a.x * share);
}

fn finish(state: State) -> T {
    return sqrt(state.z / max(state.x - scalar_${T}(8u), T(0)));
}
