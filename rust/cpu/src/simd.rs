//! Loops compiled for several instruction sets, chosen at run time.

/// `dispatch!(name => generic<T: Bound>(x: &[T]))` makes `fn name<T: Bound>(x: &[T])`, which runs the `#[inline(always)]`
/// function `generic` compiled for AVX-512 or AVX2 where the processor has them, and for the baseline elsewhere.
macro_rules! dispatch {
    ($name:ident => $generic:ident<$($g:ident: $bound:path),*>($($arg:ident: $ty:ty),* $(,)?)) => {
        pub(super) fn $name<$($g: $bound),*>($($arg: $ty),*) {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx2,fma")]
                fn avx512<$($g: $bound),*>($($arg: $ty),*) {
                    $generic($($arg),*)
                }
                #[target_feature(enable = "avx2,fma")]
                fn avx2<$($g: $bound),*>($($arg: $ty),*) {
                    $generic($($arg),*)
                }
                let avx = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
                if avx && is_x86_feature_detected!("avx512bw") && is_x86_feature_detected!("avx512vl") && is_x86_feature_detected!("avx512dq") {
                    // SAFETY: the processor has the features that the function is compiled for.
                    return unsafe { avx512($($arg),*) };
                }
                if avx {
                    // SAFETY: as above.
                    return unsafe { avx2($($arg),*) };
                }
            }
            $generic($($arg),*)
        }
    };
}
pub(crate) use dispatch;
