// Monthly reports in the browser: filled in beside last month's values, corrected where a finding
// stands, sent; who owes is urged; an alert is answered and closed.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { accessible, answer, launch, open, picture, settled, sizes, visit } from './browser.mjs'

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

const grouped = (text) => text.replaceAll(/\B(?=(\d{3})+$)/g, ',')

/** The newest month in which a dataset was accepted, who sent it, and the month after it. */
async function newestOf(dataset) {
  const rows = (await answer(`/api/submissions?dataset=${dataset}&status=accepted&size=1000`)).rows.filter((one) => !one.zero)
  const newest = rows.map((one) => one.period).sort().at(-1)
  const [year, month] = newest.split('-').map(Number)
  const period = month === 12 ? `${year + 1}-01` : `${year}-${String(month + 1).padStart(2, '0')}`
  return { rows: rows.filter((one) => one.period === newest), period }
}

/** An institution whose newest service report was faultless, with its form of the month after. */
async function aReport() {
  const { rows, period } = await newestOf('service_report')
  for (const { institution } of rows.filter((one) => one.error_rows === 0 && one.warning_rows === 0)) {
    const form = await answer(`/api/datasets/service_report/form?institution=${institution.code}&period=${period}`)
    if (form.last_month.length === 1 && form.rows.length === 0) return { institution, period, form, last: form.last_month[0] }
  }
  return assert.fail('no service report to go on from')
}

test('a report is filled in beside last month, corrected where the finding stands, and sent', () =>
  inPage(async (page) => {
    const { institution, period, form, last } = await aReport()
    const address = `/reports/service_report?institution=${institution.code}&period=${period}`
    await visit(page, address, '总诊疗人次数')
    const fields = form.sections.flatMap((section) => section.fields)
    const input = (field) => page.getByRole('textbox', { name: field.name, exact: true })
    const visits = fields.find((field) => field.id === 'VISITS')
    await page.locator('.sheet tr', { has: input(visits) }).getByText(grouped(last.VISITS), { exact: true }).waitFor()

    // The month before is typed in again, with one field after the other by Enter.
    await input(fields[0]).focus()
    for (const field of fields) {
      await page.keyboard.insertText(last[field.id] ?? '0')
      await page.keyboard.press('Enter')
    }
    await page.getByText('必填项已填齐').waitFor()
    assert.equal(await input(visits).inputValue(), grouped(last.VISITS))

    // More visits by appointment than outpatients cannot be.
    const booked = fields.find((field) => field.id === 'BOOKED')
    await input(booked).fill('99999999')
    await page.reload()
    await page.getByText('已恢复上次没有提交的内容').waitFor()
    assert.equal(await input(booked).inputValue(), '99,999,999', 'what was typed is kept')
    await page.getByRole('button', { name: /预\s?检/ }).click()
    const told = page.locator('.sheet tr', { has: input(booked) }).locator('.finding')
    await told.first().waitFor()
    await settled(page)
    await picture(page, 'report-finding', sizes[0])
    await accessible(page, 'a report with a finding')

    await input(booked).fill(last.BOOKED)
    await page.getByRole('button', { name: /预\s?检/ }).click()
    await told.first().waitFor({ state: 'detached' })
    await page.getByRole('button', { name: /提\s?交/ }).click()
    await page.getByRole('link', { name: '查看本次报送' }).click()
    await page.getByText('已接收').first().waitFor()
    const { rows } = await answer(`/api/submissions?institution=${institution.code}&period=${period}&dataset=service_report`)
    assert.equal(rows.filter((one) => one.status === 'accepted').length, 1)
    const sent = await answer(`/api/datasets/service_report/form?institution=${institution.code}&period=${period}`)
    assert.equal(Number(sent.rows[0].BOOKED), Number(last.BOOKED))
  }))

test('a report of several rows begins with the items of last month', () =>
  inPage(async (page) => {
    const { rows, period } = await newestOf('blood_report')
    const { institution } = rows[0]
    const form = await answer(`/api/datasets/blood_report/form?institution=${institution.code}&period=${period}`)
    await visit(page, `/reports/blood_report?institution=${institution.code}&period=${period}`, '带入上月项目')
    await page.getByRole('button', { name: /带入上月项目/ }).click()
    await page.getByText(`共 ${form.last_month.length} 行`).waitFor()
    assert.equal(await page.locator('.sheet tbody tr').count(), form.last_month.length)
    await picture(page, 'report-rows', sizes[0])
    await accessible(page, 'a report of several rows')
  }))

test('a report is urged by one notice', () =>
  inPage(async (page) => {
    const { months } = await answer('/api/meta')
    const all = await Promise.all(months.map(async (period) => ({ period, ...(await answer(`/api/urging?period=${period}`)) })))
    const { period, rows } = all.findLast((one) => one.total > 0)
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await visit(page, `/urging?period=${period}`, rows[0].institution.name)
    await page.getByRole('button', { name: `复制通知：${rows[0].institution.name}` }).first().click()
    await page.getByText('已复制').first().waitFor()
    const copied = await page.evaluate(() => navigator.clipboard.readText())
    assert.equal(copied.trim(), rows[0].notice.trim())
    assert.ok(copied.includes(rows[0].institution.name) && copied.includes(rows[0].dataset.name), copied)
  }))

test('an alert is acknowledged, explained and closed', () =>
  inPage(async (page) => {
    const { rows } = await answer('/api/alerts?state=open&size=1000')
    const alert = rows.find((one) => one.kind === 'control') ?? rows[0]
    assert.ok(alert, 'the demo region has open alerts')
    await visit(page, `/alerts/${alert.id}`, alert.sentence)
    const does = async (name, text) => {
      await page.getByRole('button', { name: spaced(name) }).click()
      const dialog = page.getByRole('dialog')
      if (text) {
        assert.ok(await dialog.getByRole('button', { name: spaced(name) }).isDisabled(), 'not without words')
        await dialog.getByRole('textbox').fill(text)
      }
      await dialog.getByRole('button', { name: spaced(name) }).click()
      await page.getByText(`已${name}。`).first().waitFor()
      await dialog.waitFor({ state: 'hidden' })
    }
    await does('签收')
    await does('说明', '经核实，当月收治危重患者较多。')
    await page.getByText('经核实，当月收治危重患者较多。').first().waitFor()
    await does('办结', '情况属实，下月继续观察。')
    await page.getByText('情况属实，下月继续观察。').first().waitFor()
    await picture(page, 'alert-closed', sizes[0])
    await accessible(page, 'a closed alert')
    const closed = await answer(`/api/alerts/${alert.id}`)
    assert.equal(closed.alert.state, 'closed')
    assert.deepEqual(closed.history.slice(-3).map((step) => step.kind), ['acknowledged', 'explained', 'closed'])
  }))

/** antd sets a blank between two Chinese characters of a button. */
const spaced = (name) => new RegExp(`^${[...name].join('\\s?')}$`)
