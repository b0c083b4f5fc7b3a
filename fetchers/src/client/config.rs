//! The client's configuration: how long it waits, how much it reads, how often it asks.

use std::time::Duration;

/// How the client behaves.
#[derive(Clone, Debug, PartialEq)]
pub struct ClientConfig {
    /// Whether private, local and other special addresses may be asked. Default: no.
    pub allow_private: bool,
    /// Whether hosts are asked for their robots.txt and it is obeyed. Default: yes.
    pub robots: bool,
    /// How long to wait for a connection. Default: 10 s.
    pub connect_timeout: Duration,
    /// How long to wait for a reply's headers, from the start of the try. Default: 15 s.
    pub first_byte_timeout: Duration,
    /// How long one try may take, from the connection to the last byte. Default: 20 s.
    pub timeout: Duration,
    /// A body that comes in more slowly is cut off; 0 puts up with any speed. Default: 256 bytes a second.
    pub min_bytes_per_second: u64,
    /// The span over which that speed is measured, again and again from the headers on. Default: 5 s.
    pub speed_grace: Duration,
    /// How many requests to one host are under way at once. Default: 2.
    pub per_host_concurrency: usize,
    /// How many requests to one host begin in a second, such as `1.0` where 3600 an hour are allowed.
    /// Default: as many as the other limits let through.
    pub requests_per_second: Option<f64>,
    /// How often one request is tried. Default: 4.
    pub tries: u32,
    /// The wait before the second try; it doubles from try to try, and a random half of it is left out.
    /// Default: 1 s.
    pub first_wait: Duration,
    /// No wait is longer than this: a host that asks for more is left alone until the next run. A
    /// `Crawl-delay` is obeyed up to this. Default: 60 s.
    pub longest_wait: Duration,
    /// After so many failed tries in a row a host is down: requests to it fail at once. 0 never gives up.
    /// Default: 8.
    pub give_up_after: u32,
    /// How long a host that is down is spared until one request finds out whether it is back. Default: 60 s.
    pub down_for: Duration,
    /// How long an idle connection is kept for the next request. A pool of pairs names many hosts, and each
    /// connection takes a file descriptor. Default: 5 s.
    pub keep_alive: Duration,
    /// How long the addresses of a name are remembered. Default: 5 min.
    pub name_ttl: Duration,
    /// How long it is remembered that a name has no addresses. Default: 30 s.
    pub missing_name_ttl: Duration,
    /// Who runs this, added to the User-Agent. Default: nobody.
    pub contact: Option<String>,
}

impl Default for ClientConfig {
    fn default() -> Self {
        Self {
            allow_private: false,
            robots: true,
            connect_timeout: Duration::from_secs(10),
            first_byte_timeout: Duration::from_secs(15),
            timeout: Duration::from_secs(20),
            min_bytes_per_second: 256,
            speed_grace: Duration::from_secs(5),
            per_host_concurrency: 2,
            requests_per_second: None,
            tries: 4,
            first_wait: Duration::from_secs(1),
            longest_wait: Duration::from_secs(60),
            give_up_after: 8,
            down_for: Duration::from_secs(60),
            keep_alive: Duration::from_secs(5),
            name_ttl: Duration::from_secs(5 * 60),
            missing_name_ttl: Duration::from_secs(30),
            contact: None,
        }
    }
}

impl ClientConfig {
    /// The time between the starts of two requests to one host.
    ///
    /// # Errors
    /// `requests_per_second` is not a positive number, or so small that no time would be long enough.
    pub(super) fn interval(&self) -> Result<Duration, String> {
        let Some(rate) = self.requests_per_second else {
            return Ok(Duration::ZERO);
        };
        Duration::try_from_secs_f64(rate.recip())
            .ok()
            .filter(|_| rate > 0.0)
            .ok_or_else(|| format!("requests_per_second is {rate}, which is not a positive number"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_positive_rates_have_an_interval() {
        let interval = |rate| {
            ClientConfig {
                requests_per_second: rate,
                ..ClientConfig::default()
            }
            .interval()
        };
        assert_eq!(interval(None), Ok(Duration::ZERO));
        assert_eq!(interval(Some(4.0)), Ok(Duration::from_millis(250)));
        for rate in [0.0, -0.0, -1.0, f64::NAN, f64::NEG_INFINITY, 1e-300] {
            assert!(interval(Some(rate)).is_err(), "{rate}");
        }
    }
}
