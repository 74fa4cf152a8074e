//! Links (关联): whether a row has another one, of any month, that belongs to it: the same person
//! admitted again within 31 days, an earlier isolate of the same organism, an operation of the same
//! surgeon at the same time.
//!
//! A dataset declares its links and indicators ask for them by name: `linked('readmitted')`. How far
//! a link reaches is part of its declaration: the same key, one institution or the whole region, and
//! no longer than [`LONGEST`] days. Checks cannot ask: a finding must not tell one hospital about
//! another's rows.

use std::sync::Arc;

use crate::expr::reference::{IllTyped, Row, value};
use crate::expr::{Environment, Expr};
use crate::types::Value;

/// Position of a link in [`crate::dataset::Dataset::links`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LinkIx(pub usize);

/// Most days that a link reaches over.
pub const LONGEST: i64 = 400;

/// A declared link.
#[derive(Debug, Clone)]
pub struct Link {
    /// Id within the dataset, as expressions name it.
    pub id: Arc<str>,
    /// What it says of a row, in Chinese.
    pub name: String,
    /// Where in time the other row stands.
    pub other: Other,
    /// Whether the other row must be of the same person.
    pub person: bool,
    /// Whose rows are looked at.
    pub across: Across,
    /// What must be the same in both rows; a row that does not know one of them is linked to none.
    pub same: Vec<Expr>,
    /// What the other row must fulfil.
    pub filter: Option<Expr>,
}

/// Where the other row stands in time. Dates and times are of one type within a link.
#[derive(Debug, Clone)]
pub enum Other {
    /// Its `to` is not before this row's `from`, and at most `within` days after it.
    Later(Reach),
    /// Its `to` is not after this row's `from`, and at most `within` days before it.
    Earlier(Reach),
    /// Its time, from `from` to before `to`, has a moment in common with this row's.
    Overlapping {
        /// When a row begins.
        from: Expr,
        /// When it ends; a row that ends before it begins has no time.
        to: Expr,
    },
}

/// How far a link reaches in time.
#[derive(Debug, Clone)]
pub struct Reach {
    /// This row's time.
    pub from: Expr,
    /// The other row's time.
    pub to: Expr,
    /// Calendar days at most: a number or a dated parameter, by this row's month.
    pub within: Expr,
}

impl Reach {
    /// Whether both times are the same field: two rows of one moment then stand in the order of
    /// institution, month and place in the file.
    pub fn one_time(&self) -> bool {
        self.from == self.to
    }
}

/// Whose rows a link looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Across {
    /// The institution's own.
    #[default]
    Institution,
    /// All of the region.
    Region,
}

impl Link {
    /// All expressions in it.
    pub fn exprs(&self) -> Vec<&Expr> {
        let mut all: Vec<&Expr> = match &self.other {
            Other::Later(reach) | Other::Earlier(reach) => vec![&reach.from, &reach.to, &reach.within],
            Other::Overlapping { from, to } => vec![from, to],
        };
        all.extend(self.same.iter().chain(&self.filter));
        all
    }

    /// Whether later rows decide it, so that a value is provisional until they are in.
    pub fn waits(&self) -> Option<&Expr> {
        match &self.other {
            Other::Later(reach) => Some(&reach.within),
            Other::Earlier(_) | Other::Overlapping { .. } => None,
        }
    }
}

/// A row with what a link needs to know of it beside its cells.
#[derive(Debug, Clone, Copy)]
pub struct Placed<'a> {
    /// Its cells.
    pub row: &'a Row,
    /// Pseudonym of its person; `None` when nothing names the person.
    pub person: Option<&'a str>,
    /// Who sent it.
    pub institution: &'a str,
    /// The parameters of its month.
    pub environment: &'a Environment,
}

/// What a link says of the row at `at`: the reference, which looks at every other row. `rows` stand
/// in the order of institution, month and place in the file. `None` is not known: the row does not
/// know its own time, its person or what must be the same.
///
/// # Errors
/// When an expression is not one that the loader lets through.
pub fn linked(link: &Link, rows: &[Placed<'_>], at: usize) -> Result<Option<bool>, IllTyped> {
    let Some(this) = rows.get(at) else { return Ok(None) };
    let Some(key) = key(link, this)? else { return Ok(None) };
    if time(link.begin(), this)?.is_none() || (link.is_overlap() && time(link.end(), this)?.is_none()) {
        return Ok(None);
    }
    for (place, other) in rows.iter().enumerate() {
        if place != at && self::key(link, other)?.as_ref() == Some(&key) && fits(link, (at, this), (place, other))? {
            return Ok(Some(true));
        }
    }
    Ok(Some(false))
}

impl Link {
    fn is_overlap(&self) -> bool {
        matches!(self.other, Other::Overlapping { .. })
    }

    /// This row's time, or its beginning.
    pub fn begin(&self) -> &Expr {
        match &self.other {
            Other::Later(reach) | Other::Earlier(reach) => &reach.from,
            Other::Overlapping { from, .. } => from,
        }
    }

    /// The other row's time, or a row's end.
    pub fn end(&self) -> &Expr {
        match &self.other {
            Other::Later(reach) | Other::Earlier(reach) => &reach.to,
            Other::Overlapping { to, .. } => to,
        }
    }
}

/// What two linked rows have in common; `None` where something of it is not known.
fn key(link: &Link, row: &Placed<'_>) -> Result<Option<Vec<Value>>, IllTyped> {
    let mut key = Vec::new();
    if link.person {
        key.push(row.person.map_or(Value::Null, Value::text));
    }
    if link.across == Across::Institution {
        key.push(Value::text(row.institution));
    }
    for same in &link.same {
        key.push(value(same, row.row, row.environment)?);
    }
    Ok((!key.contains(&Value::Null)).then_some(key))
}

/// Seconds of civil time; a date is its first second.
fn time(expr: &Expr, row: &Placed<'_>) -> Result<Option<i64>, IllTyped> {
    Ok(match value(expr, row.row, row.environment)? {
        Value::Date(day) => day.and_hms_opt(0, 0, 0).map(|time| time.and_utc().timestamp()),
        Value::DateTime(time) => Some(time.and_utc().timestamp()),
        _ => None,
    })
}

/// Seconds of a day.
const DAY: i64 = 86_400;

fn fits(link: &Link, (at, this): (usize, &Placed<'_>), (place, other): (usize, &Placed<'_>)) -> Result<bool, IllTyped> {
    if let Some(filter) = &link.filter
        && value(filter, other.row, other.environment)? != Value::Bool(true)
    {
        return Ok(false);
    }
    let Some(from) = time(link.begin(), this)? else { return Ok(false) };
    let Some(to) = time(link.end(), other)? else { return Ok(false) };
    let days = |within: &Expr| {
        Ok(match value(within, this.row, this.environment)? {
            Value::Number { units, scale: 0 } => units,
            _ => -1,
        })
    };
    Ok(match &link.other {
        Other::Later(reach) => {
            let after = if reach.one_time() { (to, place) > (from, at) } else { to >= from };
            after && to.div_euclid(DAY) - from.div_euclid(DAY) <= days(&reach.within)?
        }
        Other::Earlier(reach) => {
            let before = if reach.one_time() { (to, place) < (from, at) } else { to <= from };
            before && from.div_euclid(DAY) - to.div_euclid(DAY) <= days(&reach.within)?
        }
        Other::Overlapping { .. } => {
            let (Some(end), Some(begin)) = (time(link.end(), this)?, time(link.begin(), other)?) else { return Ok(false) };
            from < end && begin < to && begin < end && from < to
        }
    })
}
