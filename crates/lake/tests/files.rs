//! Files: round trips, what is where, what cannot be read by whom, crashes, corrections.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use common::{bits, checked, frame, keys, pack, period, rng, stays, submit};
use yizheng_eval::frame::Frame;
use yizheng_lake::changes::{Changed, ChangedElement, Changes, Version};
use yizheng_lake::keys::Keys;
use yizheng_lake::lake::{Keep, OpenError, ReadError, WriteError};
use yizheng_lake::stored::{PERSON, SUBMISSION, VIOLATES};
use yizheng_lake::{Columns, Delivery, FileEntry, Lake, Manifest, Replaces, Rows};
use yizheng_pack::dataset::{Cell, Dataset, FieldIx, Privacy};
use yizheng_pack::scope::Scope;
use yizheng_pack::types::Value;

const FEBRUARY: &str = "
RECORD | TIMES | LEFT                | DEPT | KIND | NUMBER             | NAME   | BORN       | STAY | COST    | EXIT | operation.1.code | operation.1.level | operation.2.code | operation.2.surgeon
R001   | 1     | 2024-02-03          | 03   | 01   | 11010519491231002X | 张秀英 | 1949-12-31 | 4    | 1200.50 | 1    | 47.0100          | 3                 |                  |
R002   | 1     | 2024-02-29 23:59:59 | 04   |      |                    | 王建国 | 1970-01-01 | 12   | 80.00   | 5    |                  |                   | 51.2300          | 赵铁柱
R003   | 2     | 2024-03-01 00:00:00 | 03   | 02   | E7654321           | 李娜   |            | 7    |         | 1    |                  |                   |                  |
R004   | 1     |                     |      | 01   | 11010519491231002X | 张秀英 | 1949-12-31 | 1    | 9.99    | 1    |                  |                   |                  |
";

struct Home {
    dir: tempfile::TempDir,
    lake: Lake,
    dataset: Arc<Dataset>,
}

impl Home {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let lake = Lake::open(dir.path(), &keys()).unwrap();
        Self { dir, lake, dataset: stays(&pack()) }
    }

    /// February and March in one submission for the quarter; row 2 held apart.
    fn quarter(&self) -> (Frame, Vec<FileEntry>) {
        let frame = frame(&self.dataset, FEBRUARY);
        let delivery = Delivery {
            institution: "H1",
            submission: "s1",
            period: period("2024-Q1"),
            frame: &frame,
            held: &bits(&[2]),
            checks: &checked(&[2, 3], &[3]),
            replaces: Replaces::Period,
        };
        let entries = self.lake.write(&delivery, &mut rng(3)).unwrap();
        (frame, entries)
    }

    fn rows(&self, manifest: &Manifest, month: &str, rows: Rows, columns: &Columns) -> yizheng_lake::Stored {
        let scope = Scope::whole_region("t");
        let file = manifest.within(&scope).at("stays", "H1", common::month(month)).unwrap();
        self.lake.read(file, &self.dataset, rows, columns).unwrap()
    }

    fn files(&self) -> Vec<PathBuf> {
        files_below(self.dir.path())
    }
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { all.extend(files_below(&path)) } else { all.push(path) }
    }
    all.sort();
    all
}

fn field(dataset: &Dataset, id: &str) -> FieldIx {
    dataset.field(id).unwrap().0
}

/// The record numbers of rows, in order.
fn records(stored: &yizheng_lake::Stored) -> Vec<String> {
    texts(&stored.frame, "RECORD")
}

fn texts(frame: &Frame, id: &str) -> Vec<String> {
    (0..frame.len).map(|row| frame.value(row, Cell::Field(field(&frame.dataset, id))).to_string()).collect()
}

