import type { Browser } from 'playwright-core'
import sparticuz from '@sparticuz/chromium'
import { chromium } from 'playwright-core'

/** The Chromium that npm brings, unpacked once: no system package is needed. */
export function chromiumPath(): Promise<string> {
  return sparticuz.executablePath()
}

/** A headless browser with a profile of its own. */
export async function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: await chromiumPath(), args: ['--no-sandbox', '--disable-gpu'] })
}
