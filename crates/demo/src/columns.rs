//! The columns of the official 2020 layout (住院病案首页, 811 columns) and what the older layouts
//! call them. A column is known by its position in the official order.
//!
//! Sources: the official field list of 2020; the codes of the older HQMS client; the names of
//! 卫统4 (N041); the names of the TCM page (N042). A `+` joins the two columns over which an older
//! layout spreads one value.

/// Columns of the official layout.
pub(crate) const COLUMNS: usize = 811;

/// A column that stands once in the layout, with its names elsewhere; an empty name means that the
/// other layout does not have it.
pub(crate) struct Single {
    /// Position in the official order.
    pub at: usize,
    /// Official code.
    pub code: &'static str,
    /// Code of the older HQMS client.
    pub hqms_old: &'static str,
    /// Name in 卫统4.
    pub wt4: &'static str,
    /// Name in the TCM page.
    pub tcm: &'static str,
}

/// A block of columns that repeats. `{}` in a code stands for the number of the slot.
pub(crate) struct Block {
    /// Position of the first column of slot 1.
    pub at: usize,
    /// Number of slots.
    pub slots: usize,
    /// Code (two digits in `{}`), 卫统4 name and TCM name (number without leading zero) of each
    /// column; the code of the older HQMS client for slot 1.
    pub columns: &'static [(&'static str, &'static str, &'static str, &'static str)],
    /// What the number in 卫统4 and TCM names is ahead of the slot's.
    pub ahead: usize,
    /// Slots that 卫统4 has.
    pub wt4_slots: usize,
}

impl Block {
    /// Position of a column (counted from 0) in a slot (counted from 1).
    pub const fn column(&self, slot: usize, column: usize) -> usize {
        self.at + (slot - 1) * self.columns.len() + column
    }
}

/// 出院其他诊断: code, name, condition at admission, outcome.
pub(crate) const OTHER_DIAGNOSES: Block = Block {
    at: 50,
    slots: 40,
    columns: &[
        ("C06x{}C", "JBDM{}", "ZYZD_JBBM{}", "P324"),
        ("C07x{}N", "QTZD{}", "QTZD{}", "P325"),
        ("C08x{}C", "RYBQ{}", "RYBQ{}", "P806"),
        ("F06x{}", "", "", ""),
    ],
    ahead: 0,
    wt4_slots: 15,
};

/// 其他手术及操作: the members of an operation in the order of the layout.
pub(crate) const OTHER_OPERATIONS: Block = Block {
    at: 258,
    slots: 40,
    columns: &[
        ("C35x{}C", "SSJCZBM{}", "SSJCZBM{}", ""),
        ("C36x{}N", "SSJCZMC{}", "SSJCZMC{}", ""),
        ("C37x{}", "SSJCZRQ{}", "SSJCZRQ{}", ""),
        ("C38x{}", "SSJB{}", "SHJB{}", ""),
        ("F14x{}", "", "", ""),
        ("C39x{}", "SZ{}", "SZ{}", ""),
        ("C40x{}", "YZ{}", "YZ{}", ""),
        ("C41x{}", "EZ{}", "EZ{}", ""),
        ("C42x{}C", "QKDJ{}+QKYHLB{}", "QKDJ{}+QKYLB{}", ""),
        ("C43x{}C", "MZFS{}", "MZFS{}", ""),
        ("F16x{}", "", "", ""),
        ("C44x{}", "MZYS{}", "MZYS{}", ""),
    ],
    ahead: 1,
    wt4_slots: 6,
};

/// The members of an operation, in the order in which they stand both in the main block and in the
/// others.
#[derive(Clone, Copy)]
pub(crate) enum OperationPart {
    /// 编码
    Code,
    /// 名称
    Name,
    /// 日期
    Time,
    /// 级别
    Level,
    /// 持续时间
    Hours,
    /// 术者
    Surgeon,
    /// Ⅰ助
    FirstAssistant,
    /// Ⅱ助
    SecondAssistant,
    /// 切口愈合等级
    Incision,
    /// 麻醉方式
    Anaesthesia,
    /// 麻醉分级
    Asa,
    /// 麻醉医师
    Anaesthetist,
}

/// Position of an operation's member: slot 0 is the main operation.
pub(crate) const fn operation(slot: usize, part: OperationPart) -> usize {
    match slot {
        0 => C14x01C + part as usize,
        slot => OTHER_OPERATIONS.column(slot, part as usize),
    }
}

macro_rules! singles {
    ($($at:literal $code:ident $hqms_old:literal $wt4:literal $tcm:literal;)*) => {
        $(pub(crate) const $code: usize = $at;)*

        /// Every column that stands once.
        pub(crate) const SINGLES: &[Single] = &[
            $(Single { at: $code, code: stringify!($code), hqms_old: $hqms_old, wt4: $wt4, tcm: $tcm },)*
        ];
    };
}

