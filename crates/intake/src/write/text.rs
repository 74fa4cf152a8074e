//! As delimited text and as JSON, for programs.

use std::io::Write;
use std::ops::ControlFlow;

use serde::Serialize;
use yizheng_pack::dataset::Severity;

use super::{Filter, Finding, Findings, WriteError};
use crate::finding::FileFinding;

/// One line: `check,severity,row,key,element,value,message,sheet`. About the file as a whole `row`,
/// `key`, `element` and `value` are empty; `sheet` is the place then, else the sheet or the file of an
/// archive.
#[derive(Serialize)]
struct Line<'a> {
    check: &'a str,
    severity: Severity,
    row: Option<u32>,
    key: &'a str,
    element: &'a str,
    value: &'a str,
    message: String,
    sheet: &'a str,
}

impl<'a> Line<'a> {
    fn of_file(finding: &'a FileFinding) -> Self {
        let message = format!("{}{}", finding.message, finding.remedy);
        Self { check: &finding.number, severity: Severity::Error, row: None, key: "", element: "", value: "", message, sheet: finding.place.as_deref().unwrap_or_default() }
    }

    fn of_row(finding: &'a Finding) -> Self {
        Self {
            check: &finding.check,
            severity: finding.severity,
            row: Some(finding.row),
            key: &finding.key,
            element: finding.element.as_deref().unwrap_or_default(),
            value: &finding.value,
            message: format!("{}{}", finding.message, finding.remedy),
            sheet: finding.sheet.as_deref().unwrap_or_default(),
        }
    }
}

/// Every finding, those for which the file is returned first.
fn lines(findings: &Findings<'_>, mut write: impl FnMut(&Line<'_>) -> Result<(), WriteError>) -> Result<(), WriteError> {
    for finding in findings.file_findings.iter().filter(|finding| finding.returns) {
        write(&Line::of_file(finding))?;
    }
    findings.each(&Filter::default(), |finding| {
        write(&Line::of_row(&finding))?;
        Ok(ControlFlow::Continue(()))
    })
}

/// Writes the findings as CSV in UTF-8, header included.
///
/// # Errors
/// [`WriteError`].
pub fn findings_csv(out: impl Write, findings: &Findings<'_>) -> Result<(), WriteError> {
    let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(out);
    writer.write_record(["check", "severity", "row", "key", "element", "value", "message", "sheet"])?;
    lines(findings, |line| Ok(writer.serialize(line)?))?;
    Ok(writer.flush()?)
}

/// Writes the findings as a JSON list of objects with the keys of the CSV.
///
/// # Errors
/// [`WriteError`].
pub fn findings_json(mut out: impl Write, findings: &Findings<'_>) -> Result<(), WriteError> {
    let mut separator = "[\n";
    lines(findings, |line| {
        out.write_all(separator.as_bytes())?;
        separator = ",\n";
        Ok(serde_json::to_writer(&mut out, line)?)
    })?;
    if separator == "[\n" {
        out.write_all(b"[")?;
    }
    out.write_all(b"\n]\n")?;
    Ok(out.flush()?)
}
