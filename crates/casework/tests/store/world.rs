//! The invented region of the suite: three institutions of the divisions 990001 to 990003.

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::prelude::Json;
use yizheng_casework::institutions::Lists;
use yizheng_casework::store::Desk;
use yizheng_casework::submissions::{
    Basis, Begun, CheckSummary, Content, Counts, Mode, NewFile, NewSubmission, ReceivedFile, Recorded, Submission, Target,
};
use yizheng_casework::table::{ImportReport, SourceRow};
use yizheng_pack::codelist::{CodeList, Entry};
use yizheng_pack::load::{Meta, Status};
use yizheng_pack::period::Month;
use yizheng_pack::scope::Scope;

/// 综合医院, public.
pub const HOSPITAL: &str = "99900001399000111A1001";
/// 口腔诊所, private.
pub const CLINIC: &str = "56789012099000217D2152";
/// 乡卫生院, public.
pub const TOWNSHIP: &str = "12345678899000311C2201";

pub fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().with_timezone(&Utc)
}

/// The day on which everything is imported.
pub fn today() -> NaiveDate {
    day("2024-05-01")
}

pub fn now() -> DateTime<Utc> {
    at("2024-05-01T01:00:00Z")
}

pub fn region() -> Scope {
    Scope::whole_region("监管员")
}

pub fn only(institution: &str) -> Scope {
    Scope::institutions("病案室", [institution.to_owned()])
}

fn list(id: &str, entries: &[(&str, &str, &[&str])]) -> CodeList {
    let meta = Meta {
        id: id.into(),
        name: id.to_owned(),
        status: Status::Active,
        purpose: String::new(),
        legal_basis: String::new(),
        limits: String::new(),
        example: String::new(),
        file: String::new(),
    };
    let entries = entries
        .iter()
        .map(|(code, name, also)| Entry {
            code: (*code).to_owned(),
            name: (*name).to_owned(),
            attributes: Default::default(),
            also: also.iter().map(|&also| also.to_owned()).collect(),
        })
        .collect();
    CodeList::new(meta, String::new(), entries)
}

pub struct OwnedLists([CodeList; 5]);

impl OwnedLists {
    pub fn new() -> Self {
        Self([
            list("classes", &[
                ("A", "医院", &[]),
                ("A100", "综合医院", &[]),
                ("C220", "乡卫生院", &[]),
                ("D215", "口腔诊所", &[]),
            ]),
            list("levels", &[("10", "一级", &[]), ("32", "三级甲等", &[]), ("33", "三级乙等", &[])]),
            list("economic_types", &[("11", "国有全资", &[]), ("17", "私有", &[])]),
            list("provinces", &[("11", "北京市", &[]), ("44", "广东省", &[])]),
            list("subjects", &[("03", "内科", &[]), ("0304", "心血管内科专业", &["03.04"]), ("12", "口腔科", &[])]),
        ])
    }

    pub fn lists(&self) -> Lists<'_> {
        let [classes, levels, economic_types, provinces, subjects] = &self.0;
        Lists { classes, levels, economic_types, provinces, subjects }
    }
}

/// Rows from a table whose cells stand between `|`; the header is the first line. Row numbers as a
/// spreadsheet counts them.
pub fn rows(table: &str) -> Vec<SourceRow> {
    let cells = |line: &str| line.split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let mut lines = table.lines().map(str::trim).filter(|line| !line.is_empty());
    let header = cells(lines.next().unwrap());
    lines
        .zip(2..)
        .map(|(line, number)| SourceRow { number, cells: header.iter().cloned().zip(cells(line)).collect() })
        .collect()
}

pub async fn import_regions(desk: &Desk) {
    let regions = rows(
        "code   | name   | parent | population
         990000 | 云澜市 |        | 412000
         990001 | 东城区 | 990000 | 180000
         990002 | 西城区 | 990000 | 150000
         990003 | 河口镇 | 990000 | 82000",
    );
    let report = desk.import_regions(&regions, today(), now(), "监管员").await.unwrap();
    assert_eq!(report.new, 4);
}

pub async fn import(desk: &Desk, rows: &[SourceRow]) -> ImportReport {
    let owned = OwnedLists::new();
    desk.import_institutions(rows, owned.lists(), today(), now(), "监管员").await.unwrap()
}

