//! The file storage: installers and icons, named by their SHA-256 digest.

use std::path::Path;

use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, TryStreamExt as _};
use object_store::local::LocalFileSystem;
use object_store::{GetOptions, GetRange, ObjectStore, ObjectStoreExt as _, PutPayload, WriteMultipart};
use scrip_domain::{Sha256, Timestamp};
use sha2::Digest as _;
use tokio::io::AsyncReadExt as _;

use crate::Error;

/// The pieces in which a file is read to be published.
const CHUNK_BYTES: usize = 1 << 20;
/// Documents that are looked at together.
const SWEPT_AT_ONCE: usize = 200;
/// How old a document without an order must be to be removed, in seconds: a day.
const DOCUMENT_SECONDS_MIN: i64 = 86_400;

/// What a file is for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Artifact,
    Icon,
    /// What a customer hands in with an order.
    Document,
}

pub(crate) struct Files {
    store: Box<dyn ObjectStore>,
}

/// A part of a file, as a stream.
pub(crate) struct Part {
    pub(crate) bytes: BoxStream<'static, Result<Bytes, object_store::Error>>,
}

impl Files {
    pub(crate) fn open(data: &Path) -> Result<Self, Error> {
        let folder = data.join("files");
        let io = |source| Error::Io {
            operation: "create the file storage",
            path: folder.clone(),
            source,
        };
        crate::config::create_private_folder(&folder).map_err(io)?;
        let store = LocalFileSystem::new_with_prefix(&folder).map_err(|source| storage("open a folder", source))?;
        Ok(Self { store: Box::new(store) })
    }

    /// Stores the file at `path` under its digest; answers digest and size. Never holds it in memory whole.
    pub(crate) async fn put_file(&self, path: &Path) -> Result<(Sha256, u64), Error> {
        let io = |source| Error::Io {
            operation: "read",
            path: path.to_owned(),
            source,
        };
        let (sha256, size) = digest_of(path).await.map_err(io)?;
        let name = location(Kind::Artifact, &sha256);
        let upload = self
            .store
            .put_multipart(&name)
            .await
            .map_err(|source| storage("write a file", source))?;
        let mut upload = WriteMultipart::new(upload);
        let mut file = tokio::fs::File::open(path).await.map_err(io)?;
        let mut hasher = sha2::Sha256::new();
        let mut chunk = vec![0; CHUNK_BYTES];
        loop {
            let read = file.read(&mut chunk).await.map_err(io)?;
            if read == 0 {
                break;
            }
            hasher.update(&chunk[..read]);
            upload
                .wait_for_capacity(4)
                .await
                .map_err(|source| storage("write a file", source))?;
            upload.write(&chunk[..read]);
        }
        if hasher.finalize().as_slice() != sha256.0 {
            upload.abort().await.map_err(|source| storage("drop a file", source))?;
            let why = "it changed while it was read".to_owned();
            return Err(Error::Unpublishable {
                path: path.to_owned(),
                why,
            });
        }
        upload
            .finish()
            .await
            .map_err(|source| storage("write a file", source))?;
        Ok((sha256, size))
    }

    /// Stores a small file; answers its digest.
    pub(crate) async fn put_icon(&self, bytes: Vec<u8>) -> Result<Sha256, Error> {
        let sha256 = Sha256(sha2::Sha256::digest(&bytes).into());
        let name = location(Kind::Icon, &sha256);
        if self.store.head(&name).await.is_err() {
            self.store
                .put(&name, PutPayload::from(bytes))
                .await
                .map_err(|source| storage("write an icon", source))?;
        }
        Ok(sha256)
    }

