//! The backend as core knows it.

use std::collections::BTreeMap;
use std::sync::Arc;

use ferrotorch_kernel::backend::{Backend, DeviceInfo, MemoryStats, Platform, Work};
use ferrotorch_kernel::kernel::Kernel;
use ferrotorch_kernel::storage::Buffer;
use ferrotorch_kernel::{Array, DType, Error, Operand, Result, Storage};
use parking_lot::RwLock;

use crate::adapter;
use crate::counts::Counts;
use crate::family;
use crate::fork;
use crate::gpu::Gpu;

/// One adapter, which is opened again when it was lost.
pub struct WgpuBackend {
    index: u8,
    counts: Arc<Counts>,
    gpu: RwLock<Arc<Gpu>>,
}

impl WgpuBackend {
    fn open(index: u8) -> Result<WgpuBackend> {
        let counts = Arc::<Counts>::default();
        let gpu = RwLock::new(Gpu::open(index, Arc::clone(&counts))?);
        Ok(WgpuBackend { index, counts, gpu })
    }

    /// The device as it is; a lost one answers every call with an error.
    fn gpu(&self) -> Arc<Gpu> {
        Arc::clone(&self.gpu.read())
    }

    /// A device that can hold new tensors.
    fn working(&self) -> Result<Arc<Gpu>> {
        let gpu = self.gpu();
        if !gpu.faults.is_lost() {
            return Ok(gpu);
        }
        let mut current = self.gpu.write();
        // Another thread may have been here before.
        if current.faults.is_lost() {
            *current = Gpu::open(self.index, Arc::clone(&self.counts))?;
        }
        Ok(Arc::clone(&current))
    }
}

/// The GPU adapters.
#[derive(Clone, Copy, Debug, Default)]
pub struct Adapters;

impl Platform for Adapters {
    /// In the order of their numbers: discrete GPUs, then integrated and virtual ones, then CPUs.
    fn devices(&self) -> Result<Vec<DeviceInfo>> {
        Ok(adapter::adapters())
    }

    /// Where there is no such adapter, the error says which there are, or what to install.
    fn open(&self, index: u8) -> Result<Box<dyn Backend>> {
        Ok(Box::new(WgpuBackend::open(index)?))
    }
}

impl Backend for WgpuBackend {
    fn allocate(&self, bytes: usize, dtype: DType) -> Result<Storage> {
        fork::check()?;
        let gpu = self.working()?;
        gpu.check_dtype(dtype)?;
        let buffer = gpu.allocate(bytes)?;
        Ok(Storage::new(Buffer::Device(Box::new(buffer)), bytes, gpu.id))
    }

    fn read(&self, array: &Array) -> Result<Array> {
        let copies = self.read_all(&[array])?;
        copies.into_iter().next().ok_or_else(|| Error::runtime("a read without a result"))
    }

    fn read_all(&self, arrays: &[&Array]) -> Result<Vec<Array>> {
        fork::check()?;
        self.gpu().read_arrays(arrays)
    }

    fn write(&self, host: &Array, array: &Array) -> Result<()> {
        fork::check()?;
        self.gpu().write_array(host, array)
    }

    fn run(&self, kernel: &Kernel, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
        fork::check()?;
        let gpu = &*self.gpu();
        record(gpu, kernel, inputs, outputs)?;
        if gpu.synchronous { gpu.check_status() } else { Ok(()) }
    }

    fn synchronize(&self) -> Result<()> {
        fork::check()?;
        self.gpu().check_status()
    }

    fn supports(&self, kernel: &Kernel, dtype: DType) -> bool {
        match kernel {
            Kernel::Attention { .. } | Kernel::AttentionGrad { .. } => dtype.accumulate() == DType::Float32,
            Kernel::Cell(_) | Kernel::CellGrad(_) => dtype.accumulate() == DType::Float32,
            Kernel::GridSample { .. } | Kernel::Resize { .. } => dtype.is_float(),
            Kernel::ClassLoss(_) => dtype.is_float(),
            // Its steps are ops of their own.
            Kernel::Ctc { .. } | Kernel::CtcGrad { .. } => false,
            // What is sorted by shaders can as well be read at the rank.
            Kernel::Ranked { .. } => false,
            // By the mean and variance of groups it is a batch normalisation.
            Kernel::GroupNorm { .. } => false,
            // Its passes are as many launches as those of its parts.
            Kernel::RmsNorm { .. } => false,
            // It is filled, copied and picked by slices.
            Kernel::Pad { .. } | Kernel::PadGrad { .. } => false,
            _ => true,
        }
    }

