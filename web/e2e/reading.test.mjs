// A regulator reads: the reason of a number in two clicks, links that keep what was seen, exports.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { accessible, answer, launch, open, settled, visit } from './browser.mjs'

let browser
before(async () => {
  browser = await launch()
})
after(() => browser?.close())

async function inPage(use) {
  const { page, errors, close } = await open(browser)
  try {
    await use(page)
    assert.deepEqual(errors, [])
  } finally {
    await close()
  }
}

test('from the overview to the rows behind a number in two clicks', () =>
  inPage(async (page) => {
    await visit(page, '/', '需要关注')
    const overview = await answer('/api/overview')
    const figure = overview.headline.find((one) => one.indicator === 'EFF01')
    await page.getByRole('article', { name: figure.name, exact: true }).getByRole('button', { name: '查看计算过程与明细' }).click()
    await page.getByText('各项合计').waitFor()
    await page.getByRole('tab', { name: '明细记录' }).click()
    await page.getByRole('columnheader', { name: '病案号' }).waitFor()
    await settled(page)
    const rows = await answer(`/api/explain/EFF01/rows?period=${overview.period}&by=region`)
    await page.getByText(`共 ${rows.total.toLocaleString('zh-CN')} 条记录；标`).waitFor()
    const shown = await page.locator('.ant-drawer tr.ant-table-row:visible').count()
    assert.equal(shown, Math.min(rows.total, 20))
  }))

test('from the overview to the indicator, then its rows', () =>
  inPage(async (page) => {
    await visit(page, '/', '需要关注')
    const { headline } = await answer('/api/overview')
    await page.getByRole('article', { name: headline[1].name, exact: true }).getByRole('link').click()
    await page.getByRole('heading', { name: headline[1].name, exact: false }).waitFor()
    await page.getByRole('button', { name: '查看明细记录' }).click()
    await page.getByRole('columnheader', { name: '病案号' }).waitFor()
  }))

test('a link shows what its sender saw', () =>
  inPage(async (page) => {
    await visit(page, '/institutions', '医疗机构')
    const all = await answer('/api/institutions?size=1000')
    const ownership = all.facets.ownership[0]
    await page.getByRole('columnheader', { name: '所有制' }).getByRole('button', { name: 'filter' }).click()
    await page.getByRole('menuitem', { name: ownership.value }).click()
    await page.getByRole('button', { name: /确\s?定/ }).click()
    await page.getByRole('columnheader', { name: '床位数' }).click()
    await page.getByRole('columnheader', { name: '床位数' }).click()
    const beds = all.rows.filter((one) => one.ownership === ownership.value).map((one) => one.beds)
    const largest = beds.toSorted((a, b) => b - a)[0].toLocaleString('zh-CN')
    const first = page.locator('.ant-table-tbody tr.ant-table-row').first()
    await first.getByText(largest, { exact: true }).waitFor()
    await page.getByText(`共 ${beds.length} 条`).waitFor()
    const seen = await first.textContent()
    const address = page.url()

    await page.goto('about:blank')
    await page.goto(address)
    await page.getByText(`共 ${beds.length} 条`).waitFor()
    assert.equal(await page.locator('.ant-table-tbody tr.ant-table-row').first().textContent(), seen)
  }))

test('an export holds the rows, the order and the columns of the page', () =>
  inPage(async (page) => {
    await visit(page, '/institutions?sort=-beds', '医疗机构')
    const exported = async (kind) => {
      await page.getByRole('button', { name: '导出医疗机构' }).click()
      const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: kind }).click()])
      return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) }
    }
    const csv = await exported('csv')
    assert.equal(csv.name, '医疗机构.csv')
    assert.deepEqual([...csv.bytes.subarray(0, 3)], [0xef, 0xbb, 0xbf], 'Excel needs the mark to read Chinese')
    const lines = csv.bytes.subarray(3).toString('utf8').trim().split('\n')
    const all = await answer('/api/institutions?size=1000&sort=-beds')
    assert.equal(lines.length, all.total + 1)
    assert.ok(lines[0].startsWith('机构,级别,类别'), lines[0])
    assert.ok(lines[1].startsWith(all.rows[0].name), lines[1])
    assert.ok(!lines[0].includes('登记号'), 'a column that is not shown is not exported')
    const xlsx = await exported('xlsx')
    assert.equal(xlsx.name, '医疗机构.xlsx')
    assert.equal(xlsx.bytes.subarray(0, 2).toString(), 'PK')
  }))

