//! Authorization codes.

use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};

use scrip_app::contract::{CodeView, Imported, Inspection, ProductArgs, TextArgs};
use scrip_app::{App, Failure};
use serde_json::json;

use crate::browse::resolve;
use crate::files;
use crate::output::{Output, internal};
use crate::table::plain;

/// The most that is read from standard input, in bytes.
const MAX_BYTES: u64 = 1 << 20;

pub(crate) async fn show(
    app: &App,
    output: Output,
    product: &str,
    qr: bool,
    png: Option<&Path>,
) -> Result<(), Failure> {
    let product = resolve_offline(app, output, product).await?;
    let view = app
        .code_show(ProductArgs {
            product: product.clone(),
        })
        .await?;
    let file = app.code_file(&product);
    let pictures = if qr || png.is_some() {
        app.code_qr(ProductArgs { product }).await?
    } else {
        Vec::new()
    };
    let drawn = match png {
        Some(path) => files::write_pictures(path, &pictures)?,
        None => Vec::new(),
    };
    let result = json!({
        "code": view.code, "claims": view.claims, "explanation": view.explanation, "file": file.to_string_lossy(),
        "pictures": drawn,
    });
    let mut terminal = String::new();
    for picture in pictures.iter().filter(|_| qr) {
        terminal.push_str(&picture.as_text(std::io::stdout().is_terminal())?);
        terminal.push('\n');
    }
    output.show(&result, || {
        let text = format!(
            "{}\n\n{}\n\n{terminal}Stored in {}",
            view.explanation.join("\n"),
            view.code,
            file.display()
        );
        let drawn = drawn.iter().map(|path| format!("Drawn into {path}"));
        [text].into_iter().chain(drawn).collect::<Vec<_>>().join("\n")
    })
}

pub(crate) async fn export(app: &App, output: Output, product: &str, path: &Path) -> Result<(), Failure> {
    let product = resolve_offline(app, output, product).await?;
    let file = app
        .code_export(ProductArgs {
            product: product.clone(),
        })
        .await?;
    files::write_text(path, &file.text)?;
    output.show(&json!({ "product": product, "file": path.to_string_lossy() }), || {
        format!("The code of {product} is in {}.", path.display())
    })
}

pub(crate) async fn import(app: &App, output: Output, paths: &[PathBuf]) -> Result<(), Failure> {
    let text = files::read_text(app, paths)?;
    let imported = match app.code_import(TextArgs { text: text.clone() }).await {
        Err(refusal) if lacks_keys(&refusal) && app.learn_keys().await.is_ok() => {
            app.code_import(TextArgs { text }).await?
        }
        outcome => outcome?,
    };
    output.show(&imported, || imported_words(&imported))
}

/// What is stored now, in words.
pub(crate) fn imported_words(imported: &Imported) -> String {
    let mut lines = Vec::new();
    for code in &imported.products {
        lines.push(format!("{} is authorized on this computer.", code.product));
        lines.extend(code.explanation.iter().map(|line| format!("  {}", plain(line))));
    }
    if let Some(order) = &imported.order {
        lines.push(format!("{} charged; {} are left.", order.total, order.balance_after));
    }
    lines.extend(imported.notes.iter().map(|note| plain(note)));
    if lines.is_empty() {
        lines.push("There was nothing in it for this computer.".to_owned());
    }
    lines.join("\n")
}

pub(crate) async fn inspect(app: &App, output: Output, paths: &[PathBuf]) -> Result<(), Failure> {
    let text = files::read_text(app, paths)?;
    let inspected = app.code_inspect(TextArgs { text }).await?;
    output.show(&json!({ "inspected": inspected }), || {
        let words = |one: &Inspection| {
            let mut lines: Vec<String> = one.sentences.iter().map(|line| plain(line)).collect();
            match &one.failure {
                None if one.holds => lines.push("It holds here and now.".to_owned()),
                None => {}
                Some(failure) => {
                    lines.push(format!("It does not hold here: {} [{}]", failure.message, failure.code));
                    lines.extend(failure.hints.iter().map(|hint| format!("  {hint}")));
                }
            }
            lines.join("\n")
        };
        inspected.iter().map(words).collect::<Vec<_>>().join("\n\n")
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
pub(crate) async fn resolve_offline(
    app: &App,
    output: Output,
    product: &str,
) -> Result<scrip_domain::ProductId, Failure> {
    match app.resolve(product).await {
        Ok(product) => Ok(product),
        Err(scrip_app::Error::ProductUnknown { .. }) => resolve(app, output, product).await,
        Err(error) => Err(error.into()),
    }
}
