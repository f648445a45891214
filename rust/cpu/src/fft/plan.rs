//! Plans: what is known of a length before its first element is seen. They are made once and shared by all threads.

use std::cell::Cell;
use std::sync::Arc;

use ferrotorch_kernel::Result;
use ferrotorch_kernel::dtype::Element;
use ferrotorch_kernel::memory::{room_for, zeros_for};
use num_complex::Complex;
use num_traits::Zero;
use parking_lot::Mutex;
use realfft::num_traits::One;
use realfft::{ComplexToReal, FftNum, RealFftPlanner, RealToComplex};
use rustfft::{Fft, FftPlanner};

use crate::parallel::Cost;

/// Plans keep about two numbers for each element of a line. When they hold so many, all are given up.
const MOST_KEPT: usize = 1 << 23;

/// Buffers of at most so many numbers stay with their thread.
const MOST_BUFFERED: usize = 1 << 18;

/// The plans for one type of number.
pub(super) struct Plans<T: FftNum> {
    complex: FftPlanner<T>,
    real: RealFftPlanner<T>,
    kept: usize,
}

impl<T: FftNum> Plans<T> {
    fn new() -> Plans<T> {
        Plans { complex: FftPlanner::new(), real: RealFftPlanner::new(), kept: 0 }
    }
}

/// Numbers that are transformed.
pub(super) trait Real: FftNum + Element + One + Zero {
    /// Does something with the plans of this type, which no other thread can use meanwhile.
    fn with_plans<R>(work: impl FnOnce(&mut Plans<Self>) -> R) -> R;

    /// The buffer of this thread, which holds nothing while it is in use.
    fn buffer() -> &'static std::thread::LocalKey<Cell<Vec<Complex<Self>>>>;
}

macro_rules! reals {
    ($($t:ty)*) => { $(
        impl Real for $t {
            fn with_plans<R>(work: impl FnOnce(&mut Plans<$t>) -> R) -> R {
                static PLANS: Mutex<Option<Plans<$t>>> = Mutex::new(None);
                work(PLANS.lock().get_or_insert_with(Plans::new))
            }

            fn buffer() -> &'static std::thread::LocalKey<Cell<Vec<Complex<$t>>>> {
                thread_local! { static BUFFER: Cell<Vec<Complex<$t>>> = const { Cell::new(Vec::new()) }; }
                &BUFFER
            }
        }
    )* };
}

reals! { f32 f64 }

/// The plan that `make` finds or makes for a length.
fn plan<T: Real, P>(n: usize, make: impl FnOnce(&mut Plans<T>) -> P) -> Result<P> {
    let is_long = n > MOST_KEPT / 64;
    T::with_plans(|plans| {
        // What a length was counted for before is counted again: a bound need not be exact.
        plans.kept += if is_long { n } else { 0 };
        if plans.kept > MOST_KEPT {
            *plans = Plans::new();
            plans.kept = n;
        }
        // The planner cannot fail.
        if is_long {
            room_for("fft", room_of_plan(n).saturating_mul(size_of::<Complex<T>>()))?;
        }
        Ok(make(plans))
    })
}

/// Numbers that a plan and the making of it hold at most. Lengths with a large prime factor are transformed by way of a power of two
/// (Bluestein's algorithm), which has about twice their length and up to four times it.
fn room_of_plan(n: usize) -> usize {
    /// The largest factor that `rustfft` has a transform of its own for.
    const SMALL_FACTOR: usize = 31;
    let rest = (2..=SMALL_FACTOR).fold(n, |mut rest, factor| {
        while rest % factor == 0 {
            rest /= factor;
        }
        rest
    });
    if rest == 1 { n.saturating_mul(3) } else { n.saturating_mul(13) }
}

/// Of complex lines.
pub(super) fn complex<T: Real>(n: usize, inverse: bool) -> Result<Arc<dyn Fft<T>>> {
    plan(n, |plans| if inverse { plans.complex.plan_fft_inverse(n) } else { plans.complex.plan_fft_forward(n) })
}

/// From real lines to the first half of their coefficients.
pub(super) fn of_real<T: Real>(n: usize) -> Result<Arc<dyn RealToComplex<T>>> {
    plan(n, |plans| plans.real.plan_fft_forward(n))
}

/// From the first half of the coefficients to real lines.
pub(super) fn to_real<T: Real>(n: usize) -> Result<Arc<dyn ComplexToReal<T>>> {
    plan(n, |plans| plans.real.plan_fft_inverse(n))
}

/// Lends a buffer of a length, whatever it holds.
pub(super) fn with_buffer<T: Real, R>(length: usize, work: impl FnOnce(&mut [Complex<T>]) -> R) -> Result<R>
where
    Complex<T>: Element,
{
    let mut buffer = T::buffer().take();
    if buffer.len() < length {
        buffer = zeros_for("fft", length)?;
    }
    let done = work(&mut buffer[..length]);
    if buffer.len() <= MOST_BUFFERED {
        T::buffer().set(buffer);
    }
    Ok(done)
}

/// What so many complex lines of a length cost.
pub(super) fn cost(lines: usize, n: usize) -> Cost {
    let stages = usize::BITS - n.leading_zeros();
    Cost::multiply_adds(lines.saturating_mul(n).saturating_mul(4 * stages as usize + 8))
}
