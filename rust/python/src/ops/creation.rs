//! New tensors, copies between dtypes and devices, random fills.

use ferrotorch_core::autograd::inplace;
use ferrotorch_core::kernel::Distribution;
use ferrotorch_core::memory_format::MemoryFormat;
use ferrotorch_core::ops::output::Fit;
use ferrotorch_core::ops::pointwise::Arg;
use ferrotorch_core::ops::{cast, creation, multinomial, random, sampling, sequence};
use ferrotorch_core::overlap::Reads;
use ferrotorch_core::promote::default_dtype;
use ferrotorch_core::{DType, Device, Result, Scalar, Tensor};

use crate::args::{Args, Target};
use crate::batching::Batching;
use crate::errors::{Outcome, runtime_error};
use crate::number;
use crate::objects::device::default_device;
use crate::op::{Decl, Run, op};
use crate::value::Value;

/// The options that every creation takes, from parameter `at` on: dtype, layout, device, requires_grad.
pub(super) struct Options {
    pub(super) dtype: Option<DType>,
    device: Option<Device>,
    requires_grad: bool,
}

impl Options {
    pub(super) fn read(a: &Args<'_, '_, '_>, at: usize) -> Outcome<Options> {
        Ok(Options {
            dtype: dtype_of_result(a, at)?,
            device: a.device(at + 2)?.map(Device::resolved),
            requires_grad: a.bool(at + 3)?,
        })
    }

    pub(super) fn device(&self) -> Device {
        self.device.unwrap_or_else(default_device).resolved()
    }

    pub(super) fn float(&self) -> DType {
        self.dtype.unwrap_or_else(default_dtype)
    }

    pub(super) fn finish(&self, tensor: Tensor) -> Outcome<Value> {
        if self.requires_grad {
            tensor.set_requires_grad(true)?;
        }
        Ok(tensor.into())
    }
}

/// The dtype asked for, or else that of `out`.
fn dtype_of_result(a: &Args<'_, '_, '_>, at: usize) -> Outcome<Option<DType>> {
    let Target::Out(out) = a.target() else { return a.dtype(at) };
    match a.dtype(at)? {
        Some(dtype) if dtype != out.dtype() => Err(runtime_error(format!(
            "dtype {} does not match dtype of out parameter ({})",
            dtype.legacy_name(),
            out.dtype().legacy_name()
        ))),
        _ => Ok(Some(out.dtype())),
    }
}

macro_rules! options {
    ($head:literal $(, $more:literal)?) => {
        concat!(
            "(",
            $head,
            ", *, dtype? dtype=None, layout? layout=None, device? device=None, bool requires_grad=False",
            $(", ", $more,)?
            ", bool pin_memory=False)"
        )
    };
}

const SIZED: &str = options!("int... size");
const NEW: &str = options!("Tensor input, int... size");
const LIKE: &str = options!("Tensor input", "memory_format? memory_format=None");
const DRAWN: &str = "(int... size, *, Generator? generator, dtype? dtype=None, layout? layout=None, device? device=None, \
                     bool requires_grad=False, bool pin_memory=False)";
const DRAWN_LIKE: &str = "(Tensor input, *, dtype? dtype=None, layout? layout=None, device? device=None, \
                          bool requires_grad=False, memory_format? memory_format=None, Generator? generator=None)";

type Make = fn(&[i64], DType, Device) -> Result<Tensor>;

fn sized(a: &Args<'_, '_, '_>, make: Make) -> Outcome<Value> {
    let (o, size) = (Options::read(a, 1)?, a.ints(0)?);
    o.finish(make(&size, o.float(), o.device())?)
}

/// A tensor in the form of the first argument, as `fill` leaves it.
fn like(a: &Args<'_, '_, '_>, fill: fn(Tensor) -> Result<Tensor>) -> Outcome<Value> {
    let o = Options::read(a, 1)?;
    let (x, format) = (a.tensor(0)?, a.memory_format(5)?.unwrap_or(MemoryFormat::Preserve));
    o.finish(a.run(|| fill(creation::empty_like_in(format, x, o.dtype, o.device)?))?)
}

