import type { Rejected, Sample, Task } from '#shared/dataset.ts'
import type { Listing } from './listing.ts'
import { readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import { declareFormat, isImage, shareOf, strangers } from './format.ts'
import { heldOutSubjects, seenShare } from './held-out.ts'
import { byCodeUnit, codeOf } from './listing.ts'
import { append, count, numberOf, partNote } from './lists.ts'

const FRAME = /^(.*\/)?(?:Images|aligned)\/(\d{3}-[a-z]{2}\d{3})\/([^/]+)\/([^/]+)\.[a-z]+$/i
/** Beside these, copies with aligned faces are passed over. */
const WHOLE_FRAME = /(?:^|\/)Images\/[^/]+\/[^/]+\/[^/]+$/i
/** Action units that are coded in FACS files, with their highest intensity. */
const ACTION_UNITS: Record<string, number> = { 4: 5, 6: 5, 7: 5, 9: 5, 10: 5, 12: 5, 20: 5, 25: 5, 26: 5, 43: 1 }
const MOST_PAIN = 16
const MOST_LABEL_BYTES = 4096
const AT_ONCE = 64
const WHOLE = 48_398
const SUBJECTS = 25

interface Frame { path: string, subject: string, base: string, name: string }

/**
 * UNBC-McMaster shoulder pain: Images/SUBJECT/SEQUENCE/FRAME.png with Frame_Labels/PSPI/SUBJECT/SEQUENCE/FRAME_facs.txt, one number each.
 * Lucey et al. 2011; 48,398 frames of 25 subjects, PSPI = AU4 + max(AU6, AU7) + max(AU9, AU10) + AU43, 0 to 16; one person is left out in turn.
 */
export const unbc = declareFormat({
  name: 'unbc',
  title: 'UNBC-McMaster shoulder pain (PSPI, leave one person out)',
  licence: 'Non-commercial research only, under a signed agreement; patients\' faces, not to be passed on.',
  obtained: 'On request with a signed agreement: the University of Pittsburgh\'s affect analysis group.',
  aligned: false,
  options: z.strictObject({
    actionUnits: z.boolean().default(false).describe('Also read the action units of Frame_Labels/FACS, a task each'),
    unseenSubjects: z.array(z.string().regex(/^\d{3}-[a-z]{2}\d{3}$/i, 'like "042-ll042"')).optional().describe('Subjects that no combiner or student sees; by default every fifth, sorted, from the first'),
  }),
  published: ({ actionUnits, unseenSubjects }) => ({ samples: WHOLE, seen: Math.round(WHOLE * seenShare(SUBJECTS, unseenSubjects)), subjects: SUBJECTS, tasks: tasksOf(actionUnits) }),
  recognise(listing) {
    const images = listing.files.filter(isImage)
    return shareOf(images.filter(file => FRAME.test(file)).length, images.length, 'lie in Images/042-ll042/SEQUENCE')
  },
  async scan(listing, options) {
    const rejected = strangers(listing.files)
    const frames: Frame[] = []
    const images = listing.files.filter(isImage)
    const hasImages = images.some(file => WHOLE_FRAME.test(file))
    for (const file of images) {
      const match = FRAME.exec(file)
      if (match && hasImages && !WHOLE_FRAME.test(file))
        continue
      if (match)
        frames.push({ path: file, subject: match[2]!.toLowerCase(), base: match[1] ?? '', name: `${match[2]}/${match[3]}/${match[4]}_facs.txt` })
      else
        rejected.push({ path: file, reason: 'lies in no folder Images/SUBJECT/SEQUENCE with a subject like 042-ll042' })
    }
    const { labels, wrong } = await readLabels(listing, frames, options.actionUnits)
    append(rejected, wrong)
    const kept = frames.filter(({ path: file }) => labels.has(file))
    const subjects = [...new Set(kept.map(({ subject }) => subject))].sort(byCodeUnit)
    const unseen = heldOutSubjects(subjects, options.unseenSubjects?.map(subject => subject.toLowerCase()), listing.root)
    const samples = kept.map(({ path: file, subject }): Sample => ({ path: file, labels: labels.get(file)!, split: null, subject, unseen: unseen.has(subject) }))
    const inPain = samples.filter(({ labels }) => Number(labels.pain) > 0).length
    return {
      format: 'unbc',
      samples,
      rejected,
      tasks: tasksOf(options.actionUnits),
      pairs: [],
      licence: this.licence,
      notes: [
        `Held out of combiner and student: ${unseen.size} of ${subjects.length} subjects (${[...unseen].join(', ')}).`,
        `${count(inPain)} of ${count(samples.length)} frames show pain (PSPI above 0).`,
        ...partNote(samples.length, WHOLE, 'frames'),
        ...partNote(subjects.length, SUBJECTS, 'subjects'),
      ],
    }
  },
})

function tasksOf(withUnits: boolean): Record<string, Task> {
  const regression = (label: string, unit: string, most: number): Task => ({ kind: 'regression', label, unit, range: [0, most], protocol: 'subjects' })
  return {
    pain: regression('pain', 'PSPI', MOST_PAIN),
    ...withUnits && Object.fromEntries(Object.entries(ACTION_UNITS).map(([unit, most]) => [`au${unit}`, regression(`au${unit}`, 'intensity', most)])),
  }
}

/** A label file's text, or why there is none. */
type ReadLabel = (file: string) => Promise<string | { reason: string }>
const absent = { reason: 'is not there' }

async function readLabels({ root, files }: Listing, frames: Frame[], withUnits: boolean): Promise<{ labels: Map<string, Record<string, number>>, wrong: Rejected[] }> {
  const labels = new Map<string, Record<string, number>>()
  const wrong: Rejected[] = []
  const known = new Set(files) // pipes and links that lead out of the folder are not among them
  for (let from = 0; from < frames.length; from += AT_ONCE) {
    const part = frames.slice(from, from + AT_ONCE)
    const read = await Promise.all(part.map(frame => labelsOf(file => known.has(file) ? readSmall(path.join(root, file)) : Promise.resolve(absent), frame, withUnits)))
    read.forEach((label, i) => {
      if (typeof label === 'string')
        wrong.push({ path: part[i]!.path, reason: label })
      else
        labels.set(part[i]!.path, label)
    })
  }
  return { labels, wrong }
}

/** Pain, and action units where they are wanted; or what is wrong. */
async function labelsOf(read: ReadLabel, { base, name }: Frame, withUnits: boolean): Promise<Record<string, number> | string> {
  const file = `${base}Frame_Labels/PSPI/${name}`
  const text = await read(file)
  if (typeof text !== 'string')
    return `${file} ${text.reason}`
  const pain = numberOf(text)
  if (pain === undefined || pain < 0 || pain > MOST_PAIN)
    return `${file} says "${text.trim().slice(0, 40)}", which is no PSPI from 0 to ${MOST_PAIN}`
  if (!withUnits)
    return { pain }
  const units = await unitsOf(read, `${base}Frame_Labels/FACS/${name}`)
  return typeof units === 'string' ? units : { pain, ...units }
}

/** A line an action unit that is seen: its number, its intensity, and more that is not read; the others are 0. */
async function unitsOf(read: ReadLabel, file: string): Promise<Record<string, number> | string> {
  const text = await read(file)
  if (typeof text !== 'string')
    return `${file} ${text.reason}`
  const units = Object.fromEntries(Object.keys(ACTION_UNITS).map(unit => [`au${unit}`, 0]))
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '')
      continue
    const [unit, intensity] = line.trim().split(/\s+/).map(numberOf)
    if (unit === undefined || intensity === undefined)
      return `${file} line ${i + 1} is not an action unit and its intensity`
    const most = Object.hasOwn(ACTION_UNITS, String(unit)) ? ACTION_UNITS[String(unit)]! : undefined
    if (most === undefined)
      continue
    if (intensity < 0 || intensity > most)
      return `${file} line ${i + 1}: intensity ${intensity} of action unit ${unit} is not 0 to ${most}`
    units[`au${unit}`] = intensity
  }
  return units
}

async function readSmall(file: string): Promise<string | { reason: string }> {
  try {
    const { size } = await stat(file)
    return size > MOST_LABEL_BYTES
      ? { reason: `has ${size} bytes: it is no label of one frame` }
      : await readFile(file, 'utf8')
  }
  catch (error) {
    return codeOf(error) === 'ENOENT' ? absent : { reason: `cannot be read (${codeOf(error)})` }
  }
}
