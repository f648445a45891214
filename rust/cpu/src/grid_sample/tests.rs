use ferrotorch_kernel::Operand;
use ferrotorch_kernel::grid::{GridMode, GridPadding, GridPass, GridSampling};

use super::grid_sample;
use crate::dense;
use crate::testing::{array, on_any_threads};

const MODES: [GridMode; 3] = [GridMode::Nearest, GridMode::Linear, GridMode::Cubic];
const PADDINGS: [GridPadding; 3] = [GridPadding::Zeros, GridPadding::Border, GridPadding::Reflection];

/// More points than are looked at together, some of them far outside.
const POINTS: usize = 150;

fn numbers(n: usize, seed: usize) -> Vec<f64> {
    (0..n).map(|i| ((i * 7919 + seed * 104_729) % 1009) as f64 / 400.0 - 1.26).collect()
}

fn samplings() -> impl Iterator<Item = GridSampling> {
    MODES.into_iter().flat_map(|mode| {
        PADDINGS
            .into_iter()
            .flat_map(move |padding| [true, false].map(|align_corners| GridSampling { mode, padding, align_corners }))
    })
}

fn run(
    pass: GridPass,
    sampling: GridSampling,
    inputs: [(&[usize], &[f64]); 2],
    more: Option<(&[usize], &[f64])>,
    shape: &[usize],
) -> Vec<f64> {
    let inputs: Vec<Operand> = inputs.into_iter().chain(more).map(|(shape, values)| array(shape, values).into()).collect();
    let out = array(shape, &vec![f64::NAN; shape.iter().product()]);
    grid_sample(pass, sampling, &inputs, std::slice::from_ref(&out)).unwrap();
    dense::read(&out).unwrap().to_vec()
}

/// The position that stands for one, by the definition.
fn inside(sampling: GridSampling, mut p: f64, size: usize) -> f64 {
    let last = size as f64 - 1.0;
    if sampling.padding == GridPadding::Reflection {
        let (low, high) = if sampling.align_corners { (0.0, last) } else { (-0.5, last + 0.5) };
        while high > low && !(low..=high).contains(&p) {
            p = if p < low { 2.0 * low - p } else { 2.0 * high - p };
        }
    }
    if sampling.padding == GridPadding::Zeros { p } else { p.clamp(0.0, last) }
}

/// The weights of all pixels of a line, and of what is outside of it none.
fn weights(sampling: GridSampling, coordinate: f64, size: usize) -> Vec<f64> {
    let n = size as f64;
    let p = if sampling.align_corners { (coordinate + 1.0) / 2.0 * (n - 1.0) } else { ((coordinate + 1.0) * n - 1.0) / 2.0 };
    let q = inside(sampling, p, size);
    let keys = |x: f64| match x.abs() {
        x if x <= 1.0 => (1.25 * x - 2.25) * x * x + 1.0,
        x if x < 2.0 => ((x - 5.0) * x + 8.0) * x * -0.75 + 3.0,
        _ => 0.0,
    };
    let taps: Vec<(f64, f64)> = match sampling.mode {
        GridMode::Nearest => vec![(q.round_ties_even(), 1.0)],
        GridMode::Linear => vec![(q.floor(), 1.0 - (q - q.floor())), (q.floor() + 1.0, q - q.floor())],
        GridMode::Cubic => (-1..3).map(|k| p.floor() + k as f64).map(|at| (inside(sampling, at, size), keys(p - at))).collect(),
    };
    let mut weights = vec![0.0; size];
    for (at, weight) in taps {
        if at >= 0.0 && at < n {
            weights[at as usize] += weight;
        }
    }
    weights
}

fn expected(sampling: GridSampling, shape: &[usize], x: &[f64], grid: &[f64]) -> Vec<f64> {
    let (dims, pixels) = (shape.len() - 2, shape[2..].iter().product::<usize>());
    let mut out = Vec::new();
    for (image, channels) in x.chunks(shape[1] * pixels).enumerate() {
        for channel in channels.chunks(pixels) {
            for point in grid[image * POINTS * dims..][..POINTS * dims].chunks(dims) {
                let mut sum: Vec<f64> = channel.to_vec();
                for d in (0..dims).rev() {
                    let line = weights(sampling, point[dims - 1 - d], shape[2 + d]);
                    sum = sum.chunks(shape[2 + d]).map(|pixels| pixels.iter().zip(&line).map(|(x, w)| x * w).sum()).collect();
                }
                out.push(sum[0]);
            }
        }
    }
    out
}

