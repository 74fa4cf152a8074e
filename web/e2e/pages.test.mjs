// Every page at two sizes: its content, no barrier, nothing thrown, a picture to look at.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { accessible, answer, launch, open, picture, sizes, visit } from './browser.mjs'

let browser
before(async () => {
  browser = await launch()
})
after(() => browser?.close())

async function pages() {
  const meta = await answer('/api/meta')
  const period = meta.newest_complete ?? meta.months.at(-1)
  const [figure] = (await answer(`/api/figures?indicator=EFF01&period=${period}`)).rows
  const institution = meta.institutions[0]
  const of = async (status) => (await answer(`/api/submissions?size=1000&status=${status}`)).rows
  const accepted = (await of('accepted')).filter((one) => !one.zero && one.dataset.code === 'inpatient_front_page')
  const submission = accepted.toSorted((a, b) => b.error_rows - a.error_rows)[0]
  const [returned] = await of('returned')
  const [newest] = (await answer('/api/submissions')).rows
  const dataset = meta.datasets.find((one) => one.code === 'inpatient_front_page')
  const [reported] = (await answer(`/api/submissions?dataset=service_report&status=accepted`)).rows
  const report = `institution=${reported.institution.code}&period=${reported.period}`
  const [alert] = (await answer('/api/alerts')).rows
  const [owed] = (await answer(`/api/urging?period=${reported.period.slice(0, 4)}`)).rows
  const [rule] = (await answer('/api/alert-rules')).rows
  const plan = (await answer('/api/plans')).rows.find((one) => one.current)
  const [measured] = (await answer(`/api/plans/${plan.id}/items?size=1000`)).rows.filter((one) => one.value)
  const explained = `explain=EFF01&explain_period=${period}&explain_by=region`
  return [
    ['overview', '/', '需要关注'],
    ['plans', '/plans', plan.name],
    ['plan', `/plans/${plan.id}`, '时间已过'],
    ['plan-targets', `/plans/${plan.id}?tab=targets`, '衡量内容'],
    ['plan-reminders', `/plans/${plan.id}?tab=reminders`, '级别'],
    ['plan-source', `/plans/${plan.id}?tab=source`, '定义文件'],
    ['plan-item', `/plans/${plan.id}/items/${measured.number}`, '状态来源'],
    ['meeting', '/meeting', '导出文档'],
    ['meeting-slide', '/meeting?slide=2', '退出投影'],
    ['alerts', '/alerts', alert.sentence],
    ['alert-rules', '/alerts?tab=rules', rule.name],
    ['alert', `/alerts/${alert.id}`, alert.sentence],
    ['institution-alerts', `/institutions/${institution.code}?tab=alerts`, '级别'],
    ['reports-none', '/reports', '选择机构'],
    ['reports', `/reports?${report}`, '查看和修改'],
    ['report', `/reports/service_report?${report}`, '总诊疗人次数'],
    ['urging', `/urging?period=${reported.period.slice(0, 4)}`, owed.institution.name],
    ['attention', '/attention', '需要关注的事项'],
    ['indicators', '/indicators', figure.name],
    ['indicators-institution', `/indicators?institution=${institution.code}`, '同级排名'],
    ['catalogue', '/indicators?view=catalogue&search=EFF01', 'EFF01'],
    ['indicator', `/indicators/EFF01?period=${period}`, '浅色带为 95% 区间'],
    ['indicator-quarter', '/indicators/EFF01?period=2024-Q1', '2024年第1季度'],
    ['indicator-institutions', '/indicators/EFF01?tab=institutions', '同级比较更公平'],
    ['indicator-alliances', '/indicators/EFF01?tab=alliances', meta.alliances[0].name],
    ['indicator-departments', `/indicators/EFF01?tab=departments&institution=${institution.code}`, '按分母由大到小'],
    ['indicator-definition', '/indicators/EFF01?tab=definition', '目标值'],
    ['explain', `/?${explained}`, '各项合计'],
    ['explain-rows', `/?${explained}&explain_tab=rows`, '病案号'],
    ['explain-files', `/?${explained}&explain_tab=files`, '收到时间'],
    ['institutions', '/institutions', institution.name],
    ['institution', `/institutions/${institution.code}`, figure.name],
    ['institution-reporting', `/institutions/${institution.code}?tab=reporting`, '12月'],
    ['institution-register', `/institutions/${institution.code}?tab=register`, '登记号的含义'],
    ['submissions', '/submissions', newest.institution.name],
    ['reporting', '/submissions?tab=reporting', '截止日期'],
    ['submission', `/submissions/${submission.id}`, 'FP001'],
    ['findings', `/submissions/${submission.id}?tab=findings`, '情况说明'],
    ['file', `/submissions/${submission.id}?tab=file`, '校验值'],
    ['returned', `/submissions/${returned.id}`, '已退回，全部记录均未计入统计'],
    ['submit', '/submit', '点击选择文件'],
    ['zero', '/submit?tab=zero', '提交零报告'],
    ['datasets', '/datasets', dataset.name],
    ['dataset', `/datasets/${dataset.code}`, '组织机构代码'],
    ['dataset-checks', `/datasets/${dataset.code}?tab=checks`, 'FP001'],
    ['definitions', '/definitions', '口径库'],
    ['definitions-changes', '/definitions?tab=changes', '影响的报告期'],
    ['definition-plan', `/definitions/plan/${plan.id}`, '进展怎样得知'],
    ['definitions-none', '/definitions?search=没有这样的定义', '没有符合条件的定义'],
    ['definition', '/definitions/indicator/EFF01', '算例'],
    ['definition-check', '/definitions/check/FP030', '读取这些数据项的指标'],
    ['definition-dataset', '/definitions/dataset/inpatient_front_page', '重复组'],
    ['definition-alert', '/definitions/alert/AL-EFFICIENCY', '判断方法'],
    ['definition-parameter', '/definitions/parameter/long_stay_days', '使用它的定义'],
    ['definition-codelist', '/definitions/codelist/ws218_category', '下面列出前'],
    ['definition-drawer', '/?definition=indicator:EFF01', '打开整页'],
    ['definition-missing', '/definitions/indicator/NONE', '没有找到'],
    ['definition-not-computed', '/definitions/indicator/HAI08', '与 ABX08 口径相同'],
    ['definition-nowhere', '/definitions/planet/X', '没有“planet”这种定义'],
    ['missing', '/indicators/NONE', '没有找到'],
    ['nowhere', '/nowhere', '没有这个页面'],
  ]
}

