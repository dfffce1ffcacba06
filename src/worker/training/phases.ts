import type { Checkpoint, StageContext, TensorData } from '#worker/stage.ts'
import { z } from 'zod'
import { Leaving } from '#worker/stage.ts'
import { SavePace } from './save-pace.ts'

/** What a finished phase leaves to the rest of its run. */
export interface Outcome { tensors: Record<string, TensorData>, state: unknown }

/** What a phase in progress is given: where it stood, and how to put down where it stands. */
export interface Phase {
  name: string
  resume: Checkpoint | null
  save: (checkpoint: Checkpoint) => Promise<void>
  /** Whether it is time to; cheap enough for every step. */
  isSaveDue: () => boolean
}

const Saved = z.strictObject({
  finished: z.array(z.strictObject({
    name: z.string(),
    state: z.unknown(),
  })),
  current: z.strictObject({
    name: z.string(),
    step: z.int(),
    state: z.unknown(),
  }).nullable(),
})

type Context = Pick<StageContext<unknown>, 'checkpoint' | 'isLeaving'>

/**
 * The parts of a run in their order (a network, its decoder; one fold after the other) over the run's one checkpoint:
 * finished parts are kept with what they found, the current one with all it needs to go on.
 */
export class Phases {
  readonly #context: Context
  readonly #finished = new Map<string, Outcome>()
  #current: { name: string, checkpoint: Checkpoint } | null = null
  readonly #pace = new SavePace()

  private constructor(context: Context) {
    this.#context = context
  }

  /** Reads the run's checkpoint. */
  static async open(context: Context): Promise<Phases> {
    const phases = new Phases(context)
    const checkpoint = await context.checkpoint.load()
    if (!checkpoint)
      return phases
    const saved = Saved.parse(checkpoint.state)
    const under = (prefix: string): Record<string, TensorData> => Object.fromEntries(Object.entries(checkpoint.tensors)
      .flatMap(([name, tensor]) => name.startsWith(prefix)
        ? [
            [
              name.slice(prefix.length),
              tensor,
            ],
          ]
        : []))
    for (const { name, state } of saved.finished) {
      phases.#finished.set(name, {
        tensors: under(`finished/${name}/`),
        state,
      })
    }
    if (saved.current) {
      const { name, step, state } = saved.current
      phases.#current = {
        name,
        checkpoint: {
          step,
          state,
          tensors: under('current/'),
        },
      }
    }
    return phases
  }

  /** Steps of the part that a checkpoint interrupted; 0 at the start of a part. */
  get resumedStep(): number {
    return this.#current?.checkpoint.step ?? 0
  }

  /** The outcome of the part: at once where an earlier attempt finished it, else by doing (or going on with) the work. */
  async run(name: string, work: (phase: Phase) => Promise<Outcome>): Promise<Outcome> {
    const before = this.#finished.get(name)
    if (before)
      return before
    const resume = this.#current?.name === name
      ? this.#current.checkpoint
      : null
    this.#current = null
    const outcome = await work({
      name,
      resume,
      save: async checkpoint => this.#save({ name, checkpoint }),
      isSaveDue: () => this.#pace.isDue,
    })
    this.#finished.set(name, outcome)
    await this.#betweenPhases()
    return outcome
  }

  /** Many short parts need no checkpoint each: one when it is due, and one when somebody asks to leave. */
  async #betweenPhases(): Promise<void> {
    const isLeaving = this.#context.isLeaving()
    if (isLeaving || this.#pace.isDue)
      await this.#save(null)
    if (isLeaving)
      throw new Leaving()
  }

  async #save(current: { name: string, checkpoint: Checkpoint } | null): Promise<void> {
    const tensors: Record<string, TensorData> = {}
    for (const [name, outcome] of this.#finished) {
      for (const [key, tensor] of Object.entries(outcome.tensors))
        tensors[`finished/${name}/${key}`] = tensor
    }
    for (const [key, tensor] of Object.entries(current?.checkpoint.tensors ?? {}))
      tensors[`current/${key}`] = tensor
    await this.#pace.time(() => this.#context.checkpoint.save({
      step: current?.checkpoint.step ?? 0,
      tensors,
      state: {
        finished: [...this.#finished].map(([name, { state }]) => ({ name, state })),
        current: current
          ? { name: current.name, step: current.checkpoint.step, state: current.checkpoint.state }
          : null,
      },
    }))
  }
}
