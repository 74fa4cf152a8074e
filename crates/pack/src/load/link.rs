//! Links of a dataset: relations to other rows, typed and bounded.

use super::Loader;
use super::diagnostic::Source;
use super::raw::{RawLink, RawOther, Text};
use crate::dataset::Dataset;
use crate::expr::{self, Expr, Mode, Node};
use crate::link::{Across, LONGEST, Link, Other, Reach};
use crate::types::{Type, Value};

impl Loader {
    /// Reads the links of a dataset whose fields are known. Their expressions cannot ask for links.
    pub(super) fn links(&mut self, source: &Source, raw: &[RawLink], dataset: &Dataset) -> Vec<Link> {
        let mut links: Vec<Link> = Vec::new();
        for one in raw {
            let Some(link) = self.link(source, one, dataset) else { continue };
            if links.iter().any(|other| other.id == link.id) {
                self.report.at(source, &one.id.span(), format!("关联“{}”重复", link.id));
                continue;
            }
            links.push(link);
        }
        links
    }

    fn link(&mut self, source: &Source, raw: &RawLink, dataset: &Dataset) -> Option<Link> {
        let before = self.report.diagnostics.len();
        if raw.name.get_ref().trim().is_empty() {
            self.report.at(source, &raw.name.span(), "关联要写明名称（name）");
        }
        let from = self.plain(source, dataset, &raw.from);
        let to = self.plain(source, dataset, &raw.to);
        let times = from.zip(to);
        if let Some((from, to)) = &times
            && (from.ty != to.ty || !matches!(from.ty, Type::Date | Type::DateTime))
        {
            let message = format!(
                "from 和 to 应同为日期或同为日期时间，实际是{}和{}",
                from.ty.in_chinese(),
                to.ty.in_chinese()
            );
            self.report.at(source, &raw.to.span(), message);
        }
        let same: Vec<Expr> = raw.same.iter().filter_map(|text| self.plain(source, dataset, text)).collect();
        let filter = match &raw.r#where {
            Some(text) => self.read_expr(source, dataset, Mode::Indicator, None, text, expr::condition),
            None => None,
        };
        let person = raw.person.as_ref().map_or(dataset.person.is_some(), |person| *person.get_ref());
        if person && dataset.person.is_none() {
            let at = raw.person.as_ref().map_or(raw.id.span(), toml::Spanned::span);
            self.report.at(source, &at, "数据集没有写明个人（person），不能按人关联");
        }
        if !person && same.is_empty() {
            self.report.help(source, &raw.id.span(), "既不按人、又没有 same，任何两行都会关联", "写 person = true，或在 same 中写相同的数据项");
        }
        let within = match (&raw.within, raw.other.get_ref()) {
            (Some(text), RawOther::Overlapping) => {
                self.report.at(source, &text.span(), "时间重叠（overlapping）不写 within");
                None
            }
            (None, RawOther::Overlapping) => None,
            (Some(text), _) => self.within(source, dataset, text),
            (None, _) => {
                let help = format!("如 within = \"31\" 或 \"param('参数编号')\"，最长 {LONGEST} 日");
                self.report.help(source, &raw.other.span(), "缺少“within”：前后最多相隔多少日", help);
                None
            }
        };
        if self.report.diagnostics.len() > before {
            return None;
        }
        let (from, to) = times?;
        let other = match raw.other.get_ref() {
            RawOther::Later => Other::Later(Reach { from, to, within: within? }),
            RawOther::Earlier => Other::Earlier(Reach { from, to, within: within? }),
            RawOther::Overlapping => Other::Overlapping { from, to },
        };
        Some(Link {
            id: raw.id.get_ref().as_str().into(),
            name: raw.name.get_ref().clone(),
            other,
            person,
            across: raw.across,
            same,
            filter,
        })
    }

    /// A value of one row; personal ones are refused as in every indicator.
    fn plain(&mut self, source: &Source, dataset: &Dataset, text: &Text) -> Option<Expr> {
        let expr = self.read_expr(source, dataset, Mode::Indicator, None, text, expr::expression)?;
        if matches!(expr.ty, Type::Bool | Type::TextSet) {
            self.report.at(source, &text.span(), format!("此处应为文本、数字或日期，实际是{}", expr.ty.in_chinese()));
            return None;
        }
        Some(expr)
    }

    /// Calendar days: a whole number or a parameter, never more than [`LONGEST`].
    fn within(&mut self, source: &Source, dataset: &Dataset, text: &Text) -> Option<Expr> {
        let expr = self.read_expr(source, dataset, Mode::Indicator, None, text, expr::number)?;
        let fits = |value: &Value| matches!(value, Value::Number { units, scale: 0 } if (0..=LONGEST).contains(units));
        let fits = match &expr.node {
            Node::Literal(value) => fits(value),
            Node::Parameter(id) => {
                self.pack.parameters.get(id).is_some_and(|parameter| parameter.values.iter().all(|dated| fits(&dated.value)))
            }
            _ => false,
        };
        if !fits {
            let message = format!("within 应为 0 到 {LONGEST} 的整数日数，或取值如此的参数");
            self.report.at(source, &text.span(), message);
            return None;
        }
        Some(expr)
    }
}

impl Across {
    /// As a Chinese reader says it.
    pub fn in_chinese(self) -> &'static str {
        match self {
            Self::Institution => "本机构",
            Self::Region => "全区域",
        }
    }
}
