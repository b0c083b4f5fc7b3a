//! The program as a user meets it: every test runs the binary or the public library on real images.

mod bad_input;
mod book;
mod call;
mod check;
mod completions;
mod dating;
mod demo;
mod drops;
mod encode;
mod engine;
mod examples;
mod gpu;
mod hub;
mod interruption;
#[cfg(not(feature = "mpi"))]
mod launcher;
mod mistakes;
#[cfg(feature = "mpi")]
mod mpi;
mod net;
mod origins;
mod photos;
mod pool;
mod readme;
mod report;
mod scores;
mod server;
mod shards;
mod shares;
mod shift;
mod splits;
mod stages;
mod strategies;
mod tokenizer;
