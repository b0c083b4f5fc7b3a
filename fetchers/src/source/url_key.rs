//! The key of a url: what is left of it when everything is dropped that does not tell two images apart.
//!
//! The normal form has neither scheme nor fragment, the host in lower case, no default port and no user; the path and
//! the query stay as they are: `HTTP://Example.org:80/a%2Fb?c#d` becomes `example.org/a%2Fb?c`.

use url::Url;

use super::Key;
use super::plain_url::{PlainUrl, plain_path, plain_query};

/// Makes keys of urls; keeps its buffer, as millions are made.
#[derive(Clone, Debug, Default)]
pub struct UrlKeys {
    buffer: String,
}

impl UrlKeys {
    /// The key of an absolute http or https url; `None` if it is none.
    pub fn key(&mut self, url: &str) -> Option<Key> {
        self.normal_form(url).map(Key::of)
    }

    /// The normal form of an absolute http or https url.
    ///
    /// ```
    /// use ticclip_fetchers::source::url_key::UrlKeys;
    ///
    /// let mut keys = UrlKeys::default();
    /// assert_eq!(keys.normal_form("HTTP://Example.org:80/a%2Fb?c#d"), Some("example.org/a%2Fb?c"));
    /// assert_eq!(keys.key("http://example.org"), keys.key("https://example.org/"));
    /// ```
    pub fn normal_form(&mut self, url: &str) -> Option<&str> {
        let url = url.trim();
        self.buffer.clear();
        if let Some((plain, query)) = PlainUrl::split(url).and_then(|url| Some((url, url.query()?)))
        {
            self.push_authority(&plain);
            self.buffer.push_str(plain.path);
            self.buffer.push_str(query);
        } else {
            self.push_parsed(&Url::parse(url).ok()?)?;
        }
        Some(&self.buffer)
    }

    /// The key of a link as a page writes it.
    pub fn key_of_link(&mut self, page: &Page<'_>, link: &str) -> Option<Key> {
        self.normal_form_of_link(page, link).map(Key::of)
    }

    /// The normal form of what a link on a page leads to; `None` if that is not on the web.
    pub fn normal_form_of_link(&mut self, page: &Page<'_>, link: &str) -> Option<&str> {
        let link = link.trim_matches([' ', '\t', '\n', '\r', '\x0c']);
        if link
            .get(..5)
            .is_some_and(|start| start.eq_ignore_ascii_case("data:"))
        {
            return None;
        }
        if link.starts_with("http://") || link.starts_with("https://") {
            return self.normal_form(link);
        }
        self.buffer.clear();
        if self.push_relative(page, link).is_none() {
            self.buffer.clear();
            let joined = page.parsed()?.join(link).ok()?;
            self.push_parsed(&joined)?;
        }
        Some(&self.buffer)
    }

    fn push_authority(&mut self, url: &PlainUrl<'_>) {
        self.buffer
            .extend(url.host.chars().map(|c| c.to_ascii_lowercase()));
        let usual = if url.https { "443" } else { "80" };
        if let Some(port) = url.port.filter(|&port| port != usual) {
            self.buffer.push(':');
            self.buffer.push_str(port);
        }
    }

    fn push_parsed(&mut self, url: &Url) -> Option<()> {
        if !matches!(url.scheme(), "http" | "https") {
            return None;
        }
        self.buffer.push_str(url.host_str()?);
        if let Some(port) = url.port() {
            self.buffer.push(':');
            self.buffer.push_str(&port.to_string());
        }
        self.buffer.push_str(url.path());
        if let Some(query) = url.query() {
            self.buffer.push('?');
            self.buffer.push_str(query);
        }
        Some(())
    }

