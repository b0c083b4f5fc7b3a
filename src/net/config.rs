//! Net configuration: the `[net]` table of a dataset file, which says by which model and threshold captions mean a class.

use std::path::Path;

use serde::Deserialize;

use crate::manifest::{DatasetError, parse_toml};

/// What a dataset file says about its net.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct NetConfig {
    /// The architecture that the threshold belongs to, such as `ViT-B-32`.
    pub encoder: Option<String>,
    /// The smallest cosine of a caption and what its class means.
    pub threshold: Option<f32>,
    /// Rows that are left out, such as those flagged as not safe for work.
    pub drop: Option<DropRule>,
}

/// Rows that are left out by the value of a column.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DropRule {
    /// The column.
    pub column: String,
    /// Its values in rows that are left out.
    pub values: Vec<String>,
}

impl NetConfig {
    /// Reads the `[net]` table of a file; without one, nothing is said.
    ///
    /// # Errors
    /// When the file cannot be read or understood.
    pub fn read(path: &Path) -> Result<Self, DatasetError> {
        #[derive(Deserialize)]
        struct File {
            #[serde(default)]
            net: NetConfig,
        }
        Ok(parse_toml::<File>(path)?.net)
    }
}

impl DropRule {
    /// Whether a row of this value is left out.
    pub fn takes(&self, value: Option<&str>) -> bool {
        value.is_some_and(|value| self.values.iter().any(|wanted| wanted == value))
    }
}

impl std::str::FromStr for DropRule {
    type Err = String;

    /// `COLUMN=VALUE` or `COLUMN=VALUE,VALUE`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (column, values) = text
            .split_once('=')
            .filter(|(column, values)| !column.is_empty() && !values.is_empty())
            .ok_or_else(|| format!("{text:?} is not COLUMN=VALUE, such as NSFW=NSFW,UNSURE"))?;
        Ok(Self {
            column: column.to_owned(),
            values: values.split(',').map(str::to_owned).collect(),
        })
    }
}

impl std::fmt::Display for DropRule {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}={}", self.column, self.values.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timeline::read_timeline;

    #[test]
    fn the_net_that_comes_with_the_program_is_understood() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data-manifests");
        let file = folder.join("tic-datacomp-net.toml");
        let config = NetConfig::read(&file).expect("a net");
        assert_eq!(config.threshold, Some(0.82));
        assert_eq!(config.encoder.as_deref(), Some("ViT-B-32"));
        let timeline = read_timeline(&file).expect("a timeline");
        let pool = read_timeline(&folder.join("tic-datacomp.toml")).expect("a timeline");
        assert_eq!(timeline.steps(), pool.steps());
        assert_eq!(
            NetConfig::read(&folder.join("tic-datacomp.toml")).expect("no net"),
            NetConfig::default()
        );
    }

    #[test]
    fn a_rule_is_what_it_prints() {
        let rule: DropRule = "NSFW=NSFW,UNSURE".parse().expect("a rule");
        assert_eq!(rule.to_string().parse(), Ok(rule.clone()));
        assert!(rule.takes(Some("UNSURE")) && !rule.takes(Some("LIKELY")) && !rule.takes(None));
        for wrong in ["NSFW", "=1", "NSFW="] {
            assert!(wrong.parse::<DropRule>().is_err(), "{wrong}");
        }
    }
}