    fn memory(&self) -> MemoryStats {
        self.gpu().pool.stats()
    }

    fn work(&self) -> Work {
        // What cannot be recorded is reported by what reads it.
        _ = self.gpu().release_held();
        self.counts.figures()
    }

    fn launches(&self) -> BTreeMap<String, u64> {
        _ = self.gpu().release_held();
        self.counts.by_shader()
    }

    fn reset_peak_memory(&self) {
        self.gpu().pool.reset_peak();
    }

    fn release_cached(&self) -> Result<()> {
        self.gpu().release_cached()
    }
}

/// Records the launches of a kernel. Elements of barebones dtypes are moved, but not looked into.
fn record(gpu: &Gpu, kernel: &Kernel, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let mut arrays = inputs.iter().filter_map(Operand::optional).chain(outputs);
    if arrays.any(|array| array.dtype.is_barebones()) && !moves(kernel, inputs, outputs) {
        return Err(Error::unsupported(family::describe(kernel)));
    }
    if family::parts::applies(kernel, outputs) {
        return family::parts::run(gpu, kernel, inputs, outputs);
    }
    match *kernel {
        Kernel::Fill { value } => family::fill::run(gpu, value, outputs),
        Kernel::Copy => family::copy::run(gpu, inputs, outputs),
        Kernel::Range { start, step } => family::range::run(gpu, start, step, outputs),
        Kernel::Linspace { start, end } => family::range::run_linspace(gpu, start, end, outputs),
        Kernel::Scan { op, dim } => family::scan::run(gpu, op, dim, inputs, outputs),
        Kernel::Sort { dim, descending } => family::sort::run(gpu, dim, descending, None, inputs, outputs),
        Kernel::TopK { k, dim, largest } => family::sort::run(gpu, dim, largest, Some(k), inputs, outputs),
        Kernel::Ranked { .. } => Err(Error::unsupported("the element of a rank")),
        Kernel::SearchSorted { right } => family::search::run(gpu, right, inputs, outputs),
        Kernel::Nonzero => family::nonzero::run(gpu, inputs, outputs),
        Kernel::Concat { dim } => family::concat::run(gpu, dim, inputs, outputs),
        Kernel::Triangle { diagonal, upper } => family::triangle::run(gpu, diagonal, upper, inputs, outputs),
        Kernel::Fft { transform, dims, scale } => family::fft::run(gpu, transform, dims, scale, inputs, outputs),
        Kernel::Pointwise { op, compute, params } => family::pointwise::run(gpu, op, compute, params, inputs, outputs),
        Kernel::Reduce { op } => family::reduce::run(gpu, op, inputs, outputs),
        Kernel::MatMul { alpha, beta } => family::matmul::run(gpu, alpha, beta, inputs, outputs),
        Kernel::Attention(rule) => family::attention::run(gpu, rule, inputs, outputs),
        Kernel::AttentionGrad(rule) => family::attention::run_grad(gpu, rule, inputs, outputs),
        Kernel::GridSample { pass, sampling } => family::grid_sample::run(gpu, pass, sampling, inputs, outputs),
        Kernel::Resize { pass, resize } => family::resize::run(gpu, pass, resize, inputs, outputs),
        Kernel::Conv { pass, geometry } => family::conv::run(gpu, pass, geometry, inputs, outputs),
        Kernel::Pool { pass, window } => family::pool::run(gpu, pass, window, inputs, outputs),
        Kernel::BatchNorm { eps, training } => family::batch_norm::run(gpu, eps, training, inputs, outputs),
        Kernel::BatchNormGrad { training } => family::batch_norm::run_grad(gpu, training, inputs, outputs),
        Kernel::ArgReduce { op, dim } => family::arg_reduce::run(gpu, op, dim, inputs, outputs),
        Kernel::Gather { dim } => family::gather::run(gpu, dim, inputs, outputs),
        Kernel::Index { wraps } => family::gather::run_index(gpu, wraps, inputs, outputs),
        Kernel::Scatter { dim, combine } => family::scatter::run(gpu, dim, combine, inputs, outputs),
        Kernel::IndexPut { combine, wraps } => family::scatter::run_put(gpu, combine, wraps, inputs, outputs),
        Kernel::Softmax { dim, log } => family::softmax::run(gpu, dim, log, inputs, outputs),
        Kernel::SoftmaxGrad { dim, log } => family::softmax::run_grad(gpu, dim, log, inputs, outputs),
        Kernel::ClassLoss(call) => family::class_loss::run(gpu, call, inputs, outputs),
        Kernel::ClassLossGrad(call) => family::class_loss::run_grad(gpu, call, inputs, outputs),
        Kernel::Cell(cell) => family::cells::run(gpu, cell, inputs, outputs),
        Kernel::CellGrad(cell) => family::cells::run_grad(gpu, cell, inputs, outputs),
        Kernel::LayerNorm { eps } => family::layer_norm::run(gpu, eps, inputs, outputs),
        Kernel::GroupNorm { .. } => Err(Error::unsupported("normalisation of groups at once")),
        Kernel::Pad { .. } | Kernel::PadGrad { .. } => Err(Error::unsupported("padding at once")),
        Kernel::RmsNorm { .. } => Err(Error::unsupported("root mean square normalisation at once")),
        Kernel::LayerNormGrad => family::layer_norm::run_grad(gpu, inputs, outputs),
        Kernel::Random { distribution, generator } => family::random::run(gpu, distribution, generator, inputs, outputs),
        Kernel::Optimize { rule } => family::optimize::run(gpu, rule, inputs, outputs),
        Kernel::Check { class, text } => family::check::run(gpu, class, text, inputs),
        _ => Err(Error::unsupported(family::describe(kernel))),
    }
}

