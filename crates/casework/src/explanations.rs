//! 情况说明: answers to findings, kept by check and business key, so that they follow their row into
//! the next version.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sea_orm::{ActiveValue::NotSet, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde::{Deserialize, Serialize};
use yizheng_pack::scope::Scope;

use crate::entity::{Action, explanation};
use crate::events::{self, Event};
use crate::store::{Desk, StoreError, within};

/// An explanation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// The submission to whose findings it was given.
    pub submission: String,
    /// Check's id.
    pub check: String,
    /// The row's business key.
    pub key: String,
    /// What was said.
    pub text: String,
    /// When.
    pub given_at: DateTime<Utc>,
    /// By whom.
    pub actor: String,
}

/// Why an explanation cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum ExplanationError {
    /// There is no such submission, or the scope does not show it.
    #[error("there is no submission `{0}`")]
    UnknownSubmission(String),
    /// It says nothing.
    #[error("the explanation is empty")]
    Empty,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sea_orm::DbErr> for ExplanationError {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Store(error.into())
    }
}

impl From<explanation::Model> for Explanation {
    fn from(row: explanation::Model) -> Self {
        Self {
            submission: row.submission,
            check: row.check,
            key: row.key,
            text: row.text,
            given_at: row.given_at.at(),
            actor: row.actor,
        }
    }
}

impl Desk {
    /// Gives an explanation to a finding of a submission. A later one for the same check and key
    /// stands in front of the earlier; none is removed.
    ///
    /// # Errors
    /// When the submission is not to be seen, the text is empty, or the store fails.
    pub async fn give_explanation(
        &self,
        submission: &str,
        check: &str,
        key: &str,
        text: &str,
        now: DateTime<Utc>,
        scope: &Scope,
    ) -> Result<Explanation, ExplanationError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(ExplanationError::Empty);
        }
        let Some(about) = self.submission(submission, scope).await? else {
            return Err(ExplanationError::UnknownSubmission(submission.to_owned()));
        };
        let write = self.begin_write(now).await?;
        let given = Explanation {
            submission: submission.to_owned(),
            check: check.to_owned(),
            key: key.to_owned(),
            text: text.to_owned(),
            given_at: write.at.at(),
            actor: scope.actor().to_owned(),
        };
        let row = explanation::ActiveModel {
            id: NotSet,
            submission: Set(given.submission.clone()),
            institution: Set(about.target.institution.clone()),
            dataset: Set(about.target.dataset),
            period: Set(about.target.period.to_string()),
            check: Set(given.check.clone()),
            key: Set(given.key.clone()),
            text: Set(given.text.clone()),
            given_at: Set(write.at),
            actor: Set(given.actor.clone()),
        };
        explanation::Entity::insert(row).exec_without_returning(&write.txn).await?;
        let institution = Some(about.target.institution.as_str());
        let event =
            Event::new(Action::ExplanationGiven, scope.actor(), institution, submission, None::<&()>, Some(&given))?;
        events::append(&write, vec![event]).await?;
        write.commit().await?;
        Ok(given)
    }

    /// The explanations that hold for a submission: those given to any version of its target, the
    /// newest for each check and key. Ordered by check and key; none when the scope does not show
    /// the submission.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn explanations(&self, submission: &str, scope: &Scope) -> Result<Vec<Explanation>, StoreError> {
        let Some(about) = self.submission(submission, scope).await? else {
            return Ok(Vec::new());
        };
        let rows = explanation::Entity::find()
            .filter(within(scope, explanation::Column::Institution))
            .filter(explanation::Column::Institution.eq(about.target.institution))
            .filter(explanation::Column::Dataset.eq(about.target.dataset))
            .filter(explanation::Column::Period.eq(about.target.period.to_string()))
            .order_by_asc(explanation::Column::Id)
            .all(&self.pool)
            .await?;
        let newest: BTreeMap<_, _> = rows.into_iter().map(|row| ((row.check.clone(), row.key.clone()), row)).collect();
        Ok(newest.into_values().map(Explanation::from).collect())
    }
}
