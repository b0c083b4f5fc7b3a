//! Association: the candidate images that go with a cue (WinoGAViL).

use ticclip_eval::embeddings::Embeddings;
use ticclip_eval::metric::{Cue, Jaccard, Statistic};
use ticclip_eval::task::Task;

use super::features::Rows;
use super::marks::LeftOut;
use super::source::{Association, Set};
use super::{Marks, ScoreError};

/// What a model is asked with for a cue, as DataComp asks: the word in lower case behind its article.
fn prompt(cue: &str) -> String {
    let cue = cue.to_lowercase();
    let article = if cue.starts_with(['a', 'e', 'i', 'o', 'u']) {
        "An"
    } else {
        "A"
    };
    format!("{article} {cue}")
}

/// The texts that a model is asked with, a cue each; and the questions that can be read.
pub(super) fn questions(set: &Set) -> Result<(Vec<String>, Vec<Association>, LeftOut), ScoreError> {
    let mut left_out = LeftOut::default();
    let mut asked = Vec::new();
    for (number, question) in set.source.associations()?.into_iter().enumerate() {
        match question {
            Ok(question) => asked.push(question),
            Err(reason) => {
                left_out.samples += 1;
                left_out
                    .first
                    .get_or_insert_with(|| (format!("question {}", number + 1), reason));
            }
        }
    }
    let texts = asked.iter().map(|question| prompt(&question.cue)).collect();
    Ok((texts, asked, left_out))
}

/// Marks of a model on an association set.
///
/// # Shapes
/// cues `[questions, dim]`.
pub(super) fn mark(
    task: &Task,
    set: &Set,
    rows: &Rows,
    cues: &Embeddings,
    questions: &[Association],
    mut left_out: LeftOut,
) -> Result<Marks, ScoreError> {
    let row_of = |sample: usize| rows.samples.binary_search(&sample).ok();
    let mut similarities: Vec<(Vec<f32>, &[bool])> = Vec::new();
    for (number, question) in questions.iter().enumerate() {
        let found: Option<Vec<usize>> = question
            .candidates
            .iter()
            .map(|sample| row_of(*sample))
            .collect();
        let Some(found) = found else {
            left_out.samples += 1;
            left_out.first.get_or_insert_with(|| {
                let reason = "an image of its candidates cannot be read".to_owned();
                (question.cue.clone(), reason)
            });
            continue;
        };
        let similarity = |row: usize| {
            let pairs = rows.vectors.row(row).iter().zip(cues.row(number));
            pairs.map(|(a, b)| a * b).sum::<f32>()
        };
        similarities.push((found.into_iter().map(similarity).collect(), &question.gold));
    }
    let cues = similarities.iter().map(|(similarities, associated)| Cue {
        similarities,
        associated,
    });
    if cues.len() == 0 {
        return Err(ScoreError::Unreadable {
            path: set.path.clone(),
            samples: set.source.len(),
            first: String::new(),
        });
    }
    let jaccard = Jaccard::new(cues)?;
    let statistics: Vec<(String, Box<dyn Statistic>)> = Jaccard::names()
        .filter_map(|name| {
            let counted: Box<dyn Statistic> = Box::new(jaccard.by_name(name)?);
            Some((name.to_owned(), counted))
        })
        .collect();
    Marks::of(&statistics, &task.metric, Vec::new(), left_out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cue_has_its_article() {
        assert_eq!(prompt("Iron"), "An iron");
        assert_eq!(prompt("werewolf"), "A werewolf");
    }
}
