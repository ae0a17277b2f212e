use super::*;

fn entry(id: &str, name: &str, summary: &str, keywords: &[&str], categories: &[&str]) -> CatalogEntry {
    CatalogEntry {
        policy: scrip_domain::Policy::default(),
        id: id.parse().unwrap(),
        name: name.to_owned(),
        summary: summary.to_owned(),
        developer: String::new(),
        categories: categories.iter().map(|&text| text.to_owned()).collect(),
        keywords: keywords.iter().map(|&text| text.to_owned()).collect(),
        icon: None,
        offers: scrip_domain::Offers::default(),
        latest_version: None,
        detection: Vec::new(),
        artifacts: Vec::new(),
        revision: 1,
    }
}

fn catalog() -> Index {
    Index::build(vec![
        entry(
            "org.kde.krita",
            "Krita",
            "Digital painting",
            &["paint", "draw"],
            &["Graphics"],
        ),
        entry(
            "org.gimp.GIMP",
            "GNU Image Manipulation Program",
            "Create images and edit photographs",
            &["photo"],
            &["Graphics"],
        ),
        entry(
            "org.gnome.Calculator",
            "Calculator",
            "Perform arithmetic",
            &["math"],
            &["Utility"],
        ),
        entry("org.kde.kalk", "Kalk", "A calculator", &[], &["Utility"]),
        entry(
            "org.kde.kcalc",
            "KCalc",
            "Scientific calculator",
            &["calculation"],
            &["Utility"],
        ),
        entry(
            "calc.plus",
            "Calculator Plus",
            "Perform more arithmetic",
            &[],
            &["Utility", "Education"],
        ),
        entry(
            "org.libreoffice.writer",
            "LibreOffice Writer",
            "Word processor",
            &[],
            &["Office"],
        ),
        entry(
            "tuxpaint",
            "Tux Paint",
            "A drawing program for children",
            &[],
            &["Education", "Graphics"],
        ),
        entry("org.cafe", "Café", "Order coffee", &[], &[]),
    ])
}

fn ids<'i>(index: &'i Index, words: &str) -> Vec<&'i str> {
    index
        .search(words, 20)
        .items
        .iter()
        .map(|entry| entry.id.as_str())
        .collect()
}

#[test]
fn a_name_comes_before_its_prefix_before_words_before_keywords_before_summaries() {
    let index = catalog();
    assert_eq!(
        ids(&index, "calculator"),
        ["org.gnome.Calculator", "calc.plus", "org.kde.kalk", "org.kde.kcalc"]
    );
    assert_eq!(ids(&index, "paint"), ["tuxpaint", "org.kde.krita"]);
}

#[test]
fn every_word_may_be_unfinished_and_all_must_be_there() {
    let index = catalog();
    assert_eq!(ids(&index, "libre wri"), ["org.libreoffice.writer"]);
    assert_eq!(ids(&index, "office"), ["org.libreoffice.writer"]);
    assert_eq!(ids(&index, "tux pa"), ["tuxpaint"]);
    assert_eq!(ids(&index, "gimp"), ["org.gimp.GIMP"]);
    assert_eq!(ids(&index, "tux krita"), [""; 0]);
    assert_eq!(ids(&index, "krita tux"), [""; 0]);
    assert_eq!(ids(&index, "cafe"), ["org.cafe"]);
    assert_eq!(ids(&index, "CAFÉ"), ["org.cafe"]);
}

#[test]
fn one_typo_is_forgiven_in_longer_words() {
    let index = catalog();
    for typed in ["krta", "kirta", "kritta", "kryta", "rkita", "krit"] {
        assert_eq!(ids(&index, typed).first(), Some(&"org.kde.krita"), "{typed}");
    }
    assert_eq!(ids(&index, "calculatr").first(), Some(&"org.gnome.Calculator"));
    assert_eq!(ids(&index, "kxitx"), [""; 0]);
    assert_eq!(ids(&index, "krt"), [""; 0], "three letters are taken as typed");
}

#[test]
fn nothing_typed_lists_everything_by_name() {
    let index = catalog();
    let hits = index.search("  ", 3);
    assert_eq!(hits.total, 9);
    assert_eq!(
        hits.items.iter().map(|entry| entry.name.as_str()).collect::<Vec<_>>(),
        ["Café", "Calculator", "Calculator Plus"]
    );
    assert_eq!(index.search("!?", 3).total, 0);
}

#[test]
fn categories_are_counted_over_all_results_and_narrow_them() {
    let index = catalog();
    let selection = Selection {
        category: Some("Education"),
        offset: 0,
        limit: 10,
    };
    let hits = index.search_where("", selection, |_| true);
    assert_eq!(
        hits.items.iter().map(|entry| entry.id.as_str()).collect::<Vec<_>>(),
        ["calc.plus", "tuxpaint"]
    );
    let counts: Vec<_> = hits
        .categories
        .iter()
        .map(|category| (category.id.as_str(), category.products))
        .collect();
    assert_eq!(
        counts,
        [("Education", 2), ("Graphics", 3), ("Office", 1), ("Utility", 4)]
    );
    assert_eq!(
        index
            .search_where(
                "",
                Selection {
                    category: Some("None"),
                    ..selection
                },
                |_| true
            )
            .total,
        0
    );
}

#[test]
fn parts_of_the_results_join_to_the_whole() {
    let index = catalog();
    let all = ids(&index, "");
    let mut joined = Vec::new();
    for offset in (0..12).step_by(2) {
        let selection = Selection {
            category: None,
            offset,
            limit: 2,
        };
        joined.extend(
            index
                .search_where("", selection, |_| true)
                .items
                .iter()
                .map(|entry| entry.id.as_str()),
        );
    }
    assert_eq!(joined, all);
    let kept = index.search_where(
        "",
        Selection {
            limit: 20,
            ..Selection::default()
        },
        |entry| entry.name.starts_with('K'),
    );
    assert_eq!(kept.total, 3);
}

#[test]
fn the_last_entry_of_an_id_counts() {
    let index = Index::build(vec![entry("a", "Old", "", &[], &[]), entry("a", "New", "", &[], &[])]);
    assert_eq!(index.len(), 1);
    assert_eq!(index.get(&"a".parse().unwrap()).unwrap().name, "New");
    assert!(Index::default().search("x", 5).items.is_empty());
}

proptest::proptest! {
    #[test]
    fn anything_may_be_typed(words in "\\PC{0,40}", limit in 0_usize..30) {
        let index = catalog();
        let hits = index.search(&words, limit);
        proptest::prop_assert!(hits.items.len() <= limit && hits.items.len() <= hits.total);
    }
}