/// A tensor with the dtype and the device of the first argument.
fn new(a: &Args<'_, '_, '_>, make: Make) -> Outcome<Value> {
    let (o, x, size) = (Options::read(a, 2)?, a.tensor(0)?, a.ints(1)?);
    o.finish(make(&size, o.dtype.unwrap_or(x.dtype()), o.device.unwrap_or(x.device()))?)
}

fn drawn(
    a: &Args<'_, '_, '_>,
    o: &Options,
    name: &'static str,
    size: &[i64],
    dtype: DType,
    what: Distribution,
    generator: usize,
) -> Outcome<Value> {
    let (size, device, generator) = (creation::sizes(name, size)?, o.device(), a.generator(generator)?);
    o.finish(a.run(|| random::filled(name, &size, dtype, device, what, generator.as_ref()))?)
}

const UNIFORM: Distribution = Distribution::Uniform { low: 0.0, high: 1.0 };
const NORMAL: Distribution = Distribution::Normal { mean: 0.0, std: 1.0 };

/// `(int... size)`
fn random_sized(a: &Args<'_, '_, '_>, name: &'static str, what: Distribution) -> Outcome<Value> {
    let o = Options::read(a, 1)?;
    drawn(a, &o, name, &a.ints(0)?, o.float(), what, usize::MAX)
}

/// `(int... size, *, Generator? generator)`
fn random_sized_by(a: &Args<'_, '_, '_>, name: &'static str, what: Distribution) -> Outcome<Value> {
    let o = Options::read(a, 2)?;
    drawn(a, &o, name, &a.ints(0)?, o.float(), what, 1)
}

fn random_like(a: &Args<'_, '_, '_>, name: &'static str, what: Distribution) -> Outcome<Value> {
    let o = Options::read(a, 1)?;
    let (x, format, generator) = (a.tensor(0)?, a.memory_format(5)?.unwrap_or(MemoryFormat::Preserve), a.generator(6)?);
    let fill = || random::fill_new(name, creation::empty_like_in(format, x, o.dtype, o.device)?, what, generator.as_ref());
    o.finish(a.run(fill)?)
}

const fn in_place(name: &'static str, doc: &'static str, overloads: &'static [(&'static str, Run)]) -> Decl {
    op(name, doc, overloads).method().only_in_place()
}

/// Fills the first argument by the generator at `generator`.
fn redrawn(a: &Args<'_, '_, '_>, name: &'static str, what: Distribution, generator: usize) -> Outcome<Value> {
    let (x, generator) = (a.tensor(0)?, a.generator(generator)?);
    a.run(|| random::fill_(name, x, what, generator.as_ref()))?;
    Ok(Value::Stored)
}

/// Integers below a bound, or to the end of those that a dtype tells apart.
fn between(op: &'static str, low: i64, high: Option<i64>, dtype: DType) -> Outcome<Distribution> {
    match high {
        Some(high) if low >= high => {
            Err(runtime_error(format!("random_ expects 'from' to be less than 'to', but got from={low} >= to={high}")))
        }
        Some(high) => Ok(Distribution::Integer { low, high }),
        None => Ok(random::from_on(op, low, dtype)?),
    }
}

fn randint(a: &Args<'_, '_, '_>, low: i64, high: i64, size: usize) -> Outcome<Value> {
    let what = between("randint", low, Some(high), DType::Int64)?;
    let o = Options::read(a, size + 2)?;
    drawn(a, &o, "randint", &a.ints(size)?, o.dtype.unwrap_or(DType::Int64), what, size + 1)
}

fn arange(a: &Args<'_, '_, '_>, start: Scalar, end: Scalar, step: Scalar, at: usize) -> Outcome<Value> {
    let o = Options::read(a, at)?;
    o.finish(sequence::arange(start, end, step, o.dtype, o.device())?)
}

