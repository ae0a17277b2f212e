//! Authorization codes.

use std::io::Read;
use std::path::Path;

use scrip_app::contract::{CodeView, ProductArgs};
use scrip_app::{App, Failure};
use serde_json::json;

use crate::browse::resolve;
use crate::output::{Output, internal};

/// The most that is read from standard input, in bytes.
const MAX_BYTES: u64 = 1 << 20;

pub(crate) async fn show(app: &App, output: Output, product: &str) -> Result<(), Failure> {
    let product = resolve_offline(app, output, product).await?;
    let view = app
        .code_show(ProductArgs {
            product: product.clone(),
        })
        .await?;
    let file = app.code_file(&product);
    let result = json!({
        "code": view.code, "claims": view.claims, "explanation": view.explanation, "file": file.to_string_lossy(),
    });
    output.show(&result, || {
        format!(
            "{}\n\n{}\n\nStored in {}",
            view.explanation.join("\n"),
            view.code,
            file.display()
        )
    })
}

pub(crate) async fn verify(
    app: &App,
    output: Output,
    file: &Path,
    keys: Option<&Path>,
    any_computer: bool,
) -> Result<(), Failure> {
    let mut text = None;
    if file == Path::new("-") {
        let mut read = String::new();
        let outcome = std::io::stdin().take(MAX_BYTES).read_to_string(&mut read);
        outcome.map_err(|error| internal("standard input cannot be read", &error))?;
        text = Some(read);
    }
    let verify = || match &text {
        Some(text) => app.verify_text(text, keys, any_computer),
        None => app.verify_file(file, keys, any_computer),
    };
    let views = match verify() {
        // The server may tell the keys that are missing here; where it does not, the refusal stands.
        Err(refusal) if keys.is_none() && lacks_keys(&refusal) => match app.learn_keys().await {
            Ok(()) => verify()?,
            Err(_) => return Err(refusal.into()),
        },
        outcome => outcome?,
    };
    let first = views.first();
    let result = json!({
        "valid": true,
        "claims": first.map(|view| &view.claims),
        "code": first.map(|view| &view.code),
        "explanation": first.map(|view| &view.explanation),
        "codes": views.iter().map(|view| json!({ "code": view.code, "claims": view.claims })).collect::<Vec<_>>(),
    });
    output.show(&result, || {
        let words = |view: &CodeView| format!("valid\n{}", view.explanation.join("\n"));
        views.iter().map(words).collect::<Vec<_>>().join("\n\n")
    })
}

/// Whether a code was refused because its vendor's keys are not stored here.
fn lacks_keys(error: &scrip_app::Error) -> bool {
    use scrip_domain::{Coded, ErrorCode};
    matches!(
        error.code(),
        ErrorCode::CodeKeysInvalid | ErrorCode::CodeKeyUnknown | ErrorCode::CodeIssuer
    )
}

/// The product that a person means, from what is stored here alone where that knows it: a stored code needs no network.
async fn resolve_offline(app: &App, output: Output, product: &str) -> Result<scrip_domain::ProductId, Failure> {
    match app.resolve(product).await {
        Ok(product) => Ok(product),
        Err(scrip_app::Error::ProductUnknown { .. }) => resolve(app, output, product).await,
        Err(error) => Err(error.into()),
    }
}
