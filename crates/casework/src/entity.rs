//! The tables as types, one module each. The schema itself stands in [`crate::migration`].

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// How a submission meets what is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// 全量: replaces institution × dataset × period.
    #[sea_orm(string_value = "full")]
    Full,
    /// 增补: replaces by key.
    #[sea_orm(string_value = "patch")]
    Patch,
}

/// Where a submission is in its life. What is only received is not stored: a submission enters the
/// store with its verdict, in one write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// 接收: in force.
    #[sea_orm(string_value = "accepted")]
    Accepted,
    /// 退回: nothing of it counts.
    #[sea_orm(string_value = "returned")]
    Returned,
    /// 已替换: was accepted; a later one is in force.
    #[sea_orm(string_value = "superseded")]
    Superseded,
}

/// 所有制.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "snake_case")]
pub enum Ownership {
    /// 公立
    #[sea_orm(string_value = "public")]
    Public,
    /// 民营
    #[sea_orm(string_value = "private")]
    Private,
}

/// A kind of event. A closed list: what is not here is not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// 行政区划登记或变更; subject: the division's code.
    #[sea_orm(string_value = "region_changed")]
    RegionChanged,
    /// 机构登记; subject: the licence number.
    #[sea_orm(string_value = "institution_added")]
    InstitutionAdded,
    /// 机构变更; subject: the licence number.
    #[sea_orm(string_value = "institution_changed")]
    InstitutionChanged,
    /// 报送接收; subject: the submission's id.
    #[sea_orm(string_value = "submission_accepted")]
    SubmissionAccepted,
    /// 报送退回; subject: the submission's id.
    #[sea_orm(string_value = "submission_returned")]
    SubmissionReturned,
    /// 情况说明; subject: the submission's id.
    #[sea_orm(string_value = "explanation_given")]
    ExplanationGiven,
    /// 预警产生; subject: the alert's id.
    #[sea_orm(string_value = "alert_opened")]
    AlertOpened,
    /// 预警新增证据或更新; subject: the alert's id.
    #[sea_orm(string_value = "alert_extended")]
    AlertExtended,
    /// 预警撤销（数据更正或报送到位）; subject: the alert's id.
    #[sea_orm(string_value = "alert_withdrawn")]
    AlertWithdrawn,
    /// 预警签收; subject: the alert's id.
    #[sea_orm(string_value = "alert_acknowledged")]
    AlertAcknowledged,
    /// 预警说明; subject: the alert's id.
    #[sea_orm(string_value = "alert_explained")]
    AlertExplained,
    /// 预警办结; subject: the alert's id.
    #[sea_orm(string_value = "alert_closed")]
    AlertClosed,
    /// 预警退回重办; subject: the alert's id.
    #[sea_orm(string_value = "alert_reopened")]
    AlertReopened,
    /// 责任分解; subject: plan and item, `yunlan-2026/3`.
    #[sea_orm(string_value = "plan_assigned")]
    PlanAssigned,
    /// 进展、督办、判定、销号; subject: plan and item.
    #[sea_orm(string_value = "plan_progress")]
    PlanProgress,
    /// 撤回一条进展; subject: plan and item.
    #[sea_orm(string_value = "plan_withdrawn")]
    PlanWithdrawn,
    /// 通报起草; subject: the bulletin's number.
    #[sea_orm(string_value = "bulletin_drafted")]
    BulletinDrafted,
    /// 通报草稿按新的数据重新生成; subject: the bulletin's number.
    #[sea_orm(string_value = "bulletin_renewed")]
    BulletinRenewed,
    /// 通报草稿文字修改; subject: the bulletin's number.
    #[sea_orm(string_value = "bulletin_edited")]
    BulletinEdited,
    /// 通报审核通过; subject: the bulletin's number.
    #[sea_orm(string_value = "bulletin_approved")]
    BulletinApproved,
    /// 通报退回修改; subject: the bulletin's number.
    #[sea_orm(string_value = "bulletin_returned")]
    BulletinReturned,
    /// 通报定稿; subject: the bulletin's number.
    #[sea_orm(string_value = "bulletin_finalised")]
    BulletinFinalised,
    /// 通报撤回; subject: the bulletin's number.
    #[sea_orm(string_value = "bulletin_withdrawn")]
    BulletinWithdrawn,
    /// 登记; subject: register and key, `nurse/202099000001`.
    #[sea_orm(string_value = "entry_added")]
    EntryAdded,
    /// 变更登记; subject: register and key.
    #[sea_orm(string_value = "entry_changed")]
    EntryChanged,
    /// 不再登记; subject: register and key.
    #[sea_orm(string_value = "entry_ended")]
    EntryEnded,
    /// 查看个人信息; subject: what was read.
    #[sea_orm(string_value = "personal_read")]
    PersonalRead,
}

