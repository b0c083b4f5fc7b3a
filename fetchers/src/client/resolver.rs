//! A resolver that knows only public addresses: what a name resolves to is checked where it is used.

use std::net::SocketAddr;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::address::{Forbidden, check_ip};

/// The name could not be looked up, which may be the name's fault or the resolver's.
#[derive(Debug, thiserror::Error)]
#[error("look the name up")]
pub(super) struct LookupFailed(#[source] std::io::Error);

/// The system's resolver, without the addresses that must not be reached. As connections are made to the
/// addresses that it returns and to no others, a name that changes between check and use gains nothing.
#[derive(Clone, Copy, Debug)]
pub(super) struct PublicResolver {
    /// Whether every address passes.
    pub(super) allow_private: bool,
}

impl Resolve for PublicResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let allow_private = self.allow_private;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0))
                .await
                .map_err(LookupFailed)?;
            let (public, refused) = split(found, allow_private);
            match refused {
                // Said only when nothing is left, as a name may have addresses of both sorts.
                Some(refused) if public.is_empty() => {
                    let address = format!("{} ({})", name.as_str(), refused.address);
                    Err(Forbidden {
                        address,
                        what: refused.what,
                    }
                    .into())
                }
                _ => Ok(Box::new(public.into_iter()) as Addrs),
            }
        })
    }
}

fn split(
    found: impl Iterator<Item = SocketAddr>,
    allow_private: bool,
) -> (Vec<SocketAddr>, Option<Forbidden>) {
    let mut refused = None;
    let public = found.filter(|address| match check_ip(address.ip()) {
        Err(error) if !allow_private => {
            refused = Some(error);
            false
        }
        _ => true,
    });
    (public.collect(), refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_of_a_name_are_left() {
        let found = [
            SocketAddr::from(([10, 0, 0, 1], 0)),
            SocketAddr::from(([8, 8, 8, 8], 0)),
        ];
        assert_eq!(split(found.into_iter(), false).0, found[1..]);
        assert_eq!(split(found.into_iter(), true).0, found);
        assert!(split(found[..1].iter().copied(), false).1.is_some());
    }
}
