//! The answers of the API, which the command line uses too.

mod alerts;
mod briefing;
mod bulletins;
pub mod definitions;
mod figures;
mod forms;
mod institutions;
mod meeting;
mod overview;
mod plans;
mod submissions;
mod urging;

pub use alerts::severity as alert_severity;
pub use figures::{no_indicator, period, thousands};
pub use forms::{month, workbook};
pub use overview::rate;
pub use submissions::next_steps;

use std::sync::Arc;

use yizheng_casework::institutions::Register;
use yizheng_pack::dataset::Dataset;
use yizheng_pack::period::Period;
use yizheng_pack::scope::Scope;

use super::checking::Question;
use super::dry_run;
use super::region::Region;
use super::submitting::{Incoming, Source};
use crate::api::desk::{
    Answer, CheckRequest, Desk, Download, FindingsForm, PaperForm, Stretch, SubmitRequest, Window,
};
use crate::api::dto;
use crate::api::error::ApiError;

impl Desk for Region {
    fn meta(&self, scope: &Scope) -> Answer<dto::Meta> {
        self.meta_of(scope)
    }

    fn overview(&self, scope: &Scope, query: &dto::PeriodQuery) -> Answer<dto::Overview> {
        self.overview_of(scope, query)
    }

    fn reporting(&self, scope: &Scope, query: &dto::ReportingQuery) -> Answer<Vec<dto::ReportingRow>> {
        self.reporting_rows(scope, query)
    }

    fn indicators(&self, _: &Scope) -> Answer<Vec<dto::IndicatorRow>> {
        Ok(self.indicator_rows())
    }

    fn indicator(&self, _: &Scope, id: &str) -> Answer<dto::Indicator> {
        self.indicator_of(id)
    }

    fn figures(&self, scope: &Scope, query: &dto::FiguresQuery) -> Answer<Vec<dto::Figure>> {
        self.figures_of(scope, query)
    }

    fn values(&self, scope: &Scope, query: &dto::ValuesQuery) -> Answer<Vec<dto::ValueRow>> {
        self.values_of(scope, query)
    }

    fn explain(&self, scope: &Scope, indicator: &str, query: &dto::ExplainQuery) -> Answer<dto::Explanation> {
        self.explanation(scope, indicator, query)
    }

    fn explain_rows(
        &self,
        scope: &Scope,
        indicator: &str,
        query: &dto::ExplainRowsQuery,
        window: &Window,
    ) -> Answer<(Vec<dto::ExplainColumn>, Stretch<dto::ExplainRow>)> {
        self.rows_behind(scope, indicator, query, window)
    }

    fn institutions(&self, scope: &Scope) -> Answer<Vec<dto::InstitutionRow>> {
        self.institution_rows(scope)
    }

    fn institution(&self, scope: &Scope, code: &str) -> Answer<dto::Institution> {
        self.institution_of(scope, code)
    }

    fn submissions(&self, scope: &Scope, query: &dto::SubmissionsQuery) -> Answer<Vec<dto::SubmissionRow>> {
        self.submission_rows(scope, query)
    }

    fn submission(&self, scope: &Scope, id: &str) -> Answer<dto::Submission> {
        self.submission_of(scope, id)
    }

    fn submission_checks(&self, scope: &Scope, id: &str) -> Answer<Vec<dto::CheckResult>> {
        self.checks_of(scope, id)
    }

    fn findings(
        &self,
        scope: &Scope,
        id: &str,
        query: &dto::FindingsQuery,
        window: &Window,
    ) -> Answer<Stretch<dto::Finding>> {
        self.findings_of(scope, id, query, window)
    }

    fn findings_file(&self, scope: &Scope, id: &str, form: FindingsForm) -> Answer<Download> {
        self.findings_file_of(scope, id, form)
    }

    fn change_summary(&self, scope: &Scope, id: &str) -> Answer<dto::ChangeSummary> {
        self.change_summary_of(scope, id)
    }

    fn changes(&self, scope: &Scope, id: &str, window: &Window) -> Answer<Stretch<dto::Change>> {
        self.changes_of(scope, id, window)
    }

    fn explain_finding(&self, scope: &Scope, id: &str, new: dto::NewExplanation) -> Answer<dto::GivenExplanation> {
        self.give_explanation(scope, id, &new)
    }

    fn check(&self, scope: &Scope, request: CheckRequest) -> Answer<dto::Outcome> {
        let dataset = self.dataset(&request.dataset).ok_or_else(|| {
            dry_run::no_dataset(&self.pack, &request.dataset)
        })?;
        let register = self.register(scope).map_err(ApiError::internal)?;
        let institution = match &request.institution {
            None => None,
            Some(text) => Some(self.submitter(&register, scope, dataset, text, self.today())?),
        };
        let period = request.period.as_deref().map(period).transpose()?;
        let bytes = dry_run::read(&request)?;
        self.try_file(scope, &register, dataset, institution, period, (bytes, request.upload.file_name.clone()))
    }

