//! The network client against a server that behaves badly.

mod bodies;
mod connections;
mod redirects;
mod robots;
mod secrets;
mod server;
mod streams;
mod waits;

use std::time::Duration;

use ticclip_fetchers::client::{Client, ClientConfig};
use ticclip_fetchers::source::Request;
use url::Url;

/// A configuration for a server on this machine whose waits are short.
fn quick() -> ClientConfig {
    ClientConfig {
        allow_private: true,
        robots: false,
        connect_timeout: Duration::from_secs(2),
        first_byte_timeout: Duration::from_secs(2),
        timeout: Duration::from_secs(4),
        first_wait: Duration::from_millis(2),
        longest_wait: Duration::from_secs(3),
        tries: 3,
        give_up_after: 0,
        ..ClientConfig::default()
    }
}

fn client(config: ClientConfig) -> Client {
    Client::new(config).expect("a client")
}

fn get(url: &Url) -> Request {
    Request::get(url.clone(), 1000)
}
