//! Urging (催报): what is owed, whom to call and the notice to send.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use chrono::NaiveDate;
use yizheng_casework::reporting::{Reporting, Standing};
use yizheng_casework::submissions::{Status, SubmissionFilter};
use yizheng_pack::dataset::Dataset;
use yizheng_pack::period::{Grain, Month, Period};
use yizheng_pack::scope::Scope;

use crate::api::desk::Answer;
use crate::api::dto;
use crate::api::error::ApiError;
use crate::app::region::Region;
use crate::app::register;

/// Something that is owed.
struct Owed<'p> {
    dataset: &'p Dataset,
    of: Reporting,
}

impl Region {
    pub(super) fn urging_rows(&self, scope: &Scope, query: &dto::UrgingQuery) -> Answer<Vec<dto::UrgingRow>> {
        let period = match &query.period {
            Some(text) => super::period(text.trim())?,
            None => {
                let measured = self.measure().map_err(ApiError::internal)?;
                let newest = self.months(&measured).map_or_else(|| Month::of(self.today()).plus(-1), |(_, last)| last);
                Period::containing(newest, Grain::Month)
            }
        };
        let mut owed: BTreeMap<String, Vec<Owed<'_>>> = BTreeMap::new();
        for dataset in self.pack.datasets.values().filter(|dataset| dataset.meta.status.runs()) {
            for of in self.standings(dataset, period.first(), period.last(), scope).map_err(ApiError::internal)? {
                if of.due && matches!(of.standing, Standing::Missing | Standing::Returned) {
                    owed.entry(of.institution.clone()).or_default().push(Owed { dataset, of });
                }
            }
        }
        if owed.is_empty() {
            return Ok(Vec::new());
        }
        // The names and phones of those to be called are asked for their purpose, and that is noted.
        let seeing = scope.clone().with_personal_fields();
        self.wait(self.store.note_personal_read(None, &format!("urging/{period}"), self.now(), scope))
            .map_err(ApiError::internal)?;
        let contacts = self.register(&seeing).map_err(ApiError::internal)?;
        let today = self.today();
        let mut rows = Vec::new();
        for (institution, list) in owed {
            let reference = register::reference(&self.pack, &contacts, &institution, period.start());
            let who = contacts.at(&institution, today).or_else(|| contacts.at(&institution, period.start()));
            let notice = self.notice(&reference.name, &list, today);
            let last = self.last_accepted(&institution, scope)?;
            for Owed { dataset, of } in list {
                let returned = of.submission.filter(|submission| submission.status == Status::Returned);
                let last = last.get(&*dataset.meta.id);
                rows.push(dto::UrgingRow {
                    institution: reference.clone(),
                    contact: who.and_then(|who| who.contact.clone()),
                    phone: who.and_then(|who| who.phone.clone()),
                    dataset: dto::NamedCode { code: dataset.meta.id.to_string(), name: dataset.meta.name.clone() },
                    period: of.month.to_string(),
                    status: super::institutions::status(of.standing),
                    deadline: of.deadline,
                    days_overdue: overdue(of.deadline, today),
                    returned_reason: returned
                        .as_ref()
                        .and_then(|submission| submission.messages.first())
                        .map(|message| format!("{} {}", message.number, message.message)),
                    submission: returned.map(|submission| submission.id),
                    last_period: last.map(|(period, _)| period.to_string()),
                    last_received_at: last.map(|(_, at)| *at),
                    notice: notice.clone(),
                });
            }
        }
        Ok(rows)
    }

    /// The newest accepted submission of each dataset.
    fn last_accepted(
        &self,
        institution: &str,
        scope: &Scope,
    ) -> Answer<BTreeMap<String, (Period, chrono::DateTime<chrono::Utc>)>> {
        let filter = SubmissionFilter {
            institution: Some(institution.to_owned()),
            status: Some(Status::Accepted),
            ..SubmissionFilter::default()
        };
        let mut last: BTreeMap<String, (Period, chrono::DateTime<chrono::Utc>)> = BTreeMap::new();
        for submission in self.wait(self.store.submissions(&filter, scope)).map_err(ApiError::internal)? {
            let one = (submission.target.period, submission.received_at);
            let newest = last.entry(submission.target.dataset).or_insert(one);
            if one.0.last() > newest.0.last() {
                *newest = one;
            }
        }
        Ok(last)
    }

