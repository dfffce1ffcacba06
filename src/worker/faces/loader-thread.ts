import type { LoaderReply, LoaderSetting, LoaderTask } from './loader-task.ts'
import { parentPort, workerData } from 'node:worker_threads'
import { FacetError, toProblem } from '#shared/errors.ts'
import { openFaces } from '#shared/files/faces.ts'
import { drawView, PLAIN, renderView } from './augment.ts'
import { decodeSideBySide } from './decode.ts'
import { faceAt } from './face-at.ts'

/** Faces decoded at the same time in one thread. */
const AT_ONCE = 4

const port = parentPort
if (!port)
  throw new Error('internal: the loader thread was started as a program.')

const setting = workerData as LoaderSetting
const packs = setting.packs.map(({ path }) => openFaces(path))
const cached = new Uint8Array(setting.cache)
const filled = new Int32Array(setting.filled)
const faceBytes = setting.faceSize * setting.faceSize * 3
decodeSideBySide()

port.on('message', (task: LoaderTask) => {
  answer(task).then(
    data => port.postMessage({ id: task.id, data } satisfies LoaderReply, [data.buffer]),
    error => port.postMessage({
      id: task.id,
      problem: toProblem(error),
    } satisfies LoaderReply),
  )
})

async function answer({ rows, augmentation, seed, warm }: LoaderTask): Promise<Uint8Array<ArrayBuffer>> {
  const viewBytes = warm
    ? 0
    : setting.size * setting.size * 3
  const batch = new Uint8Array(rows.length * viewBytes)
  for (let from = 0; from < rows.length; from += AT_ONCE) {
    await Promise.all(Array.from(rows.subarray(from, from + AT_ONCE), async (row, i) => {
      const face = await faceOf(row)
      if (warm)
        return
      const view = augmentation
        ? drawView(augmentation, row, seed)
        : PLAIN
      const at = (from + i) * viewBytes
      renderView(face, setting.faceSize, view, batch.subarray(at, at + viewBytes), setting.size)
    }))
  }
  return batch
}

/** A face at the cached size, from the shared memory or else from its pack. Two threads may decode the same face: they write the same bytes. */
async function faceOf(row: number): Promise<Uint8Array> {
  const slot = row < filled.length
    ? cached.subarray(row * faceBytes, (row + 1) * faceBytes)
    : null
  if (slot && Atomics.load(filled, row) === 1)
    return slot
  const which = setting.packs.findLastIndex(({ first }) => row >= first)
  const pack = packs[which]!
  const index = setting.packs[which]!.indexes[row - setting.packs[which]!.first]!
  const face = await faceAt({
    data: pack.read(index),
    size: pack.size,
    encoding: pack.meta.encoding,
  }, setting.faceSize).catch((error) => {
    throw new FacetError('bad-input', `The stored face of sample ${index} cannot be decoded: ${error.message}`, { where: setting.packs[which]!.path, hint: 'Prepare the data set again.', cause: error })
  })
  if (slot) {
    slot.set(face)
    Atomics.store(filled, row, 1)
  }
  return face
}