/// How something came into a register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// 导入: from a file, as a national system exports it.
    #[sea_orm(string_value = "import")]
    Import,
    /// 办理: by a step of a case.
    #[sea_orm(string_value = "case")]
    Case,
    /// 人工登记: typed, where no national system keeps the register.
    #[sea_orm(string_value = "hand")]
    Hand,
}

/// Where an alert is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "snake_case")]
pub enum AlertState {
    /// 待签收: nobody has looked at it.
    #[sea_orm(string_value = "open")]
    Open,
    /// 已签收: whoever must answer has seen it.
    #[sea_orm(string_value = "acknowledged")]
    Acknowledged,
    /// 已说明: answered, to be judged by the regulator.
    #[sea_orm(string_value = "explained")]
    Explained,
    /// 已办结: closed by a named person, with a reason.
    #[sea_orm(string_value = "closed")]
    Closed,
    /// 已撤销: what it rested on no longer holds, as the computation found; kept visible.
    #[sea_orm(string_value = "withdrawn")]
    Withdrawn,
}

/// What an entry about an item of a work plan says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "snake_case")]
pub enum ProgressKind {
    /// 进展
    #[sea_orm(string_value = "progress")]
    Progress,
    /// 里程碑完成
    #[sea_orm(string_value = "milestone_done")]
    MilestoneDone,
    /// 督办
    #[sea_orm(string_value = "supervision")]
    Supervision,
    /// 人工判定：完成
    #[sea_orm(string_value = "judged_met")]
    JudgedMet,
    /// 人工判定：未完成
    #[sea_orm(string_value = "judged_not_met")]
    JudgedNotMet,
    /// 销号
    #[sea_orm(string_value = "closed")]
    Closed,
    /// 恢复（撤销销号）
    #[sea_orm(string_value = "reopened")]
    Reopened,
}

/// Where a bulletin is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "snake_case")]
pub enum BulletinState {
    /// 草稿: may be changed.
    #[sea_orm(string_value = "draft")]
    Draft,
    /// 审核通过: by a named person; waits for its number and date.
    #[sea_orm(string_value = "approved")]
    Approved,
    /// 定稿: numbered and dated; never changes again.
    #[sea_orm(string_value = "final")]
    Final,
    /// 已撤回: with a reason; kept visible.
    #[sea_orm(string_value = "withdrawn")]
    Withdrawn,
}

