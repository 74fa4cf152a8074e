//! The whole way of a file.

use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};
use yizheng_eval::{Environment, Frame};
use yizheng_pack::dataset::{Cell, FieldIx};
use yizheng_pack::expr::Fact;
use yizheng_pack::period::Period;
use yizheng_pack::types::{Value, format_decimal};

use crate::catalogue::{NO_ERROR_LIMIT, NO_INSTITUTION, NO_PERIOD, TOO_MANY_ERRORS};
use crate::finding::{FileFinding, Repair};
use crate::read::{self, Column, Encoding, Form, MARKS, Opened, Typed};
use crate::report::{Origins, Report};
use crate::rows::Rows;
use crate::run::{self, Run};
use crate::{Context, InstitutionFacts, Submitted};

/// Parameter with the highest share of rows with an error, as a decimal.
const MAX_ERROR_RATE: &str = "max_error_rate";

/// What becomes of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// 退回: nothing of it counts.
    Returned,
    /// 接收: its rows count, but for those held apart.
    Accepted,
}

/// A checked file.
#[derive(Debug, Clone)]
pub struct Checked {
    /// What becomes of it.
    pub verdict: Verdict,
    /// About the file as a whole; those that return it first.
    pub file_findings: Vec<FileFinding>,
    /// Values read in another form than the official one, or destroyed by a program.
    pub repairs: Vec<Repair>,
    /// How it was read; `None` when it could not be read as rows.
    pub file: Option<FileFacts>,
    /// The period given, or else the month in which most rows lie.
    pub period: Option<Period>,
    /// Data rows.
    pub rows: u64,
    /// How the checks came out; without checks when the file was returned before they ran.
    pub report: Report,
    /// All rows, typed, those held apart included; without rows when there is no report.
    pub frame: Frame,
    /// Ids of the rows with an error.
    pub held: RoaringBitmap,
}

/// How a file was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileFacts {
    /// Its form.
    pub form: Form,
    /// Encoding of a text file.
    pub encoding: Option<Encoding>,
    /// The sheets, or the files of an archive, that were read.
    pub sheet: Option<String>,
    /// Row of the first header as a spreadsheet numbers it; 0 where names stand in no row.
    pub header_row: u32,
    /// Layout recognised.
    pub layout: String,
    /// Its Chinese name.
    pub layout_name: String,
    /// The columns in the order of the file.
    pub columns: Vec<Column>,
    /// Element codes of the fields for which the file has no column.
    pub absent: Vec<String>,
}

impl FileFacts {
    /// Columns that hold an element.
    pub fn known_columns(&self) -> usize {
        self.columns.iter().filter(|column| column.element.is_some()).count()
    }

    /// Columns that nobody knows.
    pub fn unknown_columns(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|column| column.element.is_none() && column.ignored.is_none())
    }
}

/// Reads and checks a file. Whatever the bytes are, there is an answer.
pub fn check(file: Submitted<'_>, context: &Context<'_>) -> Checked {
    let mut opened = match Opened::open(file.bytes, context.dataset, &context.limits) {
        Ok(opened) => opened,
        Err(fault) => return returned(vec![fault], None, context),
    };
    let faults = opened.header.faults(context.dataset);
    if !faults.is_empty() {
        let facts = facts(&opened, context);
        return returned(faults, Some(facts), context);
    }
    let read = read::typed(&mut opened, context.dataset, context.pack, &context.limits, context.progress);
    let facts = facts(&opened, context);
    let (typed, mut findings, origins) = match read {
        Ok(read) => read,
        Err(fault) => return returned(vec![fault], Some(facts), context),
    };
    let rows = typed.frame.len as u64;
    let faults = run::delivery_faults(context, &typed.frame);
    if !faults.is_empty() {
        return Checked { rows, ..returned(faults, Some(facts), context) };
    }
    let period = context.period.or_else(|| run::main_month(context.dataset, &typed.frame));
    findings.extend(not_said(context, period));
    let environment = environment(context, period);
    let present = read::present(&opened.header);
    let report = run::all(&Run { context, environment: &environment, present: &present }, &typed, origins);
    let held = run::held(&report);
    match environment.parameters.get(MAX_ERROR_RATE) {
        Some(Value::Number { units, scale }) => {
            let (held, rows, limit) = (i128::from(held.len()), i128::from(rows), i128::from(*units));
            if held * 10_i128.pow(u32::from(*scale)) > rows * limit {
                let limit = format!("{}%", trimmed(&format_decimal(units.saturating_mul(100), *scale)));
                findings.insert(
                    0,
                    FileFinding::fault(
                        &TOO_MANY_ERRORS,
                        None,
                        &[
                            ("share", &percent(held, rows)),
                            ("errors", &held.to_string()),
                            ("rows", &rows.to_string()),
                            ("limit", &limit),
                        ],
                    ),
                );
            }
        }
        _ => findings.push(FileFinding::notice(&NO_ERROR_LIMIT, None, &[])),
    }
    let verdict =
        if findings.iter().any(|finding| finding.returns) { Verdict::Returned } else { Verdict::Accepted };
    Checked {
        verdict,
        file_findings: findings,
        repairs: repairs(&typed, context),
        file: Some(facts),
        period,
        rows,
        report,
        frame: typed.frame,
        held,
    }
}

