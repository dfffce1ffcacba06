// Takes a picture of one screen: serves the app as it is in this checkout and opens it in a browser.
import { resolve } from 'node:path'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { openBrowser } from './browser.ts'
import { buildPage } from './page.ts'
import { startServer } from './serve.ts'

const usage = 'usage: node test/e2e/shot.mjs ROUTE -o FILE [--theme light|dark] [--workspace DIR] [--size 1440x900] [--full] [--wait MS] [--click SELECTOR]... [--key KEY]...'

const { values, positionals: [route] } = parseArgs({
  allowPositionals: true,
  options: {
    out: { type: 'string', short: 'o' },
    theme: { type: 'string', default: 'light' },
    workspace: { type: 'string' },
    size: { type: 'string', default: '1440x900' },
    full: { type: 'boolean', default: false },
    wait: { type: 'string', default: '1000' },
    click: { type: 'string', multiple: true, default: [] },
    key: { type: 'string', multiple: true, default: [] },
  },
})
if (!route || !values.out) {
  console.error(usage)
  process.exit(2)
}

const server = await startServer({ pageFolder: await buildPage(), workspace: values.workspace })
const browser = await openBrowser()
try {
  const [width, height] = values.size.split('x').map(Number)
  const page = await browser.newPage({ viewport: { width, height }, colorScheme: values.theme })
  page.on('console', message => ['error', 'warning'].includes(message.type()) && console.error(`page: ${message.text()}`))
  page.on('pageerror', error => console.error(`page: ${error.stack}`))
  await page.goto(`${server.address}#${route}`) // the server's redirect keeps the part behind #
  await page.waitForLoadState('load')
  await sleep(Number(values.wait))
  for (const selector of values.click) {
    await page.click(selector)
    await sleep(400)
  }
  for (const key of values.key) {
    await page.keyboard.press(key)
    await sleep(400)
  }
  await page.screenshot({ path: resolve(values.out), fullPage: values.full })
}
finally {
  await browser.close()
  await server.close()
}
