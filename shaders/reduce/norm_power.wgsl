// Root number p of the sum of p-th powers of absolute values; p is the parameter.
alias State = T;

fn initial(first: T) -> State {
    return T(0);
}

fn accept(state: State, x: T) -> State {
    return state + op_pow(abs(x), scalar_${T}(8u));
}

fn merge(a: State, b: State) -> State {
    return a + b;
}

fn finish(state: State) -> T {
    return op_pow(state, T(1) / scalar_${T}(8u));
}
