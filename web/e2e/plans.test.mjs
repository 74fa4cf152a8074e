// The section chief: what stands how, why, what was done about it; and the monthly meeting.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { accessible, answer, launch, open, picture, settled, sizes, visit } from './browser.mjs'

let browser
let plan
before(async () => {
  browser = await launch()
  plan = (await answer('/api/plans')).rows.find((one) => one.current)
})
after(() => browser?.close())

async function inPage(use, size) {
  const { page, errors, close } = await open(browser, size)
  try {
    await use(page)
    assert.deepEqual(errors, [])
  } finally {
    await close()
  }
}

const itemsOf = async () => (await answer(`/api/plans/${plan.id}/items?size=1000`)).rows
const itemOf = (number) => answer(`/api/plans/${plan.id}/items/${number}`)

/** The first target that is measured by month, and its item's number. */
async function aMeasuredTarget() {
  for (const { number } of (await itemsOf()).filter((one) => one.value)) {
    const target = (await itemOf(number)).targets.find((one) => one.series.length > 0 && one.value !== null)
    if (target) return { number, target }
  }
  return assert.fail('no target of the plan is measured by month')
}

test('the overview shows every light and the four lists without scrolling', () =>
  inPage(async (page) => {
    await visit(page, '/', '谁落后')
    const { period } = await answer('/api/overview')
    const briefing = await answer(`/api/briefing?period=${period}`)
    assert.equal(await page.locator('.lights > li').count(), briefing.plan.chapters.length)
    const lists = { 谁落后: briefing.behind, 谁没报: briefing.late, 什么变了: briefing.changed, 要拿主意的: briefing.decide }
    for (const [title, lines] of Object.entries(lists)) {
      const card = page.locator('.questions .ant-card', { hasText: `${title}（${lines.length}）` })
      await card.waitFor()
      assert.equal(await card.locator('li').count(), Math.min(lines.length, 4), title)
    }
    const below = await page
      .locator('.light, .lines > li:first-child')
      .evaluateAll((all) => all.filter((one) => one.getBoundingClientRect().bottom > window.innerHeight).map((one) => one.textContent))
    assert.deepEqual(below, [], 'lights and the first line of each list stand above the fold')
  }, sizes[0]))

test('a long list unfolds in place', () =>
  inPage(async (page) => {
    await visit(page, '/', '谁落后')
    const { period } = await answer('/api/overview')
    const briefing = await answer(`/api/briefing?period=${period}`)
    const [title, lines] = [['谁落后', briefing.behind], ['谁没报', briefing.late], ['什么变了', briefing.changed], ['要拿主意的', briefing.decide]].find(([, of]) => of.length > 4)
    const card = page.locator('.questions .ant-card', { hasText: `${title}（${lines.length}）` })
    await card.getByRole('button', { name: `还有 ${lines.length - 4} 条` }).click()
    assert.equal(await card.locator('li').count(), lines.length)
    await card.getByRole('button', { name: '收起' }).click()
    assert.equal(await card.locator('li').count(), 4)
  }))

test('from the overview to the reason in one click, to the numbers behind it in two', () =>
  inPage(async (page) => {
    await visit(page, '/', '谁落后')
    const { period } = await answer('/api/overview')
    const { behind } = await answer(`/api/briefing?period=${period}`)
    await page.locator('.questions .ant-card', { hasText: '谁落后' }).locator('li a').first().click()
    await page.getByText('状态来源').waitFor()
    assert.ok(page.url().endsWith(behind[0].link), `${page.url()} is ${behind[0].link}`)
    const { row } = await itemOf(decodeURIComponent(behind[0].link.split('/').at(-1)))
    await page.locator('.verdict', { hasText: row.reason }).first().waitFor()

    const { number } = await aMeasuredTarget()
    await visit(page, `/plans/${plan.id}/items/${number}`, '状态来源')
    await page.getByRole('button', { name: '查看计算过程与明细' }).first().click()
    await page.getByRole('dialog').getByText('口径').first().waitFor()
  }))

test('a light and a status lead to their items', () =>
  inPage(async (page) => {
    const items = await itemsOf()
    await visit(page, `/plans/${plan.id}`, '事项完成')
    const chapter = items[0].chapter
    await page.locator('.light').first().click()
    const mine = items.filter((one) => one.chapter === chapter)
    await page.getByText(`共 ${mine.length} 条`).waitFor()
    assert.equal(await page.locator('tr.group').count(), 1, 'one chapter, one heading')

    await page.getByRole('button', { name: '清除筛选' }).click()
    await page.getByText(`共 ${items.length} 条`).waitFor()
    assert.equal(await page.locator('tr.group').count(), new Set(items.map((one) => one.chapter)).size)
    const running = items.filter((one) => one.status === 'on_course')
    await page.getByRole('button', { name: /^正常推进/ }).click()
    await page.getByText(`共 ${running.length} 条`).waitFor()
    const address = page.url()
    await page.goto('about:blank')
    await page.goto(address)
    await page.getByText(`共 ${running.length} 条`).waitFor()
  }))

test('a target is a chart and a table that can be taken away', () =>
  inPage(async (page) => {
    const { number, target } = await aMeasuredTarget()
    await visit(page, `/plans/${plan.id}/items/${number}`, '到期预测')
    const label = page.getByLabel(`${target.measures}逐月走势的显示方式`).first()
    await label.getByText('表', { exact: true }).click()
    const table = page.locator('figure.chart', { has: label }).first()
    await table.locator('tbody tr.ant-table-row').first().waitFor()
    assert.equal(await table.locator('tbody tr.ant-table-row').count(), Math.min(12, target.series.length))
    const [download] = await Promise.all([page.waitForEvent('download'), table.getByRole('link', { name: '导出 xlsx' }).click()])
    assert.ok((await readFile(await download.path())).length > 0)
  }))

