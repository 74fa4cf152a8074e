//! Ids of definitions: a list beside each pack of every id it ever gave (`packs/<pack>/ids.txt`). An id
//! is never dropped and never used again: what ends stays as a file with `status = "retired"`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::sh::{self, Result};

/// Word in the list behind an id that has ended.
const RETIRED: &str = "retired";

/// The ids of one pack: kind and id as one text, and whether it has ended.
type Ids = BTreeMap<String, bool>;

/// Kind and id of the definition that stands at a path within a pack.
fn definition(path: &str) -> Option<String> {
    let stem = |file: &str| file.strip_suffix(".toml").filter(|stem| !stem.contains('.')).map(str::to_owned);
    match *path.split('/').collect::<Vec<_>>().as_slice() {
        ["codelists", file] => Some(format!("codelist {}", stem(file)?)),
        ["parameters", file] => Some(format!("parameter {}", stem(file)?)),
        ["indicators", file] => Some(format!("indicator {}", stem(file)?)),
        ["alerts", file] => Some(format!("alert {}", stem(file)?)),
        ["registers", id, "register.toml"] => Some(format!("register {id}")),
        ["registers", _, "checks", file] => Some(format!("check {}", stem(file)?)),
        ["procedures", file] => Some(format!("procedure {}", stem(file)?)),
        ["plans", file] => Some(format!("plan {}", stem(file)?)),
        ["datasets", id, "dataset.toml"] => Some(format!("dataset {id}")),
        ["datasets", _, "checks", file] => Some(format!("check {}", stem(file)?)),
        _ => None,
    }
}

/// The ids of every pack of the repository, by the pack's folder.
fn packs() -> Result<BTreeMap<String, Ids>> {
    let mut packs: BTreeMap<String, Ids> = BTreeMap::new();
    for file in sh::tracked_files()? {
        let Some((pack, path)) = file.strip_prefix("packs/").and_then(|rest| rest.split_once('/')) else { continue };
        let ids = packs.entry(pack.to_owned()).or_default();
        let table = || -> Result<toml::Table> {
            sh::read(&sh::root().join(&file))?.parse().map_err(|error| format!("{file}: {error}"))
        };
        if path == "named.toml" {
            // Known by name: the same id may be computed one day.
            let names = table()?;
            let rows = names.get("indicator").and_then(|rows| rows.as_array()).into_iter().flatten();
            ids.extend(rows.filter_map(|row| Some((format!("indicator {}", row.get("id")?.as_str()?), false))));
        } else if let Some(id) = definition(path) {
            ids.insert(id, table()?.get("status").and_then(|status| status.as_str()) == Some(RETIRED));
        }
    }
    Ok(packs)
}

fn list(pack: &str) -> PathBuf {
    sh::root().join("packs").join(pack).join("ids.txt")
}

/// The list as it is committed; empty where there is none.
fn listed(pack: &str) -> Result<Ids> {
    let path = list(pack);
    if !path.exists() {
        return Ok(Ids::new());
    }
    let text = sh::read(&path)?;
    Ok(text.lines().map(|line| line.strip_suffix(&format!(" {RETIRED}")).map_or((line, false), |id| (id, true))).map(|(id, ended)| (id.to_owned(), ended)).collect())
}

/// What the list must hold: what it holds already, however the definitions have changed, and what is new.
fn whole(mut listed: Ids, now: &Ids) -> Ids {
    for (id, ended) in now {
        let held = listed.entry(id.clone()).or_insert(*ended);
        *held |= ended;
    }
    listed
}

/// The lists as they must be, with their places.
pub fn lists() -> Result<Vec<(PathBuf, String)>> {
    let mut lists = Vec::new();
    for (pack, now) in packs()? {
        let line = |(id, ended): (&String, &bool)| if *ended { format!("{id} {RETIRED}\n") } else { format!("{id}\n") };
        lists.push((list(&pack), whole(listed(&pack)?, &now).iter().map(line).collect()));
    }
    Ok(lists)
}

/// What the definitions do that ids may not do.
pub fn check(faults: &mut Vec<String>) -> Result<()> {
    for (pack, now) in packs()? {
        faults.extend(broken(&listed(&pack)?, &now).into_iter().map(|fault| format!("packs/{pack}: {fault}")));
    }
    Ok(())
}

fn broken(listed: &Ids, now: &Ids) -> Vec<String> {
    let mut faults = Vec::new();
    for (id, ended) in listed {
        match now.get(id) {
            None => faults.push(format!("`{id}` is gone: an id stays known, as a file with status = \"retired\", retired_on and successor")),
            Some(false) if *ended => faults.push(format!("`{id}` has ended and is used again: give a new id")),
            Some(_) => {}
        }
    }
    if whole(listed.clone(), now) != *listed {
        faults.push("ids.txt lacks ids: run cargo xtask generate and commit".to_owned());
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(list: &[(&str, bool)]) -> Ids {
        list.iter().map(|(id, ended)| ((*id).to_owned(), *ended)).collect()
    }

    #[test]
    fn an_id_is_never_dropped_and_never_used_again() {
        let listed = ids(&[("indicator A", false), ("indicator B", true)]);
        assert_eq!(broken(&listed, &listed), Vec::<String>::new());
        let gone = broken(&listed, &ids(&[("indicator B", true)]));
        assert!(gone.len() == 1 && gone.iter().all(|fault| fault.starts_with("`indicator A` is gone")), "{gone:?}");
        let again = broken(&listed, &ids(&[("indicator A", false), ("indicator B", false)]));
        assert!(again.len() == 1 && again.iter().all(|fault| fault.starts_with("`indicator B` has ended")), "{again:?}");
        // What is new, and what has ended since, must be put on the list; what was on it stays on it.
        let newer = ids(&[("indicator A", true), ("indicator B", true), ("indicator C", false)]);
        assert_eq!(broken(&listed, &newer), ["ids.txt lacks ids: run cargo xtask generate and commit"]);
        assert_eq!(whole(listed.clone(), &ids(&[("indicator B", false)])), listed);
    }

    #[test]
    fn a_path_says_what_stands_there() {
        let of = |path| definition(path);
        assert_eq!(of("indicators/EFF01.toml").as_deref(), Some("indicator EFF01"));
        assert_eq!(of("datasets/x/dataset.toml").as_deref(), Some("dataset x"));
        assert_eq!(of("datasets/x/checks/C1.toml").as_deref(), Some("check C1"));
        assert_eq!([of("indicators/EFF01.test.toml"), of("indicators/EFF01.override.toml"), of("pack.toml")], [None, None, None]);
    }
}
