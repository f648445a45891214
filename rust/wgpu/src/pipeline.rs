//! Compiled shaders and bind groups, each made once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ferrotorch_kernel::{Error, Result};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use wgpu::{
    BindGroup, BindGroupLayout, BindGroupLayoutEntry, BindingType, BufferBindingType, ComputePipeline, PipelineLayout,
    ShaderStages,
};

use crate::batch::UNIFORM_BLOCK;
use crate::counts::Counts;
use crate::memory::Block;
use crate::shader::Variant;
use crate::shader::variant::{Binding, MAX_SLOTS};

/// Bind groups that are kept; when there are more, all are dropped, since they keep their buffers alive.
const MAX_GROUPS: usize = 8192;

/// A part of a block, as it is bound.
#[derive(Clone)]
pub(crate) struct Window {
    pub(crate) slot: u32,
    pub(crate) block: Arc<Block>,
    pub(crate) offset: u64,
    pub(crate) bytes: u64,
}

/// A compiled shader with its layout.
#[derive(Clone)]
pub(crate) struct Program {
    pub(crate) pipeline: ComputePipeline,
    layout: Arc<Layout>,
    launches: Arc<AtomicU64>,
}

impl Program {
    /// It was launched.
    pub(crate) fn launched(&self) {
        self.launches.fetch_add(1, Ordering::Relaxed);
    }
}

struct Layout {
    /// Two bits a binding.
    signature: u64,
    groups: BindGroupLayout,
    pipeline: PipelineLayout,
}

type GroupKey = (u64, SmallVec<[(u64, u64, u64); 5]>);

/// The caches of one adapter.
#[derive(Default)]
pub(crate) struct Pipelines {
    programs: FxHashMap<Variant, Program>,
    layouts: FxHashMap<u64, Arc<Layout>>,
    groups: FxHashMap<GroupKey, BindGroup>,
}

impl Pipelines {
    /// The pipeline of a variant.
    pub(crate) fn program(&mut self, device: &wgpu::Device, counts: &Counts, variant: &Variant) -> Result<Program> {
        if let Some(program) = self.programs.get(variant) {
            return Ok(program.clone());
        }
        let program = self.compile(device, counts, variant)?;
        self.programs.insert(*variant, program.clone());
        Ok(program)
    }

    fn compile(&mut self, device: &wgpu::Device, counts: &Counts, variant: &Variant) -> Result<Program> {
        let layout = self.layout(device, variant);
        let label = variant.label();
        let scopes = [wgpu::ErrorFilter::Internal, wgpu::ErrorFilter::Validation].map(|filter| device.push_error_scope(filter));
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some(&label),
            source: wgpu::ShaderSource::Wgsl(variant.source().into()),
        });
        let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: Some(&label),
            layout: Some(&layout.pipeline),
            module: &module,
            entry_point: Some("main"),
            compilation_options: wgpu::PipelineCompilationOptions {
                zero_initialize_workgroup_memory: false,
                ..Default::default()
            },
            cache: None,
        });
        for scope in scopes.into_iter().rev() {
            if let Some(error) = pollster::block_on(scope.pop()) {
                return Err(Error::runtime(format!("the GPU driver refused the shader {label}: {error}")));
            }
        }
        Ok(Program { pipeline, layout, launches: counts.of_shader(label) })
    }

    fn layout(&mut self, device: &wgpu::Device, variant: &Variant) -> Arc<Layout> {
        let signature =
            variant.bindings().fold(0, |bits, (k, binding)| bits | (1 + (binding != Binding::Read) as u64) << (2 * k));
        Arc::clone(self.layouts.entry(signature).or_insert_with(|| Arc::new(Layout::new(device, signature))))
    }

    /// A bind group of the uniform buffer and these windows.
    pub(crate) fn group(
        &mut self,
        device: &wgpu::Device,
        program: &Program,
        uniforms: &wgpu::Buffer,
        windows: &[Window],
    ) -> BindGroup {
        let key = (program.layout.signature, windows.iter().map(|w| (w.block.id, w.offset, w.bytes)).collect());
        if let Some(group) = self.groups.get(&key) {
            return group.clone();
        }
        if self.groups.len() >= MAX_GROUPS {
            self.groups.clear();
        }
        let parameters = wgpu::BufferBinding { buffer: uniforms, offset: 0, size: wgpu::BufferSize::new(UNIFORM_BLOCK) };
        let mut entries = vec![wgpu::BindGroupEntry { binding: 0, resource: wgpu::BindingResource::Buffer(parameters) }];
        entries.extend(windows.iter().map(|w| wgpu::BindGroupEntry {
            binding: w.slot + 1,
            resource: wgpu::BindingResource::Buffer(wgpu::BufferBinding {
                buffer: &w.block.buffer,
                offset: w.offset,
                size: wgpu::BufferSize::new(w.bytes),
            }),
        }));
        let group = device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: None,
            layout: &program.layout.groups,
            entries: &entries,
        });
        self.groups.insert(key, group.clone());
        group
    }

    /// Lets go of all buffers.
    pub(crate) fn clear_groups(&mut self) {
        self.groups.clear();
    }
}

impl Layout {
    fn new(device: &wgpu::Device, signature: u64) -> Layout {
        let entry = |binding, ty, has_dynamic_offset| BindGroupLayoutEntry {
            binding,
            visibility: ShaderStages::COMPUTE,
            ty: BindingType::Buffer { ty, has_dynamic_offset, min_binding_size: None },
            count: None,
        };
        let mut entries = vec![entry(0, BufferBindingType::Uniform, true)];
        entries.extend(
            (0..MAX_SLOTS as u32)
                .filter(|k| signature >> (2 * k) & 3 != 0)
                .map(|k| entry(k + 1, BufferBindingType::Storage { read_only: signature >> (2 * k) & 3 == 1 }, false)),
        );
        let groups = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label: None, entries: &entries });
        let pipeline = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: None,
            bind_group_layouts: &[Some(&groups)],
            immediate_size: 0,
        });
        Layout { signature, groups, pipeline }
    }
}
