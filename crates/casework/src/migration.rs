//! The schema, as numbered changes. A change that has been released is never edited; a new one is
//! added behind it.

use sea_orm_migration::MigrationTrait;

mod m0001_spine;
mod m0003_alerts;
mod m0004_plans;
mod m0005_origin;
mod m0006_bulletins;
mod m0007_audit;
mod m0008_entries;

/// Every change, in order.
pub(crate) fn all() -> Vec<Box<dyn MigrationTrait>> {
    vec![
        Box::new(m0001_spine::Spine),
        Box::new(m0003_alerts::Alerts),
        Box::new(m0004_plans::Plans),
        Box::new(m0005_origin::EvidenceOrigin),
        Box::new(m0006_bulletins::Bulletins),
        Box::new(m0007_audit::AuditChain),
        Box::new(m0008_entries::Entries),
    ]
}
