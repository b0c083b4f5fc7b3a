//! A request that a source wants made, and the reply that it gets to read.

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

/// What to ask. Equal requests of one batch are made once.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Request {
    /// How to ask.
    pub method: Method,
    /// Whom to ask.
    pub url: Url,
    /// Asks for the first byte only (`Range: bytes=0-0`): the headers are what matters.
    pub first_byte_only: bool,
    /// How much of the body to read; the client drops the connection after that many bytes.
    pub body_bytes: usize,
}

impl Request {
    /// A request for headers alone.
    pub fn head(url: Url) -> Self {
        Self {
            method: Method::Head,
            url,
            first_byte_only: false,
            body_bytes: 0,
        }
    }

    /// The same for servers that refuse `HEAD`: one byte of the file, and not even that is read.
    pub fn first_byte(url: Url) -> Self {
        Self {
            method: Method::Get,
            url,
            first_byte_only: true,
            body_bytes: 0,
        }
    }

    /// A request for at most `body_bytes` of the body.
    pub fn get(url: Url, body_bytes: usize) -> Self {
        Self {
            method: Method::Get,
            url,
            first_byte_only: false,
            body_bytes,
        }
    }
}

/// What a server answered, after redirects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Who answered in the end.
    pub url: Url,
    /// The HTTP status.
    pub status: u16,
    /// Names in lower case, values as far as they are text, in the order received.
    pub headers: Vec<(String, String)>,
    /// The body, as far as [`Request::body_bytes`] asked for it.
    pub body: Vec<u8>,
    /// Whether the body went on after that.
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
