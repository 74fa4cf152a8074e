//! Bulletins (数据质量和核心指标通报): drafted from the numbers of one moment, worded by a person, approved,
//! made final, and made again.

mod check;
mod content;
mod sections;

use chrono::{DateTime, NaiveDate, Utc};
use yizheng_casework::bulletins::{Bulletin, BulletinError, BulletinFile, BulletinState, Form, Frozen, Prose, Step};
use yizheng_casework::events::{Action, Event, EventFilter};
use yizheng_pack::bulletin::BulletinKind;
use yizheng_pack::period::Period;
use yizheng_pack::scope::Scope;

use super::meeting::{DOCX, XLSX};
use crate::api::desk::{Answer, PaperForm, Content, Download};
use crate::api::dto::{self, BulletinAction};
use crate::api::error::ApiError;
use crate::api::labels::Label;
use crate::app::bulletin_file::{self, Paper};
use crate::app::checking::sm3_hex;
use crate::app::region::Region;

/// Bulletins are read and written by who sees the whole region.
fn regulator(scope: &Scope) -> Answer<()> {
    match scope.filter() {
        None => Ok(()),
        Some(_) => Err(ApiError::out_of_scope("通报")),
    }
}

fn state_of(state: BulletinState) -> dto::BulletinState {
    match state {
        BulletinState::Draft => dto::BulletinState::Draft,
        BulletinState::Approved => dto::BulletinState::Approved,
        BulletinState::Final => dto::BulletinState::Final,
        BulletinState::Withdrawn => dto::BulletinState::Withdrawn,
    }
}

fn actions(state: BulletinState) -> Vec<BulletinAction> {
    match state {
        BulletinState::Draft => vec![BulletinAction::Approve, BulletinAction::Withdraw],
        BulletinState::Approved => vec![BulletinAction::Finalise, BulletinAction::Return, BulletinAction::Withdraw],
        BulletinState::Final => vec![BulletinAction::Withdraw],
        BulletinState::Withdrawn => Vec::new(),
    }
}

/// The store's refusal in words.
fn refused(error: BulletinError) -> ApiError {
    let again = "请刷新页面，看过现在的内容后再操作。";
    match error {
        BulletinError::PartOfTheRegion(_) => ApiError::out_of_scope("通报"),
        BulletinError::Unknown(id) => ApiError::not_found(format!("通报“{id}”")),
        BulletinError::Exists(id) => ApiError::refused(
            format!("这一期已有同种通报（{id}）。"),
            "请在原通报上修改；要重新起草的，先把原通报撤回并写明原因。",
        ),
        BulletinError::NotNow(state) => {
            let word = state_of(state).label();
            let help = match state {
                BulletinState::Draft => "草稿要先由负责人审核通过，才能定稿。",
                BulletinState::Approved => "已审核通过的通报不能再修改；需要修改的，请先退回修改。",
                BulletinState::Final => "定稿后内容不再改变；确有错误的，请撤回并写明原因，再重新起草。",
                BulletinState::Withdrawn => "通报已经撤回；需要的，请重新起草。",
            };
            ApiError::refused(format!("通报现在是“{word}”，不能这样操作。"), help)
        }
        BulletinError::Changed(revision) => {
            ApiError::refused(format!("通报刚刚已由他人操作（现在是第{revision}版），本次操作没有生效。"), again)
        }
        BulletinError::NumberTaken(id) => {
            ApiError::refused(format!("这个发文字号已用于通报{id}。"), "请填写没有用过的发文字号；撤回的通报所用字号不再使用。")
        }
        BulletinError::Empty(what) => {
            let what = match what {
                "person" => "办理人姓名",
                "number" => "发文字号",
                "reason" => "原因",
                "opening" => "正文开头",
                _ => "有关要求",
            };
            ApiError::refused(format!("没有填写{what}。"), format!("请填写{what}后再提交。"))
        }
        BulletinError::Store(error) => ApiError::internal(error),
    }
}

