//! What is sent to the payment provider, and what its stand-in answers, against the types of its official package for Node.js.

use std::path::Path;
use std::process::Command;

use serde_json::{Map, Value, json};

use crate::token_sales::{open, shop};

/// A form's fields (`a[b][0]=c`) as the nested value that the package takes.
fn nested(form: &[(String, String)]) -> Value {
    let mut all = Value::Object(Map::new());
    for (name, value) in form {
        let mut place = &mut all;
        for part in name.split(['[', ']']).filter(|part| !part.is_empty()) {
            place = place.as_object_mut().unwrap().entry(part).or_insert_with(|| json!({}));
        }
        *place = value
            .parse::<i64>()
            .map_or_else(|_| json!(value), |number| json!(number));
    }
    // Rows are numbered fields.
    let rows = all["line_items"].as_object().unwrap().values().cloned().collect();
    all["line_items"] = Value::Array(rows);
    all
}

#[tokio::test]
async fn what_is_sent_and_answered_has_the_shape_of_the_official_package() {
    let (stripe, api, token) = shop().await;
    let (_, page) = open(&api, &token).await;
    let asked = nested(&stripe.last_form());
    let opened = stripe.session(&page);
    stripe.pay(&page);
    let paid = stripe.session(&page);
    // The check can fail: a session without its status is none.
    let wrong = paid.to_string().replace("\"payment_status\"", "\"paid\"");
    let program = format!(
        "import type Stripe from \"stripe\";\n\
         export const asked: Stripe.Checkout.SessionCreateParams = {asked};\n\
         export const opened: Stripe.Checkout.Session = {opened};\n\
         export const paid: Stripe.Checkout.Session = {paid};\n\
         // @ts-expect-error\n\
         export const wrong: Stripe.Checkout.Session = {wrong};\n"
    );
    let interop = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/interop");
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("shapes.ts"), &program).unwrap();
    std::os::unix::fs::symlink(interop.join("node_modules"), folder.path().join("node_modules")).unwrap();
    let compiler = interop.join("node_modules/typescript/bin/tsc");
    let mut check = Command::new("node");
    check
        .arg(&compiler)
        .args(["--noEmit", "--strict", "--skipLibCheck", "--target", "esnext"])
        .args(["--module", "esnext", "--moduleResolution", "bundler", "shapes.ts"])
        .current_dir(folder.path());
    let said = check.output().unwrap();
    assert!(
        said.status.success(),
        "{}\n{program}",
        String::from_utf8_lossy(&said.stdout)
    );
}
