import { launch, open, visit } from '/work/main/web/e2e/browser.mjs'
const [,, addr, text, out, w='1366', h='768', click] = process.argv
const b = await launch(); const { page, errors } = await open(b, { width:+w, height:+h }); await visit(page, addr, text); if (click) { await page.locator(click).first().click(); await page.waitForTimeout(500) } await page.waitForTimeout(400); await page.screenshot({ path: out }); console.log(errors); await b.close()
