// How a plan stands: its lights by chapter, its items as one bar.
import { Progress } from 'antd'
import { Link } from '@tanstack/react-router'
import type { PlanChapter, PlanCounts, PlanStatus } from '../api/types'
import { count, percent } from '../lib/format'
import { planStatus } from '../lib/labels'
import { palette } from '../theme'
import { Tag } from './small'

/** In the order of a bar: what is done first, what says nothing last. */
export const order: PlanStatus[] = ['met', 'on_course', 'judgement', 'behind', 'overdue', 'not_measured', 'excluded']

const colour: Record<PlanStatus, string> = {
  met: palette.good,
  on_course: '#5b8dd0',
  judgement: '#c98a1b',
  behind: '#d9635b',
  overdue: palette.bad,
  not_measured: '#9aa5b1',
  excluded: '#ccd3da',
}

/** The chapters of a plan, each with its worst light and its counts. */
export function Lights({ plan, chapters }: { plan: string; chapters: PlanChapter[] }) {
  return (
    <ul className="lights" aria-label="各章进展">
      {chapters.map((chapter) => (
        <li key={chapter.number}>
          <Link
            to="/plans/$plan"
            params={{ plan }}
            search={{ filter: JSON.stringify({ chapter: [`${chapter.number} ${chapter.title}`] }) } as never}
            className={`light ${chapter.light}`}
          >
            <span className="title">
              {chapter.number}、{chapter.title}
            </span>
            <Tag {...planStatus[chapter.light]} />
            <Bar counts={chapter.counts} />
            <span className="soft">
              {chapter.counts.met} / {chapter.counts.items - chapter.counts.excluded} 项完成
            </span>
          </Link>
        </li>
      ))}
    </ul>
  )
}

/** How much of the time is over, and how its items stand. */
export function PlanProgress({ plan, chosen, choose }: {
  plan: { elapsed: number; counts: PlanCounts }
  chosen?: string
  choose?: (word: string | undefined) => void
}) {
  return (
    <div className="elapsed">
      <span>时间已过</span>
      <Progress percent={Number(plan.elapsed.toFixed(0))} showInfo={false} strokeColor="#9aa5b1" size="small" aria-label={`时间已过 ${percent(plan.elapsed)}`} />
      <b className="number">{percent(plan.elapsed)}</b>
      <Legend counts={plan.counts} chosen={chosen} choose={choose} />
    </div>
  )
}

/** Items by status as one bar; its words stand in the legend beside it. */
export function Bar({ counts }: { counts: PlanCounts }) {
  return (
    <span className="bar" aria-hidden="true">
      {order.map((status) =>
        counts[status] > 0 ? <span key={status} style={{ flexGrow: counts[status], background: colour[status] }} /> : null,
      )}
    </span>
  )
}

/** The same as words, each a filter when there is something to choose. */
export function Legend({ counts, chosen, choose }: { counts: PlanCounts; chosen?: string; choose?: (word: string | undefined) => void }) {
  return (
    <div className="chips" role="group" aria-label="按进展状态筛选">
      {order
        .filter((status) => counts[status] > 0)
        .map((status) => {
          const { word } = planStatus[status]
          return (
            <button
              key={status}
              type="button"
              className="chip"
              aria-pressed={chosen === word}
              disabled={!choose}
              onClick={() => choose?.(chosen === word ? undefined : word)}
            >
              <span className="swatch" style={{ background: colour[status] }} aria-hidden="true" />
              {word} <b className="number">{count(counts[status])}</b>
            </button>
          )
        })}
    </div>
  )
}
