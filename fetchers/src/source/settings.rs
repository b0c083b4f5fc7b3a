//! The settings that all online sources share, and which values of them make sense.

use std::time::Duration;

use url::Url;

use super::{Manners, SourceName};
use crate::config::ConfigError;

/// Values of one source's table under the keys that every online source has.
pub(super) struct Settings<'a> {
    pub(super) source_name: SourceName,
    pub(super) allow_private: bool,
    pub(super) timeout_seconds: u64,
    pub(super) concurrency: usize,
    pub(super) per_host_concurrency: usize,
    pub(super) contact: Option<&'a str>,
}

impl Settings<'_> {
    /// Manners without a limit of requests, for an interface that has terms of its own.
    pub(super) fn manners(&self) -> Result<Manners, ConfigError> {
        let positive = |key, value: u64| match value {
            0 => Err(self.refuse(key, value, "allowed is a whole number from 1 on")),
            _ => Ok(()),
        };
        positive("timeout-seconds", self.timeout_seconds)?;
        positive("concurrency", self.concurrency as u64)?;
        positive("per-host-concurrency", self.per_host_concurrency as u64)?;
        Ok(Manners {
            allow_private: self.allow_private,
            timeout: Duration::from_secs(self.timeout_seconds),
            concurrency: self.concurrency,
            per_host_concurrency: self.per_host_concurrency,
            requests_per_second: None,
            robots: false,
            contact: self.contact.map(str::to_owned),
        })
    }

    /// Requests a second, from a key that counts them in `seconds`. None at all would be no way to ask.
    pub(super) fn rate(
        &self,
        key: &'static str,
        requests: f64,
        seconds: f64,
    ) -> Result<f64, ConfigError> {
        if requests > 0.0 && requests.is_finite() {
            Ok(requests / seconds)
        } else {
            Err(self.refuse(key, requests, "allowed is a number greater than 0"))
        }
    }

    /// The server's address. Anything but http and https cannot be asked.
    pub(super) fn base_url(&self, text: &str) -> Result<Url, ConfigError> {
        let url = Url::parse(text).ok().filter(|url| {
            matches!(url.scheme(), "http" | "https")
                && url.has_host()
                && url.fragment().is_none()
                && url.password().is_none()
        });
        url.ok_or_else(|| {
            let allowed = "allowed is an http or https address without password or fragment";
            self.refuse("base-url", format!("{text:?}"), allowed)
        })
    }

    pub(super) fn refuse(
        &self,
        key: &'static str,
        value: impl ToString,
        allowed: &'static str,
    ) -> ConfigError {
        ConfigError::Value {
            source_name: self.source_name,
            key,
            value: value.to_string(),
            allowed,
        }
    }
}
