//! Copies between the host and the device.

use std::fmt::Display;
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

/// Part of a block that is to be read, and how many of its bytes lie before what is wanted.
struct Piece<'a> {
    block: &'a Block,
    offset: u64,
    bytes: u64,
    skip: usize,
}

impl Gpu {
    /// Row-major host copies of arrays, for which the device is waited for once.
    pub(crate) fn read_arrays(&self, arrays: &[&Array]) -> Result<Vec<Array>> {
        let dense = arrays.iter().map(|array| self.dense(array)).collect::<Result<Vec<Array>>>()?;
        let pieces = dense.iter().map(|array| self.piece(array)).collect::<Result<Vec<Piece>>>()?;
        if pieces.iter().all(|piece| piece.bytes == 0) {
            self.check_status()?;
        }
        self.read_pieces(&pieces, |bytes| {
            let mut at = 0;
            let mut copies = Vec::with_capacity(dense.len());
            for (array, piece) in dense.iter().zip(&pieces) {
                let begin = at + piece.skip;
                copies.push(host_array(array, &bytes[begin..begin + array.numel() * array.dtype.size()])?);
                at += piece.bytes as usize;
            }
            Ok(copies)
        })
    }

    /// The array, or a row-major copy.
    fn dense(&self, array: &Array) -> Result<Array> {
        if array.numel() == 0 || array.layout.is_contiguous() {
            return Ok(array.clone());
        }
        let dense = self.empty_array(&Layout::contiguous(array.shape()), array.dtype)?;
        crate::family::copy::run(self, &[Operand::Array(array.clone())], std::slice::from_ref(&dense))?;
        Ok(dense)
    }

    /// The whole words that hold a row-major array.
    fn piece<'a>(&self, array: &'a Array) -> Result<Piece<'a>> {
        let (size, block) = (array.dtype.size() as u64, self.buffer(&array.storage)?.block());
        let begin = array.layout.offset() as u64 * size;
        let skip = begin % WORD;
        let bytes = if array.numel() == 0 { 0 } else { (skip + array.numel() as u64 * size).next_multiple_of(WORD) };
        Ok(Piece { block, offset: begin - skip, bytes, skip: if bytes == 0 { 0 } else { skip as usize } })
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
        self.release_held()?;
        self.counts.written(bytes.len() as u64);
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

    /// Waits, and hands the bytes of all pieces, one behind the other, over to `take`.
    fn read_pieces<R>(&self, pieces: &[Piece], take: impl FnOnce(&[u8]) -> Result<R>) -> Result<R> {
        let bytes = pieces.iter().map(|piece| piece.bytes).sum::<u64>();
        if bytes == 0 {
            return take(&[]);
        }
        self.release_held()?;
        let staging = self.staging.take(&self.device, bytes + STATUS_BYTES).ok_or_else(|| self.pool.out_of_memory(bytes))?;
        {
            let mut batch = self.batch.lock();
            let mut at = 0;
            for piece in pieces.iter().filter(|piece| piece.bytes > 0) {
                batch.copy(&self.device, (&piece.block.buffer, piece.offset), (&staging, at), piece.bytes);
                at += piece.bytes;
            }
            batch.copy(&self.device, (&self.status.buffer, 0), (&staging, at), STATUS_BYTES);
            batch.submit(&self.queue, &self.uniforms);
        }
        self.counts.read(bytes);
        let refused = |e: &dyn Display| Error::runtime(format!("reading from the GPU {}: {e}", self.name));
        let (sender, receiver) = mpsc::channel();
        let slice = staging.slice(..bytes + STATUS_BYTES);
        slice.map_async(wgpu::MapMode::Read, move |mapped| drop(sender.send(mapped)));
        self.poll()?;
        match receiver.recv() {
            Ok(Ok(())) => {}
            Ok(Err(e)) => return Err(refused(&e)),
            Err(_) => return Err(refused(&"the device answered nothing")),
        }
        let view = slice.get_mapped_range().map_err(|e| refused(&e))?;
        let (data, status) = view.split_at(bytes as usize);
        let taken = self.report(status).and_then(|()| take(data));
        drop(view);
        self.staging.give_back(staging);
        taken
    }

    /// Waits, and reports what a kernel has found wrong: an index out of range, a division by zero, a value to be refused.
    pub(crate) fn check_status(&self) -> Result<()> {
        if !self.indexed.load(Ordering::Relaxed) {
            return self.wait();
        }
        self.read_pieces(&[Piece { block: &self.status, offset: 0, bytes: WORD, skip: 0 }], |_| Ok(()))
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
