//! The host's backend: which function computes which family of kernels.

use ferrotorch_kernel::backend::{self, Backend, DeviceInfo, Platform};
use ferrotorch_kernel::interrupt;
use ferrotorch_kernel::kernel::Kernel;
use ferrotorch_kernel::memory::HostBuffer;
use ferrotorch_kernel::{Array, DType, DeviceKind, Operand, Result, Storage, bail};

use crate::{
    argreduce, attention, cells, check, class_loss, concat, conv, copy, ctc, fft, fill, gather, grid_sample, index, linalg,
    matmul, nonzero, norm, optimizer, pad, pointwise, pool, random, reduce, resize, scan, search, softmax, sort, triangle,
};

/// Kernels on host memory.
#[derive(Clone, Copy, Debug, Default)]
pub struct CpuBackend;

/// Makes this the backend of device `cpu`; later calls change nothing. Fails where `FERROTORCH_CPU_CAPABILITY` names no
/// level.
pub fn register() -> Result<()> {
    crate::isa::bound()?;
    backend::register(DeviceKind::Cpu, Box::new(CpuBackend));
    Ok(())
}

impl Platform for CpuBackend {
    fn devices(&self) -> Result<Vec<DeviceInfo>> {
        Ok(vec![DeviceInfo {
            name: std::env::consts::ARCH.into(),
            class: "cpu",
            api: String::new(),
            driver: String::new(),
            int64: true,
            float64: true,
            max_tensor_bytes: isize::MAX as u64,
        }])
    }

    fn open(&self, _: u8) -> Result<Box<dyn Backend>> {
        ferrotorch_linalg::set_poll(interrupt::stops);
        Ok(Box::new(CpuBackend))
    }
}

impl Backend for CpuBackend {
    fn allocate(&self, bytes: usize, _: DType) -> Result<Storage> {
        Ok(Storage::host(HostBuffer::uninitialized(bytes)?))
    }

    fn read(&self, array: &Array) -> Result<Array> {
        let host = Array::empty(array.shape(), array.dtype, array.device())?;
        copy::copy(&Operand::Array(array.clone()), &host)?;
        Ok(host)
    }

    fn write(&self, host: &Array, array: &Array) -> Result<()> {
        copy::copy(&Operand::Array(host.clone()), array)
    }

    fn run(&self, kernel: &Kernel, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
        interrupt::finish(compute(kernel, inputs, outputs))
    }

    fn supports(&self, kernel: &Kernel, dtype: DType) -> bool {
        match kernel {
            Kernel::Attention(call) | Kernel::AttentionGrad(call) => attention::is_possible(call, dtype),
            // Of scores a softmax comes first, which takes the positions of images side by side.
            Kernel::ClassLoss(call) => call.is_log && dtype.is_float(),
            Kernel::Cell(_) => dtype.is_float(),
            Kernel::Ctc { .. } => matches!(dtype, DType::Float32 | DType::Float64),
            Kernel::RmsNorm { .. } => norm::has_rms_norm(dtype),
            Kernel::Resize { .. } => dtype.is_float() || dtype == DType::UInt8,
            _ => true,
        }
    }

    /// Kernels have finished when they return.
    fn synchronize(&self) -> Result<()> {
        Ok(())
    }
}

