//! Random fills: that they have the distributions asked for.

use ferrotorch_core::backend::Backend;
use ferrotorch_core::dtype::{Bool, Element};
use ferrotorch_core::kernel::{Distribution, Kernel};
use ferrotorch_core::random::Generator;
use ferrotorch_core::{Device, Operand};

use crate::support::{compute, on_each_device, upload};

fn draw<T: Element>(
    device: Device,
    on: &dyn Backend,
    distribution: Distribution,
    seed: u64,
    inputs: &[Operand],
    shape: &[usize],
) -> Vec<T> {
    let generator = Generator::on(device, seed).unwrap();
    compute::<T>(on, Kernel::Random { distribution, generator: &generator }, inputs, shape)
}

#[test]
fn samples_have_the_moments_of_their_distributions() {
    on_each_device(|device, on| {
        let n = 100_000;
        let cases: [(Distribution, f64, f64); 6] = [
            (Distribution::Uniform { low: -1.0, high: 3.0 }, 1.0, 16.0 / 12.0),
            (Distribution::Normal { mean: 2.0, std: 0.5 }, 2.0, 0.25),
            (Distribution::Exponential { rate: 4.0 }, 0.25, 1.0 / 16.0),
            (Distribution::Geometric { p: 0.25 }, 4.0, 12.0),
            (Distribution::LogNormal { mean: 0.0, std: 0.5 }, 0.125f64.exp(), (0.25f64.exp() - 1.0) * 0.25f64.exp()),
            (Distribution::Bernoulli { p: 0.3 }, 0.3, 0.21),
        ];
        for (distribution, mean, variance) in cases {
            let x = draw::<f32>(device, on, distribution, 7, &[], &[n]);
            let actual = x.iter().map(|&v| v as f64).sum::<f64>() / n as f64;
            let spread = x.iter().map(|&v| (v as f64 - actual).powi(2)).sum::<f64>() / n as f64;
            let error = 5.0 * (variance / n as f64).sqrt();
            assert!((actual - mean).abs() < error, "{distribution:?} has mean {actual}");
            assert!((spread / variance - 1.0).abs() < 0.05, "{distribution:?} has variance {spread}");
        }
        let cauchy = draw::<f32>(device, on, Distribution::Cauchy { median: 1.0, sigma: 2.0 }, 7, &[], &[n]);
        let share = |low: f32, high: f32| cauchy.iter().filter(|&&x| x > low && x < high).count() as f64 / n as f64;
        assert!((share(-1.0, 3.0) - 0.5).abs() < 0.01 && (share(f32::NEG_INFINITY, 1.0) - 0.5).abs() < 0.01);
    });
}

#[test]
fn integers_cover_their_range() {
    on_each_device(|device, on| {
        let x = draw::<i64>(device, on, Distribution::Integer { low: -3, high: 4 }, 1, &[], &[10_000]);
        for k in -3..4 {
            let count = x.iter().filter(|&&v| v == k).count();
            assert!((1200..1700).contains(&count), "{k} came {count} times");
        }
        assert!(x.iter().all(|v| (-3..4).contains(v)));
        let x = draw::<i64>(device, on, Distribution::Integer { low: 1 << 40, high: 1 << 41 }, 1, &[], &[1000]);
        assert!(x.iter().all(|v| (1 << 40..1 << 41).contains(v)) && x.iter().any(|v| v & 0xffff_ffff_0000 != 1 << 40));
        let x = draw::<u8>(device, on, Distribution::FullRange, 1, &[], &[5000]);
        assert!((0..=255u8).all(|k| x.contains(&k)));
        let x = draw::<i32>(device, on, Distribution::FullRange, 1, &[], &[1000]);
        assert!(x.iter().all(|&v| v >= 0) && x.iter().any(|&v| v > 1 << 30));
    });
}

#[test]
fn probabilities_may_differ_by_element() {
    on_each_device(|device, on| {
        let p: Vec<f32> = (0..3000).map(|i| [0.0, 0.5, 1.0][i % 3]).collect();
        let inputs = [upload(on, &[3000], &p).into()];
        let x = draw::<Bool>(device, on, Distribution::Bernoulli { p: 0.0 }, 3, &inputs, &[3000]);
        let count = |k: usize| x.iter().skip(k).step_by(3).filter(|b| b.get()).count();
        assert_eq!((count(0), count(2)), (0, 1000));
        assert!((430..570).contains(&count(1)));
    });
}
