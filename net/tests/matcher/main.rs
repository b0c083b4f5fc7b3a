//! What the matcher finds in captions as the web has them, and in any text.

mod captions;
mod properties;
