//! Checks of values, and calls that write nothing.

use ferrotorch_core::dtype::Bool;
use ferrotorch_core::error::Class;
use ferrotorch_core::kernel::Kernel;
use ferrotorch_core::{Array, Layout};

use crate::support::{on_each, on_each_alone, refusal, upload};

const CHECK: Kernel = Kernel::Check { class: Class::Value, text: "only what is true will do" };

/// Truth values, all true but those at some places.
fn truth(n: usize, but: &[usize]) -> Vec<Bool> {
    (0..n).map(|i| Bool::new(!but.contains(&i))).collect()
}

#[test]
fn what_is_true_passes() {
    on_each(|device| {
        for n in [0, 1, 3, 4, 257, 100_003] {
            let condition = upload(device, &[n], &truth(n, &[]));
            device.run(&CHECK, &[condition.into()], &[]).unwrap();
        }
        device.synchronize().unwrap();
    });
}

#[test]
fn one_false_element_is_found_wherever_it_is_and_then_forgotten() {
    on_each_alone(|device| {
        let n = 100_003;
        for at in [0, 1, 5, 50_000, n - 1] {
            let error = refusal(device, &CHECK, &[upload(device, &[n], &truth(n, &[at])).into()], &[]);
            assert_eq!((error.class(), error.to_string().as_str()), (Class::Value, "only what is true will do"), "at {at}");
            device.synchronize().unwrap();
        }
    });
}

#[test]
fn only_what_a_view_shows_is_asked() {
    on_each_alone(|device| {
        let whole = upload(device, &[6, 5], &truth(30, &[7]));
        let passes = |layout: Layout| {
            let view: Array = whole.with_layout(layout);
            device.run(&CHECK, &[view.into()], &[]).and_then(|()| device.synchronize()).is_ok()
        };
        let layout = &whole.layout;
        assert!(passes(layout.slice(1, 3, 2, 1)) && passes(layout.slice(0, 0, 3, 2)) && passes(layout.slice(0, 2, 4, 1)));
        assert!(!passes(layout.slice(1, 2, 2, 1)) && !passes(layout.flip(&[0])) && !passes(layout.transpose(0, 1)));
        assert!(!passes(layout.slice(0, 1, 1, 1).expand(&[400, 5]).unwrap()));
    });
}
