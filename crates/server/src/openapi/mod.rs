//! The description of the API: OpenAPI 3.1, made from the code.

mod refusals;

use std::sync::OnceLock;

use scrip_api::Problem;
use utoipa::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Content, Ref, RefOr, Response, ResponseBuilder};

/// The bytes of a file.
#[derive(utoipa::ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "described, never made: handlers answer the bytes themselves")]
pub(crate) struct File(Vec<u8>);

#[derive(OpenApi)]
#[openapi(
    info(title = "Scrip", description = "The HTTP API of a Scrip vendor. Amounts are whole tokens, instants RFC 3339, \
        every refusal is problem+json (RFC 9457) with a stable code.", license(name = "Apache-2.0 OR MIT")),
    components(schemas(Problem)),
    security(("session" = []))
)]
struct Described;

/// The OpenAPI document as JSON, the same at every call.
pub fn document() -> &'static str {
    static DOCUMENT: OnceLock<String> = OnceLock::new();
    DOCUMENT.get_or_init(|| {
        let mut document = Described::openapi();
        document.merge(crate::router::described().into_openapi());
        let session = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("A session token"))
            .build();
        if let Some(components) = document.components.as_mut() {
            for (status, why) in refusals::WORDS {
                components.responses.insert(name_of(status), RefOr::T(problem(why)));
            }
            components.add_security_scheme("session", SecurityScheme::Http(session));
        }
        for (path, item) in &mut document.paths.paths {
            let operations = [
                ("GET", &mut item.get),
                ("PUT", &mut item.put),
                ("POST", &mut item.post),
                ("DELETE", &mut item.delete),
            ];
            for (method, operation) in operations {
                let Some(operation) = operation else { continue };
                for status in refusals::of(method, path, operation) {
                    let response = RefOr::Ref(Ref::from_response_name(name_of(status)));
                    operation.responses.responses.insert(status.to_owned(), response);
                }
            }
        }
        document.to_pretty_json().unwrap_or_default()
    })
}

/// What the refusal with a status is called in the description.
fn name_of(status: &str) -> String {
    format!("Refused{status}")
}

fn problem(why: &str) -> Response {
    ResponseBuilder::new()
        .description(why)
        .content(
            scrip_api::PROBLEM_CONTENT_TYPE,
            Content::new(Some(Ref::from_schema_name("Problem"))),
        )
        .build()
}
