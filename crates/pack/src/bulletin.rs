//! Bulletin kinds (通报种类): what a bulletin of data quality and core indicators is called, to whom it
//! goes, which indicators stand in it and how it is worded. The numbers come from elsewhere.

use std::sync::Arc;

use crate::load::Meta;
use crate::period::Period;

/// A kind of bulletin.
#[derive(Debug, Clone)]
pub struct BulletinKind {
    /// Common head of every definition; the name is what pages call it.
    pub meta: Meta,
    /// Title; may hold `{region}` and `{period}`, as the other texts.
    pub title: String,
    /// Issuing authority (发文机关), as the signature has it.
    pub issuer: String,
    /// Mark of the issuing authority (发文机关标志): the red words above.
    pub mark: String,
    /// How the document number (发文字号) begins, such as `云卫医函`; empty when not settled.
    pub number_head: String,
    /// Who it is addressed to (主送机关).
    pub main_to: String,
    /// Who gets a copy (抄送机关); empty for none.
    pub copy_to: String,
    /// Office that prints it (印发机关).
    pub printed_by: String,
    /// Core indicators, in order.
    pub indicators: Vec<Arc<str>>,
    /// Of a value with a smaller denominator it is said that it rests on few cases, and nobody is
    /// named for it.
    pub minimum_denominator: u32,
    /// Days from the date of the document within which a report that is missing must come.
    pub answer_within: u32,
    /// First paragraph, which a person may change.
    pub opening: String,
    /// 有关要求, one for each paragraph, which a person may change.
    pub demands: Vec<String>,
}

impl BulletinKind {
    /// A text with its placeholders filled in.
    pub fn fill(text: &str, region: &str, period: Period) -> String {
        text.replace("{region}", region).replace("{period}", &period.in_chinese())
    }
}
