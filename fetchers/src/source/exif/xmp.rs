//! The dates in an XMP packet, by a scanner that looks for three names and knows no XML beyond that.

use memchr::memmem;

/// The properties that date a picture, best first.
const PROPERTIES: [&str; 3] = [
    "exif:DateTimeOriginal",
    "photoshop:DateCreated",
    "xmp:CreateDate",
];
/// No date is longer.
const MAX_DATE_BYTES: usize = 64;

/// The properties of a packet with their values, whether they are written as attributes or as elements. Entities are
/// not expanded: no date has one.
pub(super) fn dates(packet: &[u8]) -> impl Iterator<Item = (&'static str, &str)> {
    PROPERTIES
        .into_iter()
        .filter_map(move |name| Some((name, property(packet, name)?)))
}

fn property<'a>(packet: &'a [u8], name: &str) -> Option<&'a str> {
    memmem::find_iter(packet, name).find_map(|at| {
        let before = *packet.get(at.checked_sub(1)?)?;
        let rest = packet.get(at + name.len()..)?;
        let value = match before {
            b'<' => element(rest)?,
            byte if byte.is_ascii_whitespace() => attribute(rest)?,
            _ => return None,
        };
        let text = std::str::from_utf8(value).ok()?.trim();
        (!text.is_empty() && !text.contains('&')).then_some(text)
    })
}

fn short(value: &[u8], end: u8) -> Option<&[u8]> {
    let value = &value[..value.len().min(MAX_DATE_BYTES)];
    value.get(..memchr::memchr(end, value)?)
}

fn attribute(rest: &[u8]) -> Option<&[u8]> {
    let value = rest
        .trim_ascii_start()
        .strip_prefix(b"=")?
        .trim_ascii_start();
    match value.first()? {
        quote @ (b'"' | b'\'') => short(&value[1..], *quote),
        _ => None,
    }
}

fn element(rest: &[u8]) -> Option<&[u8]> {
    short(rest.strip_prefix(b">")?, b'<')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_and_elements_are_read() {
        let packet = br#"<rdf:Description xmp:CreateDate = '2019-05-17T10:11:12+09:00'
            my-xmp:CreateDate="2001"><photoshop:DateCreated> 2019-05 </photoshop:DateCreated>
            <exif:DateTimeOriginal>&date;</exif:DateTimeOriginal></rdf:Description>"#;
        let found: Vec<_> = dates(packet).collect();
        assert_eq!(
            found,
            [
                ("photoshop:DateCreated", "2019-05"),
                ("xmp:CreateDate", "2019-05-17T10:11:12+09:00")
            ]
        );
    }

    proptest::proptest! {
        #[test]
        fn no_packet_panics(packet in "(xmp:CreateDate|[<>='\" &a]){0,20}") {
            dates(packet.as_bytes()).for_each(drop);
        }
    }
}
