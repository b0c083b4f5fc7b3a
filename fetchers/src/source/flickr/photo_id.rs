//! The id of a photograph in the addresses under which Flickr shows it.

use url::Url;

/// The id in `…staticflickr.com/{server}/{id}_{secret}….jpg` or `flickr.com/photos/{owner}/{id}`.
///
/// ```
/// use ticclip_fetchers::source::flickr::photo_id;
///
/// assert_eq!(photo_id("https://live.staticflickr.com/65535/48123_ab12cd_b.jpg").as_deref(), Some("48123"));
/// assert_eq!(photo_id("https://www.flickr.com/photos/someone/48123/in/album-1").as_deref(), Some("48123"));
/// assert_eq!(photo_id("https://example.org/65535/48123_ab12cd_b.jpg"), None);
/// ```
pub fn photo_id(image: &str) -> Option<String> {
    if !image.contains("flickr.com") {
        return None;
    }
    let url = Url::parse(image.trim()).ok()?;
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    let host = url.host_str()?;
    let is = |domain: &str| {
        host.strip_suffix(domain)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    let segments: Vec<&str> = url
        .path()
        .split('/')
        .filter(|part| !part.is_empty())
        .collect();
    let id = if is("staticflickr.com") || is("static.flickr.com") {
        segments.last()?.split_once('_')?.0
    } else if is("flickr.com") && segments.first() == Some(&"photos") {
        segments.get(2)?
    } else {
        return None;
    };
    is_photo_id(id).then(|| id.to_owned())
}

/// Whether a text is the number of a photograph.
pub(super) fn is_photo_id(text: &str) -> bool {
    (1..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}
