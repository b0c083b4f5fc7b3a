//! A table that is open: its columns are known, and those that count are what they should be.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::common::Column;
use datafusion::datasource::listing::{
    ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl,
};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{Expr, lit};
use datafusion::prelude::{DataFrame, SessionContext};
use datafusion::scalar::ScalarValue;
use futures_util::{StreamExt, TryStreamExt};

use crate::error::EngineError;
use crate::function;
use crate::function::is_text;
use crate::store;
use crate::table::{Kind, Table};

const UIDS: &str = "text of 32 hex digits, or 16 bytes";
const DATES: &str = "a timestamp, a day, a number of seconds, or text";
/// Files whose columns are looked at at once.
const FILES_AT_ONCE: usize = 32;

/// An open table.
#[derive(Debug, Clone)]
pub(crate) struct Relation {
    /// All its rows and columns.
    pub(crate) rows: DataFrame,
    uid: String,
    timestamp: Option<String>,
}

impl Relation {
    pub(crate) async fn open(context: &SessionContext, table: &Table) -> Result<Self, EngineError> {
        let format = table.format()?;
        let first = table.first()?;
        let state = context.state();
        // The endings are checked, and need not be as the reader expects.
        let options = ListingOptions::new(format.reader(&state)).with_file_extension("");
        let places: Vec<ListingTableUrl> = table
            .files
            .iter()
            .map(|file| store::locate(file))
            .collect::<Result<_, _>>()?;
        let infer = |index: usize| {
            let (options, state, place) = (&options, &state, &places[index]);
            let file = &table.files[index];
            async move {
                let schema = options.infer_schema(state, place).await;
                schema.map_err(opening(file))
            }
        };
        let mut schema = Arc::unwrap_or_clone(infer(0).await?);
        if matches!(format.kind, Kind::Separated(_)) {
            schema = with_text(&schema, table);
        }
        let columns = Columns {
            file: first,
            schema: &schema,
        };
        columns.check(table)?;
        futures_util::stream::iter(1..places.len())
            .map(|index| {
                let other = infer(index);
                async move { Ok::<_, EngineError>((index, other.await?)) }
            })
            .buffered(FILES_AT_ONCE)
            .try_for_each(|(index, other)| {
                let file = table.files[index].as_str();
                let alike = alike(format.kind, table, file, &schema, &other);
                async move { alike }
            })
            .await?;
        let config = ListingTableConfig::new_with_multi_paths(places)
            .with_listing_options(options)
            .with_schema(Arc::new(schema));
        let statistics = state.runtime_env().cache_manager.get_file_statistic_cache();
        let provider = ListingTable::try_new(config)
            .map_err(opening(first))?
            .with_cache(statistics);
        let rows = context
            .read_table(Arc::new(provider))
            .map_err(opening(first))?;
        Ok(Self {
            rows,
            uid: table.uid.clone(),
            timestamp: table.timestamp.clone(),
        })
    }

    /// The uid of a row; null where there is none.
    pub(crate) fn uid(&self) -> Expr {
        function::uid(column(&self.uid))
    }

    /// The date of a row in microseconds, `NO_DATE` for what is no date; null where there is none.
    pub(crate) fn micros(&self) -> Expr {
        match &self.timestamp {
            Some(timestamp) => function::micros(column(timestamp)),
            None => lit(ScalarValue::Int64(None)),
        }
    }
}

/// The column of this very name, whatever characters it has.
fn column(name: &str) -> Expr {
    Expr::Column(Column::from_name(name))
}

fn opening(file: &str) -> impl FnOnce(DataFusionError) -> EngineError + use<> {
    let file = file.to_owned();
    move |source| EngineError::Open {
        file,
        source: Box::new(source),
    }
}

/// The columns of a file.
struct Columns<'a> {
    file: &'a str,
    schema: &'a Schema,
}

impl Columns<'_> {
    fn check(&self, table: &Table) -> Result<(), EngineError> {
        let uid = self.get(&table.uid)?.data_type();
        if !is_uid(uid) {
            return Err(self.wrong(&table.uid, uid, UIDS));
        }
        if let Some(timestamp) = &table.timestamp {
            let date = self.get(timestamp)?.data_type();
            if !is_date(date) {
                return Err(self.wrong(timestamp, date, DATES));
            }
        }
        Ok(())
    }

    fn get(&self, name: &str) -> Result<&Field, EngineError> {
        self.schema
            .field_with_name(name)
            .map_err(|_| EngineError::Column {
                file: self.file.to_owned(),
                column: name.to_owned(),
                columns: self
                    .schema
                    .fields()
                    .iter()
                    .map(|field| field.name().clone())
                    .collect(),
            })
    }

    fn wrong(&self, column: &str, found: &DataType, allowed: &'static str) -> EngineError {
        EngineError::Type {
            file: self.file.to_owned(),
            column: column.to_owned(),
            found: found.to_string(),
            allowed,
        }
    }
}

/// Whether another file of the table can be read as the first one is.
fn alike(
    kind: Kind,
    table: &Table,
    file: &str,
    first: &Schema,
    other: &Schema,
) -> Result<(), EngineError> {
    let columns = Columns {
        file,
        schema: other,
    };
    match kind {
        // A line need not have all fields.
        Kind::JsonLines => Ok(()),
        Kind::Separated(_) => {
            let names = |schema: &Schema| -> Vec<String> {
                schema
                    .fields()
                    .iter()
                    .map(|field| field.name().clone())
                    .collect()
            };
            if names(first) == names(other) {
                return Ok(());
            }
            let problem = "its header is not that of the table's first file".to_owned();
            Err(opening(file)(DataFusionError::Plan(problem)))
        }
        Kind::Parquet => {
            columns.check(table)?;
            let names = [Some(&table.uid), table.timestamp.as_ref()];
            for name in names.into_iter().flatten() {
                let (of_first, found) = (first.field_with_name(name), columns.get(name)?);
                if of_first.is_ok_and(|of_first| of_first.data_type() != found.data_type()) {
                    let allowed = "the type that it has in the table's first file";
                    return Err(columns.wrong(name, found.data_type(), allowed));
                }
            }
            Ok(())
        }
    }
}

/// Uids and dates of separated files are read as they are written: the first rows do not tell what the others look like.
fn with_text(schema: &Schema, table: &Table) -> Schema {
    let fields = schema.fields().iter().map(|field| {
        if *field.name() == table.uid || Some(field.name()) == table.timestamp.as_ref() {
            Arc::new(Field::new(field.name(), DataType::Utf8, true))
        } else {
            field.clone()
        }
    });
    Schema::new(fields.collect::<Vec<_>>())
}

fn is_uid(kind: &DataType) -> bool {
    match kind {
        DataType::Dictionary(_, values) => is_uid(values),
        DataType::Null
        | DataType::FixedSizeBinary(16)
        | DataType::Binary
        | DataType::LargeBinary => true,
        DataType::BinaryView => true,
        kind => is_text(kind),
    }
}

fn is_date(kind: &DataType) -> bool {
    match kind {
        DataType::Dictionary(_, values) => is_date(values),
        DataType::Null | DataType::Timestamp(..) | DataType::Date32 | DataType::Date64 => true,
        kind => is_text(kind) || kind.is_integer() || kind.is_floating(),
    }
}
