use std::path::{Path, PathBuf};
use std::process::Command;

/// A real package of the distribution, as a file.
pub struct Package {
    /// Its name.
    pub name: String,
    /// The downloaded `.deb`.
    pub file: PathBuf,
}

/// Small packages with one program of the same name and nothing else that they need.
const SMALL: [&str; 5] = ["hello", "sl", "figlet", "toilet", "cmatrix"];

/// Downloads a real package that is not installed here.
pub fn absent_package(folder: &Path) -> Package {
    let name = SMALL
        .into_iter()
        .find(|name| !is_installed(name))
        .expect("one of the small packages is absent");
    download(name, folder)
}

/// Downloads a real package that was installed here by other means.
pub fn present_package(folder: &Path) -> Package {
    assert!(is_installed("grep"), "every Debian system has grep");
    download("grep", folder)
}

/// Whether the system's package manager has the package installed.
pub fn is_installed(name: &str) -> bool {
    let asked = Command::new("dpkg-query")
        .args(["-W", "-f", "${db:Status-Status}", name])
        .output();
    asked.is_ok_and(|answer| answer.stdout == b"installed")
}

fn download(name: &str, folder: &Path) -> Package {
    let into = folder.join(name);
    std::fs::create_dir_all(&into).expect("a folder");
    let run = Command::new("apt-get")
        .args(["download", "-qq", name])
        .current_dir(&into)
        .output()
        .expect("apt-get");
    assert!(
        run.status.success(),
        "apt-get download {name}: {}",
        String::from_utf8_lossy(&run.stderr)
    );
    let mut files = std::fs::read_dir(&into).expect("the folder");
    let file = files.next().and_then(Result::ok).expect("a downloaded file").path();
    Package {
        name: name.to_owned(),
        file,
    }
}
