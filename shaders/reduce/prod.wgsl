// Product.
alias State = T;

fn initial(first: T) -> State {
    return one();
}

fn accept(state: State, x: T) -> State {
    return op_mul(state, x);
}

fn merge(a: State, b: State) -> State {
    return op_mul(a, b);
}

fn finish(state: State) -> T {
    return state;
}
