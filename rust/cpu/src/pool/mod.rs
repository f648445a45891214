//! Pooling over one to three spatial dimensions, all passes. A task is one plane, so results do not depend on threads.

mod average;
mod max;
mod window;

#[cfg(test)]
mod tests;

use ferrotorch_kernel::dtype::{DType, Element};
use ferrotorch_kernel::kernel::{PoolPass, PoolWindow};
use ferrotorch_kernel::{Array, Error, Operand, Result, bail, ensure, match_dtype};

use crate::dense;
use crate::parallel::{self, Cost};
use crate::reduce::Limits;
use average::Divisor;
use window::Windows;

/// Runs [`ferrotorch_kernel::kernel::Kernel::Pool`].
pub(crate) fn pool(pass: PoolPass, window: &PoolWindow, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let (Some(first), Some(out)) = (inputs.first(), outputs.first()) else {
        bail!(Runtime, "pool: an input and an output are needed")
    };
    if out.numel() == 0 {
        return Ok(());
    }
    // Half types are computed in float32.
    let dtype = out.dtype.accumulate();
    let first = dense::input(first.array()?, dtype)?;
    let (x, y) = (first.shape(), out.shape());
    match pass {
        PoolPass::Max | PoolPass::AdaptiveMax => {
            let Some(indices) = outputs.get(1) else { bail!(Runtime, "max_pool: two outputs are needed") };
            ensure!(indices.shape() == y, Runtime, "max_pool: positions of shape {:?} do not fit {y:?}", indices.shape());
            let windows = if pass == PoolPass::Max { Windows::sliding(x, y, window)? } else { Windows::adaptive(x, y)? };
            dense::through(indices, DType::Int64, |indices| {
                dense::through(out, dtype, |out| largest(&windows, &first, out, indices))
            })
        }
        PoolPass::MaxGrad => {
            let Some(indices) = inputs.get(1) else { bail!(Runtime, "max_pool: positions are needed") };
            let indices = dense::input(indices.array()?, DType::Int64)?;
            dense::through(out, dtype, |out| spread_to_largest(&first, &indices, out))
        }
        PoolPass::Average { count_include_pad, divisor } => {
            average(&Windows::sliding(x, y, window)?, Divisor::new(count_include_pad, divisor), &first, out, false)
        }
        PoolPass::AverageGrad { count_include_pad, divisor } => {
            average(&Windows::sliding(y, x, window)?, Divisor::new(count_include_pad, divisor), &first, out, true)
        }
        PoolPass::AdaptiveAverage => average(&Windows::adaptive(x, y)?, Divisor::Inside, &first, out, false),
        PoolPass::AdaptiveAverageGrad => average(&Windows::adaptive(y, x)?, Divisor::Inside, &first, out, true),
    }
}

fn largest(windows: &Windows, x: &Array, out: &Array, indices: &Array) -> Result<()> {
    match_dtype!(@ x.dtype, T, {
        let x = dense::read::<T>(x)?;
        dense::write(out, |out: &mut [T]| {
            dense::write(indices, |indices: &mut [i64]| {
                let pairs = out.chunks_mut(windows.output_len().max(1)).zip(indices.chunks_mut(windows.output_len().max(1)));
                for_each_plane(pairs.collect(), Cost::streamed(3 * windows.input_len()), |plane, (out, indices)| {
                    max::plane(windows, &x[plane * windows.input_len()..][..windows.input_len()], out, indices);
                });
            })
        })?
    }, Err(Error::dtype("max_pool", x.dtype, "use a real dtype")), [UInt8 u8, Int8 i8, Int16 i16, Int32 i32, Int64 i64, Float32 f32, Float64 f64])
}

fn spread_to_largest(dy: &Array, indices: &Array, dx: &Array) -> Result<()> {
    ensure!(
        dy.shape() == indices.shape(),
        Runtime,
        "max_pool: gradient {:?} and positions {:?} do not fit",
        dy.shape(),
        indices.shape()
    );
    let plane_of = |shape: &[usize]| shape.get(2..).map_or(1, |s| s.iter().product::<usize>());
    let (input_len, output_len) = (plane_of(dx.shape()), plane_of(dy.shape()));
    let indices = dense::read::<i64>(indices)?;
    if let Some(bad) = indices.iter().find(|&&i| i < 0 || i as usize >= input_len) {
        bail!(Index, "max_pool backward: position {bad} is outside of a plane of {input_len} elements");
    }
    match_dtype!(dx.dtype, T in [f32, f64] => {
        let dy = dense::read::<T>(dy)?;
        dense::write(dx, |dx: &mut [T]| {
            for_each_plane(dx.chunks_mut(input_len.max(1)).collect(), Cost::streamed(3 * input_len), |plane, dx| {
                let range = plane * output_len..(plane + 1) * output_len;
                dx.fill(0.0);
                dy[range.clone()].iter().zip(&indices[range]).for_each(|(&g, &i)| dx[i as usize] += g);
            });
        })
    }, else => Err(Error::dtype("max_pool backward", dx.dtype, "use a float dtype")))
}

fn average(windows: &Windows, divisor: Divisor, from: &Array, out: &Array, backward: bool) -> Result<()> {
    dense::through(out, from.dtype, |out| {
        match_dtype!(from.dtype, T in [f32, f64] => {
            let from = dense::read::<T>(from)?;
            let (here, there) = if backward { (windows.input_len(), windows.output_len()) } else { (windows.output_len(), windows.input_len()) };
            dense::write(out, |out: &mut [T]| {
                for_each_plane(out.chunks_mut(here.max(1)).collect(), Cost::streamed(3 * windows.input_len()), |plane, out| {
                    let from = &from[plane * there..][..there];
                    if backward { average::grad_plane(windows, divisor, from, out) } else { average::plane(windows, divisor, from, out) }
                });
            })
        }, else => Err(Error::dtype("avg_pool", from.dtype, "use a float dtype")))
    })
}

fn for_each_plane<P: Send>(mut planes: Vec<P>, cost: Cost, work: impl Fn(usize, &mut P) + Sync) {
    parallel::for_each_chunk_mut(&mut planes, cost, |first, planes| {
        planes.iter_mut().enumerate().for_each(|(i, plane)| work(first + i, plane));
    });
}

/// An element that can be the largest.
pub(crate) trait Ordered: Element + PartialOrd + Limits {}

impl<T: Element + PartialOrd + Limits> Ordered for T {}
