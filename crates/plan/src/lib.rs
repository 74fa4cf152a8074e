//! Reads the raw text of a work plan (工作要点) into a tree of items with their targets.
//!
//! Plans come as notices pasted from web pages, with navigation and advertisements, in either
//! script, with page numbers inside sentences; several may stand on one page. [`read`] takes such
//! a file and gives its documents: the numbered items as written, the targets found in them, every
//! change that was made to the text, and what could not be read. Rules follow Chinese drafting
//! (以上 includes the number, 左右 states no tolerance, 力争 is an aspiration); a value that the text
//! has lost is reported and never guessed.

mod clean;
mod dates;
mod documents;
mod numbers;
mod quantity;
mod rules;
mod source;
mod target;
mod tree;
mod universal;

use chrono::NaiveDate;
use serde::Serialize;

/// Why a file cannot be read at all. The words are for the person who gave the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// Nothing but blanks.
    #[error("{file}：文件里没有文字，请确认选对了文件")]
    Empty {
        /// The file's name.
        file: String,
    },
    /// A format that holds no plain text.
    #[error("{file}：{format}不能直接读取，请在原来的程序里另存为 .docx 或 .txt 后再导入")]
    Format {
        /// The file's name.
        file: String,
        /// The format found, in the user's words.
        format: &'static str,
    },
    /// The bytes are text in no encoding known here.
    #[error("{file}：认不出文字编码（试过 UTF-8、UTF-16、GB18030、Big5），请另存为 UTF-8 文本后再导入")]
    Encoding {
        /// The file's name.
        file: String,
    },
    /// A .docx that is damaged.
    #[error("{file}：.docx 文件不完整或已损坏（{reason}），请用 Word 打开并重新保存")]
    Docx {
        /// The file's name.
        file: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Text without a single numbered item.
    #[error("{file}：没有找到带编号的条目（如“一、”“（一）”“1.”），请确认这是一份工作要点")]
    NoItems {
        /// The file's name.
        file: String,
    },
}

/// One plan of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Document {
    /// As written, in Simplified script.
    pub title: String,
    /// The place as the text gives it, such as 苏州市吴中区; `None` where it does not.
    pub place: Option<String>,
    /// Who issued it; `None` where the text does not say.
    pub publisher: Option<String>,
    /// The year that the title or the opening names; `None` where neither does.
    pub year: Option<i32>,
    /// The notice and the opening, before the first item.
    pub opening: String,
    /// The numbered items as a tree.
    pub items: Vec<Item>,
    /// What the items demand with a number, for all, or without stating a value.
    pub targets: Vec<Target>,
    /// Numbers that were looked at and not taken as targets, with the reason.
    pub set_aside: Vec<Remark>,
    /// Every change made to the text before it was read.
    pub cleaned: Vec<Change>,
    /// What could not be read, with the reason.
    pub unread: Vec<Remark>,
}

impl Document {
    /// The items without children, in the order of the text: what there is to do.
    pub fn leaves(&self) -> Vec<&Item> {
        fn walk<'a>(items: &'a [Item], into: &mut Vec<&'a Item>) {
            for item in items {
                if item.children.is_empty() {
                    into.push(item);
                }
                walk(&item.children, into);
            }
        }
        let mut leaves = Vec::new();
        walk(&self.items, &mut leaves);
        leaves
    }
}

/// One numbered item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Item {
    /// Its own number as written, without punctuation: 一, (二), 3, ①; ¶2 is the second paragraph
    /// of a document that numbers nothing below its headings.
    pub number: String,
    /// The number by which it can be named within the document: 一-1, 二(一)9, 三¶1; only its own
    /// where numbers run on through the document.
    pub path: String,
    /// The heading, or the whole of an item that is one sentence.
    pub heading: String,
    /// The text below the heading.
    pub text: String,
    /// First and last line of the source (paragraphs of a .docx), counted from 1.
    pub lines: (usize, usize),
    /// Items numbered below it.
    pub children: Vec<Item>,
}

/// How a value is to be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Operator {
    /// At least the value (以上, 不少于, 不低于, 至少), the value included.
    AtLeast,
    /// At most the value (以下, 以内, 不超过), the value included.
    AtMost,
    /// The value as written (达到 100%, 建成 3 家).
    Exactly,
    /// Near the value, no tolerance stated (左右, 约).
    About,
    /// From `value` to `high`.
    Between,
    /// So much more than before (新增, 增长); a negative value is a decrease.
    Increase,
    /// All of a kind, without a number (全覆盖, 全部, 所有, 全面).
    All,
    /// Named without a value.
    Unstated,
}