/// The three institutions, in force since 2020.
pub fn three() -> Vec<SourceRow> {
    rows(
        "登记号                  | 机构名称       | 机构类别 | 医院级别 | 所有制 | 床位数 | 行政区划 | 生效日期   | 联系人 | 联系电话
         99900001399000111A1001 | 云澜市人民医院 | A100     | 32       | 公立   | 800    | 990001   | 2020-01-01 | 张明   | 0990-1001
         56789012099000217D2152 | 西城口腔诊所   | D215     |          | 民营   | 0      | 990002   | 2020-01-01 | 李华   | 0990-1002
         12345678899000311C2201 | 河口镇卫生院   | C220     | 10       | 公立   | 40     | 990003   | 2020-01-01 | 王芳   | 0990-1003",
    )
}

/// A store with the three institutions.
pub async fn region_of_three(url: &str) -> Desk {
    let desk = crate::database::desk(url).await;
    import_regions(&desk).await;
    let report = import(&desk, &three()).await;
    assert_eq!((report.new, report.refused.len()), (3, 0), "{:?}", report.refused);
    desk
}

pub fn month(text: &str) -> Month {
    text.parse::<yizheng_pack::period::Period>().unwrap().first()
}

pub fn target(institution: &str, period: &str) -> Target {
    Target {
        institution: institution.to_owned(),
        dataset: "inpatient_front_page".to_owned(),
        period: period.parse().unwrap(),
    }
}

/// A file whose bytes are `bytes`.
pub fn file(bytes: &str) -> Content {
    Content::File(ReceivedFile {
        name: format!("hqms_{bytes}.csv"),
        sm3: format!("sm3 of {bytes}"),
        bytes: 1_048_576,
        layout: Some("2020版811项".to_owned()),
        encoding: Some("GB18030".to_owned()),
    })
}

/// An accepted submission of 100 rows of which 3 are held, with one file for each month.
pub fn submission(id: &str, institution: &str, period: &str, bytes: &str) -> NewSubmission {
    let target = target(institution, period);
    let files = target
        .period
        .months()
        .map(|month| NewFile {
            id: format!("{id}/{month}"),
            month,
            rows: 97,
            held_rows: 3,
            bytes: 4_096,
            sm3: format!("sm3 of {id}/{month}"),
            entry: Json::from(format!("data/{id}/{month}.parquet")),
        })
        .collect();
    NewSubmission {
        id: id.to_owned(),
        target,
        mode: Mode::Full,
        content: file(bytes),
        accepted: true,
        counts: Some(Counts { rows: 100, counted: 97, held: 3, warned: 5 }),
        messages: Vec::new(),
        details: Json::Null,
        checks: Vec::new(),
        files,
        received_at: now(),
    }
}

pub fn returned(id: &str, institution: &str, period: &str, bytes: &str) -> NewSubmission {
    NewSubmission { accepted: false, files: Vec::new(), counts: None, ..submission(id, institution, period, bytes) }
}

pub fn check(id: &str, violated: u64) -> CheckSummary {
    CheckSummary {
        check: id.to_owned(),
        severity: "warning".to_owned(),
        passed: 90,
        violated,
        not_applicable: 4,
        not_evaluable: 1,
        reason: Some("没有ICD字典".to_owned()),
    }
}

pub async fn basis(desk: &Desk, new: &NewSubmission) -> Basis {
    match desk.begin(&new.target, new.mode, &new.content, &region()).await.unwrap() {
        Begun::Open { basis, .. } => basis,
        Begun::AlreadyHeld(held) => panic!("{} is held as {}", new.id, held.id),
    }
}

/// Begins and records at a moment; it must be stored.
pub async fn record_at(desk: &Desk, new: NewSubmission, moment: DateTime<Utc>) -> Submission {
    let basis = basis(desk, &new).await;
    match desk.record(new, basis, moment, &region()).await.unwrap() {
        Recorded::Stored(stored) => *stored,
        other => panic!("{other:?}"),
    }
}

pub async fn record(desk: &Desk, new: NewSubmission) -> Submission {
    record_at(desk, new, now()).await
}
