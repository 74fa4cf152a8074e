// 月度进展通报: to read out, to project, to print; the same as document and workbook from the server.
import { Button, Card } from 'antd'
import { useEffect, useState } from 'react'
import { address } from '../api/client'
import { useAnswer } from '../api/queries'
import type { Meeting as Data } from '../api/types'
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
  if (period === undefined) return <Nothing>还没有任何报送，暂时不能生成通报。</Nothing>
  const href = (form: 'docx' | 'xlsx') => address(`/api/meeting.${form}`, {}, query)
  return (
    <>
      <div className="no-print">
        <PageHead
          title="月度进展通报"
          actions={
            <>
              <PeriodPicker value={period} onChange={(next) => setUrl({ period: next })} />
              <Button href={href('docx')} icon={<Icon name="download" />}>
                导出文档（docx）
              </Button>
              <Button href={href('xlsx')} icon={<Icon name="download" />}>
                导出表格（xlsx）
              </Button>
              <Button onClick={() => window.print()}>打印</Button>
              <Button type="primary" onClick={() => setUrl({ slide: '1' }, { push: true })}>
                投影
              </Button>
            </>
          }
        />
      </div>
      <Await asked={asked} rows={12}>
        {(data) => (url.slide ? <Slides data={data} at={Number(url.slide)} go={(to) => setUrl({ slide: to })} /> : <Paper data={data} />)}
      </Await>
    </>
  )
}

function Paper({ data }: { data: Data }) {
  return (
    <Card className="paper">
      <h2 className="title">{data.title}</h2>
      <Opening data={data} />
      {data.sections.map((section) => (
        <Section key={section.heading} of={section} />
      ))}
      <div className="signature">
        {data.issuer}
        <br />
        {date(data.made_on)}
      </div>
      <ul className="sources">
        {data.sources.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </Card>
  )
}

function Opening({ data }: { data: Data }) {
  return (
    <>
      <p className="verdict">{data.summary}</p>
      <PlanProgress plan={data.plan} />
      <Lights plan={data.plan.id} chapters={data.plan.chapters} />
      <section className="figures" aria-label="主要指标" style={{ marginTop: 16 }}>
        {data.headline.map((figure) => (
          <FigureCard key={figure.indicator} figure={figure} />
        ))}
      </section>
    </>
  )
}

function Section({ of }: { of: Data['sections'][number] }) {
  return (
    <section>
      <h3>{of.heading}</h3>
      {of.paragraphs.map((text) => (
        <p key={text}>{text}</p>
      ))}
      {of.table && of.table.rows.length > 0 && (
        <table className="official">
          <thead>
            <tr>
              {of.table.columns.map((title) => (
                <th key={title} scope="col">
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {of.table.rows.map((cells, at) => {
              const light = of.table?.lights[at]
              const link = of.table?.links[at]
              return (
                <tr key={cells.join('|')}>
                  {cells.map((cell, column) => (
                    <td key={of.table?.columns[column]}>
                      {column === 0 && link ? <TextLink to={link}>{cell}</TextLink> : light && cell === planStatus[light].word ? <Tag {...planStatus[light]} /> : cell}
                    </td>
                  ))}
                </tr>
              )
            })}
          </tbody>
        </table>
      )}
    </section>
  )
}

/** One section at a time, large; arrows turn the page, Escape leaves. */
function Slides({ data, at, go }: { data: Data; at: number; go: (to: string | undefined) => void }) {
  const last = data.sections.length + 1
  const page = Math.min(Math.max(1, at || 1), last)
  const [section] = data.sections.slice(page - 2, page - 1)
  const [full, setFull] = useState(false)
  useEffect(() => {
    const turn = (event: KeyboardEvent) => {
      if (['ArrowRight', 'PageDown', ' '].includes(event.key)) go(String(Math.min(last, page + 1)))
      else if (['ArrowLeft', 'PageUp'].includes(event.key)) go(String(Math.max(1, page - 1)))
      else if (event.key === 'Escape') go(undefined)
      else return
      event.preventDefault()
    }
    window.addEventListener('keydown', turn)
    return () => window.removeEventListener('keydown', turn)
  }, [go, last, page])
  return (
    <div className="slides" ref={(holder) => { if (full && holder && !document.fullscreenElement) void holder.requestFullscreen() }}>
      <div className="between">
        <span className="soft">{data.title}</span>
        <span className="row">
          <Button onClick={() => go(String(page - 1))} disabled={page === 1}>
            上一页
          </Button>
          <span className="number">
            {page} / {last}
          </span>
          <Button onClick={() => go(String(page + 1))} disabled={page === last}>
            下一页
          </Button>
          <Button onClick={() => setFull(true)}>全屏</Button>
          <Button onClick={() => go(undefined)}>退出投影</Button>
        </span>
      </div>
      {page === 1 || !section ? (
        <>
          <h2 className="title">{data.title}</h2>
          <Opening data={data} />
        </>
      ) : (
        <Section of={section} />
      )}
    </div>
  )
}
