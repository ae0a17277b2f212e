//! What computers without a network ask for.

use axum::Json;
use axum::extract::State;
use scrip_api::{OfflineAnswer, OfflineSubmission};

use crate::caller::Caller;
use crate::offline::{self, Handed};
use crate::request::LargeBody;
use crate::{Error, Server};

/// Answers the request of a computer without a network. The same request gets the same answer.
#[utoipa::path(post, path = "/v1/offline/requests", tag = "library", request_body = OfflineSubmission,
    responses((status = 200, body = OfflineAnswer)))]
pub(crate) async fn create(
    State(server): State<Server>,
    caller: Caller,
    body: LargeBody<OfflineSubmission>,
) -> Result<Json<OfflineAnswer>, Error> {
    let handed = Handed::open(&server, &body.value.request)?;
    let user = handed.user_signed_in(&server, caller.user).await?;
    offline::answer(&server, &handed, user).await.map(Json)
}