pub(crate) use codes::*;

/// Positions by official code.
#[allow(non_upper_case_globals, reason = "official codes")]
mod codes {
    use super::Single;

    singles! {
        0 A01 "P900" "ZZJGDM" "ZZJGDM";
        1 A02 "P6891" "USERNAME" "JGMC";
        2 A48 "P3" "BAH" "BAH";
        3 A49 "P2" "ZYCS" "ZYCS";
        4 B12 "P22" "RYSJ+RYSJS" "RYSJ+RYSJ_S";
        5 B15 "P25" "CYSJ+CYSJS" "CYSJ+CYSJ_S";
        6 A47 "P800" "JKKH" "JKKH";
        7 A46C "P1" "YLFKFS" "YLFKFS";
        8 A11 "P4" "XM" "XM";
        9 A12C "P5" "XB" "XB";
        10 A13 "P6" "CSRQ" "CSRQ";
        11 A14 "P7" "NL" "NL";
        12 A15C "P12" "GJ" "GJ";
        13 A21C "P8" "HY" "HY";
        14 A38C "P9" "ZY" "ZY";
        15 A19C "P11" "MZ" "MZ";
        16 A20N "" "" "";
        17 A20 "P13" "SFZH" "SFZH";
        18 A22 "P901" "CSD" "CSD";
        19 A23C "P902" "GG" "GG";
        20 A24 "P17" "HKDZ" "HKDZ";
        21 A25C "P171" "YB2" "YB2";
        22 A26 "P801" "XZZ" "XZZ";
        23 A27 "P802" "DH" "DH";
        24 A28C "P803" "YB1" "YB1";
        25 A29 "P14" "GZDWJDZ" "GZDWJDZ";
        26 A30 "P15" "DWDH" "DWDH";
        27 A31C "P16" "YB3" "YB3";
        28 A32 "P18" "LXRXM" "LXRXM";
        29 A33C "P19" "GX" "GX";
        30 A34 "P20" "DZ" "DZ";
        31 A35 "P21" "DH2" "DH1";
        32 B38 "" "" "";
        33 B11C "P804" "RYTJ" "RYTJ";
        34 B13C "P23" "RYKB" "RYKB";
        35 B14 "P231" "RYBF" "RYBF";
        36 B21C "P24" "ZKKB" "ZKKB";
        37 B16C "P26" "CYKB" "CYKB";
        38 B17 "P261" "CYBF" "CYBF";
        39 B20 "P27" "SJZYTS" "SJZY";
        40 C01C "P28" "JBBM" "JBBM";
        41 C02N "P281" "MZZD" "MZZD_XYZD";
        42 F01 "P29" "" "";
        43 F02C "P30" "" "";
        44 F03N "P301" "" "";
        45 F04 "P31" "" "";
        46 C03C "P321" "JBDM" "ZYZD_JBBM";
        47 C04N "P322" "ZYZD" "ZYZD";
        48 C05C "P805" "RYBQ" "XY_RYBQ";
        49 F05 "P323" "" "";
        210 C09C "P351" "JBMM" "JBBM2";
        211 C10N "P352" "BLZD" "BLZD";
        212 C11 "P816" "BLH" "BLH";
        213 F07x01C "" "" "";
        214 F08x01N "" "" "";
        215 F09x01 "" "" "";
        216 F07x02C "" "" "";
        217 F08x02N "" "" "";
        218 F09x02 "" "" "";
        219 C12C "P361" "H23" "JBBM1";
        220 C13N "P362" "WBYY" "WBYY";
        221 C24C "P903" "YWGM" "YWGM";
        222 C25 "P372" "GMYW" "GMYW";
        223 F10 "P38" "" "";
        224 F11 "P39" "" "";
        225 F12 "P40" "" "";
        226 B22C "" "" "";
        227 B22 "P431" "KZR" "KZR";
        228 B23C "" "" "";
        229 B23 "P432" "ZRYS" "ZRYS";
        230 B24C "" "" "";
        231 B24 "P433" "ZZYS" "ZZYS";
        232 B25C "" "" "";
        233 B25 "P434" "ZYYS" "ZYYS";
        234 B26C "" "" "";
        235 B26 "P819" "ZRHS" "ZRHS";
        236 B27 "P435" "JXYS" "JXYS";
        237 B28 "P437" "SXYS" "SXYS";
        238 B29 "P438" "BMY" "BMY";
        239 B30C "P44" "BAZL" "BAZL";
        240 B31 "P45" "ZKYS" "ZKYS";
        241 B32 "P46" "ZKHS" "ZKHS";
        242 B33 "P47" "ZKRQ" "ZKRQ";
        243 C34C "P57" "SWHZSJ" "SJ";
        244 C26C "P62" "XX" "XX";
        245 C27C "P63" "RH" "RH";
        246 C14x01C "P490" "SSJCZBM1" "SSJCZBM1";
        247 C15x01N "P492" "SSJCZMC1" "SSJCZMC1";
        248 C16x01 "P491" "SSJCZRQ1" "SSJCZRQ1";
        249 C17x01 "P820" "SSJB1" "SHJB1";
        250 F13 "P494" "" "";
        251 C18x01 "P495" "SZ1" "SZ1";
        252 C19x01 "P496" "YZ1" "YZ1";
        253 C20x01 "P497" "EZ1" "EZ1";
        254 C21x01C "P499" "QKDJ1+QKYHLB1" "QKDJ1+QKYLB1";
        255 C22x01C "P498" "MZFS1" "MZFS1";
        256 F15 "P4981" "" "";
        257 C23x01 "P4910" "MZYS1" "MZYS1";
        738 F17 "P561" "" "";
        739 F18 "P562" "" "";
        740 F19 "P563" "" "";
        741 F20 "P564" "" "";
        742 F21 "P64" "" "";
        743 F22 "P651" "" "";
        744 F23 "P652" "" "";
        745 F24 "P653" "" "";
        746 F25 "P654" "" "";
        747 F26 "P655" "" "";
        748 A16 "P66" "BZYZSNL" "BZYZS_NL";
        749 A18x01 "P681" "XSECSTZ" "XSETZ";
        750 A18x02 "P682" "" "XSETZ2";
        751 A18x03 "P683" "" "XSETZ3";
        752 A18x04 "P684" "" "XSETZ4";
        753 A18x05 "P685" "" "XSETZ5";
        754 A17 "P67" "XSERYTZ" "XSERYTZ";
        755 C28 "P907" "RYQ_T" "RYQ_T";
        756 C29 "P731" "RYQ_XS" "RYQ_XS";
        757 C30 "P732" "RYQ_F" "RYQ_FZ";
        758 C31 "P908" "RYH_T" "RYH_T";
        759 C32 "P733" "RYH_XS" "RYH_XS";
        760 C33 "P734" "RYH_F" "RYH_FZ";
        761 C47 "" "" "";
        762 C48x01C "" "" "";
        763 C49x01 "" "" "";
        764 C50x01 "" "" "";
        765 C48x02C "" "" "";
        766 C49x02 "" "" "";
        767 C50x02 "" "" "";
        768 C48x03C "" "" "";
        769 C49x03 "" "" "";
        770 C50x03 "" "" "";
        771 C48x04C "" "" "";
        772 C49x04 "" "" "";
        773 C50x04 "" "" "";
        774 C48x05C "" "" "";
        775 C49x05 "" "" "";
        776 C50x05 "" "" "";
        777 B36C "P830" "SFZZYJH" "ZZYJH";
        778 B37 "P831" "MD" "MD";
        779 B34C "P741" "LYFS" "LYFS";
        780 B35 "P742" "YZZY_YLJG+WSY_YLJG" "YZZY_JGMC+WSY_JGMC";
        781 D01 "P782" "ZFY" "ZFY";
        782 D09 "P751" "ZFJE" "ZFJE";
        783 D11 "P752" "YLFUF" "YLFWF";
        784 D12 "P754" "ZLCZF" "ZLCZF";
        785 D13 "P755" "HLF" "HLF";
        786 D14 "P756" "QTFY" "QTFY";
        787 D15 "P757" "BLZDF" "BLZDF";
        788 D16 "P758" "SYSZDF" "ZDF";
        789 D17 "P759" "YXXZDF" "YXXZDF";
        790 D18 "P760" "LCZDXMF" "LCZDXMF";
        791 D19 "P761" "FSSZLXMF" "FSSZLXMF";
        792 D19x01 "P762" "WLZLF" "ZLF";
        793 D20 "P763" "SSZLF" "SSZLF";
        794 D20x01 "P764" "MAF" "MZF";
        795 D20x02 "P765" "SSF" "SSF";
        796 D21 "P767" "KFF" "KFF";
        797 D22 "P768" "ZYZLF" "ZYZL";
        798 D23 "P769" "XYF" "XYF";
        799 D23x01 "P770" "KJYWF" "KJYWF";
        800 D24 "P771" "ZCYF" "ZCYF";
        801 D25 "P772" "ZCYF1" "ZCYF1";
        802 D26 "P773" "XF" "XF";
        803 D27 "P774" "BDBLZPF" "BDBLZPF";
        804 D28 "P775" "QDBLZPF" "QDBLZPF";
        805 D29 "P776" "NXYZLZPF" "NXYZLZPF";
        806 D30 "P777" "XBYZLZPF" "XBYZLZPF";
        807 D31 "P778" "HCYYCLF" "JCYYCLF";
        808 D32 "P779" "YYCLF" "YYCLF";
        809 D33 "P780" "YCXYYCLF" "SSYCXCLF";
        810 D34 "P781" "QTF" "QTF";
    }
}
