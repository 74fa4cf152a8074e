//! A pack's changelog (`CHANGELOG.toml`): what each version changed, of which periods the values
//! are others now, and whether what was stored must be computed anew.

use chrono::NaiveDate;

/// A version of a pack and what it changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// Id of the pack.
    pub pack: String,
    /// Version; [`Release::UNRELEASED`] for what stands in no version yet.
    pub version: String,
    /// Day of the version; none while it is not released.
    pub date: Option<NaiveDate>,
    /// What changed, in the order of the file.
    pub changes: Vec<Change>,
}

impl Release {
    /// The version's word for what has not been released.
    pub const UNRELEASED: &str = "unreleased";
}

/// One change of some definitions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Ids of the definitions; one that ends in `*` stands for all that begin so.
    pub ids: Vec<String>,
    /// What changed, in Chinese.
    pub what: String,
    /// Whose values are others now.
    pub periods: Periods,
    /// Whether values that were stored before must be computed anew.
    pub recompute: bool,
}

/// The periods whose values a change touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Periods {
    /// None: words, test cases.
    None,
    /// Those whose files come from now on; what was received stays as it was judged.
    Later,
    /// Those that end on this day or later, up to the second day where there is one.
    From(NaiveDate, Option<NaiveDate>),
    /// All.
    All,
}

impl Periods {
    /// For the reader.
    pub fn in_words(self) -> String {
        let day = |day: NaiveDate| day.format("%Y-%m-%d").to_string();
        match self {
            Self::None => "无".to_owned(),
            Self::Later => "此后报送的".to_owned(),
            Self::From(from, None) => format!("{}起", day(from)),
            Self::From(from, Some(to)) => format!("{}至{}", day(from), day(to)),
            Self::All => "全部".to_owned(),
        }
    }
}