/// Does a kernel put elements elsewhere as they are?
fn moves(kernel: &Kernel, inputs: &[Operand], outputs: &[Array]) -> bool {
    match kernel {
        Kernel::Fill { .. } | Kernel::Gather { .. } | Kernel::Index { .. } | Kernel::Concat { .. } => true,
        Kernel::Copy => inputs.iter().filter_map(Operand::optional).all(|array| array.dtype == outputs[0].dtype),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use ferrotorch_core::ops::pointwise::exponential::EXP;
    use ferrotorch_kernel::Layout;

    use super::*;

    const EXPONENTIAL: Kernel = Kernel::Pointwise { op: &EXP.op, compute: DType::Float32, params: &[] };

    fn array(backend: &WgpuBackend) -> Array {
        Array::new(backend.allocate(16, DType::Float32).unwrap(), Layout::contiguous(&[4]), DType::Float32)
    }

    #[test]
    fn a_lost_device_is_an_error_of_every_call_and_another_one_takes_new_tensors() {
        let Ok(backend) = WgpuBackend::open(0) else { return };
        let (x, y) = (array(&backend), array(&backend));
        let host = Array::from_slice(&[4], &[1.0f32, 2.0, 3.0, 4.0]).unwrap();
        backend.write(&host, &x).unwrap();
        backend.run(&EXPONENTIAL, &[x.clone().into()], std::slice::from_ref(&y)).unwrap();
        backend.synchronize().unwrap();

        backend.gpu().device.destroy();
        // A launch may be recorded without anyone noticing; whatever waits for the device must notice.
        let _ = backend.run(&EXPONENTIAL, &[x.clone().into()], std::slice::from_ref(&y));
        for result in [backend.read(&y).map(drop), backend.write(&host, &x), backend.synchronize(), backend.read(&x).map(drop)] {
            let message = result.unwrap_err().to_string();
            assert!(message.contains("lost"), "{message}");
        }

        let before = backend.work().launches;
        let (new, result) = (array(&backend), array(&backend));
        backend.write(&host, &new).unwrap();
        backend.run(&EXPONENTIAL, &[new.clone().into()], std::slice::from_ref(&result)).unwrap();
        assert_eq!(backend.read(&result).unwrap().to_vec::<f32>().unwrap()[1], 2f32.exp());
        assert_eq!(backend.work().launches, before + 1);
        for result in [backend.read(&y).map(drop), backend.run(&EXPONENTIAL, &[x.into()], std::slice::from_ref(&result))] {
            let message = result.unwrap_err().to_string();
            assert!(message.contains("lost"), "{message}");
        }
    }
}