#[test]
fn rows_go_to_the_month_they_left_in() {
    let home = Home::new();
    let (_, entries) = home.quarter();
    let counts: Vec<(String, u64, u64)> =
        entries.iter().map(|e| (e.month.to_string(), e.rows, e.held_rows)).collect();
    // Row 4 has no readable month and is held apart in the first; row 2 is held apart in its own.
    let expected = [("2024-01", 0, 1), ("2024-02", 1, 1), ("2024-03", 1, 0)];
    assert_eq!(counts, expected.map(|(month, rows, held)| (month.to_owned(), rows, held)));
    let manifest = Manifest::new(entries).unwrap();
    let everything = Columns::everything();
    assert_eq!(records(&home.rows(&manifest, "2024-01", Rows::Held, &everything)), ["R004"]);
    assert_eq!(records(&home.rows(&manifest, "2024-02", Rows::Counted, &everything)), ["R001"]);
    assert_eq!(records(&home.rows(&manifest, "2024-02", Rows::Held, &everything)), ["R002"]);
    assert_eq!(records(&home.rows(&manifest, "2024-03", Rows::Counted, &everything)), ["R003"]);
    assert!(records(&home.rows(&manifest, "2024-03", Rows::Held, &everything)).is_empty());
}

#[test]
fn rows_outside_the_period_are_held_apart_in_it() {
    let home = Home::new();
    let frame = frame(&home.dataset, FEBRUARY);
    let entries = submit(&home.lake, "H1", "s1", "2024-02", &frame, Replaces::Period);
    assert_eq!(entries.len(), 1);
    assert_eq!((entries[0].rows, entries[0].held_rows), (2, 2));
}

#[test]
fn a_month_in_which_nothing_happened_is_a_file_too() {
    let home = Home::new();
    let entries = submit(&home.lake, "H1", "s1", "2024-02", &Frame::empty(home.dataset.clone()), Replaces::Period);
    assert_eq!((entries.len(), entries[0].rows, entries[0].held_rows), (1, 0, 0));
    let manifest = Manifest::new(entries).unwrap();
    assert_eq!(home.rows(&manifest, "2024-02", Rows::Counted, &Columns::everything()).frame.len, 0);
}

#[test]
fn values_come_back_as_they_went_and_columns_only_as_asked() {
    let home = Home::new();
    let (sent, entries) = home.quarter();
    let manifest = Manifest::new(entries).unwrap();
    let all = home.rows(&manifest, "2024-02", Rows::Counted, &Columns::everything());
    for (at, plain) in home.dataset.fields.iter().enumerate() {
        let cell = Cell::Field(FieldIx(at));
        let expected = if plain.privacy == Privacy::Plain { sent.value(0, cell) } else { Value::Null };
        assert_eq!(all.frame.value(0, cell), expected, "{}", plain.id);
    }
    let (group, operation) = home.dataset.group("operation").unwrap();
    let level = operation.members.iter().position(|m| &*m.id == "level").unwrap();
    let level = Cell::Member(group, yizheng_pack::dataset::MemberIx(level), 1);
    assert_eq!(all.frame.value(0, level), Value::integer(3));
    assert_eq!(all.frame.row.values(), &[1]);
    assert_eq!((all.submission(0), all.person(0).map(str::len)), (Some("s1"), Some(32)));

    let columns = Columns::of(&home.dataset, &[field(&home.dataset, "COST")]).with_mark(SUBMISSION);
    let some = home.rows(&manifest, "2024-02", Rows::Counted, &columns);
    assert_eq!(some.frame.columns.iter().flatten().count(), 1);
    assert!(some.frame.groups.iter().all(Option::is_none));
    assert_eq!(some.frame.value(0, Cell::Field(field(&home.dataset, "COST"))), Value::fen(120_050));
    assert_eq!((some.submission(0), some.person(0)), (Some("s1"), None));
    assert_eq!(some.frame.row.values(), &[1]);
}

