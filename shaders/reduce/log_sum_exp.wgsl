// log(sum(exp(x))): (largest element, sum of exp(x - largest)).
alias State = vec2<T>;

fn initial(first: T) -> State {
    return vec2<T>(-infinity(), 0.0);
}

// One exponential, whichever of the two is the larger one.
fn accept(state: State, x: T) -> State {
    let large = op_maximum(state.x, x);
    let rest = exponential(-abs(state.x - x));
    let sum = select(state.y + rest, state.y * rest + T(1), x > state.x);
    return vec2<T>(large, select(sum, T(1), is_infinite(large) || is_nan(large)));
}

fn merge(a: State, b: State) -> State {
    let large = op_maximum(a.x, b.x);
    if (is_infinite(large) || is_nan(large)) {
        return vec2<T>(large, 1.0);
    }
    return vec2<T>(large, a.y * exponential(a.x - large) + b.y * exponential(b.x - large));
}

fn finish(state: State) -> T {
    return state.x + logarithm(state.y);
}
