//! Faults of everyday carelessness, each an error by one of the national checks.

use crate::columns::{self as c, OTHER_DIAGNOSES};
use crate::random::{Random, one, whole};
use crate::row::Row;

/// A fault and the check that must find it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// FP030: the age is one year off.
    Age,
    /// FP031: the stay is one day off.
    Days,
    /// FP013: a postcode of five digits.
    Postcode,
    /// FP042: two digits of the citizen number changed places.
    CitizenNumber,
    /// FP009: a cell left empty.
    Empty,
    /// FP035: the operation lies after the discharge.
    OperationDate,
    /// FP110: the total is below the sum of its parts.
    Total,
    /// FP064: a diagnosis without its name.
    DiagnosisName,
    /// FP073: a tumour without pathology.
    Pathology,
    /// FP077: an injury without its cause.
    Cause,
    /// FP083: an allergy without its drug.
    Allergy,
    /// FP014: a way of payment that does not exist.
    Payment,
    /// FP018: a department that does not exist.
    Department,
    /// FP061: a diagnosis code written wrongly.
    DiagnosisCode,
    /// FP025: an amount with three decimals.
    Decimals,
    /// FP066: a diagnosis said twice.
    Twice,
    /// FP085: a transfer without receiver.
    Receiver,
}

const ALL: [Fault; 17] = [
    Fault::Age,
    Fault::Days,
    Fault::Postcode,
    Fault::CitizenNumber,
    Fault::Empty,
    Fault::OperationDate,
    Fault::Total,
    Fault::DiagnosisName,
    Fault::Pathology,
    Fault::Cause,
    Fault::Allergy,
    Fault::Payment,
    Fault::Department,
    Fault::DiagnosisCode,
    Fault::Decimals,
    Fault::Twice,
    Fault::Receiver,
];

/// Puts a fault into the row.
pub(crate) fn spoil(row: &mut Row, random: &mut Random) {
    // Some faults need an operation, a tumour or a transfer; what has none gets another.
    for _ in 0..20 {
        if one(random, &ALL).is_some_and(|fault| put(row, *fault, random)) {
            return;
        }
    }
    put(row, Fault::Total, random);
}

/// Puts this fault into the row, if the row can have it.
pub(crate) fn put(row: &mut Row, fault: Fault, random: &mut Random) -> bool {
    let number = |row: &Row, at: usize| row.text(at).parse::<i64>().unwrap_or(0);
    match fault {
        Fault::Age => {
            let age = number(row, c::A14);
            if age < 2 {
                return false;
            }
            row.int(
                c::A14,
                if whole(random, 0, 1) == 0 {
                    age - 1
                } else {
                    age + 1
                },
            );
        }
        Fault::Days => {
            let days = number(row, c::B20);
            // Nursing days must not exceed the stay as it is written, which a longer one keeps.
            row.int(c::B20, days + whole(random, 1, 2));
        }
        Fault::Postcode => row.set(c::A28C, "99010"),
        Fault::CitizenNumber => {
            let mut digits = row.text(c::A20).to_owned();
            // Change the sequence so that the check character no longer fits, the birth date and
            // the sex do.
            let Some(digit) = digits
                .get(15..16)
                .and_then(|digit| digit.parse::<u8>().ok())
            else {
                return false;
            };
            if row.get(c::A20N) != b"1" || digits.len() != 18 {
                return false;
            }
            digits.replace_range(15..16, &((digit + 1) % 10).to_string());
            row.set(c::A20, &digits);
        }
        Fault::Empty => row.set(
            one(random, &[c::A32, c::A21C, c::A38C, c::A22])
                .copied()
                .unwrap_or(c::A32),
            "",
        ),
        Fault::OperationDate => {
            if row.is_missing(c::C16x01) {
                return false;
            }
            let year = row
                .text(c::B15)
                .get(..4)
                .and_then(|year| year.parse::<i32>().ok())
                .unwrap_or(2024);
            let rest = row.text(c::C16x01).get(4..).unwrap_or_default().to_owned();
            let rest = if rest.starts_with("-02-29") {
                rest.replacen("-02-29", "-02-28", 1)
            } else {
                rest
            };
            row.put(c::C16x01, format_args!("{}{rest}", year + 1));
        }
        Fault::Total => {
            let fen = row
                .text(c::D01)
                .replace('.', "")
                .parse::<i64>()
                .unwrap_or(0);
            row.money(c::D01, fen * 9 / 10);
            let own = row
                .text(c::D09)
                .replace('.', "")
                .parse::<i64>()
                .unwrap_or(0);
            row.money(c::D09, own.min(fen * 9 / 10));
        }
        Fault::DiagnosisName => row.unset(c::C04N),
        Fault::Pathology => {
            if row.is_missing(c::C09C) {
                return false;
            }
            for column in [c::C09C, c::C10N, c::C11] {
                row.unset(column);
            }
        }
        Fault::Cause => {
            if row.is_missing(c::C12C) {
                return false;
            }
            row.unset(c::C12C);
            row.unset(c::C13N);
        }
        Fault::Allergy => {
            row.set(c::C24C, "2");
            row.unset(c::C25);
        }
        Fault::Payment => row.set(c::A46C, "10"),
        Fault::Department => row.set(c::B16C, "0399"),
        Fault::DiagnosisCode => {
            let code = row.text(c::C03C).replacen('.', "·", 1);
            row.set(c::C03C, &code);
        }
        Fault::Decimals => {
            let amount = format!("{}5", row.text(c::D16));
            row.set(c::D16, &amount);
        }
        Fault::Twice => {
            let (code, name) = (row.text(c::C03C).to_owned(), row.text(c::C04N).to_owned());
            if row.is_missing(OTHER_DIAGNOSES.column(1, 0)) {
                return false;
            }
            row.set(OTHER_DIAGNOSES.column(1, 0), &code);
            row.set(OTHER_DIAGNOSES.column(1, 1), &name);
        }
        Fault::Receiver => {
            if row.is_missing(c::B35) {
                return false;
            }
            row.unset(c::B35);
        }
    }
    true
}