#[test]
fn the_same_person_has_the_same_pseudonym_and_others_another() {
    let home = Home::new();
    let (_, entries) = home.quarter();
    let manifest = Manifest::new(entries).unwrap();
    let person = |month, rows| {
        let stored = home.rows(&manifest, month, rows, &Columns::default().with_mark(PERSON));
        stored.person(0).unwrap().to_owned()
    };
    let (first, unknown) = (person("2024-02", Rows::Counted), person("2024-02", Rows::Held));
    assert_eq!(first, person("2024-01", Rows::Held));
    assert_ne!(first, unknown);
    assert_ne!(first, person("2024-03", Rows::Counted));
    // Without a document the record number counts, and only within the institution.
    let frame = frame(&home.dataset, FEBRUARY);
    let elsewhere = submit(&home.lake, "H2", "s2", "2024-02", &frame, Replaces::Period);
    let manifest = Manifest::new(elsewhere).unwrap();
    let scope = Scope::whole_region("t");
    let file = manifest.within(&scope).at("stays", "H2", common::month("2024-02")).unwrap();
    let there =
        home.lake.read(file, &home.dataset, Rows::Counted, &Columns::default().with_mark(PERSON)).unwrap();
    assert_eq!(there.person(0), Some(first.as_str()));
    assert_ne!(there.person(1), Some(unknown.as_str()));
}

#[test]
fn identities_open_only_for_who_may_see_them() {
    let home = Home::new();
    let (_, entries) = home.quarter();
    let manifest = Manifest::new(entries).unwrap();
    let masked = Scope::whole_region("t");
    let file = manifest.within(&masked).at("stays", "H1", common::month("2024-02")).unwrap();
    let refused = home.lake.read_with_identities(file, &home.dataset);
    assert!(matches!(refused, Err(ReadError::NotAllowed(actor)) if actor == "t"));
    let clear = Scope::institutions("t", ["H1".to_owned()]).with_personal_fields();
    let file = manifest.within(&clear).at("stays", "H1", common::month("2024-02")).unwrap();
    let rows = home.lake.read_with_identities(file, &home.dataset).unwrap();
    assert_eq!(texts(&rows.frame, "NAME"), ["张秀英", "王建国"]);
    assert_eq!(texts(&rows.frame, "NUMBER"), ["11010519491231002X", "null"]);
    assert_eq!(texts(&rows.frame, "STAY"), ["4", "12"]);
    let (group, _) = home.dataset.group("operation").unwrap();
    let surgeon = Cell::Member(group, yizheng_pack::dataset::MemberIx(2), 2);
    assert_eq!(rows.frame.value(1, surgeon), Value::text("赵铁柱"));
}

/// Every byte of every file, packed ones unpacked: no name, number or birth date stands anywhere.
#[test]
fn no_name_or_number_stands_in_any_plain_file() {
    let home = Home::new();
    let (_, entries) = home.quarter();
    let original = FEBRUARY.as_bytes();
    home.lake.receive("H1", original, &mut rng(5)).unwrap();
    home.lake.store_report("H1", "s1", &serde_json::json!({"violated": {"C1": [2, 3]}})).unwrap();
    let pack = pack();
    let manifest = Manifest::new(entries).unwrap();
    let scope = Scope::whole_region("t");
    yizheng_lake::Cube::build(&home.lake, pack, manifest.within(&scope)).unwrap();
    let secrets = ["张秀英", "王建国", "李娜", "赵铁柱", "11010519491231002X", "E7654321"];
    let files = home.files();
    for folder in ["data", "held", "identity", "received", "report", "slices"] {
        assert!(files.iter().any(|path| path.starts_with(home.dir.path().join(folder))), "{folder}");
    }
    for path in files {
        let bytes = fs::read(&path).unwrap();
        let mut plain = vec![bytes.clone()];
        plain.extend(zstd::decode_all(bytes.as_slice()));
        if path.extension().is_some_and(|e| e == "parquet") {
            let file = fs::File::open(&path).unwrap();
            let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
            for batch in reader.build().unwrap() {
                plain.push(format!("{:?}", batch.unwrap()).into_bytes());
            }
        }
        for secret in secrets {
            let found = plain.iter().any(|bytes| bytes.windows(secret.len()).any(|w| w == secret.as_bytes()));
            assert!(!found, "{secret} in {}", path.display());
        }
    }
}

