//! Identifiers of persons and institutions, and their check characters: citizen number (GB 11643),
//! unified social credit code (GB 32100), organisation code (GB 11714) and the registration number
//! on an institution's practice licence (WS 218).
//!
//! The functions look at the text alone. Whether a region, a class or an economic type exists is
//! for the code lists of a pack to say, because those change from year to year.

use chrono::NaiveDate;

/// Sex as a citizen number carries it (GB 11643: the 17th digit is odd for men, even for women).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sex {
    /// 男
    Male,
    /// 女
    Female,
}

impl Sex {
    /// Code of GB/T 2261.1 and of RC001: 1 男, 2 女.
    pub fn code(self) -> u8 {
        match self {
            Self::Male => 1,
            Self::Female => 2,
        }
    }
}

/// The check character of a citizen number's first 17 digits (GB 11643-1999, ISO 7064 MOD 11-2).
/// `None` unless there are exactly 17 digits.
pub fn gb11643_check(body: &str) -> Option<char> {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum = weighted(body, &WEIGHTS, |byte| byte.is_ascii_digit().then(|| u32::from(byte - b'0')))?;
    b"10X98765432".get((sum % 11) as usize).map(|byte| char::from(*byte))
}

/// Is this an 18-character citizen number with the right check character (公民身份号码, GB 11643)?
/// A small `x` at the end is read as `X`. The birth date is looked at by [`gb11643_birth`].
pub fn gb11643_ok(number: &str) -> bool {
    let Some((body, check)) = split_last(number, 18) else { return false };
    gb11643_check(body) == Some(check.to_ascii_uppercase())
}

/// The birth date in a citizen number of 18 characters, or of 15 digits (then 19yy). `None` when
/// there is no such day or no such number; the check character is not looked at.
pub fn gb11643_birth(number: &str) -> Option<NaiveDate> {
    if !number.is_ascii() {
        return None;
    }
    let digits = match number.len() {
        18 => number.get(6..14)?.to_owned(),
        15 => format!("19{}", number.get(6..12)?),
        _ => return None,
    };
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    NaiveDate::from_ymd_opt(digits.get(..4)?.parse().ok()?, digits.get(4..6)?.parse().ok()?, digits.get(6..8)?.parse().ok()?)
}

/// The sex in a citizen number of 18 characters (17th digit) or 15 digits (15th digit).
pub fn gb11643_sex(number: &str) -> Option<Sex> {
    if !number.is_ascii() {
        return None;
    }
    let at = match number.len() {
        18 => 16,
        15 => 14,
        _ => return None,
    };
    let digit = number.as_bytes().get(at).filter(|byte| byte.is_ascii_digit())?;
    Some(if digit % 2 == 1 { Sex::Male } else { Sex::Female })
}

/// The 18-character number of a 15-digit one (issued before 1999-10-01, all births 19yy).
pub fn gb11643_from_15(number: &str) -> Option<String> {
    if number.len() != 15 || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let mut body = format!("{}19{}", number.get(..6)?, number.get(6..)?);
    body.push(gb11643_check(&body)?);
    Some(body)
}

/// The check character of an organisation code's 8-character body (GB 11714-1997): digits and
/// capital letters.
pub fn gb11714_check(body: &str) -> Option<char> {
    const WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];
    let sum = weighted(body, &WEIGHTS, |byte| char::from(byte).to_digit(36).filter(|_| !byte.is_ascii_lowercase()))?;
    Some(match 11 - sum % 11 {
        10 => 'X',
        11 => '0',
        digit => char::from_digit(digit, 10)?,
    })
}

/// Is this a 9-character organisation code with the right check character (组织机构代码, GB 11714)?
/// The hyphen with which it is printed, as in `12345678-8`, may be there.
pub fn gb11714_ok(code: &str) -> bool {
    let code = without_hyphen(code);
    let Some((body, check)) = split_last(&code, 9) else { return false };
    gb11714_check(body) == Some(check)
}

