//! The program as a user meets it: every test runs the binary or the public library on real images.

mod bad_input;
mod call;
mod demo;
mod encode;
mod gpu;
mod interruption;
mod photos;
mod readme;
mod stages;
mod tokenizer;