#[test]
fn what_was_received_comes_back_to_its_institution_only() {
    let home = Home::new();
    let sm3 = home.lake.receive("H1", "姓名\n张三\n".as_bytes(), &mut rng(5)).unwrap();
    let before = home.files().len();
    assert_eq!(home.lake.receive("H1", "姓名\n张三\n".as_bytes(), &mut rng(6)).unwrap(), sm3);
    assert_eq!(home.files().len(), before);
    let h1 = Scope::institutions("t", ["H1".to_owned()]);
    assert_eq!(home.lake.received(&h1, "H1", &sm3).unwrap(), "姓名\n张三\n".as_bytes());
    let h2 = Scope::institutions("t", ["H2".to_owned()]);
    assert!(matches!(home.lake.received(&h2, "H1", &sm3), Err(ReadError::NotAllowed(_))));
    assert!(matches!(home.lake.received(&h2, "H2", &sm3), Err(ReadError::Missing(_))));
    assert!(matches!(home.lake.received(&h1, "../H1", &sm3), Err(ReadError::NotAllowed(_))));
    let all = Scope::whole_region("t");
    assert!(matches!(home.lake.received(&all, "../H1", &sm3), Err(ReadError::Name(_))));
}

#[test]
fn reports_come_back() {
    let home = Home::new();
    let report = vec![("FP030".to_owned(), 17_u64)];
    home.lake.store_report("H1", "s1", &report).unwrap();
    let scope = Scope::institutions("t", ["H1".to_owned()]);
    assert_eq!(home.lake.report(&scope, "H1", "s1").unwrap(), Some(report));
    assert_eq!(home.lake.report::<Vec<u64>>(&scope, "H1", "s2").unwrap(), None);
    let other = Scope::nothing("t");
    assert!(matches!(home.lake.report::<Vec<u64>>(&other, "H1", "s1"), Err(ReadError::NotAllowed(_))));
}

#[test]
fn other_keys_are_refused_at_the_door() {
    let home = Home::new();
    assert!(Lake::open(home.dir.path(), &keys()).is_ok());
    let other = Lake::open(home.dir.path(), &Keys::generate(&mut rng(2)));
    assert!(matches!(other, Err(OpenError::OtherKeys(_))));
}

#[test]
fn damage_is_noticed() {
    let home = Home::new();
    let (_, entries) = home.quarter();
    let manifest = Manifest::new(entries).unwrap();
    let scope = Scope::whole_region("t").with_personal_fields();
    let file = manifest.within(&scope).at("stays", "H1", common::month("2024-02")).unwrap();
    home.lake.verify(file).unwrap();
    let of = |folder: &str| {
        let files = home.files();
        files.into_iter().find(|p| p.starts_with(home.dir.path().join(folder).join("stays/2024-02"))).unwrap()
    };
    let identity = of("identity");
    let sealed = fs::read(&identity).unwrap();
    let mut changed = sealed.clone();
    *changed.last_mut().unwrap() ^= 1;
    fs::write(&identity, &changed).unwrap();
    assert!(matches!(home.lake.verify(file), Err(ReadError::Damaged(_))));
    assert!(matches!(home.lake.read_with_identities(file, &home.dataset), Err(ReadError::Seal { .. })));
    // Another file's identities do not pass for these.
    let january = home.files().into_iter().find(|p| p.starts_with(home.dir.path().join("identity/stays/2024-01")));
    fs::copy(january.unwrap(), &identity).unwrap();
    assert!(matches!(home.lake.read_with_identities(file, &home.dataset), Err(ReadError::Seal { .. })));
    fs::write(&identity, &sealed).unwrap();
    home.lake.verify(file).unwrap();
    let data = of("data");
    let bytes = fs::read(&data).unwrap();
    fs::write(&data, &bytes[..bytes.len() / 2]).unwrap();
    assert!(home.lake.read(file, &home.dataset, Rows::Counted, &Columns::everything()).is_err());
    fs::remove_file(&data).unwrap();
    let gone = home.lake.read(file, &home.dataset, Rows::Counted, &Columns::everything());
    assert!(matches!(gone, Err(ReadError::Missing(path)) if path == data));
    assert!(matches!(home.lake.verify(file), Err(ReadError::Missing(_))));
}

