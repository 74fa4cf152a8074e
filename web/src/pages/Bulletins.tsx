// 通报: every bulletin, and how to begin one.
import { App, Button, Card, Form, Modal, Select } from 'antd'
import { useNavigate } from '@tanstack/react-router'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { address, post } from '../api/client'
import { useAnswer } from '../api/queries'
import type { Bulletin } from '../api/types'
import { DataTable } from '../components/DataTable'
import { PeriodPicker, usePeriod } from '../components/PeriodPicker'
import { Failure, PageHead, Tag, TextLink } from '../components/small'
import { NONE, date, period as printed, time } from '../lib/format'
import { bulletinState, person } from '../lib/labels'

export default function Bulletins() {
  const [drafting, draft] = useState(false)
  return (
    <>
      <PageHead
        title="通报"
        lead="数据质量和核心指标通报：按月、季或年起草，审核、定稿后数字不再改变，可以逐字节重新生成。"
        actions={
          <Button type="primary" onClick={() => draft(true)}>
            起草通报
          </Button>
        }
      />
      <Card>
        <DataTable
          name="通报"
          path="/api/bulletins"
          rowKey={(row) => row.id}
          search="查找标题、文号"
          empty="还没有通报。点击右上角“起草通报”，选择报告期即可生成草稿。"
          columns={[
            { key: 'id', title: '编号', hidden: true, render: (row) => row.id },
            { key: 'period', title: '报告期', sortable: true, render: (row) => <span className="nowrap">{printed(row.period)}</span> },
            { key: 'title', title: '标题', render: (row) => <TextLink to={`/bulletins/${row.id}`}>{row.title}</TextLink> },
            {
              key: 'state',
              title: '状态',
              filterable: true,
              exports: ['state', 'withdrawn_because'],
              render: (row) => (
                <span title={row.withdrawn_because ?? undefined}>
                  <Tag {...bulletinState[row.state]} />
                </span>
              ),
            },
            { key: 'number', title: '发文字号', render: (row) => <span className="nowrap">{row.number ?? NONE}</span> },
            { key: 'issued_on', title: '成文日期', sortable: true, render: (row) => <span className="nowrap">{date(row.issued_on)}</span> },
            { key: 'drafted_by', title: '起草', exports: ['drafted_by', 'drafted_at'], render: (row) => person(row.drafted_by) },
            { key: 'approved_by', title: '审核', render: (row) => row.approved_by ?? NONE },
            { key: 'final_by', title: '签发', exports: ['final_by', 'final_at'], render: (row) => row.final_by ?? NONE },
            { key: 'known_at', title: '数据时间', help: '通报以此刻平台已接收的数据为准。', render: (row) => <span className="nowrap">{time(row.known_at)}</span> },
            { key: 'withdrawn_because', title: '撤回原因', hidden: true, render: (row) => row.withdrawn_because ?? NONE },
          ]}
        />
      </Card>
      {drafting && <Draft close={() => draft(false)} />}
    </>
  )
}

function Draft({ close }: { close: () => void }) {
  const { message } = App.useApp()
  const client = useQueryClient()
  const navigate = useNavigate()
  const kinds = useAnswer('/api/bulletin-kinds', {})
  const [chosen, choose] = useState<string>()
  const [kind, setKind] = useState<string>()
  const [sending, setSending] = useState(false)
  const [failed, setFailed] = useState<unknown>()
  const period = usePeriod(chosen)
  const all = kinds.data?.rows ?? []
  const one = all.find((row) => row.id === (kind ?? all[0]?.id))
  const send = async () => {
    setSending(true)
    setFailed(undefined)
    try {
      const made = await post<Bulletin>(address('/api/bulletins', {}), { period, kind: one?.id ?? null })
      await client.invalidateQueries()
      void message.success('已生成草稿。')
      await navigate({ to: `/bulletins/${made.row.id}` as never })
    } catch (error) {
      setFailed(error)
    } finally {
      setSending(false)
    }
  }
  return (
    <Modal open title="起草通报" onCancel={close} onOk={() => void send()} okText="生成草稿" confirmLoading={sending} okButtonProps={{ disabled: !period || !one }}>
      {failed !== undefined && (
        <div style={{ marginBottom: 16 }}>
          <Failure error={failed} />
        </div>
      )}
      <Form layout="vertical">
        {all.length > 1 && (
          <Form.Item label="种类">
            <Select aria-label="种类" value={one?.id} onChange={setKind} options={all.map((row) => ({ value: row.id, label: row.name }))} />
          </Form.Item>
        )}
        <Form.Item label="报告期">
          <PeriodPicker value={period} onChange={choose} />
        </Form.Item>
      </Form>
      {one && (
        <p className="soft">
          核心指标：{one.indicators.map((indicator) => indicator.name).join('、')}。标题、主送和核心指标写在定义包里。
        </p>
      )}
    </Modal>
  )
}
