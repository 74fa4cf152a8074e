// The Chinese words of the contract's enums, and the tone in which they are shown.
import type { Attention, Change, DefinitionStatus, Direction, ReportingStatus, Severity, SubmissionStatus } from '../api/types'

/** How a state is shown; the word always stands beside the colour. */
export type Tone = 'good' | 'bad' | 'warn' | 'plain' | 'muted'
export interface Word {
  word: string
  tone: Tone
}

export const direction: Record<Direction, string> = {
  up: '越高越好',
  down: '越低越好',
  range: '合理区间',
  watch: '监测比较',
}
export const definitionStatus: Record<DefinitionStatus, Word> = {
  draft: { word: '草案', tone: 'muted' },
  trial: { word: '试行', tone: 'warn' },
  active: { word: '启用', tone: 'good' },
  retired: { word: '停用', tone: 'muted' },
}
export const severity: Record<Severity, Word> = {
  error: { word: '错误', tone: 'bad' },
  warning: { word: '提示', tone: 'warn' },
}
export const submissionStatus: Record<SubmissionStatus, Word> = {
  received: { word: '已收', tone: 'plain' },
  accepted: { word: '已接收', tone: 'good' },
  returned: { word: '已退回', tone: 'bad' },
  superseded: { word: '已替换', tone: 'muted' },
}
export const reportingStatus: Record<ReportingStatus, Word> = {
  reported: { word: '已报', tone: 'good' },
  late: { word: '迟报', tone: 'warn' },
  returned: { word: '已退回', tone: 'bad' },
  missing: { word: '未报', tone: 'bad' },
  not_due: { word: '未到期', tone: 'muted' },
}
export const attentionKind: Record<Attention['kind'], string> = {
  missing: '未报送',
  returned: '退回待改',
  quality: '数据质量',
  target: '未达目标',
  change: '变化异常',
  outlier: '同级离群',
}
export const attentionSeverity: Record<Attention['severity'], Word> = {
  high: { word: '严重', tone: 'bad' },
  medium: { word: '一般', tone: 'warn' },
  low: { word: '留意', tone: 'plain' },
}
export const changeKind: Record<Change['kind'], Word> = {
  added: { word: '新增', tone: 'good' },
  removed: { word: '删除', tone: 'bad' },
  changed: { word: '修改', tone: 'warn' },
}
export const mode = { full: '全量', patch: '增补' } as const
export const clause = { population: '初始人群', denominator: '分母', exclusion: '排除', numerator: '分子' } as const
export const grain = { month: '月', quarter: '季度', year: '年' } as const
