//! The program with real pictures and real codes, as a person runs it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod desk;

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use scrip_licensing::Grant;

use crate::desk::{Desk, NOW};

#[test]
fn photos_count_down_and_then_the_license_refuses() {
    let desk = Desk::with(Grant::Processings { count: 7 });
    desk.photos(3);
    let made = desk.run(&["photos", "-o", "sheet.png", "--columns", "2", "--title", "Holiday"]);
    assert_eq!(made.status, 0, "{}", made.stderr);
    assert!(made.stdout.contains("1 of 3: photo-01.jpg, 6 left"), "{}", made.stdout);
    assert!(made.stdout.contains("3 of 3: photo-03.png, 4 left"), "{}", made.stdout);
    let sheet = image::open(desk.path("sheet.png")).unwrap().into_rgb8();
    assert_eq!(sheet.dimensions(), (24 + 2 * 304, 88 + 2 * 258));
    // The middle of the first and of the third photo, in their own colours.
    for (index, x, y) in [(1, 24 + 140, 88 + 105), (3, 24 + 140, 88 + 258 + 105)] {
        let (is, was) = (sheet.get_pixel(x, y).0, desk::colour(index));
        let near = is.iter().zip(was).all(|(is, was)| is.abs_diff(was) < 12);
        assert!(near, "photo {index}: {is:?} instead of {was:?}");
    }
    let ink = |top: u32, bottom: u32| (top..bottom).any(|y| (0..300).any(|x| sheet.get_pixel(x, y).0[0] < 100));
    assert!(ink(24, 60), "the title");
    assert!(ink(88 + 212, 88 + 240), "a caption");

    assert_eq!(desk.run(&["photos", "-o", "sheet.png"]).status, 0);
    let refused = desk.run(&["photos", "-o", "sheet.png"]);
    assert_eq!(refused.status, 3);
    assert!(
        refused
            .stderr
            .contains("3 processings of org.example.ContactSheet are needed and 1 are left [license.exhausted]\n  "),
        "{}",
        refused.stderr
    );
    let told = desk.run(&["license"]);
    assert!(
        told.stdout.contains("1 photo left"),
        "a refused sheet costs nothing: {}",
        told.stdout
    );
}

#[test]
fn a_plan_takes_nothing() {
    let desk = Desk::with(Grant::Processings { count: 2 });
    desk.photos(2);
    for _ in 0..2 {
        let plan = desk.run(&["photos", "--plan"]);
        assert_eq!(
            (plan.status, plan.stdout.as_str()),
            (0, "2 photos: 2 of 2 processings\n")
        );
    }
    assert!(!desk.path("photos/contact-sheet.png").exists());
    desk.photos(3);
    let plan = desk.run(&["photos", "--plan"]);
    assert_eq!(
        (plan.status, plan.stdout.as_str()),
        (3, "3 photos: 3 of 2 processings\n")
    );
    assert!(plan.stderr.contains("[license.exhausted]"), "{}", plan.stderr);
}

#[test]
fn a_photo_that_cannot_be_read_costs_nothing() {
    let desk = Desk::with(Grant::Processings { count: 5 });
    desk.photos(2);
    // One is no picture at all; the other breaks off behind its header.
    fs::write(desk.path("photos/broken.png"), "no picture").unwrap();
    let whole = fs::read(desk.path("photos/photo-02.png")).unwrap();
    fs::write(desk.path("photos/cut.png"), &whole[..whole.len() / 2]).unwrap();
    let made = desk.run(&["photos"]);
    assert_eq!(made.status, 0, "{}", made.stderr);
    assert!(made.stdout.contains("broken.png is left out") && made.stdout.contains("cut.png is left out"));
    assert!(
        made.stdout.ends_with("contact-sheet.png with 2 photos\n"),
        "{}",
        made.stdout
    );
    // The sheet itself, which stands in the folder, is no photo.
    let made = desk.run(&["photos"]);
    assert!(
        made.stdout.ends_with("contact-sheet.png with 2 photos\n"),
        "{}",
        made.stdout
    );
    assert!(desk.run(&["license"]).stdout.contains("1 photo left"));
}

