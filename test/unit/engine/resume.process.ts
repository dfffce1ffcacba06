import process from 'node:process'
import { readSafetensors, writeSafetensors } from '#shared/files/safetensors.ts'
import { compile } from '#worker/engine/compile.ts'
import { smallDenoising, smallVariational } from '../models/small-combiners.ts'
import { smallAutoencoder, smallResnet } from './models.ts'

const models = { resnet: smallResnet, autoencoder: smallAutoencoder, vae: smallVariational, dae: smallDenoising } as const

/* Trains MODEL with OPTIMIZER for STEPS steps from the checkpoint FROM (or `new`) and saves to TO. */
const [, , model, optimizer, steps, from, to] = process.argv as [string, string, keyof typeof models, 'adam' | 'adamw' | 'sgd', string, string, string]
const { feeds, variables, step, batch } = models[model]()
const program = compile(step, {
  feeds,
  variables,
  optimizer: {
    kind: optimizer,
    learningRate: 0.01,
    weightDecay: 0.1,
    momentum: 0.9,
  },
})
if (from !== 'new')
  program.restore(readSafetensors(from).tensors)
for (let i = 0; i < Number(steps); i++)
  program.step(batch(program.stepCount), { learningRate: 0.01, seed: 42 })
writeSafetensors(to, program.save())
