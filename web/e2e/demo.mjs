// The demo region's own exports: files to send again, changed.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import path from 'node:path'

const folder = path.join(process.env.YIZHENG_DEMO_DIR ?? '', 'exports')

/** A month's export of an institution, as lines of text. */
export async function anExport(leastRows) {
  const [, ...deliveries] = (await readFile(path.join(folder, 'deliveries.csv'), 'utf8')).trim().split('\n')
  for (const line of deliveries.reverse()) {
    const [, institution, name, , period, mode, file] = line.split(',')
    if (mode !== '全量' || !file.endsWith('.csv')) continue
    const bytes = await readFile(path.join(folder, 'files', file)).catch(() => readFile(path.join(folder, file)))
    const text = decoded(bytes)
    if (text === null || text.includes('"')) continue
    const [header, ...rows] = text.trim().split(/\r?\n/)
    // The official layout, in which every hospital's columns have the same names.
    if (rows.length >= leastRows && header.startsWith('A01,')) return { institution, name, period, header, rows }
  }
  return assert.fail(`no export with ${leastRows} rows in ${folder}`)
}

function decoded(bytes) {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes).replace(/^\ufeff/, '')
  } catch {
    return null // another encoding; another file will do
  }
}

/** Lines as a file to upload. */
export function upload(name, lines) {
  return { name, mimeType: 'text/csv', buffer: Buffer.from(`${lines.join('\r\n')}\r\n`) }
}

/** A row with another value in a column. */
export function withValue(header, row, column, value) {
  const at = header.split(',').indexOf(column)
  assert.ok(at >= 0, `column ${column}`)
  return row.split(',').with(at, value).join(',')
}
