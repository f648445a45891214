//! Finding adapters and opening one.

use std::sync::OnceLock;

use ferrotorch_kernel::backend::DeviceInfo;
use ferrotorch_kernel::{Result, bail};

use crate::settings::{self, Preference};

/// The adapters in the order of their numbers: discrete GPUs, then integrated and virtual ones, then CPUs.
pub(crate) fn adapters() -> Vec<DeviceInfo> {
    sorted_adapters().iter().map(describe).collect()
}

/// The adapter with a number.
pub(crate) fn pick(index: u8) -> Result<wgpu::Adapter> {
    let mut all = sorted_adapters();
    if all.is_empty() {
        bail!(
            Runtime,
            "device 'wgpu' was requested, but no GPU adapter was found. ferrotorch reaches GPUs through Vulkan, Metal or DX12: \
             install the Vulkan driver of your GPU; without a GPU `apt-get install libvulkan1 mesa-vulkan-drivers` gives a \
             Vulkan device that runs on the CPU"
        );
    }
    if index as usize >= all.len() {
        let names: Vec<String> = adapters().iter().enumerate().map(|(i, a)| format!("wgpu:{i} is {}", a.name)).collect();
        bail!(Runtime, "device 'wgpu:{index}' was requested, but there {}: {}", count(all.len()), names.join(", "));
    }
    Ok(all.swap_remove(index as usize))
}

fn count(n: usize) -> String {
    if n == 1 { "is 1 adapter".into() } else { format!("are {n} adapters") }
}

/// Opens an adapter with all the features that the shaders know how to use, and the highest limits.
pub(crate) fn request_device(adapter: &wgpu::Adapter) -> Result<(wgpu::Device, wgpu::Queue)> {
    let wanted = wgpu::Features::SHADER_INT64 | wgpu::Features::SHADER_F64 | wgpu::Features::SUBGROUP;
    let descriptor = wgpu::DeviceDescriptor {
        label: Some("ferrotorch"),
        required_features: (adapter.features() & wanted).difference(settings::disabled()?),
        required_limits: adapter.limits(),
        ..Default::default()
    };
    match pollster::block_on(adapter.request_device(&descriptor)) {
        Ok(opened) => Ok(opened),
        Err(e) => bail!(Runtime, "could not open the GPU adapter {}: {e}", adapter.get_info().name),
    }
}

static INSTANCE: OnceLock<wgpu::Instance> = OnceLock::new();

/// Has this process, or the one that it was forked from, begun to use GPUs?
pub(crate) fn is_initialized() -> bool {
    INSTANCE.get().is_some()
}

fn instance() -> &'static wgpu::Instance {
    INSTANCE.get_or_init(|| {
        let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle();
        descriptor.backends = wgpu::Backends::VULKAN | wgpu::Backends::METAL | wgpu::Backends::DX12;
        descriptor.flags = wgpu::InstanceFlags::empty();
        wgpu::Instance::new(descriptor)
    })
}

fn sorted_adapters() -> Vec<wgpu::Adapter> {
    let mut all = pollster::block_on(instance().enumerate_adapters(wgpu::Backends::all()));
    all.retain(|adapter| adapter.get_downlevel_capabilities().flags.contains(wgpu::DownlevelFlags::COMPUTE_SHADERS));
    all.sort_by_key(|adapter| rank(adapter.get_info().device_type));
    prefer(&mut all, &settings::preference());
    all
}

/// Puts the adapter that the user wants first; the others keep their order.
fn prefer(all: &mut [wgpu::Adapter], preference: &Preference) {
    let wanted = match preference {
        Preference::None => None,
        Preference::Number(number) => Some(*number).filter(|&number| number < all.len()),
        Preference::Name(name) => all.iter().position(|adapter| adapter.get_info().name.to_lowercase().contains(name)),
        Preference::LowPower => all.iter().position(|adapter| adapter.get_info().device_type == wgpu::DeviceType::IntegratedGpu),
    };
    if let Some(wanted) = wanted {
        all[..=wanted].rotate_right(1);
    }
}

fn rank(kind: wgpu::DeviceType) -> u8 {
    match kind {
        wgpu::DeviceType::DiscreteGpu => 0,
        wgpu::DeviceType::IntegratedGpu => 1,
        wgpu::DeviceType::VirtualGpu => 2,
        wgpu::DeviceType::Other => 3,
        wgpu::DeviceType::Cpu => 4,
    }
}

fn describe(adapter: &wgpu::Adapter) -> DeviceInfo {
    let (info, limits) = (adapter.get_info(), adapter.limits());
    // A name that is none is an error when the adapter is opened.
    let features = adapter.features().difference(settings::disabled().unwrap_or_default());
    DeviceInfo {
        name: info.name,
        class: ["discrete", "integrated", "virtual", "other", "cpu"][rank(info.device_type) as usize],
        api: info.backend.to_str().to_owned(),
        driver: format!("{} {}", info.driver, info.driver_info),
        int64: features.contains(wgpu::Features::SHADER_INT64),
        float64: features.contains(wgpu::Features::SHADER_F64),
        max_tensor_bytes: limits.max_buffer_size,
    }
}
