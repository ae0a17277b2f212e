//! A typed client of the Scrip HTTP API.
