//! Predictions as they are read back.

use std::fs::File;
use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int32Type};
use arrow_array::{Array, RecordBatch};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use ticclip_eval::classify::GUESSES;

use super::{Prediction, PredictionsError, QUERIES};

/// Reads a table that [`super::write_predictions`] wrote: the predictions of each tested step, in their order.
///
/// # Errors
/// [`PredictionsError`] when there is no such file, or it is another table.
pub fn read_predictions(path: &Path) -> Result<Vec<(String, Vec<Prediction>)>, PredictionsError> {
    let file = File::open(path).map_err(|source| PredictionsError::Io {
        path: path.to_owned(),
        source,
    })?;
    let parquet = |source| PredictionsError::Parquet {
        path: path.to_owned(),
        source,
    };
    let reader = ParquetRecordBatchReaderBuilder::try_new(file)
        .and_then(ParquetRecordBatchReaderBuilder::build)
        .map_err(parquet)?;
    let mut steps: Vec<(String, Vec<Prediction>)> = Vec::new();
    for batch in reader {
        let batch = batch.map_err(|source| PredictionsError::Arrow {
            path: path.to_owned(),
            source,
        })?;
        let rows = Rows::of(&batch).ok_or_else(|| PredictionsError::Foreign {
            path: path.to_owned(),
        })?;
        for row in 0..batch.num_rows() {
            let step = rows.step.value(row);
            if steps.last().is_none_or(|(last, _)| last != step) {
                steps.push((step.to_owned(), Vec::new()));
            }
            let prediction = rows.get(row).ok_or_else(|| PredictionsError::Foreign {
                path: path.to_owned(),
            })?;
            if let Some((_, predictions)) = steps.last_mut() {
                predictions.push(prediction);
            }
        }
    }
    Ok(steps)
}

/// The columns of a table.
struct Rows<'a> {
    step: &'a arrow_array::StringArray,
    key: &'a arrow_array::StringArray,
    query: &'a arrow_array::StringArray,
    label: &'a arrow_array::Int32Array,
    top: Vec<&'a arrow_array::Int32Array>,
    above: &'a arrow_array::ListArray,
    rank: &'a arrow_array::Int32Array,
    score: &'a arrow_array::Float64Array,
}

impl<'a> Rows<'a> {
    fn of(batch: &'a RecordBatch) -> Option<Self> {
        let text = |name: &str| batch.column_by_name(name)?.as_string_opt::<i32>();
        let integers = |name: &str| batch.column_by_name(name)?.as_primitive_opt::<Int32Type>();
        let top = (1..=GUESSES).map(|place| integers(&format!("top{place}")));
        Some(Self {
            step: text("tested_step")?,
            key: text("key")?,
            query: text("query")?,
            label: integers("label")?,
            top: top.collect::<Option<_>>()?,
            above: batch.column_by_name("above")?.as_list_opt()?,
            rank: integers("rank")?,
            score: batch
                .column_by_name("score")?
                .as_primitive_opt::<Float64Type>()?,
        })
    }

    fn get(&self, row: usize) -> Option<Prediction> {
        let there =
            |column: &arrow_array::Int32Array| (!column.is_null(row)).then(|| column.value(row));
        let above = (!self.above.is_null(row)).then(|| self.above.value(row));
        let above = match above {
            Some(classes) => Some(classes.as_primitive_opt::<Int32Type>()?.values().to_vec()),
            None => None,
        };
        let query = self.query.value(row);
        Some(Prediction {
            key: self.key.value(row).to_owned(),
            query: QUERIES.into_iter().find(|known| *known == query)?,
            label: there(self.label),
            top: self.top.iter().map_while(|column| there(column)).collect(),
            above,
            rank: there(self.rank),
            score: self.score.value(row),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::write_predictions;
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("p.parquet");
        let class = Prediction {
            key: "a".to_owned(),
            query: "image",
            label: Some(2),
            top: vec![1, 2],
            above: Some(vec![1]),
            rank: None,
            score: 0.5,
        };
        let text = Prediction {
            query: "text",
            label: None,
            top: Vec::new(),
            above: None,
            rank: Some(7),
            ..class.clone()
        };
        let steps = vec![
            ("2014".to_owned(), vec![class.clone(), text.clone()]),
            ("2016".to_owned(), vec![text]),
            (String::new(), vec![class]),
        ];
        write_predictions(&path, &steps).expect("written");
        assert_eq!(read_predictions(&path).expect("read"), steps);
    }

    #[test]
    fn another_table_is_refused_by_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("p.parquet");
        std::fs::write(&path, b"no table").expect("written");
        let error = read_predictions(&path).expect_err("no table").to_string();
        assert!(error.contains("p.parquet"), "{error}");
    }
}
