import type { Published } from '#main/datasets/format.ts'
import { describe, expect, it } from 'vitest'
import { parseOptions } from '#main/datasets/add.ts'
import { formats } from '#main/datasets/formats.ts'
import { scan } from './folder.ts'
import { layouts } from './layouts.ts'

function published(name: string, options: object = {}): Published {
  const format = formats.find(one => one.name === name)!
  return format.published!(parseOptions(format, options))
}

describe('the published size of a format', () => {
  /** Images and people as the publishers give them, and what combiner and student may learn from by our splits. */
  it.each([
    ['rafdb', 15_339, 0, 11_043.9], // 12,271 of train, of which a tenth is validation
    ['sfew', 1766, 0, 862.2], // 958 of Train likewise
    ['affectnet', 291_651, 0, 258_885.9], // 287,651 likewise
    ['celeba', 202_599, 10_177, 162_770],
    ['imdb-wiki', 460_723 + 62_328, 0, 418_440.8],
    ['unbc', 48_398, 25, 38_718.4], // 20 of 25 people
    ['vggface2', 3_141_890 + 169_396, 8631 + 500, 2_827_701], // nine tenths of each person of train
    ['ms-celeb', 8_456_240, 99_892, 7_610_616],
    ['utkface', 23_708 - 3, 0, 14_223],
    ['fgnet', 1002, 82, 794.3], // 65 of 82 people: every fifth is held out
    ['lfw', 13_233, 5749, 9382.5], // half of the 7,701 images of the pairs is unseen
    ['tiny-imagenet', 110_000, 0, 90_000],
  ])('%s has %d images of %d people', (name, samples, people, seen) => {
    const size = published(name)
    expect([size.samples, size.subjects ?? 0]).toEqual([samples, people])
    expect(Math.abs(size.seen - seen)).toBeLessThanOrEqual(0.5)
  })

  it('follows the options', () => {
    expect(published('ms-celeb', { faces: 1_000_000, validation: 0.1 })).toMatchObject({ samples: 1_000_000, seen: 850_000 })
    expect(published('vggface2', { faces: 100_000 })).toMatchObject({ samples: 269_396, seen: 90_000 })
    expect(published('vggface2', { task: 'gender' })).toMatchObject({ samples: 3_311_286, seen: 2_984_796, tasks: { gender: { kind: 'classification' } } }) // .95 of train: 2,984,795.5
    expect(published('lfw', { unseen: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] }).seen).toBe(13_233 - 7701)
    expect(published('fgnet', { unseenSubjects: [] }).seen).toBe(1002)
    expect(published('utkface', { coral: '/coral' }).seen).toBe(19_103) // 23,705 - 3,287 of test - 1,314.7 of validation
    expect(Object.keys(published('unbc', { actionUnits: true }).tasks)).toContain('au43')
    expect(published('affectnet', { classes: '7' }).tasks.expression).toMatchObject({ classes: { length: 7 } })
    expect(published('utkface', { ageEdges: [30] }).tasks['age-class']).toMatchObject({ classes: ['0-29', '30+'] })
  })

  it('has the tasks that a folder of the publisher\'s layout has, with as many classes as the whole', async () => {
    for (const { name } of formats.filter(format => format.published)) {
      const files = layouts.find(([one]) => one === name)![2]()
      const { tasks } = await scan(name, files)
      const kinds = (all: typeof tasks) => Object.entries(all).map(([task, { kind, protocol, ...more }]) => [task, kind, protocol, 'label' in more ? more.label : null])
      expect(kinds(published(name).tasks), name).toEqual(kinds(tasks))
    }
    expect(published('tiny-imagenet').tasks.object).toMatchObject({ classes: { length: 200 } })
    expect(published('ms-celeb').tasks.identity).toMatchObject({ classes: { length: 99_892 } })
    expect(published('celeba').tasks.attributes).toMatchObject({ attributes: { length: 40 } })
  })
})
