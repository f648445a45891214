//! Random fills: which numbers they are.

use ferrotorch_core::kernel::{Distribution, Kernel};
use ferrotorch_core::random::Generator;

use crate::support::{compute, gpu};

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
