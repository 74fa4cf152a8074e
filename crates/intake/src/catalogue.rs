//! Every numbered message of intake, in one place.
//!
//! | numbers | about | effect |
//! | --- | --- | --- |
//! | `F01xx` | bytes that are no readable table | the file is returned |
//! | `F02xx` | the shape of the table | the file is returned |
//! | `F03xx` | whose file and of when | the file is returned |
//! | `F04xx` | too many rows with an error | the file is returned |
//! | `N01xx` | worth knowing about the file | none |
//! | `R01xx` | values read in another form than the official one | the value counts as read |
//! | `R02xx` | values that a program destroyed | the value counts as unreadable |
//! | `YZxxx` | checks of the program itself | by severity, like any check |
//!
//! A number is never used for anything else again. `{name}` stands for what the file says.

use yizheng_pack::dataset::Severity;

/// A message about a file or about how its values were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message {
    /// Number, never reused.
    pub number: &'static str,
    /// What is the matter; `{name}` is filled in.
    pub what: &'static str,
    /// What to do.
    pub remedy: &'static str,
}

/// A check that the program makes by itself for every dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnCheck {
    /// Id, never reused.
    pub id: &'static str,
    /// Name in Chinese.
    pub name: &'static str,
    /// How grave a violation is.
    pub severity: Severity,
    /// What to do.
    pub remedy: &'static str,
}