/// Where evenly spaced numbers begin or end: a number, or a tensor of no dimension.
fn end_point(a: &Args<'_, '_, '_>, op: &str, i: usize) -> Outcome<Scalar> {
    match a.operand(i)? {
        Arg::Scalar(x) => Ok(x),
        Arg::Tensor(tensor) if tensor.ndim() == 0 => number::item(tensor),
        Arg::Tensor(tensor) => Err(runtime_error(format!(
            "{op} only supports 0-dimensional start and end tensors, but got {} with {} dimension(s).",
            if i == 0 { "start" } else { "end" },
            tensor.ndim()
        ))),
    }
}

fn normal_tensors(a: &Args<'_, '_, '_>) -> Outcome<Value> {
    let (mean, std, generator) = (a.operand(0)?, a.operand(1)?, a.generator(2)?);
    Ok(a.run(|| random::normal(mean, std, generator.as_ref()))?.into())
}

/// `to` of any form: dtype and device are both optional here.
fn converted(
    x: &Tensor,
    dtype: Option<DType>,
    device: Option<Device>,
    copy: bool,
    format: Option<MemoryFormat>,
) -> Outcome<Tensor> {
    let format = format.unwrap_or(MemoryFormat::Preserve);
    let mut out = x.clone();
    if let Some(device) = device {
        out = cast::on_device(&out, device)?;
    }
    if let Some(dtype) = dtype {
        out = cast::to_dtype(&out, dtype)?;
    }
    if !out.is(x) {
        return Ok(cast::in_format(&out, format)?);
    }
    let fits = format == MemoryFormat::Preserve || x.with_array(|a| MemoryFormat::suggested_by(&a.layout) == format);
    Ok(if copy || !fits { cast::clone_in(x, format)? } else { out })
}

const CAST: &str = "(Tensor input, *, memory_format? memory_format=None)";

fn cast_to(a: &Args<'_, '_, '_>, dtype: DType) -> Outcome<Value> {
    let (x, format) = (a.tensor(0)?, a.memory_format(1)?);
    Ok(a.run(|| converted(x, Some(dtype), None, false, format))?.into())
}

fn on(a: &Args<'_, '_, '_>, dtype: Option<usize>, device: Option<usize>, copy: usize) -> Outcome<Value> {
    let x = a.tensor(0)?;
    let dtype = dtype.map(|i| a.dtype(i)).transpose()?.flatten();
    let device = device.map(|i| a.device(i)).transpose()?.flatten();
    let (copy, format) = (a.bool(copy)?, a.memory_format(copy + 1)?);
    Ok(a.run(|| converted(x, dtype, device, copy, format))?.into())
}

