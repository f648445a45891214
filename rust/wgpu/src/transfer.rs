//! Copies between the host and the device.

use std::sync::atomic::Ordering;
use std::sync::mpsc;

use ferrotorch_kernel::error::{IndexOp, Kind};
use ferrotorch_kernel::{Array, DType, Error, Layout, Operand, Result, Storage, match_dtype};

use crate::gpu::{Blame, Gpu};
use crate::memory::Block;

/// The unit of copies.
const WORD: u64 = 4;
/// Words of the status buffer: a flag and the op it came from, then index (low, high), dimension and size.
const STATUS_BYTES: u64 = 20;

impl Gpu {
    /// A row-major host copy.
    pub(crate) fn read_array(&self, array: &Array) -> Result<Array> {
        if array.numel() == 0 {
            self.check_status()?;
            return Array::empty(array.shape(), array.dtype, ferrotorch_kernel::Device::CPU);
        }
        if !array.layout.is_contiguous() {
            let dense = self.empty_array(&Layout::contiguous(array.shape()), array.dtype)?;
            crate::family::copy::run(self, &[Operand::Array(array.clone())], std::slice::from_ref(&dense))?;
            return self.read_array(&dense);
        }
        let size = array.dtype.size() as u64;
        let begin = array.layout.offset() as u64 * size;
        let bytes = array.numel() as u64 * size;
        let skip = begin % WORD;
        let block = self.buffer(&array.storage)?.block();
        self.read_bytes(block, begin - skip, (skip + bytes).next_multiple_of(WORD), |words| {
            host_array(array, &words[skip as usize..(skip + bytes) as usize])
        })
    }

    /// Copies a row-major host array into an array on the device.
    pub(crate) fn write_array(&self, host: &Array, array: &Array) -> Result<()> {
        if array.numel() == 0 {
            return Ok(());
        }
        let begin = array.layout.offset() * array.dtype.size();
        let bytes = host.numel() * host.dtype.size();
        let whole_words = bytes.is_multiple_of(WORD as usize) || begin + bytes == array.storage.bytes();
        if !array.layout.is_contiguous() || !begin.is_multiple_of(WORD as usize) || !whole_words {
            let dense = self.empty_array(&Layout::contiguous(array.shape()), array.dtype)?;
            self.write_array(host, &dense)?;
            return crate::family::copy::run(self, &[Operand::Array(dense)], std::slice::from_ref(array));
        }
        let block = self.buffer(&array.storage)?.block();
        match_dtype!(host.dtype, T => self.write_bytes(block, begin as u64, bytemuck::cast_slice(&host.to_vec::<T>()?)))
    }

    /// A new array on this device.
    pub(crate) fn empty_array(&self, layout: &Layout, dtype: DType) -> Result<Array> {
        let bytes = layout.numel() * dtype.size();
        let buffer = self.allocate(bytes)?;
        let storage = Storage::new(ferrotorch_kernel::storage::Buffer::Device(Box::new(buffer)), bytes, self.id);
        Ok(Array::new(storage, layout.clone(), dtype))
    }

    fn write_bytes(&self, block: &Block, offset: u64, bytes: &[u8]) -> Result<()> {
        let (whole, rest) = bytes.split_at(bytes.len() / WORD as usize * WORD as usize);
        let mut batch = self.batch.lock();
        // A write reaches the queue at once; commands that are only recorded and use the block must go first.
        if block.last_batch.load(Ordering::Relaxed) == batch.number() {
            batch.submit(&self.queue, &self.uniforms);
        }
        if !whole.is_empty() {
            self.queue.write_buffer(&block.buffer, offset, whole);
        }
        if !rest.is_empty() {
            // What pads the last word lies behind the end of the storage.
            let mut word = [0; WORD as usize];
            word[..rest.len()].copy_from_slice(rest);
            self.queue.write_buffer(&block.buffer, offset + whole.len() as u64, &word);
        }
        let overdue = batch.note_upload(&self.queue, &self.uniforms, bytes.len() as u64);
        drop(batch);
        match overdue {
            Some(submission) => self.wait_for(submission),
            None => self.faults.check(),
        }
    }

    /// Waits, and hands bytes of a block over to `take`.
    fn read_bytes<R>(&self, block: &Block, offset: u64, bytes: u64, take: impl FnOnce(&[u8]) -> Result<R>) -> Result<R> {
        let usage = wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST;
        let scope = self.device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        let staging = self.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("read"),
            size: bytes + STATUS_BYTES,
            usage,
            mapped_at_creation: false,
        });
        if pollster::block_on(scope.pop()).is_some() {
            return Err(self.pool.out_of_memory(bytes));
        }
        {
            let mut batch = self.batch.lock();
            batch.copy(&self.device, (&block.buffer, offset), (&staging, 0), bytes);
            batch.copy(&self.device, (&self.status.buffer, 0), (&staging, bytes), STATUS_BYTES);
            batch.submit(&self.queue, &self.uniforms);
        }
        let (sender, receiver) = mpsc::channel();
        staging.slice(..).map_async(wgpu::MapMode::Read, move |mapped| drop(sender.send(mapped)));
        self.poll()?;
        match receiver.recv() {
            Ok(Ok(())) => {}
            Ok(Err(e)) => return Err(Error::runtime(format!("reading from the GPU {}: {e}", self.name))),
            Err(_) => return Err(Error::runtime(format!("reading from the GPU {}: the device answered nothing", self.name))),
        }
        let view = staging
            .slice(..)
            .get_mapped_range()
            .map_err(|e| Error::runtime(format!("reading from the GPU {}: {e}", self.name)))?;
        let (data, status) = view.split_at(bytes as usize);
        self.report(status)?;
        take(data)
    }

    /// Waits, and reports what a kernel has found wrong: an index out of range, a division by zero, a value to be refused.
    pub(crate) fn check_status(&self) -> Result<()> {
        if !self.indexed.load(Ordering::Relaxed) {
            return self.wait();
        }
        self.read_bytes(&self.status, 0, WORD, |_| Ok(()))
    }

    /// The error that a status stands for, after which the status is clear again.
    fn report(&self, status: &[u8]) -> Result<()> {
        let word = |k: usize| u32::from_le_bytes([status[4 * k], status[4 * k + 1], status[4 * k + 2], status[4 * k + 3]]);
        if word(0) == 0 {
            self.indexed.store(false, Ordering::Relaxed);
            return Ok(());
        }
        self.queue.write_buffer(&self.status.buffer, 0, &[0; STATUS_BYTES as usize]);
        let IndexOp { op, dim, what } = match self.blame(word(0)) {
            Blame::Index(blamed) => blamed,
            Blame::ZeroDivision => return Err(Error::runtime("ZeroDivisionError")),
            Blame::Refusal(class, text) => return Err(Error::message(class, text)),
        };
        let index = (word(1) as u64 | (word(2) as u64) << 32) as i64;
        Err(Kind::IndexOutOfRange { op, index, dim: dim.unwrap_or(word(3) as usize), size: word(4) as usize, what }.into())
    }
}

/// A row-major host array of the same shape and dtype with these bytes.
fn host_array(like: &Array, bytes: &[u8]) -> Result<Array> {
    let raw = Array::from_slice(&[bytes.len()], bytes)?;
    Ok(Array::new(raw.storage, Layout::contiguous(like.shape()), like.dtype))
}