/// The check character of a unified social credit code's first 17 characters (GB 32100-2015). Its
/// alphabet has no I, O, S, V, Z.
pub fn gb32100_check(body: &str) -> Option<char> {
    const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
    const WEIGHTS: [u32; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
    let sum = weighted(body, &WEIGHTS, |byte| ALPHABET.iter().position(|letter| *letter == byte).map(|at| at as u32))?;
    ALPHABET.get(((31 - sum % 31) % 31) as usize).map(|byte| char::from(*byte))
}

/// Is this an 18-character unified social credit code (统一社会信用代码, GB 32100) whose own check
/// character and that of the organisation code in it are both right?
pub fn gb32100_ok(code: &str) -> bool {
    let Some((body, check)) = split_last(code, 18) else { return false };
    gb32100_check(body) == Some(check) && code.get(8..17).is_some_and(gb11714_ok)
}

/// The registration number of a practice licence (医疗机构执业许可证登记号, WS 218-2002), taken
/// apart: organisation code 9, division 6, economic type 2, class 4, management 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Licence {
    /// Organisation code (GB 11714), 9 characters, its check character right.
    pub organisation: String,
    /// Division code (GB/T 2260), 6 digits.
    pub region: String,
    /// Economic type (GB/T 12402), first two digits, such as `11` 国有全资.
    pub economic_type: String,
    /// Class of institution (WS 218), such as `A100` 综合医院.
    pub class: String,
    /// Management.
    pub management: Management,
}

/// Management of an institution (机构分类管理), the last digit of the registration number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Management {
    /// 1 非营利性医疗机构
    NonProfit,
    /// 2 营利性医疗机构
    ForProfit,
    /// 9 其他卫生机构
    Other,
}

/// What is wrong with a registration number. There is no check character over the whole number, so
/// each part is looked at by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LicenceError {
    /// Not 22 characters.
    #[error("登记号应为22位（带横线时23位）")]
    Length,
    /// The check character of the organisation code.
    #[error("登记号前9位（组织机构代码）校验码不正确")]
    Organisation,
    /// The division code.
    #[error("登记号第10–15位（行政区划代码）应为6位数字")]
    Region,
    /// The economic type.
    #[error("登记号第16–17位（经济类型）应为2位数字")]
    EconomicType,
    /// The class.
    #[error("登记号第18–21位（卫生机构类别）应为1位大写字母加3位数字")]
    Class,
    /// Management.
    #[error("登记号第22位（机构分类管理）应为1、2或9")]
    Management,
}

/// Takes a registration number apart (WS 218-2002). The hyphen before the organisation code's check
/// character may be there.
///
/// # Errors
///
/// The first part that is wrong, in the words of the person who mends it.
pub fn ws218(number: &str) -> Result<Licence, LicenceError> {
    let number = without_hyphen(number);
    if number.len() != 22 || !number.is_ascii() {
        return Err(LicenceError::Length);
    }
    let part = |from: usize, to: usize| number.get(from..to).unwrap_or_default().to_owned();
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (organisation, region, economic_type, class) = (part(0, 9), part(9, 15), part(15, 17), part(17, 21));
    if !gb11714_ok(&organisation) {
        return Err(LicenceError::Organisation);
    }
    if !digits(&region) {
        return Err(LicenceError::Region);
    }
    if !digits(&economic_type) {
        return Err(LicenceError::EconomicType);
    }
    if !class.starts_with(|letter: char| letter.is_ascii_uppercase()) || !class.get(1..).is_some_and(digits) {
        return Err(LicenceError::Class);
    }
    let management = match part(21, 22).as_str() {
        "1" => Management::NonProfit,
        "2" => Management::ForProfit,
        "9" => Management::Other,
        _ => return Err(LicenceError::Management),
    };
    Ok(Licence { organisation, region, economic_type, class, management })
}

/// Is this a designated institution's medical-insurance code (定点医药机构编码: H or P and 11
/// digits)? Hospitals sometimes put one where the registration number belongs.
pub fn insurance_code_ok(code: &str) -> bool {
    code.len() == 12 && code.starts_with(['H', 'P']) && code.bytes().skip(1).all(|byte| byte.is_ascii_digit())
}

/// Σ value × weight, `None` when a character has no value or the length differs.
fn weighted(text: &str, weights: &[u32], value: impl Fn(u8) -> Option<u32>) -> Option<u32> {
    if text.len() != weights.len() {
        return None;
    }
    text.bytes().zip(weights).try_fold(0, |sum, (byte, weight)| Some(sum + value(byte)? * weight))
}

/// All but the last character, and the last, of an ASCII text of this length.
fn split_last(text: &str, length: usize) -> Option<(&str, char)> {
    if text.len() != length || !text.is_ascii() {
        return None;
    }
    Some((text.get(..length - 1)?, text.chars().next_back()?))
}

