//! Address: where on a server the folders of evaluation sets lie.

use thiserror::Error;
use url::Url;

/// What stands for a set's folder.
const NAME: &str = "{name}";

/// Why a text is no hub's address.
#[derive(Debug, PartialEq, Eq, Error)]
pub enum AddressError {
    /// Not a url of the web.
    #[error("`{text}` is not a hub's address such as https://HOST/{NAME}/PATH: {message}")]
    Url {
        /// The text.
        text: String,
        /// What is wrong with it.
        message: String,
    },
    /// A folder that is no path of plain names.
    #[error(
        "the folder `{folder}` cannot be asked for: its parts may have ASCII letters, digits and the signs . _ + - alone"
    )]
    Folder {
        /// The folder.
        folder: String,
    },
}

/// The address of a hub, with a place for a set's folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    template: String,
}

impl Address {
    /// Reads an address. Where it has no `{name}`, a set's folder goes to its end.
    ///
    /// # Errors
    /// [`AddressError`] when it is no http or https url, names a user, has a query, or a place for the folder outside its
    /// path.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let wrong = |message: &str| AddressError::Url {
            // A password is not repeated.
            text: text.split('@').next_back().unwrap_or_default().to_owned(),
            message: message.to_owned(),
        };
        let trimmed = text.trim().trim_end_matches('/');
        let template = if trimmed.contains(NAME) {
            trimmed.to_owned()
        } else {
            format!("{trimmed}/{NAME}")
        };
        let parse = |name: &str| {
            let url = Url::parse(&template.replace(NAME, name));
            url.map_err(|error| wrong(&error.to_string()))
        };
        let (url, other) = (parse("a")?, parse("b")?);
        let fault = if !matches!(url.scheme(), "http" | "https") {
            Some("it begins with neither https:// nor http://")
        } else if !url.username().is_empty() || url.password().is_some() {
            Some("it names a user; a token belongs into TICCLIP_HUB_TOKEN")
        } else if url.query().is_some() || url.fragment().is_some() {
            Some("it has a query (?) or a fragment (#)")
        } else if url.origin() != other.origin() {
            Some("{name} stands outside its path")
        } else if template.replace(NAME, "").contains(['{', '}']) {
            Some("{name} is the only thing that braces may hold")
        } else {
            None
        };
        match fault {
            Some(fault) => Err(wrong(fault)),
            None => Ok(Self { template }),
        }
    }

    /// The address of a set.
    ///
    /// # Errors
    /// [`AddressError::Folder`] when the folder would lead elsewhere.
    pub fn of(&self, folder: &str) -> Result<Url, AddressError> {
        if !is_plain(folder) {
            let folder = folder.to_owned();
            return Err(AddressError::Folder { folder });
        }
        let text = self.template.replace(NAME, folder);
        Url::parse(&text).map_err(|error| AddressError::Url {
            text,
            message: error.to_string(),
        })
    }

    /// Whether what is sent there can be read on the way.
    #[must_use]
    pub fn is_in_clear(&self) -> bool {
        !self.template.to_ascii_lowercase().starts_with("https:")
    }
}

/// Whether a folder consists of names that mean the same in a url and on disk.
fn is_plain(folder: &str) -> bool {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || "._+-".contains(letter);
    folder
        .split('/')
        .all(|part| !matches!(part, "" | "." | "..") && part.chars().all(fits))
}

/// The address of a file of a set.
pub(super) fn file(set: &Url, path: &str) -> Url {
    let mut url = set.clone();
    if let Ok(mut parts) = url.path_segments_mut() {
        parts.pop_if_empty().extend(path.split('/'));
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_goes_where_its_name_stands_or_to_the_end() {
        for (text, set) in [
            (
                "https://hub.test/d/{name}/resolve/main",
                "https://hub.test/d/wds_x/resolve/main",
            ),
            (" https://hub.test/sets/ ", "https://hub.test/sets/wds_x"),
            ("http://hub.test:8080", "http://hub.test:8080/wds_x"),
        ] {
            let set_url = Address::parse(text)
                .expect(text)
                .of("wds_x")
                .expect("plain");
            assert_eq!(set_url.as_str(), set);
            assert_eq!(
                file(&set_url, "test/0.tar").as_str(),
                format!("{set}/test/0.tar")
            );
        }
    }

    #[test]
    fn an_address_that_could_lead_elsewhere_is_refused() {
        for text in [
            "hub.test/sets",
            "file:///sets",
            "https://{name}.hub.test/sets",
            "https://hub.test/sets?revision=main",
            "https://hub.test/{name}/{split}",
            "https://me:secret@hub.test/",
        ] {
            let error = Address::parse(text).expect_err(text).to_string();
            assert!(!error.contains("secret"), "{error}");
        }
        let address = Address::parse("https://hub.test/").expect("an address");
        for folder in [
            "", "..", "a/../b", "/etc", "a?b", "a b", "a//b", "a\\b", "é",
        ] {
            assert!(address.of(folder).is_err(), "{folder}");
        }
        assert!(address.of("vtab/x-1").is_ok());
    }
}