    /// The bytes `range` of a file (all of it where none is given), streamed.
    pub(crate) async fn get(
        &self,
        kind: Kind,
        sha256: &Sha256,
        range: Option<std::ops::Range<u64>>,
    ) -> Result<Part, Error> {
        let options = GetOptions {
            range: range.map(GetRange::Bounded),
            ..GetOptions::default()
        };
        match self.store.get_opts(&location(kind, sha256), options).await {
            Ok(found) => Ok(Part {
                bytes: found.into_stream().boxed(),
            }),
            Err(object_store::Error::NotFound { .. }) => Err(Error::ArtifactNotFound { sha256: *sha256 }),
            Err(source) => Err(storage("read a file", source)),
        }
    }

    /// Stores a document; answers its digest.
    pub(crate) async fn put_document(&self, bytes: Bytes) -> Result<Sha256, Error> {
        let sha256 = Sha256(sha2::Sha256::digest(&bytes).into());
        let name = location(Kind::Document, &sha256);
        self.store
            .put(&name, PutPayload::from(bytes))
            .await
            .map_err(|source| storage("write a document", source))?;
        Ok(sha256)
    }

    /// A document, whole.
    pub(crate) async fn get_document(&self, sha256: &Sha256) -> Result<Bytes, Error> {
        let part = self.get(Kind::Document, sha256, None).await?;
        let chunks: Vec<Bytes> = part
            .bytes
            .try_collect()
            .await
            .map_err(|source| storage("read a document", source))?;
        Ok(chunks.concat().into())
    }

    /// Removes documents that no order has, for instance of a person who was erased. One that was just handed in may have no
    /// order yet and is left alone until it is a day old. Answers how many went; grows with the documents that there are.
    pub(crate) async fn sweep_documents(&self, orders: &scrip_store::Store, now: Timestamp) -> Result<usize, Error> {
        let folder = object_store::path::Path::from("documents");
        let mut pages = self.store.list(Some(&folder)).chunks(SWEPT_AT_ONCE);
        let (mut gone, old) = (0, now.plus_seconds(-DOCUMENT_SECONDS_MIN).seconds());
        while let Some(page) = pages.next().await {
            let mut digests = Vec::with_capacity(page.len());
            for found in page {
                let found = found.map_err(|source| storage("list documents", source))?;
                let name = found.location.filename().unwrap_or_default();
                if found.last_modified.timestamp() < old
                    && let Ok(digest) = name.parse::<Sha256>()
                {
                    digests.push(digest);
                }
            }
            for digest in orders.unused_documents(&digests).await? {
                let name = location(Kind::Document, &digest);
                match self.store.delete(&name).await {
                    // Another server was faster.
                    Err(object_store::Error::NotFound { .. }) | Ok(()) => gone += 1,
                    Err(source) => return Err(storage("remove a document", source)),
                }
            }
        }
        Ok(gone)
    }

    /// A small file, whole.
    pub(crate) async fn get_icon(&self, sha256: &Sha256) -> Result<Bytes, Error> {
        let part = self.get(Kind::Icon, sha256, None).await?;
        let chunks: Vec<Bytes> = part
            .bytes
            .try_collect()
            .await
            .map_err(|source| storage("read an icon", source))?;
        Ok(chunks.concat().into())
    }
}

/// The digest and size of a file, read in pieces.
async fn digest_of(path: &Path) -> std::io::Result<(Sha256, u64)> {
    let mut file = tokio::fs::File::open(path).await?;
    let mut hasher = sha2::Sha256::new();
    let (mut chunk, mut size) = (vec![0; CHUNK_BYTES], 0);
    loop {
        let read = file.read(&mut chunk).await?;
        if read == 0 {
            return Ok((Sha256(hasher.finalize().into()), size));
        }
        hasher.update(&chunk[..read]);
        size += read as u64;
    }
}

fn location(kind: Kind, sha256: &Sha256) -> object_store::path::Path {
    let folder = match kind {
        Kind::Artifact => "artifacts",
        Kind::Icon => "icons",
        Kind::Document => "documents",
    };
    object_store::path::Path::from(format!("{folder}/{sha256}"))
}

fn storage(operation: &'static str, source: object_store::Error) -> Error {
    Error::Storage { operation, source }
}
