//! A robots.txt (RFC 9309): which paths of an origin a program may fetch, and how slowly it should.

use std::time::Duration;

use memchr::memmem;

use super::percent;

/// How much of a robots.txt is read; the standard asks for no less (2.5).
pub(super) const MAX_BYTES: usize = 500 * 1024;

/// The rules that one program has to follow, the most specific first.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Robots {
    rules: Vec<Rule>,
    crawl_delay: Option<Duration>,
}

#[derive(Clone, Debug, PartialEq)]
struct Rule {
    /// In the form of [`normal`], with `*` and a final `$` of their special meaning.
    pattern: Box<[u8]>,
    allow: bool,
}

/// Whom the group that is being read is for.
#[derive(Clone, Copy, Default)]
struct Audience {
    us: bool,
    all: bool,
}

impl Robots {
    /// Reads the groups for `agent` (a product token in lower case), or those for `*` if there are none.
    /// Lines that are not understood are skipped, as are rules before the first group.
    pub(super) fn parse(text: &[u8], agent: &str) -> Self {
        let (mut ours, mut general) = (None::<Self>, Self::default());
        let mut audience = Audience::default();
        let mut names_agents = false;
        for (key, value) in lines(text) {
            if key.eq_ignore_ascii_case(b"user-agent") {
                if !names_agents {
                    audience = Audience::default();
                }
                names_agents = true;
                audience.all |= value.starts_with(b"*");
                if product(value).eq_ignore_ascii_case(agent.as_bytes()) {
                    audience.us = true;
                    ours.get_or_insert_default();
                }
                continue;
            }
            let readers: [Option<&mut Self>; 2] = [
                ours.as_mut().filter(|_| audience.us),
                Some(&mut general).filter(|_| audience.all),
            ];
            let readers = readers.into_iter().flatten();
            if let Some(allow) = allows(key) {
                // Only rules end the list of a group's agents (2.2.1); other lines must not interfere.
                names_agents = false;
                readers.for_each(|robots| robots.add(value, allow));
            } else if key.eq_ignore_ascii_case(b"crawl-delay") {
                readers
                    .for_each(|robots| robots.crawl_delay = robots.crawl_delay.max(seconds(value)));
            }
        }
        let mut robots = ours.unwrap_or(general);
        // The longest pattern decides, and of two that are equally long the one that allows (2.2.2).
        robots
            .rules
            .sort_by_key(|rule| (std::cmp::Reverse(rule.pattern.len()), !rule.allow));
        robots
    }

    /// Whether the path, with its query, may be fetched.
    pub(super) fn allows(&self, path: &str) -> bool {
        let path = normal(path.as_bytes(), false);
        self.rules
            .iter()
            .find(|rule| rule.matches(&path))
            .is_none_or(|rule| rule.allow)
    }

    /// The time that the host wants between two requests. The standard does not know it; hosts do.
    pub(super) fn crawl_delay(&self) -> Option<Duration> {
        self.crawl_delay
    }

    /// Roughly how much memory the rules take.
    pub(super) fn bytes(&self) -> usize {
        let of_rule = |rule: &Rule| size_of::<Rule>() + rule.pattern.len();
        self.rules.iter().map(of_rule).sum()
    }

    fn add(&mut self, pattern: &[u8], allow: bool) {
        // `Disallow:` with nothing forbids nothing.
        if !pattern.is_empty() {
            self.rules.push(Rule {
                pattern: normal(pattern, true).into(),
                allow,
            });
        }
    }
}

impl Rule {
    /// Whether the pattern matches the path from its start: between stars, each piece is taken where it first
    /// occurs, which is enough, as a later place leaves less to the pieces after it.
    fn matches(&self, path: &[u8]) -> bool {
        let (pattern, to_the_end) = match self.pattern.strip_suffix(b"$") {
            Some(pattern) => (pattern, true),
            None => (&*self.pattern, false),
        };
        let mut pieces = pattern.split(|&byte| byte == b'*');
        let Some(mut rest) = pieces.next().and_then(|first| path.strip_prefix(first)) else {
            return false;
        };
        let mut last = None;
        for piece in pieces {
            if let Some(piece) = last.replace(piece) {
                let Some(at) = memmem::find(rest, piece) else {
                    return false;
                };
                rest = &rest[at + piece.len()..];
            }
        }
        match (last, to_the_end) {
            (None, true) => rest.is_empty(),
            (None, false) => true,
            (Some(last), true) => rest.ends_with(last),
            (Some(last), false) => memmem::find(rest, last).is_some(),
        }
    }
}

/// The keys and values of the lines that have both, without comments. Of a text that is too long only whole
/// lines count: half a path forbids too much.
fn lines(text: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let is_end = |byte: &u8| matches!(byte, b'\n' | b'\r');
    let text = match text.get(..MAX_BYTES) {
        Some(start) if text.len() > MAX_BYTES => {
            let whole = start.iter().rposition(is_end);
            &start[..whole.unwrap_or(0)]
        }
        _ => text,
    };
    text.split(is_end).filter_map(|line| {
        let line = line.split(|&byte| byte == b'#').next()?;
        let colon = memchr::memchr(b':', line)?;
        Some((line[..colon].trim_ascii(), line[colon + 1..].trim_ascii()))
    })
}

