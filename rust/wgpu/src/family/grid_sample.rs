//! Sampling at the points of a grid. The gradient of images is put together from what each sample adds to it, in their order.

use ferrotorch_kernel::grid::{GridMode, GridPadding, GridPass, GridSampling};
use ferrotorch_kernel::kernel::Combine;
use ferrotorch_kernel::{Array, DType, Error, Layout, Operand, Result, Scalar};
use smallvec::{SmallVec, smallvec};

use super::{copy, fill, output, scatter};
use crate::gpu::{Bound, Gpu, Launch, spread};
use crate::shader::{Family, Harness, Stored, Values, Variant, Words};
use crate::space::{Space, Walk};

pub(crate) static SAMPLE: Family =
    Family::new("GridSample", Harness::Elementwise, |_| include_str!("../../../../shaders/grid_sample.wgsl"))
        .values(values)
        .library(library);
pub(crate) static GRAD_GRID: Family =
    Family::new("GridSampleGradGrid", Harness::Elementwise, |_| include_str!("../../../../shaders/grid_sample_grad_grid.wgsl"))
        .values(values)
        .library(library);
pub(crate) static PARTS: Family =
    Family::new("GridSampleParts", Harness::Whole, |_| include_str!("../../../../shaders/grid_sample_parts.wgsl"))
        .values(values)
        .library(library);

/// `Variant::mode`: the padding, and whether the corners are centres of pixels.
pub(crate) const BORDER: u32 = 1;
pub(crate) const REFLECTION: u32 = 2;
pub(crate) const ALIGNED: u32 = 4;
/// `Variant::mode`: two dimensions.
pub(crate) const PLANAR: u32 = 8;
/// Products that one thread sums up at most.
const MAX_ROUNDS: usize = 60_000;
/// Elements of an operand at most.
const MAX_ELEMENTS: usize = 1 << 31;

pub(crate) fn run(gpu: &Gpu, pass: GridPass, sampling: GridSampling, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let arrays = inputs.iter().map(Operand::array).collect::<Result<SmallVec<[&Array; 3]>>>()?;
    let out = output(outputs, 0)?;
    match (pass, &arrays[..]) {
        (GridPass::Forward, &[x, grid]) => Call::new(sampling, x, grid, out.dtype).elementwise(gpu, &SAMPLE, &[out, x, grid]),
        (GridPass::GradGrid, &[g, x, grid]) => {
            let call = Call::new(sampling, x, grid, out.dtype);
            if call.taps() * call.channels > MAX_ROUNDS {
                return Err(Error::unsupported(format!("sampling of {} channels", call.channels)));
            }
            call.elementwise(gpu, &GRAD_GRID, &[out, g, x, grid])
        }
        (GridPass::GradInput, &[g, grid]) => Call::new(sampling, out, grid, out.dtype).grad_input(gpu, g, grid, out),
        _ => Err(Error::runtime("grid_sample was launched without one of its inputs")),
    }
}

struct Call {
    sampling: GridSampling,
    images: usize,
    channels: usize,
    points: usize,
    sizes: [usize; 3],
    dims: usize,
    compute: Stored,
}

impl Call {
    fn new(sampling: GridSampling, image: &Array, grid: &Array, dtype: DType) -> Call {
        let (shape, dims) = (image.shape(), image.layout.ndim() - 2);
        let sizes = std::array::from_fn(|d| if d + dims < 3 { 1 } else { shape[d + dims - 1] });
        let compute = Stored::of(dtype.accumulate());
        Call { sampling, images: shape[0], channels: shape[1], points: grid.shape()[1], sizes, dims, compute }
    }

    fn taps(&self) -> usize {
        let of_one: usize = match self.sampling.mode {
            GridMode::Nearest => 1,
            GridMode::Linear => 2,
            GridMode::Cubic => 4,
        };
        of_one.pow(self.dims as u32)
    }

