//! The shapes of overrides and of changelogs, before anything is resolved.

use serde::Deserialize;
use toml::Spanned;

use super::Status;
use super::layer::{Override, OverrideHead};
use super::raw::{Date, RawTarget, Text};
use crate::alert::AlertSeverity;
use crate::dataset::Severity;

// As with definitions: serde cannot refuse unknown keys in a struct with a flattened head.
macro_rules! overriding {
    ($(#[$doc:meta])* struct $name:ident($status:expr) { $($(#[$of:meta])* $key:ident: $ty:ty,)* } dated { $($dated:ident: $row:ty,)* }) => {
        $(#[$doc])*
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(super) struct $name {
            id: Text,
            source: Option<Text>,
            limits: Option<Text>,
            $($(#[$of])* pub $key: Option<$ty>,)*
            $(#[serde(default)] pub $dated: Vec<$row>,)*
        }

        impl Override for $name {
            const KEYS: &'static [&'static str] = &[$(stringify!($dated),)* $(stringify!($key),)* "limits"];

            fn head(&self) -> OverrideHead<'_> {
                let status: fn(&Self) -> Option<&Spanned<Status>> = $status;
                OverrideHead {
                    id: &self.id,
                    source: self.source.as_ref(),
                    limits: self.limits.as_ref(),
                    undated: false $(|| self.$key.is_some())*,
                    status: status(self),
                }
            }
        }
    };
}

overriding! {
    /// `indicators/<id>.override.toml`
    struct RawIndicatorOverride(|own| own.status.as_ref()) { status: Spanned<Status>, } dated { target: Spanned<RawTarget>, }
}

overriding! {
    /// `datasets/<id>/checks/<id>.override.toml`
    struct RawCheckOverride(|own| own.status.as_ref()) { status: Spanned<Status>, severity: Severity, } dated {}
}

overriding! {
    /// `alerts/<id>.override.toml`
    struct RawAlertOverride(|own| own.status.as_ref()) {
        status: Spanned<Status>,
        severity: AlertSeverity,
        answer_within: u32,
        months: u32,
        missed: u32,
        of: u32,
        days: u32,
        window: u32,
        baseline: u32,
        minimum_points: u32,
        minimum_denominator: u32,
        indicators: Vec<String>,
    } dated {}
}

overriding! {
    /// `parameters/<id>.override.toml`
    struct RawParameterOverride(|_| None) {} dated { values: RawDatedOverride, }
}

overriding! {
    /// `datasets/<id>/dataset.override.toml`
    struct RawDatasetOverride(|_| None) {} dated { due: Spanned<RawDueOverride>, }
}

/// A parameter's value that a later layer sets.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawDatedOverride {
    pub from: Date,
    pub to: Option<Date>,
    pub value: Text,
    pub source: Text,
}

/// What a later layer changes of who must submit, and until when; what it does not name stays.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawDueOverride {
    pub from: Date,
    pub source: Text,
    pub voluntary: Option<bool>,
    pub min_beds: Option<i64>,
    pub classes: Option<Vec<Text>>,
    pub levels: Option<Vec<Text>>,
    pub days: Option<u32>,
}

/// `CHANGELOG.toml`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawChangelog {
    #[serde(default)]
    pub release: Vec<RawRelease>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRelease {
    pub version: Text,
    pub date: Option<Date>,
    #[serde(default)]
    pub change: Vec<RawChange>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawChange {
    pub ids: Spanned<Vec<Text>>,
    pub what: Text,
    pub periods: Option<Text>,
    pub from: Option<Date>,
    pub to: Option<Date>,
    pub recompute: bool,
}
