//! What another engine needs to compute slices: where a file's rows lie, which columns they have,
//! and the sums that it must arrive at.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use yizheng_eval::frame;
use yizheng_pack::dataset::{Dataset, Privacy};
use yizheng_pack::expr::Environment;
use yizheng_pack::indicator::Part;
use yizheng_pack::period::Month;

use crate::cube::{Definitions, MeasureError};
use crate::lake::{Lake, ReadError};
use crate::manifest::Visible;
use crate::stored::{PERSON, SUBMISSION, VIOLATES};

/// The Parquet files of one institution's month of a dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parquet {
    /// Rows that count.
    pub counted: PathBuf,
    /// Rows held apart because of an error, if there are any.
    pub held: Option<PathBuf>,
}

/// The sums of a file as its slice has them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sums {
    /// The parts that could be summed.
    pub parts: Vec<Part>,
    /// One sum for each of `parts`, by department; the empty name where it is not known.
    pub departments: BTreeMap<String, Vec<i128>>,
    /// The parts that could not be summed, with the reason.
    pub lacking: Vec<(Part, String)>,
}

/// Said of a part that asks for links.
const OTHER_ROWS: &str = "取决于其他文件的数据行，不从一个文件求和";

/// The columns that a dataset's files may have, plain ones and marks. A file leaves out those that
/// hold nothing: they are null in each of its rows, and groups are empty.
pub fn schema(dataset: &Dataset) -> SchemaRef {
    let plain = frame::schema(dataset, |privacy| privacy == Privacy::Plain);
    let mut fields: Vec<Arc<Field>> = plain.fields().iter().cloned().collect();
    let item = Arc::new(Field::new_list_field(DataType::Utf8, true));
    fields.extend([
        Arc::new(Field::new(PERSON, DataType::Utf8, true)),
        Arc::new(Field::new(SUBMISSION, DataType::Utf8, true)),
        Arc::new(Field::new(VIOLATES, DataType::List(item), true)),
    ]);
    Arc::new(Schema::new(fields))
}

impl Definitions {
    /// What expressions may ask for when the rows of a month are summed.
    pub fn environment_of(&self, month: Month) -> Environment {
        self.environment(month)
    }
}

impl Lake {
    /// Where the rows of a file lie.
    ///
    /// # Errors
    /// When the manifest names what cannot be a file.
    pub fn parquet(&self, file: Visible<'_>) -> Result<Parquet, ReadError> {
        let [counted, held, _] = self.paths(file.entry())?;
        Ok(Parquet { counted, held: (file.entry().held_rows > 0).then_some(held) })
    }

    /// The sums of a file, from the cache or computed; `None` when nothing is summed over its dataset.
    ///
    /// # Errors
    /// As [`crate::Cube::refresh`].
    pub fn sums(&self, definitions: &Definitions, file: Visible<'_>) -> Result<Option<Sums>, MeasureError> {
        let entry = file.entry();
        let Some(plan) = definitions.plan(&entry.dataset) else { return Ok(None) };
        let slice = self.slice(definitions, plan, entry)?.0;
        let mut sums = Sums::default();
        for (place, part) in plan.parts.iter().enumerate() {
            match slice.lacking.get(&place) {
                Some(reason) => sums.lacking.push((part.clone(), reason.clone())),
                None if !part.of.links().is_empty() => sums.lacking.push((part.clone(), OTHER_ROWS.to_owned())),
                None => sums.parts.push(part.clone()),
            }
        }
        let lacking: BTreeSet<&str> = sums.lacking.iter().map(|(part, _)| &*part.key).collect();
        let left_out = |place: &usize| plan.parts.get(*place).is_none_or(|part| lacking.contains(&*part.key));
        for (department, all) in slice.departments {
            let own = all.into_iter().enumerate().filter(|(place, _)| !left_out(place));
            sums.departments.insert(department, own.map(|(_, sum)| sum).collect());
        }
        Ok(Some(sums))
    }
}
