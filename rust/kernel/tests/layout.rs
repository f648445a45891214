//! Layouts against a brute-force model: the list of storage positions in row-major order.

use ferrotorch_kernel::Layout;
use proptest::prelude::*;

/// Storage position of every element, in row-major order.
fn positions(layout: &Layout) -> Vec<isize> {
    let mut out = vec![layout.offset() as isize];
    for (&n, &s) in layout.shape().iter().zip(layout.strides()) {
        out = out.iter().flat_map(|&p| (0..n as isize).map(move |i| p + i * s)).collect();
    }
    out
}

/// A layout made by a few view ops on a row-major one.
fn layouts() -> impl Strategy<Value = Layout> {
    (prop::collection::vec(0usize..5, 0..5), prop::collection::vec((0u8..4, any::<u16>()), 0..4)).prop_map(|(shape, steps)| {
        let mut layout = Layout::contiguous(&shape);
        for (step, seed) in steps {
            let n = layout.ndim();
            if n == 0 {
                break;
            }
            let dim = seed as usize % n;
            let size = layout.shape()[dim];
            layout = match step {
                0 => layout.transpose(dim, seed as usize / n % n),
                1 if size > 1 => layout.slice(dim, 1, size.div_ceil(2) - size % 2, 2),
                2 if size > 0 => layout.slice(dim, size / 2, size - size / 2, 1),
                _ => layout.unsqueeze(dim),
            };
        }
        layout
    })
}

proptest! {
    #[test]
    fn contiguity_is_having_the_positions_in_order(layout in layouts()) {
        let found = positions(&layout);
        let in_order = found.iter().enumerate().all(|(i, &p)| p == layout.offset() as isize + i as isize);
        prop_assert_eq!(layout.is_contiguous(), in_order || found.is_empty());
    }

    #[test]
    fn span_covers_exactly_what_is_touched(layout in layouts()) {
        let found = positions(&layout);
        let span = layout.span();
        match (found.iter().min(), found.iter().max()) {
            (Some(&low), Some(&high)) => prop_assert_eq!(span, low as usize..high as usize + 1),
            _ => prop_assert!(span.is_empty()),
        }
    }

    #[test]
    fn a_view_shows_the_same_elements_in_the_same_order(layout in layouts(), cuts in prop::collection::vec(1usize..5, 0..3)) {
        let mut shape = Vec::new();
        let mut rest = layout.numel();
        for cut in cuts {
            if cut > 0 && rest % cut == 0 {
                shape.push(cut);
                rest /= cut;
            }
        }
        shape.push(rest);
        if let Some(view) = layout.view(&shape) {
            prop_assert_eq!(view.shape(), &shape[..]);
            prop_assert_eq!(positions(&view), positions(&layout));
        } else {
            prop_assert!(!layout.is_contiguous());
        }
    }

    #[test]
    fn every_layout_views_as_itself(layout in layouts()) {
        let view = layout.view(layout.shape());
        prop_assert!(view.is_some());
        prop_assert_eq!(view.map(|v| positions(&v)), Some(positions(&layout)));
    }

    #[test]
    fn dense_layouts_touch_each_element_of_their_span_once(layout in layouts()) {
        let mut found = positions(&layout);
        found.sort_unstable();
        let once = found.windows(2).all(|w| w[1] == w[0] + 1);
        prop_assert_eq!(layout.is_dense(), once || found.is_empty());
    }

    #[test]
    fn flipping_twice_changes_nothing(layout in layouts()) {
        let dims: Vec<usize> = (0..layout.ndim()).collect();
        let mut reversed = positions(&layout.flip(&dims));
        reversed.reverse();
        prop_assert_eq!(reversed, positions(&layout));
        prop_assert_eq!(layout.flip(&dims).flip(&dims), layout);
    }

    #[test]
    fn expanded_elements_repeat(layout in layouts(), extra in 1usize..4) {
        let mut shape = vec![extra];
        shape.extend(layout.shape());
        let expanded = layout.expand(&shape).map(|e| positions(&e));
        prop_assert_eq!(expanded, Some(positions(&layout).repeat(extra)));
    }
}
