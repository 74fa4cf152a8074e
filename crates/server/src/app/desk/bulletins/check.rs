//! Whether a bulletin can be made again, and what would stand in it today.

use std::collections::BTreeMap;

use yizheng_casework::bulletins::{Bulletin, Form};
use yizheng_casework::submissions::SubmissionFilter;
use yizheng_pack::period::Period;
use yizheng_pack::scope::Scope;

use super::{content_of, made, paper};
use crate::api::desk::Answer;
use crate::api::dto::{self, BulletinContent, BulletinDifference, BulletinTable, BulletinText};
use crate::api::error::ApiError;
use crate::app::checking::sm3_hex;
use crate::app::region::Region;
use crate::app::register;

impl Region {
    pub(in super::super) fn bulletin_check_of(&self, scope: &Scope, id: &str) -> Answer<dto::BulletinCheck> {
        let of = self.kept_bulletin(scope, id)?;
        let content = content_of(&of)?;
        let sealed = sm3_hex(of.frozen.content.as_bytes()) == of.frozen.sm3;
        let (mut docx, mut xlsx) = (None, None);
        if of.finalised.is_some() {
            let again = made(&paper(&of, &content, of.number.as_deref(), of.issued_on))?;
            docx = self.file_check(scope, &of, Form::Docx, &again.0.sm3)?;
            xlsx = self.file_check(scope, &of, Form::Xlsx, &again.1.sm3)?;
        }
        let kind = self.pack.bulletins.get(of.kind.as_str());
        let again = |moment| match kind {
            Some(kind) => self.bulletin_content(scope, kind, of.period, moment).map(Some),
            None => Ok(None),
        };
        let then = again(of.frozen.known_at)?;
        let now = self.this_moment()?;
        let today = again(now)?;
        let differences = |other: &Option<BulletinContent>| other.as_ref().map(|other| differ(&content, other)).unwrap_or_default();
        let mut check = dto::BulletinCheck {
            checked_at: now,
            sealed,
            docx,
            xlsx,
            manifest: then.as_ref().is_some_and(|then| then.manifest == content.manifest),
            definitions: content.fingerprint == self.pack.fingerprint,
            program: content.program_version == env!("CARGO_PKG_VERSION"),
            then: differences(&then),
            today: differences(&today),
            submissions: self.since(scope, &of)?,
            findings: Vec::new(),
        };
        check.findings = findings(&check, kind.is_some());
        Ok(check)
    }

    fn file_check(&self, scope: &Scope, of: &Bulletin, form: Form, again: &str) -> Answer<Option<dto::BulletinFileCheck>> {
        let kept = self.kept_file(scope, &of.id, form)?;
        Ok(kept.map(|file| dto::BulletinFileCheck { kept: sm3_hex(&file.bytes), sm3: file.sm3, made_again: again.to_owned() }))
    }

    /// What was decided since, of the period and of those it is compared with.
    fn since(&self, scope: &Scope, of: &Bulletin) -> Answer<Vec<dto::BulletinNewSubmission>> {
        let names = self.register(scope).map_err(ApiError::internal)?;
        let mut list: Vec<dto::BulletinNewSubmission> = Vec::new();
        let year_ago = Period::containing(of.period.first().plus(-12), of.period.grain().unwrap_or(yizheng_pack::period::Grain::Month));
        for period in [of.period, of.period.previous(), year_ago] {
            let filter = SubmissionFilter { from: Some(period.first()), to: Some(period.last()), ..SubmissionFilter::default() };
            for submission in self.wait(self.store.submissions(&filter, scope)).map_err(ApiError::internal)? {
                if submission.decided_at <= of.frozen.known_at || list.iter().any(|one| one.id == submission.id) {
                    continue;
                }
                let name = self.pack.datasets.get(submission.target.dataset.as_str()).map(|dataset| dataset.meta.name.clone());
                list.push(dto::BulletinNewSubmission {
                    institution: register::reference(&self.pack, &names, &submission.target.institution, of.period.start()),
                    dataset: dto::NamedCode {
                        name: name.unwrap_or_else(|| submission.target.dataset.clone()),
                        code: submission.target.dataset,
                    },
                    period: submission.target.period.to_string(),
                    at: submission.decided_at,
                    id: submission.id,
                });
            }
        }
        list.sort_by_key(|one| one.at);
        Ok(list)
    }
}

