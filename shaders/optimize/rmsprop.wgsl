// RMSprop. Scalars: 0 lr, 1 alpha, 2 1 - alpha, 3 eps, 4 weight decay, 5 momentum, 6 sign of the gradient.
fn step(at: Place) {
    let p = get0(at);
    let g = scalar_${T}(6u) * gradient(at) + scalar_${T}(4u) * p;
    var spread = scalar_${T}(1u) * get1(at) + scalar_${T}(2u) * g * g;
    put1(at, spread);
${centered}
    var d = g / (sqrt(spread) + scalar_${T}(3u));
${momentum}
    put0(at, p - scalar_${T}(0u) * d);
}
