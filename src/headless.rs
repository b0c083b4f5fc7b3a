//! Headless: a machine without a desktop, where no display needs to be looked for.

/// Says where no Wayland display is, if nothing says where one is: the library through which Vulkan's layers look for
/// it would write an error to stderr each time.
///
/// To be called before the first thread is started.
pub(super) fn declare() {
    let unset = |name: &str| std::env::var_os(name).is_none_or(|value| value.is_empty());
    if !(cfg!(target_os = "linux") && unset("XDG_RUNTIME_DIR") && unset("WAYLAND_DISPLAY")) {
        return;
    }
    #[expect(unsafe_code, reason = "the environment has no safe interface")]
    // SAFETY: no other thread is there yet to read the environment meanwhile.
    unsafe {
        std::env::set_var("WAYLAND_DISPLAY", "/dev/null");
    }
}
