//! What answers are worth, each in [0, 1].

mod accuracy;
mod mean_per_class_recall;
mod recall;

pub use accuracy::{accuracy, top_k_accuracy};
pub use mean_per_class_recall::mean_per_class_recall;
pub use recall::{chance_of_recall_at_1, recall_at};
