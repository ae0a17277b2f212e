//! From a folder to a sheet: planned, paid for photo by photo, drawn.

use std::io::Write;
use std::path::{Path, PathBuf};

use image::ImageFormat;
use scrip_sdk::{Authorization, Refusal, Scrip};

use crate::failure::Failure;
use crate::license;
use crate::photos::{self, Found};
use crate::sheet::{PHOTO_HEIGHT, PHOTO_WIDTH, Sheet};

/// What a person asked for.
#[derive(Debug)]
pub(crate) struct Job {
    folder: PathBuf,
    output: PathBuf,
    format: ImageFormat,
    columns: u32,
    title: String,
}

impl Job {
    /// The sheet of `folder`; what is not said has the usual value.
    pub(crate) fn new(
        folder: PathBuf,
        output: Option<PathBuf>,
        columns: u32,
        title: Option<String>,
    ) -> Result<Self, Failure> {
        let output = output.unwrap_or_else(|| folder.join("contact-sheet.png"));
        let Ok(format @ (ImageFormat::Png | ImageFormat::Jpeg)) = ImageFormat::from_path(&output) else {
            return Err(Failure::OutputName(output));
        };
        let name = || {
            let whole = std::path::absolute(&folder).unwrap_or_else(|_| folder.clone());
            whole.file_name().unwrap_or_default().to_string_lossy().into_owned()
        };
        let title = title.unwrap_or_else(name);
        Ok(Self {
            folder,
            output,
            format,
            columns,
            title,
        })
    }
}

/// What a sheet would cost, and what is left.
#[derive(Debug)]
pub(crate) struct Plan {
    found: Found,
    answer: Authorization,
}

/// Finds the photos and asks the license; takes nothing.
pub(crate) fn plan(scrip: &Scrip, job: &Job) -> Result<Plan, Failure> {
    let found = photos::find(&job.folder, &job.output)?;
    let answer = scrip.authorize()?;
    Ok(Plan { found, answer })
}

impl Plan {
    fn cost(&self) -> u64 {
        self.found.photos.len() as u64
    }

    /// The plan as a person reads it.
    pub(crate) fn words(&self) -> String {
        let count = license::photos(self.cost());
        let cost = match self.answer.remaining.processings {
            Some(left) => format!("{count}: {} of {left} processings", self.cost()),
            None => format!("{count}, which cost nothing"),
        };
        let unreadable = self.found.unreadable.iter();
        let unreadable = unreadable.map(|(path, why)| format!("\n  {} is left out: {why}", path.display()));
        format!("{cost}{}", unreadable.collect::<String>())
    }

    /// Refuses what would run out in the middle: a sheet is made whole, or not begun.
    pub(crate) fn require_enough(&self) -> Result<(), Failure> {
        match self.answer.remaining.processings {
            Some(left) if left < self.cost() => Err(Failure::Refused(Refusal::Exhausted {
                product: self.answer.product.clone(),
                what: "processings",
                asked: self.cost(),
                left,
            })),
            _ => Ok(()),
        }
    }
}

/// Makes the sheet, and says what it does to `out`.
pub(crate) fn perform(scrip: &Scrip, job: &Job, plan: &Plan, out: &mut impl Write) -> Result<(), Failure> {
    plan.require_enough()?;
    // Once for each start, so that a license which counts starts counts this one.
    let answer = scrip.use_once()?;
    for warning in &answer.warnings {
        writeln!(out, "note: {warning}").map_err(Failure::Output)?;
    }
    for (path, why) in &plan.found.unreadable {
        writeln!(out, "{} is left out: {why}", path.display()).map_err(Failure::Output)?;
    }
    let count = u32::try_from(plan.found.photos.len()).unwrap_or(u32::MAX);
    let mut sheet = Sheet::new(count, job.columns, &job.title);
    let drawn = draw(scrip, &plan.found.photos, &mut sheet, out);
    // Refused in the middle, where another start took the last ones: what is paid for is not lost.
    let placed = sheet.placed();
    if placed > 0 {
        sheet.write(&job.output, job.format)?;
        let count = license::photos(placed.into());
        writeln!(out, "{} with {count}", job.output.display()).map_err(Failure::Output)?;
    }
    drawn
}

fn draw(scrip: &Scrip, photos: &[PathBuf], sheet: &mut Sheet, out: &mut impl Write) -> Result<(), Failure> {
    for (index, path) in photos.iter().enumerate() {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        // Read before it is paid: a broken photo costs nothing.
        let photo = match photos::read(path, PHOTO_WIDTH, PHOTO_HEIGHT) {
            Ok(photo) => photo,
            Err(why) => {
                writeln!(out, "{name} is left out: {why}").map_err(Failure::Output)?;
                continue;
            }
        };
        // Paid before it is drawn: nobody gets the work for nothing.
        let left = scrip.consume(1)?.remaining.processings;
        sheet.place(&photo, &caption(path));
        let left = left.map_or_else(String::new, |left| format!(", {left} left"));
        writeln!(out, "{} of {}: {name}{left}", index + 1, photos.len()).map_err(Failure::Output)?;
    }
    Ok(())
}

fn caption(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}