pub(super) static OPS: &[Decl] = &[
    op("empty", "A tensor with undefined contents.", &[(
        "(int... size, *, dtype? dtype=None, layout? layout=None, device? device=None, bool requires_grad=False, bool pin_memory=False, memory_format? memory_format=None)",
        |a| {
            let o = Options::read(a, 1)?;
            let format = a.memory_format(6)?.unwrap_or(MemoryFormat::Contiguous);
            o.finish(creation::empty_in(format, &a.ints(0)?, o.float(), o.device())?)
        },
    )])
    .function()
    .out()
    .fit(Fit::Constant),
    op("zeros", "Zeros.", &[(SIZED, |a| sized(a, creation::zeros))]).function().out().fit(Fit::Constant),
    op("ones", "Ones.", &[(SIZED, |a| sized(a, creation::ones))]).function().out().fit(Fit::Constant),
    op("empty_like", "Undefined contents, in the form of a tensor.", &[(LIKE, |a| like(a, Ok))]).function(),
    op("zeros_like", "Zeros in the form of a tensor.", &[(LIKE, |a| like(a, |out| creation::filled(out, Scalar::Int(0))))]).function(),
    op("ones_like", "Ones in the form of a tensor.", &[(LIKE, |a| like(a, |out| creation::filled(out, Scalar::Int(1))))]).function(),
    op("new_empty", "Undefined contents with the tensor's dtype and device.", &[(NEW, |a| new(a, creation::empty))]).method().batched(Batching::Sizes),
    op("new_zeros", "Zeros with the tensor's dtype and device.", &[(NEW, |a| new(a, creation::zeros))]).method().batched(Batching::Sizes),
    op("new_ones", "Ones with the tensor's dtype and device.", &[(NEW, |a| new(a, creation::ones))]).method().batched(Batching::Sizes),
    op("new_full", "A number with the tensor's dtype and device.", &[(options!("Tensor input, int[] size, Scalar fill_value"), |a| {
        let (o, x) = (Options::read(a, 3)?, a.tensor(0)?);
        o.finish(creation::full(&a.ints(1)?, a.scalar(2)?, o.dtype.or(Some(x.dtype())), o.device.unwrap_or(x.device()))?)
    })]).batched(Batching::Sizes)
    .method(),
    op("full", "One number everywhere.", &[(options!("int[] size, Scalar fill_value"), |a| {
        let o = Options::read(a, 2)?;
        o.finish(creation::full(&a.ints(0)?, a.scalar(1)?, o.dtype, o.device())?)
    })])
    .function()
    .out()
    .fit(Fit::Constant),
    op("full_like", "One number in the form of a tensor.", &[(options!("Tensor input, Scalar fill_value", "memory_format? memory_format=None"), |a| {
        let o = Options::read(a, 2)?;
        let format = a.memory_format(6)?.unwrap_or(MemoryFormat::Preserve);
        let out = creation::empty_like_in(format, a.tensor(0)?, o.dtype, o.device)?;
        o.finish(creation::filled(out, a.scalar(1)?)?)
    })])
    .function(),
    op("scalar_tensor", "A 0-dim tensor.", &[(options!("Scalar s"), |a| {
        let o = Options::read(a, 1)?;
        o.finish(creation::scalar_tensor(a.scalar(0)?, o.dtype, o.device())?)
    })])
    .function(),
    op("empty_strided", "Undefined contents with strides of one's own.", &[(options!("int[] size, int[] stride"), |a| {
        let o = Options::read(a, 2)?;
        o.finish(creation::empty_strided(&a.ints(0)?, &a.ints(1)?, o.float(), o.device())?)
    })])
    .function(),
    op("new_empty_strided", "`empty_strided` with the tensor's dtype and device.", &[(options!("Tensor input, int[] size, int[] stride"), |a| {
        let (o, x) = (Options::read(a, 3)?, a.tensor(0)?);
        o.finish(creation::empty_strided(&a.ints(1)?, &a.ints(2)?, o.dtype.unwrap_or(x.dtype()), o.device.unwrap_or(x.device()))?)
    })]).batched(Batching::Rule)
    .method(),
    op("empty_permuted", "Undefined contents with dimensions in a memory order.", &[(options!("int[] size, int[] physical_layout"), |a| {
        let o = Options::read(a, 2)?;
        o.finish(creation::empty_permuted(&a.ints(0)?, &a.ints(1)?, o.float(), o.device())?)
    })])
    .function(),
    op("eye", "Ones on the diagonal.", &[(options!("int n, int? m=None"), |a| {
        let (o, n) = (Options::read(a, 2)?, a.int(0)?);
        o.finish(creation::eye(n, a.opt_int(1)?.unwrap_or(n), o.float(), o.device())?)
    })])
    .function()
    .out()
    .fit(Fit::Silent),
    op("arange", "Numbers from `start` to below `end` in steps.", &[
        (options!("Scalar end"), |a| arange(a, Scalar::Int(0), a.scalar(0)?, Scalar::Int(1), 1)),
        (options!("Scalar start, Scalar end, Scalar step=1"), |a| arange(a, a.scalar(0)?, a.scalar(1)?, a.scalar(2)?, 3)),
    ])
    .function()
    .out()
    .fit(Fit::CountWarned),
    op("range", "Numbers from `start` to `end`, both included.", &[(options!("Scalar start, Scalar end, Scalar step=1"), |a| {
        let o = Options::read(a, 3)?;
        o.finish(sequence::range_inclusive(a.scalar(0)?, a.scalar(1)?, a.scalar(2)?, o.dtype, o.device())?)
    })])
    .function()
    .out()
    .fit(Fit::CountWarned),
    op("linspace", "Evenly spaced numbers, both ends included.", &[(options!("Operand start, Operand end, int steps"), |a| {
        let o = Options::read(a, 3)?;
        o.finish(sequence::linspace(end_point(a, "linspace", 0)?, end_point(a, "linspace", 1)?, a.int(2)?, o.dtype, o.device())?)
    })]).batched(Batching::Rule)
    .function()
    .out()
    .fit(Fit::Count),
    op("logspace", "Powers of `base` with evenly spaced exponents.", &[(options!("Operand start, Operand end, int steps, float base=10.0"), |a| {
        let o = Options::read(a, 4)?;
        o.finish(sequence::logspace(end_point(a, "logspace", 0)?, end_point(a, "logspace", 1)?, a.int(2)?, a.float(3)?, o.dtype, o.device())?)
    })]).batched(Batching::Rule)
    .function()
    .out()
    .fit(Fit::Count),
    op("tril_indices", "Coordinates of the lower triangle.", &[("(int row, int col, int offset=0, *, dtype? dtype=None, layout? layout=None, device? device=None)", |a| {
        Ok(sequence::tril_indices(a.int(0)?, a.int(1)?, a.int(2)?, a.dtype(3)?.unwrap_or(DType::Int64), a.device(5)?.unwrap_or(Device::CPU))?.into())
    })])
    .function(),
    op("triu_indices", "Coordinates of the upper triangle.", &[("(int row, int col, int offset=0, *, dtype? dtype=None, layout? layout=None, device? device=None)", |a| {
        Ok(sequence::triu_indices(a.int(0)?, a.int(1)?, a.int(2)?, a.dtype(3)?.unwrap_or(DType::Int64), a.device(5)?.unwrap_or(Device::CPU))?.into())
    })])
    .function(),
    op("fill", "A number everywhere.", &[("(Tensor input, Operand value)", |a| {
        let x = a.tensor(0)?;
        match a.operand(1)? {
            Arg::Scalar(value) => a.run_form(|| creation::fill(x, value), || creation::fill_(x, value)),
            Arg::Tensor(value) => a.run_form(|| creation::fill_tensor(x, value), || creation::fill_tensor_(x, value)),
        }
    })]).batched(Batching::Rule)
    .reads(Reads::Anywhere, Reads::Anywhere)
    .in_place_both(),
    op("zero_", "Zeros everywhere, in place.", &[("(Tensor input)", |a| {
        creation::zero_(a.tensor(0)?)?;
        Ok(Value::Stored)
    })])
    .only_in_place(),
    op("copy_", "Takes over the elements of another tensor, converted and broadcast.", &[(
        "(Tensor input, Operand other, bool non_blocking=False)",
        |a| {
            let (x, source) = (a.tensor(0)?, a.operand_tensor(1)?);
            a.run(|| inplace::assign("copy_", x, &source))?;
            Ok(Value::Stored)
        },
    )]).batched(Batching::Broadcast)
    .method()
    .only_in_place(),
    op("rand", "Uniform random numbers of `[0, 1)`.", &[(SIZED, |a| random_sized(a, "rand", UNIFORM)), (DRAWN, |a| random_sized_by(a, "rand", UNIFORM))])
        .function()
        .out()
        .fit(Fit::Silent)
        .batched(Batching::Random),
    op("randn", "Normal random numbers.", &[(SIZED, |a| random_sized(a, "randn", NORMAL)), (DRAWN, |a| random_sized_by(a, "randn", NORMAL))])
        .function()
        .out()
        .fit(Fit::Silent)
        .batched(Batching::Random),
    op("rand_like", "Uniform random numbers in the form of a tensor.", &[(DRAWN_LIKE, |a| random_like(a, "rand_like", UNIFORM))]).function().batched(Batching::Random),
    op("randn_like", "Normal random numbers in the form of a tensor.", &[(DRAWN_LIKE, |a| random_like(a, "randn_like", NORMAL))]).function().batched(Batching::Random),
    op("randint", "Random integers of `[low, high)`.", &[
        ("(int high, int[] size, *, Generator? generator=None, dtype? dtype=None, layout? layout=None, device? device=None, bool requires_grad=False, bool pin_memory=False)", |a| {
            randint(a, 0, a.int(0)?, 1)
        }),
        ("(int low, int high, int[] size, *, Generator? generator=None, dtype? dtype=None, layout? layout=None, device? device=None, bool requires_grad=False, bool pin_memory=False)", |a| {
            randint(a, a.int(0)?, a.int(1)?, 2)
        }),
    ]).batched(Batching::Random)
    .function()
    .out()
    .fit(Fit::Silent),
    op("randperm", "A random permutation of `0 .. n`.", &[("(int n, *, Generator? generator=None, dtype? dtype=None, layout? layout=None, device? device=None, bool requires_grad=False, bool pin_memory=False)", |a| {
        let o = Options::read(a, 2)?;
        o.finish(random::randperm(a.int(0)?, o.dtype.unwrap_or(DType::Int64), o.device(), a.generator(1)?.as_ref())?)
    })]).batched(Batching::Random)
    .function()
    .out()
    .fit(Fit::Silent),
    op("normal", "Normal random numbers with means and deviations of their own.", &[
        ("(float mean, float std, int[] size, *, Generator? generator=None, dtype? dtype=None, layout? layout=None, device? device=None, bool requires_grad=False, bool pin_memory=False)", |a| {
            let o = Options::read(a, 4)?;
            drawn(a, &o, "normal", &a.ints(2)?, o.float(), Distribution::Normal { mean: a.float(0)?, std: a.float(1)? }, 3)
        }),
        ("(Operand mean, Operand std=1, *, Generator? generator=None)", normal_tensors),
    ]).batched(Batching::Random)
    .function()
    .out(),
    op("multinomial", "Indices drawn from each row of weights.", &[(
        "(Tensor input, int num_samples, bool replacement=False, *, Generator? generator=None)",
        |a| {
            let (weights, count, replacement, generator) = (a.tensor(0)?, a.int(1)?, a.bool(2)?, a.generator(3)?);
            Ok(a.run(|| multinomial::multinomial(weights, count, replacement, generator.as_ref()))?.into())
        },
    )]).batched(Batching::Random)
    .out_of_own_dtype()
    .fit(Fit::Silent),
    op("poisson", "Poisson random numbers with the rates of a tensor (float dtype, not negative), of its shape and dtype.", &[(
        "(Tensor input, Generator? generator=None)",
        |a| Ok(sampling::poisson(a.tensor(0)?, a.generator(1)?.as_ref())?.into()),
    )]).batched(Batching::Random)
    .function(),
    op("binomial", "How many of `count` trials succeed with probability `prob`: tensors of one float dtype, broadcast.", &[(
        "(Tensor count, Tensor prob, Generator? generator=None)",
        |a| Ok(sampling::binomial(a.tensor(0)?, a.tensor(1)?, a.generator(2)?.as_ref())?.into()),
    )]).batched(Batching::Random)
    .function(),
    op("_standard_gamma", "Gamma random numbers of scale 1 with the shape parameters of a tensor, differentiable by these.", &[(
        "(Tensor input, Generator? generator=None)",
        |a| Ok(sampling::standard_gamma(a.tensor(0)?, a.generator(1)?.as_ref())?.into()),
    )]).batched(Batching::Random)
    .function(),
    op("_standard_gamma_grad", "How gamma samples `output` move with their shape parameters `input`.", &[(
        "(Tensor input, Tensor output)",
        |a| Ok(sampling::standard_gamma_grad(a.tensor(0)?, a.tensor(1)?)?.into()),
    )]).batched(Batching::Broadcast)
    .function(),
    op("_sample_dirichlet", "Samples of Dirichlet distributions, differentiable by the concentrations in the last dimension.", &[(
        "(Tensor input, Generator? generator=None)",
        |a| Ok(sampling::dirichlet(a.tensor(0)?, a.generator(1)?.as_ref())?.into()),
    )])
    .function(),
    op("_dirichlet_grad", "How numbers of Dirichlet samples move with their concentrations `alpha`, but for what all of a sample share.", &[(
        "(Tensor x, Tensor alpha, Tensor total)",
        |a| Ok(sampling::dirichlet_grad(a.tensor(0)?, a.tensor(1)?, a.tensor(2)?)?.into()),
    )])
    .function(),
    op("bernoulli", "1 with a probability, else 0.", &[
        ("(Tensor input, *, Generator? generator=None)", |a| {
            let drawn = random::bernoulli(a.tensor(0)?, a.generator(1)?.as_ref())?;
            Ok(match a.target() {
                // Zeros and ones are at home in every dtype.
                Target::Out(out) => cast::to_dtype(&drawn, out.dtype())?.into(),
                _ => drawn.into(),
            })
        }),
        ("(Tensor input, float p, *, Generator? generator=None) !out", |a| {
            let x = a.tensor(0)?;
            Ok(random::filled("bernoulli", &x.shape(), x.dtype(), x.device(), Distribution::Bernoulli { p: a.float(1)? }, a.generator(2)?.as_ref())?.into())
        }),
    ]).batched(Batching::Random)
    .out()
    .fit(Fit::Silent),
    op("bernoulli_", "1 with a probability, else 0, in place.", &[
        ("(Tensor input, float p=0.5, *, Generator? generator=None)", |a| {
            redrawn(a, "bernoulli_", Distribution::Bernoulli { p: a.float(1)? }, 2)
        }),
        ("(Tensor input, Tensor p, *, Generator? generator=None)", |a| {
            random::bernoulli_(a.tensor(0)?, a.tensor(1)?, a.generator(2)?.as_ref())?;
            Ok(Value::Stored)
        }),
    ]).batched(Batching::Random)
    .method()
    .only_in_place(),
    in_place("uniform_", "Uniform random numbers, in place.", &[("(Tensor input, float from=0.0, float to=1.0, *, Generator? generator=None)", |a| redrawn(a, "uniform_", Distribution::Uniform { low: a.float(1)?, high: a.float(2)? }, 3))]).batched(Batching::Random),
    in_place("normal_", "Normal random numbers, in place.", &[("(Tensor input, float mean=0.0, float std=1.0, *, Generator? generator=None)", |a| redrawn(a, "normal_", Distribution::Normal { mean: a.float(1)?, std: a.float(2)? }, 3))]).batched(Batching::Random),
    in_place("exponential_", "Exponential random numbers, in place.", &[("(Tensor input, float lambd=1.0, *, Generator? generator=None)", |a| redrawn(a, "exponential_", Distribution::Exponential { rate: a.float(1)? }, 2))]).batched(Batching::Random),
    in_place("geometric_", "Geometric random numbers, in place.", &[("(Tensor input, float p, *, Generator? generator=None)", |a| redrawn(a, "geometric_", Distribution::Geometric { p: a.float(1)? }, 2))]).batched(Batching::Random),
    in_place("cauchy_", "Cauchy random numbers, in place.", &[("(Tensor input, float median=0.0, float sigma=1.0, *, Generator? generator=None)", |a| redrawn(a, "cauchy_", Distribution::Cauchy { median: a.float(1)?, sigma: a.float(2)? }, 3))]).batched(Batching::Random),
    in_place("log_normal_", "Log-normal random numbers, in place.", &[("(Tensor input, float mean=1.0, float std=2.0, *, Generator? generator=None)", |a| redrawn(a, "log_normal_", Distribution::LogNormal { mean: a.float(1)?, std: a.float(2)? }, 3))]).batched(Batching::Random),
    op("random_", "Random integers, in place.", &[
        ("(Tensor input, *, Generator? generator=None)", |a| redrawn(a, "random_", Distribution::FullRange, 1)),
        ("(Tensor input, int to, *, Generator? generator=None)", |a| redrawn(a, "random_", Distribution::Integer { low: 0, high: a.int(1)? }, 2)),
        ("(Tensor input, int from, int? to, *, Generator? generator=None)", |a| {
            let (low, high) = (a.int(1)?, a.opt_int(2)?);
            redrawn(a, "random_", between("random_", low, high, a.tensor(0)?.dtype())?, 3)
        }),
    ]).batched(Batching::Random)
    .method()
    .only_in_place(),
    op("to", "The tensor with another dtype or on another device.", &[
        ("(Tensor input, dtype dtype, bool non_blocking=False, bool copy=False, *, memory_format? memory_format=None)", |a| on(a, Some(1), None, 3)),
        ("(Tensor input, device? device=None, dtype? dtype=None, bool non_blocking=False, bool copy=False, *, memory_format? memory_format=None)", |a| on(a, Some(2), Some(1), 4)),
        ("(Tensor input, Tensor tensor, bool non_blocking=False, bool copy=False, *, memory_format? memory_format=None)", |a| {
            let (x, other, copy, format) = (a.tensor(0)?, a.tensor(1)?, a.bool(3)?, a.memory_format(4)?);
            Ok(a.run(|| converted(x, Some(other.dtype()), Some(other.device()), copy, format))?.into())
        }),
    ])
    .method(),
    op("type_as", "The tensor with the dtype of another.", &[("(Tensor input, Tensor other)", |a| Ok(cast::to_dtype(a.tensor(0)?, a.tensor(1)?.dtype())?.into()))]).method(),
    op("float", "The tensor converted to float.", &[(CAST, |a| cast_to(a, DType::Float32))]).method(),
    op("double", "The tensor converted to double.", &[(CAST, |a| cast_to(a, DType::Float64))]).method(),
    op("half", "The tensor converted to half.", &[(CAST, |a| cast_to(a, DType::Float16))]).method(),
    op("bfloat16", "The tensor converted to bfloat16.", &[(CAST, |a| cast_to(a, DType::BFloat16))]).method(),
    op("int", "The tensor converted to int.", &[(CAST, |a| cast_to(a, DType::Int32))]).method(),
    op("long", "The tensor converted to long.", &[(CAST, |a| cast_to(a, DType::Int64))]).method(),
    op("short", "The tensor converted to short.", &[(CAST, |a| cast_to(a, DType::Int16))]).method(),
    op("char", "The tensor converted to char.", &[(CAST, |a| cast_to(a, DType::Int8))]).method(),
    op("byte", "The tensor converted to byte.", &[(CAST, |a| cast_to(a, DType::UInt8))]).method(),
    op("bool", "The tensor converted to bool.", &[(CAST, |a| cast_to(a, DType::Bool))]).method(),
    op("chalf", "The tensor converted to chalf.", &[(CAST, |a| cast_to(a, DType::Complex32))]).method(),
    op("cfloat", "The tensor converted to cfloat.", &[(CAST, |a| cast_to(a, DType::Complex64))]).method(),
    op("cdouble", "The tensor converted to cdouble.", &[(CAST, |a| cast_to(a, DType::Complex128))]).method(),
];
