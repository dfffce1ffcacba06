import type { StudentNetwork } from '#shared/stages/distil.ts'
import type { Network } from './network.ts'
import { cnn } from './cnn.ts'
import { mobilenet } from './mobilenet.ts'
import { resnet18 } from './resnet18.ts'

/** Every architecture by its name in recipes. */
export const networks: Record<StudentNetwork, Network> = { resnet18, mobilenet, cnn }