    fn check_outcome(&self, scope: &Scope, token: &str) -> Answer<dto::Outcome> {
        let outcome = self.dry_runs.find(token, scope.actor())?.outcome.clone();
        Ok(dto::Outcome { token: Some(token.to_owned()), ..outcome })
    }

    fn check_findings(
        &self,
        scope: &Scope,
        token: &str,
        query: &dto::FindingsQuery,
        window: &Window,
    ) -> Answer<Stretch<dto::Finding>> {
        self.dry_runs.find(token, scope.actor())?.findings(query, window)
    }

    fn check_findings_file(&self, scope: &Scope, token: &str, form: FindingsForm) -> Answer<Download> {
        self.dry_runs.find(token, scope.actor())?.findings_file(form)
    }

    fn submit(&self, scope: &Scope, request: SubmitRequest) -> Answer<dto::Outcome> {
        self.send(
            scope,
            &Incoming {
                dataset: request.dataset,
                institution: request.institution,
                period: request.period,
                mode: request.mode,
                source: Source::File { path: request.upload.path, name: request.upload.file_name },
                confirm_disappearing: request.confirm_disappearing,
                received_at: self.now(),
            },
        )
    }

    fn submit_zero(&self, scope: &Scope, request: dto::ZeroReport) -> Answer<dto::Outcome> {
        self.send(
            scope,
            &Incoming {
                dataset: request.dataset,
                institution: request.institution,
                period: request.period,
                mode: dto::Mode::Full,
                source: Source::Zero,
                confirm_disappearing: request.confirm_disappearing,
                received_at: self.now(),
            },
        )
    }

    fn datasets(&self, _: &Scope) -> Answer<Vec<dto::DatasetRow>> {
        Ok(self.dataset_rows())
    }

    fn dataset(&self, _: &Scope, id: &str) -> Answer<dto::Dataset> {
        self.dataset_of(id)
    }

    fn definition_changes(&self, _: &Scope) -> Answer<Vec<dto::DefinitionChange>> {
        Ok(self.definition_change_rows())
    }

    fn definitions(&self, _: &Scope, query: &dto::DefinitionsQuery) -> Answer<Vec<dto::DefinitionRow>> {
        Ok(self.definition_rows(query))
    }

    fn definition(&self, _: &Scope, to: &dto::DefinitionRef) -> Answer<dto::DefinitionPage> {
        self.definition_of(to)
    }

    fn dataset_template(&self, _: &Scope, id: &str) -> Answer<Download> {
        self.template(id)
    }

    fn dataset_workbook(&self, scope: &Scope, id: &str, query: &dto::TemplateQuery) -> Answer<Download> {
        self.workbook(scope, id, query)
    }

    fn form(&self, scope: &Scope, id: &str, query: &dto::FormQuery) -> Answer<dto::DatasetForm> {
        self.form_of(scope, id, query)
    }

    fn submit_form(&self, scope: &Scope, id: &str, form: dto::FilledForm) -> Answer<dto::Outcome> {
        self.send_form(scope, id, &form)
    }

    fn check_form(&self, scope: &Scope, id: &str, form: dto::FilledForm) -> Answer<dto::Outcome> {
        self.try_form(scope, id, &form)
    }

    fn urging(&self, scope: &Scope, query: &dto::UrgingQuery) -> Answer<Vec<dto::UrgingRow>> {
        self.urging_rows(scope, query)
    }

    fn briefing(&self, scope: &Scope, query: &dto::PeriodQuery) -> Answer<dto::Briefing> {
        self.briefing_of(scope, query)
    }

    fn alerts(&self, scope: &Scope, query: &dto::AlertsQuery) -> Answer<Vec<dto::AlertRow>> {
        self.alert_rows(scope, query)
    }

    fn alert(&self, scope: &Scope, alert: &str) -> Answer<dto::Alert> {
        self.alert_of(scope, alert)
    }

    fn handle_alert(&self, scope: &Scope, alert: &str, action: dto::NewAlertAction) -> Answer<dto::Alert> {
        self.handle(scope, alert, &action)
    }

    fn alert_rules(&self, scope: &Scope) -> Answer<Vec<dto::AlertRuleRow>> {
        self.alert_rule_rows(scope)
    }

    fn plans(&self, scope: &Scope, query: &dto::AsOfQuery) -> Answer<Vec<dto::PlanRow>> {
        self.plan_rows(scope, query)
    }

    fn plan(&self, scope: &Scope, plan: &str, query: &dto::AsOfQuery) -> Answer<dto::Plan> {
        self.plan_of(scope, plan, query)
    }

    fn plan_items(&self, scope: &Scope, plan: &str, query: &dto::AsOfQuery) -> Answer<Vec<dto::PlanItemRow>> {
        self.plan_item_rows(scope, plan, query)
    }

