//! JSON: one object a line, or an array of objects. The columns are the keys, in the order in which
//! they first stand in the file; a key that an object lacks, and `null`, is a blank. Numbers keep
//! their digits as written.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::book::{Kind, Row, Visit, beyond, number};
use crate::Limits;
use crate::catalogue::{JSON_BROKEN, JSON_KEY_TWICE, JSON_NESTED, TOO_MANY_COLUMNS};
use crate::finding::FileFinding;

/// A file of objects, each of which has been found to be whole.
pub(crate) struct Objects<'a> {
    text: Cow<'a, str>,
    keys: Vec<String>,
    /// Place of a key in `keys`.
    places: HashMap<String, usize>,
}

/// Told the number of each object and its text.
type Each<'e> = dyn FnMut(u32, &str) -> Result<bool, FileFinding> + 'e;

impl<'a> Objects<'a> {
    pub fn open(text: Cow<'a, str>, limits: &Limits) -> Result<Self, FileFinding> {
        let (mut keys, mut places) = (Vec::new(), HashMap::new());
        each(&text, &mut |at, object| {
            let place = || place(&text, at);
            let object: Pairs<'_> = serde_json::from_str(object).map_err(|error| broken(place(), &error))?;
            let mut seen = std::collections::HashSet::new();
            for (key, value) in &object.0 {
                if !seen.insert(key.as_ref()) {
                    return Err(FileFinding::fault(&JSON_KEY_TWICE, Some(place()), &[("place", &place()), ("key", key)]));
                }
                if let Some(kind) = nested(value.get()) {
                    return Err(FileFinding::fault(
                        &JSON_NESTED,
                        Some(place()),
                        &[("place", &place()), ("key", key), ("kind", kind)],
                    ));
                }
                if !places.contains_key(key.as_ref()) {
                    if keys.len() >= limits.columns {
                        let (found, limit) = (format!("多于 {}", keys.len()), limits.columns.to_string());
                        return Err(beyond(&TOO_MANY_COLUMNS, Some(place()), &found, &limit));
                    }
                    places.insert(key.to_string(), keys.len());
                    keys.push(key.to_string());
                }
            }
            Ok(true)
        })?;
        Ok(Self { text, keys, places })
    }

    pub fn rows(&self, visit: &mut Visit<'_>) -> Result<(), FileFinding> {
        let mut row = Row::default();
        for key in &self.keys {
            row.push(key, Kind::Text);
        }
        if !visit(&row)? {
            return Ok(());
        }
        let mut scratch = String::new();
        each(&self.text, &mut |at, object| {
            let object: Pairs<'_> =
                serde_json::from_str(object).map_err(|error| broken(place(&self.text, at), &error))?;
            let mut values: Vec<Option<&RawValue>> = vec![None; self.keys.len()];
            for (key, value) in &object.0 {
                if let Some(slot) = self.places.get(key.as_ref()).and_then(|at| values.get_mut(*at)) {
                    *slot = Some(*value);
                }
            }
            row.clear();
            row.number = at;
            for value in &values {
                scratch.clear();
                let kind = value.map_or(Kind::Text, |value| write(value.get(), &mut scratch));
                row.push(&scratch, kind);
            }
            visit(&row)
        })
    }
}

/// Writes a value that is not nested as it would stand in a text file.
fn write(value: &str, text: &mut String) -> Kind {
    match value.as_bytes() {
        b"null" => Kind::Text,
        b"true" | b"false" => {
            text.push_str(&value.to_uppercase());
            Kind::Text
        }
        [b'"', ..] => {
            // It has been read once, so it can be read.
            if let Ok(string) = serde_json::from_str::<Cow<'_, str>>(value) {
                text.push_str(&string);
            }
            Kind::Text
        }
        _ => {
            text.push_str(value);
            Kind::Exact
        }
    }
}

fn nested(value: &str) -> Option<&'static str> {
    match value.as_bytes().first() {
        Some(b'{') => Some("对象"),
        Some(b'[') => Some("数组"),
        _ => None,
    }
}

fn is_array(text: &str) -> bool {
    text.trim_start().starts_with('[')
}

/// Where an object stands: in its line, or at its place in the array.
fn place(text: &str, at: u32) -> String {
    if is_array(text) { format!("第 {at} 个对象") } else { format!("第 {at} 行") }
}

fn broken(place: String, error: &dyn fmt::Display) -> FileFinding {
    FileFinding::fault(&JSON_BROKEN, Some(place.clone()), &[("place", &place), ("detail", &error.to_string())])
}

