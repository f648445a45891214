use ferrotorch_kernel::kernel::{ConvGeometry, ConvPass};
use ferrotorch_kernel::{Array, DType, Operand};

use super::conv;
use super::geometry::Sizes;
use crate::dense;
use crate::matmul::Number;
use crate::testing::{array, on_any_threads};

/// Calls `visit(x element, w element, y element)` for every product of a convolution.
fn for_each_product(s: &Sizes, mut visit: impl FnMut(usize, usize, usize)) {
    let triples = |n: [usize; 3]| (0..n[0]).flat_map(move |a| (0..n[1]).flat_map(move |b| (0..n[2]).map(move |c| [a, b, c])));
    let flat = |p: [usize; 3], n: [usize; 3]| (p[0] * n[1] + p[1]) * n[2] + p[2];
    for n in 0..s.batch {
        for g in 0..s.groups {
            for o in 0..s.o {
                for c in 0..s.c {
                    for p in triples(s.output) {
                        for k in triples(s.kernel) {
                            let at: [isize; 3] = std::array::from_fn(|d| {
                                (p[d] * s.stride[d] + k[d] * s.dilation[d]) as isize - s.padding[d] as isize
                            });
                            if (0..3).all(|d| (0..s.input[d] as isize).contains(&at[d])) {
                                let x = ((n * s.groups + g) * s.c + c) * s.input_len() + flat(at.map(|i| i as usize), s.input);
                                let w = ((g * s.o + o) * s.c + c) * s.kernel_len() + flat(k, s.kernel);
                                visit(x, w, ((n * s.groups + g) * s.o + o) * s.output_len() + flat(p, s.output));
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Whole numbers, so that sums are exact.
fn values<T: Number>(shape: &[usize], seed: usize) -> Vec<T> {
    let value = |i: usize| T::from_scalar((((i * 31 + seed * 7 + i / 3) % 9) as i64 - 4).into());
    (0..shape.iter().product::<usize>()).map(value).collect()
}

fn check(x: &[usize], w: &[usize], geometry: &ConvGeometry, with_bias: bool) {
    check_in::<f32>(x, w, geometry, with_bias);
}

fn check_in<T: Number + PartialEq>(x: &[usize], w: &[usize], geometry: &ConvGeometry, with_bias: bool) {
    let spatial = (2..x.len()).map(|d| {
        let (s, p, l) = (geometry.stride[d - 2], geometry.padding[d - 2], geometry.dilation[d - 2]);
        (x[d] + 2 * p - l * (w[d] - 1) - 1) / s + 1
    });
    let y: Vec<usize> = [x[0], w[0]].into_iter().chain(spatial).collect();
    let sizes = Sizes::new(x, w, &y, geometry).unwrap();
    let (xv, wv, yv) = (values::<T>(x, 1), values::<T>(w, 2), values::<T>(&y, 3));
    let arrays = [(x, &xv), (w, &wv), (&y, &yv)].map(|(shape, v)| Array::from_slice(shape, v).unwrap());
    let [xa, wa, ya] = &arrays;
    for pass in [ConvPass::Forward, ConvPass::GradInput, ConvPass::GradWeight] {
        let (first, second, shape, channels) = match pass {
            ConvPass::Forward => (xa, wa, y.as_slice(), y[1]),
            ConvPass::GradInput => (ya, wa, x, x[1]),
            ConvPass::GradWeight => (ya, xa, w, 1),
        };
        let bias = (with_bias && pass != ConvPass::GradWeight).then(|| values::<T>(&[channels], 5));
        let plane: usize = shape[2..].iter().product();
        let start = |i: usize| bias.as_ref().map_or(T::zeroed(), |b| b[i / plane % channels]);
        let mut want: Vec<T> = (0..shape.iter().product()).map(start).collect();
        for_each_product(&sizes, |x, w, y| match pass {
            ConvPass::Forward => want[y] = xv[x].mul_add(wv[w], want[y]),
            ConvPass::GradInput => want[x] = yv[y].mul_add(wv[w], want[x]),
            ConvPass::GradWeight => want[w] = yv[y].mul_add(xv[x], want[w]),
        });
        let out = Array::from_slice(shape, &vec![T::from_scalar(99i64.into()); want.len()]).unwrap();
        let third = bias.map_or(Operand::None, |b| Array::from_slice(&[channels], &b).unwrap().into());
        conv(pass, geometry, &[first.clone().into(), second.clone().into(), third], std::slice::from_ref(&out)).unwrap();
        assert_eq!(dense::read::<T>(&out).unwrap(), want, "{pass:?} x {x:?} w {w:?} {geometry:?}");
    }
}

fn geometry(stride: &[usize], padding: &[usize], dilation: &[usize], groups: usize) -> ConvGeometry {
    ConvGeometry { stride: stride.into(), padding: padding.into(), dilation: dilation.into(), groups }
}

#[test]
fn one_dimension() {
    check(&[2, 3, 17], &[5, 3, 4], &geometry(&[1], &[2], &[1], 1), true);
    check(&[1, 4, 50], &[6, 2, 3], &geometry(&[3], &[4], &[5], 2), false);
    check(&[3, 1, 5], &[1, 1, 5], &geometry(&[1], &[0], &[1], 1), true);
}

#[test]
fn two_dimensions() {
    check(&[2, 3, 9, 33], &[13, 3, 3, 3], &geometry(&[1, 1], &[1, 1], &[1, 1], 1), true);
    check(&[2, 16, 12, 11], &[8, 16, 1, 1], &geometry(&[1, 1], &[0, 0], &[1, 1], 1), false);
    check(&[1, 6, 13, 14], &[4, 3, 3, 2], &geometry(&[2, 3], &[1, 0], &[1, 2], 2), true);
    check(&[2, 2, 20, 21], &[3, 2, 7, 7], &geometry(&[2, 2], &[3, 3], &[1, 1], 1), false);
    check(&[1, 2, 6, 6], &[2, 2, 1, 1], &geometry(&[4, 4], &[2, 2], &[1, 1], 1), true);
    check(&[1, 40, 7, 7], &[5, 40, 3, 3], &geometry(&[1, 1], &[1, 1], &[1, 1], 1), true);
}

/// Kernels of one element, of images that lie by channels or by positions.
#[test]
fn kernels_of_one_element() {
    let plain = |n: usize, groups| geometry(&vec![1; n], &vec![0; n], &vec![1; n], groups);
    check(&[3, 8, 10], &[12, 4, 1], &plain(1, 2), true);
    check(&[2, 16, 5, 7], &[9, 16, 1, 1], &plain(2, 1), true);
    check(&[2, 16, 5, 7], &[10, 8, 1, 1], &plain(2, 2), false);
    check(&[7, 16, 1, 1], &[9, 16, 1, 1], &plain(2, 1), true);
    check(&[4, 16, 3, 3], &[8, 8, 1, 1], &plain(2, 2), true);
    check(&[2, 6, 3, 4, 5], &[8, 6, 1, 1, 1], &plain(3, 1), true);
    check_in::<ferrotorch_kernel::dtype::c32>(&[2, 5, 4, 3], &[4, 5, 1, 1], &plain(2, 1), true);
    check_by_positions([3, 8, 5, 4], [6, 8, 1, 1], &plain(2, 1));
}

/// Kernels that lie side by side, up to the end of the images or not, in one product or several.
#[test]
fn patches() {
    let beside = |kernel: &[usize]| geometry(kernel, &vec![0; kernel.len()], &vec![1; kernel.len()], 1);
    check(&[2, 3, 16, 24], &[17, 3, 4, 8], &beside(&[4, 8]), true);
    check(&[3, 8, 11, 13], &[16, 8, 2, 3], &beside(&[2, 3]), true);
    check(&[3, 8, 11, 13], &[16, 8, 2, 3], &beside(&[2, 3]), false);
    check(&[2, 5, 40], &[20, 5, 5], &beside(&[5]), true);
    check(&[2, 4, 4, 6, 5], &[16, 4, 2, 3, 2], &beside(&[2, 3, 2]), true);
    check(&[1, 16, 6, 7], &[16, 16, 1, 2], &beside(&[1, 2]), false);
    check(&[2, 1, 1000, 1100], &[16, 1, 50, 44], &beside(&[50, 44]), false);
    check_in::<i32>(&[2, 4, 8, 8], &[16, 4, 2, 2], &beside(&[2, 2]), true);
    check_in::<ferrotorch_kernel::dtype::c32>(&[2, 4, 8, 8], &[16, 4, 2, 2], &beside(&[2, 2]), true);
    check(&[0, 16, 4, 4], &[16, 16, 2, 2], &beside(&[2, 2]), true);
    check_by_positions([2, 8, 6, 9], [16, 8, 2, 3], &beside(&[2, 3]));
}

/// Images that lie by positions, of one channel a group.
#[test]
fn depthwise_by_positions() {
    check_by_positions([2, 9, 7, 6], [9, 1, 3, 3], &geometry(&[1, 1], &[1, 1], &[1, 1], 9));
    check_by_positions([2, 10, 9, 11], [10, 1, 3, 5], &geometry(&[2, 3], &[1, 2], &[1, 1], 10));
    check_by_positions([1, 8, 12, 10], [8, 1, 2, 3], &geometry(&[1, 2], &[3, 4], &[3, 2], 8));
}

/// Images that lie by positions: long lines, short ones that are taken together, groups, and lines of the kernel with gaps.
#[test]
fn lines_of_positions() {
    check_by_positions([2, 9, 12, 30], [12, 9, 3, 3], &geometry(&[1, 1], &[1, 1], &[1, 1], 1));
    check_by_positions([3, 10, 7, 7], [9, 10, 3, 3], &geometry(&[1, 1], &[1, 1], &[1, 1], 1));
    check_by_positions([2, 9, 8, 9], [200, 9, 1, 3], &geometry(&[1, 1], &[0, 1], &[1, 1], 1));
    check_by_positions([2, 16, 9, 8], [24, 8, 3, 2], &geometry(&[1, 1], &[1, 1], &[2, 1], 2));
    check_by_positions([1, 9, 33, 40], [8, 9, 5, 3], &geometry(&[2, 3], &[2, 0], &[1, 2], 1));
    check_by_positions([1, 100, 9, 9], [16, 100, 3, 3], &geometry(&[1, 1], &[0, 0], &[1, 1], 1));
}

/// Checks all passes of images that lie by positions against those of images that lie by channels.
fn check_by_positions(x: [usize; 4], w: [usize; 4], geometry: &ConvGeometry) {
    crate::register().unwrap();
    let size = |d: usize| {
        let (s, p, l) = (geometry.stride[d], geometry.padding[d], geometry.dilation[d]);
        (x[d + 2] + 2 * p - l * (w[d + 2] - 1) - 1) / s + 1
    };
    let y = [x[0], w[0], size(0), size(1)];
    let by_positions = |shape: [usize; 4], seed: usize| {
        let [n, c, h, w] = shape;
        let memory = Array::from_slice(&[n, h, w, c], &values::<f32>(&[n, h, w, c], seed)).unwrap();
        memory.with_layout(memory.layout.permute(&[0, 3, 1, 2]))
    };
    let (images, results) = (by_positions(x, 1), by_positions(y, 2));
    let kernel = Array::from_slice(&w, &values::<f32>(&w, 3)).unwrap();
    for (pass, inputs, shape) in [
        (ConvPass::Forward, [&images, &kernel], y),
        (ConvPass::GradInput, [&results, &kernel], x),
        (ConvPass::GradWeight, [&results, &images], w),
    ] {
        let bias = Array::from_slice(&[shape[1]], &values::<f32>(&[shape[1]], 4)).unwrap();
        let third = if pass == ConvPass::GradWeight { Operand::None } else { bias.into() };
        let run = |inputs: [Array; 2], out: &Array| {
            let [first, second] = inputs.map(Operand::Array);
            conv(pass, geometry, &[first, second, third.clone()], std::slice::from_ref(out)).unwrap();
            out.contiguous().unwrap().to_vec::<f32>().unwrap()
        };
        let dense = Array::from_slice(&shape, &vec![0.0f32; shape.iter().product()]).unwrap();
        let want = run(inputs.map(|array| array.contiguous().unwrap()), &dense);
        assert_eq!(run(inputs.map(Clone::clone), &by_positions(shape, 9)), want, "{pass:?} {geometry:?}");
        assert_eq!(run(inputs.map(Clone::clone), &dense), want, "{pass:?} to rows {geometry:?}");
    }
}

/// Positions at the edges of small images have products of their own, which leave the padding out.
#[test]
fn small_images_with_padding() {
    for size in [1, 2, 3, 8] {
        check(&[9, 40, size, size], &[24, 40, 3, 3], &geometry(&[1, 1], &[1, 1], &[1, 1], 1), true);
        check(&[3, 24, size, size + 1], &[32, 12, 3, 3], &geometry(&[2, 2], &[1, 1], &[1, 1], 2), false);
    }
    check(&[4, 32, 7, 6], &[40, 32, 5, 3], &geometry(&[1, 1], &[4, 2], &[2, 2], 1), true);
    check(&[2, 24, 4, 4, 4], &[24, 24, 3, 3, 3], &geometry(&[1, 1, 1], &[1, 1, 1], &[1, 1, 1], 1), true);
    check(&[2, 24, 5, 5], &[24, 24, 2, 2], &geometry(&[1, 1], &[3, 3], &[1, 1], 1), true);
}

#[test]
fn three_dimensions() {
    check(&[1, 2, 5, 6, 7], &[4, 2, 2, 3, 3], &geometry(&[1, 2, 1], &[1, 1, 0], &[2, 1, 1], 1), true);
}

#[test]
fn depthwise() {
    check(&[2, 5, 9, 40], &[5, 1, 3, 3], &geometry(&[1, 1], &[1, 1], &[1, 1], 5), true);
    check(&[2, 3, 11, 13], &[3, 1, 5, 3], &geometry(&[2, 3], &[2, 4], &[2, 1], 3), false);
    check(&[1, 4, 6, 6], &[8, 1, 3, 3], &geometry(&[1, 1], &[0, 0], &[1, 1], 4), true);
}

#[test]
fn depthwise_of_many_planes() {
    check(&[4, 5, 9, 40], &[5, 1, 3, 3], &geometry(&[1, 1], &[1, 1], &[1, 1], 5), true);
    check(&[3, 6, 7, 7], &[6, 1, 7, 7], &geometry(&[1, 1], &[3, 3], &[1, 1], 6), true);
    check(&[6, 3, 11, 13], &[3, 1, 5, 3], &geometry(&[2, 3], &[2, 4], &[2, 1], 3), true);
    check(&[1, 17, 30, 170], &[17, 1, 3, 3], &geometry(&[1, 1], &[1, 1], &[1, 1], 17), true);
    check(&[2, 16, 64], &[16, 1, 4], &geometry(&[1], &[3], &[1], 16), true);
    check(&[2, 9, 5, 6, 7], &[9, 1, 3, 2, 3], &geometry(&[1, 2, 1], &[1, 0, 1], &[1, 1, 2], 9), true);
}

#[test]
fn infinities_of_one_line_do_not_reach_the_gradients_of_others() {
    let (planes, side) = (16, 6);
    let mut x = vec![1f32; planes * side * side];
    // The last column is read by the last column of a kernel alone.
    x[side - 1] = f32::INFINITY;
    let array = |values: &[f32], shape: &[usize]| Array::from_slice(shape, values).unwrap();
    let (x, dy) =
        (array(&x, &[1, planes, side, side]), array(&vec![1.0; planes * side * (side - 2)], &[1, planes, side, side - 2]));
    let out = array(&vec![0.0; 3 * planes], &[planes, 1, 1, 3]);
    let geometry = geometry(&[1, 1], &[0, 0], &[1, 1], planes);
    conv(ConvPass::GradWeight, &geometry, &[dy.into(), x.into()], std::slice::from_ref(&out)).unwrap();
    let found = out.to_vec::<f32>().unwrap();
    assert_eq!((&found[..3], &found[3..6]), (&[24.0, 24.0, f32::INFINITY][..], &[24.0; 3][..]));
}

#[test]
fn one_channel_on_one_side() {
    check(&[3, 1, 28, 28], &[16, 1, 5, 5], &geometry(&[1, 1], &[0, 0], &[1, 1], 1), true);
    check(&[2, 5, 9, 75], &[1, 5, 3, 3], &geometry(&[1, 1], &[1, 1], &[1, 1], 1), true);
    check(&[1, 1, 15, 31], &[3, 1, 3, 4], &geometry(&[3, 2], &[2, 3], &[2, 3], 1), false);
    check(&[1, 6, 15, 31], &[3, 2, 3, 3], &geometry(&[2, 2], &[1, 1], &[1, 2], 3), true);
}

#[test]
fn sums_of_several_blocks() {
    check(&[2, 80, 6, 7], &[7, 80, 3, 3], &geometry(&[1, 1], &[1, 1], &[1, 1], 1), true);
    check(&[1, 2, 24, 22], &[3, 2, 19, 19], &geometry(&[1, 1], &[9, 8], &[1, 1], 1), false);
    check(&[5, 3, 7, 7], &[500, 3, 1, 1], &geometry(&[2, 2], &[0, 0], &[1, 1], 1), true);
}

#[test]
fn planes_of_several_pieces() {
    check(&[1, 3, 1300], &[2, 3, 3], &geometry(&[1], &[1], &[1], 1), true);
    check(&[1, 3, 3001], &[4, 3, 4], &geometry(&[2], &[3], &[3], 1), true);
    check(&[1, 16, 60, 90], &[8, 16, 3, 3], &geometry(&[1, 1], &[1, 1], &[1, 1], 1), true);
    check(&[1, 8, 61, 97], &[8, 8, 3, 3], &geometry(&[2, 2], &[1, 1], &[1, 1], 1), true);
    check(&[1, 16, 9, 30, 33], &[4, 16, 2, 3, 3], &geometry(&[1, 2, 1], &[1, 1, 0], &[2, 1, 1], 1), true);
    check(&[1, 16, 40, 60], &[8, 16, 1, 1], &geometry(&[1, 1], &[0, 0], &[1, 1], 1), true);
}

#[test]
fn other_dtypes() {
    let geometry = geometry(&[2, 1], &[1, 2], &[1, 2], 2);
    check_in::<f64>(&[2, 6, 9, 21], &[8, 3, 3, 2], &geometry, true);
    check_in::<i64>(&[2, 6, 9, 21], &[8, 3, 3, 2], &geometry, true);
    check_in::<i32>(&[2, 2, 9, 21], &[2, 1, 3, 2], &geometry, false);
    check_in::<ferrotorch_kernel::dtype::c32>(&[1, 6, 9, 21], &[8, 3, 3, 2], &geometry, true);
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let (x, w, y) = ([3, 24, 33, 35], [20, 24, 3, 3], [3, 20, 33, 35]);
    let array = |shape: &[usize]| {
        let n = shape.iter().product::<usize>();
        let values: Vec<f32> = (0..n).map(|i| ((i * 2_654_435_761) % 1000) as f32 / 999.0 - 0.5).collect();
        Array::from_slice(shape, &values).unwrap()
    };
    let geometry = geometry(&[1, 1], &[1, 1], &[1, 1], 1);
    for (pass, first, second, out) in
        [(ConvPass::Forward, &x, &w, &y), (ConvPass::GradInput, &y, &w, &x), (ConvPass::GradWeight, &y, &x, &w)]
    {
        on_any_threads(|| {
            let out = array(out);
            conv(pass, &geometry, &[array(first).into(), array(second).into()], std::slice::from_ref(&out)).unwrap();
            dense::read::<f32>(&out).unwrap().to_vec()
        });
    }
}

/// Exact sums of whole numbers, rounded once.
fn check_rounded(x: &[usize], w: &[usize], y: &[usize], geometry: &ConvGeometry, with_bias: bool) {
    let array = |shape: &[usize], seed| array(shape, &values::<f32>(shape, seed));
    let (xa, wa, ya) = (array(x, 1), array(w, 2), array(y, 3));
    let passes = [
        (ConvPass::Forward, &xa, &wa, y, y[1]),
        (ConvPass::GradInput, &ya, &wa, x, x[1]),
        (ConvPass::GradWeight, &ya, &xa, w, 0),
    ];
    for (pass, first, second, shape, channels) in passes {
        let bias = (with_bias && channels > 0).then(|| array(&[channels], 5));
        let result = |dtype| {
            let out = Array::from_slice(shape, &vec![99f32; shape.iter().product()]).unwrap().to_dtype(dtype).unwrap();
            let third = bias.as_ref().map_or(Operand::None, |bias| bias.to_dtype(dtype).unwrap().into());
            let inputs = [first, second].map(|array| array.to_dtype(dtype).unwrap().into());
            conv(pass, geometry, &[inputs.as_slice(), &[third]].concat(), std::slice::from_ref(&out)).unwrap();
            let out = out.to_dtype(DType::BFloat16).unwrap().to_dtype(DType::Float32).unwrap();
            dense::read::<f32>(&out).unwrap().to_vec()
        };
        let want = result(DType::Float32);
        let got = on_any_threads(|| result(DType::BFloat16));
        assert_eq!(got, want, "{pass:?} x {x:?} w {w:?} {geometry:?}");
    }
}

#[test]
fn half_types_round_once() {
    let plain = |groups| geometry(&[1, 1], &[1, 1], &[1, 1], groups);
    check_rounded(&[2, 64, 17, 13], &[40, 64, 3, 3], &[2, 40, 17, 13], &plain(1), true);
    check_rounded(&[3, 33, 9, 31], &[19, 33, 3, 3], &[3, 19, 9, 31], &plain(1), true);
    check_rounded(&[5, 48, 7, 7], &[70, 24, 3, 3], &[5, 70, 7, 7], &plain(2), false);
    check_rounded(&[1, 200, 12, 12], &[36, 200, 1, 1], &[1, 36, 12, 12], &geometry(&[1, 1], &[0, 0], &[1, 1], 1), true);
    check_rounded(&[2, 32, 33, 30], &[32, 32, 3, 2], &[2, 32, 17, 10], &geometry(&[2, 3], &[1, 1], &[1, 2], 1), true);
    check_rounded(&[1, 20, 60, 90], &[5, 20, 3, 3], &[1, 5, 60, 90], &plain(1), true);
    check_rounded(&[2, 40, 300], &[24, 40, 5], &[2, 24, 298], &geometry(&[1], &[3], &[2], 1), true);
    let deep = geometry(&[1, 1, 1], &[1, 1, 1], &[1, 1, 1], 1);
    check_rounded(&[1, 36, 5, 6, 7], &[17, 36, 3, 3, 3], &[1, 17, 5, 6, 7], &deep, true);
    check_rounded(&[2, 3, 20, 20], &[16, 3, 3, 3], &[2, 16, 20, 20], &plain(1), true);
}

#[test]
fn nothing_to_do() {
    check(&[0, 2, 5, 5], &[3, 2, 3, 3], &geometry(&[1, 1], &[1, 1], &[1, 1], 1), true);
    check(&[2, 0, 5, 5], &[3, 0, 3, 3], &geometry(&[1, 1], &[1, 1], &[1, 1], 1), true);
}
