//! Bulletins (数据质量和核心指标通报): what they say, word by word with where each number comes from, and
//! their life from draft to final.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{By, InstitutionRef, NamedCode, PackVersion};

/// Where a bulletin is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BulletinState {
    /// 草稿
    Draft,
    /// 审核通过
    Approved,
    /// 定稿: numbered and dated; never changes again.
    Final,
    /// 已撤回
    Withdrawn,
}

/// A kind of bulletin that can be drafted.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct BulletinKindRow {
    /// Kind's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub purpose: String,
    /// What it cannot show.
    pub limits: String,
    /// Its core indicators.
    pub indicators: Vec<NamedCode>,
}

/// One bulletin in the list.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct BulletinRow {
    /// Number in the platform, e.g. `B0012`.
    pub id: String,
    /// Kind.
    pub kind: NamedCode,
    /// What it is about: `2025-10`, `2025-Q3`, `2025`.
    pub period: String,
    /// Title.
    pub title: String,
    /// Where it is in its life.
    pub state: BulletinState,
    /// Document number (发文字号); null until final.
    pub number: Option<String>,
    /// Date of the document (成文日期); null until final.
    pub issued_on: Option<NaiveDate>,
    /// The state of the data it rests on: as known at this moment.
    pub known_at: DateTime<Utc>,
    /// Who drafted it.
    pub drafted_by: String,
    /// When.
    pub drafted_at: DateTime<Utc>,
    /// Who approved it.
    pub approved_by: Option<String>,
    /// Who made it final.
    pub final_by: Option<String>,
    /// When.
    pub final_at: Option<DateTime<Utc>>,
    /// Why it was withdrawn.
    pub withdrawn_because: Option<String>,
}

/// One bulletin, as page, docx and xlsx show it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Bulletin {
    /// As in the list.
    pub row: BulletinRow,
    /// Rises with every change; a step names the one that was seen.
    pub revision: i32,
    /// What is computed, frozen.
    pub content: BulletinContent,
    /// SM3 of the content.
    pub sm3: String,
    /// First paragraph, as a person has it.
    pub opening: String,
    /// 有关要求, as a person has it.
    pub demands: Vec<String>,
    /// How the document number begins, from the definition; empty when not settled.
    pub number_head: String,
    /// SM3 of the document; null until final.
    pub docx_sm3: Option<String>,
    /// SM3 of the workbook; null until final.
    pub xlsx_sm3: Option<String>,
    /// What was done, oldest first.
    pub history: Vec<BulletinStep>,
    /// What can be done now.
    pub actions: Vec<BulletinAction>,
}

/// What a bulletin says, made of the numbers of one moment. Its JSON is what is sealed: every number
/// is a text as it is printed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BulletinContent {
    /// Title; a line end says where the document breaks it.
    pub title: String,
    /// Mark of the issuing authority (发文机关标志).
    pub mark: String,
    /// Issuing authority, as the signature has it.
    pub issuer: String,
    /// 主送机关
    pub main_to: String,
    /// 抄送机关; empty for none.
    pub copy_to: String,
    /// 印发机关
    pub printed_by: String,
    /// What it is about.
    pub period: String,
    /// The state of the data: as known at this moment.
    pub known_at: DateTime<Utc>,
    /// The files of that state.
    pub manifest: BulletinManifest,
    /// Packs in force, lowest layer first.
    pub packs: Vec<PackVersion>,
    /// SM3 of the definitions that say what is computed.
    pub fingerprint: String,
    /// Version of the program that measured.
    pub program_version: String,
    /// 总体情况, after the first paragraph.
    pub overall: Vec<Vec<BulletinText>>,
    /// 一 to 四, in order; 五、有关要求 is a person's.
    pub sections: Vec<BulletinSection>,
    /// Annexes (附件), in order.
    pub annexes: Vec<BulletinAnnex>,
    /// Every number that is an indicator's value, once.
    pub figures: Vec<BulletinFigure>,
}

/// The files of a state of the data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BulletinManifest {
    /// How many.
    pub files: u64,
    /// SM3 over their SM3s, in order.
    pub sm3: String,
}

/// A section: words, then perhaps a table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BulletinSection {
    /// `一、数据报送质量`
    pub heading: String,
    /// Paragraphs.
    pub paragraphs: Vec<BulletinParagraph>,
    /// A table in the text.
    pub table: Option<BulletinTable>,
}

/// A paragraph.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BulletinParagraph {
    /// `（一）完整率和及时率。`; empty for none.
    pub lead: String,
    /// Its words.
    pub texts: Vec<BulletinText>,
}

/// An annex (附件).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BulletinAnnex {
    /// What it is called.
    pub name: String,
    /// Its tables: one, or one for each indicator.
    pub tables: Vec<BulletinTable>,
    /// What stands below them; empty for nothing.
    pub note: String,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BulletinTable {
    /// What it shows.
    pub name: String,
    /// Column titles.
    pub columns: Vec<String>,
    /// Rows.
    pub rows: Vec<BulletinLine>,
    /// What stands below it; empty for nothing.
    pub note: String,
}

