//! Why a request failed.

use scrip_api::Problem;
use scrip_domain::{Coded, ErrorCode};

/// What went wrong between this computer and the server. The session's secret is never part of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A text is not the address of a server.
    #[error("\"{text}\" is not the address of a server: {why}")]
    UrlInvalid {
        /// The text, without what may be a password.
        text: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The server could not be asked, or the connection broke before its answer was complete.
    #[error("{url} cannot be reached: {why}")]
    Unreachable {
        /// What was asked.
        url: String,
        /// What the network said.
        why: String,
    },
    /// Something on the way answers that the server is not available now.
    #[error("{url} is not available now (HTTP status {status})")]
    Unavailable {
        /// What was asked.
        url: String,
        /// The HTTP status.
        status: u16,
    },
    /// The answer is not what the contract says.
    #[error("{url} gave an answer that is not valid: {why}")]
    AnswerInvalid {
        /// What was asked.
        url: String,
        /// What is wrong with the answer.
        why: String,
    },
    /// The answer is larger than any that the contract allows.
    #[error("{url} answers with more than {limit_bytes} bytes, which is too much")]
    AnswerTooLarge {
        /// What was asked.
        url: String,
        /// The most that is read.
        limit_bytes: u64,
    },
    /// The server refuses, and says why.
    #[error("{}", problem.detail)]
    Refused {
        /// The server's words.
        problem: Box<Problem>,
    },
    /// The client cannot be set up on this computer.
    #[error("no connection can be made from this computer: {why}")]
    Setup {
        /// What is missing.
        why: String,
    },
}

impl Error {
    /// The stable code as text; a code of a newer server, unknown here, is kept as it came.
    pub fn code_text(&self) -> String {
        match self {
            Self::Refused { problem } if !problem.code.is_empty() => problem.code.clone(),
            _ => self.code().as_str().to_owned(),
        }
    }

    /// What the server said, where it was the server that refused.
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Refused { problem } => Some(problem),
            _ => None,
        }
    }

    /// Whether the server could not be asked at all, so that what is stored here should serve.
    pub fn is_offline(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. } | Self::Unavailable { .. } | Self::Setup { .. }
        )
    }

    /// Whether the same request may succeed a moment later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Unavailable { .. } => true,
            Self::Refused { problem } => matches!(problem.status, 408 | 429 | 500..=599),
            _ => false,
        }
    }

    /// Whether the server surely did not carry out the request: it refused it, or was never reached.
    ///
    /// An answer that is lost, cut or unreadable proves nothing.
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Refused { problem } => problem.status < 500 && !matches!(problem.status, 408 | 429),
            Self::UrlInvalid { .. } | Self::Setup { .. } => true,
            _ => false,
        }
    }
}

impl Coded for Error {
    fn code(&self) -> ErrorCode {
        match self {
            Self::UrlInvalid { .. } => ErrorCode::ServerUrlInvalid,
            Self::Unreachable { .. } | Self::Setup { .. } => ErrorCode::ServerUnreachable,
            Self::Unavailable { .. } => ErrorCode::ServerUnavailable,
            Self::AnswerInvalid { .. } => ErrorCode::ServerAnswerInvalid,
            Self::AnswerTooLarge { .. } => ErrorCode::ServerAnswerTooLarge,
            Self::Refused { problem } => {
                ErrorCode::parse(&problem.code).unwrap_or_else(|| code_of_status(problem.status))
            }
        }
    }

    fn hints(&self) -> Vec<String> {
        let hint = match self {
            Self::UrlInvalid { .. } => "Give an address such as https://shop.example or http://127.0.0.1:7747.",
            Self::Unreachable { .. } => {
                "Check the server's address and your connection; what is stored on this computer works meanwhile."
            }
            Self::Unavailable { .. } => "Try again in a moment.",
            Self::AnswerInvalid { .. } | Self::AnswerTooLarge { .. } => {
                "Check that the address is that of a Scrip server, and that nothing between changes its answers."
            }
            Self::Refused { problem } => return problem.hints.clone(),
            Self::Setup { .. } => "Install your system's certificates (on Debian: the package ca-certificates).",
        };
        vec![hint.to_owned()]
    }
}

/// The nearest known code of a status whose own code is not known here (RFC 9110 section 15).
fn code_of_status(status: u16) -> ErrorCode {
    match status {
        401 => ErrorCode::AuthSessionMissing,
        404 => ErrorCode::RequestNotFound,
        408 => ErrorCode::RequestTimeout,
        413 => ErrorCode::RequestTooLarge,
        429 => ErrorCode::RequestRateLimited,
        500..=599 => ErrorCode::ServerUnavailable,
        _ => ErrorCode::RequestMalformed,
    }
}
