//! A filter: a SQL expression that is true of the rows that count.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::SchemaError;
use datafusion::common::tree_node::TreeNode;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{Expr, ExprSchemable, Volatility};
use datafusion::prelude::{DataFrame, SessionContext};

use crate::error::EngineError;

/// Functions that are the same within a query, but not from one day to the next.
const CLOCKS: [&str; 5] = [
    "now",
    "current_timestamp",
    "current_date",
    "current_time",
    "today",
];

/// Reads a filter over the columns of `rows`, and finds whatever is wrong with it before a row is read.
pub(crate) fn parse(
    context: &SessionContext,
    rows: &DataFrame,
    filter: &str,
) -> Result<Expr, EngineError> {
    let wrong = |error: DataFusionError| match missing_column(&error) {
        Some(column) => EngineError::FilterColumn {
            filter: filter.to_owned(),
            column,
            columns: rows
                .schema()
                .fields()
                .iter()
                .map(|field| field.name().clone())
                .collect(),
        },
        None => EngineError::Filter {
            filter: filter.to_owned(),
            problem: error.strip_backtrace(),
        },
    };
    let expression = rows.parse_sql_expr(filter).map_err(wrong)?.unalias();
    if let Some(problem) = refused(&expression).map_err(wrong)? {
        return Err(EngineError::Filter {
            filter: filter.to_owned(),
            problem: problem.to_owned(),
        });
    }
    let found = expression.get_type(rows.schema()).map_err(wrong)?;
    if found != DataType::Boolean {
        return Err(EngineError::FilterType {
            filter: filter.to_owned(),
            found: found.to_string(),
        });
    }
    // The optimiser makes types agree and computes what is constant.
    let filtered = rows.clone().filter(expression.clone()).map_err(wrong)?;
    context
        .state()
        .optimize(filtered.logical_plan())
        .map_err(wrong)?;
    Ok(expression)
}

/// What in an expression is of more than the row, or not the same whenever it is asked.
fn refused(expression: &Expr) -> Result<Option<&'static str>, DataFusionError> {
    let mut refused = None;
    expression.apply(|part| {
        let found = match part {
            Expr::AggregateFunction(_) | Expr::WindowFunction(_) => {
                Some("it computes a value of many rows")
            }
            Expr::Exists(_)
            | Expr::InSubquery(_)
            | Expr::ScalarSubquery(_)
            | Expr::SetComparison(_) => Some("it has a query in it"),
            Expr::ScalarFunction(call)
                if call.func.signature().volatility == Volatility::Volatile
                    || CLOCKS.contains(&call.func.name()) =>
            {
                Some("it is not the same whenever it is asked")
            }
            _ => None,
        };
        refused = refused.or(found);
        Ok(datafusion::common::tree_node::TreeNodeRecursion::Continue)
    })?;
    Ok(refused)
}

fn missing_column(error: &DataFusionError) -> Option<String> {
    match error {
        DataFusionError::SchemaError(error, _) => match error.as_ref() {
            SchemaError::FieldNotFound { field, .. } => Some(field.name.clone()),
            _ => None,
        },
        DataFusionError::Context(_, error) | DataFusionError::Diagnostic(_, error) => {
            missing_column(error)
        }
        DataFusionError::Collection(errors) => errors.iter().find_map(missing_column),
        DataFusionError::Shared(error) => missing_column(error),
        _ => None,
    }
}
