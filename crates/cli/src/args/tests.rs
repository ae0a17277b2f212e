//! What others script against stays understood.

use clap::CommandFactory;

use super::*;

#[test]
fn every_command_explains_itself_and_its_arguments() {
    fn check(command: &clap::Command) {
        assert!(
            command.get_about().is_some(),
            "{} has no explanation",
            command.get_name()
        );
        for argument in command.get_arguments() {
            assert!(
                argument.get_help().is_some(),
                "{} {} has none",
                command.get_name(),
                argument.get_id()
            );
        }
        command.get_subcommands().for_each(check);
    }
    let command = Arguments::command();
    command.clone().debug_assert();
    check(&command);
}

#[expect(clippy::too_many_lines, reason = "a list of words")]
#[test]
fn the_words_that_others_script_against_are_understood() {
    let lines = [
        "register --email ada@example.com --password-stdin",
        "login --email ada@example.com --password-stdin",
        "logout",
        "whoami",
        "wallet",
        "wallet history",
        "tokens prices",
        "tokens prices --missing 40 --currency EUR",
        "tokens buy 100 --currency EUR",
        "tokens buy --pack small --currency EUR",
        "tokens buy --cart --currency EUR",
        "tokens purchases",
        "tokens redeem 0000G-0003T-9K2VD-7XQ4M",
        "tokens redeem 0000G 0003T 9K2VD 7XQ4M",
        "tokens order 100 --currency EUR --name Ada --purchase-order PO-7",
        "tokens ordered",
        "tokens invoices",
        "search two words",
        "show P",
        "installed",
        "plan P",
        "buy P",
        "rent P --offer week",
        "extend P",
        "extend P --offer week",
        "convert P",
        "install P",
        "cart add P",
        "cart remove P",
        "cart show",
        "cart checkout",
        "library",
        "code show P",
        "code verify FILE",
        "code show P --qr",
        "code show P --png FILE",
        "code export P -o FILE",
        "code import FILE",
        "code inspect FILE",
        "wallet history --from 2026-01-01 --to 2026-02-01 --kind order",
        "wallet history --csv FILE",
        "wallet statement --from 2026-01-01 -o FILE",
        "statement verify FILE --vendor URN",
        "tokens holding",
        "tokens send eve@example.com 30 --name NAME --message M",
        "tokens transfers",
        "tokens take-back 01953593-df77-79fb-b466-fa907fa17f00",
        "tokens give P --to eve@example.com --offer week",
        "tokens gifts",
        "tokens gifts accept 01953593-df77-79fb-b466-fa907fa17f00",
        "tokens teams begin Home",
        "tokens teams draw 01953593-df77-79fb-b466-fa907fa17f00 5",
        "tokens orders refund 01953593-df77-79fb-b466-fa907fa17f00 P --yes",
        "tokens alert 50",
        "trial P",
        "pause P",
        "resume P",
        "end P",
        "end P --yes",
        "renew P --offer week --cap 30",
        "renew P --off",
        "gift P --to eve@example.com",
        "upgrade P",
        "seats P",
        "seats release P",
        "seats release P --computer NAME",
        "devices",
        "usage",
        "notices",
        "sync",
        "run P",
        "run P --desktop-entry",
        "offline request activate P -o FILE",
        "offline request buy P -o FILE --qr FILE.png",
        "offline request rent P --offer week -o FILE",
        "offline request extend P -o FILE",
        "offline request convert P -o FILE",
        "offline request cart -o FILE",
        "offline submit FILE -o FILE",
        "offline import FILE",
        "clock",
        "clock recover FILE",
    ];
    for line in lines {
        for global in ["", "--json --server http://127.0.0.1:1"] {
            let first = ["scrip"]
                .into_iter()
                .chain(global.split_whitespace())
                .chain(line.split_whitespace());
            let last = ["scrip"]
                .into_iter()
                .chain(line.split_whitespace())
                .chain(global.split_whitespace());
            let (first, last) = (
                Arguments::try_parse_from(first).unwrap(),
                Arguments::try_parse_from(last).unwrap(),
            );
            assert_eq!(format!("{first:?}"), format!("{last:?}"), "{line}");
        }
    }
    assert!(Arguments::try_parse_from(["scrip", "register", "--email", "a@b"]).is_err());
    for line in [
        "renew P",
        "renew P --offer week",
        "renew P --off --cap 3",
        "seats",
        "seats release",
        "end",
    ] {
        assert!(
            Arguments::try_parse_from(["scrip"].into_iter().chain(line.split_whitespace())).is_err(),
            "{line}"
        );
    }
    let run = Arguments::try_parse_from(["scrip", "run", "P", "--", "--json", "-x"]).unwrap();
    assert!(!run.json, "what stands behind -- is the program's");
}