    fn op(&self) -> &'static str {
        match self.sampling.mode {
            GridMode::Nearest => "nearest",
            GridMode::Linear => "linear",
            GridMode::Cubic => "cubic",
        }
    }

    fn mode(&self) -> u32 {
        let padding = match self.sampling.padding {
            GridPadding::Zeros => 0,
            GridPadding::Border => BORDER,
            GridPadding::Reflection => REFLECTION,
        };
        let flag = |set: bool, bit: u32| if set { bit } else { 0 };
        padding | flag(self.sampling.align_corners, ALIGNED) | flag(self.dims == 2, PLANAR)
    }

    fn args(&self) -> SmallVec<[u32; 24]> {
        let mut args: SmallVec<[u32; 24]> = smallvec![self.channels as u32, self.points as u32, self.dims as u32];
        args.extend(self.sizes.map(|size| size as u32));
        args
    }

    /// A number for each element of the first array.
    fn elementwise(&self, gpu: &Gpu, family: &'static Family, arrays: &[&Array]) -> Result<()> {
        if arrays[0].numel() == 0 {
            return Ok(());
        }
        let bound = self.bind(gpu, arrays)?;
        let (stored, offset, count) = (Stored::of(arrays[0].dtype), arrays[0].layout.offset(), arrays[0].numel());
        let packed = stored.is_narrow().then_some(Words::Own);
        let threads = if packed.is_some() { (offset % stored.lanes() + count).div_ceil(stored.lanes()) } else { count };
        let walks = arrays
            .iter()
            .enumerate()
            .map(|(k, array)| Walk { offset: array.layout.offset(), strides: smallvec![if k == 0 { 1 } else { 0 }] });
        let launch = Launch {
            family,
            op: self.op(),
            compute: self.compute,
            outputs: 1,
            operands: &bound,
            space: &Space::new(&[count], walks),
            args: &self.args(),
            packed,
            mode: self.mode(),
        };
        gpu.launch(launch, spread(threads.div_ceil(256)))
    }

    fn bind(&self, gpu: &Gpu, arrays: &[&Array]) -> Result<SmallVec<[Option<Bound>; 5]>> {
        let bound = arrays.iter().map(|array| gpu.bind(array)).collect::<Result<SmallVec<[Bound; 5]>>>()?;
        let fits = bound.iter().all(|b| gpu.binds_whole(b)) && arrays.iter().all(|array| array.numel() < MAX_ELEMENTS);
        if !fits {
            return Err(Error::unsupported(format!("sampling of images of {} elements", arrays[1].numel())));
        }
        Ok(bound.into_iter().map(Some).collect())
    }

    /// All that samples add, and then its sums by pixels. Half types are summed in float32.
    fn grad_input(&self, gpu: &Gpu, g: &Array, grid: &Array, out: &Array) -> Result<()> {
        if out.dtype.is_half() {
            let sums = gpu.empty_array(&Layout::contiguous(out.shape()), DType::Float32)?;
            self.grad_input(gpu, g, grid, &sums)?;
            return copy::run(gpu, &[Operand::Array(sums)], std::slice::from_ref(out));
        }
        fill::run(gpu, Scalar::Int(0), std::slice::from_ref(out))?;
        let rows = self.images * self.points * self.taps();
        if rows * self.channels == 0 {
            return Ok(());
        }
        let parts = gpu.empty_array(&Layout::contiguous(&[rows, self.channels]), out.dtype)?;
        let places = |_| gpu.empty_array(&Layout::contiguous(&[rows]), DType::Int64);
        let [image, pixel] = [places(0)?, places(1)?];
        let mut operands = self.bind(gpu, &[&parts, &image, &pixel, g, grid])?;
        for (k, array) in [(1, &image), (2, &pixel)] {
            operands[k] = Some(gpu.bind_as(array, Stored::Pair)?);
        }
        let arrays = [&parts, &image, &pixel, g, grid];
        let walks = arrays.map(|array| Walk { offset: array.layout.offset(), strides: smallvec![0] });
        let count = g.numel();
        let launch = Launch {
            family: &PARTS,
            op: self.op(),
            compute: self.compute,
            outputs: 3,
            operands: &operands,
            space: &Space::new(&[count], walks),
            args: &self.args(),
            packed: None,
            mode: self.mode(),
        };
        gpu.launch(launch, spread(count.div_ceil(256)))?;
        let pixels = self.sizes.iter().product();
        let flat = out.layout.view(&[self.images, self.channels, pixels]);
        let flat = flat.ok_or_else(|| Error::runtime("grid_sample: a row-major gradient is needed"))?;
        let last = out.with_layout(flat.permute(&[0, 2, 1]));
        let inputs = [Operand::Array(parts), Operand::Array(image), Operand::Array(pixel)];
        scatter::run_put(gpu, Combine::Add, false, &inputs, std::slice::from_ref(&last))
    }
}

fn library(variant: &Variant) -> Vec<&'static str> {
    let axis = match variant.op {
        "nearest" => include_str!("../../../../shaders/grid/nearest.wgsl"),
        "linear" => include_str!("../../../../shaders/grid/linear.wgsl"),
        _ => include_str!("../../../../shaders/grid/cubic.wgsl"),
    };
    vec![axis, include_str!("../../../../shaders/grid/axis.wgsl")]
}

fn values(variant: &Variant) -> Values {
    let taps = match variant.op {
        "nearest" => "1",
        "linear" => "2",
        _ => "4",
    };
    let inside = match variant.mode & (BORDER | REFLECTION) {
        0 => "    return Inside(position, T(1));",
        BORDER => "    return clipped(d, Inside(position, T(1)));",
        _ => "    return clipped(d, reflected(d, position));",
    };
    // What lies outside of a plane counts as pixels of value 0: a weight that is not a number shows there.
    let outside = if variant.mode & PLANAR != 0 && variant.op != "nearest" { "sum += weight * T(0);" } else { "" };
    let aligned = if variant.mode & ALIGNED != 0 { "1" } else { "0" };
    vec![
        ("taps", taps.into()),
        ("inside", inside.into()),
        ("outside", format!("                    {outside}")),
        ("aligned", aligned.into()),
    ]
}
