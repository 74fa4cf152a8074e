//! Bytes as hexadecimal text, for file names, digests and pseudonyms.

use sm3::{Digest, Sm3};

/// Lower-case hexadecimal.
pub(crate) fn encode(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).copied().unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// The bytes of hexadecimal text; `None` when it is none, or not exactly `N` bytes.
pub(crate) fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits: Vec<u8> = text.chars().map(|c| c.to_digit(16).map(|d| d as u8)).collect::<Option<_>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    let bytes: Vec<u8> = pairs.iter().map(|[high, low]| high << 4 | low).collect();
    bytes.try_into().ok()
}

/// SM3 of all pieces one after the other, as hexadecimal text.
pub(crate) fn sm3(pieces: &[&[u8]]) -> String {
    let mut digest = Sm3::new();
    for piece in pieces {
        digest.update(piece);
    }
    encode(&digest.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        assert_eq!(encode(&[0x00, 0x7f, 0xff]), "007fff");
        assert_eq!(decode::<3>("007fFF"), Some([0x00, 0x7f, 0xff]));
        for not in ["007f", "007fff00", "007ff", "00 fff", "007fgg", ""] {
            assert_eq!(decode::<3>(not), None, "{not}");
        }
    }

    /// GB/T 32905-2016, appendix A.1.
    #[test]
    fn the_standards_own_digest() {
        let expected = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0";
        assert_eq!(sm3(&[b"abc"]), expected);
        assert_eq!(sm3(&[b"a", b"", b"bc"]), expected);
    }
}
