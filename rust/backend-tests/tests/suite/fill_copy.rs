//! Fills, ranges, transfers, strided copies and conversions.

use ferrotorch_core::dtype::{Bool, bf16, f16};
use ferrotorch_core::kernel::Kernel;
use ferrotorch_core::{Array, Layout, Operand, Scalar};

use crate::support::{compute, download, empty, on_each, upload, wave};

#[test]
fn arrays_survive_the_way_to_the_device_and_back() {
    on_each(|device| {
        for n in [0, 1, 2, 3, 5, 4097] {
            let bytes: Vec<u8> = (0..n).map(|i| (i * 37) as u8).collect();
            assert_eq!(download::<u8>(device, &upload(device, &[n], &bytes)), bytes);
            let longs: Vec<i64> = (0..n as i64).map(|i| (i - 2) * 0x1234_5678_9abc).collect();
            assert_eq!(download::<i64>(device, &upload(device, &[n], &longs)), longs);
        }
    });
}

#[test]
fn narrow_views_are_written_without_touching_their_neighbours() {
    on_each(|device| {
        for (start, end) in [(0, 3), (1, 2), (2, 9), (3, 11), (5, 16)] {
            let base = upload(device, &[16], &[9u8; 16]);
            let view = base.with_layout(base.layout.slice(0, start, end - start, 1));
            device.run(&Kernel::Fill { value: Scalar::Int(4) }, &[], std::slice::from_ref(&view)).unwrap();
            let expected: Vec<u8> = (0..16).map(|i| if (start..end).contains(&i) { 4 } else { 9 }).collect();
            assert_eq!(download::<u8>(device, &base), expected);
            let values: Vec<u8> = (0..(end - start) as u8).collect();
            device.write(&Array::from_slice(&[end - start], &values).unwrap(), &view).unwrap();
            assert_eq!(download::<u8>(device, &view), values);
            assert_eq!(download::<u8>(device, &base)[end..], expected[end..]);
        }
        let base = upload(device, &[4, 5], &[1u8; 20]);
        let column = base.with_layout(base.layout.slice(1, 2, 1, 1));
        device.run(&Kernel::Fill { value: Scalar::Int(0) }, &[], &[column]).unwrap();
        let expected: Vec<u8> = (0..20).map(|i| (i % 5 != 2) as u8).collect();
        assert_eq!(download::<u8>(device, &base), expected);
    });
}

#[test]
fn strided_and_flipped_copies_follow_the_layout() {
    on_each(|device| {
        let values: Vec<i32> = (0..24).collect();
        let input = upload(device, &[2, 3, 4], &values);
        let turned = input.with_layout(input.layout.permute(&[2, 0, 1]).flip(&[1]));
        let expected: Vec<i32> = (0..24)
            .map(|i| {
                let (a, b, c) = (i / 6, i / 3 % 2, i % 3);
                (1 - b) * 12 + c * 4 + a
            })
            .collect();
        assert_eq!(compute::<i32>(device, Kernel::Copy, &[turned.clone().into()], &[4, 2, 3]), expected);
        assert_eq!(download::<i32>(device, &turned), expected);
        let halves: Vec<f16> = values.iter().map(|&v| f16::from_f32(v as f32)).collect();
        let half = upload(device, &[2, 3, 4], &halves);
        let target = empty(device, Layout::contiguous(&[3, 2, 4]), ferrotorch_core::DType::Float16);
        device.run(&Kernel::Copy, &[half.into()], &[target.with_layout(target.layout.permute(&[1, 0, 2]))]).unwrap();
        let expected: Vec<f16> = (0..24).map(|i| halves[(i / 4 % 2) * 12 + i / 8 * 4 + i % 4]).collect();
        assert_eq!(download::<f16>(device, &target), expected);
    });
}

#[test]
fn more_than_eight_dimensions_are_split() {
    on_each(|device| {
        let shape = [2usize; 11];
        let values: Vec<i32> = (0..2048).collect();
        let input = upload(device, &shape, &values);
        let dims: Vec<usize> = (0..11).rev().collect();
        let reversed = input.with_layout(input.layout.permute(&dims));
        let expected: Vec<i32> = (0..2048i32).map(|i| (0..11).fold(0, |r, bit| r | (i >> bit & 1) << (10 - bit))).collect();
        assert_eq!(compute::<i32>(device, Kernel::Copy, &[reversed.into()], &shape), expected);
    });
}

