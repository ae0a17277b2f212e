//! What payers write on transfers, and finding the bill that they mean.

/// The longest text that is searched.
const TEXT_CHARS_MAX: usize = 4000;
/// The year and the place in the year at the end of a bill's number.
const NUMBER_DIGITS: usize = 10;
/// The most letters before them.
const PREFIX_LETTERS: usize = 8;

/// The structured creditor reference (ISO 11649) of a bill: `RF`, two check digits, the letters and digits of its number.
pub fn creditor_reference(number: &str) -> String {
    let key = squeeze(number);
    let check = mod97(&format!("RF00{key}")).map_or(0, |rest| 98 - rest);
    format!("RF{check:02}{key}")
}

/// The keys (letters and digits) of bills that a text may mean, likelier ones first. Spaces, dashes and the case of letters do
/// not matter. A creditor reference whose check digits are wrong means nothing.
pub fn invoice_keys_in(text: &str) -> Vec<String> {
    let cut: String = text.chars().take(TEXT_CHARS_MAX).collect();
    let text = squeeze(&cut);
    let mut keys = Vec::new();
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let run = bytes[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let letters = bytes[..at]
            .iter()
            .rev()
            .take_while(|byte| byte.is_ascii_uppercase())
            .count();
        if run >= NUMBER_DIGITS {
            let end = at + NUMBER_DIGITS;
            // Words run into each other once the spaces are gone: each of the last letters may begin the number.
            for letters in (1..=letters.min(PREFIX_LETTERS)).rev() {
                let start = at - letters;
                let reference = start.checked_sub(4).map(|from| &text[from..end]);
                let structured = reference.filter(|text| is_reference(text));
                if structured.is_none_or(|text| mod97(text) == Some(1)) {
                    keys.push(text[start..end].to_owned());
                }
            }
        }
        at += run;
    }
    keys.dedup();
    keys
}

/// `RF`, two digits, and more.
fn is_reference(text: &str) -> bool {
    text.starts_with("RF") && text[2..4].bytes().all(|byte| byte.is_ascii_digit())
}

/// The letters and digits, in capitals.
pub(super) fn squeeze(text: &str) -> String {
    let kept = text.chars().filter(char::is_ascii_alphanumeric);
    kept.map(|letter| letter.to_ascii_uppercase()).collect()
}

/// The first four characters moved to the end, letters read as 10 to 35, the rest by 97 (ISO 7064).
pub(super) fn mod97(text: &str) -> Option<u32> {
    let (head, tail) = text.split_at_checked(4)?;
    let mut rest: u32 = 0;
    for letter in tail.chars().chain(head.chars()) {
        let value = letter.to_digit(36)?;
        rest = if value < 10 {
            rest * 10 + value
        } else {
            rest * 100 + value
        } % 97;
    }
    Some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_have_the_standards_check_digits() {
        // The example of ISO 11649.
        assert_eq!(creditor_reference("539007547034"), "RF18539007547034");
        let ours = creditor_reference("INV-2026-000017");
        assert_eq!(mod97(&ours), Some(1), "{ours}");
    }

    #[test]
    fn a_bill_is_found_however_its_number_is_written() {
        let reference = creditor_reference("INV-2026-000017");
        for text in [
            "INV-2026-000017".to_owned(),
            "inv 2026/000017 thank you".to_owned(),
            "Payment of invoice INV2026000017, customer 5".to_owned(),
            reference.clone(),
            format!("/ROC/{reference}//URI/x"),
            format!("{} {}", &reference[..4], &reference[4..]),
        ] {
            let keys = invoice_keys_in(&text);
            assert!(keys.contains(&"INV2026000017".to_owned()), "{text}: {keys:?}");
        }
        let two = invoice_keys_in("INV-2026-000017 and INV-2026-000018");
        assert!(two.contains(&"INV2026000018".to_owned()) && two.contains(&"INV2026000017".to_owned()));
    }

    #[test]
    fn a_wrong_check_digit_means_nothing() {
        let reference = creditor_reference("INV-2026-000017").replace("000017", "000018");
        assert!(!invoice_keys_in(&reference).contains(&"INV2026000018".to_owned()));
        for text in ["", "12", "2026", "DE89370400440532013000", &"9".repeat(10_000), "RF"] {
            assert!(invoice_keys_in(text).len() < 10, "{text}");
        }
    }
}