test('columns can be chosen and stay chosen', () =>
  inPage(async (page) => {
    await visit(page, '/institutions', '医疗机构')
    await page.getByRole('button', { name: '医疗机构的列设置' }).click()
    await page.getByRole('checkbox', { name: '登记号' }).check()
    await page.getByRole('columnheader', { name: '登记号' }).waitFor()
    await page.reload()
    await page.getByRole('columnheader', { name: '登记号' }).waitFor()
  }))

test('every chart is a table too', () =>
  inPage(async (page) => {
    await visit(page, '/', '出院人次趋势')
    const { trend } = await answer('/api/overview')
    const chart = page.locator('figure.chart')
    await chart.getByText('表', { exact: true }).click()
    const first = chart.locator('tbody tr.ant-table-row').first()
    await first.waitFor()
    assert.ok((await first.textContent()).includes(trend[0].discharges.toLocaleString('zh-CN')))
    await chart.getByRole('link', { name: '导出 xlsx' }).waitFor()
  }))

test('the (i) opens the definition, by keyboard, and leads on to what it reads', () =>
  inPage(async (page) => {
    await visit(page, '/', '需要关注')
    const definition = await answer('/api/definitions/indicator/EFF01')
    const said = (name) => definition.head.find((fact) => fact.name === name).text.map((span) => span.text).join('')
    const button = page.getByRole('button', { name: `口径说明：${definition.name}`, exact: true })
    await button.focus()
    await page.keyboard.press('Enter')
    const drawer = page.getByRole('dialog')
    await drawer.getByText(said('用途')).waitFor()
    await drawer.getByText(definition.examples[0].title).waitFor()
    await accessible(page, 'the drawer of a definition')
    // Its dataset, in the same drawer; the address leads back.
    const [dataset] = definition.head.find((fact) => fact.name === '数据来源').text
    await drawer.getByRole('link', { name: dataset.text, exact: true }).first().focus()
    await page.keyboard.press('Enter')
    await drawer.getByRole('heading', { name: '数据项', exact: true }).waitFor()
    assert.equal(new URL(page.url()).searchParams.get('definition'), `dataset:${dataset.to.id}`)
    await page.goBack()
    await drawer.getByText(said('用途')).waitFor()
    await page.keyboard.press('Escape')
    await drawer.waitFor({ state: 'hidden' })
    assert.equal(new URL(page.url()).searchParams.get('definition'), null)
  }))

test('a finding leads to the definition of its check', () =>
  inPage(async (page) => {
    const { rows } = await answer('/api/submissions?size=1000&status=accepted')
    const submission = rows.find((one) => one.dataset.code === 'inpatient_front_page' && one.error_rows > 0)
    await visit(page, `/submissions/${submission.id}?tab=findings`, '情况说明')
    const button = page.locator('tbody').getByRole('button', { name: /^口径说明：/ }).first()
    const check = (await button.getAttribute('aria-label')).replace('口径说明：', '')
    await button.click()
    await page.getByRole('dialog').getByText((await answer(`/api/definitions/check/${check}`)).name).first().waitFor()
    await page.getByRole('link', { name: '打开整页' }).click()
    await page.getByRole('heading', { level: 1 }).waitFor()
    assert.equal(new URL(page.url()).pathname, `/definitions/check/${check}`)
  }))

test('the library is searched, filtered and taken away', () =>
  inPage(async (page) => {
    await visit(page, '/definitions?kind=indicator&search=平均住院日', 'EFF01')
    await page.getByRole('link', { name: '平均住院日', exact: true }).first().click()
    await page.getByRole('heading', { name: '算例', exact: false }).waitFor()
    await visit(page, '/definitions?kind=indicator&search=HAI08', '与 ABX08 口径相同')
    await page.getByText('不单独计算').first().waitFor()
    await visit(page, '/definitions?kind=parameter', 'abx_before_max')
    const { total } = await answer('/api/definitions?kind=parameter')
    await page.getByText(`共 ${total} 条`).waitFor()
  }))

test('the keyboard reaches the menu, a figure and its explanation', () =>
  inPage(async (page) => {
    await visit(page, '/', '需要关注')
    await page.keyboard.press('Tab')
    assert.equal(await page.evaluate(() => document.activeElement.textContent), '跳到正文')
    const figure = page.locator('.figure .value').first()
    await figure.focus()
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').getByText('口径').first().waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    assert.ok(!page.url().includes('explain='))
  }))