    /// The notice to one institution about all that it owes.
    fn notice(&self, name: &str, owed: &[Owed<'_>], today: NaiveDate) -> String {
        notice(&self.place.name, self.place.contact.as_deref(), name, owed, today)
    }
}

/// Days since a deadline; 0 while it is not past.
fn overdue(deadline: NaiveDate, today: NaiveDate) -> i64 {
    (today - deadline).num_days().max(0)
}

fn day(date: NaiveDate) -> String {
    date.format("%Y年%-m月%-d日").to_string()
}

fn notice(region: &str, contact: Option<&str>, name: &str, owed: &[Owed<'_>], today: NaiveDate) -> String {
    let mut months: Vec<Month> = owed.iter().map(|owed| owed.of.month).collect();
    months.sort();
    months.dedup();
    let named = |month: &Month| Period::containing(*month, Grain::Month).in_chinese();
    let of = months.iter().map(named).collect::<Vec<_>>().join("、");
    let mut text = format!("关于催报{of}数据的通知\n\n{name}：\n　　截至{}，你单位以下数据尚未按要求报送：\n", day(today));
    let mut by_row = false;
    let mut form = false;
    for (number, Owed { dataset, of }) in (1..).zip(owed) {
        let reason = of.submission.as_ref().and_then(|submission| submission.messages.first());
        let state = match (of.standing, reason) {
            (Standing::Returned, Some(reason)) => {
                format!("报送的文件已退回（{}），尚未重报", reason.message.trim_end_matches('。'))
            }
            (Standing::Returned, None) => "报送的文件已退回，尚未重报".to_owned(),
            _ => "未报送".to_owned(),
        };
        let days = overdue(of.deadline, today);
        let late = if days > 0 { format!("，已逾期{days}天") } else { String::new() };
        let _ = writeln!(
            text,
            "　　{number}．《{}》（{}）：{state}，报送期限为{}{late}。",
            dataset.meta.name,
            Period::containing(of.month, Grain::Month).in_chinese(),
            day(of.deadline)
        );
        by_row |= !dataset.is_single();
        form |= dataset.form;
    }
    text += "　　请尽快报送。报送方法：登录本地区医政数据平台，在“数据报送”页面选择数据集和月份后上传文件";
    if form {
        text += "，月报表也可以在“网上填报”页面直接填写";
    }
    if by_row {
        text += "；确实没有发生的，请报“零报告”";
    }
    text += "。已退回的，请按退回原因改正后重新报送。\n";
    match contact.map(str::trim).filter(|contact| !contact.is_empty()) {
        Some(contact) => {
            let _ = writeln!(text, "　　报送中有问题，请联系：{contact}。");
        }
        None => text += "　　报送中有问题，请与发出本通知的科室联系。\n",
    }
    let _ = write!(text, "\n{region}卫生健康行政部门\n{}\n", day(today));
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn one_notice_names_all_that_is_owed() {
        let pack = crate::app::definitions::load_national().unwrap();
        let dataset = &*pack.datasets["inpatient_front_page"];
        let owed = |month: &str, deadline: &str, standing| Owed {
            dataset,
            of: Reporting {
                institution: "X".to_owned(),
                month: month.parse::<Period>().unwrap().first(),
                due: true,
                deadline: date(deadline),
                standing,
                submission: None,
            },
        };
        let list =
            [owed("2024-02", "2024-03-10", Standing::Returned), owed("2024-03", "2024-04-10", Standing::Missing)];
        // On 10 April March is still in time; from 10 March to 10 April are 31 days.
        let text = notice("云澜市", Some("医政科 0990-2200000"), "云澜市青石镇卫生院", &list, date("2024-04-10"));
        assert_eq!(
            text,
            concat!(
                "关于催报2024年2月、2024年3月数据的通知\n",
                "\n",
                "云澜市青石镇卫生院：\n",
                "　　截至2024年4月10日，你单位以下数据尚未按要求报送：\n",
                "　　1．《住院病案首页》（2024年2月）：报送的文件已退回，尚未重报，报送期限为2024年3月10日，已逾期31天。\n",
                "　　2．《住院病案首页》（2024年3月）：未报送，报送期限为2024年4月10日。\n",
                "　　请尽快报送。报送方法：登录本地区医政数据平台，在“数据报送”页面选择数据集和月份后上传文件；确实没有发生的，请报“零报告”。已退回的，请按退回原因改正后重新报送。\n",
                "　　报送中有问题，请联系：医政科 0990-2200000。\n",
                "\n",
                "云澜市卫生健康行政部门\n",
                "2024年4月10日\n",
            )
        );
        let nobody = notice("云澜市", None, "甲", &list, date("2024-04-10"));
        assert!(nobody.contains("请与发出本通知的科室联系"));
    }

    #[test]
    fn days_overdue() {
        // From 10 April to 15 April are five days; on the day itself and before, none.
        assert_eq!(overdue(date("2024-04-10"), date("2024-04-15")), 5);
        assert_eq!(overdue(date("2024-04-10"), date("2024-04-10")), 0);
        assert_eq!(overdue(date("2024-04-10"), date("2024-04-01")), 0);
    }
}