#[test]
fn killed_in_the_middle_it_loses_at_most_the_photo_in_flight() {
    let desk = Desk::with(Grant::Processings { count: 1000 });
    desk.photos(24);
    let mut before = 1000;
    for round in 0..4 {
        let mut child = desk
            .command(&["photos", "-o", "sheet.png"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut said = lines.by_ref().take(round * 3 + 1).count();
        child.kill().unwrap();
        child.wait().unwrap();
        said += lines
            .map_while(Result::ok)
            .filter(|line| line.contains(" of 24: "))
            .count();
        let now = desk.left();
        let counted = before - now;
        assert!(
            counted == said || counted == said + 1,
            "round {round}: {said} said, {counted} counted"
        );
        before = now;
    }
    let left_behind = fs::read_dir(desk.home()).unwrap().filter(|entry| {
        let name = entry.as_ref().unwrap().file_name();
        name.to_string_lossy().contains(".part-")
    });
    assert_eq!(left_behind.count(), 0);
    // What remains is whole: the next sheet is made.
    assert_eq!(desk.run(&["photos", "-o", "sheet.png"]).status, 0);
    assert_eq!(desk.left(), before - 24);
}

#[test]
fn two_sheets_at_once_take_no_more_than_there_is() {
    let desk = Desk::with(Grant::Processings { count: 30 });
    desk.photos(20);
    let start = |output| {
        desk.command(&["photos", "-o", output])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let children = [start("one.png"), start("two.png")];
    let ends = children.map(|child| child.wait_with_output().unwrap());
    let drawn: usize = ends
        .iter()
        .map(|end| {
            String::from_utf8_lossy(&end.stdout)
                .lines()
                .filter(|line| line.contains(" of 20: "))
                .count()
        })
        .sum();
    assert_eq!(
        drawn,
        30 - desk.left(),
        "what is drawn is paid, and the other way round"
    );
    assert!(
        ends.iter().any(|end| end.status.code() == Some(3)),
        "both cannot have been whole"
    );
}

#[test]
fn without_a_license_it_says_what_to_do() {
    let desk = Desk::new();
    desk.photos(1);
    for arguments in [&["photos"][..], &["photos", "--plan"], &["license"]] {
        let refused = desk.run(arguments);
        assert_eq!(refused.status, 3, "{arguments:?}");
        assert!(
            refused.stderr.contains("[code.not_found]") && refused.stderr.contains("Buy or rent"),
            "{}",
            refused.stderr
        );
    }
    assert!(!desk.path("photos/contact-sheet.png").exists());
}

#[test]
fn what_is_owned_costs_nothing() {
    let desk = Desk::with(Grant::Perpetual);
    desk.photos(2);
    assert_eq!(desk.run(&["photos", "--plan"]).stdout, "2 photos, which cost nothing\n");
    let made = desk.run(&["photos", "-o", "sheet.jpg"]);
    assert!(made.stdout.contains("1 of 2: photo-01.jpg\n"), "{}", made.stdout);
    image::open(desk.path("sheet.jpg")).unwrap();
    assert!(
        desk.run(&["license"])
            .stdout
            .starts_with("Contact Sheet is yours, for ever")
    );
}

#[test]
fn a_rental_tells_what_is_left_and_what_is_paid() {
    let desk = Desk::with(Grant::Combined {
        uses: Some(3),
        processings: Some(200),
    });
    desk.photos(1);
    let expected = "Contact Sheet is rented\n  200 photos left\n  3 starts left\n  \
        45 of 150 tokens paid: 105 tokens more make it yours\n";
    assert_eq!(desk.run(&["license"]).stdout, expected);
    assert_eq!(desk.run(&["photos"]).status, 0);
    let told = desk.run(&["license"]).stdout;
    assert!(told.contains("199 photos left\n  2 starts left"), "{told}");

    let over = Desk::until(NOW - 86_400);
    over.photos(1);
    let refused = over.run(&["photos"]);
    assert_eq!(refused.status, 3);
    assert!(refused.stderr.contains("[code.expired]"), "{}", refused.stderr);
}

#[test]
fn wrong_calls_are_no_refusals() {
    let desk = Desk::with(Grant::Perpetual);
    fs::create_dir(desk.path("empty")).unwrap();
    let status = |arguments: &[&str]| desk.run(arguments).status;
    assert_eq!(status(&[]), 2, "no terminal to ask in");
    assert_eq!(status(&["empty", "--columns", "0"]), 2);
    assert_eq!(status(&["empty"]), 1);
    assert_eq!(status(&["nowhere"]), 1);
    assert_eq!(status(&["empty", "-o", "sheet.pdf"]), 1);
    fs::remove_file(desk.issuer()).unwrap();
    let nobody = desk.run(&["license"]);
    assert_eq!(nobody.status, 1);
    assert!(nobody.stderr.contains("names no vendor"), "{}", nobody.stderr);
}
