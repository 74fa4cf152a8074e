// The browser that the tests drive: Debian's Chromium, in Chinese, in China's zone.
import assert from 'node:assert/strict'
import { mkdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'

export const server = process.env.YIZHENG_URL ?? 'http://127.0.0.1:8080'
export const sizes = [
  { width: 1366, height: 768 },
  { width: 1920, height: 1080 },
]

const here = path.dirname(fileURLToPath(import.meta.url))
const screenshots = path.join(here, 'screenshots')
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Starts Chromium; `CHROMIUM` names another one. */
export async function launch() {
  await mkdir(screenshots, { recursive: true })
  const root = process.getuid?.() === 0
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: root ? ['--no-sandbox'] : [],
  })
}

/** A page of a size, which remembers what went wrong in it. */
export async function open(browser, size = sizes[0]) {
  const context = await browser.newContext({
    locale: 'zh-CN',
    timezoneId: 'Asia/Shanghai',
    viewport: size,
    acceptDownloads: true,
    reducedMotion: 'reduce',
  })
  const page = await context.newPage()
  page.setDefaultTimeout(20_000)
  const errors = []
  page.on('pageerror', (error) => errors.push(String(error)))
  page.on('console', (message) => {
    // A refusal that a test provokes is logged by the browser; a warning of React or antd is ours.
    if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) errors.push(message.text())
  })
  return { page, errors, close: () => context.close() }
}

/** An answer of the server, to know what the pages should show. */
export async function answer(path) {
  const response = await fetch(server + path)
  assert.equal(response.status, 200, path)
  return response.json()
}

/** Goes to an address and waits for a text of its content. */
export async function visit(page, address, text) {
  await page.goto(server + address)
  await page.getByText(text).first().waitFor()
  await settled(page)
}

/** Nothing is loading any more. */
export async function settled(page) {
  await page.waitForFunction(() => !document.querySelector('.ant-skeleton, .ant-spin-spinning'))
  await page.waitForFunction(() => [...document.querySelectorAll('.chart > .canvas')].every((at) => at.querySelector('svg')))
}

/** Keeps a picture for a person to look at: the whole page, or a drawer as the window shows it. */
export async function picture(page, name, size) {
  const drawer = await page.locator('.ant-drawer-open').count()
  await page.screenshot({ path: path.join(screenshots, `${name}-${size.width}.png`), fullPage: drawer === 0 })
}

/** No serious or critical barrier for anyone. */
export async function accessible(page, where) {
  // What still fades in has another contrast than what stands.
  await page.evaluate(() => {
    const ends = document.getAnimations().filter((one) => Number.isFinite(one.effect?.getComputedTiming().endTime))
    return Promise.all(ends.map((one) => one.finished.catch(() => undefined)))
  })
  await page.evaluate(axe)
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }))
  const grave = violations.filter((one) => one.impact === 'serious' || one.impact === 'critical')
  const told = grave.map((one) => `${one.id}: ${one.help}\n  ${one.nodes.slice(0, 5).map((node) => node.html).join('\n  ')}`)
  assert.deepEqual(told, [], `barriers on ${where}`)
}