impl Operator {
    /// The word in data: `at_least`, `all`, …
    pub fn word(self) -> &'static str {
        match self {
            Self::AtLeast => "at_least",
            Self::AtMost => "at_most",
            Self::Exactly => "exactly",
            Self::About => "about",
            Self::Between => "between",
            Self::Increase => "increase",
            Self::All => "all",
            Self::Unstated => "unstated",
        }
    }

    /// The sign or word that a reader knows: ≥, 约, 全部, …
    pub fn sign(self) -> &'static str {
        match self {
            Self::AtLeast => "≥",
            Self::AtMost => "≤",
            Self::Exactly => "=",
            Self::About => "约",
            Self::Between => "介于",
            Self::Increase => "增加",
            Self::All => "全部",
            Self::Unstated => "未写数值",
        }
    }
}

/// A demand that can be measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Target {
    /// The path of the item it stands in.
    pub item: String,
    /// What is measured, in the text's own words.
    pub measures: String,
    /// Of whom or what, where the text names it before the measure; otherwise empty.
    pub subject: String,
    /// How the value is to be compared.
    pub operator: Operator,
    /// Decimal text; `None` for [`Operator::All`] and [`Operator::Unstated`].
    pub value: Option<String>,
    /// The upper end of [`Operator::Between`].
    pub high: Option<String>,
    /// The unit as written: %, ‰, 家, 张, 个工作日; of a ratio the second half, :1 or :1.25; empty where
    /// there is none.
    pub unit: String,
    /// For each of what: 250张床位, 村, 月; empty where not stated.
    pub per: String,
    /// By when, where the sentence says so.
    pub deadline: Option<NaiveDate>,
    /// 力争, 争取: an aspiration.
    pub aspirational: bool,
    /// The number is not written: it is the count of the names listed.
    pub counted: bool,
    /// The words that carry it.
    pub quote: String,
    /// Line of the source.
    pub line: usize,
}

/// A place in the source with the reason why it is named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Remark {
    /// Line of the source.
    pub line: usize,
    /// The words in question.
    pub quote: String,
    /// Why, in plain Chinese.
    pub reason: String,
}

/// What kind of change was made to the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// Pinyin in brackets behind characters was taken out.
    Pinyin,
    /// Traditional characters were made Simplified.
    Script,
    /// Blanks around numbers were taken out.
    Blanks,
    /// Full-width digits and signs were made half-width.
    Width,
    /// Signs of a markup language were taken out.
    Markup,
    /// A page number was taken out.
    PageNumber,
    /// A sentence broken over two lines was joined.
    LineBreak,
    /// Navigation, publication data or an advertisement of the web page was left out.
    Navigation,
    /// Notices and teasers behind the end of the document were left out.
    Tail,
}

impl ChangeKind {
    /// In the user's words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pinyin => "删去括号里的拼音",
            Self::Script => "繁体转为简体",
            Self::Blanks => "删去数字旁的空格",
            Self::Width => "全角数字转为半角",
            Self::Markup => "删去排版符号",
            Self::PageNumber => "删去页码",
            Self::LineBreak => "接上断开的句子",
            Self::Navigation => "略去网页导航或说明",
            Self::Tail => "略去文末的网页内容",
        }
    }
}

/// One change made to the text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What kind.
    pub kind: ChangeKind,
    /// Line of the source.
    pub line: usize,
    /// The words before.
    pub before: String,
    /// The words after; empty where they were left out.
    pub after: String,
}

/// Reads a file: text in UTF-8, UTF-16, GB18030 or Big5, or a .docx. `file_name` only serves the
/// messages; the format is found from the bytes.
pub fn read(bytes: &[u8], file_name: &str) -> Result<Vec<Document>, ReadError> {
    let source::Source { mut lines, mut unread } = source::lines(bytes, file_name)?;
    let mut cleaned = Vec::new();
    clean::characters(&mut lines, &mut cleaned, &mut unread);
    let documents = documents::read(lines, cleaned, unread);
    if documents.is_empty() {
        return Err(ReadError::NoItems { file: file_name.to_owned() });
    }
    Ok(documents)
}
