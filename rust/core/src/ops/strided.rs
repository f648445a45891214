//! Windows given by strides, and how gradients go back through them.

use smallvec::{SmallVec, smallvec};

use crate::autograd::{Backward, Context, Fact, Gradients, Kept, forward, free, inplace, one, record, telling};
use crate::deferred::Deferred;
use crate::dtype::DType;
use crate::error::Result;
use crate::layout::Layout;
use crate::tensor::{Tensor, ViewKind};

use super::complex::{resolve_conj, turned_back};
use super::{cast, view};

/// A view of the input's storage with this layout (offset counted from the start of the storage, `None`: the input's).
pub fn as_strided(input: &Tensor, shape: &[usize], strides: &[isize], offset: Option<usize>) -> Result<Tensor> {
    let array = input.array();
    crate::ensure!(
        shape.len() == strides.len(),
        Runtime,
        "as_strided(): size {shape:?} and stride {strides:?} must have the same length"
    );
    let layout = Layout::strided(shape, strides, offset.unwrap_or(array.layout.offset()));
    crate::shape::checked_numel(shape)?;
    layout.check_bounds("as_strided", array.storage.bytes() / array.dtype.size())?;
    as_strided_layout(input, &layout)
}

/// [`as_strided`] with a layout that is known to fit.
pub(crate) fn as_strided_layout(input: &Tensor, layout: &Layout) -> Result<Tensor> {
    let out = input.alias(layout.clone(), input.dtype(), ViewKind::Single);
    record("AsStridedBackward0", &[input], &[&out], || {
        let strides: SmallVec<[i64; 4]> = layout.strides().iter().map(|&stride| stride as i64).collect();
        let facts = [
            ("size", Fact::list(layout.shape())),
            ("stride", Fact::Numbers(strides)),
            ("storage_offset", Fact::of(layout.offset())),
        ];
        showing(telling(facts, as_strided_rule(Frame::new(input, &out))), input, &[&out])
    })?;
    Ok(out)
}

/// The rule of views with another way to send a tangent along: where it lies in memory as the input does, the same views of it.
pub(crate) struct Showing<R> {
    rule: R,
    /// Of the views of a dual input.
    frames: Option<Box<[Frame]>>,
}

/// A rule of views of an input.
pub(crate) fn showing<R: Backward>(rule: R, input: &Tensor, views: &[&Tensor]) -> Showing<R> {
    Showing { rule, frames: input.is_dual().then(|| views.iter().map(|view| Frame::new(input, view)).collect()) }
}

impl<R: Backward> Backward for Showing<R> {
    fn apply(&self, cx: &Context, grads: Gradients) -> Result<Gradients> {
        self.rule.apply(cx, grads)
    }

    fn takes_many(&self) -> bool {
        self.rule.takes_many()
    }

    fn push(&self, cx: &Context, tangents: &[Option<Tensor>]) -> Result<Gradients> {
        let (Some(tangent), Some(frames)) = (&tangents[0], &self.frames) else {
            return forward::transpose(&self.rule, cx, tangents);
        };
        match frames.iter().map(|frame| frame.view_of(tangent)).collect::<Option<SmallVec<[Layout; 3]>>>() {
            Some(layouts) => layouts.iter().map(|layout| as_strided_layout(tangent, layout).map(Some)).collect(),
            None => forward::transpose(&self.rule, cx, tangents),
        }
    }

    /// A view knows how it lies.
    fn keeps_nothing(&self) -> bool {
        true
    }

    fn saved(&self, see: &mut dyn FnMut(&'static str, Kept<'_>)) {
        self.rule.saved(see);
    }
}

/// Backward of a window into a tensor: the window's gradient laid into zeros, as both lie in their storage.
pub(crate) fn as_strided_rule(frame: Frame) -> impl Backward {
    free(one(move |_: &Context, grad: &Tensor| Ok(smallvec![Some(scatter_window(grad, &frame)?)])))
}

fn scatter_window(grad: &Tensor, frame: &Frame) -> Result<Tensor> {
    let grad = frame.window.parts_of(grad)?;
    let memory = Tensor::full(&[frame.len], 0.0.into(), grad.dtype(), grad.device())?;
    let (base, window) = (&frame.base.layout, &frame.window.layout);
    if window.may_overlap() {
        add_windows(&memory, &grad, window)?;
    } else {
        inplace::assign("as_strided", &as_strided_layout(&memory, window)?, &grad)?;
    }
    let result = as_strided_layout(&memory, base)?;
    if !base.may_overlap() {
        return frame.base.whole(result);
    }
    // Elements that the base shows several times share their gradient among these.
    let counts = Tensor::full(&[frame.len], 0.0.into(), grad.dtype(), grad.device())?;
    let ones = Tensor::full(base.shape(), 1.0.into(), grad.dtype(), grad.device())?;
    add_windows(&counts, &ones, base)?;
    frame.base.whole(super::arithmetic::div(&result, &as_strided_layout(&counts, base)?)?)
}

