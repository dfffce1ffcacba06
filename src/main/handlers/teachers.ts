import type { HandlerPart } from '../core.ts'
import { addTeacher, listTeachers, requireTeacher } from '../teachers/registry.ts'

export const teacherHandlers = (({ workspace: { paths }, inspector }) => ({
  'teachers.list': async () => (await listTeachers(paths.teachers)).map(({ sha256: _, ...entry }) => entry),
  'teachers.add': ({ path }) => addTeacher(paths.teachers, path),
  'teachers.check': async ({ name, image }) => {
    const { manifest } = await requireTeacher(paths.teachers, name)
    return inspector.ask('checkTeacher', { manifest, image })
  },
})) satisfies HandlerPart
