//! What links say of rows, as columns beside their own: [`crate::link::linked`] as a join of the
//! dataset with itself.

use std::collections::BTreeSet;

use crate::expr::Expr;
use crate::indicator::Part;
use crate::link::{Across, Link, LinkIx, Other, Reach};

use super::expression::Printed;
use super::statement::Statement;
use super::{SqlError, name};

/// Pseudonym of the row's person, as the lake names the column.
pub(super) const PERSON: &str = "person";
/// The submission that brought the row; with [`ROW`] it names the row.
pub(super) const SUBMISSION: &str = "submission";
/// The row's line in its submission, as it is written in a statement.
pub(super) const ROW: &str = "\"row\"";
/// Column with the row's place in its file, from 0: of two rows of one moment it tells the first. No
/// file holds it; whoever reads the files counts.
pub const PLACE: &str = "place";

/// The table with all counted rows of a dataset, whatever files are summed: links look among them.
pub fn linked_table(dataset: &str) -> String {
    format!("{dataset}_linked")
}

/// The column with what a link says of a row.
pub(super) fn column(link: &Link) -> String {
    name(&format!("linked {}", link.id))
}

impl Statement<'_> {
    /// The table of the dataset's counted rows, with a column for each link that a part asks for.
    pub fn rows<'p>(&self, parts: impl IntoIterator<Item = &'p Part>) -> Printed {
        let table = name(&self.dataset.meta.id);
        let own = parts.into_iter().filter(|part| part.dataset == self.dataset.meta.id);
        let links: BTreeSet<LinkIx> = own.flat_map(|part| part.of.links()).collect();
        if links.is_empty() {
            return Ok(table);
        }
        let (mut columns, mut joins) = (String::new(), String::new());
        for ix in links {
            let link = self.dataset.links.get(ix.0).ok_or(SqlError::IllTyped("link"))?;
            let (found, said) = (name(&link.id), column(link));
            let (mut known, institution) = (self.keys(link)?, self.institution()?);
            known.retain(|key| *key != institution);
            known.push(self.expr(link.begin())?);
            if matches!(link.other, Other::Overlapping { .. }) {
                known.push(self.expr(link.end())?);
            }
            let known: Vec<String> = known.iter().map(|known| format!("{known} IS NOT NULL")).collect();
            let known = known.join(" AND ");
            columns += &format!(",\n    CASE WHEN {known} THEN {found}.{SUBMISSION} IS NOT NULL END AS {said}");
            joins += &format!(
                "\n  LEFT JOIN {} AS {found}\n    ON {found}.{SUBMISSION} = asked.{SUBMISSION} AND {found}.{ROW} = asked.{ROW}",
                self.found(link)?
            );
        }
        Ok(format!("(\n  SELECT asked.*{columns}\n  FROM {table} AS asked{joins}\n) AS linked"))
    }

    /// What two linked rows have in common.
    fn keys(&self, link: &Link) -> Result<Vec<String>, SqlError> {
        let mut keys = Vec::new();
        if link.person {
            keys.push(PERSON.to_owned());
        }
        if link.across == Across::Institution {
            keys.push(self.institution()?);
        }
        for same in &link.same {
            keys.push(self.expr(same)?);
        }
        Ok(keys)
    }

    /// Names of the rows of which the link is true.
    fn found(&self, link: &Link) -> Printed {
        let mut met: Vec<String> = (0..self.keys(link)?.len()).map(|at| format!("other.k{at} = this.k{at}")).collect();
        met.push(format!("NOT (other.{SUBMISSION} = this.{SUBMISSION} AND other.{ROW} = this.{ROW})"));
        let days = |from: &str, to: &str| format!("CAST({to} AS DATE) - CAST({from} AS DATE)");
        match &link.other {
            Other::Later(reach) => {
                met.push(self.apart(reach, ">"));
                met.push(format!("{} <= {}", days("this.begins", "other.ends"), self.expr(&reach.within)?));
            }
            Other::Earlier(reach) => {
                met.push(self.apart(reach, "<"));
                met.push(format!("{} <= {}", days("other.ends", "this.begins"), self.expr(&reach.within)?));
            }
            Other::Overlapping { .. } => {
                let pairs = [("this.begins", "this.ends"), ("other.begins", "other.ends"), ("other.begins", "this.ends"), ("this.begins", "other.ends")];
                met.extend(pairs.map(|(from, to)| format!("{from} < {to}")));
            }
        }
        Ok(format!(
            "(\n    SELECT this.{SUBMISSION}, this.{ROW}\n    FROM {} AS this\n    WHERE EXISTS (\n      SELECT 1 FROM {} AS other\n      WHERE {}\n    )\n  )",
            self.side(link, &self.dataset.meta.id, None)?,
            self.side(link, &self.among, link.filter.as_ref())?,
            met.join("\n        AND "),
        ))
    }

    /// Whether the other row's time stands on the right side of this row's.
    fn apart(&self, reach: &Reach, sign: &str) -> String {
        if !reach.one_time() {
            return format!("other.ends {sign}= this.begins");
        }
        // One after the other: what comes later decides where all before is equal.
        let order = ["institution", "month", PLACE].map(|column| (format!("other.{column}"), format!("this.{column}")));
        let times = ("other.ends".to_owned(), "this.begins".to_owned());
        std::iter::once(times).chain(order).rfold(String::new(), |rest, (other, this)| match rest.as_str() {
            "" => format!("{other} {sign} {this}"),
            rest => format!("({other} {sign} {this} OR {other} = {this} AND {rest})"),
        })
    }

    /// The rows of a table as a link sees them.
    fn side(&self, link: &Link, table: &str, filter: Option<&Expr>) -> Printed {
        let mut columns = vec![SUBMISSION.to_owned(), ROW.to_owned()];
        columns.extend(self.keys(link)?.into_iter().enumerate().map(|(at, key)| format!("{key} AS k{at}")));
        columns.push(format!("{} AS begins", self.expr(link.begin())?));
        columns.push(format!("{} AS ends", self.expr(link.end())?));
        if let Other::Later(reach) | Other::Earlier(reach) = &link.other
            && reach.one_time()
        {
            columns.extend([format!("{} AS institution", self.institution()?), format!("{} AS month", self.month()?), PLACE.to_owned()]);
        }
        let filter = filter.map(|filter| self.expr(filter)).transpose()?.map(|filter| format!(" WHERE {filter}"));
        Ok(format!("(SELECT {} FROM {}{})", columns.join(", "), name(table), filter.unwrap_or_default()))
    }
}
