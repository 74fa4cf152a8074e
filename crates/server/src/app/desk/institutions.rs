//! Institutions as the register has them, and how they report.

use std::collections::{BTreeMap, BTreeSet};

use yizheng_casework::institutions::Institution;
use yizheng_casework::reporting::{Reporting, Standing};
use yizheng_casework::submissions::Status;
use yizheng_pack::dataset::Dataset;
use yizheng_pack::identifiers;
use yizheng_pack::period::{Grain, Period};
use yizheng_pack::scope::Scope;

use super::overview::rate;
use crate::api::desk::Answer;
use crate::api::dto;
use crate::api::error::ApiError;
use crate::app::measuring::Measured;
use crate::app::region::{PROGRAM, Region};
use crate::app::register;

impl Region {
    pub(super) fn meta_of(&self, scope: &Scope) -> Answer<dto::Meta> {
        let measured = self.measure().map_err(ApiError::internal)?;
        let months = self
            .months(&measured)
            .map(|(first, last)| (0..=last.since(first)).map(|n| first.plus(n).to_string()).collect())
            .unwrap_or_default();
        let domains: BTreeSet<&String> =
            self.pack.running_indicators().map(|(_, indicator)| &indicator.domain).collect();
        let today = self.today();
        let mut alliances = BTreeSet::new();
        let mut institutions = Vec::new();
        for code in self.codes(&measured, scope) {
            if let Some(alliance) = measured.names.at(&code, today).and_then(|now| now.alliance.clone()) {
                alliances.insert(alliance);
            }
            institutions.push(register::reference(&self.pack, &measured.names, &code, today));
        }
        Ok(dto::Meta {
            region_code: self.place.code.clone(),
            region: self.place.name.clone(),
            demo: self.place.demo,
            today,
            program_version: PROGRAM.to_owned(),
            packs: self.pack_versions(),
            months,
            newest_complete: self.newest_complete(scope)?.map(|month| month.to_string()),
            datasets: self
                .pack
                .datasets
                .values()
                .map(|dataset| dto::NamedCode { code: dataset.meta.id.to_string(), name: dataset.meta.name.clone() })
                .collect(),
            domains: domains.into_iter().map(|domain| dto::NamedCode { code: domain.clone(), name: domain.clone() }).collect(),
            alliances: alliances.into_iter().map(|name| dto::NamedCode { code: name.clone(), name }).collect(),
            institutions,
        })
    }

    /// The institutions that the scope allows, by licence number.
    fn codes(&self, measured: &Measured, scope: &Scope) -> BTreeSet<String> {
        measured.names.versions().map(|version| version.code).filter(|code| scope.allows(code)).collect()
    }

    pub(super) fn institution_rows(&self, scope: &Scope) -> Answer<Vec<dto::InstitutionRow>> {
        let measured = self.measure().map_err(ApiError::internal)?;
        let today = self.today();
        let divisions = self.divisions()?;
        let mut reporting: BTreeMap<&str, Vec<&Reporting>> = BTreeMap::new();
        for of in measured.reporting.values().flatten() {
            reporting.entry(of.institution.as_str()).or_default().push(of);
        }
        let mut rows = Vec::new();
        for code in self.codes(&measured, scope) {
            let history = measured.names.history(&code);
            let Some(now) = history.iter().rev().find(|version| version.valid_from <= today).or(history.first()) else {
                continue;
            };
            let of = reporting.get(code.as_str()).map(Vec::as_slice).unwrap_or_default();
            let accepted: Vec<&&Reporting> =
                of.iter().filter(|of| matches!(of.standing, Standing::Reported | Standing::Late)).collect();
            let counts = accepted.iter().filter_map(|of| of.submission.as_ref()?.counts);
            let (all, held) = counts.fold((0, 0), |(all, held), counts| (all + counts.rows, held + counts.held));
            let attributes = &now.attributes;
            rows.push(dto::InstitutionRow {
                name: attributes.name.clone(),
                class: register::class(&self.pack, &attributes.class),
                level: attributes.level.as_deref().map(|code| register::level(&self.pack, code)),
                ownership: register::ownership(attributes),
                beds: attributes.beds,
                region: division(&divisions, &attributes.region),
                alliance: attributes.alliance.clone().map(|name| dto::NamedCode { code: name.clone(), name }),
                last_reported: accepted.iter().map(|of| of.month).max().map(|month| month.to_string()),
                months_reported: count(accepted.iter().filter(|of| of.due && of.deadline < today).count()),
                months_due: count(of.iter().filter(|of| of.due && of.deadline < today).count()),
                error_rate: rate(held, all),
                code,
            });
        }
        Ok(rows)
    }

    fn divisions(&self) -> Answer<BTreeMap<String, String>> {
        let divisions = self.wait(self.store.regions_at(self.today())).map_err(ApiError::internal)?;
        Ok(divisions.into_iter().map(|division| (division.code, division.name)).collect())
    }

    pub(super) fn institution_of(&self, scope: &Scope, text: &str) -> Answer<dto::Institution> {
        let measured = self.measure().map_err(ApiError::internal)?;
        let code = self.resolve(&measured, text, scope)?;
        let history = self.wait(self.store.history(&code, scope)).map_err(ApiError::internal)?;
        let today = self.today();
        let in_force = history.iter().rev().find(|version| version.valid_from <= today);
        let newest = in_force.or(history.first()).ok_or_else(|| ApiError::not_found(format!("机构“{text}”")))?;
        let divisions = self.divisions()?;
        let mut reporting: Vec<dto::ReportingRow> = measured
            .reporting
            .iter()
            .filter_map(|(id, all)| Some((self.pack.datasets.get(id)?, all)))
            .flat_map(|(dataset, all)| all.iter().map(move |of| (dataset, of)))
            .filter(|(_, of)| of.institution == code)
            .map(|(dataset, of)| self.reporting_row(&measured, dataset, of))
            .collect();
        reporting.sort_by(|a, b| b.period.cmp(&a.period));
        Ok(dto::Institution {
            name: newest.attributes.name.clone(),
            credit_code: newest.attributes.credit_code.clone(),
            aliases: newest.attributes.aliases.clone(),
            versions: history.iter().rev().map(|version| self.version(&divisions, version)).collect(),
            licence: self.licence(&divisions, &code),
            reporting,
            code,
        })
    }