fn returned(faults: Vec<FileFinding>, file: Option<FileFacts>, context: &Context<'_>) -> Checked {
    Checked {
        verdict: Verdict::Returned,
        file_findings: faults,
        repairs: Vec::new(),
        period: context.period,
        rows: 0,
        report: Report {
            origins: Origins { header_row: file.as_ref().map_or(1, |file| file.header_row), ..Origins::default() },
            ..Report::default()
        },
        file,
        frame: Frame::empty(context.dataset.clone()),
        held: RoaringBitmap::new(),
    }
}

fn facts(opened: &Opened<'_>, context: &Context<'_>) -> FileFacts {
    let header = &opened.header;
    let present = read::present(header);
    let fields = context.dataset.fields.iter().enumerate();
    let absent = fields.filter(|(at, _)| !present.contains_key(&Cell::Field(FieldIx(*at))));
    FileFacts {
        form: opened.form,
        encoding: opened.encoding(),
        sheet: opened.sheet(),
        header_row: header.row,
        layout: header.layout.0.clone(),
        layout_name: header.layout.1.clone(),
        columns: header.columns.clone(),
        absent: absent.map(|(_, field)| field.id.to_string()).collect(),
    }
}

/// What could not be held against the submission, because nobody said whose it is and of when.
fn not_said(context: &Context<'_>, period: Option<Period>) -> Vec<FileFinding> {
    let mut notices = Vec::new();
    if context.institution.is_none() {
        notices.push(FileFinding::notice(&NO_INSTITUTION, None, &[]));
    }
    if let (None, Some(period)) = (context.period, period) {
        let field = run::field_name(context.dataset, context.dataset.period);
        notices.push(FileFinding::notice(
            &NO_PERIOD,
            None,
            &[("field", &field), ("period", &period.in_chinese())],
        ));
    }
    notices
}

/// Code lists, the parameters in force on the period's first day, and what is known of the
/// submission.
pub(crate) fn environment(context: &Context<'_>, period: Option<Period>) -> Environment {
    let day = period.map(Period::start).or(context.received_at.map(|time| time.date()));
    let mut environment = Environment::on(context.pack, day.unwrap_or(chrono::NaiveDate::MIN));
    let set = |set: &std::collections::BTreeSet<String>| Value::TextSet(set.clone().into());
    let mut know = |fact: Fact, value: Option<Value>| {
        if let Some(value) = value {
            environment.facts.insert(fact, value);
        }
    };
    know(Fact::ReceivedAt, context.received_at.map(Value::DateTime));
    know(Fact::PeriodStart, context.period.map(|period| Value::Date(period.start())));
    know(Fact::PeriodEnd, context.period.map(|period| Value::Date(period.end())));
    if let Some(InstitutionFacts { codes, names, class, level, subjects, registered_beds }) = context.institution {
        know(Fact::InstitutionCodes, (!codes.is_empty()).then(|| set(codes)));
        know(Fact::InstitutionNames, names.as_ref().map(set));
        know(Fact::InstitutionClass, class.as_deref().map(Value::text));
        know(Fact::InstitutionLevel, level.as_deref().map(Value::text));
        know(Fact::InstitutionSubjects, subjects.as_ref().map(set));
        know(Fact::RegisteredBeds, registered_beds.map(Value::integer));
    }
    environment
}

fn repairs(typed: &Typed, context: &Context<'_>) -> Vec<Repair> {
    let mut repairs = Vec::new();
    for (at, (_, message)) in MARKS.iter().enumerate() {
        let marked = typed.marks.iter().filter(|((mark, _), _)| *mark == at as u32);
        let at: std::collections::BTreeMap<String, Rows> = marked
            .map(|((_, cell), rows)| (context.dataset.element(*cell), run::ids(rows, &typed.frame.row)))
            .collect();
        if !at.is_empty() {
            repairs.push(Repair {
                number: message.number.to_owned(),
                message: message.what.to_owned(),
                remedy: message.remedy.to_owned(),
                cells: at.values().map(|rows| rows.len()).sum(),
                at,
            });
        }
    }
    repairs
}

/// A share in per cent with two digits, rounded half up.
pub(crate) fn percent(part: i128, of: i128) -> String {
    if of == 0 {
        return "—".to_owned();
    }
    let hundredths = (part * 20_000 + of) / (of * 2);
    trimmed(&format_decimal(i64::try_from(hundredths).unwrap_or(i64::MAX), 2)) + "%"
}

/// A decimal without zeros at its end.
pub(crate) fn trimmed(decimal: &str) -> String {
    if decimal.contains('.') { decimal.trim_end_matches('0').trim_end_matches('.').to_owned() } else { decimal.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_printed_exactly() {
        for (part, of, text) in [(1, 3, "33.33%"), (2, 3, "66.67%"), (1, 2, "50%"), (201, 1000, "20.1%"), (0, 5, "0%"), (1, 0, "—")] {
            assert_eq!(percent(part, of), text);
        }
    }
}
