//! The page in a real browser: Chromium, asked through its DevTools protocol.
//!
//! Without a Chromium the tests say so and pass, unless `TICCLIP_REQUIRE_BROWSER=1` is set.
//! `TICCLIP_SCREENSHOTS=FOLDER` has the page's pictures written for the eye.

mod access;
mod chromium;
mod contrast;
mod hostile;
mod keyboard;
mod layout;
mod page;
mod pictures;
mod reading;
mod speed;
mod view;

#[path = "../../examples/made_up/comparison.rs"]
mod comparison;
#[path = "../../examples/made_up/content.rs"]
mod content;
#[path = "../../examples/made_up/picture.rs"]
mod picture;
#[path = "../../examples/made_up/random.rs"]
mod random;
#[path = "../../examples/made_up/shift.rs"]
mod shift;
