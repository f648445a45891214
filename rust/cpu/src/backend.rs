//! The host's backend: which function computes which family of kernels.

use ferrotorch_core::backend::Backend;
use ferrotorch_core::kernel::Kernel;
use ferrotorch_core::memory::HostBuffer;
use ferrotorch_core::{Array, DType, Error, Operand, Result, Storage, bail};

use crate::{conv, copy, fill, matmul, pointwise, random};

/// Kernels on host memory.
#[derive(Clone, Copy, Debug, Default)]
pub struct CpuBackend;

/// Makes this the backend of device `cpu`; later calls change nothing.
pub fn register() {
    ferrotorch_core::backend::register_host(Box::new(CpuBackend));
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
        let Some(out) = outputs.first() else { return Ok(()) };
        match *kernel {
            Kernel::Pointwise { op, compute, params } => pointwise::pointwise(op, compute, params, inputs, out),
            Kernel::Fill { value } => fill::fill(value, out),
            Kernel::Copy => copy::copy(first(inputs)?, out),
            Kernel::Range { start, step } => fill::range(start, step, out),
            Kernel::Linspace { start, end } => fill::linspace(start, end, out),
            Kernel::MatMul { alpha, beta } => matmul::matmul(alpha, beta, inputs, outputs),
            Kernel::Conv { pass, geometry } => conv::conv(pass, geometry, inputs, outputs),
            Kernel::Random { distribution, generator } => random::random(distribution, generator, inputs, outputs),
            _ => Err(Error::unsupported(format!("{kernel:?}"))),
        }
    }

    /// Kernels have finished when they return.
    fn synchronize(&self) -> Result<()> {
        Ok(())
    }
}

/// The first input, of a family that has one.
fn first(inputs: &[Operand]) -> Result<&Operand> {
    match inputs.first() {
        Some(input) => Ok(input),
        None => bail!(Runtime, "a kernel was launched without its input"),
    }
}