/// A row of a table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BulletinLine {
    /// By which it is known again when the table is made anew.
    pub key: String,
    /// Cells, one for each column.
    pub cells: Vec<BulletinText>,
}

/// A stretch of text, and where it comes from when it is a number.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
pub struct BulletinText {
    /// As printed.
    pub text: String,
    /// Which of the figures it is, from 0; null for plain words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub figure: Option<u32>,
    /// Page that shows it; null for plain words and figures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

/// A value of an indicator as it stood.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BulletinFigure {
    /// Indicator's id.
    pub indicator: String,
    /// Its name.
    pub name: String,
    /// Over what: `region` or `institution`.
    pub by: By,
    /// Whose; the region with `by=region`.
    pub unit: NamedCode,
    /// Period.
    pub period: String,
    /// Value with its unit as printed; `未测算` when there is none.
    pub display: String,
    /// Numerator as printed.
    pub numerator: String,
    /// Denominator as printed; empty for a plain total.
    pub denominator: String,
    /// Whether it may still change.
    pub provisional: bool,
    /// Why there is no value; empty when there is one.
    pub not_measured: String,
}

/// What was done with a bulletin.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct BulletinStep {
    /// When.
    pub at: DateTime<Utc>,
    /// Through whose account.
    pub actor: String,
    /// The named person; null where none is named.
    pub person: Option<String>,
    /// What.
    pub kind: BulletinStepKind,
    /// Remark or reason; empty for none.
    pub remark: String,
}

/// What was done with a bulletin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BulletinStepKind {
    /// 起草
    Drafted,
    /// 重新取数
    Renewed,
    /// 修改文字
    Edited,
    /// 审核通过
    Approved,
    /// 退回修改
    Returned,
    /// 定稿
    Finalised,
    /// 撤回
    Withdrawn,
}

/// What can be done with a bulletin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BulletinAction {
    /// 审核通过
    Approve,
    /// 退回修改; needs a reason.
    Return,
    /// 定稿; needs number and date.
    Finalise,
    /// 撤回; needs a reason.
    Withdraw,
}

/// A bulletin to be drafted.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBulletin {
    /// Month, quarter or year; the newest complete month when not given.
    pub period: Option<String>,
    /// Kind's id; may be left out while there is only one.
    pub kind: Option<String>,
}

/// Which revision of a bulletin was seen.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulletinSeen {
    /// The revision.
    pub revision: i32,
}

/// The words of a draft that are a person's.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulletinProse {
    /// The revision that was seen.
    pub revision: i32,
    /// First paragraph.
    pub opening: String,
    /// 有关要求, one for each paragraph.
    pub demands: Vec<String>,
}

/// A step in a bulletin's life.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBulletinAction {
    /// The revision that was seen.
    pub revision: i32,
    /// What is done.
    pub action: BulletinAction,
    /// The named person who does it.
    pub person: String,
    /// Remark; the reason of a return or withdrawal.
    pub remark: Option<String>,
    /// With 定稿: document number, `云卫医〔2025〕12号`.
    pub number: Option<String>,
    /// With 定稿: date of the document; today when not given.
    pub issued_on: Option<NaiveDate>,
}

/// Whether a bulletin can still be made again, and what would stand in it today.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct BulletinCheck {
    /// When it was looked at.
    pub checked_at: DateTime<Utc>,
    /// Whether the content still has the SM3 with which it was kept.
    pub sealed: bool,
    /// The document; null until final.
    pub docx: Option<BulletinFileCheck>,
    /// The workbook; null until final.
    pub xlsx: Option<BulletinFileCheck>,
    /// Whether the files of that state of the data are all there, the same ones.
    pub manifest: bool,
    /// Whether the definitions are the same today.
    pub definitions: bool,
    /// Whether the program's version is the same today.
    pub program: bool,
    /// Numbers that come out otherwise when measured again as known then.
    pub then: Vec<BulletinDifference>,
    /// Numbers that come out otherwise as known today.
    pub today: Vec<BulletinDifference>,
    /// Submissions that were accepted or returned since, of the period or of one it is compared with.
    pub submissions: Vec<BulletinNewSubmission>,
    /// What follows, in plain Chinese.
    pub findings: Vec<String>,
}

/// A kept file against what is made again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BulletinFileCheck {
    /// SM3 with which it was made final.
    pub sm3: String,
    /// SM3 of the bytes that are kept.
    pub kept: String,
    /// SM3 of the bytes made again now.
    pub made_again: String,
}

/// A number that comes out otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BulletinDifference {
    /// Which table, or `正文`.
    pub table: String,
    /// Which row.
    pub row: String,
    /// Which column.
    pub column: String,
    /// As it stands in the bulletin; empty when it did not stand there.
    pub was: String,
    /// As it comes out; empty when it does not.
    pub is: String,
}

/// A submission that came after a bulletin's numbers were taken.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct BulletinNewSubmission {
    /// Submission's id.
    pub id: String,
    /// Who.
    pub institution: InstitutionRef,
    /// What.
    pub dataset: NamedCode,
    /// Of which period.
    pub period: String,
    /// When it was decided.
    pub at: DateTime<Utc>,
}
