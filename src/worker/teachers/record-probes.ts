import { readFileSync } from 'node:fs'
import process from 'node:process'
import { parseDocument } from 'yaml'
import { writeDurably } from '#shared/files/durable.ts'
import { readTeacher } from '#shared/files/teacher.ts'
import { recordProbes } from './check.ts'
import { buildTeachers } from './teacher-graph.ts'

// node src/worker/teachers/record-probes.ts MANIFEST.yaml...: writes what each teacher answers to the built-in pictures into its manifest.
for (const path of process.argv.slice(2)) {
  const teacher = readTeacher(path)
  const teachers = buildTeachers([teacher])
  const probes = await recordProbes(teachers, teacher.manifest.name)
  teachers.dispose()
  const document = parseDocument(readFileSync(path, 'utf8'))
  const node = document.createNode(probes.map(({ image, embedding, norm }) => ({
    image,
    embedding: embedding.map(value => Number(value.toPrecision(6))),
    norm: Number(norm.toPrecision(6)),
  })))
  for (const item of (node as unknown as { items: { get: (key: string, keep: true) => { flow?: boolean } | undefined }[] }).items) {
    const list = item.get('embedding', true)
    if (list)
      list.flow = true
  }
  document.set('probes', node)
  writeDurably(path, document.toString({ lineWidth: 0, flowCollectionPadding: false }))
  console.log(`${teacher.manifest.name}: ${probes.map(({ image, norm }) => `${image} norm ${norm.toFixed(4)}`).join(', ')}`)
}
