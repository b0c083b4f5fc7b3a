//! A guard of a request's secret: lets it travel to the request's own origin and takes it out of all else.

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use url::Url;

use super::{ClientError, percent};
use crate::source::{Request, Secret};

/// What stands where a secret stood.
const HIDDEN: &str = "[secret]";

/// How much of a `Location` an error repeats, in characters.
const LOCATION_CHARS: usize = 200;

/// Headers that are as good as a key: no other origin than the request's own gets them.
const PRIVATE_HEADERS: [&str; 3] = ["authorization", "cookie", "proxy-authorization"];

/// Knows what to hide, and from whom not.
#[derive(Clone, Copy, Debug)]
pub(super) struct Guard<'a> {
    home: &'a Url,
    secret: Option<&'a Secret>,
}

impl<'a> Guard<'a> {
    pub(super) fn new(request: &'a Request) -> Self {
        let secret = request.secret.as_ref();
        Self {
            home: &request.url,
            secret: secret.filter(|secret| !secret.text().is_empty()),
        }
    }

    /// The url as it goes over the wire, the only one with the secret in it.
    pub(super) fn outgoing(&self, url: &Url) -> Url {
        let mut url = url.clone();
        if let Some(Secret::Query { name, value }) = self.secret
            && self.is_home(&url)
        {
            url.query_pairs_mut().append_pair(name, value.reveal());
        }
        url
    }

    /// The request's own headers and the token, as far as this url may see them.
    pub(super) fn headers(&self, request: &Request, url: &Url) -> Result<HeaderMap, ClientError> {
        let mut headers = HeaderMap::new();
        let bad = |name: &str| ClientError::BadHeader {
            url: Box::new(url.clone()),
            name: name.to_owned(),
        };
        let is_home = self.is_home(url);
        for (name, value) in &request.headers {
            let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad(name))?;
            let value = HeaderValue::from_str(value).map_err(|_| bad(name))?;
            if is_home || !PRIVATE_HEADERS.contains(&key.as_str()) {
                headers.append(key, value);
            }
        }
        if let Some(Secret::Bearer(token)) = self.secret
            && is_home
        {
            let mut value = HeaderValue::from_str(&format!("Bearer {}", token.reveal()))
                .map_err(|_| bad(AUTHORIZATION.as_str()))?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        Ok(headers)
    }

    /// Where a redirect leads, without the secret if the server repeats it.
    pub(super) fn target(&self, from: &Url, location: &str) -> Result<Url, ClientError> {
        let bad = || ClientError::BadRedirect {
            url: Box::new(from.clone()),
            location: self
                .redact(location.to_owned())
                .chars()
                .take(LOCATION_CHARS)
                .collect(),
        };
        let mut url = from.join(location).map_err(|_| bad())?;
        if let Some(secret) = self.secret {
            drop_pairs(&mut url, secret.text());
            // Anywhere else in the url it cannot be left out without asking for something else.
            if self.shows_in(url.as_str()) {
                return Err(bad());
            }
        }
        Ok(url)
    }

    /// The text, or a mark in its place if the secret is in it.
    pub(super) fn redact(&self, text: String) -> String {
        if self.shows_in(&text) {
            HIDDEN.to_owned()
        } else {
            text
        }
    }

    fn is_home(&self, url: &Url) -> bool {
        // By parts, as the library's own comparison of origins copies the names.
        url.scheme() == self.home.scheme()
            && url.host() == self.home.host()
            && url.port_or_known_default() == self.home.port_or_known_default()
    }

    fn shows_in(&self, text: &str) -> bool {
        self.secret
            .is_some_and(|secret| shows(text.as_bytes(), secret.text().as_bytes()))
    }
}

/// Removes the pairs whose value is the secret and leaves the others as they are written.
fn drop_pairs(url: &mut Url, secret: &str) {
    let Some(query) = url.query().map(str::to_owned) else {
        return;
    };
    let is_secret = |pair: &str| {
        let mut parsed = url::form_urlencoded::parse(pair.as_bytes());
        parsed.any(|(_, value)| value == secret)
    };
    let kept: Vec<&str> = query.split('&').filter(|pair| !is_secret(pair)).collect();
    if kept.len() < query.split('&').count() {
        url.set_query(Some(kept.join("&").as_str()).filter(|query| !query.is_empty()));
    }
}

/// How often a text may be encoded: twice is what becomes of a url inside a url.
const MOST_ENCODINGS: u32 = 2;