/// What follows, in words.
fn findings(check: &dto::BulletinCheck, defined: bool) -> Vec<String> {
    let mut words = Vec::new();
    words.push(if check.sealed { "封存的内容没有被改动。" } else { "封存的内容与当时的校验值不一致，可能被改动，请停止使用并核查数据库。" }.to_owned());
    for (name, file) in [("文档（docx）", &check.docx), ("表格（xlsx）", &check.xlsx)] {
        let Some(file) = file else { continue };
        words.push(if file.kept != file.sm3 {
            format!("留存的{name}与定稿时的校验值不一致，可能被改动，请停止使用并核查数据库。")
        } else if file.made_again == file.sm3 {
            format!("{name}可以逐字节重新生成。")
        } else if check.program {
            format!("{name}重新生成的字节与定稿时不同；下载的仍是定稿时留存的文件。")
        } else {
            format!("{name}由较早版本的程序生成，现在的版本排出的字节不同；下载的仍是定稿时留存的文件。")
        });
    }
    if !defined {
        words.push("定义包里已没有这种通报，不能重新测算。".to_owned());
        return words;
    }
    words.push(if check.manifest { "当时的数据文件都在，与清单一致。" } else { "当时的数据文件与清单不一致，请核查数据目录。" }.to_owned());
    words.push(match (check.then.len(), check.definitions) {
        (0, _) => "按当时的数据重新测算，全部数字一致。".to_owned(),
        (count, false) => format!("按当时的数据重新测算，有{count}处不同：指标定义在此后改变过。"),
        (count, true) => format!("按当时的数据重新测算，有{count}处不同：指标定义没有变，可能是机构登记信息、预警规则或程序版本改变过。"),
    });
    words.push(match (check.today.len(), check.submissions.len()) {
        (0, _) => "按今天的数据测算，全部数字也一致。".to_owned(),
        (count, 0) => format!("按今天的数据测算，有{count}处不同：此后没有新的报送，差别来自期限、预警办理或定义的变化。"),
        (count, more) => format!("按今天的数据测算，有{count}处不同：此后有{more}次报送或更正。通报内容不随之改变。"),
    });
    words
}

fn words(texts: &[BulletinText]) -> String {
    texts.iter().map(|text| text.text.as_str()).collect()
}

/// Paragraphs by where they stand.
fn paragraphs(content: &BulletinContent) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for (number, texts) in (1..).zip(&content.overall) {
        // The first words say the day of the data itself.
        let texts = texts.get(usize::from(number == 1)..).unwrap_or_default();
        all.insert(format!("总体情况第{number}段"), words(texts));
    }
    for section in &content.sections {
        for (number, paragraph) in (1..).zip(&section.paragraphs) {
            let lead = if paragraph.lead.is_empty() { format!("第{number}段") } else { paragraph.lead.clone() };
            all.insert(format!("{} {lead}", section.heading), words(&paragraph.texts));
        }
    }
    all
}

fn tables(content: &BulletinContent) -> impl Iterator<Item = (String, &BulletinTable)> {
    let of_sections = content.sections.iter().filter_map(|section| section.table.as_ref()).map(|table| (table.name.clone(), table));
    let annexes = (1..).zip(&content.annexes).flat_map(|(number, annex)| {
        annex.tables.iter().map(move |table| (format!("附件{number} {}", table.name), table))
    });
    of_sections.chain(annexes)
}

/// Every place where one content says something else than another.
pub(super) fn differ(was: &BulletinContent, is: &BulletinContent) -> Vec<BulletinDifference> {
    let mut list = Vec::new();
    let mut put = |table: &str, row: &str, column: &str, was: &str, is: &str| {
        if was != is {
            let [table, row, column, was, is] = [table, row, column, was, is].map(str::to_owned);
            list.push(BulletinDifference { table, row, column, was, is });
        }
    };
    let (before, after) = (paragraphs(was), paragraphs(is));
    let nothing = String::new();
    let places: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for place in places {
        put("正文", place, "", before.get(place).unwrap_or(&nothing), after.get(place).unwrap_or(&nothing));
    }
    let others: BTreeMap<String, &BulletinTable> = tables(is).collect();
    let mut seen: Vec<String> = Vec::new();
    for (name, table) in tables(was) {
        seen.push(name.clone());
        rows(&name, Some(table), others.get(&name).copied(), &mut put);
    }
    for (name, table) in others.iter().filter(|(name, _)| !seen.contains(name)) {
        rows(name, None, Some(table), &mut put);
    }
    list
}

/// Compares the rows of two tables by their keys. A column that only counts rows says nothing.
fn rows(
    name: &str,
    was: Option<&BulletinTable>,
    is: Option<&BulletinTable>,
    put: &mut dyn FnMut(&str, &str, &str, &str, &str),
) {
    let by_key = |table: Option<&BulletinTable>| -> BTreeMap<String, Vec<String>> {
        let rows = table.map(|table| table.rows.as_slice()).unwrap_or_default();
        rows.iter().map(|row| (row.key.clone(), row.cells.iter().map(|cell| cell.text.clone()).collect())).collect()
    };
    let (before, after) = (by_key(was), by_key(is));
    let columns = was.or(is).map(|table| table.columns.as_slice()).unwrap_or_default();
    let keys: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let none = Vec::new();
    for key in keys {
        let (was, is) = (before.get(key).unwrap_or(&none), after.get(key).unwrap_or(&none));
        let named = if was.is_empty() { is } else { was };
        // A row is named by its first words; a bare number names nothing.
        let row: Vec<&str> = named.iter().take(2).map(String::as_str).filter(|cell| super::bulletin_file::is_name(cell)).collect();
        let row = row.join(" ");
        match (was.is_empty(), is.is_empty()) {
            (true, _) => put(name, &row, "整行", "", &is.join("，")),
            (_, true) => put(name, &row, "整行", &was.join("，"), ""),
            _ => {
                for ((column, was), is) in columns.iter().zip(was).zip(is).filter(|((column, _), _)| *column != "序号") {
                    put(name, &row, column, was, is);
                }
            }
        }
    }
}
