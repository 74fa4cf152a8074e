// One submission: how it came out, its findings, what changed, its versions, the file.
import { Alert, Button, Card, Descriptions, Dropdown, Tabs } from 'antd'
import { Link, useParams } from '@tanstack/react-router'
import { useAnswer } from '../api/queries'
import type { Submission as Data } from '../api/types'
import { DataTable } from '../components/DataTable'
import { Findings } from '../components/Findings'
import { Versions } from '../components/Versions'
import { DefinitionInfo } from '../components/Definition'
import { Counts, Faults, FileRead, NextSteps, Notices, checkColumns } from '../components/outcome'
import { Await, InstitutionLink, LinkButton, Nothing, PageHead, Tag } from '../components/small'
import { Icon } from '../lib/icons'
import { count, period as printed, time } from '../lib/format'
import { changeKind, mode, submissionStatus } from '../lib/labels'
import { useUrl } from '../lib/url'

export default function Submission() {
  const { id } = useParams({ strict: false }) as { id: string }
  const asked = useAnswer('/api/submissions/{id}', { id })
  return <Await asked={asked} rows={10}>{(data) => <Content data={data} />}</Await>
}

function Content({ data }: { data: Data }) {
  const [url, setUrl] = useUrl()
  const one = data.submission
  const readable = one.rows != null && !one.zero
  const tab = url.tab ?? (readable ? 'checks' : data.history.length > 1 ? 'versions' : 'file')
  const latest = data.history[0]
  return (
    <>
      <PageHead
        title={
          <span className="row">
            {one.institution.name} {printed(one.period)} {one.dataset.name}
            <DefinitionInfo kind="dataset" id={one.dataset.code} name={one.dataset.name} />
            <Tag {...submissionStatus[one.status]} />
            {one.late && <Tag word="迟报" tone="warn" />}
          </span>
        }
        lead={
          <>
            第 {one.version} 版 · {one.zero ? '零报告' : mode[one.mode]} · {time(one.received_at)}收到 · <InstitutionLink institution={{ ...one.institution, name: '机构主页' }} period={one.period} />
          </>
        }
        actions={
          <>
            {readable && <FindingsFiles id={one.id} />}
            <LinkButton to="/submit" search={{ institution: one.institution.code, period: one.period, dataset: one.dataset.code } as never} primary>
              报送更正版本
            </LinkButton>
          </>
        }
      />
      <div className="stack">
        {one.status === 'superseded' && latest && latest.id !== one.id && (
          <Alert
            type="info"
            showIcon
            title={
              <>
                该版本已被新版本替换，现行版本为{' '}
                <Link to="/submissions/$id" params={{ id: (data.history.find((other) => other.status === 'accepted') ?? latest).id }}>
                  第 {(data.history.find((other) => other.status === 'accepted') ?? latest).version} 版
                </Link>
                。
              </>
            }
          />
        )}
        {one.status === 'returned' && (
          <Alert type="error" showIcon title="已退回，全部记录均未计入统计" description={data.faults.length > 0 ? undefined : one.returned_reason} />
        )}
        <Faults faults={data.faults} />
        {one.zero ? <Alert type="success" showIcon title="零报告：该机构本月没有发生应报送的事项。" /> : one.rows != null && <Counts of={one} />}
        <NextSteps steps={data.next_steps} />
        <Card styles={{ body: { paddingTop: 6 } }}>
          <Tabs
            activeKey={tab}
            onChange={(next) => setUrl({ tab: next, page: undefined, sort: undefined, filter: undefined, search: undefined })}
            items={[
              ...(readable
                ? [
                    { key: 'checks', label: '校验结果', children: <Checks id={one.id} /> },
                    { key: 'findings', label: '问题清单', children: <FindingsOf id={one.id} explainable={one.status === 'accepted'} /> },
                    { key: 'changes', label: '版本差异', children: <Changes id={one.id} /> },
                  ]
                : []),
              { key: 'versions', label: `历次版本（${data.history.length}）`, children: <Versions of={one} /> },
              { key: 'file', label: data.notices.length > 0 ? `文件（${data.notices.length} 种情况）` : '文件', children: data.file ? (
                <div className="stack">
                  <Notices notices={data.notices} />
                  <FileRead file={data.file} />
                </div>
              ) : <Nothing>零报告没有文件。</Nothing> },
              ...(data.explanations.length > 0 ? [{ key: 'explanations', label: `情况说明（${data.explanations.length}）`, children: <Explanations data={data} /> }] : []),
            ]}
          />
        </Card>
      </div>
    </>
  )
}

