// Colours and measures. Text on every background keeps a contrast of 4.5 : 1 or more.
import type { ThemeConfig } from 'antd'

export const palette = {
  brand: '#17498f',
  brandSoft: '#eaf1fb',
  ink: '#1c2733',
  inkSoft: '#4e5d6c',
  line: '#dde3ea',
  ground: '#f3f5f8',
  good: '#1a7a44',
  goodSoft: '#e8f5ee',
  warn: '#8f5300',
  warnSoft: '#fdf3e1',
  bad: '#b3261e',
  badSoft: '#fdecea',
  /** Series of charts, told apart in grey too. */
  series: ['#17498f', '#c2601a', '#3d8f6f', '#7a4fa3', '#8a8f98'],
} as const

export const theme: ThemeConfig = {
  token: {
    colorPrimary: palette.brand,
    colorPrimaryBg: palette.brandSoft,
    colorSuccess: palette.good,
    colorSuccessBg: palette.goodSoft,
    colorWarning: palette.warn,
    colorWarningBg: palette.warnSoft,
    colorError: palette.bad,
    colorErrorBg: palette.badSoft,
    colorInfo: palette.brand,
    colorInfoBg: palette.brandSoft,
    colorLink: palette.brand,
    colorText: palette.ink,
    colorTextSecondary: palette.inkSoft,
    colorTextTertiary: palette.inkSoft,
    colorTextDescription: palette.inkSoft,
    colorTextPlaceholder: '#66717d',
    colorBgLayout: palette.ground,
    colorBorderSecondary: palette.line,
    borderRadius: 6,
    fontSize: 14,
    fontFamily:
      '"PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Source Han Sans SC", system-ui, sans-serif',
  },
  components: {
    Layout: { headerBg: palette.brand, siderBg: '#ffffff', headerHeight: 52, headerPadding: '0 20px' },
    Menu: { itemSelectedBg: palette.brandSoft, itemSelectedColor: palette.brand, itemHeight: 42 },
    Table: { headerBg: '#f0f3f7', headerColor: palette.ink, cellPaddingBlockSM: 7, cellPaddingInlineSM: 10 },
    Card: { bodyPadding: 18, headerPadding: 18, headerHeight: 46, headerFontSize: 15 },
    Tabs: { horizontalItemGutter: 28 },
    Descriptions: { labelBg: '#f0f3f7' },
  },
}