/// Hands out the objects of a text, lines by their number, elements of an array by their place.
fn each(text: &str, visit: &mut Each<'_>) -> Result<(), FileFinding> {
    if is_array(text) {
        let mut fault = None;
        let mut reader = serde_json::Deserializer::from_str(text);
        let read = Elements { visit, fault: &mut fault }.deserialize(&mut reader).and_then(|()| reader.end());
        return match (fault, read) {
            (Some(Stopped::Fault(fault)), _) => Err(fault),
            (Some(Stopped::Enough), _) | (None, Ok(())) => Ok(()),
            (None, Err(error)) => Err(broken(format!("第 {} 行", error.line()), &error)),
        };
    }
    for (at, line) in (1_u64..).zip(text.lines()) {
        if !line.trim().is_empty() && !visit(number(at)?, line)? {
            return Ok(());
        }
    }
    Ok(())
}

/// Why the elements of an array were not read to the end.
enum Stopped {
    Enough,
    Fault(FileFinding),
}

/// Reads an array element by element, without keeping any.
struct Elements<'e, 'v> {
    visit: &'e mut Each<'v>,
    fault: &'e mut Option<Stopped>,
}

impl<'de> DeserializeSeed<'de> for Elements<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Elements<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        let mut at: u64 = 0;
        while let Some(element) = elements.next_element::<&RawValue>()? {
            at += 1;
            let stopped = match number(at).and_then(|at| (self.visit)(at, element.get())) {
                Ok(true) => continue,
                Ok(false) => Stopped::Enough,
                Err(fault) => Stopped::Fault(fault),
            };
            *self.fault = Some(stopped);
            return Err(A::Error::custom("stopped"));
        }
        Ok(())
    }
}

/// An object's keys with their values as written, in its own order.
struct Pairs<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

/// A key as the text has it, or without its escapes.
#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Pairs<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Pairs<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some(Key(key)) = map.next_key::<Key<'de>>()? {
                    pairs.push((key, map.next_value::<&'de RawValue>()?));
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    type Cells = Vec<(u32, Vec<(String, Kind)>)>;

    fn read(text: &str) -> Result<Cells, String> {
        let objects = Objects::open(Cow::Borrowed(text), &Limits { columns: 3, ..Limits::default() })
            .map_err(|fault| format!("{} {}", fault.number, fault.place.unwrap_or_default()))?;
        let mut rows = Vec::new();
        let cell = |row: &Row, at: usize| (String::from_utf8_lossy(row.raw(at)).into_owned(), row.kind(at));
        objects
            .rows(&mut |row| {
                rows.push((row.number, (0..row.record.len()).map(|at| cell(row, at)).collect()));
                Ok(true)
            })
            .unwrap();
        Ok(rows)
    }

    #[test]
    fn lines_and_arrays_say_the_same() {
        let said = |number: u32, cells: [(&str, Kind); 3]| {
            (number, cells.map(|(text, kind)| (text.to_owned(), kind)).to_vec())
        };
        let text = Kind::Text;
        let expected = |numbers: [u32; 2]| {
            vec![
                said(0, [("a", text), ("名称", text), ("c", text)]),
                said(numbers[0], [("1.50", Kind::Exact), ("云\"澜", text), ("", text)]),
                said(numbers[1], [("", text), ("", text), ("TRUE", text)]),
            ]
        };
        let lines = "{\"a\": 1.50, \"名称\": \"云\\\"澜\"}\n\n{\"c\": true, \"a\": null}\n";
        assert_eq!(read(lines).unwrap(), expected([1, 3]));
        let array = "[{\"\\u0061\": 1.50, \"名称\": \"云\\\"澜\"},\n {\"c\": true, \"a\": null}]";
        assert_eq!(read(array).unwrap(), expected([1, 2]));
    }

    #[test]
    fn what_is_no_row_is_named() {
        for (text, fault) in [
            ("{\"a\": 1}\n{\"a\": 1\n", "F0120 第 2 行"),
            ("{\"a\": 1}\n[1]\n", "F0120 第 2 行"),
            ("[{\"a\": 1},\n{\"a\": 1]", "F0120 第 2 行"),
            ("[{\"a\": 1}, 5]", "F0120 第 2 个对象"),
            ("[{\"a\": 1}] x", "F0120 第 1 行"),
            ("{\"a\": {\"b\": 1}}", "F0121 第 1 行"),
            ("[{\"a\": 1}, {\"a\": [1]}]", "F0121 第 2 个对象"),
            ("{\"a\": 1, \"a\": 2}", "F0122 第 1 行"),
            ("{\"a\": 1, \"b\": 2, \"c\": 3, \"d\": 4}", "F0113 第 1 行"),
        ] {
            assert_eq!(read(text).unwrap_err(), fault, "{text}");
        }
    }

    #[test]
    fn depth_costs_nothing() {
        let deep = format!("{{\"a\": {}{}}}", "[".repeat(200_000), "]".repeat(200_000));
        assert_eq!(read(&deep).unwrap_err(), "F0121 第 1 行");
        assert_eq!(read(&"[".repeat(200_000)).unwrap_err(), "F0120 第 1 行");
    }
}
