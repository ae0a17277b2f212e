//! Scratch folders, sources of bytes, archives and programs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, StreamExt};
use scrip_domain::{ArtifactKind, Coded, ErrorCode, ProductId, Version};

use crate::{Artifact, ArtifactSource, Body, Installer, Paths, Program, Request, Retry, SourceError, digest};

/// A private folder, in memory where the system has such a place: the tests sync often.
pub(crate) struct Scratch(tempfile::TempDir);

impl Scratch {
    pub(crate) fn new() -> Self {
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() {
            tempfile::tempdir_in(memory)
        } else {
            tempfile::tempdir()
        };
        Self(folder.unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn paths(&self) -> Paths {
        paths_in(self.path())
    }

    pub(crate) fn installer(&self) -> Installer {
        installer_in(self.path())
    }
}

pub(crate) fn paths_in(folder: &Path) -> Paths {
    Paths {
        state: folder.join("state"),
        prefix: folder.join("prefix"),
    }
}

pub(crate) fn installer_in(folder: &Path) -> Installer {
    let retry = Retry {
        attempts: 3,
        pause: Duration::ZERO,
        stall: Duration::from_secs(20),
    };
    Installer::new(paths_in(folder)).with_retry(retry)
}

/// A failure of a source.
#[derive(Debug, thiserror::Error)]
#[error("the server is out of reach")]
pub(crate) struct Unreachable;

impl Coded for Unreachable {
    fn code(&self) -> ErrorCode {
        ErrorCode::ServerUnreachable
    }
}

/// What one attempt of a source does.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Attempt {
    /// Everything from the offset to the end.
    Whole,
    /// So many bytes, then an error.
    Breaks(usize),
    /// So many bytes, then an end without an error.
    Ends(usize),
    /// Everything from the start, whatever the offset.
    FromStart,
    /// A refusal for good.
    Refuses,
    /// An error at once that another attempt may mend.
    Fails,
}

/// A source in memory: one attempt after the other as scripted, then whole ones.
pub(crate) struct Memory {
    pub(crate) bytes: Bytes,
    pub(crate) total: Option<u64>,
    pub(crate) script: Mutex<Vec<Attempt>>,
    /// The offsets that were asked for.
    pub(crate) opened: Mutex<Vec<u64>>,
}

impl Memory {
    pub(crate) fn new(bytes: &[u8]) -> Self {
        Self::scripted(bytes, &[])
    }

    pub(crate) fn scripted(bytes: &[u8], script: &[Attempt]) -> Self {
        let mut script = script.to_vec();
        script.reverse();
        let bytes = Bytes::copy_from_slice(bytes);
        Self {
            bytes,
            total: None,
            script: Mutex::new(script),
            opened: Mutex::default(),
        }
    }

    pub(crate) fn opened(&self) -> Vec<u64> {
        self.opened.lock().unwrap().clone()
    }
}

impl ArtifactSource for Memory {
    fn open(&self, offset: u64) -> BoxFuture<'_, Result<Body, SourceError>> {
        Box::pin(async move {
            self.opened.lock().unwrap().push(offset);
            let attempt = self.script.lock().unwrap().pop().unwrap_or(Attempt::Whole);
            let from = usize::try_from(offset).unwrap().min(self.bytes.len());
            let rest = self.bytes.slice(from..);
            let (start, bytes, breaks) = match attempt {
                Attempt::Whole => (offset, rest, false),
                Attempt::Breaks(count) => (offset, rest.slice(..count.min(rest.len())), true),
                Attempt::Ends(count) => (offset, rest.slice(..count.min(rest.len())), false),
                Attempt::FromStart => (0, self.bytes.clone(), false),
                Attempt::Refuses => return Err(SourceError::fatal(Unreachable)),
                Attempt::Fails => return Err(SourceError::transient(Unreachable)),
            };
            let chunks: Vec<_> = (0..bytes.len())
                .step_by(7000)
                .map(|at| bytes.slice(at..bytes.len().min(at + 7000)))
                .collect();
            let end = stream::iter(breaks.then(|| Err(SourceError::transient(Unreachable))));
            let stream = stream::iter(chunks.into_iter().map(Ok)).chain(end);
            Ok(Body {
                start,
                total: self.total,
                stream: stream.boxed(),
            })
        })
    }
}

/// Bytes that look random and repeat.
pub(crate) fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    (0..length.div_ceil(8)).flat_map(|_| next()).take(length).collect()
}

pub(crate) fn artifact(kind: ArtifactKind, name: &str, version: &str, bytes: &[u8]) -> Artifact {
    let (size, sha256) = (bytes.len() as u64, digest::sha256(bytes));
    Artifact {
        file_name: name.to_owned(),
        size,
        sha256,
        kind,
        version: Version::new(version),
    }
}

pub(crate) fn product() -> ProductId {
    "org.example.Painter".parse().unwrap()
}

pub(crate) fn request(artifact: Artifact, bytes: &[u8]) -> Request {
    Request {
        program: Program::new(product(), "Painter"),
        artifact,
        source: Arc::new(Memory::new(bytes)),
    }
}

/// The head of an AppImage for this processor, then `body`.
pub(crate) fn appimage(body: &[u8]) -> Vec<u8> {
    let machine: u16 = if cfg!(target_arch = "aarch64") { 183 } else { 62 };
    let mut bytes = b"\x7fELF\x02\x01\x01\x00AI\x02\x00\x00\x00\x00\x00\x02\x00".to_vec();
    bytes.extend(machine.to_le_bytes());
    bytes.extend(body);
    bytes
}

/// A tar archive in the making, of entries that the library's own builder would refuse.
#[derive(Default)]
pub(crate) struct Tarball(Vec<u8>);

impl Tarball {
    pub(crate) fn entry(mut self, kind: tar::EntryType, path: &str, link: &str, mode: u32, data: &[u8]) -> Self {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_size(data.len() as u64);
        let fields = header.as_gnu_mut().unwrap();
        fields.name[..path.len()].copy_from_slice(path.as_bytes());
        fields.linkname[..link.len()].copy_from_slice(link.as_bytes());
        header.set_cksum();
        self.0.extend(header.as_bytes());
        self.0.extend(data);
        self.0.resize(self.0.len().next_multiple_of(512), 0);
        self
    }

    pub(crate) fn file(self, path: &str, mode: u32, data: &[u8]) -> Self {
        self.entry(tar::EntryType::Regular, path, "", mode, data)
    }

    pub(crate) fn folder(self, path: &str) -> Self {
        self.entry(tar::EntryType::Directory, path, "", 0o755, b"")
    }

    pub(crate) fn link(self, path: &str, target: &str) -> Self {
        self.entry(tar::EntryType::Symlink, path, target, 0o777, b"")
    }

    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.0.resize(self.0.len() + 1024, 0);
        self.0
    }
}

/// Every file and link below `folder` with its content or target; empty folders are left out.
pub(crate) fn listing(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        let Ok(entries) = std::fs::read_dir(&next) else {
            continue;
        };
        for entry in entries {
            let path = entry.unwrap().path();
            let metadata = path.symlink_metadata().unwrap();
            if metadata.is_dir() {
                open.push(path);
                continue;
            }
            let content = if metadata.is_symlink() {
                format!("-> {}", std::fs::read_link(&path).unwrap().display())
            } else {
                digest::sha256(&std::fs::read(&path).unwrap()).to_string()
            };
            found.insert(path.strip_prefix(folder).unwrap().to_owned(), content);
        }
    }
    found
}
