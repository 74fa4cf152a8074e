//! A bulletin as files: a function of what is kept of it and of nothing else, so that it gives the same
//! bytes whenever it is made. No clock, no random ids; the times in the archives are fixed.

mod docx;
mod xlsx;

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use unicode_width::UnicodeWidthStr;

use super::region::civil;
use crate::api::dto::{BulletinContent, BulletinFigure, BulletinTable, By};

pub use docx::docx;
pub use xlsx::xlsx;

/// What is printed.
#[derive(Debug, Clone, Copy)]
pub struct Paper<'a> {
    /// What is computed.
    pub content: &'a BulletinContent,
    /// First paragraph.
    pub opening: &'a str,
    /// 有关要求, one for each line.
    pub demands: &'a str,
    /// Document number; `None` while it is not final.
    pub number: Option<&'a str>,
    /// Date of the document; `None` while it is not final.
    pub issued_on: Option<NaiveDate>,
}

/// Why a bulletin could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The document.
    #[error("the document cannot be written: {0}")]
    Docx(String),
    /// The workbook.
    #[error("the workbook cannot be written")]
    Xlsx(#[from] rust_xlsxwriter::XlsxError),
}

impl Paper<'_> {
    /// Document number, or that there is none yet.
    fn number_line(&self) -> &str {
        self.number.unwrap_or("（草稿，未编发文字号）")
    }

    /// Date of the document as papers have it.
    fn date(&self) -> String {
        self.issued_on.map_or_else(|| "　　　　年　　月　　日".to_owned(), chinese)
    }

    /// Title in one line.
    fn title(&self) -> String {
        self.content.title.replace('\n', "")
    }

    /// The lines that say what all numbers rest on.
    fn sources(&self) -> Vec<String> {
        let content = self.content;
        let packs: Vec<String> = content.packs.iter().map(|pack| format!("{} {}", pack.id, pack.version)).collect();
        vec![
            format!("报告期：{}。数据时间：{}（以此刻平台已接收的数据为准，此后的更正不影响本通报）。", content.period, moment(content.known_at)),
            format!("数据文件：{}个，清单摘要（SM3）：{}。", content.manifest.files, content.manifest.sm3),
            format!("指标定义：{}，摘要（SM3）：{}。平台程序版本：{}。", packs.join("，"), content.fingerprint, content.program_version),
            format!(
                "追溯方法：在平台上打开本通报，点击数字；或者运行 yizheng explain 指标编号 --data 数据目录 --period {} --institution 机构登记号 --known-on {}，可以看到分子、分母、来源文件和明细记录。全部数值的清单见随附表格的“说明”表。",
                content.period,
                exact(content.known_at)
            ),
        ]
    }
}

/// A day as papers have it.
fn chinese(day: NaiveDate) -> String {
    day.format("%Y年%-m月%-d日").to_string()
}

/// A moment as the clocks of the country have it.
fn moment(at: DateTime<Utc>) -> String {
    civil(at).format("%Y年%-m月%-d日%H:%M:%S").to_string()
}

/// A moment so that the command line finds the same state of the data.
fn exact(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// The command that shows what is behind a value.
fn command(figure: &BulletinFigure, at: DateTime<Utc>) -> String {
    let whose = if figure.by == By::Institution { format!(" --institution {}", figure.unit.code) } else { String::new() };
    format!("yizheng explain {} --data 数据目录 --period {}{whose} --known-on {}", figure.indicator, figure.period, exact(at))
}

/// The page that shows it.
fn page(figure: &BulletinFigure, at: DateTime<Utc>) -> String {
    let id = &figure.indicator;
    let period = &figure.period;
    let by = if figure.by == By::Institution { "institution" } else { "region" };
    let whose = if figure.by == By::Institution { format!("&explain_institution={}", figure.unit.code) } else { String::new() };
    format!("/indicators/{id}?period={period}&explain={id}&explain_period={period}&explain_by={by}{whose}&explain_known={}", exact(at))
}

/// Widths of columns, in half characters: short columns get what they need, long ones share the rest
/// by the root of what stands in them, which keeps one long sentence from taking the whole page.
fn widths(table: &BulletinTable, whole: usize) -> Vec<usize> {
    const SHORT: usize = 15;
    let need = |column: usize| {
        let cells = table.rows.iter().filter_map(|row| row.cells.get(column)).map(|cell| cell.text.width());
        // A title may take two lines.
        let title = table.columns.get(column).map_or(0, |title| title.width().div_ceil(2).max(4));
        cells.chain([title]).max().unwrap_or(0)
    };
    let needs: Vec<usize> = (0..table.columns.len()).map(need).collect();
    let short: usize = needs.iter().filter(|need| **need <= SHORT).sum();
    let roots: f64 = needs.iter().filter(|need| **need > SHORT).map(|need| (*need as f64).sqrt()).sum();
    let rest = whole.saturating_sub(short) as f64;
    let width = |need: &usize| match *need {
        need if need <= SHORT && roots == 0.0 => need * whole / short.max(1),
        need if need <= SHORT => need,
        need => (rest * (need as f64).sqrt() / roots) as usize,
    };
    needs.iter().map(width).collect()
}

/// A text that is a number as tables print it: value and digits after the point.
fn number(text: &str) -> Option<(f64, usize)> {
    if !text.starts_with(|first: char| first.is_ascii_digit() || first == '-') {
        return None;
    }
    let plain = text.replace(',', "");
    let digits = plain.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    Some((plain.parse().ok()?, digits))
}

/// Whether a cell's text is words and not a number.
pub fn is_name(text: &str) -> bool {
    number(text).is_none()
}

#[cfg(test)]
mod tests;
