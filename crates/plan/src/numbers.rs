//! Numbers as plans write them: 12, 1.5, 2万, 三十六, 百分之六十, 三成.

/// The exact value as decimal text; `None` where the characters make no number.
pub fn decimal(text: &str) -> Option<String> {
    if let Some(rest) = text.strip_suffix('万') {
        return scaled(rest, 4);
    }
    if let Some(rest) = text.strip_suffix('亿') {
        return scaled(rest, 8);
    }
    if text.chars().next()?.is_ascii_digit() {
        if let Some(rest) = text.strip_suffix('千') {
            return scaled(rest, 3);
        }
        if let Some(rest) = text.strip_suffix('百') {
            return scaled(rest, 2);
        }
        return plain(text);
    }
    chinese(text).map(|value| value.to_string())
}

/// Arabic digits without needless zeros.
fn plain(text: &str) -> Option<String> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    if whole.is_empty() || !whole.bytes().all(|b| b.is_ascii_digit()) || !part.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let whole = whole.trim_start_matches('0');
    let part = part.trim_end_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    Some(if part.is_empty() { whole.to_owned() } else { format!("{whole}.{part}") })
}

/// `text` times ten to the `zeros`.
fn scaled(text: &str, zeros: usize) -> Option<String> {
    if !text.starts_with(|c: char| c.is_ascii_digit()) {
        let value = chinese(text)?.checked_mul(10_u64.checked_pow(u32::try_from(zeros).ok()?)?)?;
        return Some(value.to_string());
    }
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let moved: String = part.chars().chain(std::iter::repeat('0')).take(zeros).collect();
    let rest: String = part.chars().skip(zeros).collect();
    plain(&if rest.is_empty() { format!("{whole}{moved}") } else { format!("{whole}{moved}.{rest}") })
}

/// 三十六, 一百零二, 二〇一一.
pub fn chinese(text: &str) -> Option<u64> {
    let digit = |c: char| "〇一二三四五六七八九".chars().position(|d| d == c).map(|at| at as u64);
    let digit = |c: char| match c {
        '零' | '○' => Some(0),
        '两' => Some(2),
        other => digit(other),
    };
    if text.is_empty() {
        return None;
    }
    if text.chars().count() > 1 && text.chars().all(|c| digit(c).is_some()) {
        return text.chars().try_fold(0_u64, |sum, c| sum.checked_mul(10)?.checked_add(digit(c)?));
    }
    let (mut total, mut section, mut last) = (0_u64, 0_u64, None);
    for c in text.chars() {
        let place = match c {
            '十' => 10,
            '百' => 100,
            '千' => 1000,
            '万' => {
                total = total.checked_add(section.checked_add(last.take().unwrap_or(0))?.checked_mul(10_000)?)?;
                section = 0;
                continue;
            }
            other => {
                last = Some(digit(other)?);
                continue;
            }
        };
        section = section.checked_add(last.take().unwrap_or(1) * place)?;
    }
    total.checked_add(section)?.checked_add(last.unwrap_or(0))
}

/// The Chinese numeral of a small number: how items are numbered.
#[cfg(test)]
fn numeral(value: u64) -> String {
    let digits: Vec<char> = "〇一二三四五六七八九".chars().collect();
    let digit = |at: u64| digits.get(at as usize).copied().unwrap_or('?').to_string();
    match value {
        0..=9 => digit(value),
        10..=19 => format!("十{}", if value == 10 { String::new() } else { digit(value - 10) }),
        _ => format!("{}十{}", digit(value / 10), if value % 10 == 0 { String::new() } else { digit(value % 10) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_plans_write() {
        for (text, value) in [
            ("12", "12"), ("0.50", "0.5"), ("007", "7"), ("2万", "20000"), ("1.5万", "15000"), ("3百", "300"),
            ("一百零二", "102"), ("三千", "3000"), ("两万", "20000"), ("十", "10"), ("二〇一一", "2011"), ("1.23456万", "12345.6"),
        ] {
            assert_eq!(decimal(text).as_deref(), Some(value), "{text}");
        }
        assert_eq!(decimal("几"), None);
        assert_eq!(chinese(""), None);
        for value in 1..100 {
            assert_eq!(chinese(&numeral(value)), Some(value));
        }
    }
}