#[test]
fn conversions_round_as_the_host_does() {
    on_each(|device| {
        let mut values: Vec<f32> = wave(1000).iter().flat_map(|&x| [x, x * 1e-6, x * 7e4, x * 1e38]).collect();
        values.extend([
            0.0,
            -0.0,
            f32::INFINITY,
            f32::NEG_INFINITY,
            65504.0,
            65520.0,
            6.1e-5,
            5.96e-8,
            2.9e-8,
            1.0 + 1.0 / 2048.0,
        ]);
        let n = values.len();
        let input: Operand = upload(device, &[n], &values).into();
        let halves = compute::<f16>(device, Kernel::Copy, std::slice::from_ref(&input), &[n]);
        let brains = compute::<bf16>(device, Kernel::Copy, std::slice::from_ref(&input), &[n]);
        for (i, &x) in values.iter().enumerate() {
            assert_eq!(halves[i].to_bits(), f16::from_f32(x).to_bits(), "float16 of {x:e}");
            assert_eq!(brains[i].to_bits(), bf16::from_f32(x).to_bits(), "bfloat16 of {x:e}");
        }
        let back = compute::<f32>(device, Kernel::Copy, &[upload(device, &[n], &halves).into()], &[n]);
        assert_eq!(back, halves.iter().map(|h| h.to_f32()).collect::<Vec<_>>());
        let ints: Vec<i64> = vec![0, 1, -1, 255, 256, 300, -129, 1 << 40, i64::MIN];
        let input: Operand = upload(device, &[9], &ints).into();
        assert_eq!(
            compute::<u8>(device, Kernel::Copy, std::slice::from_ref(&input), &[9]),
            ints.iter().map(|&i| i as u8).collect::<Vec<_>>()
        );
        assert_eq!(
            compute::<i16>(device, Kernel::Copy, std::slice::from_ref(&input), &[9]),
            ints.iter().map(|&i| i as i16).collect::<Vec<_>>()
        );
        assert_eq!(
            compute::<f32>(device, Kernel::Copy, std::slice::from_ref(&input), &[9]),
            ints.iter().map(|&i| i as f32).collect::<Vec<_>>()
        );
        assert_eq!(
            compute::<Bool>(device, Kernel::Copy, &[input], &[9]),
            ints.iter().map(|&i| Bool::new(i != 0)).collect::<Vec<_>>()
        );
    });
}

#[test]
fn ranges_are_exact() {
    on_each(|device| {
        let kernel = || Kernel::Range { start: Scalar::Float(0.1), step: Scalar::Float(0.1) };
        let expected: Vec<f32> = (0..1000).map(|i| (0.1 + i as f64 * 0.1) as f32).collect();
        assert_eq!(compute::<f32>(device, kernel(), &[], &[1000]), expected);
        let kernel = Kernel::Range { start: Scalar::Int(i64::MAX - 10), step: Scalar::Int(-3) };
        assert_eq!(compute::<i64>(device, kernel, &[], &[9]), (0..9).map(|i| i64::MAX - 10 - 3 * i).collect::<Vec<_>>());
        let kernel = Kernel::Range { start: Scalar::Int(250), step: Scalar::Int(1) };
        assert_eq!(compute::<u8>(device, kernel, &[], &[9]), (250..259).map(|i| i as u8).collect::<Vec<_>>());
    });
}

#[test]
fn fills_beyond_the_limits_of_one_launch_are_split() {
    on_each(|device| {
        // More than 65 535 workgroups, and more than the 128 MiB that some adapters bind at once.
        let n = 40_000_003;
        let out = empty(device, Layout::contiguous(&[n]), ferrotorch_core::DType::Float32);
        device.run(&Kernel::Fill { value: Scalar::Float(2.5) }, &[], std::slice::from_ref(&out)).unwrap();
        for start in [0, n / 2, n - 5] {
            let part = out.with_layout(out.layout.slice(0, start, 5, 1));
            assert_eq!(download::<f32>(device, &part), [2.5; 5]);
        }
    });
}
