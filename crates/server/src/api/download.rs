//! Files on their way out, in pieces.

use std::fs::File;
use std::io::Read;

use axum::body::{Body, Bytes};
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tempfile::TempPath;

use super::desk::{Answer, Content, Download};
use super::error::ApiError;

const PIECE: usize = 256 * 1024;
const FILE_NAME: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'-').remove(b'_');

/// Answers with a file for the browser to store.
pub async fn respond(file: Download) -> Answer<Response> {
    let (body, length) = match file.content {
        Content::Bytes(bytes) => {
            let length = bytes.len() as u64;
            (Body::from(bytes), length)
        }
        Content::Kept(path) => pieces(File::open(path).map_err(ApiError::from_io)?, None)?,
        Content::Temporary(path) => pieces(File::open(&path).map_err(ApiError::from_io)?, Some(path))?,
    };
    let name = utf8_percent_encode(&file.file_name, FILE_NAME);
    let headers = [
        (CONTENT_TYPE, file.media_type.to_owned()),
        (CONTENT_LENGTH, length.to_string()),
        (CONTENT_DISPOSITION, format!("attachment; filename*=UTF-8''{name}")),
        (CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, body).into_response())
}

/// A body that reads a file piece by piece; a temporary one is removed after the last.
fn pieces(file: File, temporary: Option<TempPath>) -> Answer<(Body, u64)> {
    let length = file.metadata().map_err(ApiError::from_io)?.len();
    let pieces = stream::unfold(Some((file, temporary)), |state| async {
        let (mut file, temporary) = state?;
        let read = tokio::task::spawn_blocking(move || {
            let mut piece = Vec::with_capacity(PIECE);
            let read = file.by_ref().take(PIECE as u64).read_to_end(&mut piece);
            (read.map(|_| piece), file)
        });
        match read.await {
            Ok((Ok(piece), _)) if piece.is_empty() => None,
            Ok((Ok(piece), file)) => Some((Ok(Bytes::from(piece)), Some((file, temporary)))),
            Ok((Err(cause), _)) => Some((Err(cause), None)),
            Err(cause) => Some((Err(std::io::Error::other(cause)), None)),
        }
    });
    // Compression asks once more after the end.
    Ok((Body::from_stream(pieces.fuse()), length))
}
