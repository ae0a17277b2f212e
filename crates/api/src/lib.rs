//! The HTTP contract of a Scrip server: request and response types, and problem details.
