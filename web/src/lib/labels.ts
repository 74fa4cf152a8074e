// The Chinese words of the contract's enums, and the tone in which they are shown.
import type {
  AlertAction, AlertKind, AlertState, AlertStepKind, Attention, BulletinAction, BulletinState, BulletinStepKind, Change, DefinitionStatus, Direction, PlanHandling, PlanStatus, ProgressKind, ReportingStatus, Severity, SubmissionStatus,
} from '../api/types'

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

/** Computed status of a plan's item. */
export const planStatus: Record<PlanStatus, Word> = {
  overdue: { word: '逾期', tone: 'bad' },
  behind: { word: '滞后', tone: 'bad' },
  not_measured: { word: '未测量', tone: 'muted' },
  judgement: { word: '待人工判定', tone: 'warn' },
  on_course: { word: '正常推进', tone: 'plain' },
  met: { word: '已完成', tone: 'good' },
  excluded: { word: '不纳入自动评价', tone: 'muted' },
}
/** What people have done about it. */
export const planHandling: Record<PlanHandling, Word> = {
  unassigned: { word: '未分解', tone: 'warn' },
  running: { word: '推进中', tone: 'plain' },
  supervised: { word: '督办中', tone: 'warn' },
  closed: { word: '已销号', tone: 'good' },
}
export const progressKind: Record<ProgressKind, string> = {
  progress: '进展',
  milestone_done: '节点完成',
  supervision: '督办',
  judged_met: '人工判定：完成',
  judged_not_met: '人工判定：未完成',
  closed: '销号',
  reopened: '恢复',
}

export const alertState: Record<AlertState, Word> = {
  open: { word: '待签收', tone: 'bad' },
  acknowledged: { word: '已签收', tone: 'warn' },
  explained: { word: '已说明', tone: 'plain' },
  closed: { word: '已办结', tone: 'good' },
  withdrawn: { word: '已撤销', tone: 'muted' },
}
export const alertKind: Record<AlertKind, string> = {
  target: '未达目标',
  overdue: '逾期未报',
  control: '统计控制图',
}
export const alertStep: Record<AlertStepKind, string> = {
  opened: '产生预警',
  extended: '更新证据',
  withdrawn: '撤销预警',
  acknowledged: '签收',
  explained: '情况说明',
  closed: '办结',
  reopened: '退回重办',
}
export const alertAction: Record<AlertAction, { name: string; ask: string }> = {
  acknowledge: { name: '签收', ask: '签收后由本单位核实情况。可以写下备注。' },
  explain: { name: '说明', ask: '请写明核实的情况、原因和已采取的措施。' },
  close: { name: '办结', ask: '请写明办结的理由。办结后如再出现异常，会产生新的预警。' },
  reopen: { name: '退回重办', ask: '请写明还需要补充什么。' },
}

export const bulletinState: Record<BulletinState, Word> = {
  draft: { word: '草稿', tone: 'plain' },
  approved: { word: '审核通过', tone: 'warn' },
  final: { word: '定稿', tone: 'good' },
  withdrawn: { word: '已撤回', tone: 'muted' },
}
export const bulletinStep: Record<BulletinStepKind, string> = {
  drafted: '起草',
  renewed: '重新取数',
  edited: '修改文字',
  approved: '审核通过',
  returned: '退回修改',
  finalised: '定稿',
  withdrawn: '撤回',
}
/** What is asked before a step; whether its words are needed. */
export const bulletinAction: Record<BulletinAction, { name: string; ask: string; words: string; needed: boolean }> = {
  approve: { name: '审核通过', ask: '审核通过后文字和数字都不能再修改，等待编号定稿；需要修改的可以退回。', words: '备注', needed: false },
  return: { name: '退回修改', ask: '退回后成为草稿，可以修改文字、重新取数，再次审核。', words: '退回原因', needed: true },
  finalise: { name: '定稿', ask: '定稿后内容不再改变，文件按此留存；数据以后的更正不影响本通报。', words: '备注', needed: false },
  withdraw: { name: '撤回', ask: '撤回后通报仍可查看，注明原因；可以重新起草这一期。', words: '撤回原因', needed: true },
}

/** Who did it: without accounts everybody at the program's own machine is one. */
export const person = (actor: string | null | undefined): string => (actor === 'local' ? '本机操作员' : (actor ?? '系统'))
