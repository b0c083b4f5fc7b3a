//! The secret of a source: an environment variable that a dataset may name, and the servers that may be told.

use super::ask::SecretText;
use super::settings::Settings;
use super::{SourceError, SourceName};
use crate::config::ConfigError;

/// A secret that a source's server wants, or none that is wanted.
#[derive(Clone, Debug)]
pub(super) struct Credential {
    source_name: SourceName,
    /// `None` where the server is asked without.
    variable: Option<String>,
    value: Option<SecretText>,
}

impl Credential {
    /// Looks the secret up in the environment.
    ///
    /// The source's own server always gets it, another one only if the dataset names the variable. The name must
    /// begin with one of the prefixes: a dataset that somebody else wrote must not send other secrets away.
    pub(super) fn find(
        settings: &Settings<'_>,
        (key, named): (&'static str, Option<&str>),
        (own_server, usual): (bool, &str),
        (prefix, allowed): (&str, &'static str),
    ) -> Result<Self, ConfigError> {
        if let Some(name) = named
            && !name.starts_with(prefix)
            && !name.starts_with("TICCLIP_")
        {
            return Err(settings.refuse(key, format!("{name:?}"), allowed));
        }
        let variable = named.or(own_server.then_some(usual)).map(str::to_owned);
        let value = variable
            .as_deref()
            .and_then(|name| std::env::var(name).ok())
            .filter(|value| !value.trim().is_empty())
            .map(|value| SecretText::new(value.trim().to_owned()));
        Ok(Self {
            source_name: settings.source_name,
            variable,
            value,
        })
    }

    /// The secret to send; `None` where none is wanted.
    pub(super) fn secret(
        &self,
        needed_for: &'static str,
    ) -> Result<Option<SecretText>, SourceError> {
        match (&self.variable, &self.value) {
            (None, _) => Ok(None),
            (Some(_), Some(value)) => Ok(Some(value.clone())),
            (Some(variable), None) => Err(SourceError::NoSecret {
                source_name: self.source_name,
                variable: variable.clone(),
                needed_for,
            }),
        }
    }

    /// Takes the secret from elsewhere than the environment, where the server wants one.
    pub(super) fn set(&mut self, value: SecretText) {
        self.value = Some(value);
    }
}