macro_rules! table {
    ($(#[$doc:meta])* $module:ident, $name:literal, { $($(#[$column:meta])* $field:ident: $ty:ty),+ $(,)? }) => {
        $(#[$doc])*
        pub(crate) mod $module {
            #[allow(unused_imports, reason = "each table uses some of them")]
            use super::{Action, AlertState, BulletinState, Mode, Origin, Ownership, ProgressKind, Status};
            #[allow(unused_imports, reason = "each table uses some of them")]
            use crate::stamp::Stamp;
            use sea_orm::entity::prelude::*;

            #[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
            #[sea_orm(table_name = $name)]
            pub struct Model { $($(#[$column])* pub $field: $ty),+ }

            #[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
            pub enum Relation {}

            impl ActiveModelBehavior for ActiveModel {}
        }
    };
}

table!(
    /// One row: the number of writes so far and the moment of the last.
    turn, "turn", {
        #[sea_orm(primary_key, auto_increment = false)]
        id: i32,
        count: i64,
        at: Stamp,
    }
);

table!(
    /// A division (行政区划) during some time.
    region, "region", {
        #[sea_orm(primary_key, auto_increment = false)]
        code: String,
        #[sea_orm(primary_key, auto_increment = false)]
        valid_from: Date,
        valid_to: Option<Date>,
        name: String,
        parent: Option<String>,
        population: Option<i64>,
    }
);

table!(
    /// An institution that has ever been registered; what is known of it is dated.
    institution, "institution", {
        #[sea_orm(primary_key, auto_increment = false)]
        code: String,
        registered_at: Stamp,
    }
);

table!(
    /// The attributes of an institution during some time.
    institution_version, "institution_version", {
        #[sea_orm(primary_key, auto_increment = false)]
        institution: String,
        #[sea_orm(primary_key, auto_increment = false)]
        valid_from: Date,
        valid_to: Option<Date>,
        name: String,
        credit_code: Option<String>,
        class: String,
        level: Option<String>,
        ownership: Option<Ownership>,
        beds: Option<i64>,
        region: String,
        alliance: Option<String>,
        aliases: Json,
        subjects: Json,
        contact: Option<String>,
        phone: Option<String>,
    }
);

table!(
    /// One institution's file, or word that nothing happened, for one dataset and period.
    submission, "submission", {
        #[sea_orm(primary_key, auto_increment = false)]
        id: String,
        institution: String,
        dataset: String,
        period: String,
        first_month: String,
        last_month: String,
        version: i32,
        mode: Mode,
        zero: bool,
        status: Status,
        received_at: Stamp,
        decided_at: Stamp,
        superseded_at: Option<Stamp>,
        superseded_by: Option<String>,
        actor: String,
        file_name: Option<String>,
        sm3: Option<String>,
        bytes: Option<i64>,
        layout: Option<String>,
        encoding: Option<String>,
        rows: Option<i64>,
        counted_rows: Option<i64>,
        held_rows: Option<i64>,
        warned_rows: Option<i64>,
        messages: Json,
        details: Json,
    }
);

table!(
    /// A file of the lake: one dataset, institution and month.
    file, "file", {
        #[sea_orm(primary_key, auto_increment = false)]
        id: String,
        submission: String,
        institution: String,
        dataset: String,
        month: String,
        rows: i64,
        held_rows: i64,
        bytes: i64,
        sm3: String,
        entry: Json,
        committed_at: Stamp,
        superseded_at: Option<Stamp>,
        superseded_by: Option<String>,
    }
);

table!(
    /// How one check came out over one submission.
    check_result, "check_result", {
        #[sea_orm(primary_key, auto_increment = false)]
        submission: String,
        #[sea_orm(primary_key, auto_increment = false)]
        check: String,
        severity: String,
        passed: i64,
        violated: i64,
        not_applicable: i64,
        not_evaluable: i64,
        reason: Option<String>,
    }
);

table!(
    /// 情况说明.
    explanation, "explanation", {
        #[sea_orm(primary_key)]
        id: i64,
        submission: String,
        institution: String,
        dataset: String,
        period: String,
        check: String,
        key: String,
        text: String,
        given_at: Stamp,
        actor: String,
    }
);

table!(
    /// 预警: a rule that a unit's indicator or dataset breaks, and what became of it.
    alert, "alert", {
        #[sea_orm(primary_key, auto_increment = false)]
        id: String,
        rule: String,
        unit: String,
        institution: Option<String>,
        kind: String,
        about: String,
        severity: String,
        state: AlertState,
        opened_at: Stamp,
        due: Date,
        first_month: String,
        last_month: String,
        sentence: String,
        explanation: Option<String>,
        explained_at: Option<Stamp>,
        explained_by: Option<String>,
        ended_at: Option<Stamp>,
        ended_by: Option<String>,
        reason: Option<String>,
    }
);

table!(
    /// What an alert rests on: one row for a month, and a further one when that month's evidence
    /// changed. Rows are never removed; what no longer holds is marked.
    alert_evidence, "alert_evidence", {
        #[sea_orm(primary_key)]
        id: i64,
        alert: String,
        month: String,
        found_at: Stamp,
        pack: String,
        mark: String,
        sentence: String,
        body: Json,
        withdrawn_at: Option<Stamp>,
        withdrawn_because: Option<String>,
        pack_version: Option<String>,
        program: Option<String>,
    }
);

table!(
    /// Who answers for an item of a work plan. Rows are never changed or removed.
    plan_assignment, "plan_assignment", {
        #[sea_orm(primary_key)]
        id: i64,
        plan: String,
        item: String,
        lead: String,
        offices: Json,
        person: String,
        deadline: Option<Date>,
        note: String,
        actor: String,
        entered_at: Stamp,
    }
);

table!(
    /// An entry about an item of a work plan. Rows are never removed; a withdrawal is marked.
    plan_progress, "plan_progress", {
        #[sea_orm(primary_key)]
        id: i64,
        plan: String,
        item: String,
        day: Date,
        kind: ProgressKind,
        milestone: Option<i32>,
        person: String,
        text: String,
        evidence: String,
        actor: String,
        entered_at: Stamp,
        withdrawn_at: Option<Stamp>,
        withdrawn_by: Option<String>,
        withdrawn_because: Option<String>,
    }
);

table!(
    /// 通报: what it says, frozen, and where it is in its life.
    bulletin, "bulletin", {
        #[sea_orm(primary_key, auto_increment = false)]
        id: String,
        kind: String,
        period: String,
        state: BulletinState,
        revision: i32,
        title: String,
        known_at: Stamp,
        content: String,
        sm3: String,
        opening: String,
        demands: String,
        number: Option<String>,
        issued_on: Option<Date>,
        drafted_at: Stamp,
        drafted_by: String,
        approved_at: Option<Stamp>,
        approved_by: Option<String>,
        final_at: Option<Stamp>,
        final_by: Option<String>,
        withdrawn_at: Option<Stamp>,
        withdrawn_by: Option<String>,
        withdrawn_because: Option<String>,
    }
);

table!(
    /// A file of a final bulletin, as it was issued. Rows are never changed or removed.
    bulletin_file, "bulletin_file", {
        #[sea_orm(primary_key, auto_increment = false)]
        bulletin: String,
        #[sea_orm(primary_key, auto_increment = false)]
        form: String,
        sm3: String,
        bytes: Vec<u8>,
    }
);

table!(
    /// What was done, by whom. Rows are never changed or removed; a trigger refuses it.
    event, "event", {
        #[sea_orm(primary_key)]
        id: i64,
        at: Stamp,
        actor: String,
        action: Action,
        institution: Option<String>,
        subject: String,
        before: Option<Json>,
        after: Option<Json>,
    }
);

table!(
    /// What binds an event to all before it. Rows are never changed or removed.
    event_link, "event_link", {
        #[sea_orm(primary_key, auto_increment = false)]
        event: i64,
        sm3: String,
    }
);

table!(
    /// What holds of an entry of a register, in law and as known. Rows are closed, never changed
    /// otherwise.
    entry_version, "entry_version", {
        #[sea_orm(primary_key)]
        id: i64,
        register: String,
        key: String,
        institution: Option<String>,
        called: String,
        state: String,
        valid_from: Date,
        valid_to: Option<Date>,
        fields: Json,
        sealed: Option<Vec<u8>>,
        known_from: Stamp,
        known_to: Option<Stamp>,
        origin: Origin,
        source: String,
        actor: String,
    }
);
