import type { Sample } from '#shared/dataset.ts'
import { z } from 'zod'
import { declareFormat, isImage, strangers } from './format.ts'
import { count } from './lists.ts'

/** Photographs without labels: what combiner and student learn from. */
export const images = declareFormat({
  name: 'images',
  title: 'A folder of photographs without labels',
  licence: 'Not stated: whoever adds the folder knows its terms.',
  aligned: false,
  options: z.strictObject({}),
  recognise(listing) {
    const found = listing.files.filter(isImage).length
    const hasTable = listing.files.some(file => /^[^/]+\.[ct]sv$/i.test(file))
    return {
      confidence: found === 0
        ? 0
        : hasTable
          ? 0.05
          : 0.2,
      why: `${count(found)} images; nothing says what they show`,
    }
  },
  async scan(listing) {
    const labels = {} // one for all: there may be millions
    const samples = listing.files.filter(isImage).map((path): Sample => ({
      path,
      labels,
      split: null,
      subject: null,
      unseen: false,
    }))
    return {
      format: 'images',
      samples,
      rejected: strangers(listing.files),
      tasks: {},
      pairs: [],
      licence: this.licence,
      notes: ['No labels are read: the photographs serve combiner and student (unlabelled), and nothing is tested on them.'],
    }
  },
})
