//! Matrix products.

use ferrotorch_core::dtype::f16;
use ferrotorch_core::kernel::Kernel;
use ferrotorch_core::{Layout, Operand, Scalar};

use crate::support::{assert_close, compute, on_each, upload, wave};

fn product(batch: usize, m: usize, n: usize, k: usize, a: &[f32], b: &[f32]) -> Vec<f32> {
    let mut out = vec![0.0; batch * m * n];
    for (i, x) in out.iter_mut().enumerate() {
        let (p, row, column) = (i / (m * n), i / n % m, i % n);
        *x = (0..k).map(|j| a[(p * m + row) * k + j] as f64 * b[(p * k + j) * n + column] as f64).sum::<f64>() as f32;
    }
    out
}

fn kernel(alpha: f64, beta: f64) -> Kernel<'static> {
    Kernel::MatMul { alpha: Scalar::Float(alpha), beta: Scalar::Float(beta) }
}

#[test]
fn sizes_on_both_sides_of_the_tiles() {
    on_each(|device| {
        for (batch, m, n, k) in
            [(1, 1, 1, 1), (2, 3, 5, 7), (1, 33, 31, 17), (1, 64, 128, 16), (2, 70, 150, 45), (3, 1, 200, 64), (1, 200, 1, 64)]
        {
            let (a, b) = (wave(batch * m * k), wave(batch * k * n + 1)[1..].to_vec());
            let inputs: [Operand; 2] = [upload(device, &[batch, m, k], &a).into(), upload(device, &[batch, k, n], &b).into()];
            assert_close(
                &compute::<f32>(device, kernel(1.0, 0.0), &inputs, &[batch, m, n]),
                &product(batch, m, n, k, &a, &b),
                1e-5,
            );
        }
    });
}

#[test]
fn transposed_operands_and_an_addend() {
    on_each(|device| {
        let (m, n, k) = (65, 130, 33);
        let (a, b, c) = (wave(m * k), wave(k * n + 5)[5..].to_vec(), wave(n + 3)[3..].to_vec());
        let columns = |v: &[f32], rows: usize, width: usize| {
            (0..rows * width).map(|i| v[(i % rows) * width + i / rows]).collect::<Vec<_>>()
        };
        let a_t = upload(device, &[1, k, m], &columns(&a, m, k));
        let b_t = upload(device, &[1, n, k], &columns(&b, k, n));
        let bias = upload(device, &[n], &c);
        let inputs: [Operand; 3] = [
            a_t.with_layout(a_t.layout.transpose(1, 2)).into(),
            b_t.with_layout(b_t.layout.transpose(1, 2)).into(),
            bias.with_layout(Layout::strided(&[1, m, n], &[0, 0, 1], 0)).into(),
        ];
        let expected: Vec<f32> = product(1, m, n, k, &a, &b).iter().enumerate().map(|(i, x)| 2.0 * x - 0.5 * c[i % n]).collect();
        assert_close(&compute::<f32>(device, kernel(2.0, -0.5), &inputs, &[1, m, n]), &expected, 1e-5);
    });
}

#[test]
fn integers_wrap_and_halves_accumulate_in_float32() {
    on_each(|device| {
        let a: Vec<i64> = (0..6).map(|i| i << 60 | i).collect();
        let inputs: [Operand; 2] = [upload(device, &[1, 2, 3], &a).into(), upload(device, &[1, 3, 2], &a).into()];
        let expected: Vec<i64> =
            (0..4).map(|i| (0..3).fold(0i64, |s, j| s.wrapping_add(a[i / 2 * 3 + j].wrapping_mul(a[j * 2 + i % 2])))).collect();
        assert_eq!(compute::<i64>(device, kernel(1.0, 0.0), &inputs, &[1, 2, 2]), expected);
        let ones: Vec<f16> = vec![f16::ONE; 3 * 4099];
        let inputs: [Operand; 2] = [upload(device, &[1, 3, 4099], &ones).into(), upload(device, &[1, 4099, 3], &ones).into()];
        assert_eq!(compute::<f16>(device, kernel(1.0, 0.0), &inputs, &[1, 3, 3]), [f16::from_f32(4099.0); 9]);
    });
}
