//! Which addresses belong to the public internet, and which a dataset's urls must not reach.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// An address that is not on the public internet.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{address} is {what}")]
pub struct Forbidden {
    /// The address, or the name that has no public address.
    pub address: String,
    /// What is special about it.
    pub what: &'static str,
}

/// Blocks of IPv4 that are not public (IANA's special-purpose registry), and clouds' own services.
const SPECIAL_V4: [([u8; 4], u32, &str); 17] = [
    ([0, 0, 0, 0], 8, "this network"),
    ([10, 0, 0, 0], 8, "private"),
    ([100, 64, 0, 0], 10, "shared by a carrier (CGNAT)"),
    ([127, 0, 0, 0], 8, "loopback"),
    // An address of a cloud's metadata service outside the private blocks; the others lie within.
    ([168, 63, 129, 16], 32, "a cloud's metadata service"),
    (
        [169, 254, 0, 0],
        16,
        "link-local, where clouds keep metadata",
    ),
    ([172, 16, 0, 0], 12, "private"),
    ([192, 0, 0, 0], 24, "for protocols"),
    ([192, 0, 2, 0], 24, "for documentation"),
    ([192, 88, 99, 0], 24, "a 6to4 relay"),
    ([192, 168, 0, 0], 16, "private"),
    ([198, 18, 0, 0], 15, "for benchmarks"),
    ([198, 51, 100, 0], 24, "for documentation"),
    ([203, 0, 113, 0], 24, "for documentation"),
    ([224, 0, 0, 0], 4, "multicast"),
    ([255, 255, 255, 255], 32, "broadcast"),
    ([240, 0, 0, 0], 4, "reserved"),
];

/// Blocks of IPv6 inside the global 2000::/3 that are not public; all outside it is refused but NAT64.
const SPECIAL_V6: [([u16; 2], u32, &str); 4] = [
    ([0x2001, 0x0000], 23, "for protocols, Teredo among them"),
    ([0x2001, 0x0db8], 32, "for documentation"),
    ([0x2002, 0x0000], 16, "6to4"),
    ([0x3fff, 0x0000], 20, "for documentation"),
];

/// Refuses whatever is not a public unicast address.
///
/// # Errors
/// The address is private, local, reserved or otherwise special; IPv6 addresses that carry an IPv4 address
/// (mapped, NAT64) are judged by that one.
pub fn check_ip(ip: IpAddr) -> Result<(), Forbidden> {
    let what = match ip {
        IpAddr::V4(v4) => special_v4(v4),
        IpAddr::V6(v6) => special_v6(v6),
    };
    what.map_or(Ok(()), |what| {
        Err(Forbidden {
            address: ip.to_string(),
            what,
        })
    })
}

/// Checks a url whose host is written as an address: such hosts never pass the resolver.
pub(super) fn check_literal(url: &Url) -> Result<(), Forbidden> {
    match url.host() {
        Some(Host::Ipv4(ip)) => check_ip(ip.into()),
        Some(Host::Ipv6(ip)) => check_ip(ip.into()),
        Some(Host::Domain(_)) => Ok(()),
        None => Err(Forbidden {
            address: url.to_string(),
            what: "without a host",
        }),
    }
}

fn special_v4(ip: Ipv4Addr) -> Option<&'static str> {
    let within = |block: [u8; 4], bits: u32| {
        (ip.to_bits() ^ Ipv4Addr::from(block).to_bits()) >> (32 - bits) == 0
    };
    SPECIAL_V4
        .iter()
        .find(|&&(block, bits, _)| within(block, bits))
        .map(|&(_, _, what)| what)
}

fn special_v6(ip: Ipv6Addr) -> Option<&'static str> {
    let [a, b, c, d, e, f, g, h] = ip.segments();
    let [high, low] = [g.to_be_bytes(), h.to_be_bytes()];
    let inner = Ipv4Addr::new(high[0], high[1], low[0], low[1]);
    match [a, b, c, d, e, f] {
        [0, 0, 0, 0, 0, 0xffff] | [0x64, 0xff9b, 0, 0, 0, 0] => return special_v4(inner),
        _ if a & 0xe000 == 0x2000 => {}
        _ if ip.is_loopback() => return Some("loopback"),
        _ if ip.is_multicast() => return Some("multicast"),
        _ if a & 0xffc0 == 0xfe80 => return Some("link-local"),
        _ if a & 0xfe00 == 0xfc00 => return Some("private"),
        _ => return Some("not a global unicast address"),
    }
    let start = (u32::from(a) << 16) | u32::from(b);
    let within = |block: [u16; 2], bits: u32| {
        (start ^ ((u32::from(block[0]) << 16) | u32::from(block[1]))) >> (32 - bits) == 0
    };
    SPECIAL_V6
        .iter()
        .find(|&&(block, bits, _)| within(block, bits))
        .map(|&(_, _, what)| what)
}

#[cfg(test)]
mod tests {
    #![expect(
        clippy::unwrap_used,
        reason = "a test that cannot parse its own addresses should fail there"
    )]
    use super::*;

    fn is_public(url: &str) -> bool {
        check_literal(&Url::parse(url).unwrap()).is_ok()
    }

    #[test]
    fn private_and_special_ipv4_is_refused_however_it_is_written() {
        for host in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.100.100.200",
            "100.127.255.255",
            "127.0.0.1",
            "127.1",
            "0x7f000001",
            "2130706433",
            "017700000001",
            "168.63.129.16",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.192",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.19.0.1",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
        ] {
            assert!(!is_public(&format!("http://{host}/")), "{host}");
        }
    }

    #[test]
    fn private_and_special_ipv6_is_refused() {
        for host in [
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "::ffff:0:127.0.0.1",
            "64:ff9b::10.0.0.1",
            "64:ff9b:1::8.8.8.8",
            "100::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff:fff::1",
            "4000::1",
        ] {
            assert!(!is_public(&format!("http://[{host}]/")), "{host}");
        }
    }

    #[test]
    fn public_addresses_pass() {
        for host in [
            "8.8.8.8",
            "100.63.255.255",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "198.20.0.1",
            "223.255.255.1",
        ] {
            assert!(is_public(&format!("http://{host}/")), "{host}");
        }
        for host in [
            "2606:4700::1111",
            "2a00:1450::1",
            "::ffff:8.8.8.8",
            "64:ff9b::8.8.8.8",
            "2001:4860::8888",
        ] {
            assert!(is_public(&format!("http://[{host}]/")), "{host}");
        }
    }
}
