//! Reading compressed archives with every size bounded.

use std::io::{self, BufRead, Read};

/// What a decoder may use to remember what it has seen (xz and zstd ask for it in their headers).
const WINDOW_BYTES_MAX: u64 = 256 * 1024 * 1024;
const ZSTD_WINDOW_LOG_MAX: u32 = 27;

/// A stream, decompressed as its first bytes ask, that fails after `limit` bytes.
pub(crate) fn decompress<'a>(
    mut stream: impl BufRead + Send + 'a,
    limit: u64,
) -> io::Result<Bounded<Box<dyn Read + Send + 'a>>> {
    let head = stream.fill_buf()?;
    let inner: Box<dyn Read + Send> = if head.starts_with(&[0x1f, 0x8b]) {
        Box::new(flate2::bufread::MultiGzDecoder::new(stream))
    } else if head.starts_with(b"\xfd7zXZ\0") {
        let decoder = liblzma::stream::Stream::new_stream_decoder(WINDOW_BYTES_MAX, liblzma::stream::CONCATENATED);
        Box::new(liblzma::bufread::XzDecoder::new_stream(
            stream,
            decoder.map_err(io::Error::other)?,
        ))
    } else if head.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        let mut decoder = zstd::stream::read::Decoder::with_buffer(stream)?;
        decoder.window_log_max(ZSTD_WINDOW_LOG_MAX)?;
        Box::new(decoder)
    } else {
        Box::new(stream)
    };
    Ok(Bounded { inner, left: limit })
}

/// A reader that fails when it has given its share: a decompression bomb ends here.
pub(crate) struct Bounded<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.left = self
            .left
            .checked_sub(count as u64)
            .ok_or_else(|| io::Error::other("it unpacks to far more than its size allows"))?;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn every_compression_is_recognised_and_a_bomb_is_stopped() {
        let plain = vec![b'a'; 300_000];
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        gz.write_all(&plain).unwrap();
        let mut xz = liblzma::write::XzEncoder::new(Vec::new(), 6);
        xz.write_all(&plain).unwrap();
        let zst = zstd::encode_all(plain.as_slice(), 3).unwrap();
        for packed in [plain.clone(), gz.finish().unwrap(), xz.finish().unwrap(), zst] {
            let mut out = Vec::new();
            decompress(packed.as_slice(), 300_000)
                .unwrap()
                .read_to_end(&mut out)
                .unwrap();
            assert!(out == plain);
            let mut out = Vec::new();
            let bomb = decompress(packed.as_slice(), 299_999).unwrap().read_to_end(&mut out);
            assert!(bomb.unwrap_err().to_string().contains("far more"));
            assert!(out.len() < 300_000);
        }
    }
}
