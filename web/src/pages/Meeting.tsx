// 月度进展报告: to read out, to project, to print; the same as document and workbook from the server.
import { Button, Card } from 'antd'
import { useEffect, useRef, type RefObject } from 'react'
import { Link } from '@tanstack/react-router'
import { ApiProblem, address } from '../api/client'
import { useAnswer } from '../api/queries'
import type { Meeting as Data, MeetingTable } from '../api/types'
import { FigureCard } from '../components/figure'
import { Lights, PlanProgress } from '../components/Lights'
import { PeriodPicker, usePeriod } from '../components/PeriodPicker'
import { Await, Nothing, PageHead, Tag, TextLink } from '../components/small'
import { Icon } from '../lib/icons'
import { date } from '../lib/format'
import { planStatus } from '../lib/labels'
import { useUrl } from '../lib/url'

export default function Meeting() {
  const [url, setUrl] = useUrl()
  const period = usePeriod(url.period)
  const query = { period, plan: url.plan }
  const asked = useAnswer('/api/meeting', {}, query, { enabled: period !== undefined })
  if (period === undefined) return <Nothing>还没有任何报送，暂时不能生成报告。</Nothing>
  const none = !asked.data && url.plan === undefined && asked.error instanceof ApiProblem && asked.error.status === 404
  const href = (form: 'docx' | 'xlsx') => address(`/api/meeting.${form}`, {}, query)
  return (
    <>
      <div className="no-print">
        <PageHead
          title="月度进展报告"
          actions={
            <>
              <PeriodPicker value={period} onChange={(next) => setUrl({ period: next, slide: undefined })} />
              {asked.data && (
                <>
                  <Button href={href('docx')} download icon={<Icon name="download" />}>
                    导出文档（docx）
                  </Button>
                  <Button href={href('xlsx')} download icon={<Icon name="download" />}>
                    导出表格（xlsx）
                  </Button>
                  <Button onClick={() => window.print()}>打印</Button>
                  <Button type="primary" icon={<Icon name="screen" />} onClick={() => setUrl({ slide: '1' }, { push: true })}>
                    投影
                  </Button>
                </>
              )}
            </>
          }
        />
      </div>
      {none ? (
        <Nothing>
          本地还没有这一年的工作要点，不能生成报告。可以 <Link to="/plans">查看全部工作要点</Link>。
        </Nothing>
      ) : (
        <Await asked={asked} rows={12}>
          {(data) =>
            url.slide ? (
              <Slides data={data} at={Number(url.slide)} go={(to) => setUrl({ slide: to })} workbook={href('xlsx')} />
            ) : (
              <Paper data={data} workbook={href('xlsx')} />
            )
          }
        </Await>
      )}
    </>
  )
}

function Paper({ data, workbook }: { data: Data; workbook: string }) {
  return (
    <Card className="paper">
      <h2 className="report-title">{data.title}</h2>
      <Opening data={data} />
      {data.sections.map((section) => (
        <Section key={section.heading} of={section} workbook={workbook} />
      ))}
      <div className="signature">
        {data.issuer}
        <br />
        {date(data.made_on)}
      </div>
      <Sources of={data.sources} />
    </Card>
  )
}

function Opening({ data }: { data: Data }) {
  const [url] = useUrl()
  return (
    <>
      <p>{data.summary}</p>
      <div className="opening">
        <PlanProgress plan={data.plan} period={url.period} />
        <Lights plan={data.plan.id} chapters={data.plan.chapters} period={url.period} />
        {data.headline.length > 0 && (
          <section className="figures" aria-label="主要指标">
            {data.headline.map((figure) => (
              <FigureCard key={figure.indicator} figure={figure} />
            ))}
          </section>
        )}
      </div>
    </>
  )
}

function Sources({ of }: { of: string[] }) {
  return (
    <ul className="sources" aria-label="数字出处">
      {of.map((line) => (
        <li key={line}>{line}</li>
      ))}
    </ul>
  )
}

function Section({ of, workbook }: { of: Data['sections'][number]; workbook: string }) {
  return (
    <section aria-label={of.heading}>
      <div className="between">
        <h3>{of.heading}</h3>
        {of.table && (
          <a href={workbook} download className="no-print" aria-label={`导出${of.heading}`}>
            导出
          </a>
        )}
      </div>
      {of.paragraphs.map((text) => (
        <p key={text}>{text}</p>
      ))}
      {of.table && of.table.rows.length > 0 && <Official of={of.table} />}
    </section>
  )
}

