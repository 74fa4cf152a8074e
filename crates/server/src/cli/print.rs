//! Rows to standard output as a table, csv or json.

use std::io::Write;

use super::CliError;

/// How rows are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Format {
    /// Aligned columns for people.
    #[default]
    Table,
    /// Comma-separated, with a header.
    Csv,
    /// A list of objects.
    Json,
}

/// Prints rows under `columns`; every row has one text for each column. In json, a text that is
/// empty is null.
pub fn rows(format: Format, columns: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> Result<(), CliError> {
    let out = std::io::stdout().lock();
    match write(out, format, columns, rows) {
        // A reader that has seen enough (`| head`) is no failure.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(CliError::failed),
    }
}

/// Prints a structure that is no list of rows, as json.
pub fn json(value: &impl serde::Serialize) -> Result<(), CliError> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let written = serde_json::to_writer_pretty(&mut out, value)
        .map_err(std::io::Error::from)
        .and_then(|()| writeln!(out))
        .and_then(|()| out.flush());
    match written {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(CliError::failed),
    }
}

fn write(
    out: impl Write,
    format: Format,
    columns: &[&str],
    rows: impl IntoIterator<Item = Vec<String>>,
) -> std::io::Result<()> {
    let mut out = std::io::BufWriter::new(out);
    match format {
        Format::Table => {
            let mut table = comfy_table::Table::new();
            table.load_preset(comfy_table::presets::UTF8_HORIZONTAL_ONLY).set_header(columns);
            for row in rows {
                table.add_row(row);
            }
            writeln!(out, "{table}")?;
        }
        Format::Csv => {
            let mut csv = csv::Writer::from_writer(&mut out);
            csv.write_record(columns)?;
            for row in rows {
                csv.write_record(row)?;
            }
            csv.flush()?;
            drop(csv);
        }
        Format::Json => {
            let list: Vec<serde_json::Map<String, serde_json::Value>> = rows
                .into_iter()
                .map(|row| {
                    columns
                        .iter()
                        .zip(row)
                        .map(|(column, text)| {
                            let value = if text.is_empty() { serde_json::Value::Null } else { text.into() };
                            ((*column).to_owned(), value)
                        })
                        .collect()
                })
                .collect();
            serde_json::to_writer_pretty(&mut out, &list)?;
            writeln!(out)?;
        }
    }
    out.flush()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn printed(format: Format) -> String {
        let mut out = Vec::new();
        write(&mut out, format, &["a", "b"], vec![vec!["1".into(), String::new()]]).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn empty_cells_stay_empty() {
        assert_eq!(printed(Format::Csv), "a,b\n1,\n");
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&printed(Format::Json)).unwrap(),
            serde_json::json!([{"a": "1", "b": null}])
        );
        assert!(printed(Format::Table).contains('1'));
    }
}
