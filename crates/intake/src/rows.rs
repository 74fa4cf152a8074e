//! Sets of row ids, small however many rows there are, and written as text.

use std::fmt::Write as _;
use std::ops::{Deref, DerefMut};

use roaring::RoaringBitmap;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _, ser::Error as _};

/// A set of row ids. Serialised as the hexadecimal text of the portable Roaring format, whose size
/// is bounded by the number of rows of the file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rows(pub RoaringBitmap);

impl Eq for Rows {}

impl Deref for Rows {
    type Target = RoaringBitmap;

    fn deref(&self) -> &RoaringBitmap {
        &self.0
    }
}

impl DerefMut for Rows {
    fn deref_mut(&mut self) -> &mut RoaringBitmap {
        &mut self.0
    }
}

impl Serialize for Rows {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut set = self.0.clone();
        set.optimize();
        let mut bytes = Vec::with_capacity(set.serialized_size());
        set.serialize_into(&mut bytes).map_err(S::Error::custom)?;
        let mut text = String::with_capacity(bytes.len() * 2);
        for byte in bytes {
            write!(text, "{byte:02x}").map_err(S::Error::custom)?;
        }
        serializer.serialize_str(&text)
    }
}

impl<'de> Deserialize<'de> for Rows {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|d| u8::try_from(d).ok());
        let bytes: Option<Vec<u8>> = text
            .as_bytes()
            .chunks(2)
            .map(|pair| match pair {
                [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
                _ => None,
            })
            .collect();
        let bytes = bytes.ok_or_else(|| D::Error::custom("a set of rows is hexadecimal text"))?;
        RoaringBitmap::deserialize_from(bytes.as_slice()).map(Self).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn written_and_read_back() {
        for rows in [RoaringBitmap::new(), (1..=1_000_000).collect(), (1..200_000).step_by(3).collect()] {
            let text = serde_json::to_string(&Rows(rows.clone())).unwrap();
            assert_eq!(serde_json::from_str::<Rows>(&text).unwrap().0, rows);
        }
        // All rows cost next to nothing.
        assert!(serde_json::to_string(&Rows((1..=1_000_000).collect())).unwrap().len() < 1000);
        for bad in ["\"zz\"", "\"0\"", "\"00\"", "1"] {
            assert!(serde_json::from_str::<Rows>(bad).is_err(), "{bad}");
        }
    }
}
