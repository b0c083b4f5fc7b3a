//! Figures and tables for papers: the report's charts as SVG, PNG and PDF, its numbers as CSV, Markdown and LaTeX.
//!
//! A paper takes them with `\includegraphics{matrix-retrieval-sequential.pdf}` and `\input{summary}`.
//!
//! [`files`] returns bytes and writes nothing. Drawing goes one way: a file in `figure/` draws on a `canvas.rs`, which is SVG
//! already; `png.rs` and `pdf.rs` convert that. A file in `table/` collects cells; a writer beside it words and escapes them.

mod axes;
mod canvas;
mod chosen_groups;
mod exported_file;
mod figure;
mod font;
mod format;
mod key;
mod look;
mod pdf;
mod png;
mod stem;
pub(crate) mod table;

#[cfg(test)]
mod tests;

pub use exported_file::{ExportError, ExportedFile, characters_without_glyph, files};
pub use format::{Format, UnknownFormat};
