import { stat } from 'node:fs/promises'
import { extname } from 'node:path'
import { resolveInside } from './inside.ts'

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.woff': 'font/woff',
}

/** A file of the page with what an answer says of it. */
export interface PageFile { file: string, type: string, bytes: number }

/** The file that the path of an address names in the page's folder; null where that is no file or lies elsewhere. */
export async function findPageFile(root: string, pathname: string): Promise<PageFile | null> {
  const file = resolveInside(root, pathname === '/' ? 'index.html' : pathname)
  const found = file === null ? null : await stat(file).catch(() => null)
  return file !== null && found?.isFile()
    ? { file, type: types[extname(file)] ?? 'application/octet-stream', bytes: found.size }
    : null
}
