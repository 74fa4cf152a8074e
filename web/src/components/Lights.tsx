// How a plan stands: its lights by chapter, its items as one bar.
import { Progress } from 'antd'
import { Link } from '@tanstack/react-router'
import type { PlanChapter, PlanCounts, PlanStatus } from '../api/types'
import { count, percent } from '../lib/format'
import { planStatus } from '../lib/labels'
import { filtered, parseFilter, type Params } from '../lib/url'
import { palette } from '../theme'
import { Tag } from './small'

/** In the order of a bar: what is done first, what says nothing last. */
const order: PlanStatus[] = ['met', 'on_course', 'judgement', 'behind', 'overdue', 'not_measured', 'excluded']

const colour: Record<PlanStatus, string> = {
  met: palette.good,
  on_course: '#5b8dd0',
  judgement: '#c98a1b',
  behind: '#d9635b',
  overdue: palette.bad,
  not_measured: '#9aa5b1',
  excluded: '#ccd3da',
}

/** The value of a chapter in the filter of the table of items. */
export const chapterValue = (chapter: Pick<PlanChapter, 'number' | 'title'>) => `${chapter.number} ${chapter.title}`

interface LightsProps {
  plan: string
  chapters: PlanChapter[]
  /** On the plan's own page: the chapter that its table shows, empty for all. */
  chosen?: string
  /** On any other page: the period that its user has chosen. */
  period?: string
}

/** The chapters of a plan, each with its worst light and its counts. */
export function Lights({ plan, chapters, chosen, period }: LightsProps) {
  const search = (value: string) => {
    if (chosen === undefined) return { period, filter: filtered({ chapter: [value] }) }
    return (before: Params): Params => {
      const { chapter: _, ...others } = parseFilter(before.filter)
      const next = value === chosen ? others : { ...others, chapter: [value] }
      return { ...before, tab: undefined, page: undefined, filter: Object.keys(next).length > 0 ? filtered(next) : undefined }
    }
  }
  return (
    <ul className="lights" aria-label="各章进展">
      {chapters.map((chapter) => {
        const value = chapterValue(chapter)
        return (
          <li key={chapter.number}>
            <Link
              to="/plans/$plan"
              params={{ plan }}
              search={search(value) as never}
              resetScroll={chosen === undefined}
              className={`light ${chapter.light}`}
              aria-current={value === chosen}
            >
              <span className="title">
                {chapter.number}、{chapter.title}
              </span>
              <span className="state">
                <Tag {...planStatus[chapter.light]} />
                <span className="number soft" title={`已完成 ${chapter.counts.met} 项，共 ${counted(chapter.counts)} 项`}>
                  {count(chapter.counts.met)} / {count(counted(chapter.counts))}
                </span>
              </span>
              <Bar counts={chapter.counts} />
            </Link>
          </li>
        )
      })}
    </ul>
  )
}

/** Items that are looked at at all. */
const counted = (counts: PlanCounts) => counts.items - counts.excluded

/** How much of the time is over beside how much is done, and how the items stand. */
export function PlanProgress({ plan, period, chosen, choose }: {
  plan: { id: string; elapsed: number; counts: PlanCounts }
  period?: string
  chosen?: string[]
  choose?: (word: string | undefined) => void
}) {
  const all = counted(plan.counts)
  const done = all > 0 ? (100 * plan.counts.met) / all : 0
  return (
    <div className="elapsed">
      <dl>
        <dt>时间已过</dt>
        <dd>
          <Progress percent={plan.elapsed} showInfo={false} strokeColor="#7f8b98" size={['100%', 8]} aria-label={`时间已过 ${percent(plan.elapsed)}`} />
        </dd>
        <dd className="number">{percent(plan.elapsed)}</dd>
        <dt>事项完成</dt>
        <dd>
          <Progress percent={done} showInfo={false} strokeColor={palette.good} size={['100%', 8]} aria-label={`事项完成 ${percent(done)}`} />
        </dd>
        <dd className="number">
          {percent(done)} <span className="soft">{count(plan.counts.met)} / {count(all)} 项</span>
        </dd>
      </dl>
      <Legend plan={plan.id} counts={plan.counts} period={period} chosen={chosen} choose={choose} />
    </div>
  )
}

/** Items by status as one bar; its words stand in the legend beside it. */
export function Bar({ counts }: { counts: PlanCounts }) {
  const told = order.filter((status) => counts[status] > 0)
  return (
    <span className="bar" role="img" aria-label={told.map((status) => `${planStatus[status].word} ${counts[status]}`).join('，') || '没有事项'}>
      {told.map((status) => (
        <span key={status} title={`${planStatus[status].word} ${counts[status]}`} style={{ flexGrow: counts[status], background: colour[status] }} />
      ))}
    </span>
  )
}

/** The same as words: each filters the table of this page, or leads to it. */
function Legend({ plan, counts, period, chosen, choose }: { plan: string; counts: PlanCounts; period?: string; chosen?: string[]; choose?: (word: string | undefined) => void }) {
  return (
    <div className="chips" role="group" aria-label="按进展状态查看">
      {order
        .filter((status) => counts[status] > 0)
        .map((status) => {
          const { word } = planStatus[status]
          const on = chosen?.includes(word) ?? false
          const inside = (
            <>
              <span className="swatch" style={{ background: colour[status] }} aria-hidden="true" />
              {word} <b className="number">{count(counts[status])}</b>
            </>
          )
          return choose ? (
            <button key={status} type="button" className="chip" aria-pressed={on} onClick={() => choose(on ? undefined : word)}>
              {inside}
            </button>
          ) : (
            <Link key={status} to="/plans/$plan" params={{ plan }} search={{ period, filter: filtered({ status: [word] }) } as never} className="chip">
              {inside}
            </Link>
          )
        })}
    </div>
  )
}
