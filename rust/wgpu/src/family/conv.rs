//! Convolutions over one to three spatial dimensions: all three passes are sums of products (`shaders/conv.wgsl`).

use ferrotorch_kernel::kernel::{ConvGeometry, ConvPass};
use ferrotorch_kernel::shape::Dims;
use ferrotorch_kernel::{Array, Error, Operand, Result, Scalar, bail};
use smallvec::SmallVec;

use super::product::{self, ADD, Plan, Sums};
use super::shared::Lines;
use super::{output, real_only};
use crate::gpu::{Bound, Gpu, Launch};
use crate::shader::{Family, Harness, Slot, Stored, Values, Variant};
use crate::space::{Space, Walk};

pub(crate) static CONV: Family = Family::new("Conv", Harness::Product, |_| include_str!("../../../../shaders/conv.wgsl"))
    .values(values)
    .library(library)
    .args(ARGS);

/// Words of parameters.
const ARGS: usize = 64;
/// `Variant::mode`: places may lie outside of the input.
const PADDED: u32 = 2;
/// `Variant::mode`: the gradient of the input, by remainders of the stride.
const REMAINDERS: u32 = 4;

/// Sizes or steps in three dimensions; missing leading dimensions have size 1 and step 0.
type Triple = [usize; 3];

pub(crate) fn run(gpu: &Gpu, pass: ConvPass, geometry: &ConvGeometry, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let (first, second, out) = (inputs[0].array()?, inputs[1].array()?, output(outputs, 0)?);
    let bias = inputs.get(2).and_then(Operand::optional);
    real_only(&[first, second, out])?;
    if out.numel() == 0 {
        return Ok(());
    }
    check_words([&geometry.stride, &geometry.padding, &geometry.dilation])?;
    convolve(gpu, pass, geometry, [first, second], bias, out)
}

/// Refuses steps and padding with which places leave 32 bits.
pub(super) fn check_words<const N: usize>(settings: [&Dims; N]) -> Result<()> {
    const MOST: usize = 1 << 24;
    match settings.into_iter().flatten().find(|&&n| n > MOST) {
        Some(n) => Err(Error::unsupported(format!("windows with a step or padding of {n}"))),
        None => Ok(()),
    }
}

/// Splits what one binding cannot hold by samples.
fn convolve(
    gpu: &Gpu,
    pass: ConvPass,
    geometry: &ConvGeometry,
    [first, second]: [&Array; 2],
    bias: Option<&Array>,
    out: &Array,
) -> Result<()> {
    let arrays = [Some(out), Some(first), Some(second), bias].into_iter().flatten();
    if arrays.map(|array| gpu.bind(array)).collect::<Result<Vec<_>>>()?.iter().all(|bound| gpu.fits(bound, bound.span.clone())) {
        return Call { pass, geometry, first, second, bias, out }.run(gpu);
    }
    let samples = out.shape()[0];
    if pass == ConvPass::GradWeight || samples == 1 {
        return Err(Error::unsupported("a convolution of tensors that the adapter cannot bind"));
    }
    [(0, samples / 2), (samples / 2, samples - samples / 2)].into_iter().try_for_each(|(start, length)| {
        let part = |array: &Array| array.with_layout(array.layout.slice(0, start, length, 1));
        convolve(gpu, pass, geometry, [&part(first), second], bias, &part(out))
    })
}

/// One pass, with its operands.
struct Call<'a> {
    pass: ConvPass,
    geometry: &'a ConvGeometry,
    first: &'a Array,
    second: &'a Array,
    bias: Option<&'a Array>,
    out: &'a Array,
}

/// An operand that has two dimensions before those in space: their steps, and sizes and steps in space.
struct Planes {
    outer: usize,
    inner: usize,
    sizes: Triple,
    strides: Triple,
}

fn triple(dims: &[usize], missing: usize) -> Triple {
    std::array::from_fn(|d| (d + dims.len()).checked_sub(3).map_or(missing, |d| dims[d]))
}

fn planes(array: &Array) -> Planes {
    let strides: SmallVec<[usize; 5]> = array.layout.strides().iter().map(|&s| s as usize).collect();
    Planes { outer: strides[0], inner: strides[1], sizes: triple(&array.shape()[2..], 1), strides: triple(&strides[2..], 0) }
}