/** Digits, as a column of which is aligned to the right. */
const NUMBER = /^([\d,]+(\.\d+)?%?|—)$/

/** A table as an official document has it. */
function Official({ of }: { of: MeetingTable }) {
  const numeric = of.columns.map((_, at) => at > 0 && of.rows.every((cells) => NUMBER.test(cells[at] ?? '')))
  const cell = (text: string, row: number, column: number) => {
    const light = of.lights[row]
    const link = of.links[row]
    if (light && text === planStatus[light].word) return <Tag {...planStatus[light]} />
    // The first words of a row lead to its page; a bare number would be too small to hit.
    if (link && column === of.rows[row]?.findIndex((one) => !/^\d/.test(one))) return <TextLink to={link}>{text}</TextLink>
    return text
  }
  return (
    <table className="official">
      <thead>
        <tr>
          {of.columns.map((title, column) => (
            <th key={title} scope="col" className={numeric[column] ? 'numeric' : undefined}>
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {of.rows.map((cells, row) => (
          <tr key={cells.join('|')}>
            {cells.map((text, column) => (
              <td key={of.columns[column]} className={numeric[column] ? 'numeric' : text.length <= 10 ? 'nowrap' : undefined}>
                {cell(text, row, column)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** Nothing beside it can be reached while it is there; the focus goes into it, and back in the end. */
function useAlone(holder: RefObject<HTMLElement | null>) {
  useEffect(() => {
    const before = document.activeElement
    const silenced: HTMLElement[] = []
    for (let at: HTMLElement | null = holder.current; at?.parentElement && at.parentElement !== document.body; at = at.parentElement) {
      for (const other of at.parentElement.children) {
        if (other === at || !(other instanceof HTMLElement) || other.inert) continue
        other.inert = true
        silenced.push(other)
      }
    }
    holder.current?.focus()
    return () => {
      for (const one of silenced) one.inert = false
      if (before instanceof HTMLElement) before.focus()
    }
  }, [holder])
}

/** One section at a time, large; arrows turn the page, Escape leaves. */
function Slides({ data, at, go, workbook }: { data: Data; at: number; go: (to: string | undefined) => void; workbook: string }) {
  const holder = useRef<HTMLDivElement>(null)
  const last = data.sections.length + 1
  const page = Math.min(Math.max(1, at || 1), last)
  const section = page > 1 ? data.sections[page - 2] : undefined
  useAlone(holder)
  useEffect(() => {
    const turn = (event: KeyboardEvent) => {
      // What lies above, such as an explanation, has its own keys.
      if (event.target instanceof Element && event.target !== document.body && !holder.current?.contains(event.target)) return
      // A space presses the button that has the focus.
      const pressed = event.key === ' ' && event.target instanceof HTMLElement && event.target.closest('a, button')
      if (pressed || event.altKey || event.ctrlKey || event.metaKey) return
      if (['ArrowRight', 'PageDown', ' '].includes(event.key)) go(String(Math.min(last, page + 1)))
      else if (['ArrowLeft', 'PageUp'].includes(event.key)) go(String(Math.max(1, page - 1)))
      else if (event.key === 'Home') go('1')
      else if (event.key === 'End') go(String(last))
      else if (event.key === 'Escape') go(undefined)
      else return
      event.preventDefault()
    }
    window.addEventListener('keydown', turn)
    return () => window.removeEventListener('keydown', turn)
  }, [go, last, page])
  useEffect(() => {
    holder.current?.scrollTo(0, 0)
  }, [page])
  return (
    <div className="slides" ref={holder} role="dialog" aria-modal="true" tabIndex={-1} aria-label={`投影第 ${page} 页，共 ${last} 页`}>
      <div className="bar-of-slides">
        <span className="soft">{data.title}</span>
        <span className="row">
          <Button onClick={() => go(String(page - 1))} disabled={page === 1}>
            上一页
          </Button>
          <span className="number" aria-live="polite">
            {page} / {last}
          </span>
          <Button onClick={() => go(String(page + 1))} disabled={page === last}>
            下一页
          </Button>
          <Button onClick={() => void holder.current?.requestFullscreen()}>全屏</Button>
          <Button onClick={() => go(undefined)}>退出投影</Button>
        </span>
      </div>
      {section ? (
        <Section of={section} workbook={workbook} />
      ) : (
        <>
          <h2 className="report-title">{data.title}</h2>
          <Opening data={data} />
        </>
      )}
    </div>
  )
}