function FindingsFiles({ id }: { id: string }) {
  const href = (form: string) => `/api/submissions/${encodeURIComponent(id)}/findings/${form}`
  return (
    <Dropdown
      trigger={['click']}
      menu={{
        items: [
          { key: 'xlsx', label: <a href={href('xlsx')} download>原文件标注版（xlsx）</a> },
          { key: 'csv', label: <a href={href('csv')} download>问题清单（csv）</a> },
          { key: 'json', label: <a href={href('json')} download>问题清单（json）</a> },
        ],
      }}
    >
      <Button icon={<Icon name="download" />}>下载问题文件</Button>
    </Dropdown>
  )
}

function Checks({ id }: { id: string }) {
  const [, setUrl] = useUrl()
  return (
    <DataTable
      name="校验结果"
      path="/api/submissions/{id}/checks"
      variables={{ id }}
      rowKey={(row) => row.id}
      size={50}
      sort="-violated"
      search="查找规则、数据项"
      columns={checkColumns((row) =>
        row.violated === 0 ? (
          '0'
        ) : (
          <a
            href={`?tab=findings&check=${row.id}`}
            onClick={(event) => {
              event.preventDefault()
              setUrl({ tab: 'findings', check: row.id, f_page: undefined, page: undefined, sort: undefined, filter: undefined, search: undefined }, { push: true })
            }}
          >
            {count(row.violated)}
          </a>
        ),
      )}
    />
  )
}

function FindingsOf({ id, explainable }: { id: string; explainable: boolean }) {
  const asked = useAnswer('/api/submissions/{id}/checks', { id }, { size: 1000 })
  return <Await asked={asked}>{(page) => <Findings of={{ submission: id }} checks={page.rows} explainable={explainable} />}</Await>
}

function Changes({ id }: { id: string }) {
  const asked = useAnswer('/api/submissions/{id}/changes/summary', { id })
  return (
    <Await asked={asked}>
      {(summary) =>
        summary.before == null ? (
          <Nothing>此前没有已接收的版本，无从比较。</Nothing>
        ) : (
          <div className="stack">
            <p style={{ margin: 0 }}>
              与第 {summary.before_version} 版相比：新增 <b>{count(summary.added)}</b> 条，删除 <b>{count(summary.removed)}</b> 条，修改{' '}
              <b>{count(summary.changed)}</b> 条，未变 <b>{count(summary.unchanged)}</b> 条。
            </p>
            <DataTable
              name="版本差异"
              prefix="c_"
              path="/api/submissions/{id}/changes"
              variables={{ id }}
              rowKey={(row) => `${row.kind}${row.key}`}
              search={false}
              size={50}
              empty="两个版本的记录完全相同。"
              columns={[
                { key: 'kind', title: '变化', render: (row) => <Tag {...changeKind[row.kind]} /> },
                { key: 'key', title: '业务主键', render: (row) => <span className="nowrap">{row.key}</span> },
                {
                  key: 'elements',
                  title: '修改内容',
                  exports: ['elements', 'before', 'after'],
                  render: (row) =>
                    row.values.map((value) => (
                      <div key={value.element}>
                        {value.element} {value.element_name}：<s className="soft">{value.before || '（空）'}</s> → <b>{value.after || '（空）'}</b>
                      </div>
                    )),
                },
              ]}
            />
          </div>
        )
      }
    </Await>
  )
}

function Explanations({ data }: { data: Data }) {
  return (
    <Descriptions
      bordered
      size="small"
      column={1}
      items={data.explanations.map((one) => ({ key: `${one.check}${one.key}`, label: `${one.check} · ${one.key}`, children: `${one.text}（${time(one.given_at)}）` }))}
    />
  )
}
