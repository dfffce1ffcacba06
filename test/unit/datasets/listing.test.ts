import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { describe, expect, it } from 'vitest'
import { listFiles } from '#main/datasets/listing.ts'
import { makeFolder } from './folder.ts'

const NOBODY = 65534

describe('listing a folder', () => {
  it('names every file relative to the folder, sorted', async () => {
    const root = makeFolder([
      'b/2.jpg',
      'b/1.jpg',
      'a.txt',
      'B/x.jpg',
    ])
    expect((await listFiles(root)).files).toEqual([
      'B/x.jpg',
      'a.txt',
      'b/1.jpg',
      'b/2.jpg',
    ])
  })

  it('finds nothing in an empty folder', async () => {
    expect(await listFiles(makeFolder({}))).toMatchObject({ files: [], refused: [] })
  })

  it('does not follow links to folders, neither loops nor ways out', async () => {
    const outside = makeFolder(['secret.jpg'])
    const root = makeFolder(['in/1.jpg'])
    symlinkSync(root, path.join(root, 'in', 'up'))
    symlinkSync(outside, path.join(root, 'out'))
    symlinkSync(path.join(outside, 'secret.jpg'), path.join(root, 'secret.jpg'))
    symlinkSync('loop-b', path.join(root, 'loop-a'))
    symlinkSync('loop-a', path.join(root, 'loop-b'))
    symlinkSync('nothing', path.join(root, 'dangling.jpg'))
    const { files, refused } = await listFiles(root)
    expect(files).toEqual(['in/1.jpg'])
    expect(Object.fromEntries(refused.map(({ path, reason }) => [path, reason]))).toEqual({
      'in/up': 'symbolic link to a folder of this data set (its root), listed already',
      'out': `symbolic link leads outside the folder (to ${outside})`,
      'secret.jpg': `symbolic link leads outside the folder (to ${outside}/secret.jpg)`,
      'loop-a': 'symbolic link leads in a loop',
      'loop-b': 'symbolic link leads in a loop',
      'dangling.jpg': 'symbolic link leads nowhere',
    })
  })

  it('follows a link to a file of the folder, and a link that is the folder itself', async () => {
    const root = makeFolder(['all/1.jpg'])
    mkdirSync(path.join(root, 'train'))
    symlinkSync('../all/1.jpg', path.join(root, 'train', '1.jpg'))
    const alias = path.join(makeFolder({}), 'alias')
    symlinkSync(root, alias)
    expect((await listFiles(alias)).files).toEqual(['all/1.jpg', 'train/1.jpg'])
  })

  it('refuses a pipe instead of waiting on it', async () => {
    const root = makeFolder(['1.jpg'])
    execFileSync('mkfifo', [
      path.join(root, 'pipe.jpg'),
    ])
    expect(await listFiles(root)).toMatchObject({
      files: ['1.jpg'],
      refused: [
        {
          path: 'pipe.jpg',
          reason: expect.stringContaining('no regular file'),
        },
      ],
    })
  })

  it('goes on past a folder that cannot be read', async () => {
    const root = makeFolder(['closed/1.jpg', 'open/2.jpg'])
    chmodSync(path.join(root, 'closed'), 0)
    const { files, refused } = await asNobody(root, () => listFiles(root))
    chmodSync(path.join(root, 'closed'), 0o700)
    expect(files).toEqual(['open/2.jpg'])
    expect(refused).toEqual([
      { path: 'closed', reason: 'folder cannot be read (EACCES)' },
    ])
  })

  it('says so when the folder itself is missing, a file or closed', async () => {
    const root = makeFolder(['1.jpg', 'closed/2.jpg'])
    await expect(listFiles(path.join(root, 'missing'))).rejects.toThrow('There is no such folder (ENOENT).')
    await expect(listFiles(path.join(root, '1.jpg'))).rejects.toThrow('This is a file, not a folder.')
    chmodSync(path.join(root, 'closed'), 0)
    await asNobody(root, () => expect(listFiles(path.join(root, 'closed'))).rejects.toThrow(/cannot be read \(EACCES\)/))
    chmodSync(path.join(root, 'closed'), 0o700)
  })

  it('lists 100,000 files in two seconds of processor time', async () => {
    const root = makeFolder({})
    for (let folder = 0; folder < 100; folder++) {
      mkdirSync(path.join(root, `${folder}`))
      for (let i = 0; i < 1000; i++)
        writeFileSync(path.join(root, `${folder}`, `${i}.jpg`), '')
    }
    const before = process.cpuUsage()
    expect((await listFiles(root)).files).toHaveLength(100_000)
    expect(process.cpuUsage(before).user).toBeLessThan(2e6)
  })

  it('stops when asked to', async () => {
    await expect(listFiles(makeFolder(['1.jpg']), {
      signal: AbortSignal.abort(),
    })).rejects.toThrow(/abort/i)
  })
})

/** Permissions do not bind the superuser, so the work is done as nobody where the tests run as root. */
async function asNobody<T>(root: string, work: () => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0)
    return await work()
  chownSync(root, NOBODY, NOBODY)
  chmodSync(root, 0o755)
  process.seteuid?.(NOBODY)
  try {
    return await work()
  }
  finally {
    process.seteuid?.(0)
  }
}