fn compute(kernel: &Kernel, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    if let Kernel::Check { class, text } = *kernel {
        return check::check(class, text, inputs);
    }
    let Some(out) = outputs.first() else { return Ok(()) };
    match *kernel {
        Kernel::Pointwise { op, compute, params } => pointwise::pointwise(op, compute, params, inputs, out),
        Kernel::Fill { value } => fill::fill(value, out),
        Kernel::Copy => copy::copy(first(inputs)?, out),
        Kernel::Range { start, step } => fill::range(start, step, out),
        Kernel::Linspace { start, end } => fill::linspace(start, end, out),
        Kernel::Reduce { op } => reduce::reduce(op, inputs, outputs),
        Kernel::ArgReduce { op, dim } => argreduce::arg_reduce(op, dim, inputs, outputs),
        Kernel::Scan { op, dim } => scan::scan(op, dim, inputs, outputs),
        Kernel::Sort { dim, descending } => sort::sort(dim, descending, inputs, outputs),
        Kernel::TopK { k, dim, largest } => sort::top_k(k, dim, largest, inputs, outputs),
        Kernel::Ranked { rank, dim } => sort::ranked(rank, dim, inputs, outputs),
        Kernel::SearchSorted { right } => search::search_sorted(right, inputs, outputs),
        Kernel::Nonzero => nonzero::nonzero(inputs, outputs),
        Kernel::Gather { dim } => gather::gather(dim, inputs, outputs),
        Kernel::Scatter { dim, combine } => gather::scatter(dim, combine, inputs, outputs),
        Kernel::Index { wraps } => index::index(wraps, inputs, outputs),
        Kernel::IndexPut { combine, wraps } => index::index_put(combine, wraps, inputs, outputs),
        Kernel::Triangle { diagonal, upper } => triangle::triangle(diagonal, upper, inputs, outputs),
        Kernel::Fft { transform, dims, scale } => fft::fft(transform, dims, scale, inputs, outputs),
        Kernel::Concat { dim } => concat::concat(dim, inputs, out),
        Kernel::ClassLoss(call) => class_loss::class_loss(call, inputs, outputs),
        Kernel::ClassLossGrad(call) => class_loss::class_loss_grad(call, inputs, out),
        Kernel::Cell(cell) => cells::step(cell, inputs, outputs),
        Kernel::CellGrad(cell) => cells::step_grad(cell, inputs, outputs),
        Kernel::Ctc { blank } => ctc::losses(blank, inputs, outputs),
        Kernel::CtcGrad { blank, zero_infinity } => ctc::gradient(blank, zero_infinity, inputs, out),
        Kernel::Softmax { dim, log } => softmax::softmax(dim, log, inputs, outputs),
        Kernel::SoftmaxGrad { dim, log } => softmax::softmax_grad(dim, log, inputs, outputs),
        Kernel::LayerNorm { eps } | Kernel::GroupNorm { eps } => norm::layer_norm(eps, inputs, outputs),
        Kernel::RmsNorm { eps } => norm::rms_norm(eps, inputs, out),
        Kernel::LayerNormGrad => norm::layer_norm_grad(inputs, outputs),
        Kernel::BatchNorm { eps, training } => norm::batch_norm(eps, training, inputs, outputs),
        Kernel::BatchNormGrad { training } => norm::batch_norm_grad(training, inputs, outputs),
        Kernel::MatMul { alpha, beta } => matmul::matmul(alpha, beta, inputs, outputs),
        Kernel::Attention(call) => attention::attention(&call, inputs, outputs),
        Kernel::AttentionGrad(call) => attention::attention_grad(&call, inputs, outputs),
        Kernel::Linalg { op } => linalg::linalg(op, inputs, outputs),
        Kernel::Conv { pass, geometry } => conv::conv(pass, geometry, inputs, outputs),
        Kernel::Random { distribution, generator } => random::random(distribution, generator, inputs, outputs),
        Kernel::Pool { pass, window } => pool::pool(pass, window, inputs, outputs),
        Kernel::GridSample { pass, sampling } => grid_sample::grid_sample(pass, sampling, inputs, outputs),
        Kernel::Optimize { rule } => optimizer::optimize(rule, inputs, outputs),
        Kernel::Resize { pass, resize } => resize::resize(pass, resize, inputs, outputs),
        Kernel::Pad { widths, padding } => pad::pad(widths, padding, first(inputs)?, out),
        Kernel::PadGrad { widths, padding } => pad::pad_grad(widths, padding, first(inputs)?, out),
        Kernel::Check { .. } => Ok(()),
    }
}

/// The first input, of a family that has one.
fn first(inputs: &[Operand]) -> Result<&Operand> {
    match inputs.first() {
        Some(input) => Ok(input),
        None => bail!(Runtime, "a kernel was launched without its input"),
    }
}
