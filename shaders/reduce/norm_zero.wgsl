// Number of elements that are not 0.
alias State = T;

fn initial(first: T) -> State {
    return T(0);
}

fn accept(state: State, x: T) -> State {
    return state + select(T(0), T(1), x != T(0));
}

fn merge(a: State, b: State) -> State {
    return a + b;
}

fn finish(state: State) -> T {
    return state;
}
