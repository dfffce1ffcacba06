import type { RunEvent } from '#shared/order.ts'
import { Buffer } from 'node:buffer'
import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, writeSync } from 'node:fs'
import { withSum } from '#shared/event-line.ts'

/** What the main thread and the heartbeat thread share: 0 is the lock, 1 the next sequence number, 2 counts signs of life of the main thread, 3 ends the heartbeat. */
export type SharedState = Int32Array<SharedArrayBuffer>

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never
/** An event without what the file adds. */
export type NewEvent = DistributiveOmit<RunEvent, 'seq' | 'time' | 'attempt'>

/** Appends events, numbered in the order of the file even where two threads write. */
export class EventFile {
  private readonly file: number
  private readonly attempt: number
  private readonly shared: SharedState

  constructor(path: string, { attempt, shared }: { attempt: number, shared: SharedState }) {
    this.file = openSync(path, 'a')
    this.attempt = attempt
    this.shared = shared
  }

  /** Writes one line, whole or not at all. @throws the system's error, e.g. ENOSPC */
  append(event: NewEvent): void {
    this.lock()
    try {
      const line = JSON.stringify({
        seq: this.shared[1],
        time: Date.now(),
        attempt: this.attempt,
        ...event,
      })
      this.writeWhole(Buffer.from(`${withSum(line)}\n`))
      this.shared[1]!++
    }
    finally {
      Atomics.store(this.shared, 0, 0)
      Atomics.notify(this.shared, 0, 1)
    }
  }

  /** Forces what was written to the disk. */
  sync(): void {
    fsyncSync(this.file)
  }

  close(): void {
    closeSync(this.file)
  }

  private writeWhole(line: Buffer): void {
    const size = fstatSync(this.file).size
    let written = 0
    try {
      while (written < line.length)
        written += writeSync(this.file, line, written)
    }
    catch (error) {
      if (written > 0)
        ftruncateSync(this.file, size)
      throw error
    }
  }

  private lock(): void {
    while (Atomics.compareExchange(this.shared, 0, 0, 1) !== 0)
      Atomics.wait(this.shared, 0, 1, 50)
  }
}
