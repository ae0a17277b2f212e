//! Reads catalogs and says what is in them: `cargo run --release -p scrip-appstream --example read -- PATH…`

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use scrip_appstream::{Icons, find_catalogs, find_icons, read_path};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for path in std::env::args().skip(1) {
        for catalog in find_catalogs(Path::new(&path))? {
            let began = Instant::now();
            let catalog = read_path(&catalog)?;
            println!("{}: {}, {:?}", catalog.path.display(), catalog.origin, began.elapsed());
            let mut kinds = BTreeMap::<String, usize>::new();
            for component in &catalog.components {
                *kinds.entry(format!("{:?}", component.kind)).or_default() += 1;
            }
            let with = |has: fn(&scrip_appstream::Component) -> bool| {
                catalog.components.iter().filter(|component| has(component)).count()
            };
            println!("  {} components: {kinds:?}", catalog.components.len());
            println!("  with a description {}", with(|c| !c.description.is_empty()));
            println!("  with a developer   {}", with(|c| c.developer.is_some()));
            println!("  with screenshots   {}", with(|c| !c.screenshots.is_empty()));
            println!("  with releases      {}", with(|c| !c.releases.is_empty()));
            println!("  with a rule        {}", with(|c| !c.detection_rules().is_empty()));
            for icons in find_icons(&catalog.path) {
                let began = Instant::now();
                let source = Icons::open(&icons, &catalog.origin)?;
                let mut found = 0;
                for component in &catalog.components {
                    found += usize::from(source.find(component, 128)?.is_some());
                }
                println!("  {found} icons in {}, {:?}", icons.display(), began.elapsed());
            }
            for problem in &catalog.problems {
                println!("  {problem}");
            }
        }
    }
    Ok(())
}
