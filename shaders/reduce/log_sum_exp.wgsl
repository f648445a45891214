// log(sum(exp(x))): (largest element, sum of exp(x - largest)).
alias State = vec2<T>;

fn initial(first: T) -> State {
    return vec2<T>(-infinity(), 0.0);
}

fn accept(state: State, x: T) -> State {
    // One exponential where the largest element stays the largest.
    if (x <= state.x && !is_infinite(state.x) && !is_nan(x)) {
        return vec2<T>(state.x, state.y + exponential(x - state.x));
    }
    return merge(state, vec2<T>(x, 1.0));
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
