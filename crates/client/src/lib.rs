//! A typed client of the Scrip HTTP API.
//!
//! One method for each endpoint, one [`Error`] with stable codes. What a server answers is treated as hostile: every answer
//! has a size limit that is enforced while it streams in, redirects are refused, and only the media types of the contract are
//! read. Requests that can safely be repeated (reads, and payments under the same idempotency key) are repeated a
//! bounded number of times when the connection breaks.

mod accounts;
mod artifact;
mod client;
mod error;
mod licenses;
mod loopback;
mod offline_tokens;
mod server_url;
mod token;
mod token_sales;
mod transport;

pub use artifact::ArtifactBody;
pub use client::{Client, JwkSetText, ServerInfo};
pub use error::Error;
pub use loopback::{BrowserAnswer, Loopback};
pub use server_url::ServerUrl;
pub use token::SessionToken;
pub use transport::Limits;
