//! Reading requests: every refusal is a problem with a code.

use axum::extract::{FromRequest, FromRequestParts, Request};
use bytes::Bytes;
use http::request::Parts;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::{Error, Server};

/// A JSON body with the bytes that it was read from.
pub(crate) struct Body<T> {
    pub(crate) value: T,
    pub(crate) bytes: Bytes,
}

impl<T: DeserializeOwned> FromRequest<Server> for Body<T> {
    type Rejection = Error;

    async fn from_request(request: Request, server: &Server) -> Result<Self, Error> {
        let limit_bytes = server.0.config.settings.request_bytes_max;
        let bytes = axum::body::to_bytes(request.into_body(), limit_bytes)
            .await
            .map_err(|_| Error::TooLarge { limit_bytes })?;
        let value = serde_json::from_slice(&bytes).map_err(|why| Error::Malformed { why: why.to_string() })?;
        Ok(Self { value, bytes })
    }
}

/// The largest body of the few requests that carry journals, in bytes.
const LARGE_BYTES_MAX: usize = 6 * 1024 * 1024;

/// A JSON body that may carry journals.
pub(crate) struct LargeBody<T> {
    pub(crate) value: T,
}

impl<T: DeserializeOwned> FromRequest<Server> for LargeBody<T> {
    type Rejection = Error;

    async fn from_request(request: Request, server: &Server) -> Result<Self, Error> {
        let limit_bytes = server.0.config.settings.request_bytes_max.max(LARGE_BYTES_MAX);
        let bytes = axum::body::to_bytes(request.into_body(), limit_bytes)
            .await
            .map_err(|_| Error::TooLarge { limit_bytes })?;
        let value = serde_json::from_slice(&bytes).map_err(|why| Error::Malformed { why: why.to_string() })?;
        Ok(Self { value })
    }
}

/// Query parameters.
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequestParts<Server> for Query<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &Server) -> Result<Self, Error> {
        let read = axum::extract::Query::<T>::try_from_uri(&parts.uri);
        read.map(|query| Self(query.0))
            .map_err(|why| Error::Malformed { why: why.to_string() })
    }
}

/// Path parameters.
pub(crate) struct Path<T>(pub(crate) T);

impl<T: DeserializeOwned + Send> FromRequestParts<Server> for Path<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Self, Error> {
        let read = axum::extract::Path::<T>::from_request_parts(parts, server).await;
        read.map(|path| Self(path.0))
            .map_err(|why| Error::Malformed { why: why.body_text() })
    }
}

/// The command's id from the header `Idempotency-Key`.
pub(crate) struct CommandKey(pub(crate) Uuid);

impl FromRequestParts<Server> for CommandKey {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &Server) -> Result<Self, Error> {
        let text = parts
            .headers
            .get(scrip_api::IDEMPOTENCY_KEY)
            .and_then(|value| value.to_str().ok());
        let key = text.and_then(|text| Uuid::try_parse(text.trim_matches('"')).ok());
        key.map(Self).ok_or(Error::IdempotencyKeyMissing)
    }
}