    fn plan_targets(&self, scope: &Scope, plan: &str, query: &dto::AsOfQuery) -> Answer<Vec<dto::PlanTargetRow>> {
        self.plan_target_rows(scope, plan, query)
    }

    fn plan_reminders(&self, scope: &Scope, plan: &str, query: &dto::AsOfQuery) -> Answer<Vec<dto::PlanReminder>> {
        self.plan_reminders_of(scope, plan, query)
    }

    fn plan_item(&self, scope: &Scope, plan: &str, item: &str, query: &dto::AsOfQuery) -> Answer<dto::PlanItem> {
        self.plan_item_of(scope, plan, item, query)
    }

    fn assign_plan_item(
        &self,
        scope: &Scope,
        plan: &str,
        item: &str,
        new: dto::NewPlanAssignment,
    ) -> Answer<dto::PlanItem> {
        self.assign(scope, plan, item, &new, self.now())
    }

    fn add_plan_progress(
        &self,
        scope: &Scope,
        plan: &str,
        item: &str,
        new: dto::NewPlanProgress,
    ) -> Answer<dto::PlanItem> {
        self.add_progress(scope, plan, item, &new, self.now())
    }

    fn withdraw_plan_progress(
        &self,
        scope: &Scope,
        plan: &str,
        item: &str,
        entry: &str,
        reason: dto::Withdrawal,
    ) -> Answer<dto::PlanItem> {
        self.withdraw_progress(scope, plan, item, entry, &reason)
    }

    fn bulletin_kinds(&self, scope: &Scope) -> Answer<Vec<dto::BulletinKindRow>> {
        self.bulletin_kind_rows(scope)
    }

    fn bulletins(&self, scope: &Scope) -> Answer<Vec<dto::BulletinRow>> {
        self.bulletin_rows(scope)
    }

    fn bulletin(&self, scope: &Scope, bulletin: &str) -> Answer<dto::Bulletin> {
        self.bulletin_of(scope, bulletin)
    }

    fn draft_bulletin(&self, scope: &Scope, new: dto::NewBulletin) -> Answer<dto::Bulletin> {
        self.draft(scope, &new)
    }

    fn renew_bulletin(&self, scope: &Scope, bulletin: &str, seen: dto::BulletinSeen) -> Answer<dto::Bulletin> {
        self.renew(scope, bulletin, seen.revision)
    }

    fn edit_bulletin(&self, scope: &Scope, bulletin: &str, prose: dto::BulletinProse) -> Answer<dto::Bulletin> {
        self.edit(scope, bulletin, &prose)
    }

    fn handle_bulletin(&self, scope: &Scope, bulletin: &str, action: dto::NewBulletinAction) -> Answer<dto::Bulletin> {
        self.act(scope, bulletin, &action)
    }

    fn bulletin_check(&self, scope: &Scope, bulletin: &str) -> Answer<dto::BulletinCheck> {
        self.bulletin_check_of(scope, bulletin)
    }

    fn bulletin_file(&self, scope: &Scope, bulletin: &str, form: PaperForm) -> Answer<Download> {
        self.bulletin_file_of(scope, bulletin, form)
    }

    fn meeting(&self, scope: &Scope, query: &dto::MeetingQuery) -> Answer<dto::Meeting> {
        self.meeting_of(scope, query)
    }

    fn meeting_file(&self, scope: &Scope, query: &dto::MeetingQuery, form: PaperForm) -> Answer<Download> {
        self.meeting_file_of(scope, query, form)
    }
}

impl Region {
    /// A dry run of a file whose sender and period are known as far as they were said.
    fn try_file(
        &self,
        scope: &Scope,
        register: &Register,
        dataset: &Arc<Dataset>,
        institution: Option<String>,
        period: Option<Period>,
        (bytes, name): (Vec<u8>, String),
    ) -> Answer<dto::Outcome> {
        let question = Question {
            dataset,
            bytes: &bytes,
            name: &name,
            institution: institution.as_deref(),
            period,
            received_at: self.now(),
        };
        let live = match (&institution, period) {
            (Some(institution), Some(period)) => Some(
                super::checking::LiveRows::of(self, dataset, institution, period, scope).map_err(ApiError::internal)?,
            ),
            _ => None,
        };
        let earlier = live.as_ref().map(|live| live as &dyn yizheng_intake::Earlier);
        let checked = self.check_file(&question, register, earlier);
        let mut run = dry_run::made(dataset, &checked, bytes, name, scope.actor(), period);
        run.outcome.institution =
            institution.map(|code| super::register::reference(&self.pack, register, &code, self.today()));
        run.outcome.next_steps = submissions::after_dry_run(&run.outcome);
        let mut outcome = run.outcome.clone();
        outcome.token = Some(self.dry_runs.keep(run));
        Ok(outcome)
    }
}
