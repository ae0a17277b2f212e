//! The HTTP API, one file a resource, called without a socket on a fresh database.

mod accounts;
mod artifacts;
mod catalog;
mod codes;
mod openapi;
mod orders;
mod service;
mod support;