test('progress is entered by name, and withdrawn with its reason; the computed status stays', () =>
  inPage(async (page) => {
    const row = (await itemsOf()).find((one) => one.status !== 'excluded' && one.handling !== 'closed')
    const before = await itemOf(row.number)
    await visit(page, `/plans/${plan.id}/items/${row.number}`, '状态来源')
    await page.getByRole('button', { name: '填报进展' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: /保\s?存/ }).click()
    await dialog.getByText('请写明情况').waitFor()
    await accessible(page, 'the form of progress')
    await picture(page, 'plan-form', sizes[0])
    const text = `已完成第 ${before.progress.length + 1} 次现场核查，整改方案于本周报送。`
    await dialog.getByLabel('责任人').fill('许知远')
    await dialog.getByLabel('情况').fill(text)
    await dialog.getByLabel('佐证材料').fill('云卫医〔2025〕41号')
    await dialog.getByRole('button', { name: /保\s?存/ }).click()
    await dialog.waitFor({ state: 'hidden' })
    const entry = page.locator('.ant-timeline-item', { hasText: text })
    await entry.getByText('许知远').waitFor()
    await entry.getByText('佐证：云卫医〔2025〕41号').waitFor()
    const entered = await itemOf(row.number)
    assert.equal(entered.progress.length, before.progress.length + 1)
    assert.equal(entered.row.status, before.row.status)

    await entry.getByRole('button', { name: /^撤回/ }).click()
    await dialog.getByLabel('撤回原因').fill('填错了事项。')
    await dialog.getByRole('button', { name: /撤\s?回/ }).click()
    await dialog.waitFor({ state: 'hidden' })
    await entry.getByText('已撤回：填错了事项。').waitFor()
    assert.equal(await entry.getByRole('button', { name: /^撤回/ }).count(), 0)
    const after = await itemOf(row.number)
    assert.equal(after.progress.length, entered.progress.length, 'what is withdrawn stays visible')
    assert.equal(after.progress.filter((one) => one.withdrawn).length, before.progress.filter((one) => one.withdrawn).length + 1)
  }))

test('a refusal stands in the form, in the server’s words', () =>
  inPage(async (page) => {
    const row = (await itemsOf()).find((one) => one.status !== 'met' && one.status !== 'excluded' && one.handling !== 'closed')
    const { progress } = await itemOf(row.number)
    await visit(page, `/plans/${plan.id}/items/${row.number}`, '状态来源')
    await page.getByRole('button', { name: /^销\s?号$/ }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('该事项尚未完成').waitFor()
    await dialog.getByLabel('责任人').fill('许知远')
    await dialog.getByLabel('销号说明').fill('完成')
    await dialog.getByLabel('佐证材料').fill('无')
    await dialog.getByRole('button', { name: /保\s?存/ }).click()
    await dialog.getByRole('alert').first().waitFor()
    await dialog.getByRole('button', { name: /取\s?消/ }).click()
    assert.equal((await itemOf(row.number)).progress.length, progress.length, 'nothing is kept')
  }))

test('a plan of another place is read only', () =>
  inPage(async (page) => {
    const { region } = await answer('/api/meta')
    const other = (await answer('/api/plans?size=1000')).rows.find((one) => one.place !== region)
    const [row] = (await answer(`/api/plans/${other.id}/items`)).rows
    await visit(page, `/plans/${other.id}/items/${row.number}`, '状态来源')
    await page.getByText('办理情况').waitFor()
    assert.equal(await page.getByRole('button', { name: '填报进展' }).count(), 0)
  }))

test('the monthly report is a page, a document, a workbook and slides', () =>
  inPage(async (page) => {
    const meeting = await answer('/api/meeting')
    await visit(page, `/meeting?period=${meeting.period}`, '导出文档')
    await page.getByRole('heading', { name: meeting.title }).waitFor()
    for (const { heading } of meeting.sections) await page.getByRole('heading', { name: heading, exact: true }).waitFor()
    for (const form of ['docx', 'xlsx']) {
      const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: `（${form}）` }).click()])
      assert.ok(download.suggestedFilename().endsWith(`.${form}`), download.suggestedFilename())
      assert.equal((await readFile(await download.path())).subarray(0, 2).toString(), 'PK')
    }
    await page.emulateMedia({ media: 'print' })
    assert.equal(await page.locator('.sider').isVisible(), false)
    assert.equal(await page.getByRole('button', { name: '投影' }).isVisible(), false)
    await picture(page, 'meeting-print', sizes[0])
    await page.emulateMedia({ media: 'screen' })

    await page.getByRole('button', { name: '投影' }).click()
    const last = meeting.sections.length + 1
    await page.getByText(`1 / ${last}`, { exact: true }).waitFor()
    await page.keyboard.press('ArrowRight')
    await page.getByRole('heading', { name: meeting.sections[0].heading, exact: true }).waitFor()
    await page.keyboard.press('End')
    await page.getByText(`${last} / ${last}`, { exact: true }).waitFor()
    await page.keyboard.press('ArrowLeft')
    await page.getByRole('heading', { name: meeting.sections.at(-2).heading, exact: true }).waitFor()
    await settled(page)
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: '投影' }).waitFor()
  }))