    fn version(&self, divisions: &BTreeMap<String, String>, version: &Institution) -> dto::InstitutionVersion {
        let of = &version.attributes;
        dto::InstitutionVersion {
            from: version.valid_from,
            to: version.valid_to,
            name: of.name.clone(),
            class: register::class(&self.pack, &of.class),
            level: of.level.as_deref().map(|code| register::level(&self.pack, code)),
            ownership: register::ownership(of),
            beds: of.beds,
            region: division(divisions, &of.region),
            alliance: of.alliance.clone().map(|name| dto::NamedCode { code: name.clone(), name }),
            subjects: of.subjects.iter().map(|code| register::subject(&self.pack, &code.replace('.', ""))).collect(),
            contact: of.contact.clone(),
            phone: of.phone.clone(),
        }
    }

    /// What the licence number itself says.
    fn licence(&self, divisions: &BTreeMap<String, String>, code: &str) -> Vec<dto::LicencePart> {
        let Ok(licence) = identifiers::ws218(code) else { return Vec::new() };
        let management = match licence.management {
            identifiers::Management::NonProfit => "1",
            identifiers::Management::ForProfit => "2",
            identifiers::Management::Other => "9",
        };
        let part = |name: &str, code: &str, meaning: Option<String>| dto::LicencePart {
            name: name.to_owned(),
            code: code.to_owned(),
            meaning: meaning.filter(|meaning| meaning != code),
        };
        vec![
            part("组织机构代码", &licence.organisation, None),
            part("行政区划", &licence.region, divisions.get(licence.region.as_str()).cloned()),
            part("经济类型", &licence.economic_type, Some(register::economic_type(&self.pack, &licence.economic_type).name)),
            part("机构类别", &licence.class, Some(register::class(&self.pack, &licence.class).name)),
            part("分类管理", management, Some(register::management(&self.pack, management).name)),
        ]
    }

    pub(super) fn reporting_rows(&self, scope: &Scope, query: &dto::ReportingQuery) -> Answer<Vec<dto::ReportingRow>> {
        let measured = self.measure().map_err(ApiError::internal)?;
        let period = match &query.period {
            Some(text) => super::period(text)?,
            None => self.months(&measured).map_or_else(
                || Period::containing(yizheng_pack::period::Month::of(self.today()).plus(-1), Grain::Month),
                |(_, last)| Period::containing(last, Grain::Month),
            ),
        };
        Ok(self
            .pack
            .datasets
            .values()
            .filter(|dataset| dataset.meta.status.runs())
            .filter(|dataset| query.dataset.as_deref().is_none_or(|id| *dataset.meta.id == *id))
            .map(|dataset| {
                // Also what nobody has sent yet, and the month after the newest.
                let standings = self.standings(dataset, period.first(), period.last(), scope).map_err(ApiError::internal)?;
                let asked = standings.iter().filter(|of| query.institution.as_deref().is_none_or(|code| of.institution == code));
                Ok(asked.map(|of| self.reporting_row(&measured, dataset, of)).collect::<Vec<_>>())
            })
            .collect::<Answer<Vec<_>>>()?
            .concat())
    }

    fn reporting_row(&self, measured: &Measured, dataset: &Dataset, of: &Reporting) -> dto::ReportingRow {
        let counts = of
            .submission
            .as_ref()
            .filter(|submission| submission.status != Status::Returned || submission.counts.is_some())
            .and_then(|submission| submission.counts);
        dto::ReportingRow {
            institution: register::reference(&self.pack, &measured.names, &of.institution, of.month.start()),
            dataset: dto::NamedCode { code: dataset.meta.id.to_string(), name: dataset.meta.name.clone() },
            form: dataset.form,
            period: of.month.to_string(),
            status: status(of.standing),
            deadline: of.due.then_some(of.deadline),
            submission: of.submission.as_ref().map(|submission| submission.id.clone()),
            received_at: of.submission.as_ref().map(|submission| submission.received_at),
            version: of.submission.as_ref().map(|submission| submission.version),
            rows: counts.map(|counts| counts.rows),
            error_rows: counts.map(|counts| counts.held),
            warning_rows: counts.map(|counts| counts.warned),
            error_rate: counts.and_then(|counts| rate(counts.held, counts.rows)),
        }
    }
}

/// A standing as the contract has it.
pub(super) fn status(standing: Standing) -> dto::ReportingStatus {
    match standing {
        Standing::Reported => dto::ReportingStatus::Reported,
        Standing::Late => dto::ReportingStatus::Late,
        Standing::Returned => dto::ReportingStatus::Returned,
        Standing::Missing => dto::ReportingStatus::Missing,
        Standing::NotDue => dto::ReportingStatus::NotDue,
    }
}

fn division(divisions: &BTreeMap<String, String>, code: &str) -> dto::NamedCode {
    let name = divisions.get(code).cloned().unwrap_or_else(|| code.to_owned());
    dto::NamedCode { code: code.to_owned(), name }
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