macro_rules! messages {
    ($($(#[$doc:meta])* $id:ident = $number:literal, $what:literal, $remedy:literal;)*) => {
        $($(#[$doc])* pub const $id: Message = Message { number: $number, what: $what, remedy: $remedy };)*
        /// All messages, by number within their kind.
        pub const MESSAGES: &[Message] = &[$($id),*];
    };
}

messages! {
    /// No byte, or nothing but blanks.
    EMPTY = "F0101", "文件是空的。",
        "请确认导出已经完成，重新导出后再报送；本报告期确实没有数据的，请办理零报告。";
    /// Another kind of file.
    NOT_A_TABLE = "F0102", "这不是可以读取的表格文件，而是{kind}。",
        "请在病案系统中导出为 CSV、xlsx、xls、Parquet 或 JSON 后再报送，也可以压缩成 ZIP；不要只改文件的扩展名。";
    /// UTF-16.
    UTF16 = "F0103", "文件的编码是 UTF-16（Excel 称为“Unicode 文本”），不能读取。",
        "请用 Excel 打开后另存为“CSV UTF-8（逗号分隔）”或 xlsx，再报送。";
    /// Neither UTF-8 nor GB18030.
    ENCODING = "F0104", "文件的编码既不是 UTF-8 也不是 GB18030：共有 {count} 处无法读取，第一处在第 {line} 行。",
        "请重新导出，编码选 UTF-8 或 GBK/GB18030；不要把两种编码的文件拼接在一起。";
    /// Text that was decoded wrongly before it came here.
    MOJIBAKE = "F0105", "文件中的汉字已成乱码：抽查的 {sampled} 个含汉字的单元格中有 {garbled} 个是乱码，第一个在第 {row} 行。",
        "文件在导出或转存时用错了编码，乱码不能还原。请回到病案系统重新导出，编码选 UTF-8。";
    /// Encrypted workbook.
    PASSWORD = "F0106", "Excel 文件设有打开密码。",
        "请在 Excel 中取消密码（文件—信息—保护工作簿），保存后再报送。";
    /// A file that cannot be opened.
    DAMAGED = "F0107", "文件已损坏或不完整，不能打开（{detail}）。",
        "请重新导出；如经网络或U盘传送，请核对文件大小与原文件一致。";
    /// A zip bomb.
    UNPACKS_TOO_LARGE = "F0108", "文件解压后有 {unpacked}，是压缩前的 {ratio} 倍，超过上限（{limit}），没有解压。",
        "工作簿请删除没有数据的行、列和工作表后重新保存，或改为 CSV 报送；压缩包请分成几个报送。";
    /// A limit of the program: of bytes, and those without a number of their own.
    LIMIT = "F0109", "文件超过上限：{what} {found}，上限 {limit}。",
        "请把文件分成几个报送，或请管理员调整上限。";
    /// Too many rows.
    TOO_MANY_ROWS = "F0110", "数据行太多：{found} 行，上限 {limit} 行。",
        "请把文件分成几个，第一个按“全量”、其余按“增补”报送；或请管理员调整上限。";
    /// Too many cells.
    TOO_MANY_CELLS = "F0111", "单元格太多：{found} 个，上限 {limit} 个。",
        "请只导出本数据集的列，或把文件分成几个报送；或请管理员调整上限。";
    /// Too many sheets.
    TOO_MANY_SHEETS = "F0112", "工作表太多：{found} 个，上限 {limit} 个。",
        "请把要报送的工作表另存为一个文件。";
    /// Too many columns.
    TOO_MANY_COLUMNS = "F0113", "列太多：{found} 列，上限 {limit} 列。",
        "请只导出本数据集的列；表格右侧的空列请删除后重新保存。";
    /// A cell that is too long.
    CELL_TOO_LONG = "F0114", "单元格太长：{found} 字节，上限 {limit} 字节。",
        "请核对该单元格的内容：多因漏了分隔符或双引号，把许多内容并进了一格。";
    /// A row of a text that is too long.
    ROW_TOO_LONG = "F0115", "一行太长：{found}超过上限 {limit}，多因双引号没有闭合。",
        "请核对该行的双引号；内容里确有双引号的，每个双引号应写成两个。";
    /// Too many files in an archive.
    TOO_MANY_FILES = "F0116", "压缩包里的文件太多：{found} 个，上限 {limit} 个。",
        "请只压缩要报送的文件。";
    /// An archive in an archive.
    NESTED_ARCHIVE = "F0117", "压缩包里还有压缩包：{file}。",
        "请解开里面的压缩包，把表格文件直接压缩后报送。";
    /// An encrypted archive.
    ARCHIVE_PASSWORD = "F0118", "压缩包设有密码，{file} 不能解压。",
        "请重新压缩，不设密码；文件在上传和保存时由平台加密。";
    /// An archive packed in a way that cannot be read.
    ARCHIVE_METHOD = "F0119", "压缩包里的 {file} 用了不能读取的压缩方式（{method}）。",
        "请用系统自带的“发送到—压缩(zipped)文件夹”重新压缩，压缩方式选 Deflate。";
    /// JSON that is not whole.
    JSON_BROKEN = "F0120", "{place}不是完整的 JSON 对象（{detail}）。",
        "请一行写一个 JSON 对象，键用数据项代码，或把所有对象放在一个数组里；编码用 UTF-8。";
    /// A value that holds values; also the limit on how deep JSON may go.
    JSON_NESTED = "F0121", "{place}的“{key}”里还有{kind}：一个对象是一行，只能有一层，上限 1 层。",
        "请把里面的各项展开成单独的键，键名用数据项代码。";
    /// A key twice in an object.
    JSON_KEY_TWICE = "F0122", "{place}的键“{key}”重复。",
        "请删去或改名多余的键，每个键在一个对象里只写一次。";
    /// Columns of types that cannot stand in a cell.
    COLUMN_TYPE = "F0123", "有的列的类型不能读取：{columns}。",
        "请导出为文字、数字、日期或不带时区的本地时间；列表和结构请展开成单独的列。";
    /// A compression of Parquet that cannot be read.
    PARQUET_COMPRESSION = "F0124", "Parquet 文件的压缩方式 {method} 不能读取。",
        "请改用 snappy 或 zstd，或不压缩。";
    /// No table in an archive.
    NOTHING_READABLE = "F0125", "压缩包里没有可以读取的表格文件：{files}。",
        "请把 CSV、xlsx、xls、Parquet 或 JSON 文件直接压缩后报送。";
    /// No row with known column names.
    NO_HEADER = "F0201", "没有找到表头：前 {rows} 行中没有可以识别的列名。",
        "第 1 行应为列名（数据项代码，如 A01、A48、B15），从第 2 行起为数据；请下载本数据集的模板核对。";
    /// A quoted field that does not end.
    OPEN_QUOTE = "F0202", "文件在引号中中断：从第 {row} 行开始的一对双引号没有闭合，其后的内容无法分列。",
        "文件很可能没有导出完整，请重新导出；若第 {row} 行的内容里确有双引号，每个双引号应写成两个。";
    /// The last row is cut off.
    CUT_OFF = "F0203", "文件不完整：最后一行（第 {row} 行）只有 {found} 列，表头有 {expected} 列，并且行末没有换行。",
        "文件很可能没有导出或传送完整，请重新导出，核对行数后再报送。";
    /// Header only.
    NO_ROWS = "F0204", "文件只有表头，没有数据行。",
        "请核对导出条件（出院日期范围）；本报告期确实没有数据的，请办理零报告。";
    /// Required columns.
    COLUMNS_MISSING = "F0205", "缺少必需的列：{columns}。",
        "请在导出模板中加上这些列，列名用数据项代码。";
    /// The same column twice.
    COLUMN_TWICE = "F0206", "列名重复：{columns}。",
        "请删去或改名多余的列，每个列名只保留一列。";
    /// Data on several sheets.
    SEVERAL_SHEETS = "F0207", "有 {count} 个工作表都像是数据，但表头不同：{sheets}。",
        "请把要报送的数据放在一个工作表里，其余另存为别的文件；同一数据分在几个工作表的，表头应完全相同。";
    /// The data is on a hidden sheet.
    HIDDEN_SHEET = "F0208", "符合本数据集的是隐藏的工作表“{sheet}”，隐藏的工作表不读取。",
        "请在 Excel 中取消隐藏并核对内容，再报送。";
    /// No table whose header fits.
    NO_TABLE_FITS = "F0209", "{count} 个表中没有一个的表头符合本数据集：{tables}；{guess}。",
        "请核对是否选错了数据集；列名用数据项代码、已知版式的列名或数据项名称，请下载本数据集的模板核对。";
    /// Data in several files of an archive.
    SEVERAL_FILES = "F0210", "压缩包里有 {count} 个表都像是数据，但表头不同：{tables}。",
        "请只压缩要报送的文件；同一数据分成几个文件的，表头应完全相同。";
    /// Another institution's file.
    OTHER_INSTITUTION = "F0301", "这不是本机构的文件：{rows} 行中有 {others} 行的{field}是“{code}”{whose}。",
        "请核对是否选错了文件或报送机构。确属本机构而代码不同的，请先在机构登记中加上这个代码。";
    /// Another period's file.
    OTHER_PERIOD = "F0302", "这不是{expected}的文件：{rows} 行中有 {others} 行的{field}不在本报告期，其中最多的是{found}（{most} 行）。",
        "请核对导出的日期范围或选择的报告期，再报送。";
    /// Too many rows with errors.
    TOO_MANY_ERRORS = "F0401", "有错误的行占 {share}（{errors}/{rows} 行），超过上限 {limit}。",
        "请先改正问题清单中级别为“错误”的问题；错误多集中在少数几项规则，从行数最多的改起。";

    /// Unknown columns.
    UNKNOWN_COLUMNS = "N0101", "有 {count} 列不能识别，没有取用：{columns}。",
        "如是院内自用的列，可以不理会；如应为数据项，请改用数据项代码作列名。";
    /// Fields without a column.
    ABSENT_COLUMNS = "N0102", "文件中没有 {count} 个应填数据项的列：{columns}。",
        "涉及这些数据项的校验规则无法判断；请在导出模板中加上。";
    /// Sheets that were not read.
    OTHER_SHEETS = "N0103", "只读取了工作表“{sheet}”，没有读取：{others}。",
        "没有读取的工作表的表头不符合本数据集；如应为数据，请核对。";
    /// Rows above the header.
    ABOVE_HEADER = "N0104", "表头在第 {row} 行，其上的 {count} 行没有取用。",
        "表头放在第 1 行最为稳妥。";
    /// Rows without any value.
    BLANK_ROWS = "N0105", "有 {count} 行是空行，没有取用。",
        "无须处理。";
    /// Sums and signatures between or below the rows.
    NOT_DATA = "N0110", "第 {rows} 行是合计或落款，不是数据，没有取用。",
        "无须处理；如果是数据，请填上报告期所在的列。";
    /// Known columns that are deliberately not taken.
    IGNORED_COLUMNS = "N0106", "有 {count} 列认识但不取用：{columns}。",
        "无须处理。";
    /// No parameter for the share of rows with errors.
    NO_ERROR_LIMIT = "N0107", "没有定义参数 max_error_rate（错误行比例上限），未按错误行比例退回。",
        "请管理员在参数中补充。";
    /// Nobody said whose file it is.
    NO_INSTITUTION = "N0108", "没有指明报送机构，未核对文件属于哪家机构。",
        "报送时会核对。";
    /// Nobody said of when the file is.
    NO_PERIOD = "N0109", "没有指明报告期，按文件中最多的{field}认作{period}。",
        "报送时会按选择的报告期核对。";
    /// Several tables of the same header.
    SAME_HEADER = "N0111", "有 {count} 个表的表头相同，已依次读取：{tables}。",
        "无须处理；如果其中有不应报送的表，请删去后重新报送。";
    /// Hidden sheets.
    HIDDEN_SHEETS = "N0112", "没有读取隐藏的工作表：{sheets}。",
        "如应为数据，请取消隐藏后重新报送。";
    /// Files of an archive that were not read.
    OTHER_FILES = "N0113", "压缩包里没有读取的文件：{files}。",
        "如应为数据，请核对。";
    /// A header of two rows.
    TWO_ROW_HEADER = "N0114", "表头占第 {upper}、{row} 两行并有合并的单元格，已上下合读：{columns}。",
        "请核对各列的含义；表头只用一行最为稳妥。";

    /// Blanks around a value, or the apostrophe or `="…"` by which exports protect digits.
    SPACES = "R0101", "前后有空格、制表符或单引号，已去掉。",
        "不影响使用；建议在导出时去掉。";
    /// Full-width digits and letters.
    FULL_WIDTH = "R0102", "用了全角数字或字母，已按半角读取。",
        "请用半角录入。";
    /// `1,234.50`.
    THOUSANDS = "R0103", "数值带千位分隔符（如 1,234.50），已去掉分隔符。",
        "导出前把单元格格式设为“常规”或“文本”。";
    /// `33.0` for a whole number.
    DECIMAL_POINT = "R0104", "整数或代码带小数点（如 33.0），已按整数读取。",
        "导出前把单元格格式设为“文本”或整数。";
    /// Dates in other forms.
    DATE_FORM = "R0105", "日期不是 yyyy-MM-dd HH:mm:ss 的写法（如 2024/3/1、20240301），已按其含义读取。",
        "请按 yyyy-MM-dd 或 yyyy-MM-dd HH:mm:ss 导出；Excel 打开 CSV 后保存会改变日期写法。";
    /// A date where a time is wanted.
    NO_TIME = "R0106", "只有日期没有时间，已按 0 时 0 分读取。",
        "请导出到时分秒；否则按小时计算的规则和指标不准。";
    /// A time where a date is wanted.
    TIME_DROPPED = "R0107", "日期项带有时间，只取日期。",
        "不影响使用。";
    /// Excel's day numbers.
    SERIAL_DATE = "R0108", "日期是 Excel 的序列号（如 45352），已换算为日期。",
        "请把该列的单元格格式设为日期，或设为文本后填 yyyy-MM-dd。";
    /// `304` for `0304`.
    LEADING_ZERO = "R0109", "代码开头的 0 丢失（如 304 应为 0304），已按代码表补上。",
        "Excel 会去掉数字开头的 0；请先把整列设为“文本”再粘贴，或直接从病案系统导出 CSV，不经 Excel 保存。";
    /// Other spellings of a code.
    CODE_FORM = "R0110", "代码是代码表的另一种写法，已换成标准写法。",
        "不影响使用。";
    /// Other dashes.
    DASH_FORM = "R0111", "用“—”“－”或“--”表示缺失，已按“-”读取。",
        "缺失值请填半角“-”。";
    /// Numbers in text columns of a workbook.
    NUMBER_FOR_TEXT = "R0112", "文本项以数字格式保存，开头的 0 可能已丢失。",
        "请核对；导出前先把整列设为“文本”。";
    /// A month in another form.
    MONTH_FORM = "R0113", "报告期不是 2024-03 的写法（如 2024年3月、202403、2024/3/1），已按所在月份读取。",
        "请写成 2024-03；Excel 中先把该列设为“文本”再填。";
    /// Cells below the first of a merge.
    MERGED = "R0114", "文本或主键列有上下合并的单元格，值只存在第一格，已填入所合并的各行。",
        "请取消合并，每一行都填上值。";

    /// `1.10105E+17`.
    SCIENTIFIC = "R0201", "号码被 Excel 改成科学计数法（如 1.10105E+17），原号码已丢失，不能还原。",
        "请从病案系统重新导出；导出前先把整列设为“文本”，或直接导出 CSV，不经 Excel 打开保存。";
    /// A number of more than 15 digits.
    LOST_DIGITS = "R0202", "超过 15 位的号码以数字格式保存，后几位已被 Excel 改成 0，不能还原。",
        "请从病案系统重新导出；导出前先把整列设为“文本”。";
    /// A code that became a date.
    DATE_FOR_TEXT = "R0203", "文本被 Excel 改成了日期，原内容已丢失。",
        "请从病案系统重新导出；导出前先把整列设为“文本”。";
    /// `#N/A`.
    SHEET_ERROR = "R0204", "单元格是 Excel 的错误值（如 #N/A）。",
        "请在 Excel 中改正公式，或把公式粘贴为数值。";
    /// Cells of a merge that may or may not have its value.
    MERGED_UNSURE = "R0205", "单元格被合并，值只存在合并区域的第一格，不能确定是否也是本格的值。",
        "请取消合并，每一格都填上值。";
}

/// A row outside the period of the submission.
pub const OUTSIDE_PERIOD: OwnCheck = OwnCheck {
    id: "YZ001",
    name: "行应属于本报告期",
    severity: Severity::Error,
    remedy: "本行不在本次报送的报告期内，请改到所属报告期报送，或改正日期。",
};
/// A row of another institution.
pub const OTHERS_ROW: OwnCheck = OwnCheck {
    id: "YZ002",
    name: "行应属于报送机构",
    severity: Severity::Error,
    remedy: "本行的机构代码不是报送机构的登记号、统一社会信用代码或已登记的其他代码，请核对。",
};
/// An unreadable value of a field that must be there.
pub const UNREADABLE: OwnCheck = OwnCheck {
    id: "YZ003",
    name: "应填项的内容应能读取",
    severity: Severity::Error,
    remedy: "请按该数据项的类型填写：日期写作 2024-03-01，时间写作 2024-03-01 09:30:00，报告期写作 2024-03，数值只写数字。",
};
/// An unreadable value of any other field.
pub const UNREADABLE_OTHER: OwnCheck = OwnCheck {
    id: "YZ004",
    name: "选填项的内容应能读取",
    severity: Severity::Warning,
    remedy: "不能读取的内容按空处理。请按该数据项的类型填写：日期写作 2024-03-01，数值只写数字。",
};
/// A text longer than its field allows.
pub const TOO_LONG: OwnCheck = OwnCheck {
    id: "YZ005",
    name: "内容不应超过规定长度",
    severity: Severity::Warning,
    remedy: "请缩短到规定长度以内，否则国家平台会拒收。",
};
/// A row with more or fewer cells than the header.
pub const COLUMN_COUNT: OwnCheck = OwnCheck {
    id: "YZ006",
    name: "行的列数应与表头一致",
    severity: Severity::Error,
    remedy: "内容里有逗号、换行或双引号时，整个内容应放在双引号内；列数不一致时后面各列可能错位。",
};
/// Text that was decoded wrongly.
pub const GARBLED: OwnCheck = OwnCheck {
    id: "YZ007",
    name: "文字不应有乱码",
    severity: Severity::Warning,
    remedy: "文字中有乱码或半个汉字，多因导出时按字节截断；请核对原文后改正。",
};

/// The program's own checks, by id.
pub const OWN_CHECKS: &[OwnCheck] =
    &[OUTSIDE_PERIOD, OTHERS_ROW, UNREADABLE, UNREADABLE_OTHER, TOO_LONG, COLUMN_COUNT, GARBLED];

/// Fills the places of a message's text; a place without a value stays as it is.
pub(crate) fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut text = String::with_capacity(template.len() + 32);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        match after.split_once('}').and_then(|(name, tail)| {
            values.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value, tail))
        }) {
            Some((value, tail)) => {
                text.push_str(value);
                rest = tail;
            }
            None => {
                text.push('{');
                rest = after;
            }
        }
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn places_are_filled_once() {
        assert_eq!(fill("{a}、{b}、{c}", &[("a", "{b}"), ("b", "2")]), "{b}、2、{c}");
    }

    #[test]
    fn numbers_are_used_once() {
        let numbers: BTreeSet<&str> =
            MESSAGES.iter().map(|m| m.number).chain(OWN_CHECKS.iter().map(|c| c.id)).collect();
        assert_eq!(numbers.len(), MESSAGES.len() + OWN_CHECKS.len());
        assert!(MESSAGES.iter().all(|m| m.what.ends_with('。') && m.remedy.ends_with('。')));
    }
}