/// A writer that dies leaves unfinished or unreferenced files: nobody reads them, and the clean-up
/// takes them, but not before their time and nothing else.
#[test]
fn what_no_manifest_names_is_never_read_and_goes_in_the_end() {
    let home = Home::new();
    let (_, old) = home.quarter();
    let (_, new) = home.quarter_again();
    fs::write(home.dir.path().join("data/stays/2024-02/.unfinished-x"), b"half").unwrap();
    let manifest = Manifest::new(old).unwrap().with(new.clone());
    let records_in_february = || records(&home.rows(&manifest, "2024-02", Rows::Counted, &Columns::everything()));
    assert_eq!(records_in_february(), ["R001"]);
    let keep = Keep { files: new.iter().map(|e| e.id.clone()).collect(), ..Keep::default() };
    let hour = Duration::from_secs(3600);
    let nothing = home.lake.collect_garbage(&keep, SystemTime::now() - hour).unwrap();
    assert_eq!(nothing.files, 0);
    let removed = home.lake.collect_garbage(&keep, SystemTime::now() + hour).unwrap();
    // Of each version: 3 data, 2 held, 3 identity; and the unfinished one.
    assert_eq!(removed.files, 8 + 1);
    assert_eq!(home.files().len(), 8 + 1);
    assert_eq!(records_in_february(), ["R001"]);
}

impl Home {
    fn quarter_again(&self) -> (Frame, Vec<FileEntry>) {
        let frame = frame(&self.dataset, FEBRUARY);
        let delivery = Delivery {
            institution: "H1",
            submission: "s2",
            period: period("2024-Q1"),
            frame: &frame,
            held: &bits(&[2]),
            checks: &checked(&[], &[]),
            replaces: Replaces::Period,
        };
        (frame.clone(), self.lake.write(&delivery, &mut rng(4)).unwrap())
    }
}

#[test]
fn names_that_leave_their_folder_are_refused() {
    let home = Home::new();
    let frame = Frame::empty(home.dataset.clone());
    for (institution, submission) in [("..", "s"), ("a/b", "s"), ("H1", "../s"), ("", "s"), ("H1", "")] {
        let delivery = Delivery {
            institution,
            submission,
            period: period("2024-02"),
            frame: &frame,
            held: &bits(&[]),
            checks: &checked(&[], &[]),
            replaces: Replaces::Period,
        };
        assert!(matches!(home.lake.write(&delivery, &mut rng(1)), Err(WriteError::Name(_))), "{institution}");
    }
}

const PATCH: &str = "
RECORD | TIMES | LEFT       | DEPT | NAME   | STAY | COST
R001   | 1     | 2024-02-03 | 03   | 张秀英 | 5    | 1300.00
R009   | 1     | 2024-02-10 | 03   | 孙九   | 2    | 50.00
       | 1     | 2024-02-11 | 03   | 周十   | 3    | 60.00
";

#[test]
fn a_patch_replaces_by_key_and_leaves_the_rest() {
    let home = Home::new();
    let (_, entries) = home.quarter();
    let scope = Scope::whole_region("t").with_personal_fields();
    let manifest = Manifest::new(entries.clone()).unwrap();
    let base = manifest.within(&scope).of("stays", "H1", period("2024-Q1"));
    assert_eq!(base.len(), 3);
    let patch = frame(&home.dataset, PATCH);
    let written = submit(&home.lake, "H1", "s2", "2024-Q1", &patch, Replaces::Keys(base));
    // Only February changes.
    assert_eq!(written.len(), 1);
    assert_eq!((written[0].month.to_string().as_str(), written[0].rows, written[0].held_rows), ("2024-02", 3, 1));
    let after = manifest.clone().with(written);
    let file = after.within(&scope).at("stays", "H1", common::month("2024-02")).unwrap();
    let rows = home.lake.read_with_identities(file, &home.dataset).unwrap();
    assert_eq!(texts(&rows.frame, "RECORD"), ["R001", "R009", "null", "R002"]);
    assert_eq!(texts(&rows.frame, "NAME"), ["张秀英", "孙九", "周十", "王建国"]);
    assert_eq!(texts(&rows.frame, "STAY"), ["5", "2", "3", "12"]);
    assert_eq!(rows.frame.row.values(), &[1, 2, 3, 2]);
    let submissions: Vec<_> = (0..4).map(|row| rows.submission(row).unwrap()).collect();
    assert_eq!(submissions, ["s2", "s2", "s2", "s1"]);
    // The kept row keeps what its own checks said.
    let held = home.rows(&after, "2024-02", Rows::Held, &Columns::default().with_mark(VIOLATES));
    assert_eq!(held.frame.len, 1);

    // A correction of a row that was held apart counts.
    let base = after.within(&scope).of("stays", "H1", period("2024-02"));
    let mended = "
        RECORD | TIMES | LEFT       | DEPT | STAY
        R002   | 1     | 2024-02-29 | 04   | 11
    ";
    let written = submit(&home.lake, "H1", "s3", "2024-02", &frame(&home.dataset, mended), Replaces::Keys(base));
    assert_eq!((written[0].rows, written[0].held_rows), (4, 0));
}

