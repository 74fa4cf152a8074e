// A hospital's clerk: try a file, correct it, send it, look back; say that nothing happened.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { accessible, answer, launch, open, picture, settled, sizes, visit } from './browser.mjs'
import { anExport, upload, withValue } from './demo.mjs'

const DATASET = 'inpatient_front_page'

let browser
let source
before(async () => {
  browser = await launch()
  source = await anExport(8)
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

/** Chooses a file on the page of dry runs and tries it. */
async function tryFile(page, file) {
  await visit(page, `/submit?dataset=${DATASET}&institution=${source.institution}&period=${source.period}`, '点击选择文件')
  await page.locator('input[type=file]').setInputFiles(file)
  await page.getByRole('button', { name: '预检', exact: true }).click()
  await page.getByText(`预检：${file.name}`).waitFor()
}

/** Versions of the month that were accepted once. */
async function versions() {
  const { rows } = await answer(`/api/submissions?dataset=${DATASET}&institution=${source.institution}&period=${source.period}&size=1000`)
  return rows
}

test('a dry run names the row, the value and the remedy, and keeps nothing', () =>
  inPage(async (page) => {
    const before = await versions()
    const [first, ...others] = source.rows
    const spoilt = withValue(source.header, first, 'A12C', '7')
    await tryFile(page, upload('有错的文件.csv', [source.header, spoilt, ...others]))
    await picture(page, 'tried', sizes[0])
    await page.getByRole('tab', { name: '问题清单' }).click()
    const row = page.locator('tr.ant-table-row:visible', { hasText: 'A12C' }).first()
    await row.waitFor()
    const text = await row.textContent()
    assert.ok(text.startsWith('2'), `the row of the file: ${text}`)
    assert.ok(text.includes('7'), `the value: ${text}`)
    await settled(page)
    await picture(page, 'tried-findings', sizes[0])
    await accessible(page, 'a dry run')
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: '下载标注问题的文件' }).click(),
    ])
    assert.equal((await readFile(await download.path())).subarray(0, 2).toString(), 'PK')
    assert.deepEqual(await versions(), before)

    await page.reload()
    await row.waitFor()
    await page.getByText('正式报送前请重新选择文件').waitFor()
  }))

test('a file that cannot be read says what to do', () =>
  inPage(async (page) => {
    const image = { name: '图片.csv', mimeType: 'text/csv', buffer: Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 1, 2, 3, 0, 0, 0, 13]) }
    await tryFile(page, image)
    await page.locator('.fault', { hasText: '怎么办' }).first().waitFor()
    await picture(page, 'tried-returned', sizes[0])
    await accessible(page, 'a returned dry run')
  }))

test('rows that would disappear are shown, confirmed, and stand in the history', () =>
  inPage(async (page) => {
    const earlier = (await versions()).find((one) => one.status === 'accepted')
    await tryFile(page, upload('更正版.csv', [source.header, ...source.rows.slice(0, -1)]))
    await page.getByRole('button', { name: '正式报送' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('条已报送的记录将不再存在').waitFor()
    await accessible(page, 'the confirmation')
    assert.ok(await dialog.getByRole('button', { name: '确认并报送' }).isDisabled(), 'not before it is confirmed')
    await dialog.getByRole('checkbox').check()
    await dialog.getByRole('button', { name: '确认并报送' }).click()
    await page.getByRole('link', { name: '查看本次报送' }).click()
    await page.getByText('已接收').first().waitFor()
    const now = (await versions()).find((one) => one.status === 'accepted')
    assert.equal(now.version, earlier.version + 1)
    await page.getByRole('tab', { name: '版本差异' }).click()
    await page.getByText(/删除 1 条/).waitFor()
    await page.getByRole('tab', { name: /历次版本/ }).click()
    await page.getByRole('link', { name: `第 ${earlier.version} 版` }).click()
    await page.getByText('该版本已被新版本替换').waitFor()
  }))

for (const size of sizes) {
  test(`what changed between two versions at ${size.width} × ${size.height}`, async () => {
    const { page, errors, close } = await open(browser, size)
    try {
      const now = (await versions()).find((one) => one.status === 'accepted')
      for (const [tab, text] of [['changes', '版相比'], ['versions', '（本页）']]) {
        await visit(page, `/submissions/${now.id}?tab=${tab}`, text)
        await picture(page, tab, size)
        await accessible(page, tab)
      }
      assert.deepEqual(errors, [])
    } finally {
      await close()
    }
  })
}

test('the same bytes twice are one submission', () =>
  inPage(async (page) => {
    const before = await versions()
    await tryFile(page, upload('更正版.csv', [source.header, ...source.rows.slice(0, -1)]))
    await page.getByRole('button', { name: '正式报送' }).click()
    await page.getByRole('link', { name: '查看本次报送' }).waitFor()
    assert.equal((await versions()).length, before.length)
  }))

test('a patch adds by key and asks nothing', () =>
  inPage(async (page) => {
    await tryFile(page, upload('补报.csv', [source.header, source.rows.at(-1)]))
    await page.getByText('增补', { exact: true }).click()
    await page.getByRole('button', { name: '正式报送' }).click()
    await page.getByRole('link', { name: '查看本次报送' }).click()
    await page.getByRole('tab', { name: '版本差异' }).click()
    await page.getByText(/新增 [1-9]\d* 条/).waitFor()
  }))

test('a warning is explained, and the explanation stands beside it', () =>
  inPage(async (page) => {
    const { rows } = await answer('/api/submissions?size=1000')
    const warned = rows.find((one) => one.status === 'accepted' && one.warning_rows > 0)
    await visit(page, `/submissions/${warned.id}?tab=findings&severity=warning`, '情况说明')
    await page.getByRole('button', { name: /填写|修改/ }).first().click()
    const text = '已与科室核对，数据无误。'
    await page.getByRole('textbox', { name: '情况说明' }).fill(text)
    await page.getByRole('button', { name: /保\s?存/ }).click()
    await page.getByText(`情况说明：${text}`).first().waitFor()
  }))

test('nothing happened is reported too', () =>
  inPage(async (page) => {
    const meta = await answer('/api/meta')
    // A month that has begun; nobody reports one that has not.
    const period = meta.today.slice(0, 7)
    const { rows } = await answer(`/api/reporting?dataset=${DATASET}&period=${period}&size=1000`)
    const silent = rows.find((one) => !['reported', 'late'].includes(one.status) && one.dataset.code === DATASET)
    await visit(page, `/submit?tab=zero&dataset=${DATASET}&institution=${silent.institution.code}&period=${period}`, '提交零报告')
    await page.getByRole('button', { name: '提交零报告' }).click()
    await page.getByRole('link', { name: '查看本次报送' }).click()
    await page.getByText('零报告：该机构本月没有发生应报送的事项').waitFor()
  }))
