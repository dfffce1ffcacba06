/** Bounds of what a carrier takes from a page and keeps for it. */
export const limits = {
  /** Longest message from a page: a photograph to try, as base64. */
  messageBytes: 48 << 20,
  /** Deepest message: a table of a study nests some 10 levels. */
  messageDepth: 64,
  /** What may wait for a slow client before it is dropped: some large answers, never the events of a day. */
  bufferedBytes: 64 << 20,
  /** Connections without the token at once; the oldest makes room for the next. */
  strangers: 128,
  /** Connections in all; those beyond are closed at once. */
  connectionsInAll: 512,
  /** How long a request may take to arrive, and its headers; how long a connection may say nothing. */
  requestMs: 30_000,
  headersMs: 10_000,
  silenceMs: 60_000,
  /** Browser windows at once. */
  connections: 100,
  /** Calls of one window under way at once. */
  callsAtOnce: 256,
  /** Entries of a folder that a file dialog shows. */
  browsedEntries: 5_000,
} as const

/** What can be bounded: a queue of bytes towards a client, and its end. */
export interface Bounded {
  readonly bufferedAmount: number
  terminate: () => void
}

/** Drops a client that does not take what it is sent; true when it was dropped. */
export function dropIfSlow(client: Bounded, bufferedBytes: number = limits.bufferedBytes): boolean {
  if (client.bufferedAmount <= bufferedBytes)
    return false
  client.terminate()
  return true
}