#[test]
fn a_patch_of_nothing_changes_nothing_and_one_without_base_is_all_there_is() {
    let home = Home::new();
    let none = Replaces::Keys(Vec::new());
    let empty = Frame::empty(home.dataset.clone());
    assert!(submit(&home.lake, "H1", "s1", "2024-02", &empty, none.clone()).is_empty());
    let written = submit(&home.lake, "H1", "s2", "2024-02", &frame(&home.dataset, PATCH), none);
    assert_eq!((written.len(), written[0].rows), (1, 3));
}

#[test]
fn versions_are_compared_by_key() {
    let home = Home::new();
    let (sent, entries) = home.quarter();
    let manifest = Manifest::new(entries).unwrap();
    let scope = Scope::whole_region("t");
    let stored = || Version::Stored(manifest.within(&scope).of("stays", "H1", period("2024-Q1")));
    let compare = |before: &Version<'_>, after: &Version<'_>| {
        home.lake.changes(&scope, &home.dataset, before, after).unwrap()
    };
    let same = compare(&stored(), &Version::Rows(&sent));
    assert_eq!(same, Changes { unchanged: 4, ..Changes::default() });

    let next = frame(
        &home.dataset,
        "
        RECORD | TIMES | LEFT                | DEPT | KIND | NUMBER             | NAME   | BORN       | STAY | COST    | EXIT | operation.1.code | operation.1.level | operation.2.code | operation.2.surgeon
        R001   | 1     | 2024-02-03          | 03   | 01   | 11010519491231002X | 张秀荣 | 1949-12-31 | 4    | 1200.50 | 1    | 47.0100          | 4                 |                  |
        R002   | 1     | 2024-02-29 23:59:59 | 04   |      |                    | 王建国 | 1970-01-01 | 12   | 80.00   | 5    |                  |                   | 51.2300          | 赵铁柱
        R003   | 3     | 2024-03-01 00:00:00 | 03   | 02   | E7654321           | 李娜   |            | 7    |         | 1    |                  |                   |                  |
        R004   | 1     | 2024-03-05          |      | 01   | 11010519491231002X | 张秀英 | 1949-12-31 | 1    | 9.99    | 1    |                  |                   |                  |
               | 1     | 2024-03-05          |      |      |                    |        |            | 1    |         |      |                  |                   |                  |
        ",
    );
    let key = |record: &str, times: &str| vec![record.to_owned(), times.to_owned()];
    let element = |id: &str, after: Option<&str>| ChangedElement {
        id: id.to_owned(),
        before: None,
        after: after.map(str::to_owned),
    };
    let changes = compare(&stored(), &Version::Rows(&next));
    assert_eq!(
        changes,
        Changes {
            added: vec![key("R003", "3")],
            removed: vec![key("R003", "2")],
            changed: vec![
                Changed { key: key("R001", "1"), elements: vec![element("NAME", None), element("operation", None)] },
                Changed { key: key("R004", "1"), elements: vec![element("LEFT", Some("2024-03-05 12:00:00"))] },
            ],
            unchanged: 1,
            without_key: (0, 1),
        }
    );
    let nothing = compare(&Version::Rows(&Frame::empty(home.dataset.clone())), &stored());
    assert_eq!((nothing.added.len(), nothing.removed.len()), (4, 0));
}
