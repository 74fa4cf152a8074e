// A figure and what it is compared with: 本期, 环比, 同比, 目标差, 同级排名, 已报 n / 应报 n.
import { Link } from '@tanstack/react-router'
import type { Comparison, Direction, Figure } from '../api/types'
import { NONE, count, period as printed, withUnit } from '../lib/format'
import type { Tone } from '../lib/labels'
import { useExplain } from '../lib/explain'
import { DefinitionInfo } from './Definition'
import { Tag } from './small'

/** Whether a change is for the better. */
function toneOf(change: number, direction: Direction): Tone | undefined {
  if (!change || direction === 'watch' || direction === 'range') return undefined
  return change > 0 === (direction === 'up') ? 'good' : 'bad'
}

/** A change with arrow and sign; green or red only where one side is better. */
export function Change({ of, direction }: { of: Comparison | null | undefined; direction: Direction }) {
  if (!of || of.change == null) return <span className="soft">{NONE}</span>
  // What rounds to nothing has neither direction nor colour.
  const change = /[1-9]/.test(of.change_display) ? of.change : 0
  const arrow = change > 0 ? '↑' : change < 0 ? '↓' : '→'
  return (
    <span className={`number ${toneOf(change, direction) ?? ''}`} title={`${printed(of.period)}：${of.display}`}>
      {arrow} {of.change_display.replace(/^[+-]/, '')}
    </span>
  )
}

/** Value less target, and whether it is met. */
export function TargetGap({ figure }: { figure: Figure }) {
  if (!figure.target) return <span className="soft">无目标值</span>
  if (figure.target_met == null) return <span className="soft">{NONE}</span>
  return (
    <span className={figure.target_met ? 'good number' : 'bad number'} title={`目标：${figure.target.display}，${figure.target.layer}：${figure.target.source}`}>
      {figure.target_met ? '达标' : '未达标'} {figure.target_gap_display}
    </span>
  )
}

/** 第 3 / 12 名. */
export function RankOf({ figure }: { figure: Figure }) {
  if (!figure.rank) return <span className="soft">{NONE}</span>
  return (
    <span className="number" title={`同级组：${figure.rank.peers}`}>
      第 {figure.rank.rank} / {figure.rank.of}
    </span>
  )
}

/** 已报 36 / 应报 38, marked when not complete. */
export function Reported({ figure }: { figure: Pick<Figure, 'reported' | 'due'> }) {
  const short = figure.reported < figure.due
  return (
    <span className={`number ${short ? 'warn' : ''}`}>
      {short && <span aria-hidden="true">▲ </span>}
      {count(figure.reported)} / {count(figure.due)}
    </span>
  )
}

/** What is not yet settled about a value, if anything. */
export const unsettled = (figure: Pick<Figure, 'provisional' | 'observing'>) => (figure.observing ? '观察期未满' : figure.provisional ? '暂定' : undefined)

/** The mark of a value that may still change. */
export function Settled({ figure }: { figure: Figure }) {
  const word = unsettled(figure)
  if (word == null) return null
  const why = figure.observing ? '后续若干天内发生的情况才计入，期满前数值偏低，不作比较、排名和判定' : '数据报齐后可能变化'
  return (
    <span title={why}>
      <Tag word={word} tone="warn" />
    </span>
  )
}

/** A headline figure: its value explains itself on a click. */
export function FigureCard({ figure }: { figure: Figure }) {
  const explain = useExplain()
  const open = () => {
    explain.open({
      indicator: figure.indicator,
      period: figure.period,
      by: figure.by,
      institution: figure.by === 'region' ? undefined : figure.institution?.code,
    })
  }
  return (
    <article className="figure" aria-label={figure.name}>
      <div className="name">
        <Link to="/indicators/$id" params={{ id: figure.indicator }} search={{ period: figure.period } as never}>
          {figure.name}
        </Link>
        <DefinitionInfo kind="indicator" id={figure.indicator} name={figure.name} />
        <span className="tags"><Settled figure={figure} /></span>
      </div>
      {figure.value == null ? (
        <button type="button" className="value none" onClick={open}>
          未测量：{figure.not_measured_reason}
        </button>
      ) : (
        <button type="button" className="value" onClick={open} title="查看计算过程与明细" aria-label={`${figure.name} ${withUnit(figure.display, figure.unit)}，查看计算过程与明细`}>
          {figure.display}
          <span className="unit">{figure.unit}</span>
        </button>
      )}
      <dl>
        <div>
          <dt>环比</dt>
          <dd>
            <Change of={figure.previous} direction={figure.direction} />
          </dd>
        </div>
        <div>
          <dt>目标</dt>
          <dd>{figure.target ? <TargetGap figure={figure} /> : <span className="soft">未规定</span>}</dd>
        </div>
        <div>
          <dt>同比</dt>
          <dd>
            <Change of={figure.year_ago} direction={figure.direction} />
          </dd>
        </div>
        <div>
          <dt>已报</dt>
          <dd>
            <Reported figure={figure} />
          </dd>
        </div>
      </dl>
    </article>
  )
}