/// `云卫医〔2025〕12号`: an office's word, the year in 六角括号, a number without zeros before it.
fn checked_number(text: &str) -> Answer<String> {
    let text = text.trim();
    let parts = text.split_once('〔').and_then(|(head, rest)| {
        let (year, rest) = rest.split_once('〕')?;
        Some((head, year, rest.strip_suffix('号')?))
    });
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let right = parts.is_some_and(|(head, year, number)| {
        !head.trim().is_empty() && year.len() == 4 && digits(year) && digits(number) && !number.starts_with('0')
    });
    if right {
        return Ok(text.to_owned());
    }
    Err(ApiError::refused(
        format!("发文字号“{text}”不合规范。"),
        "发文字号由机关代字、年份、发文顺序号组成：年份写全称并用六角括号，顺序号不编虚位、不加“第”，如 云卫医〔2025〕12号。",
    ))
}

/// A title without the places at which the document breaks it.
fn one_line(title: &str) -> String {
    title.replace('\n', "")
}

fn demands(lines: &[String]) -> String {
    // A line end within one would make two of it.
    let lines = lines.iter().flat_map(|line| line.lines()).map(str::trim);
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

impl Region {
    /// The kind asked for, or the only one that is in use.
    fn bulletin_kind(&self, id: Option<&str>) -> Answer<&BulletinKind> {
        let names = || self.pack.running_bulletins().map(|kind| kind.meta.id.to_string()).collect::<Vec<_>>().join("、");
        let mut running = self.pack.running_bulletins();
        match (id, running.next(), running.next()) {
            (Some(id), ..) => {
                let found = self.pack.bulletins.get(id).filter(|kind| kind.meta.status.runs());
                found.map(AsRef::as_ref).ok_or_else(|| ApiError::not_found(format!("通报种类“{id}”")))
            }
            (None, Some(only), None) => Ok(only),
            (None, None, _) => Err(ApiError::refused("定义包里没有通报种类。", "请在定义包的 bulletins/ 下写明通报的标题、主送和核心指标。")),
            (None, Some(_), Some(_)) => Err(ApiError::bad_request("没有指明通报种类。", format!("可以选择：{}。", names()))),
        }
    }

    /// `now`, or the moment of the last write when that is later: nothing that is stored is missing.
    fn moment(&self, now: DateTime<Utc>) -> Answer<DateTime<Utc>> {
        let last = self.wait(self.store.last_write_at()).map_err(ApiError::internal)?;
        Ok(now.max(last))
    }

    /// The same of the clock, with the alerts brought into line.
    fn this_moment(&self) -> Answer<DateTime<Utc>> {
        self.watch().map_err(ApiError::internal)?;
        self.moment(self.now())
    }

    /// What is known at a moment, as a bulletin keeps it.
    fn frozen(&self, scope: &Scope, kind: &BulletinKind, period: Period, moment: DateTime<Utc>) -> Answer<Frozen> {
        let content = self.bulletin_content(scope, kind, period, moment)?;
        let text = serde_json::to_string(&content).map_err(ApiError::internal)?;
        Ok(Frozen { title: one_line(&content.title), known_at: moment, sm3: sm3_hex(text.as_bytes()), content: text })
    }

    fn prose(&self, kind: &BulletinKind, period: Period) -> Prose {
        let fill = |text: &str| BulletinKind::fill(text, &self.place.name, period);
        let lines: Vec<String> = kind.demands.iter().map(|line| fill(line)).collect();
        Prose { opening: fill(&kind.opening), demands: demands(&lines) }
    }

    pub(super) fn bulletin_kind_rows(&self, scope: &Scope) -> Answer<Vec<dto::BulletinKindRow>> {
        regulator(scope)?;
        let name = |id: &str| self.pack.indicators.get(id).map_or_else(|| id.to_owned(), |indicator| indicator.meta.name.clone());
        Ok(self
            .pack
            .running_bulletins()
            .map(|kind| dto::BulletinKindRow {
                id: kind.meta.id.to_string(),
                name: kind.meta.name.clone(),
                purpose: kind.meta.purpose.clone(),
                limits: kind.meta.limits.clone(),
                indicators: kind.indicators.iter().map(|id| dto::NamedCode { code: id.to_string(), name: name(id) }).collect(),
            })
            .collect())
    }

    fn bulletin_row(&self, of: &Bulletin) -> dto::BulletinRow {
        let kind = self.pack.bulletins.get(of.kind.as_str());
        dto::BulletinRow {
            id: of.id.clone(),
            kind: dto::NamedCode {
                code: of.kind.clone(),
                name: kind.map_or_else(|| of.kind.clone(), |kind| kind.meta.name.clone()),
            },
            period: of.period.to_string(),
            title: of.frozen.title.clone(),
            state: state_of(of.state),
            number: of.number.clone(),
            issued_on: of.issued_on,
            known_at: of.frozen.known_at,
            drafted_by: of.drafted.by.clone(),
            drafted_at: of.drafted.at,
            approved_by: of.approved.as_ref().map(|signed| signed.by.clone()),
            final_by: of.finalised.as_ref().map(|signed| signed.by.clone()),
            final_at: of.finalised.as_ref().map(|signed| signed.at),
            withdrawn_because: of.withdrawn_because.clone(),
        }
    }

    pub(super) fn bulletin_rows(&self, scope: &Scope) -> Answer<Vec<dto::BulletinRow>> {
        regulator(scope)?;
        let all = self.wait(self.store.bulletins(scope)).map_err(ApiError::internal)?;
        Ok(all.iter().map(|of| self.bulletin_row(of)).collect())
    }

    fn kept_bulletin(&self, scope: &Scope, id: &str) -> Answer<Bulletin> {
        regulator(scope)?;
        let found = self.wait(self.store.bulletin(id, scope)).map_err(ApiError::internal)?;
        found.ok_or_else(|| ApiError::not_found(format!("通报“{id}”")))
    }

    fn kept_file(&self, scope: &Scope, id: &str, form: Form) -> Answer<Option<BulletinFile>> {
        self.wait(self.store.bulletin_file(id, form, scope)).map_err(ApiError::internal)
    }

    pub(super) fn bulletin_of(&self, scope: &Scope, id: &str) -> Answer<dto::Bulletin> {
        let of = self.kept_bulletin(scope, id)?;
        self.shown(scope, &of)
    }

    fn shown(&self, scope: &Scope, of: &Bulletin) -> Answer<dto::Bulletin> {
        let about_this = EventFilter { subject: Some(of.id.clone()), ..EventFilter::default() };
        let events = self.wait(self.store.events(&about_this, scope)).map_err(ApiError::internal)?;
        let sm3 = |form| Ok::<_, ApiError>(self.kept_file(scope, &of.id, form)?.map(|file| file.sm3));
        Ok(dto::Bulletin {
            row: self.bulletin_row(of),
            revision: of.revision,
            content: content_of(of)?,
            sm3: of.frozen.sm3.clone(),
            opening: of.prose.opening.clone(),
            demands: of.prose.demands.lines().map(str::to_owned).collect(),
            number_head: self.pack.bulletins.get(of.kind.as_str()).map(|kind| kind.number_head.clone()).unwrap_or_default(),
            docx_sm3: sm3(Form::Docx)?,
            xlsx_sm3: sm3(Form::Xlsx)?,
            history: events.into_iter().filter_map(step).collect(),
            actions: actions(of.state),
        })
    }

    /// Drafts a bulletin at this moment.
    pub(super) fn draft(&self, scope: &Scope, new: &dto::NewBulletin) -> Answer<dto::Bulletin> {
        regulator(scope)?;
        self.draft_at(scope, new, self.this_moment()?)
    }

    /// Drafts a bulletin at `now`, of what is known then, alerts as they were settled last.
    pub(crate) fn draft_at(&self, scope: &Scope, new: &dto::NewBulletin, now: DateTime<Utc>) -> Answer<dto::Bulletin> {
        regulator(scope)?;
        let kind = self.bulletin_kind(new.kind.as_deref())?;
        let measured = self.measure().map_err(ApiError::internal)?;
        let period = self.period_or_default(&measured, scope, new.period.as_deref())?;
        let frozen = self.frozen(scope, kind, period, self.moment(now)?)?;
        let prose = self.prose(kind, period);
        let of = self
            .wait(self.store.draft_bulletin(&kind.meta.id, period, frozen, prose, now, scope))
            .map_err(refused)?;
        self.shown(scope, &of)
    }

    pub(super) fn renew(&self, scope: &Scope, id: &str, revision: i32) -> Answer<dto::Bulletin> {
        let of = self.kept_bulletin(scope, id)?;
        if of.state != BulletinState::Draft {
            return Err(refused(BulletinError::NotNow(of.state)));
        }
        let kind = self.bulletin_kind(Some(&of.kind))?;
        let frozen = self.frozen(scope, kind, of.period, self.this_moment()?)?;
        let of = self.wait(self.store.renew_bulletin(id, revision, frozen, self.now(), scope)).map_err(refused)?;
        self.shown(scope, &of)
    }

    pub(super) fn edit(&self, scope: &Scope, id: &str, prose: &dto::BulletinProse) -> Answer<dto::Bulletin> {
        regulator(scope)?;
        let opening = prose.opening.lines().map(str::trim).collect::<String>();
        let prose_new = Prose { opening, demands: demands(&prose.demands) };
        let of =
            self.wait(self.store.edit_bulletin(id, prose.revision, prose_new, self.now(), scope)).map_err(refused)?;
        self.shown(scope, &of)
    }

    pub(super) fn act(&self, scope: &Scope, id: &str, new: &dto::NewBulletinAction) -> Answer<dto::Bulletin> {
        self.act_at(scope, id, new, self.now())
    }

    /// Takes a bulletin a step further; the entry is made at `now`.
    pub(crate) fn act_at(
        &self,
        scope: &Scope,
        id: &str,
        new: &dto::NewBulletinAction,
        now: DateTime<Utc>,
    ) -> Answer<dto::Bulletin> {
        let of = self.kept_bulletin(scope, id)?;
        let (person, remark) = (new.person.trim().to_owned(), new.remark.as_deref().unwrap_or_default().trim().to_owned());
        if new.action != BulletinAction::Finalise && (new.number.is_some() || new.issued_on.is_some()) {
            return Err(ApiError::bad_request("只有定稿时才填写发文字号和成文日期。", "请去掉发文字号和成文日期。"));
        }
        let step = match new.action {
            BulletinAction::Approve => Step::Approve { person, remark },
            BulletinAction::Return => Step::Return { person, reason: remark },
            BulletinAction::Withdraw => Step::Withdraw { person, reason: remark },
            BulletinAction::Finalise => {
                let number = checked_number(new.number.as_deref().unwrap_or_default())?;
                let issued_on = new.issued_on.unwrap_or_else(|| self.today());
                let known = crate::app::region::civil(of.frozen.known_at).date();
                if issued_on < known {
                    return Err(ApiError::refused(
                        format!("成文日期早于数据时间（{}）。", known.format("%Y年%-m月%-d日")),
                        "成文日期应为领导签发的日期，不早于通报所依据的数据时间。",
                    ));
                }
                let content = content_of(&of)?;
                let paper = paper(&of, &content, Some(&number), Some(issued_on));
                let made = made(&paper)?;
                Step::Finalise { person, number: number.clone(), issued_on, docx: made.0, xlsx: made.1, remark }
            }
        };
        let of = self.wait(self.store.step_bulletin(id, new.revision, step, now, scope)).map_err(refused)?;
        self.shown(scope, &of)
    }

    pub(super) fn bulletin_file_of(&self, scope: &Scope, id: &str, form: PaperForm) -> Answer<Download> {
        let of = self.kept_bulletin(scope, id)?;
        let bytes = match self.kept_file(scope, id, kept_form(form))? {
            // What was issued is given as it was issued.
            Some(file) => file.bytes,
            None => {
                let content = content_of(&of)?;
                one(&paper(&of, &content, None, None), form)?
            }
        };
        let number = of.number.as_deref().unwrap_or(match of.state {
            BulletinState::Approved => "已审核",
            _ => "草稿",
        });
        let state = if of.state == BulletinState::Withdrawn { "（已撤回）" } else { "" };
        Ok(download(format!("{number} {}{state}", of.frozen.title), form, bytes))
    }

    /// A bulletin of what is measured now, kept nowhere.
    pub(crate) fn bulletin_draft_file(
        &self,
        scope: &Scope,
        new: &dto::NewBulletin,
        form: PaperForm,
    ) -> Answer<Download> {
        regulator(scope)?;
        let kind = self.bulletin_kind(new.kind.as_deref())?;
        let measured = self.measure().map_err(ApiError::internal)?;
        let period = self.period_or_default(&measured, scope, new.period.as_deref())?;
        let content = self.bulletin_content(scope, kind, period, self.this_moment()?)?;
        let prose = self.prose(kind, period);
        let paper = Paper { content: &content, opening: &prose.opening, demands: &prose.demands, number: None, issued_on: None };
        Ok(download(format!("草稿 {}", one_line(&content.title)), form, one(&paper, form)?))
    }
}

fn kept_form(form: PaperForm) -> Form {
    match form {
        PaperForm::Docx => Form::Docx,
        PaperForm::Xlsx => Form::Xlsx,
    }
}

fn content_of(of: &Bulletin) -> Answer<dto::BulletinContent> {
    serde_json::from_str(&of.frozen.content).map_err(ApiError::internal)
}

fn paper<'a>(
    of: &'a Bulletin,
    content: &'a dto::BulletinContent,
    number: Option<&'a str>,
    issued_on: Option<NaiveDate>,
) -> Paper<'a> {
    Paper { content, opening: &of.prose.opening, demands: &of.prose.demands, number, issued_on }
}

