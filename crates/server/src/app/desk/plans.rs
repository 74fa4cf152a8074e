//! Plans, the briefing and the monthly report, as the contract has them.

use yizheng_pack::scope::Scope;

use crate::api::desk::{Answer, Download, MeetingForm};
use crate::api::dto;
use crate::api::error::ApiError;
use crate::app::region::Region;

impl Region {
    pub(super) fn briefing_of(&self, _: &Scope, _: &dto::PeriodQuery) -> Answer<dto::Briefing> {
        Err(ApiError::not_found("工作要点"))
    }

    pub(super) fn plan_rows(&self, _: &Scope, _: &dto::AsOfQuery) -> Answer<Vec<dto::PlanRow>> {
        Err(ApiError::not_found("工作要点"))
    }

    pub(super) fn plan_of(&self, _: &Scope, _: &str, _: &dto::AsOfQuery) -> Answer<dto::Plan> {
        Err(ApiError::not_found("工作要点"))
    }

    pub(super) fn plan_item_rows(&self, _: &Scope, _: &str, _: &dto::AsOfQuery) -> Answer<Vec<dto::PlanItemRow>> {
        Err(ApiError::not_found("工作要点"))
    }

    pub(super) fn plan_target_rows(&self, _: &Scope, _: &str, _: &dto::AsOfQuery) -> Answer<Vec<dto::PlanTargetRow>> {
        Err(ApiError::not_found("工作要点"))
    }

    pub(super) fn plan_reminders_of(&self, _: &Scope, _: &str, _: &dto::AsOfQuery) -> Answer<Vec<dto::PlanReminder>> {
        Err(ApiError::not_found("工作要点"))
    }

    pub(super) fn plan_item_of(&self, _: &Scope, _: &str, _: &str, _: &dto::AsOfQuery) -> Answer<dto::PlanItem> {
        Err(ApiError::not_found("工作要点"))
    }

    pub(super) fn assign(&self, _: &Scope, _: &str, _: &str, _: &dto::NewPlanAssignment) -> Answer<dto::PlanItem> {
        Err(ApiError::not_found("工作要点"))
    }

    pub(super) fn add_progress(&self, _: &Scope, _: &str, _: &str, _: &dto::NewPlanProgress) -> Answer<dto::PlanItem> {
        Err(ApiError::not_found("工作要点"))
    }

    pub(super) fn withdraw_progress(&self, _: &Scope, _: &str, _: &str, _: &str, _: &dto::Withdrawal) -> Answer<dto::PlanItem> {
        Err(ApiError::not_found("工作要点"))
    }

    pub(super) fn meeting_of(&self, _: &Scope, _: &dto::MeetingQuery) -> Answer<dto::Meeting> {
        Err(ApiError::not_found("工作要点"))
    }

    pub(super) fn meeting_file_of(&self, _: &Scope, _: &dto::MeetingQuery, _: MeetingForm) -> Answer<Download> {
        Err(ApiError::not_found("工作要点"))
    }
}
