//! The description of the API: OpenAPI 3.1, made from the code.

use std::sync::OnceLock;

use scrip_api::Problem;
use utoipa::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Content, Ref, RefOr, ResponseBuilder};

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
            components.add_security_scheme("session", SecurityScheme::Http(session));
        }
        let problem = ResponseBuilder::new()
            .description("Refused; the code says why")
            .content(
                scrip_api::PROBLEM_CONTENT_TYPE,
                Content::new(Some(Ref::from_schema_name("Problem"))),
            )
            .build();
        for item in document.paths.paths.values_mut() {
            let operations = [&mut item.get, &mut item.put, &mut item.post, &mut item.delete];
            for operation in operations.into_iter().flatten() {
                operation
                    .responses
                    .responses
                    .insert("default".to_owned(), RefOr::T(problem.clone()));
            }
        }
        document.to_pretty_json().unwrap_or_default()
    })
}
