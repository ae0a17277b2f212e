//! Addresses that open outside of the window, in the person's own browser.

use scrip_app::Failure;
use scrip_domain::ErrorCode;

/// The longest address that is opened, in bytes.
const URL_BYTES_MAX: usize = 2048;

/// Opens a web address in the person's browser. Refuses every other kind: a listing's text decides what is opened.
#[tauri::command]
pub(crate) async fn open_external(url: String) -> Result<(), Failure> {
    let url = web_address(&url).ok_or_else(|| {
        failure(
            ErrorCode::CommandInvalid,
            "only http and https addresses are opened",
            &[],
        )
    })?;
    open::that_detached(url).map_err(|error| {
        let hint = format!("Open {url} in a browser.");
        failure(
            ErrorCode::LaunchFailed,
            &format!("no browser could be started for {url}: {error}"),
            &[&hint],
        )
    })
}

/// The address, where it is one of the web and holds nothing that a launcher could take for something else.
fn web_address(url: &str) -> Option<&str> {
    let is_web = url.starts_with("https://") || url.starts_with("http://");
    let is_plain = url
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\'' | b'`' | b'\\' | b'<' | b'>'));
    (is_web && is_plain && url.len() <= URL_BYTES_MAX).then_some(url)
}

fn failure(code: ErrorCode, message: &str, hints: &[&str]) -> Failure {
    Failure {
        code: code.as_str().to_owned(),
        message: message.to_owned(),
        hints: hints.iter().map(ToString::to_string).collect(),
        quote: None,
    }
}

#[cfg(test)]
mod tests {
    use super::web_address;

    #[test]
    fn only_web_addresses_are_opened() {
        assert_eq!(
            web_address("https://example.org/a?b=c#d"),
            Some("https://example.org/a?b=c#d")
        );
        for refused in [
            "file:///etc/passwd",
            "javascript:alert(1)",
            "--help",
            "",
            "https://a b",
            "https://a/\"$(id)\"",
            "http://a/\n",
        ] {
            assert_eq!(web_address(refused), None, "{refused}");
        }
        assert_eq!(web_address(&format!("https://example.org/{}", "a".repeat(3000))), None);
    }
}
