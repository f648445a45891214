//! Passes that make images.

use ferrotorch_kernel::{Array, Layout, Result};

use super::{Bordered, Run, lines_together, plane, runs};
use crate::conv::geometry::Sizes;
use crate::lines::{LinesMut, try_for_each_line};
use crate::matmul::{Kernel, MatrixMut, Number, Panels, Scratch, Source, pack, tiles};
use crate::parallel::{self, Cost};
use crate::view::{Elements, Read};

/// `to = conv(from, w) + bias`, where `w` is a row-major `(groups, O, kernel.., C)`.
pub(super) fn run<T: Number>(s: &Sizes, from: &Array, w: &Array, bias: Option<&[T]>, to: &Array) -> Result<()> {
    let (kernel, from) = (<T as Source<T>>::kernel(), Bordered::read_by::<T>(s, from)?);
    let runs = runs(s, from.step()).into_iter().flat_map(|run| cut(run, kernel.depth)).collect();
    let (columns, line) = (s.o.next_multiple_of(kernel.nr), s.kernel[2] * s.c);
    let lines = s.kernel[0] * s.kernel[1];
    Scratch::new::<T>(s.groups * lines * line * columns)?.with(|panels: &mut [T]| {
        let mut job = Job { s, kernel, runs, columns, line, from: &from, panels: &[], bias, together: lines_together(s) };
        job.pack(w, panels)?;
        job.panels = panels;
        let row = job.together * s.output[2] * s.groups * s.o;
        let layout = Layout::strided(&[to.numel() / row.max(1), row], &[row as isize, 1], to.layout.offset());
        let rows = to.with_layout(layout);
        let cost = Cost::multiply_adds(row * lines * line / kernel.pace);
        try_for_each_line(LinesMut::<T>::new(&rows, 1)?, cost, |number, line| {
            job.compute(number, line.into_mut_slice().unwrap_or_default())
        })
    })?
}

/// A run in equal parts of at most so many elements.
fn cut(run: Run, most: usize) -> impl Iterator<Item = Run> {
    let step = run.len.div_ceil(run.len.div_ceil(most).max(1)).max(1);
    (0..run.len).step_by(step).map(move |first| Run {
        offset: run.offset + first,
        start: run.start + first,
        len: step.min(run.len - first),
    })
}

struct Job<'a, T> {
    s: &'a Sizes,
    kernel: Kernel<T>,
    runs: Vec<Run>,
    /// The results of a group, padded to whole tiles.
    columns: usize,
    /// Weights of a line of the kernel for a result.
    line: usize,
    from: &'a Bordered,
    /// Those of a run of each line of each group, one behind the other.
    panels: &'a [T],
    bias: Option<&'a [T]>,
    together: usize,
}

impl<T: Number> Job<'_, T> {
    fn pack(&self, w: &Array, panels: &mut [T]) -> Result<()> {
        let (w, lines) = (Elements::<Read>::new(w)?, self.s.kernel[0] * self.s.kernel[1]);
        let mut panels: Vec<&mut [T]> = panels.chunks_exact_mut(self.line * self.columns).collect();
        parallel::for_each_chunk_mut(&mut panels, Cost::streamed(4 * self.line * self.columns), |first, panels| {
            for (number, panels) in (first..).zip(panels) {
                let (group, line) = (number / lines, number % lines);
                for run in &self.runs {
                    let at = (group * self.s.o * lines + line) * self.line + run.start;
                    let m = w.stretches(at as isize, [self.s.o, run.len], [(lines * self.line) as isize, 1]).rows();
                    let (kernel, out) = (&self.kernel, &mut panels[run.start * self.columns..]);
                    pack::<T, T>(kernel, m, kernel.nr, |columns| kernel.width(columns), out);
                }
            }
        });
        Ok(())
    }

    /// Computes some lines of positions.
    fn compute(&self, number: usize, out: &mut [T]) -> Result<()> {
        let (s, channels) = (self.s, self.s.groups * self.s.o);
        let bands = s.output[1] / self.together;
        let at = [number / bands / s.output[0], number / bands % s.output[0], number % bands * self.together];
        if self.together == 1 {
            return self.sum(at, MatrixMut::from_slice_mut(out, s.output[2], channels));
        }
        let (pitch, width) = (self.from.size[3], s.output[2]);
        let rows = (self.together - 1) * pitch + width;
        Scratch::new::<T>(rows * channels)?.with(|sums: &mut [T]| {
            self.sum(at, MatrixMut::from_slice_mut(sums, rows, channels))?;
            let lines = out.chunks_exact_mut(width * channels).zip(sums.chunks(pitch * channels));
            lines.for_each(|(out, sums)| out.copy_from_slice(&sums[..out.len()]));
            Ok(())
        })?
    }

    /// Sums the results of positions that follow one another from a line of the output on.
    fn sum(&self, [n, d, h]: [usize; 3], mut c: MatrixMut<T>) -> Result<()> {
        let (s, kernel, rows) = (self.s, &self.kernel, c.rows());
        for row in 0..rows {
            match self.bias {
                Some(bias) => c.row_mut(row).write(bias),
                None => c.row_mut(row).write_all(std::iter::repeat_n(T::zeroed(), s.groups * s.o)),
            }
        }
        let from = Elements::<Read>::new(&self.from.images)?;
        let step = [(s.stride[2] * self.from.step()) as isize, 1];
        for (number, panels) in self.panels.chunks_exact(self.line * self.columns).enumerate() {
            let (lines, kh) = (s.kernel[0] * s.kernel[1], number % s.kernel[1]);
            let (group, kd) = (number / lines, number % lines / s.kernel[1]);
            let Some(d) = plane(s, kd, d) else { continue };
            let start = self.from.at([n, d, h * s.stride[1] + kh * s.dilation[1], 0]) + (group * s.c) as isize;
            for run in &self.runs {
                let a = from.stretches(start + run.offset as isize, [rows, run.len], step).rows();
                let b = Panels::Packed(&panels[run.start * self.columns..]);
                let c = c.part([0..rows, group * s.o..(group + 1) * s.o]);
                tiles(kernel, run.len, T::UNIT, Panels::InPlace(a), b, c, true);
            }
        }
        Ok(())
    }
}
