//! Files that a person names: texts, pictures of texts, and what is written for them.

use std::io::Read;
use std::path::{Path, PathBuf};

use scrip_app::contract::QrPicture;
use scrip_app::{App, Failure};

/// The most that is read of one file, in bytes: a photograph, or the longest request.
const MAX_BYTES: u64 = 16 << 20;

/// The text of the files: one text file, or one or more pictures. `-` reads standard input.
pub(crate) fn read_text(app: &App, paths: &[PathBuf]) -> Result<String, Failure> {
    let mut files = Vec::with_capacity(paths.len());
    for path in paths {
        files.push(read(path)?);
    }
    if files.iter().all(|file| is_picture(file)) && !files.is_empty() {
        return Ok(app.scan_files(&files)?.text);
    }
    let mut text = String::new();
    for (file, path) in files.into_iter().zip(paths) {
        let part =
            String::from_utf8(file).map_err(|_| unusable(path, "it is neither text nor a PNG or JPEG picture"))?;
        text.push_str(&part);
        text.push('\n');
    }
    Ok(text)
}

/// Writes a file for the person, replacing what is there.
pub(crate) fn write_bytes(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    std::fs::write(path, bytes).map_err(|error| unusable(path, &error.to_string()))
}

/// Writes a text for the person, replacing what is there.
pub(crate) fn write_text(path: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text).map_err(|error| unusable(path, &error.to_string()))
}

/// Writes pictures as PNG: one under the name itself, several with their number before the ending. Answers the names.
pub(crate) fn write_pictures(path: &Path, pictures: &[QrPicture]) -> Result<Vec<String>, Failure> {
    let mut names = Vec::with_capacity(pictures.len());
    for picture in pictures {
        let name = if pictures.len() == 1 {
            path.to_owned()
        } else {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy();
            path.with_file_name(format!("{stem}-{}-of-{}.png", picture.part, picture.parts))
        };
        std::fs::write(&name, picture.png_bytes()?).map_err(|error| unusable(&name, &error.to_string()))?;
        names.push(name.to_string_lossy().into_owned());
    }
    Ok(names)
}

/// The bytes of a file, 16 MiB at most. `-` reads standard input.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let outcome = if path == Path::new("-") {
        std::io::stdin().take(MAX_BYTES + 1).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes))
    };
    outcome.map_err(|error| unusable(path, &error.to_string()))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(unusable(path, "it is larger than 16 MiB"));
    }
    Ok(bytes)
}

/// Whether the bytes begin as PNG or JPEG files do.
fn is_picture(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x89PNG") || bytes.starts_with(&[0xff, 0xd8, 0xff])
}

fn unusable(path: &Path, why: &str) -> Failure {
    Failure {
        code: "state.io".to_owned(),
        message: format!("{} cannot be used: {why}", path.display()),
        hints: vec!["Check the file's name and its permissions.".to_owned()],
        quote: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_pictures_are_numbered_and_one_is_not() {
        let home = tempfile::tempdir().unwrap();
        let picture = |part, parts| QrPicture {
            part,
            parts,
            text: "x".to_owned(),
            svg: String::new(),
            png: "iVBORw==".to_owned(),
        };
        let path = home.path().join("code.png");
        let names = write_pictures(&path, &[picture(1, 1)]).unwrap();
        assert_eq!(names, [path.to_string_lossy()]);
        assert!(is_picture(&std::fs::read(&path).unwrap()));
        let names = write_pictures(&path, &[picture(1, 2), picture(2, 2)]).unwrap();
        assert!(names[1].ends_with("code-2-of-2.png"), "{names:?}");
        let failure = read(&home.path().join("absent")).unwrap_err();
        assert!(failure.message.contains("absent"), "{failure:?}");
    }
}
