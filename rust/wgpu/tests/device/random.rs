//! Random fills.

use ferrotorch_core::Operand;
use ferrotorch_core::dtype::Bool;
use ferrotorch_core::dtype::Element;
use ferrotorch_core::kernel::{Distribution, Kernel};
use ferrotorch_core::random::Generator;

use crate::support::{compute, gpu, upload};

fn draw<T: Element>(distribution: Distribution, seed: u64, inputs: &[Operand], shape: &[usize]) -> Option<Vec<T>> {
    let generator = Generator::on(ferrotorch_core::Device::wgpu(0), seed).unwrap();
    Some(compute::<T>(gpu()?, Kernel::Random { distribution, generator: &generator }, inputs, shape))
}

/// Philox 4x32-10, written anew from the paper.
fn philox(mut c: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
    for _ in 0..10 {
        let (p, q) = (0xd251_1f53u64 * c[0] as u64, 0xcd9e_8d57u64 * c[2] as u64);
        c = [(q >> 32) as u32 ^ c[1] ^ key[0], q as u32, (p >> 32) as u32 ^ c[3] ^ key[1], p as u32];
        key = [key[0].wrapping_add(0x9e37_79b9), key[1].wrapping_add(0xbb67_ae85)];
    }
    c
}

#[test]
fn the_reference_generator_gives_the_published_numbers() {
    // Known answers of the Random123 distribution.
    assert_eq!(philox([0; 4], [0; 2]), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
    assert_eq!(philox([u32::MAX; 4], [u32::MAX; 2]), [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]);
}

#[test]
fn uniform_numbers_are_philox_counted_by_the_element() {
    let Some(gpu) = gpu() else { return };
    let generator = Generator::on(ferrotorch_core::Device::wgpu(0), 0x1234_5678_9abc).unwrap();
    let kernel = || Kernel::Random { distribution: Distribution::Uniform { low: 0.0, high: 1.0 }, generator: &generator };
    // Two launches of different shapes use up counters one after the other.
    let mut actual = compute::<f32>(gpu, kernel(), &[], &[7, 11]);
    actual.extend(compute::<f32>(gpu, kernel(), &[], &[1000]));
    let expected: Vec<f32> =
        (0..1077).map(|i| (philox([i, 0, 0, 0], [0x5678_9abc, 0x1234])[0] >> 8) as f32 / 16_777_216.0).collect();
    assert_eq!(actual, expected);
}

#[test]
fn samples_have_the_moments_of_their_distributions() {
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
        let Some(x) = draw::<f32>(distribution, 7, &[], &[n]) else { return };
        let actual = x.iter().map(|&v| v as f64).sum::<f64>() / n as f64;
        let spread = x.iter().map(|&v| (v as f64 - actual).powi(2)).sum::<f64>() / n as f64;
        let error = 5.0 * (variance / n as f64).sqrt();
        assert!((actual - mean).abs() < error, "{distribution:?} has mean {actual}");
        assert!((spread / variance - 1.0).abs() < 0.05, "{distribution:?} has variance {spread}");
    }
    let Some(cauchy) = draw::<f32>(Distribution::Cauchy { median: 1.0, sigma: 2.0 }, 7, &[], &[n]) else { return };
    let share = |low: f32, high: f32| cauchy.iter().filter(|&&x| x > low && x < high).count() as f64 / n as f64;
    assert!((share(-1.0, 3.0) - 0.5).abs() < 0.01 && (share(f32::NEG_INFINITY, 1.0) - 0.5).abs() < 0.01);
}

#[test]
fn integers_cover_their_range() {
    let Some(x) = draw::<i64>(Distribution::Integer { low: -3, high: 4 }, 1, &[], &[10_000]) else { return };
    for k in -3..4 {
        let count = x.iter().filter(|&&v| v == k).count();
        assert!((1200..1700).contains(&count), "{k} came {count} times");
    }
    assert!(x.iter().all(|v| (-3..4).contains(v)));
    let Some(x) = draw::<i64>(Distribution::Integer { low: 1 << 40, high: 1 << 41 }, 1, &[], &[1000]) else { return };
    assert!(x.iter().all(|v| (1 << 40..1 << 41).contains(v)) && x.iter().any(|v| v & 0xffff_ffff_0000 != 1 << 40));
    let Some(x) = draw::<u8>(Distribution::FullRange, 1, &[], &[5000]) else { return };
    assert!((0..=255u8).all(|k| x.contains(&k)));
    let Some(x) = draw::<i32>(Distribution::FullRange, 1, &[], &[1000]) else { return };
    assert!(x.iter().all(|&v| v >= 0) && x.iter().any(|&v| v > 1 << 30));
}

#[test]
fn probabilities_may_differ_by_element() {
    let Some(gpu) = gpu() else { return };
    let p: Vec<f32> = (0..3000).map(|i| [0.0, 0.5, 1.0][i % 3]).collect();
    let inputs = [upload(gpu, &[3000], &p).into()];
    let Some(x) = draw::<Bool>(Distribution::Bernoulli { p: 0.0 }, 3, &inputs, &[3000]) else { return };
    let count = |k: usize| x.iter().skip(k).step_by(3).filter(|b| b.get()).count();
    assert_eq!((count(0), count(2)), (0, 1000));
    assert!((430..570).contains(&count(1)));
}
