import type { BenchName } from '#shared/bench.ts'
import type { Bench } from './bench.ts'
import { autoencoder } from './autoencoder.ts'
import { embed } from './embed.ts'
import { epoch } from './epoch.ts'
import { exported } from './exported.ts'
import { prepare } from './prepare.ts'
import { select } from './select.ts'
import { store } from './store.ts'
import { student } from './student.ts'

/** All benches; one file, one name in #shared/bench.ts and one line here add one. */
export const benches: Record<BenchName, Bench> = { student, autoencoder, select, embed, prepare, store, epoch, export: exported }