/// `frame[position of window[i]] += grad[i]` for windows that show elements several times.
fn add_windows(frame: &Tensor, grad: &Tensor, window: &Layout) -> Result<()> {
    let positions = super::creation::range(0i64.into(), 1i64.into(), frame.numel(), crate::DType::Int64, crate::Device::CPU)?;
    let positions = positions.array().with_layout(window.clone()).to_dtype(crate::DType::Int64)?;
    let positions = cast::on_device(&Tensor::from_array(positions), frame.device())?;
    let flat = view::reshape(&positions, &[-1])?;
    let values = view::reshape(grad, &[-1])?;
    super::index::index_add_(frame, 0, &flat, &values, 1i64.into())
}

/// The part of a storage that a base and a window into it cover, counted from its start. Where one of the two is complex
/// and the other real, both are counted in real numbers.
pub(crate) struct Frame {
    base: Place,
    window: Place,
    len: usize,
}

/// Where a tensor lies in a frame.
struct Place {
    layout: Layout,
    /// Is the tensor complex, and counted in its parts?
    in_parts: bool,
    /// What the tensor puts off.
    deferred: Deferred,
}

impl Place {
    fn new(tensor: &Tensor, other: DType) -> Place {
        let (layout, dtype, deferred) = tensor.with_array(|a| (a.layout.clone(), a.dtype, a.deferred));
        let in_parts = dtype.is_complex() && !other.is_complex();
        Place { layout: if in_parts { view::layout_in_parts(&layout) } else { layout }, in_parts, deferred }
    }

    /// A tensor like the one at the place, as what lies there.
    fn parts_of(&self, tensor: &Tensor) -> Result<Tensor> {
        let tensor = turned_back(tensor, self.deferred)?;
        if self.in_parts { view::view_as_real(&resolve_conj(&cast::contiguous(&tensor)?)?) } else { Ok(tensor) }
    }

    /// The tensor that is made of what lies at the place.
    fn whole(&self, parts: Tensor) -> Result<Tensor> {
        let tensor = if self.in_parts { view::view_as_complex(&cast::contiguous(&parts)?)? } else { parts };
        turned_back(&tensor, self.deferred)
    }
}

impl Frame {
    /// Of two tensors with one storage.
    pub(crate) fn new(base: &Tensor, window: &Tensor) -> Frame {
        let (mut base, mut window) = (Place::new(base, window.dtype()), Place::new(window, base.dtype()));
        let (of_base, of_window) = (base.layout.span(), window.layout.span());
        let (start, end) = (of_base.start.min(of_window.start), of_base.end.max(of_window.end));
        for Place { layout, .. } in [&mut base, &mut window] {
            *layout = Layout::strided(layout.shape(), layout.strides(), layout.offset().saturating_sub(start));
        }
        Frame { base, window, len: end.saturating_sub(start) }
    }

    /// The layout of the same window into another tensor, if that lies in memory as the base does.
    fn view_of(&self, like_base: &Tensor) -> Option<Layout> {
        let (base, window) = (&self.base, &self.window);
        let (of_base, of_window) = (base.layout.span(), window.layout.span());
        let within = of_window.is_empty() || of_base.start <= of_window.start && of_window.end <= of_base.end;
        let like = like_base.layout();
        let alike = like.shape() == base.layout.shape() && like.strides() == base.layout.strides();
        let plain = !base.in_parts && !window.in_parts && base.deferred == window.deferred;
        let offset = (like.offset() + window.layout.offset()).checked_sub(base.layout.offset())?;
        (alike && within && plain).then(|| Layout::strided(window.layout.shape(), window.layout.strides(), offset))
    }

    /// The window into another tensor like the base: a view of it where it lies in memory as the base does.
    pub(crate) fn window_of(&self, like_base: &Tensor) -> Result<Tensor> {
        match self.view_of(like_base) {
            Some(layout) => as_strided_layout(like_base, &layout),
            None => self.read_window(&self.holding(like_base)?),
        }
    }

    /// Memory for the frame that holds a tensor like the base where that lies, and zeros elsewhere.
    pub(crate) fn holding(&self, like_base: &Tensor) -> Result<Tensor> {
        let parts = self.base.parts_of(like_base)?;
        let memory = Tensor::full(&[self.len], 0.0.into(), parts.dtype(), parts.device())?;
        inplace::assign("as_strided", &as_strided_layout(&memory, &self.base.layout)?, &parts)?;
        Ok(memory)
    }

    /// A copy of what lies at the window in such memory.
    pub(crate) fn read_window(&self, memory: &Tensor) -> Result<Tensor> {
        self.window.whole(cast::clone_dense(&as_strided_layout(memory, &self.window.layout)?)?)
    }

    /// Overwrites what lies at the window in such memory.
    pub(crate) fn write_window(&self, memory: &Tensor, like_window: &Tensor) -> Result<()> {
        let parts = self.window.parts_of(like_window)?;
        inplace::assign("as_strided", &as_strided_layout(memory, &self.window.layout)?, &parts)
    }

    /// Overwrites what lies at the window with zeros.
    pub(crate) fn clear_window(&self, memory: &Tensor) -> Result<()> {
        let zero = Tensor::full(&[], 0.0.into(), memory.dtype(), memory.device())?;
        inplace::assign("zero_", &as_strided_layout(memory, &self.window.layout)?, &zero)
    }

    /// What lies at the base in such memory, as a view of it.
    pub(crate) fn read_base(&self, memory: &Tensor) -> Result<Tensor> {
        self.base.whole(as_strided_layout(memory, &self.base.layout)?)
    }
}
