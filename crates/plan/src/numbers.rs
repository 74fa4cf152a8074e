//! Numbers as plans write them: 12, 1.5, 2万, 三十六, 九十五点五, 百分之六十, 三成.

const DIGITS: &str = "一二三四五六七八九两";

/// 两三, 三五, 十七八, 八九十: two digits below ten side by side say about how many. A year with a
/// zero in it, 二〇一一, is read digit by digit.
pub fn approximate(text: &str) -> bool {
    let whole = text.split('点').next().unwrap_or("");
    let beside = whole.chars().zip(whole.chars().skip(1)).any(|(one, next)| DIGITS.contains(one) && DIGITS.contains(next));
    let by_digits = whole.contains(['〇', '零', '○']) && !whole.contains(['十', '百', '千', '万']);
    beside && !by_digits
}

/// The exact value as decimal text; `None` where the characters make no exact number.
pub fn decimal(text: &str) -> Option<String> {
    if approximate(text) {
        return None;
    }
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
    if text.contains('点') {
        return pointed(text);
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

/// 九十五点五 is 95.5.
fn pointed(text: &str) -> Option<String> {
    let (whole, part) = text.split_once('点')?;
    let digits: Option<String> = part
        .chars()
        .map(|c| if matches!(c, '零' | '○') { Some(0) } else { "〇一二三四五六七八九".chars().position(|d| d == c) })
        .map(|digit| digit.map(|digit| digit.to_string()))
        .collect();
    plain(&format!("{}.{}", chinese(whole)?, digits.filter(|digits| !digits.is_empty())?))
}

/// `text` times ten to the `zeros`.
fn scaled(text: &str, zeros: usize) -> Option<String> {
    if text.contains('点') {
        return scaled(&pointed(text)?, zeros);
    }
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
        _ => format!("{}十{}", digit(value / 10), if value.is_multiple_of(10) { String::new() } else { digit(value % 10) }),
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
            ("九十五点五", "95.5"), ("零点零五", "0.05"), ("一点五万", "15000"), ("九十五点三五", "95.35"), ("一百零五", "105"),
        ] {
            assert_eq!(decimal(text).as_deref(), Some(value), "{text}");
        }
        for text in ["几", "两三", "三五", "十七八", "八九十", "两三万", "三点"] {
            assert_eq!(decimal(text), None, "{text}");
        }
        assert_eq!(chinese(""), None);
        for value in 1..100 {
            assert_eq!(chinese(&numeral(value)), Some(value));
        }
    }
}
