import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const beatMs = 5_000
/** A holder touches its lock every 5 s: one that has been quiet for this long is gone, wherever it ran. */
const staleMs = 60_000

/**
 * Runs `work` while holding a lock file, so that two set-ups never write the same folder.
 * The file names pid, host and start; a lock whose process is gone is taken over.
 * @template T
 * @param {string} path the lock file
 * @param {(holder: { pid: number }) => void} onWait called once when somebody else holds it
 * @param {() => Promise<T>} work runs with the lock held
 * @returns {Promise<T>} what the work returned
 */
export async function withLock(path, onWait, work) {
  mkdirSync(dirname(path), { recursive: true })
  const content = JSON.stringify({
    pid: process.pid,
    host: hostname(),
    started: new Date().toISOString(),
  })
  let hasWaited = false
  while (!take(path, content)) {
    const holder = readHolder(path)
    if (holder && isStale(path, holder)) {
      removeStale(path, holder.text)
      continue
    }
    if (holder && !hasWaited) {
      hasWaited = true
      onWait(holder)
    }
    await sleep(200)
  }
  const release = () => {
    if (readHolder(path)?.text === content)
      rmSync(path, { force: true })
  }
  const beat = setInterval(() => {
    try {
      utimesSync(path, new Date(), new Date())
    }
    catch {}
  }, beatMs)
  process.once('exit', release)
  try {
    return await work()
  }
  finally {
    clearInterval(beat)
    process.off('exit', release)
    release()
  }
}

/** Link, not create: the file appears with its content, never empty. */
function take(path, content) {
  const own = `${path}.${process.pid}`
  writeFileSync(own, content)
  try {
    linkSync(own, path)
    return true
  }
  catch (error) {
    if (error.code === 'EEXIST')
      return false
    return takeWithoutLink(path, content)
  }
  finally {
    rmSync(own, { force: true })
  }
}

/** Some network file systems have no hard links. */
function takeWithoutLink(path, content) {
  try {
    writeFileSync(path, content, { flag: 'wx' })
    return true
  }
  catch (error) {
    if (error.code === 'EEXIST')
      return false
    throw error
  }
}

function readHolder(path) {
  try {
    const text = readFileSync(path, 'utf8')
    return {
      ...parse(text),
      text,
    }
  }
  catch {
    return null
  }
}

function parse(text) {
  try {
    return JSON.parse(text)
  }
  catch {
    return { pid: 0, host: '' }
  }
}

function isStale(path, { pid, host }) {
  if (pid && host === hostname() && !isAlive(pid))
    return true
  try {
    return Date.now() - statSync(path).mtimeMs > staleMs
  }
  catch {
    return false
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  }
  catch (error) {
    return error.code === 'EPERM'
  }
}

/** Moved away before it is removed: if a third process has taken the lock meanwhile, its lock is put back. */
function removeStale(path, text) {
  const aside = `${path}.stale-${process.pid}`
  try {
    renameSync(path, aside)
    if (readFileSync(aside, 'utf8') !== text)
      linkSync(aside, path)
  }
  catch {}
  rmSync(aside, { force: true })
}
