// The bulletin: from the list to the paper, from a number to what is behind it, from draft to final.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { accessible, answer, launch, open, picture, settled, sizes, visit } from './browser.mjs'

let browser
before(async () => {
  browser = await launch()
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

const listed = async () => (await answer('/api/bulletins')).rows
const one = async (state) => (await listed()).find((row) => row.state === state) ?? assert.fail(`no ${state} bulletin`)

test('the list leads to the paper, which is the document', () =>
  inPage(async (page) => {
    const row = await one('final')
    await visit(page, '/bulletins', row.title)
    await accessible(page, 'the list of bulletins')
    await picture(page, 'bulletins', sizes[0])
    await page.getByRole('link', { name: row.title }).first().click()
    await page.getByText(row.number).first().waitFor()
    await settled(page)
    const { content } = await answer(`/api/bulletins/${row.id}`)
    for (const { heading } of content.sections) await page.getByRole('heading', { name: heading, exact: true }).waitFor()
    for (const [at, annex] of content.annexes.entries()) {
      const heading = page.getByRole('heading', { name: `附件${at + 1}　${annex.name}` })
      await heading.waitFor()
      const rows = page.locator('.annex', { has: heading }).locator('tbody tr')
      assert.equal(await rows.count(), annex.tables.reduce((sum, table) => sum + table.rows.length, 0), `${annex.name} is complete`)
    }
    await accessible(page, 'a bulletin')
    await picture(page, 'bulletin', sizes[0])
    const sums = []
    for (const form of ['docx', 'xlsx', 'docx']) {
      const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: `（${form}）` }).click()])
      assert.ok(download.suggestedFilename().startsWith(row.number) && download.suggestedFilename().endsWith(`.${form}`))
      sums.push(createHash('sha256').update(await readFile(await download.path())).digest('hex'))
    }
    assert.equal(sums[0], sums[2], 'the same bytes twice')
  }, sizes[0]))

test('a number leads to what is behind it, as known then', () =>
  inPage(async (page) => {
    const row = await one('final')
    const { content } = await answer(`/api/bulletins/${row.id}`)
    const table = content.sections.map((section) => section.table).findLast((one) => one)
    const cell = table.rows.flatMap((line) => line.cells).find((one) => one.figure != null)
    const figure = content.figures[cell.figure]
    await visit(page, `/bulletins/${row.id}`, row.title)
    await page.locator('.paper').getByRole('link', { name: cell.text, exact: true }).first().click()
    const drawer = page.getByRole('dialog')
    await drawer.getByText('已知的数据').waitFor()
    await settled(page)
    assert.ok(page.url().includes(`explain=${figure.indicator}`) || page.url().includes('explain='), page.url())
    await drawer.getByText('口径').first().waitFor()
  }))

test('a final bulletin says that it can be made again', () =>
  inPage(async (page) => {
    const row = await one('final')
    await visit(page, `/bulletins/${row.id}`, row.title)
    await page.getByRole('button', { name: /核\s?验/ }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('文档（docx）可以逐字节重新生成。').waitFor()
    await dialog.getByText('按当时的数据重新测算，全部数字一致。').waitFor()
    assert.equal(await page.getByRole('button', { name: '修改文字' }).count(), 0, 'nothing of it can be changed')
  }))

test('a draft is worded, approved, sent back; what is missing is said in the form', () =>
  inPage(async (page) => {
    const row = await one('draft')
    await visit(page, `/bulletins/${row.id}`, row.title)
    await page.getByRole('button', { name: '修改文字' }).click()
    const dialog = page.getByRole('dialog')
    // The same server may have been tested before: each run has words of its own.
    const run = Date.now() % 100_000
    const opening = `现将有关情况通报如下（${run}）。`
    const reason = `数据待核（${run}）。`
    await dialog.getByLabel('正文开头').fill(opening)
    await accessible(page, 'the form of words')
    await dialog.getByRole('button', { name: /保\s?存/ }).click()
    await dialog.waitFor({ state: 'hidden' })
    await page.locator('.paper').getByText(opening).waitFor()

    await page.getByRole('button', { name: '审核通过' }).click()
    await dialog.getByRole('button', { name: '审核通过' }).click()
    await dialog.getByText('请填写姓名').waitFor()
    await dialog.getByLabel('审核人').fill('许知远')
    await dialog.getByRole('button', { name: '审核通过' }).click()
    await dialog.waitFor({ state: 'hidden' })
    await page.getByRole('button', { name: /定\s?稿/ }).click()
    await dialog.getByLabel('签发人').fill('沈明川')
    await dialog.getByLabel('发文字号').fill('云卫医[2025]1号')
    await dialog.getByRole('button', { name: /定\s?稿/ }).click()
    await dialog.getByText('不合规范').waitFor()
    await dialog.getByRole('button', { name: /取\s?消/ }).click()
    await page.getByRole('button', { name: '退回修改' }).click()
    await dialog.getByLabel('办理人').fill('许知远')
    await dialog.getByLabel('退回原因').fill(reason)
    await dialog.getByRole('button', { name: '退回修改' }).click()
    await dialog.waitFor({ state: 'hidden' })
    await page.locator('.ant-timeline-item', { hasText: reason }).waitFor()
    assert.equal((await answer(`/api/bulletins/${row.id}`)).row.state, 'draft')
  }))

test('of one kind and period there is one; the refusal stands in the form', () =>
  inPage(async (page) => {
    const row = await one('draft')
    await visit(page, `/bulletins?period=${row.period}`, row.title)
    await page.getByRole('button', { name: '起草通报' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('核心指标：').waitFor()
    const { newest_complete: newest, months } = await answer('/api/meta')
    const taken = (await listed()).some((one) => one.state !== 'withdrawn' && one.period === (newest ?? months.at(-1)))
    await dialog.getByRole('button', { name: '生成草稿' }).click()
    if (taken) await dialog.getByText('已有同种通报').waitFor()
    else await page.locator('.paper').waitFor()
  }))
