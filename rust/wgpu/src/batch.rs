//! The batch of commands that is being recorded: one encoder, one pass, one block of parameters.

use std::sync::Arc;

use wgpu::{BindGroup, CommandEncoder, ComputePass, ComputePipeline};

use crate::counts::Counts;

/// Bytes of the uniform buffer, which every batch fills from the start. Writing it anew is safe: the queue orders the
/// write behind the batches that were submitted before.
pub(crate) const UNIFORM_BYTES: u64 = 1 << 17;
/// Bytes that a shader sees of it.
pub(crate) const UNIFORM_BLOCK: u64 = 512;
const UNIFORM_ALIGN: usize = 256;
/// Dispatches after which a batch is submitted, so that the GPU need not wait for a read to begin: few while it is idle, more
/// once it has something to do.
const FIRST_DISPATCHES: u32 = 16;
const MAX_DISPATCHES: u32 = 256;

/// Bytes written by the host after which they are submitted.
const MAX_UPLOAD: u64 = 32 << 20;

/// Recorded, not yet submitted commands. A pass, while it is open, locks its encoder; it is closed for copies.
pub(crate) struct Batch {
    encoder: Option<CommandEncoder>,
    pass: Option<ComputePass<'static>>,
    uniforms: Vec<u8>,
    dispatches: u32,
    /// Dispatches after which it is submitted.
    limit: u32,
    number: u64,
    /// Bytes written by the host that no submission has taken along yet; the queue keeps copies of them until it is done.
    uploaded: u64,
    /// The last submission that was made for the sake of such bytes.
    flushed: Option<wgpu::SubmissionIndex>,
    counts: Arc<Counts>,
}

impl Batch {
    pub(crate) fn new(counts: Arc<Counts>) -> Batch {
        Batch {
            encoder: None,
            pass: None,
            uniforms: Vec::new(),
            dispatches: 0,
            limit: FIRST_DISPATCHES,
            number: 1,
            uploaded: 0,
            flushed: None,
            counts,
        }
    }

    /// The GPU has done all that was submitted: what comes next it should get soon.
    pub(crate) fn note_idle(&mut self) {
        self.limit = FIRST_DISPATCHES;
    }

    /// The number by which blocks remember the batch that used them last.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// Has it taken up as much as it should?
    pub(crate) fn is_full(&self) -> bool {
        self.dispatches >= self.limit || self.uniforms.len() as u64 + UNIFORM_BLOCK > UNIFORM_BYTES
    }

    fn encoder(&mut self, device: &wgpu::Device) -> &mut CommandEncoder {
        self.pass = None;
        self.encoder.get_or_insert_with(|| device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: None }))
    }

    /// Records one launch.
    pub(crate) fn dispatch(
        &mut self,
        device: &wgpu::Device,
        pipeline: &ComputePipeline,
        group: &BindGroup,
        uniforms: &[u32],
        groups: [u32; 3],
    ) {
        let offset = self.uniforms.len() as u32;
        self.uniforms.extend_from_slice(bytemuck::cast_slice(uniforms));
        self.uniforms.resize(self.uniforms.len().next_multiple_of(UNIFORM_ALIGN), 0);
        if self.pass.is_none() {
            let descriptor = wgpu::ComputePassDescriptor { label: None, timestamp_writes: None };
            self.pass = Some(self.encoder(device).begin_compute_pass(&descriptor).forget_lifetime());
        }
        if let Some(pass) = &mut self.pass {
            pass.set_pipeline(pipeline);
            pass.set_bind_group(0, group, &[offset]);
            pass.dispatch_workgroups(groups[0], groups[1], groups[2]);
            self.dispatches += 1;
            self.counts.launched();
        }
    }

    /// Records a copy between buffers.
    pub(crate) fn copy(&mut self, device: &wgpu::Device, from: (&wgpu::Buffer, u64), to: (&wgpu::Buffer, u64), bytes: u64) {
        self.encoder(device).copy_buffer_to_buffer(from.0, from.1, to.0, to.1, bytes);
    }

    /// Counts bytes that the host has written. Where many have come together they are submitted, and the submission
    /// before that is returned, for the caller to wait for: so the host never is more than two such loads ahead.
    pub(crate) fn note_upload(
        &mut self,
        queue: &wgpu::Queue,
        uniforms: &wgpu::Buffer,
        bytes: u64,
    ) -> Option<wgpu::SubmissionIndex> {
        self.uploaded += bytes;
        if self.uploaded < MAX_UPLOAD {
            return None;
        }
        self.submit(queue, uniforms);
        self.uploaded = 0;
        self.flushed.replace(queue.submit([]))
    }

    /// Hands everything to the queue.
    pub(crate) fn submit(&mut self, queue: &wgpu::Queue, uniforms: &wgpu::Buffer) {
        self.pass = None;
        let Some(encoder) = self.encoder.take() else { return };
        if !self.uniforms.is_empty() {
            queue.write_buffer(uniforms, 0, &self.uniforms);
        }
        queue.submit([encoder.finish()]);
        self.counts.submitted();
        self.uniforms.clear();
        self.dispatches = 0;
        self.limit = MAX_DISPATCHES;
        self.number += 1;
    }
}
