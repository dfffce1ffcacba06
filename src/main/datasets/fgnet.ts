import type { Rejected, Sample } from '#shared/dataset.ts'
import { z } from 'zod'
import { ageClassOf, AgeEdges, ageTasks } from './ages.ts'
import { baseName, declareFormat, isImage, shareOf, strangers } from './format.ts'
import { heldOutSubjects, seenShare } from './held-out.ts'
import { byCodeUnit } from './listing.ts'

const NAME = /^(\d{3})a(\d{2})[a-z]?\.[a-z]+$/i
const WHOLE = 1002
const SUBJECTS = 82
const OLDEST = 69

/** FG-NET aging: subject and age in the file name, `078A11.JPG`. Lanitis et al. 2002; 1,002 images of 82 subjects, ages 0-69; one person is left out in turn. */
export const fgnet = declareFormat({
  name: 'fgnet',
  title: 'FG-NET aging (age, leave one person out)',
  licence: 'No licence text found; the distributor says "just used for research purpose".',
  obtained: 'For research, from mirrors of the FG-NET project; the project\'s own site is gone.',
  aligned: false,
  options: z.strictObject({
    ageEdges: AgeEdges,
    unseenSubjects: z.array(z.string().regex(/^\d{3}$/, 'three digits, e.g. "001"')).optional().describe('Subjects that no combiner or student sees; by default every fifth, sorted by number, from the first'),
  }),
  published: ({ ageEdges, unseenSubjects }) => ({ samples: WHOLE, seen: Math.round(WHOLE * seenShare(SUBJECTS, unseenSubjects)), subjects: SUBJECTS, tasks: ageTasks([0, OLDEST], ageEdges, 'subjects') }),
  recognise(listing) {
    const images = listing.files.filter(isImage)
    return shareOf(images.filter(file => NAME.test(baseName(file))).length, images.length, 'are named subject A age (078A11.JPG)')
  },
  async scan(listing, options) {
    const rejected: Rejected[] = strangers(listing.files)
    const found: { path: string, subject: string, age: number }[] = []
    for (const path of listing.files.filter(isImage)) {
      const match = NAME.exec(baseName(path))
      if (match) {
        found.push({
          path,
          subject: match[1]!,
          age: Number(match[2]),
        })
      }
      else {
        rejected.push({ path, reason: 'name is not subject (3 digits), A, age (2 digits) and perhaps a letter, like 078A11.JPG' })
      }
    }
    const subjects = [
      ...new Set(found.map(({ subject }) => subject)),
    ].sort(byCodeUnit)
    const unseen = heldOutSubjects(subjects, options.unseenSubjects, listing.root)
    const samples: Sample[] = found.map(({ path, subject, age }) => ({
      path,
      labels: {
        age,
        'age-class': ageClassOf(age, options.ageEdges),
      },
      split: null,
      subject,
      unseen: unseen.has(subject),
    }))
    return {
      format: 'fgnet',
      samples,
      rejected,
      tasks: ageTasks(found.map(({ age }) => age), options.ageEdges, 'subjects'),
      pairs: [],
      licence: this.licence,
      notes: [
        `Held out of combiner and student: ${unseen.size} of ${subjects.length} subjects (${[...unseen].join(', ')}).`,
        ...samples.length < WHOLE
          ? [`${samples.length} of the 1,002 images and ${subjects.length} of the 82 subjects of the whole data set are here.`]
          : [],
      ],
    }
  },
})
