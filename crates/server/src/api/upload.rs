//! A form with a file: fields into memory, the file onto the disk while it arrives.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use axum::extract::Multipart;
use axum::extract::multipart::Field;
use tempfile::{NamedTempFile, TempPath};

use super::desk::{Answer, Upload};
use super::error::ApiError;

/// Characters of a text field at most.
const MAX_FIELD: usize = 4096;
/// Pieces of a file that may wait for the disk.
const QUEUE: usize = 16;

/// A form that has arrived.
pub struct Form {
    fields: BTreeMap<String, String>,
    file: Option<(Upload, TempPath)>,
}

impl Form {
    /// Reads a form; its file goes into `directory` and may have `max` bytes.
    pub async fn read(mut multipart: Multipart, directory: &Path, max: u64) -> Answer<Self> {
        let mut form = Self { fields: BTreeMap::new(), file: None };
        while let Some(field) = multipart.next_field().await.map_err(broken)? {
            let name = field.name().unwrap_or_default().to_owned();
            if name == "file" {
                if form.file.is_some() {
                    return Err(ApiError::bad_request("一次只能上传一个文件。", "请分别上传。"));
                }
                form.file = Some(receive(field, directory, max).await?);
            } else {
                let value = field.text().await.map_err(broken)?;
                if value.len() > MAX_FIELD || form.fields.insert(name.clone(), value).is_some() {
                    return Err(ApiError::bad_request(format!("表单项“{name}”不正确。"), "请刷新页面后重试。"));
                }
            }
        }
        Ok(form)
    }

    /// A field that must be there; `title` is its name on the page.
    pub fn take(&mut self, name: &str, title: &str) -> Answer<String> {
        self.take_optional(name)
            .ok_or_else(|| ApiError::bad_request(format!("没有选择{title}。"), format!("请选择{title}后重试。")))
    }

    /// A field that may be there; blank is not there.
    pub fn take_optional(&mut self, name: &str) -> Option<String> {
        self.fields.remove(name).filter(|value| !value.trim().is_empty())
    }

    /// The file, once every field is taken. It is removed when the path is dropped.
    pub fn finish(self) -> Answer<(Upload, TempPath)> {
        if let Some(name) = self.fields.keys().next() {
            return Err(ApiError::bad_request(format!("不认识的表单项“{name}”。"), "请刷新页面后重试。"));
        }
        self.file.ok_or_else(|| ApiError::bad_request("没有选择文件。", "请选择要上传的文件后重试。"))
    }
}

async fn receive(mut field: Field<'_>, directory: &Path, max: u64) -> Answer<(Upload, TempPath)> {
    let sent_name = field.file_name().unwrap_or_default().replace('\\', "/");
    let file_name = sent_name.rsplit('/').next().unwrap_or_default().to_owned();
    let mut file = NamedTempFile::new_in(directory).map_err(ApiError::from_io)?;
    let (pieces, mut waiting) = tokio::sync::mpsc::channel::<axum::body::Bytes>(QUEUE);
    let writer = tokio::task::spawn_blocking(move || {
        while let Some(piece) = waiting.blocking_recv() {
            file.write_all(&piece)?;
        }
        file.flush()?;
        Ok(file.into_temp_path())
    });
    let mut bytes = 0;
    while let Some(piece) = field.chunk().await.map_err(broken)? {
        bytes += piece.len() as u64;
        if bytes > max {
            return Err(ApiError::too_large(max));
        }
        if pieces.send(piece).await.is_err() {
            break; // the writer has failed and says why below
        }
    }
    drop(pieces);
    let path = writer.await.map_err(ApiError::internal)?.map_err(ApiError::from_io)?;
    Ok((Upload { file_name, path: path.to_path_buf(), bytes }, path))
}

fn broken(cause: impl std::fmt::Display) -> ApiError {
    tracing::info!(%cause, "upload broken off");
    ApiError::bad_request("上传没有完成，文件没有收全。", "请检查网络后重新上传。")
}
