import { describe, expect, it } from 'vitest'
import { reasonsOf, samplesOf, scan } from './folder.ts'
import { celebaFolder } from './layouts.ts'

const attributes = 'Anno/list_attr_celeba.txt'
const rows = String(celebaFolder()[attributes]).split('\n')

describe('celeba', () => {
  it('reads 40 attributes, the published parts and the people', async () => {
    const result = await scan('celeba', celebaFolder())
    const samples = samplesOf(result)
    // image 3 has those attributes whose place in the list divides 3: the first and the third
    expect(samples['Img/img_celeba/000003.jpg']).toEqual({ split: 'train', labels: { attributes: `101${'0'.repeat(37)}` } })
    expect(Object.values(samples).map(({ split }) => split)).toEqual(['train', 'train', 'train', 'train', 'validation', 'test'])
    expect(result.tasks.attributes).toMatchObject({ kind: 'attributes', protocol: 'split' })
    expect((result.tasks.attributes as { attributes: string[] }).attributes.slice(37)).toEqual(['Trait_38', 'Smiling', 'Young'])
    expect(result.samples.map(({ subject }) => subject)).toEqual(['2881', '2880', '2881', '2880', '2881', '2880'])
    expect(result.notes.join(' ')).toContain('6 of the 202,599 images')
    expect(result.notes.join(' ')).toContain('6 others of the same photographs are passed over')
    expect(result.rejected).toEqual([])
  })

  it('reads the copies with .csv lists, aligned images and no partition: parts follow the numbers', async () => {
    const files = celebaFolder()
    const asCsv = rows.slice(1).map((row, i) => `${i === 0 ? 'image_id,' : ''}${row.trim().split(/\s+/).join(',')}`).join('\r\n')
    const copy = Object.fromEntries(Object.entries(files).filter(([file]) => file.includes('align')).map(([file, content]) => [file.replace('Img/img_align_celeba/', 'img_align_celeba/img_align_celeba/'), content]))
    const result = await scan('celeba', { ...copy, 'list_attr_celeba.csv': `\uFEFF${asCsv}` })
    const whole = await scan('celeba', files, { images: 'aligned' })
    expect(result.samples.map(({ labels, split }) => ({ labels, split }))).toEqual(whole.samples.map(({ labels, split }) => ({ labels, split })))
    expect(result.notes[0]).toContain('split by number as published')
  })

  it('rejects what is no attribute, contradictions, doubles and images that no row names; tells of rows without an image', async () => {
    const bad = [...rows.slice(0, 3), rows[3]!.replace(/1/, '2').replace('000002', '000003').replace('200003', '000003'), rows[4]!, `${rows[4]!.slice(0, -3)}${rows[4]!.endsWith(' 1') ? ' -1' : '  1'}`, `${rows[5]!} 1`, rows[6]!.replace('162771', '../../etc/passwd'), rows[7]!, rows[7]!]
    const result = await scan('celeba', { ...celebaFolder(), [attributes]: bad.join('\n') })
    const reasons = reasonsOf(result)
    expect(result.samples.map(({ path }) => path.split('/').at(-1))).toEqual(['000001.jpg', '182638.jpg'])
    expect(reasons['Img/img_celeba/000003.jpg']).toContain('says something else of the image than line')
    expect(reasons['162770.jpg']).toBe('line 7 of list_attr_celeba.txt: it has 41 attributes where 40 belong')
    expect(reasons['Img/img_celeba/182638.jpg']).toBe('line 10 of list_attr_celeba.txt: the image stands in line 9 already, with the same label')
    expect(reasons['Img/img_celeba/162771.jpg']).toBe('is not in the list list_attr_celeba.txt')
    expect(result.notes.join(' ')).toContain('name images that are not here')
    expect(result.notes.join(' ')).toContain('says it has 6 rows and has 8: it is not whole')
  })

  it('says what is missing', async () => {
    const { [attributes]: _, ...without } = celebaFolder()
    await expect(scan('celeba', without)).rejects.toThrow('list_attr_celeba.txt is not here')
    await expect(scan('celeba', { ...without, [attributes]: '3\nSmiling Smiling\n' })).rejects.toMatchObject({ message: 'The line names the attribute "Smiling" twice.', where: expect.stringMatching(/line 2$/) })
    await expect(scan('celeba', { ...without, [attributes]: '' })).rejects.toThrow('The list names no attributes.')
    const odd = await scan('celeba', { ...celebaFolder(), 'Eval/list_eval_partition.txt': '000001.jpg 0\n000002.jpg 3\n' })
    expect(reasonsOf(odd)['000002.jpg']).toBe('line 2 of list_eval_partition.txt: part "3" is not 0, 1 or 2')
    expect(reasonsOf(odd)['Img/img_celeba/000003.jpg']).toBe('is not in the list list_eval_partition')
  })
})
