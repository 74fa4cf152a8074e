//! Refusals: one numbered message with what happened and what to do, in plain Chinese.
//!
//! The inside of a failure is logged and never sent.

use std::fmt::Display;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use yizheng_pack::kind::Retired;

use super::dto::{Disappearing, Problem};

/// A refusal on its way to the client.
#[derive(Debug, Clone)]
pub struct ApiError {
    status: StatusCode,
    problem: Box<Problem>,
}

impl ApiError {
    fn new(status: StatusCode, message: impl Into<String>, help: impl Into<String>) -> Self {
        let problem = Problem {
            code: format!("E{:04}", status.as_u16()),
            message: message.into(),
            help: help.into(),
            disappearing: None,
        };
        Self { status, problem: Box::new(problem) }
    }

    /// E0400: the request itself is wrong.
    pub fn bad_request(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message, help)
    }

    /// E0400: a table has no such column.
    pub fn unknown_column(column: &str) -> Self {
        Self::bad_request(format!("表中没有“{column}”这一列。"), "请从列设置中选择表中已有的列。")
    }

    /// E0403: the caller's scope does not reach there.
    pub fn out_of_scope(what: impl Display) -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            format!("您没有查看{what}的权限。"),
            "如工作需要，请联系平台管理员调整权限范围。",
        )
    }

    /// E0403: the request came from a page of another site.
    pub fn foreign_origin() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "该操作不是从本平台页面发起的，已拒绝。",
            "请在本平台页面内操作。",
        )
    }

    /// E0404: there is no such thing; `what` is like `指标“EFF99”`.
    pub fn not_found(what: impl Display) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("没有找到{what}。"), "请检查链接是否完整，或返回列表重新选择。")
    }

    /// E0404: it has ended; since when, and what there is instead.
    pub fn retired(retired: &Retired) -> Self {
        let meta = &retired.meta;
        let help = match &retired.successor {
            Some(id) => format!("请改看“{id}”。"),
            None => "停用前的数字见当时的通报和导出文件。".to_owned(),
        };
        let message = format!("{}“{}”（{}）{}。", retired.kind.in_chinese(), meta.id, meta.name, retired.in_words());
        Self::new(StatusCode::NOT_FOUND, message, help)
    }

    /// E0409: a full replacement would remove rows; the user must see them and confirm.
    pub fn disappearing(rows: Disappearing) -> Self {
        let mut error = Self::new(
            StatusCode::CONFLICT,
            format!("与已报送的版本相比，有 {} 条记录将不再存在。", rows.count),
            "请核对下列记录：确认应当删除的，勾选确认后再次报送；只想补充或修改部分记录的，请改用“增补”方式。",
        );
        error.problem.disappearing = Some(rows);
        error
    }

    /// E0410: a dry run's findings are no longer kept.
    pub fn expired() -> Self {
        Self::new(StatusCode::GONE, "这次预检的结果已过期。", "请重新上传文件预检。")
    }

    /// E0413: a file is larger than the limit in bytes.
    pub fn too_large(limit: u64) -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("文件超过 {} MB 的上限。", limit / 1_000_000),
            "请按月分别导出后报送，或使用命令行 yizheng submit。",
        )
    }

    /// E0422: understood, but it cannot be done.
    pub fn refused(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, message, help)
    }

    /// E0500: our own failure. The cause goes to the log only.
    pub fn internal(cause: impl Display) -> Self {
        tracing::error!(%cause, "request failed");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "平台内部出错，本次操作没有生效。",
            "请稍后重试；仍然出错的，请把发生的时间告知平台管理员，以便查阅日志。",
        )
    }

    /// E0507 when the disk is full, otherwise E0500.
    pub fn from_io(cause: std::io::Error) -> Self {
        if cause.kind() != std::io::ErrorKind::StorageFull {
            return Self::internal(cause);
        }
        tracing::error!(%cause, "disk full");
        Self::new(
            StatusCode::INSUFFICIENT_STORAGE,
            "服务器磁盘空间不足，本次操作没有生效。",
            "请联系平台管理员清理或扩充磁盘后重试。",
        )
    }

    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// What is told to the client.
    pub fn problem(&self) -> &Problem {
        &self.problem
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        (self.status, Json(self.problem)).into_response()
    }
}
