//! A request that a source wants made, and the reply that it gets to read.

use std::fmt;

use url::Url;

words! {
    /// The HTTP methods that sources use; none of them changes anything on the server.
    pub enum Method {
        /// Headers only.
        Head = "head",
        /// Headers and body.
        Get = "get",
    }
}

/// A key or token. Whoever prints it sees that there is one, and no more; it is not serialisable.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretText(String);

impl SecretText {
    /// Wraps what came from the environment.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one place that puts it into a request.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

impl fmt::Display for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// A secret and the place where the server looks for it. It goes to the origin (scheme, host and port) of
/// [`Request::url`] and never to where a redirect leads from there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Secret {
    /// The header `Authorization: Bearer …`.
    Bearer(SecretText),
    /// A pair added to the url's query.
    Query {
        /// The pair's name.
        name: String,
        /// The pair's value.
        value: SecretText,
    },
}

impl Secret {
    /// What must not be seen, wherever it stands.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Bearer(text) | Self::Query { value: text, .. } => text.reveal(),
        }
    }
}

/// What to ask. Equal requests of one batch are made once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// How to ask.
    pub method: Method,
    /// Whom to ask.
    pub url: Url,
    /// Asks for the first byte only (`Range: bytes=0-0`): the headers are what matters.
    pub first_byte_only: bool,
    /// How much of the body to read, in bytes after decompression; the client reads no further.
    pub body_bytes: usize,
    /// Whether a part of the body is of no use: a body announced as longer than that is not read at all.
    pub whole_only: bool,
    /// More headers to send. `Authorization`, `Cookie` and `Proxy-Authorization` go to no other origin than
    /// the url's own; the rest follows redirects.
    pub headers: Vec<(String, String)>,
    /// What shows the server who asks.
    pub secret: Option<Secret>,
}

impl Request {
    /// A request for headers alone.
    pub fn head(url: Url) -> Self {
        Self {
            method: Method::Head,
            ..Self::get(url, 0)
        }
    }

    /// The same for servers that refuse `HEAD`: one byte of the file, and not even that is read.
    pub fn first_byte(url: Url) -> Self {
        Self {
            first_byte_only: true,
            ..Self::get(url, 0)
        }
    }

    /// A request for a body of at most `body_bytes`: if it is announced as longer, none of it is read.
    pub fn get(url: Url, body_bytes: usize) -> Self {
        Self {
            method: Method::Get,
            url,
            first_byte_only: false,
            body_bytes,
            whole_only: true,
            headers: Vec::new(),
            secret: None,
        }
    }

    /// A request for the first `body_bytes` of a body, however long it is.
    pub fn beginning(url: Url, body_bytes: usize) -> Self {
        Self {
            whole_only: false,
            ..Self::get(url, body_bytes)
        }
    }
}

/// What a server answered, after redirects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Who answered in the end.
    pub url: Url,
    /// Every url that redirected, in order; empty if the first one answered.
    pub hops: Vec<Url>,
    /// The HTTP status.
    pub status: u16,
    /// Names in lower case, values as far as they are UTF-8, in the order received.
    pub headers: Vec<(String, String)>,
    /// The body, as far as [`Request::body_bytes`] asked for it. It is as it came: a server that repeats the
    /// secret in it is not corrected, unlike in headers and urls.
    pub body: Vec<u8>,
    /// Whether the body is longer than that.
    pub cut: bool,
}

impl Reply {
    /// The first header of that name (in lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_printed() {
        let url = Url::parse("https://api.example.org/").expect("a url");
        for secret in [
            Secret::Bearer(SecretText::new("hunter2")),
            Secret::Query {
                name: "api_key".to_owned(),
                value: SecretText::new("hunter2"),
            },
        ] {
            let mut request = Request::get(url.clone(), 1);
            request.secret = Some(secret);
            assert!(!format!("{request:?} {request:#?}").contains("hunter2"));
        }
        assert_eq!(SecretText::new("hunter2").to_string(), "[secret]");
    }
}