/// The text without the one hyphen after the organisation code's body.
fn without_hyphen(text: &str) -> String {
    match text.split_once('-') {
        Some((body, rest)) if body.len() == 8 => format!("{body}{rest}"),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

    use super::*;

    #[test]
    fn citizen_numbers() {
        // The last two stand in the standard's own text; the others are synthetic (division 990001).
        for number in ["99000119900307001X", "99000119900307001x", "990001198512120025", "990001200002290032", "11010519491231002X", "440524188001010014"] {
            assert!(gb11643_ok(number), "{number}");
        }
        for number in ["990001199003070011", "990001198512120026", "99000119851212002", "9900011985121200255", "99000119851212O025", "", "公民身份号码"] {
            assert!(!gb11643_ok(number), "{number}");
        }
    }

    #[test]
    fn birth_and_sex() {
        let day = |y, m, d| NaiveDate::from_ymd_opt(y, m, d);
        assert_eq!(gb11643_birth("990001200002290032"), day(2000, 2, 29));
        assert_eq!(gb11643_birth("990001900307001"), day(1990, 3, 7));
        assert_eq!(gb11643_birth("990001199902300032"), None);
        assert_eq!(gb11643_birth("99000120000229003"), None);
        assert_eq!(gb11643_birth("990001 2000229032"), None);
        assert_eq!(gb11643_sex("99000119900307001X"), Some(Sex::Male));
        assert_eq!(gb11643_sex("990001198512120025"), Some(Sex::Female));
        assert_eq!(gb11643_sex("990001900307001"), Some(Sex::Male));
        assert_eq!(gb11643_sex("12"), None);
        assert_eq!((Sex::Male.code(), Sex::Female.code()), (1, 2));
    }

    #[test]
    fn fifteen_digits_become_eighteen() {
        assert_eq!(gb11643_from_15("990001900307001").as_deref(), Some("99000119900307001X"));
        assert_eq!(gb11643_from_15("110105491231002").as_deref(), Some("11010519491231002X"));
        assert_eq!(gb11643_from_15("99000190030700X"), None);
        assert_eq!(gb11643_from_15("99000119900307001X"), None);
    }

    #[test]
    fn organisation_codes() {
        for code in ["12345678-8", "99900001-3", "56789012-0", "D2143569-X", "D2143569X", "456087837"] {
            assert!(gb11714_ok(code), "{code}");
        }
        for code in ["12345678-9", "1234567-88", "d2143569X", "", "12345678"] {
            assert!(!gb11714_ok(code), "{code}");
        }
    }

    #[test]
    fn credit_codes() {
        for code in ["12990001999000013K", "529900015678901207", "91990001MA9999013N"] {
            assert!(gb32100_ok(code), "{code}");
        }
        // A wrong check character; an organisation code that is wrong inside a code whose own check
        // character was recomputed; a letter outside the alphabet; a wrong length.
        let inside = "12990001999000014";
        let inside = format!("{inside}{}", gb32100_check(inside).unwrap());
        for code in ["12990001999000013L", inside.as_str(), "1299000199900001IK", "12990001999000013"] {
            assert!(!gb32100_ok(code), "{code}");
        }
    }

    #[test]
    fn registration_numbers() {
        let cases = [
            ("99900001399000111A1001", "999000013", "990001", "11", "A100", Management::NonProfit),
            ("99900001-399000111A1001", "999000013", "990001", "11", "A100", Management::NonProfit),
            ("56789012099000217D2152", "567890120", "990002", "17", "D215", Management::ForProfit),
            ("12345678899000311C2201", "123456788", "990003", "11", "C220", Management::NonProfit),
            ("45608783744060611A1001", "456087837", "440606", "11", "A100", Management::NonProfit),
        ];
        for (number, organisation, region, economic_type, class, management) in cases {
            let expected = Licence {
                organisation: organisation.to_owned(),
                region: region.to_owned(),
                economic_type: economic_type.to_owned(),
                class: class.to_owned(),
                management,
            };
            assert_eq!(ws218(number), Ok(expected), "{number}");
        }
        let wrong = [
            ("99900001399000111A100", LicenceError::Length),
            ("H99000100012", LicenceError::Length),
            ("99900001499000111A1001", LicenceError::Organisation),
            ("9990000139900X111A1001", LicenceError::Region),
            ("9990000139900011AA1001", LicenceError::EconomicType),
            ("9990000139900011111001", LicenceError::Class),
            ("99900001399000111A10X1", LicenceError::Class),
            ("99900001399000111A1003", LicenceError::Management),
        ];
        for (number, error) in wrong {
            assert_eq!(ws218(number), Err(error), "{number}");
        }
    }

    #[test]
    fn insurance_codes() {
        assert!(insurance_code_ok("H99000100012"));
        assert!(insurance_code_ok("P99000100012"));
        for code in ["H9900010001", "X99000100012", "H9900010001A", "99900001399000111A1001"] {
            assert!(!insurance_code_ok(code), "{code}");
        }
    }
}
