import type { Predicted, PredictedFace, Prediction } from '#shared/predict.ts'
import type { RegisterCommand } from '../command.ts'
import { resolve } from 'node:path'
import { seenAttributes } from '#shared/attributes.ts'
import { wordDuration, wordMany, wordNumber } from '../words.ts'
import { lastStudy } from './table.ts'

/** predict IMAGE --study S: the faces of a photograph and what the study's student says of each. */
export const predict: RegisterCommand = (program, act) => program
  .command('predict <image>')
  .description('faces of a photograph and what a study\'s student says of each')
  .option('--study <name>', 'the study (default: the one worked on last)')
  .action(act(async ({ terminal, connect }, image: string, { study }: { study?: string }) => {
    const client = await connect()
    const predicted = await client.call('predict', {
      image: resolve(image),
      study: study ?? await lastStudy(client),
    })
    terminal.result(predicted, () => wordPredicted(predicted))
  }))

function wordPredicted({ width, height, faces, bestScore, milliseconds, missing, notices }: Predicted): string {
  const { load, detect, predict: answer } = milliseconds
  return [
    faces.length === 0
      ? `No face found in ${width}x${height} pixels (the best candidate scores ${bestScore.toFixed(2)}).`
      : `${wordMany(faces.length, 'face')} in ${width}x${height} pixels, nearest the centre first.`,
    ...faces.map(wordFace),
    '',
    `Found in ${wordDuration(detect / 1000)}, predicted in ${wordDuration(answer / 1000)}, after ${wordDuration(load / 1000)} of loading.`,
    ...missing.map(({ knowledge, reason }) => `– ${knowledge}: ${reason}`),
    ...notices.map(notice => `! ${notice}`),
  ].join('\n')
}

function wordFace({ box, score, predictions }: PredictedFace, i: number): string {
  const place = `${Math.round(box.left)},${Math.round(box.top)} ${Math.round(box.width)}x${Math.round(box.height)}`
  const longest = Math.max(...predictions.map(({ knowledge }) => knowledge.length))
  return [
    '',
    `face ${i + 1}  at ${place}, score ${score.toFixed(2)}`,
    ...predictions.map(prediction => `  ${prediction.knowledge.padEnd(longest)}  ${wordPrediction(prediction)}`),
  ].join('\n')
}

function wordPrediction({ value, unit, label, probability, attributes }: Prediction): string {
  if (attributes)
    return wordSeen(attributes)
  if (label !== null)
    return `${label} (${Math.round(100 * (probability ?? 0))} %)`
  return `${wordNumber(Number(value.toFixed(1)))}${unit
    ? ` ${unit}`
    : ''}`
}

function wordSeen(attributes: NonNullable<Prediction['attributes']>): string {
  const seen = seenAttributes(attributes)
  return seen.length > 0
    ? seen.map(({ name, value }) => `${name.replaceAll('_', ' ')} (${Math.round(100 * value)} %)`).join(', ')
    : `none of ${Object.keys(attributes).length} attributes`
}
