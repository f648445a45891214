//! The arithmetic of the optimizers, step for step that of the algorithms in PyTorch's documentation.

use ferrotorch_kernel::kernel::OptimizerRule;
use num_traits::Float;

use super::{Parameter, each};

/// The factor by which a gradient is followed: against it, or along it.
#[inline(always)]
fn sign<T: Parameter>(maximize: bool) -> T::Compute {
    T::constant(if maximize { -1.0 } else { 1.0 })
}

/// Stochastic gradient descent, with momentum (Polyak, 1964; Nesterov, 1983) where there is a buffer.
#[inline(always)]
pub(super) fn sgd<T: Parameter>(rule: &OptimizerRule, p: &mut [T], g: &[T], states: &mut [&mut [T]]) {
    let OptimizerRule::Sgd { lr, momentum, dampening, weight_decay, nesterov, maximize, first } = *rule else { return };
    let c = T::constant;
    let (lr, mu, decay, sign) = (c(lr), c(momentum), c(weight_decay), sign::<T>(maximize));
    let fresh = c(1.0 - dampening);
    match states {
        [buffer] => each(p, g, [&mut **buffer], |p, g, [b]| {
            let g = sign * g + decay * p;
            // The first buffer is the gradient itself, whatever was there.
            *b = if first { g } else { *b * mu + fresh * g };
            p - lr * if nesterov { g + mu * *b } else { *b }
        }),
        _ => each(p, g, [], |p, g, _| p - lr * (sign * g + decay * p)),
    }
}

/// Adam (Kingma and Ba, 2015), AdamW where the decay is decoupled (Loshchilov and Hutter, 2019), AMSGrad where there is a third
/// state (Reddi et al., 2018).
#[inline(always)]
pub(super) fn adam<T: Parameter>(rule: &OptimizerRule, p: &mut [T], g: &[T], states: &mut [&mut [T]]) {
    let OptimizerRule::Adam { lr, beta1, beta2, eps, weight_decay, maximize, decoupled, step, .. } = *rule else { return };
    let c = T::constant;
    let (zero, one) = (c(0.0), c(1.0));
    let sign = sign::<T>(maximize);
    let (shrink, decay) = if decoupled { (c(1.0 - lr * weight_decay), zero) } else { (one, c(weight_decay)) };
    let (w1, b2, w2, eps) = (c(1.0 - beta1), c(beta2), c(1.0 - beta2), c(eps));
    let size = c(lr / (1.0 - beta1.powf(step)));
    let root = c((1.0 - beta2.powf(step)).sqrt());
    let advance = |p: T::Compute, g: T::Compute, m: &mut T::Compute, v: &mut T::Compute| {
        let p = p * shrink;
        let g = sign * g + decay * p;
        *m = *m + (g - *m) * w1;
        *v = *v * b2 + w2 * g * g;
        p
    };
    match states {
        [m, v] => each(p, g, [&mut **m, &mut **v], |p, g, [m, v]| {
            let p = advance(p, g, m, v);
            p - size * (*m / (v.sqrt() / root + eps))
        }),
        [m, v, top] => each(p, g, [&mut **m, &mut **v, &mut **top], |p, g, [m, v, top]| {
            let p = advance(p, g, m, v);
            *top = if *v > *top || v.is_nan() { *v } else { *top };
            p - size * (*m / (top.sqrt() / root + eps))
        }),
        _ => {}
    }
}

/// RMSprop (Tieleman and Hinton, 2012), centred and with momentum as the states say.
#[inline(always)]
pub(super) fn rms_prop<T: Parameter>(rule: &OptimizerRule, p: &mut [T], g: &[T], states: &mut [&mut [T]]) {
    let OptimizerRule::RmsProp { lr, alpha, eps, weight_decay, maximize, momentum, centered } = *rule else { return };
    let c = T::constant;
    let (lr, alpha, rest, eps, decay, mu, sign) =
        (c(lr), c(alpha), c(1.0 - alpha), c(eps), c(weight_decay), c(momentum), sign::<T>(maximize));
    let square = |p: T::Compute, g: T::Compute, s: &mut T::Compute| {
        let g = sign * g + decay * p;
        *s = *s * alpha + rest * g * g;
        g
    };
    let center = |g: T::Compute, s: T::Compute, a: &mut T::Compute| {
        *a = *a + (g - *a) * rest;
        (s - *a * *a).sqrt() + eps
    };
    match states {
        [s] => each(p, g, [&mut **s], |p, g, [s]| {
            let g = square(p, g, s);
            p - lr * (g / (s.sqrt() + eps))
        }),
        [s, a] if centered => each(p, g, [&mut **s, &mut **a], |p, g, [s, a]| {
            let g = square(p, g, s);
            p - lr * (g / center(g, *s, a))
        }),
        [s, b] => each(p, g, [&mut **s, &mut **b], |p, g, [s, b]| {
            let g = square(p, g, s);
            *b = *b * mu + g / (s.sqrt() + eps);
            p - lr * *b
        }),
        [s, b, a] => each(p, g, [&mut **s, &mut **b, &mut **a], |p, g, [s, b, a]| {
            let g = square(p, g, s);
            *b = *b * mu + g / center(g, *s, a);
            p - lr * *b
        }),
        _ => {}
    }
}

/// Adagrad (Duchi et al., 2011).
#[inline(always)]
pub(super) fn adagrad<T: Parameter>(rule: &OptimizerRule, p: &mut [T], g: &[T], states: &mut [&mut [T]]) {
    let OptimizerRule::Adagrad { lr, eps, weight_decay, maximize } = *rule else { return };
    let c = T::constant;
    let (lr, eps, decay, sign) = (c(lr), c(eps), c(weight_decay), sign::<T>(maximize));
    if let [sum] = states {
        each(p, g, [&mut **sum], |p, g, [sum]| {
            let g = sign * g + decay * p;
            *sum = *sum + g * g;
            p - lr * (g / (sum.sqrt() + eps))
        });
    }
}