/// The product token at the beginning of an agent's name (2.2.1).
fn product(value: &[u8]) -> &[u8] {
    let in_token = |byte: &u8| byte.is_ascii_alphabetic() || matches!(byte, b'-' | b'_');
    let end = value.iter().position(|byte| !in_token(byte));
    &value[..end.unwrap_or(value.len())]
}

fn allows(key: &[u8]) -> Option<bool> {
    if key.eq_ignore_ascii_case(b"disallow") {
        Some(false)
    } else {
        key.eq_ignore_ascii_case(b"allow").then_some(true)
    }
}

fn seconds(value: &[u8]) -> Option<Duration> {
    let seconds = std::str::from_utf8(value).ok()?.parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}

/// The one spelling of a path in which patterns and paths are compared (2.2.2): what needs no escape has
/// none, what no url can hold has one, hexadecimal digits are capital. A literal `*` or `$` is always escaped,
/// so that in a pattern they are free for their special meaning.
fn normal(text: &[u8], is_pattern: bool) -> Vec<u8> {
    let mut normal = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(&byte) = rest.first() {
        let escape = percent::escape(rest);
        let length = if escape.is_some() { 3 } else { 1 };
        rest = rest.get(length..).unwrap_or_default();
        match escape {
            Some(value) if is_unreserved(value) => normal.push(value),
            Some(value) => push_escaped(&mut normal, value),
            None if is_pattern && (byte == b'*' || (byte == b'$' && rest.is_empty())) => {
                normal.push(byte);
            }
            None if is_unreserved(byte) || is_plain(byte) => normal.push(byte),
            None => push_escaped(&mut normal, byte),
        }
    }
    normal
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// Whether a url has the character without an escape, beside those that never need one. A stray `%` stays.
fn is_plain(byte: u8) -> bool {
    b":/?#[]@!&'()+,;=%".contains(&byte)
}

fn push_escaped(text: &mut Vec<u8>, byte: u8) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let digit = |value: u8| DIGITS[usize::from(value & 15)];
    text.extend([b'%', digit(byte >> 4), digit(byte)]);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn robots(text: &str) -> Robots {
        Robots::parse(text.as_bytes(), "ticclip")
    }

    fn allows(rules: &str, path: &str) -> bool {
        robots(&format!("User-agent: *\n{rules}")).allows(path)
    }

    #[test]
    fn the_longest_match_decides_and_allow_wins_a_tie() {
        let rules = "Allow: /example/page/\nDisallow: /example/page/disallowed.gif";
        assert!(allows(rules, "/example/page/a.gif"));
        assert!(!allows(rules, "/example/page/disallowed.gif"));
        assert!(allows("Disallow: /a\nAllow: /a", "/a/b"));
        assert!(allows("Disallow: /\nAllow: /public", "/public/x"));
        assert!(!allows("Disallow: /\nAllow: /public", "/private"));
    }

    #[test]
    fn stars_and_dollars_have_their_special_meaning() {
        for (pattern, path, matches) in [
            ("/*.gif$", "/a/b.gif", true),
            ("/*.gif$", "/a/b.gif?x", false),
            ("/*.gif", "/a/b.gif?x", true),
            ("/fish*", "/fish.html", true),
            ("/a$", "/a", true),
            ("/a$", "/ab", false),
            ("/a$b", "/a$b", true),
            ("/a$b", "/a", false),
            ("*", "/", true),
            ("*$", "/x", true),
            ("/a*b*c$", "/a-b-c-c", true),
            ("/a*b*c$", "/a-c-b", false),
            ("/a*bab$", "/abab", true),
            ("/ab*ba$", "/aba", false),
            ("/**a", "/xa", true),
            ("$", "/", false),
            ("image/", "/image/", false),
        ] {
            let rule = format!("Disallow: {pattern}");
            assert_eq!(!allows(&rule, path), matches, "{pattern} {path}");
        }
    }

    #[test]
    fn escapes_are_compared_in_one_spelling() {
        for (pattern, path) in [
            ("/foo/bar/\u{30c4}", "/foo/bar/%E3%83%84"),
            ("/foo/bar/%e3%83%84", "/foo/bar/%E3%83%84"),
            ("/foo/bar/%62%61%7A", "/foo/bar/baz"),
            ("/file-%2A.html", "/file-*.html"),
            ("/cost-%24", "/cost-$"),
            ("/a b", "/a%20b"),
        ] {
            assert!(!allows(&format!("Disallow: {pattern}"), path), "{pattern}");
        }
        // An escaped slash is not a slash, an escaped star not any text.
        assert!(allows("Disallow: /a/b", "/a%2Fb"));
        assert!(allows("Disallow: /file-%2A.html", "/file-x.html"));
    }

    #[test]
    fn our_own_groups_are_joined_and_replace_the_general_one() {
        let text = "User-agent: *\nDisallow: /\n\nUSER-AGENT: other\nuser-agent: TicClip/1.0\nDisallow: /a\n\
                    User-agent: other\nDisallow: /b\nUser-agent: ticclip\nSitemap: x\nDisallow: /c";
        let robots = robots(text);
        assert!(robots.allows("/") && robots.allows("/b"));
        assert!(!robots.allows("/a") && !robots.allows("/c"));
    }

    #[test]
    fn an_own_group_without_rules_allows_all() {
        assert!(robots("User-agent: *\nDisallow: /\nUser-agent: ticclip\nDisallow:").allows("/a"));
        assert!(!robots("User-agent: *\nDisallow: /\nUser-agent: ticclipper").allows("/a"));
    }

    #[test]
    fn only_rules_end_a_list_of_agents() {
        let text = "User-agent: ticclip\nSitemap: https://example.org/s.xml\nnonsense\n\nUser-agent: b\nDisallow: /x";
        assert!(!robots(text).allows("/x"));
    }

    #[test]
    fn comments_line_ends_and_a_byte_order_mark_are_no_obstacle() {
        for text in [
            "\u{feff}User-agent: *\rDisallow: /x",
            "user-agent : * # all\r\n\tDISALLOW\t:\t/x # not this\r\n",
            "Disallow: /\nUser-agent:*\n\n\nDisallow:/x#",
        ] {
            assert!(
                !robots(text).allows("/x/y") && robots(text).allows("/y"),
                "{text:?}"
            );
        }
    }

    #[test]
    fn a_page_in_place_of_the_file_forbids_nothing() {
        assert!(robots("<!DOCTYPE html>\n<html style=\"a: b\">").allows("/a"));
        assert!(robots("").allows("/a"));
    }

    #[test]
    fn what_is_beyond_the_limit_does_not_count_and_no_half_line_does() {
        let mut text = "User-agent: *\n".to_owned();
        let line = "Disallow: /private/with/a/long/name/0123456789\n";
        while text.len() <= MAX_BYTES {
            text.push_str(line);
        }
        let cut = text.len() - 1;
        assert_ne!(cut, MAX_BYTES);
        text.push_str("Disallow: /late\n");
        let robots = robots(&text);
        assert!(robots.allows("/late") && robots.allows("/private/with"));
        assert!(!robots.allows("/private/with/a/long/name/0123456789"));
    }

    #[test]
    fn the_crawl_delay_is_that_of_our_group() {
        let text =
            "User-agent: *\nCrawl-delay: 10\nUser-agent: ticclip\nDisallow: /a\nCrawl-delay: 0.5";
        let delay = |text: &str| robots(text).crawl_delay();
        assert_eq!(
            delay("User-agent: *\nCrawl-delay: 10"),
            Some(Duration::from_secs(10))
        );
        assert_eq!(
            delay(&text.replace("*\n", "*\nAllow: /\n")),
            Some(Duration::from_millis(500))
        );
        for senseless in ["-1", "soon", "NaN", "inf", "1e300", ""] {
            let text = format!("User-agent: *\nCrawl-delay: {senseless}");
            assert_eq!(delay(&text), None, "{senseless}");
        }
    }

    /// The meaning of a pattern, tried out the slow way.
    fn matches_slowly(pattern: &[u8], path: &[u8]) -> bool {
        match pattern {
            [] => true,
            [b'$'] => path.is_empty(),
            [b'*', after @ ..] => (0..=path.len()).any(|at| matches_slowly(after, &path[at..])),
            [byte, after @ ..] => path
                .split_first()
                .is_some_and(|(first, rest)| first == byte && matches_slowly(after, rest)),
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(text in proptest::collection::vec(any::<u8>(), 0..2000), path: String) {
            Robots::parse(&text, "ticclip").allows(&path);
        }

        #[test]
        fn any_lines_are_read_without_panic(
            lines in proptest::collection::vec("(?i)(user-agent|allow|disallow|crawl-delay|x)?:? ?[/*$%a-c0-9#:]{0,8}", 0..20),
            path in "[/*$%a-c0-9]{0,12}",
        ) {
            robots(&lines.join("\n")).allows(&path);
        }

        #[test]
        fn patterns_match_what_they_mean(pattern in "/?[ab/*]{0,8}[$]?", path in "/[ab/]{0,10}") {
            let pattern = if pattern.is_empty() { "*".to_owned() } else { pattern };
            let robots = robots(&format!("User-agent: *\nDisallow: {pattern}"));
            prop_assert_eq!(!robots.allows(&path), matches_slowly(pattern.as_bytes(), path.as_bytes()));
        }

        #[test]
        fn a_path_is_forbidden_however_it_is_written(path in "/[!\"%-)+\\-/0-9:-\\[\\]-~\u{e0}-\u{ff}]{0,20}") {
            let path = path.replace(['?', '.'], "_");
            let mut url = url::Url::parse("http://example.org").expect("a url");
            url.set_path(&path);
            let robots = robots(&format!("User-agent: *\nDisallow: {path}"));
            prop_assert!(!robots.allows(url.path()), "{}", url.path());
        }
    }
}
