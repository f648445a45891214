use ferrotorch_kernel::{Device, Layout};

use super::*;

/// Recorded from PyTorch 2.13 after `manual_seed(5)`: distribution, dtype, elements, FNV-1a hash of the bytes, and
/// `randint(2**27)` drawn afterwards, which shows that as many numbers were used up.
const RECORDED: &[(Distribution, DType, usize, u64, u32)] = &[
    (Distribution::Uniform { low: -2.0, high: 3.0 }, DType::Float32, 5, 0xb4b3609c1970a1e8, 85843062),
    (Distribution::Normal { mean: 0.3, std: 1.7 }, DType::Float32, 5, 0x1d927ba2d34f02f1, 68323739),
    (Distribution::Uniform { low: -2.0, high: 3.0 }, DType::Float64, 5, 0x054aa5d5f0f485de, 77283047),
    (Distribution::Normal { mean: 0.3, std: 1.7 }, DType::Float64, 5, 0x3bbb432a81acbd94, 68323739),
    (Distribution::Uniform { low: -2.0, high: 3.0 }, DType::Float16, 5, 0x932de36bb823b0ea, 85843062),
    (Distribution::Normal { mean: 0.3, std: 1.7 }, DType::Float16, 5, 0x306ff24763966259, 68323739),
    (Distribution::Uniform { low: -2.0, high: 3.0 }, DType::BFloat16, 5, 0x00f55c00abcae2bf, 85843062),
    (Distribution::Normal { mean: 0.3, std: 1.7 }, DType::BFloat16, 5, 0x19abb6458cc8a307, 68323739),
    (Distribution::Uniform { low: -2.0, high: 3.0 }, DType::Float32, 16, 0x8a52aa2a18dde29e, 66788871),
    (Distribution::Normal { mean: 0.3, std: 1.7 }, DType::Float32, 16, 0x23ca08785932e219, 66788871),
    (Distribution::Uniform { low: -2.0, high: 3.0 }, DType::Float64, 16, 0xb133c974d07c36a9, 34295421),
    (Distribution::Normal { mean: 0.3, std: 1.7 }, DType::Float64, 16, 0x69bc4c30f52adc5c, 34295421),
    (Distribution::Uniform { low: -2.0, high: 3.0 }, DType::Float16, 16, 0xad911f216918feb9, 66788871),
    (Distribution::Normal { mean: 0.3, std: 1.7 }, DType::Float16, 16, 0x827c7905a9b92143, 66788871),
    (Distribution::Uniform { low: -2.0, high: 3.0 }, DType::BFloat16, 16, 0x972c8282525a4813, 66788871),
    (Distribution::Normal { mean: 0.3, std: 1.7 }, DType::BFloat16, 16, 0x47e0db5d0ece3698, 66788871),
    (Distribution::Uniform { low: -2.0, high: 3.0 }, DType::Float32, 37, 0xa8d7e42a0b94ff55, 101684586),
    (Distribution::Normal { mean: 0.3, std: 1.7 }, DType::Float32, 37, 0x2bc89ad998fc8e95, 88104809),
    (Distribution::Uniform { low: -2.0, high: 3.0 }, DType::Float64, 37, 0xf641bec250ca47e5, 66454339),
    (Distribution::Normal { mean: 0.3, std: 1.7 }, DType::Float64, 37, 0xd6fcc1622c8fe54b, 103189536),
    (Distribution::Uniform { low: -2.0, high: 3.0 }, DType::Float16, 37, 0x0e6b731a76d8ca99, 101684586),
    (Distribution::Normal { mean: 0.3, std: 1.7 }, DType::Float16, 37, 0x0b93d3d705df749d, 64699136),
    (Distribution::Uniform { low: -2.0, high: 3.0 }, DType::BFloat16, 37, 0xa726410f885298fd, 101684586),
    (Distribution::Normal { mean: 0.3, std: 1.7 }, DType::BFloat16, 37, 0x6cc109260051940a, 64699136),
    (Distribution::Uniform { low: -2.0, high: 3.0 }, DType::Float32, 1000, 0x0fa80cc8f99720bf, 60126762),
    (Distribution::Normal { mean: 0.3, std: 1.7 }, DType::Float32, 1000, 0xeaf23e5cc73e9749, 19532013),
    (Distribution::Uniform { low: -2.0, high: 3.0 }, DType::Float64, 1000, 0xfbaa812e863acea5, 123463757),
    (Distribution::Normal { mean: 0.3, std: 1.7 }, DType::Float64, 1000, 0x9931eddc746470f2, 110163273),
    (Distribution::Uniform { low: -2.0, high: 3.0 }, DType::Float16, 1000, 0x5c14713842f6e584, 60126762),
    (Distribution::Normal { mean: 0.3, std: 1.7 }, DType::Float16, 1000, 0x04814492842d579f, 125049518),
    (Distribution::Uniform { low: -2.0, high: 3.0 }, DType::BFloat16, 1000, 0xa3f24bde882bbca0, 60126762),
    (Distribution::Normal { mean: 0.3, std: 1.7 }, DType::BFloat16, 1000, 0xf0c542166728f33c, 125049518),
    (Distribution::Integer { low: -5, high: 95 }, DType::Float32, 100, 0xf9ecd1994c192a01, 89567640),
    (Distribution::FullRange, DType::Float32, 100, 0xecc2534113109f56, 89567640),
    (Distribution::Bernoulli { p: 0.3 }, DType::Float32, 100, 0x9a635279b7769cb8, 70380744),
    (Distribution::Geometric { p: 0.3 }, DType::Float32, 100, 0xf78c32eff95249a8, 70380744),
    (Distribution::Integer { low: -5, high: 95 }, DType::Float64, 100, 0x4e178e1d75ced8f7, 89567640),
    (Distribution::FullRange, DType::Float64, 100, 0x1de32956e1761d29, 70380744),
    (Distribution::Bernoulli { p: 0.3 }, DType::Float64, 100, 0x0ae74cba979442f8, 70380744),
    (Distribution::Geometric { p: 0.3 }, DType::Float64, 100, 0xdd1060abcd322cf4, 70380744),
    (Distribution::Integer { low: -5, high: 95 }, DType::Int64, 100, 0x0fed649d973d7c3a, 89567640),
    (Distribution::FullRange, DType::Int64, 100, 0x2d78c9687a435a8d, 70380744),
    (Distribution::Bernoulli { p: 0.3 }, DType::Int64, 100, 0xcdaf7d5d0b3789e4, 70380744),
    (Distribution::Geometric { p: 0.3 }, DType::Int64, 100, 0xd00f022594a0f2c0, 70380744),
    (Distribution::Integer { low: -5, high: 95 }, DType::Int32, 100, 0x95c372c84d9cbc66, 89567640),
    (Distribution::FullRange, DType::Int32, 100, 0xe46035ada6e9c3b9, 89567640),
    (Distribution::Bernoulli { p: 0.3 }, DType::Int32, 100, 0x4f626d88a2560b84, 70380744),
    (Distribution::Geometric { p: 0.3 }, DType::Int32, 100, 0x53807fa6a1f20f70, 70380744),
    (Distribution::Integer { low: -7, high: 1 << 40 }, DType::Int64, 100, 0x450400e712f95dde, 70380744),
    (Distribution::Permutation, DType::Int64, 500, 0x2a8eb8c6b6be0d09, 65543351),
    (Distribution::Exponential { rate: 1.5 }, DType::Float32, 100, 0x98d230ebb2d0bad5, 70380744),
    (Distribution::Cauchy { median: 0.5, sigma: 2.0 }, DType::Float32, 100, 0x7cf45b7bca76c3bb, 70380744),
    (Distribution::LogNormal { mean: 1.0, std: 0.5 }, DType::Float32, 100, 0xe676281ebf97d9bb, 70380744),
    (Distribution::Exponential { rate: 1.5 }, DType::Float64, 100, 0xe37d341b83ceb58c, 70380744),
    (Distribution::Cauchy { median: 0.5, sigma: 2.0 }, DType::Float64, 100, 0x05b1a539fb8f50e7, 70380744),
    (Distribution::LogNormal { mean: 1.0, std: 0.5 }, DType::Float64, 100, 0x746dfd1428b5ee4d, 70380744),
    (Distribution::Exponential { rate: 1.5 }, DType::BFloat16, 100, 0x4708305d544aefcc, 70380744),
    (Distribution::Cauchy { median: 0.5, sigma: 2.0 }, DType::BFloat16, 100, 0x18a7afe275d054e8, 70380744),
    (Distribution::LogNormal { mean: 1.0, std: 0.5 }, DType::BFloat16, 100, 0xff7271fa9af485c9, 70380744),
];

fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &b| (hash ^ b as u64).wrapping_mul(0x100_0000_01b3))
}

fn bytes(array: &Array) -> Vec<u8> {
    match_dtype!(array.dtype, T => bytemuck::cast_slice(dense::read::<T>(array).unwrap()).to_vec())
}

#[test]
fn the_numbers_are_those_of_pytorch() {
    for &(distribution, dtype, n, want, next) in RECORDED {
        // Logarithms and the like come from the platform's library; the records were made with glibc's.
        let exact = cfg!(all(target_os = "linux", target_env = "gnu"));
        let generator = Generator::new(5);
        let out = Array::empty(&[n], dtype, Device::CPU).unwrap();
        random(distribution, &generator, &[], std::slice::from_ref(&out)).unwrap();
        if exact
            || matches!(distribution, Distribution::Uniform { .. } | Distribution::Integer { .. } | Distribution::Permutation)
        {
            assert_eq!(hash(&bytes(&out)), want, "{distribution:?} {dtype:?} {n}");
        }
        assert_eq!(generator.lock().unwrap().random() % (1 << 27), next, "after {distribution:?} {dtype:?} {n}");
    }
}

#[test]
fn probabilities_are_taken_element_by_element() {
    let p: Vec<f32> = (0..40).map(|i| i as f32 / 39.0).collect();
    let p = Array::from_slice(&[40], &p).unwrap();
    let out = Array::empty(&[40], DType::UInt8, Device::CPU).unwrap();
    random(Distribution::Bernoulli { p: 0.0 }, &Generator::new(3), &[p.clone().into()], std::slice::from_ref(&out)).unwrap();
    let generator = Generator::new(3);
    for (i, &hit) in dense::read::<u8>(&out).unwrap().iter().enumerate() {
        let u = (generator.lock().unwrap().random() & 0xff_ffff) as f32 / 16_777_216.0;
        assert_eq!(hit == 1, u < i as f32 / 39.0);
    }
}

#[test]
fn strided_outputs_are_filled_in_the_order_of_memory() {
    let base = Array::empty(&[4, 6], DType::Float32, Device::CPU).unwrap();
    let order = memory_order(&base.with_layout(base.layout.transpose(0, 1)));
    assert_eq!(order[..], [1, 0]);
    assert_eq!(memory_order(&base.with_layout(Layout::strided(&[2, 3, 1], &[1, 8, 40], 0)))[..], [2, 1, 0]);
}

#[test]
fn wrong_dtypes_are_refused() {
    let out = Array::empty(&[3], DType::Int32, Device::CPU).unwrap();
    let normal = Distribution::Normal { mean: 0.0, std: 1.0 };
    assert!(random(normal, &Generator::new(0), &[], std::slice::from_ref(&out)).is_err());
}
