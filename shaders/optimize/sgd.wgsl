// Stochastic gradient descent. Scalars: 0 lr, 1 momentum, 2 1 - dampening, 3 weight decay, 4 sign of the gradient.
fn step(at: Place) {
    let p = get0(at);
    let g = scalar_${T}(4u) * gradient(at) + scalar_${T}(3u) * p;
${momentum}
    put0(at, p - scalar_${T}(0u) * d);
}
