import type { Socket } from 'node:net'

/** Connections of those who have not shown the token. */
export interface Crowd {
  /** A connection has come. Where there are too many strangers, the one that waits longest makes room. */
  join: (socket: Socket) => void
  /** It has shown the token: it is ours and not among the strangers any more. */
  trust: (socket: Socket) => void
}

/**
 * Keeps strangers from filling the server. Anybody on this machine may connect and say nothing, a thousand times over; a fixed
 * number of connections alone would then keep out who has the token. So the newest strangers are heard, and the oldest go.
 *
 * @param most strangers at once
 */
export function createCrowd(most: number): Crowd {
  const strangers = new Set<Socket>() // in the order in which they came
  return {
    join: (socket) => {
      strangers.add(socket)
      socket.once('close', () => strangers.delete(socket))
      for (const oldest of strangers) {
        if (strangers.size <= most)
          break
        strangers.delete(oldest)
        oldest.destroy()
      }
    },
    trust: socket => strangers.delete(socket),
  }
}