/// Whether a text holds the secret in any case (host names lose theirs), as it is or percent-encoded, with or
/// without `+` for a space.
fn shows(text: &[u8], secret: &[u8]) -> bool {
    shows_within(text, secret, MOST_ENCODINGS)
}

fn shows_within(text: &[u8], secret: &[u8], encodings: u32) -> bool {
    if contains(text, secret) {
        return true;
    }
    if encodings == 0 || !text.iter().any(|byte| matches!(byte, b'%' | b'+')) {
        return false;
    }
    let spaced: Vec<u8> = text
        .iter()
        .map(|&byte| if byte == b'+' { b' ' } else { byte })
        .collect();
    shows_within(&percent::decoded(text), secret, encodings - 1)
        || shows_within(&percent::decoded(&spaced), secret, encodings - 1)
}

fn contains(text: &[u8], secret: &[u8]) -> bool {
    text.windows(secret.len())
        .any(|window| window.eq_ignore_ascii_case(secret))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SecretText;

    fn url(text: &str) -> Url {
        Url::parse(text).expect("a url")
    }

    fn keyed(text: &str) -> Request {
        let mut request = Request::get(url(text), 10);
        request.secret = Some(Secret::Query {
            name: "api_key".to_owned(),
            value: SecretText::new("s3cret +/"),
        });
        request
    }

    #[test]
    fn the_secret_goes_to_its_own_origin_only() {
        let request = keyed("https://api.example.org/a?x=1");
        let guard = Guard::new(&request);
        let sent = |text| guard.outgoing(&url(text)).to_string();
        assert_eq!(
            sent("https://api.example.org:443/b?y=2"),
            "https://api.example.org/b?y=2&api_key=s3cret+%2B%2F"
        );
        for elsewhere in [
            "http://api.example.org/",
            "https://api.example.org:444/",
            "https://example.org/",
            "https://api.example.org.evil.net/",
        ] {
            assert_eq!(sent(elsewhere), elsewhere);
        }
    }

    #[test]
    fn private_headers_and_tokens_do_not_follow_a_redirect_elsewhere() {
        let mut request = Request::get(url("https://api.example.org/"), 10);
        request.secret = Some(Secret::Bearer(SecretText::new("token")));
        request.headers = vec![
            ("Cookie".to_owned(), "a=b".to_owned()),
            ("Accept".to_owned(), "text/plain".to_owned()),
        ];
        let guard = Guard::new(&request);
        let sent = |text| guard.headers(&request, &url(text)).expect("sound headers");
        let home = sent("https://api.example.org/b");
        assert_eq!(home["authorization"], "Bearer token");
        assert_eq!(home["cookie"], "a=b");
        let away = sent("https://example.org/");
        assert_eq!(away.len(), 1);
        assert_eq!(away["accept"], "text/plain");
    }

    #[test]
    fn a_redirect_that_repeats_the_secret_loses_it_or_is_refused() {
        let request = keyed("https://api.example.org/a");
        let guard = Guard::new(&request);
        let target = |location| guard.target(&request.url, location).map(String::from);
        let lost = target("/b?api_key=s3cret+%2b%2F&x=%41&flag");
        assert_eq!(lost.expect("a url"), "https://api.example.org/b?x=%41&flag");
        let lost = target("https://evil.net/?key=s3cret%20%2B/");
        assert_eq!(lost.expect("a url"), "https://evil.net/");
        for location in [
            "https://evil.net/s3cret%20+/x",
            "https://evil.net/?back=https%3A%2F%2Fapi%2F%3Fk%3DS3CRET%2520%252B%252F",
            "https://evil.net/?s3cret+%2B%2F",
            "https://evil.net/#s3cret%20%2B%2F",
        ] {
            let error = target(location).expect_err(location).to_string();
            assert!(
                error.ends_with("redirects to `[secret]`, which is not a url to follow"),
                "{error}"
            );
        }
    }

    #[test]
    fn a_secret_that_cannot_be_a_header_is_reported_without_it() {
        let mut request = Request::get(url("https://api.example.org/"), 10);
        request.secret = Some(Secret::Bearer(SecretText::new("to\nken")));
        let error = Guard::new(&request).headers(&request, &request.url);
        let error = error.expect_err("a line break");
        assert_eq!(error.word(), "bad-header");
        assert!(error.lasting().is_none() && !format!("{error:?}").contains("ken\""));
    }
}