    /// `/a.jpg` and `a.jpg` on a plain page; `None` for whatever needs more thought.
    fn push_relative(&mut self, page: &Page<'_>, link: &str) -> Option<()> {
        let base = page.plain.as_ref()?;
        if link.starts_with("//") {
            return None;
        }
        self.push_authority(base);
        let start = self.buffer.len();
        if !link.starts_with('/') {
            // Without a slash it may be a scheme, a query or a fragment alone.
            let first = link.as_bytes().first()?;
            let head = link.split(['/', '?', '#']).next()?;
            if !first.is_ascii_alphanumeric() || head.contains(':') {
                return None;
            }
            let directory = base.path.rfind('/')? + 1;
            self.buffer.push_str(base.path.get(..directory)?);
        }
        let end = link.find(['?', '#']).unwrap_or(link.len());
        let (path, rest) = link.split_at_checked(end)?;
        self.buffer.push_str(path);
        // The path as a whole must be plain; a query that is not may still be changed by the standard.
        if plain_path(self.buffer.get(start..)?)? != self.buffer.len() - start {
            return None;
        }
        self.buffer.push_str(plain_query(rest)?);
        Some(())
    }
}

/// The page on which links stand.
#[derive(Clone, Debug)]
pub struct Page<'a> {
    url: &'a str,
    plain: Option<PlainUrl<'a>>,
}

impl<'a> Page<'a> {
    /// The page with this address.
    pub fn new(url: &'a str) -> Self {
        let url = url.trim();
        Self {
            url,
            plain: PlainUrl::split(url),
        }
    }

    fn parsed(&self) -> Option<Url> {
        Url::parse(self.url).ok()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn slowly(url: &Url) -> Option<String> {
        let mut keys = UrlKeys::default();
        keys.push_parsed(url)?;
        Some(keys.buffer)
    }

    proptest! {
        #[test]
        fn the_fast_way_and_the_standard_agree(
            host in "[a-zA-Z0-9.-]{1,9}(:[0-9]{1,5})?",
            page in "(/[a-z.%]{0,4}){0,3}",
            link in "(https?:|HTTP:|data:)?/{0,2}[a-zA-Z0-9.:_é @'%/-]{0,12}(\\?[a-z'&=é]{0,5})?(#[a-z]{0,3})?",
        ) {
            let page = format!("https://{host}{page}");
            let mut keys = UrlKeys::default();
            let parsed = Url::parse(&page).ok();
            let slow = parsed.as_ref().and_then(slowly);
            prop_assert_eq!(keys.normal_form(&page).map(str::to_owned), slow, "{}", page);
            let slow = parsed.and_then(|page| page.join(&link).ok()).as_ref().and_then(slowly);
            let fast = keys.normal_form_of_link(&Page::new(&page), &link).map(str::to_owned);
            // A page that is no url still lets absolute links through.
            if Url::parse(&page).is_ok() {
                prop_assert_eq!(fast, slow, "{} on {}", link, page);
            }
        }

        #[test]
        fn no_text_panics(page in "\\PC{0,30}", link in "\\PC{0,30}") {
            UrlKeys::default().normal_form(&link);
            UrlKeys::default().normal_form_of_link(&Page::new(&page), &link);
        }
    }

    #[test]
    fn links_are_resolved_on_their_page() {
        let page = Page::new("https://Example.org/blog/2019/post.html?x=1");
        let mut keys = UrlKeys::default();
        for (link, normal) in [
            ("/a.jpg", "example.org/a.jpg"),
            ("a.jpg?w=1#x", "example.org/blog/2019/a.jpg?w=1"),
            ("../a.jpg", "example.org/blog/a.jpg"),
            ("//cdn.example.org/a.jpg", "cdn.example.org/a.jpg"),
            (
                " http://Cdn.example.org:80/a b.jpg ",
                "cdn.example.org/a%20b.jpg",
            ),
            ("?x=2", "example.org/blog/2019/post.html?x=2"),
        ] {
            assert_eq!(
                keys.normal_form_of_link(&page, link),
                Some(normal),
                "{link}"
            );
        }
        for link in [
            "data:image/gif;base64,R0lG",
            "javascript:void(0)",
            "ftp://a/b",
        ] {
            assert_eq!(keys.normal_form_of_link(&page, link), None, "{link}");
        }
    }
}
