//! Registers (登记簿) as definitions have them: a whole file, as the national system exports it, is read
//! and checked like a dataset's, compared with what is known, shown, and taken when somebody says so.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use yizheng_casework::entries::{Comparison, Edit, EntryError, EntryFilter, Held, Origin, Version};
use yizheng_intake::{Context, Submitted, Verdict};
use yizheng_pack::dataset::{Cell, FieldIx, Privacy};
use yizheng_pack::register::Register;
use yizheng_pack::scope::Scope;
use yizheng_pack::types::Value;

use super::checking;
use super::region::{AppError, Region, civil, io};

/// Between the parts of a key.
const BETWEEN: &str = " ";

/// What became of a register's file, or would.
#[derive(Debug)]
pub struct RegisterImport {
    /// Rows of the file.
    pub rows: u64,
    /// Rows held apart because of an error: they are neither taken nor missed.
    pub refused: u64,
    /// Why the file was returned as a whole; empty when it was not.
    pub faults: Vec<String>,
    /// What it changes.
    pub comparison: Comparison,
    /// Names of the entries that are concerned, by key.
    pub called: BTreeMap<String, String>,
    /// How many entries were changed; `None` for a preview.
    pub taken: Option<u64>,
}

impl Region {
    /// A register by its id.
    ///
    /// # Errors
    /// When no layer has it.
    pub fn register_of(&self, id: &str) -> Result<&Arc<Register>, AppError> {
        self.pack.registers.get(id).ok_or_else(|| {
            let known: Vec<String> = self
                .pack
                .registers
                .iter()
                .map(|(id, register)| format!("{id}（{}）", register.table.meta.name))
                .collect();
            AppError::Refused(format!("没有登记簿“{id}”。可用的登记簿：{}", known.join("、")))
        })
    }

    /// Reads a whole file of a register and compares it with what is known on a day; takes it when
    /// `confirm` is given. A row with an error is left out, and its entry stays as it is.
    ///
    /// # Errors
    /// When there is no such register, the file cannot be read, somebody has changed an entry
    /// meanwhile, or the store fails; then nothing is taken.
    pub fn import_register(
        &self,
        id: &str,
        file: &Path,
        on: NaiveDate,
        confirm: bool,
        now: DateTime<Utc>,
        actor: &str,
    ) -> Result<RegisterImport, AppError> {
        let register = self.register_of(id)?;
        let bytes = std::fs::read(file).map_err(io("cannot read", file))?;
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let context = Context { received_at: Some(civil(now)), ..Context::new(&self.pack, &register.table) };
        let checked = yizheng_intake::check(Submitted { bytes: &bytes, name: &name }, &context);
        let mut import = RegisterImport {
            rows: checked.rows,
            refused: checked.held.len(),
            faults: Vec::new(),
            comparison: Comparison::default(),
            called: BTreeMap::new(),
            taken: None,
        };
        if checked.verdict == Verdict::Returned {
            import.faults = checking::faults(&checked.file_findings).into_iter().map(|fault| format!("{} {}", fault.code, fault.message)).collect();
            return Ok(import);
        }
        let scope = Scope::whole_region(actor).with_personal_fields();
        let known = self.wait(self.store.entries(id, &EntryFilter::default(), on, None, &scope))?;
        let (mut held, mut since) = (BTreeMap::new(), BTreeMap::new());
        let known_of: BTreeMap<&str, &Version> = known.iter().map(|version| (version.key.as_str(), version)).collect();
        for index in 0..checked.frame.len {
            let text = |field: FieldIx| written(&checked.frame.value(index, Cell::Field(field)));
            let key: Vec<String> = register.table.key.iter().map(|field| text(*field).unwrap_or_default()).collect();
            let key = key.join(BETWEEN);
            let row = checked.frame.row.values().get(index).and_then(|row| u32::try_from(*row).ok());
            if row.is_some_and(|row| checked.held.contains(row)) {
                // What is wrong about it is not known to be gone.
                if let Some(version) = known_of.get(key.as_str()) {
                    held.insert(key, version.held.clone());
                }
                continue;
            }
            let (mut fields, mut personal) = (BTreeMap::new(), BTreeMap::new());
            for (at, field) in register.table.fields.iter().enumerate() {
                let Some(text) = text(FieldIx(at)) else { continue };
                let into = if field.privacy == Privacy::Personal { &mut personal } else { &mut fields };
                into.insert(field.id.to_string(), text);
            }
            let sealed = match personal.is_empty() {
                true => None,
                false => {
                    let plain = serde_json::to_vec(&personal).unwrap_or_default();
                    Some(self.lake.seal_text(&format!("entry {id} {key}"), &plain).map_err(AppError::Seal)?)
                }
            };
            if let Value::Date(day) = checked.frame.value(index, Cell::Field(register.table.period)) {
                since.insert(key.clone(), day);
            }
            let of = Held {
                institution: register.institution.and_then(text),
                called: text(register.called).unwrap_or_else(|| key.clone()),
                state: text(register.state).unwrap_or_default(),
                fields,
                sealed,
            };
            held.insert(key, of);
        }
        import.comparison = Comparison::of(&known, &held);
        let names = known.iter().map(|version| (version.key.clone(), version.held.called.clone()));
        import.called = names.chain(held.iter().map(|(key, of)| (key.clone(), of.called.clone()))).collect();
        if confirm {
            let seen = |key: &str| known_of.get(key).map(|version| version.id);
            let edit = |key: &String, from: NaiveDate, says: Option<&Held>| Edit {
                key: key.clone(),
                seen: seen(key),
                from,
                until: None,
                held: says.cloned(),
            };
            let comparison = &import.comparison;
            let new = comparison.new.iter().map(|key| edit(key, since.get(key).copied().unwrap_or(on), held.get(key)));
            let changed = comparison.changed.iter().map(|(key, _)| edit(key, on, held.get(key)));
            let gone = comparison.gone.iter().map(|key| edit(key, on, None));
            let edits: Vec<Edit> = new.chain(changed).chain(gone).collect();
            let source = checking::sm3_hex(&bytes);
            let taken = self.wait(self.store.edit_entries(id, &edits, (Origin::Import, &source), now, &scope));
            import.taken = Some(taken.map_err(|error| match error {
                EntryError::Changed(key) => {
                    AppError::Refused(format!("“{key}”在预览之后已被别人改动，本次没有导入；请重新预览后再确认"))
                }
                EntryError::Store(error) => AppError::Store(error),
                error => AppError::Refused(error.to_string()),
            })?);
        }
        Ok(import)
    }

    /// The entries of a register that are in force on a day, as known now or at a moment.
    ///
    /// # Errors
    /// When there is no such register, or the store fails.
    pub fn entries_of(
        &self,
        id: &str,
        on: NaiveDate,
        known: Option<DateTime<Utc>>,
        scope: &Scope,
    ) -> Result<Vec<Version>, AppError> {
        self.register_of(id)?;
        Ok(self.wait(self.store.entries(id, &EntryFilter::default(), on, known, scope))?)
    }
}

/// A value as it is kept in an entry; `None` where nothing is known.
fn written(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        value => Some(value.to_string()),
    }
}