/** Tables that have no export beside them; a sheet of facts about one thing is none, nor is one to fill in. */
const bare = (page) =>
  page.evaluate(() =>
    [...document.querySelectorAll('table')]
      .filter((table) => table.checkVisibility() && !table.closest('.ant-descriptions') && !table.matches('.sheet'))
      .filter((table) => {
        const place = table.closest('figure, section, .ant-card, .ant-drawer')
        const names = [...(place?.querySelectorAll('a, button') ?? [])].map((one) => one.getAttribute('aria-label') ?? one.textContent ?? '')
        return !names.some((name) => name.trim().startsWith('导出'))
      })
      .map((table) => table.textContent?.slice(0, 80)),
  )

for (const size of sizes) {
  test(`pages at ${size.width} × ${size.height}`, async (context) => {
    for (const [name, address, text] of await pages()) {
      await context.test(name, async () => {
        const { page, errors, close } = await open(browser, size)
        try {
          await visit(page, address, text)
          await picture(page, name, size)
          await accessible(page, address)
          const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
          assert.ok(wider <= 0, `the page itself scrolls sideways by ${wider} px`)
          assert.deepEqual(await bare(page), [], 'every table can be taken away')
          assert.deepEqual(errors, [])
        } finally {
          await close()
        }
      })
    }
  })
}