fn product_of(sizes: Triple) -> usize {
    sizes.iter().product()
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// The convolution's geometry, and the parameters of the shader as `shaders/conv.wgsl` has them.
struct Parameters {
    sums: Sums,
    counts: Triple,
    taps: Triple,
    first: Triple,
    by_columns: Triple,
    by_depth: Triple,
    /// Steps of the left factor: rows, outer depth, depth.
    left: (usize, usize, Triple),
    /// Steps of the right one: outer column, outer depth.
    right: (usize, usize),
    /// Steps of the output: rows, outer column, columns.
    out: (usize, usize, Triple),
    /// Steps from group to group.
    groups: [usize; 4],
    places: Triple,
    distance: Triple,
}

impl Parameters {
    /// The lines of the last dimension. What is seen by remainders of a stride is met by taps of varying number.
    fn lines(&self) -> Lines {
        let (columns, depths) = (self.counts[2], self.taps[2]);
        let (by_column, by_depth) = (self.by_columns[2], self.by_depth[2] as isize);
        let unit = by_column.min(by_depth.unsigned_abs()).max(1);
        match (by_column / unit, by_depth / unit as isize) {
            steps @ ((1, -1 | 1 | 2) | (2, 1)) if product_of(self.places) == 1 && by_column.is_multiple_of(unit) => {
                Lines { columns, depths, by_column: steps.0, by_depth: steps.1 }
            }
            _ => Lines { columns, depths: 1, by_column: 1, by_depth: 1 },
        }
    }
}

/// What the parameters are computed of.
struct Seen {
    left: Planes,
    right: Planes,
    out: Planes,
    /// The step of the bias.
    bias: usize,
    groups: usize,
    stride: Triple,
    dilation: Triple,
    /// Where the first window begins.
    before: Triple,
}

impl Seen {
    fn forward(&self, left: &Array, out: &Array) -> Parameters {
        let Seen { left: w, right: x, out: y, groups, .. } = self;
        let (rows, channels) = (out.shape()[1] / groups, left.shape()[1]);
        let columns = out.shape()[0] * product_of(y.sizes);
        Parameters {
            sums: Sums { rows, columns, depth: channels * product_of(w.sizes), jobs: *groups },
            counts: y.sizes,
            taps: w.sizes,
            first: self.before,
            by_columns: self.stride,
            by_depth: self.dilation,
            left: (w.outer, w.inner, w.strides),
            right: (x.outer, x.inner),
            out: (y.inner, y.outer, y.strides),
            groups: [rows * w.outer, channels * x.inner, rows * y.inner, rows * self.bias],
            places: [1; 3],
            distance: [1; 3],
        }
    }

    fn grad_input(&self, left: &Array, out: &Array) -> Parameters {
        let Seen { left: w, right: x, out: y, groups, stride, dilation, .. } = self;
        let (rows, channels) = (left.shape()[1], left.shape()[0] / groups);
        let distance: Triple = std::array::from_fn(|d| stride[d] / gcd(stride[d], dilation[d]));
        let taps: Triple = std::array::from_fn(|d| w.sizes[d].div_ceil(distance[d]));
        let counts: Triple = std::array::from_fn(|d| y.sizes[d].div_ceil(stride[d]));
        let columns = out.shape()[0] * product_of(counts);
        Parameters {
            sums: Sums { rows, columns, depth: channels * product_of(taps), jobs: groups * product_of(*stride) },
            counts,
            taps,
            first: [0; 3],
            by_columns: [1; 3],
            by_depth: std::array::from_fn(|d| (distance[d] * dilation[d] / stride[d]).wrapping_neg()),
            left: (w.inner, w.outer, w.strides),
            right: (x.outer, x.inner),
            out: (y.inner, y.outer, y.strides),
            groups: [channels * w.outer, channels * x.inner, rows * y.inner, rows * self.bias],
            places: *stride,
            distance,
        }
    }

    fn grad_weight(&self, left: &Array, out: &Array) -> Parameters {
        let Seen { left: w, right: x, out: y, groups, .. } = self;
        let (rows, channels) = (out.shape()[0] / groups, out.shape()[1]);
        let depth = left.shape()[0] * product_of(w.sizes);
        Parameters {
            sums: Sums { rows, columns: channels * product_of(y.sizes), depth, jobs: *groups },
            counts: y.sizes,
            taps: w.sizes,
            first: self.before,
            by_columns: self.dilation,
            by_depth: self.stride,
            left: (w.inner, w.outer, w.strides),
            right: (x.inner, x.outer),
            out: (y.outer, y.inner, y.strides),
            groups: [rows * w.inner, channels * x.inner, rows * y.outer, 0],
            places: [1; 3],
            distance: [1; 3],
        }
    }
}

impl Call<'_> {
    fn run(&self, gpu: &Gpu) -> Result<()> {
        if !(3..=5).contains(&self.out.layout.ndim()) {
            bail!(Runtime, "conv: expected one to three spatial dimensions, got an output of shape {:?}", self.out.shape());
        }
        let compute = Stored::of(self.out.dtype.accumulate());
        let parameters = self.parameters(self.out);
        let plan = Plan::new(gpu, compute, parameters.sums, parameters.lines());
        if plan.chunks == 1 {
            return self.launch(gpu, &plan, compute, self.out, 0);
        }
        let sums = plan.partial_sums(gpu, compute, self.out)?;
        Call { bias: None, ..*self }.launch(gpu, &plan, compute, &product::first_chunk(&sums), self.out.numel())?;
        let bias = self.bias.map(|bias| {
            let mut layout = bias.layout.clone();
            (2..self.out.layout.ndim()).for_each(|_| layout = layout.unsqueeze(layout.ndim()));
            layout
                .expand(self.out.shape())
                .map(|layout| bias.with_layout(layout))
                .ok_or_else(|| Error::runtime("conv: a bias that does not fit"))
        });
        product::add_up(gpu, compute, [Scalar::Int(1), Scalar::Int(1)], &sums, bias.transpose()?.as_ref(), self.out)
    }

    /// The left and the right factor.
    fn factors(&self) -> [&Array; 2] {
        match self.pass {
            ConvPass::GradWeight => [self.first, self.second],
            _ => [self.second, self.first],
        }
    }

    fn launch(&self, gpu: &Gpu, plan: &Plan, compute: Stored, out: &Array, chunk_step: usize) -> Result<()> {
        let p = self.parameters(out);
        let [left, right] = self.factors();
        let mut operands: SmallVec<[Option<Bound>; 4]> = SmallVec::new();
        let mut walks: SmallVec<[Walk; 4]> = SmallVec::new();
        for array in [Some(out), Some(left), Some(right), self.bias].into_iter().flatten() {
            operands.push(Some(gpu.bind(array)?));
            walks.push(Walk { offset: array.layout.offset(), strides: SmallVec::from_elem(0, 1) });
        }
        let padded = self.pass == ConvPass::GradInput || self.geometry.padding.iter().any(|&p| p > 0);
        let mode = [(self.bias.is_some(), ADD), (padded, PADDED), (self.pass == ConvPass::GradInput, REMAINDERS)];
        let args = self.words(&p, plan, chunk_step);
        gpu.launch(
            Launch {
                family: &CONV,
                op: "",
                compute,
                outputs: 1,
                operands: &operands,
                space: &Space::new(&[1], walks),
                args: &args,
                packed: None,
                mode: mode.iter().filter(|(is, _)| *is).fold(plan.mode(), |mode, (_, bit)| mode | bit),
            },
            plan.workgroups(),
        )
    }

    fn parameters(&self, out: &Array) -> Parameters {
        let [left, right] = self.factors();
        let [stride, dilation] = [&self.geometry.stride, &self.geometry.dilation].map(|dims| triple(dims, 1));
        let seen = Seen {
            left: planes(left),
            right: planes(right),
            out: planes(out),
            bias: self.bias.map_or(0, |bias| bias.layout.strides()[0] as usize),
            groups: self.geometry.groups.max(1),
            stride,
            dilation,
            before: triple(&self.geometry.padding, 0).map(|p| p.wrapping_neg()),
        };
        match self.pass {
            ConvPass::Forward => seen.forward(left, out),
            ConvPass::GradInput => seen.grad_input(left, out),
            ConvPass::GradWeight => seen.grad_weight(left, out),
        }
    }

    /// In the order of `shaders/conv.wgsl`.
    fn words(&self, p: &Parameters, plan: &Plan, chunk_step: usize) -> SmallVec<[u32; ARGS]> {
        let right = planes(self.factors()[1]);
        let bias = self.bias.map_or(0, |bias| bias.layout.strides()[0] as usize);
        let mut words: SmallVec<[usize; ARGS]> = SmallVec::new();
        words.extend([p.sums.rows, p.sums.columns, p.sums.depth, plan.jobs(), plan.chunk, plan.chunks, chunk_step]);
        for three in [p.counts, p.taps, p.first, p.by_columns, p.by_depth, right.sizes, right.strides] {
            words.extend(three);
        }
        words.extend([p.left.0, p.left.1].into_iter().chain(p.left.2).chain([p.right.0, p.right.1]));
        words.extend([p.out.0, p.out.1].into_iter().chain(p.out.2).chain([bias]).chain(p.groups).chain([self.out.shape()[0]]));
        let (kernel, sizes) = (planes(self.factors()[0]).sizes, planes(self.out).sizes);
        for three in [p.places, triple(&self.geometry.padding, 0), triple(&self.geometry.dilation, 1), kernel, sizes, p.distance]
        {
            words.extend(three);
        }
        words.into_iter().map(|word| word as u32).collect()
    }
}

fn library(_: &Variant) -> Vec<&'static str> {
    vec![include_str!("../../../../shaders/product/conv_lines.wgsl")]
}

fn values(variant: &Variant) -> Values {
    let mut values = product::values(variant.mode);
    let remainders = variant.mode & REMAINDERS != 0;
    let inside = "return read_in1(column.right + depth.right);";
    let (result, addend) = match variant.slots[3] {
        Slot::Absent => ("sum", "0u"),
        _ => ("sum + read_in2(row.add)", "space.offset[0][3]"),
    };
    let texts = [
        ("result", result),
        ("addend_at", addend),
        ("of_classes", if remainders { " / (arg(46u) * arg(47u) * arg(48u))" } else { "" }),
        ("narrow", if remainders { "here = of_remainder(here, digits(number / arg(5u), arg3(46u)).xyz);" } else { "" }),
        ("read_right", if variant.mode & PADDED != 0 { "return right_inside(column, depth);" } else { inside }),
        (
            "read_beside",
            if variant.mode & PADDED != 0 { "select(T(0), right, inside_beside(own, depth, step))" } else { "right" },
        ),
    ];
    values.extend(texts.map(|(name, text)| (name, text.to_owned())));
    values
}