fn one(paper: &Paper<'_>, form: PaperForm) -> Answer<Vec<u8>> {
    match form {
        PaperForm::Docx => bulletin_file::docx(paper),
        PaperForm::Xlsx => bulletin_file::xlsx(paper),
    }
    .map_err(ApiError::internal)
}

/// Both files with their SM3s.
fn made(paper: &Paper<'_>) -> Answer<(BulletinFile, BulletinFile)> {
    let file = |form| Ok::<_, ApiError>(one(paper, form).map(|bytes| BulletinFile { sm3: sm3_hex(&bytes), bytes })?);
    Ok((file(PaperForm::Docx)?, file(PaperForm::Xlsx)?))
}

fn download(name: String, form: PaperForm, bytes: Vec<u8>) -> Download {
    let (extension, media_type) = match form {
        PaperForm::Docx => ("docx", DOCX),
        PaperForm::Xlsx => ("xlsx", XLSX),
    };
    Download { file_name: format!("{name}.{extension}"), media_type, content: Content::Bytes(bytes) }
}

/// A step as the page shows it.
fn step(event: Event) -> Option<dto::BulletinStep> {
    let kind = match event.action {
        Action::BulletinDrafted => dto::BulletinStepKind::Drafted,
        Action::BulletinRenewed => dto::BulletinStepKind::Renewed,
        Action::BulletinEdited => dto::BulletinStepKind::Edited,
        Action::BulletinApproved => dto::BulletinStepKind::Approved,
        Action::BulletinReturned => dto::BulletinStepKind::Returned,
        Action::BulletinFinalised => dto::BulletinStepKind::Finalised,
        Action::BulletinWithdrawn => dto::BulletinStepKind::Withdrawn,
        _ => return None,
    };
    let says = |what: &str| event.after.as_ref().and_then(|after| after.get(what)).and_then(|text| text.as_str()).map(str::to_owned);
    Some(dto::BulletinStep {
        at: event.at,
        actor: event.actor.clone(),
        person: says("person"),
        kind,
        remark: says("remark").unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn document_numbers() {
        for right in ["云卫医〔2025〕12号", "云卫医函〔2025〕1号", " 云卫发〔2024〕103号 "] {
            assert_eq!(checked_number(right).unwrap(), right.trim());
        }
        for wrong in ["", "云卫医[2025]12号", "云卫医〔25〕12号", "云卫医〔2025〕012号", "云卫医〔2025〕第12号", "〔2025〕1号", "云卫医〔2025〕12"] {
            assert!(checked_number(wrong).is_err(), "{wrong}");
        }
    }
}
