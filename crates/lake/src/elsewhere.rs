//! What another engine needs to compute slices: where a file's rows lie, which columns they have,
//! and the sums that it must arrive at.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use yizheng_eval::frame;
use yizheng_pack::dataset::{Dataset, Privacy};
use yizheng_pack::expr::Environment;
use yizheng_pack::indicator::Part;
use yizheng_pack::period::Month;

use crate::cube::{Cube, Definitions};
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

/// The sums of a file as its slice has them, those that rest on links to rows of other files included.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sums {
    /// The parts that could be summed.
    pub parts: Vec<Part>,
    /// One sum for each of `parts`, by department; the empty name where it is not known.
    pub departments: BTreeMap<String, Vec<i128>>,
    /// The parts that could not be summed, with the reason.
    pub lacking: Vec<(Part, String)>,
}

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
}

impl Cube {
    /// The sums of a file; `None` when nothing is summed over its dataset or the cube does not hold it.
    pub fn sums(&self, file: Visible<'_>) -> Option<Sums> {
        let entry = file.entry();
        let plan = self.definitions().plan(&entry.dataset)?;
        let cell = self.cell(&entry.dataset, &entry.institution, entry.month).filter(|cell| cell.entry.id == entry.id)?;
        let lacking = &cell.slice.lacking;
        let parts = || plan.parts.iter().enumerate();
        let summed = |sums: &Vec<i128>| {
            let own = sums.iter().enumerate().filter(|(place, _)| !lacking.contains_key(place));
            own.map(|(_, sum)| *sum).collect()
        };
        Some(Sums {
            parts: parts().filter(|(place, _)| !lacking.contains_key(place)).map(|(_, part)| part.clone()).collect(),
            departments: cell.slice.departments.iter().map(|(name, sums)| (name.clone(), summed(sums))).collect(),
            lacking: parts().filter_map(|(place, part)| Some((part.clone(), lacking.get(&place)?.clone()))).collect(),
        })
    }
}
