// 需要关注的事项, all of them.
import { Card } from 'antd'
import { DataTable } from '../components/DataTable'
import { Defined, MatterInfo } from '../components/Definition'
import { PeriodPicker, usePeriod } from '../components/PeriodPicker'
import { InstitutionLink, PageHead, Tag, TextLink } from '../components/small'
import { useRegion } from '../api/queries'
import { NONE, period as printed } from '../lib/format'
import { attentionKind, attentionSeverity } from '../lib/labels'
import { useUrl } from '../lib/url'

export default function Attention() {
  const [url, setUrl] = useUrl()
  const period = usePeriod(url.period)
  const region = useRegion()
  return (
    <>
      <PageHead
        title="需要关注的事项"
        lead="由平台按报送情况、数据质量、目标值和同级比较自动列出；点击说明可查看依据。"
        actions={<PeriodPicker value={period} onChange={(next) => setUrl({ period: next, page: undefined })} />}
      />
      <Card>
        <DataTable
          name="需要关注的事项"
          path="/api/attention"
          query={{ period }}
          enabled={period !== undefined}
          rowKey={(row) => `${row.kind}${row.link}${row.sentence}`}
          empty="本期没有需要关注的事项。"
          columns={[
            { key: 'severity', title: '程度', filterable: true, render: (row) => <Tag {...attentionSeverity[row.severity]} /> },
            { key: 'kind', title: '事项', filterable: true, render: (row) => attentionKind[row.kind] },
            {
              key: 'institution',
              title: '机构',
              sortable: true,
              exports: ['institution', 'institution_code'],
              render: (row) => (row.institution ? <InstitutionLink institution={row.institution} period={row.period} /> : region),
            },
            {
              key: 'sentence',
              title: '说明',
              render: (row) => (
                <>
                  <TextLink to={row.link}>{row.sentence}</TextLink> <MatterInfo of={row} />
                </>
              ),
            },
            { key: 'indicator', title: '指标', sortable: true, hidden: true, render: (row) => (row.indicator ? <Defined kind="indicator" id={row.indicator.code} name={row.indicator.name} /> : NONE) },
            { key: 'check', title: '校验规则', sortable: true, hidden: true, render: (row) => (row.check ? <Defined kind="check" id={row.check.code} name={`${row.check.code} ${row.check.name}`} /> : NONE) },
            { key: 'period', title: '报告期', render: (row) => printed(row.period) },
          ]}
        />
      </Card>
    </>
  )
}