fn for_each_call(check: impl Fn(GridSampling, &[usize], &[f64], &[f64])) {
    for shape in [&[2, 3, 4, 5][..], &[1, 18, 1, 7], &[2, 2, 3, 4, 2]] {
        let dims = shape.len() - 2;
        let (x, grid) = (numbers(shape.iter().product(), 1), numbers(shape[0] * POINTS * dims, 2));
        samplings().for_each(|sampling| check(sampling, shape, &x, &grid));
    }
}

fn assert_close(got: &[f64], wanted: &[f64], what: &str) {
    assert_eq!(got.len(), wanted.len(), "{what}");
    for (i, (a, b)) in got.iter().zip(wanted).enumerate() {
        assert!((a - b).abs() <= 1e-6 * (1.0 + b.abs()), "{what}: {a} at {i}, not {b}");
    }
}

#[test]
fn samples_are_weighted_sums_of_pixels() {
    for_each_call(|sampling, shape, x, grid| {
        let grid_shape = [shape[0], POINTS, shape.len() - 2];
        let got = on_any_threads(|| {
            run(GridPass::Forward, sampling, [(shape, x), (&grid_shape, grid)], None, &[shape[0], shape[1], POINTS])
        });
        assert_close(&got, &expected(sampling, shape, x, grid), &format!("{sampling:?} of {shape:?}"));
    });
}

#[test]
fn the_gradient_of_an_image_is_the_transpose() {
    for_each_call(|sampling, shape, x, grid| {
        let (grid_shape, flat) = ([shape[0], POINTS, shape.len() - 2], [shape[0], shape[1], POINTS]);
        let g = numbers(flat.iter().product(), 3);
        let dx = on_any_threads(|| run(GridPass::GradInput, sampling, [(&flat, &g), (&grid_shape, grid)], None, shape));
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let there = dot(&g, &expected(sampling, shape, x, grid));
        assert_close(&[dot(&dx, x)], &[there], &format!("{sampling:?} of {shape:?}"));
    });
}

#[test]
fn the_gradient_of_a_grid_is_the_slope_of_the_samples() {
    for_each_call(|sampling, shape, x, grid| {
        let dims = shape.len() - 2;
        let (grid_shape, flat) = ([shape[0], POINTS, dims], [shape[0], shape[1], POINTS]);
        let g = numbers(flat.iter().product(), 3);
        let got = on_any_threads(|| {
            run(GridPass::GradGrid, sampling, [(&flat, &g), (shape, x)], Some((&grid_shape, grid)), &grid_shape)
        });
        const STEP: f64 = 1e-6;
        for which in 0..dims {
            let moved = |step: f64| {
                let grid: Vec<f64> =
                    grid.iter().enumerate().map(|(i, c)| if i % dims == which { c + step } else { *c }).collect();
                expected(sampling, shape, x, &grid)
            };
            let (up, down) = (moved(STEP), moved(-STEP));
            for image in 0..shape[0] {
                for point in 0..POINTS {
                    let places = (0..shape[1]).map(|channel| (image * shape[1] + channel) * POINTS + point);
                    let slope: f64 = places.map(|i| g[i] * (up[i] - down[i]) / (2.0 * STEP)).sum();
                    let slope = if sampling.mode == GridMode::Nearest { 0.0 } else { slope };
                    let got = got[(image * POINTS + point) * dims + which];
                    // Where the slope itself jumps, differences are of no use.
                    let jumps = (got - slope).abs() > 1e-4 * (1.0 + slope.abs());
                    assert!(
                        !jumps
                            || is_on_a_corner(sampling, grid[(image * POINTS + point) * dims + which], shape[1 + dims - which]),
                        "{sampling:?} of {shape:?}: {got}, not {slope}"
                    );
                }
            }
        }
    });
}

/// Is a point so near to a pixel's centre or edge that the samples bend there?
fn is_on_a_corner(sampling: GridSampling, coordinate: f64, size: usize) -> bool {
    let n = size as f64;
    let p = if sampling.align_corners { (coordinate + 1.0) * (n - 1.0) } else { (coordinate + 1.0) * n - 1.0 };
    (p - p.round()).abs() < 1e-5
}

#[test]
fn what_is_outside_leaves_infinite_pixels_alone() {
    let sampling = GridSampling { mode: GridMode::Linear, padding: GridPadding::Zeros, align_corners: true };
    let x = [f64::INFINITY, 1.0, 2.0, 3.0];
    let grid = [3.0, 3.0, 1.0, 1.0, f64::NAN, 0.0];
    let out = run(GridPass::Forward, sampling, [(&[1, 1, 2, 2], &x), (&[1, 3, 2], &grid)], None, &[1, 1, 3]);
    assert_eq!(out[..2], [0.0, 3.0]);
    assert!(out[2].is_nan());
}
