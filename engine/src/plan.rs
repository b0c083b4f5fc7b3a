//! A query, and the plans that answer it.

use std::collections::BTreeSet;
use std::sync::Arc;

use datafusion::arrow::array::AsArray;
use datafusion::arrow::datatypes::Int64Type;
use datafusion::error::Result as PlanResult;
use datafusion::functions_aggregate::expr_fn::{count, min, sum};
use datafusion::logical_expr::{Expr, JoinType, case, ident, lit, when};
use datafusion::prelude::DataFrame;
use futures_util::TryStreamExt;

use crate::bucket::{BAD_UID, Bucket, COLUMNS, Collector, FILTERED, KEPT};
use crate::engine::Inner;
use crate::error::EngineError;
use crate::filter;
use crate::function::{self, NO_DATE};
use crate::relation::Relation;
use crate::table::Table;

const DAY_MICROS: i64 = 86_400_000_000;

/// Which rows count, and what dates they have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// The rows.
    pub manifest: Table,
    /// Dates that count in place of the manifest's, joined by uid; of several dates of a uid the earliest does.
    pub dates: Option<Table>,
    /// A SQL expression over the manifest's columns, which must be true of a row for it to count. Columns are named in the
    /// case that they have in the manifest, in double quotes where they are not plain words.
    pub filter: Option<String>,
}

/// A query whose tables are open and whose filter is understood.
#[derive(Debug, Clone)]
pub struct Plan {
    inner: Arc<Inner>,
    manifest: Relation,
    dates: Option<Relation>,
    filter: Option<Expr>,
}

impl Plan {
    pub(crate) fn open(inner: Arc<Inner>, query: &Query) -> Result<Self, EngineError> {
        let open = |table| {
            inner
                .runtime
                .block_on(Relation::open(&inner.context, table))
        };
        let manifest = open(&query.manifest)?;
        let dates = query.dates.as_ref().map(open).transpose()?;
        let parse = |filter: &String| filter::parse(&inner.context, &manifest.rows, filter);
        let filter = query.filter.as_ref().map(parse).transpose()?;
        Ok(Self {
            inner,
            manifest,
            dates,
            filter,
        })
    }

