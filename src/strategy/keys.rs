//! A strategy's keys: the table `[strategy.NAME]` of a recipe.

use thiserror::Error;

/// Why a strategy cannot take its keys.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum KeysError {
    /// A key that the strategy does not have.
    #[error("[strategy.{strategy}] has no key {key:?}; {}", allowed(.known))]
    Unknown {
        /// The strategy.
        strategy: String,
        /// The key.
        key: String,
        /// Keys there are.
        known: Vec<&'static str>,
    },
    /// A value outside what is allowed.
    #[error("[strategy.{strategy}] {key} is {value}, allowed {allowed}")]
    Value {
        /// The strategy.
        strategy: String,
        /// The key.
        key: &'static str,
        /// What stands there.
        value: String,
        /// What may stand there: "is a number above 0".
        allowed: &'static str,
    },
}

fn allowed(known: &[&str]) -> String {
    match known {
        [] => "it has none".to_owned(),
        known => format!("it has {}", known.join(", ")),
    }
}

/// The keys of one strategy.
#[derive(Clone, Debug)]
pub struct StrategyKeys {
    strategy: String,
    table: toml::Table,
}

impl StrategyKeys {
    /// The table of `strategy`.
    #[must_use]
    pub fn new(strategy: &str, table: toml::Table) -> Self {
        Self {
            strategy: strategy.to_owned(),
            table,
        }
    }

    /// Refuses keys that are not `known`.
    ///
    /// # Errors
    /// [`KeysError::Unknown`] for the first of them.
    pub fn none_but(&self, known: &[&'static str]) -> Result<(), KeysError> {
        match self.table.keys().find(|key| !known.contains(&key.as_str())) {
            None => Ok(()),
            Some(key) => Err(KeysError::Unknown {
                strategy: self.strategy.clone(),
                key: key.clone(),
                known: known.to_vec(),
            }),
        }
    }

    /// A number for which `fits` holds, or `default` where there is no such key.
    ///
    /// # Errors
    /// [`KeysError::Value`] with `allowed`: "are numbers above 0".
    pub fn number(
        &self,
        key: &'static str,
        default: f64,
        allowed: &'static str,
        fits: impl Fn(f64) -> bool,
    ) -> Result<f64, KeysError> {
        let Some(value) = self.table.get(key) else {
            return Ok(default);
        };
        let number = number_of(value).filter(|number| number.is_finite() && fits(*number));
        number.ok_or_else(|| self.refused(key, value, allowed))
    }

    /// A whole number of at least `least`, or `default` where there is no such key.
    ///
    /// # Errors
    /// [`KeysError::Value`] with `allowed`.
    pub fn count(
        &self,
        key: &'static str,
        default: u64,
        least: u64,
        allowed: &'static str,
    ) -> Result<u64, KeysError> {
        let Some(value) = self.table.get(key) else {
            return Ok(default);
        };
        let number = value
            .as_integer()
            .and_then(|number| u64::try_from(number).ok());
        number
            .filter(|number| *number >= least)
            .ok_or_else(|| self.refused(key, value, allowed))
    }

    /// A list of numbers for which `fits` holds, or `default` where there is no such key.
    ///
    /// # Errors
    /// [`KeysError::Value`] with `allowed`.
    pub fn numbers(
        &self,
        key: &'static str,
        default: Vec<f64>,
        allowed: &'static str,
        fits: impl Fn(&[f64]) -> bool,
    ) -> Result<Vec<f64>, KeysError> {
        let Some(value) = self.table.get(key) else {
            return Ok(default);
        };
        let list = value.as_array();
        let numbers: Option<Vec<f64>> = list.and_then(|list| list.iter().map(number_of).collect());
        numbers
            .filter(|numbers| fits(numbers))
            .ok_or_else(|| self.refused(key, value, allowed))
    }

    fn refused(&self, key: &'static str, value: &toml::Value, allowed: &'static str) -> KeysError {
        KeysError::Value {
            strategy: self.strategy.clone(),
            key,
            value: value.to_string(),
            allowed,
        }
    }
}

/// Whole numbers are numbers, too.
fn number_of(value: &toml::Value) -> Option<f64> {
    let whole = || value.as_integer().map(|number| number as f64);
    value.as_float().or_else(whole)
}
