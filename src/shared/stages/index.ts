import { combine } from './combine.ts'
import { distil } from './distil.ts'
import { embed } from './embed.ts'
import { prepare } from './prepare.ts'
import { select } from './select.ts'
import { transfer } from './transfer.ts'

/** The stages in the order of the data's way; nothing else knows the order. */
export const stages = {
  prepare,
  embed,
  combine,
  distil,
  transfer,
  select,
} as const
export type Stages = typeof stages