    /// How many rows the manifest has, filtered or not.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn rows(&self) -> Result<u64, EngineError> {
        let rows = || self.manifest.rows.clone().count();
        let rows = self.inner.answer("counting rows", rows)?;
        Ok(rows as u64)
    }

    /// The days, since 1970, that dates are on: those of the manifest's rows that the filter keeps, or, with a table of
    /// dates, all of that table's, if there is a filter all of uids that it keeps.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn days(&self) -> Result<BTreeSet<i64>, EngineError> {
        self.inner.answer("listing days", || async {
            let mut days = BTreeSet::new();
            let mut batches = self.days_plan()?.execute_stream().await?;
            while let Some(batch) = batches.try_next().await? {
                days.extend(batch.column(0).as_primitive::<Int64Type>().iter().flatten());
            }
            Ok(days)
        })
    }

    /// The rows whose uids are in the `number`th of `of` equal ranges: those for which `number` is the uid's first 32 bits
    /// times `of` by 2^32, rounded down.
    ///
    /// # Errors
    /// When there is no such bucket, or a file cannot be read.
    pub fn bucket(&self, number: u32, of: u32) -> Result<Bucket, EngineError> {
        if number >= of {
            return Err(EngineError::Bucket { number, of });
        }
        let what = format!("bucket {number} of {of}");
        self.inner.answer(&what, || async {
            let mut collector = Collector::new(self.dates.is_some());
            let mut batches = self.bucket_plan(number, of)?.execute_stream().await?;
            while let Some(batch) = batches.try_next().await? {
                collector.add(&batch)?;
            }
            Ok(collector.finish())
        })
    }

    /// Whether a row counts: the filter is true of it.
    fn keeps(&self) -> Expr {
        match &self.filter {
            Some(filter) => filter.clone().is_true(),
            None => lit(true),
        }
    }

    /// One column of days, nulls among them.
    fn days_plan(&self) -> PlanResult<DataFrame> {
        let kept = self.manifest.rows.clone().filter(self.keeps())?;
        let of = |table: &Relation| [table.uid().alias("uid"), table.micros().alias("at")];
        let dated = match &self.dates {
            None => kept.select(of(&self.manifest))?,
            Some(dates) if self.filter.is_none() => dates.rows.clone().select(of(dates))?,
            Some(dates) => {
                let kept = kept.select([self.manifest.uid().alias("kept")])?;
                let dates = dates.rows.clone().select(of(dates))?;
                dates.join_on(kept, JoinType::LeftSemi, [ident("uid").eq(ident("kept"))])?
            }
        };
        let is_date = ident("uid").is_not_null().and(is_date(ident("at")));
        // Division cuts towards zero: days before 1970 need what is left over taken away first.
        let left_over = (ident("at") % lit(DAY_MICROS) + lit(DAY_MICROS)) % lit(DAY_MICROS);
        let day = (ident("at") - left_over) / lit(DAY_MICROS);
        dated
            .filter(is_date)?
            .select([day.alias("day")])?
            .distinct()
    }

    /// The columns that a [`Collector`] takes.
    fn bucket_plan(&self, number: u32, of: u32) -> PlanResult<DataFrame> {
        let rows = in_bucket(&self.manifest, number, of)?.select([
            self.manifest.uid().alias("uid"),
            self.manifest.micros().alias("at"),
            self.keeps().alias("keeps"),
        ])?;
        let fate = when(ident("uid").is_null(), lit(BAD_UID))
            .when(ident("keeps"), lit(KEPT))
            .otherwise(lit(FILTERED))?;
        let rows = rows.select([ident("uid"), ident("at"), fate.alias("fate")])?;
        let none = || lit(0_i64);
        let Some(dates) = &self.dates else {
            // What does not count is nothing but counted: it need not travel.
            let of_kept = |name: &str| {
                let of_kept = case(ident("fate")).when(lit(KEPT), ident(name)).end();
                of_kept.map(|value| value.alias(name))
            };
            return rows.select([
                of_kept("uid")?,
                of_kept("at")?,
                ident("fate"),
                none().alias(COLUMNS[3]),
                none().alias(COLUMNS[4]),
            ]);
        };
        let dates = earliest(in_bucket(dates, number, of)?, dates)?;
        let rows = rows.select([ident("uid"), ident("fate")])?;
        let joined = rows.join_on(dates, JoinType::Full, [ident("uid").eq(ident("of"))])?;
        // Dates without a row are of interest if there is something to count.
        let something = ident("dates").gt(lit(1_i64)).or(ident("bad").gt(none()));
        joined
            .filter(ident("fate").is_not_null().or(something))?
            .select(COLUMNS.map(ident))
    }
}

/// The rows of a table whose uids are in a bucket.
fn in_bucket(table: &Relation, number: u32, of: u32) -> PlanResult<DataFrame> {
    let bucket = function::bucket(table.uid(), of);
    table.rows.clone().filter(bucket.eq(lit(i64::from(number))))
}

/// For each uid of a table its earliest date, how many dates it has, and how many that are none.
fn earliest(rows: DataFrame, table: &Relation) -> PlanResult<DataFrame> {
    let rows = rows.select([table.uid().alias("of"), table.micros().alias("micros")])?;
    let is_bad = ident("of").is_null().or(ident("micros").eq(lit(NO_DATE)));
    let bad = when(is_bad, lit(1_i64)).otherwise(lit(0_i64))?;
    let usable = ident("of").is_not_null().and(is_date(ident("micros")));
    let date = when(usable, ident("micros")).end()?;
    rows.select([ident("of"), date.alias("date"), bad.alias("is_bad")])?
        .aggregate(
            vec![ident("of")],
            vec![
                min(ident("date")).alias("at"),
                count(ident("date")).alias("dates"),
                sum(ident("is_bad")).alias("bad"),
            ],
        )
}

/// Whether microseconds are a date; null, which is none, where there are none.
fn is_date(micros: Expr) -> Expr {
    micros.not_eq(lit(NO_DATE))
}
