import type { AssumedView, PlanView } from '#shared/views.ts'
import type { Terminal } from './terminal.ts'
import { list } from './terminal.ts'
import { wordBytes, wordCount, wordDuration, wordMany } from './words.ts'

/** What a study whose folders are missing would cost: the folders with the sizes assumed, time and disk by stage, and what the figures rest on. */
export function wordAssumed({ study, toDo, cached, seconds, bytes }: PlanView, assumed: AssumedView, terminal: Terminal): string {
  const { unlabelled, images } = assumed
  return [
    listFolders(assumed, terminal),
    '',
    `Assumed: ${wordMany(images, 'image')} in all; combiners and students learn from ${wordMany(unlabelled, 'face')}.`,
    '',
    listStages(assumed, terminal),
    '',
    `Study ${study}: ${wordMany(toDo, 'step')} to do${cached > 0 ? ` beside ${wordCount(cached)} cached` : ''}, about ${wordDuration(seconds)} and ${wordBytes(bytes)}.`,
    ...wordGrounds(assumed),
  ].join('\n')
}

/** Why the command fails all the same. */
export function wordMissing({ folders, datasets }: AssumedView): string {
  return `${folders.length} of the study's ${wordMany(datasets, 'data set')} ${folders.length === 1 ? 'is' : 'are'} missing. Copy them there, or set their paths: --set data.NAME.path=DIR.`
}

function listFolders({ folders }: AssumedView, terminal: Terminal): string {
  return list(folders, [
    { title: 'missing', value: folder => folder.name },
    { title: 'format', value: folder => folder.format },
    { title: 'folder', value: folder => folder.path, isElastic: true },
    { title: 'assumed', value: folder => wordMany(folder.samples, 'image'), isNumber: true },
  ], terminal)
}

function listStages({ stages }: AssumedView, terminal: Terminal): string {
  return list(stages, [
    { title: 'stage', value: stage => stage.stage },
    { title: 'runs', value: stage => wordCount(stage.runs), isNumber: true },
    { title: 'time', value: stage => wordDuration(stage.seconds), isNumber: true },
    { title: 'disk', value: stage => wordBytes(stage.bytes), isNumber: true },
  ], terminal)
}

/** What the figures are and are not. */
function wordGrounds({ cores, measured }: AssumedView): string[] {
  return [
    `An estimate at published sizes for this machine's engine, by throughput measured on two cores of a Xeon without a GPU and scaled to ${wordMany(cores, 'core')}; ${measured > 0
      ? `${wordMany(measured, 'finished run')} of this workspace ${measured === 1 ? 'corrects' : 'correct'} it.`
      : 'this workspace has no finished run yet to correct it.'}`,
    'Autoencoders and decoders are counted with all their epochs; they stop earlier where validation no longer improves.',
  ]
}
