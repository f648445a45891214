// log(sum(exp(x))) beside weighted sums: (largest x, sum of exp(x - largest), sum of w x, sum of w).
alias State = vec4<T>;

fn initial(first: vec2<T>) -> State {
    return vec4<T>(-infinity(), 0.0, 0.0, 0.0);
}

fn accept(state: State, x: vec2<T>) -> State {
    return merge(state, vec4<T>(x.x, 1.0, x.x * x.y, x.y));
}

fn merge(a: State, b: State) -> State {
    let large = op_maximum(a.x, b.x);
    if (is_infinite(large) || is_nan(large)) {
        return vec4<T>(large, 1.0, a.z + b.z, a.w + b.w);
    }
    return vec4<T>(large, a.y * exponential(a.x - large) + b.y * exponential(b.x - large), a.z + b.z, a.w + b.w);
}
