import process from 'node:process'

/** Answers like src/worker/inspect.ts, with files whose names say what happens to whoever opens them. */
process.on('disconnect', () => process.exit(0))
process.on('message', (message: { id: number, method: string, input: { paths: string[] } }) => {
  if (message.method === 'inspectModel') // computes without a pause, and for good
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  const { paths } = message.input
  if (paths.some(path => path.includes('deadly'))) {
    process.kill(process.pid, 'SIGKILL')
  }
  else if (!paths.some(path => path.includes('endless'))) {
    process.send!({
      id: message.id,
      ok: true,
      value: paths.map(path => path.includes('broken')
        ? { ok: false, reason: 'broken' }
        : {
            ok: true,
            width: process.pid,
            height: 1,
            format: 'png',
            pages: 1,
          }),
    })
  }
})
