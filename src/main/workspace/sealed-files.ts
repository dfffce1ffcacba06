import type { SealedFile } from '#shared/sealed-file.ts'
import type { StageName } from '#shared/stages/declare.ts'
import type { Db } from './database.ts'
import type { Trx } from './runs.ts'
import { workspacePaths } from './paths.ts'

/** An artefact's path from its workspace's folder: what checksums are stored under, wherever the workspace lies. */
export function artefactName(stage: StageName, key: string): string {
  return workspacePaths('/').artefactPath(stage, key).slice(1)
}

/** Remembers what a sealed artefact consists of, in place of what was known under its name. */
export async function putSealedFiles(db: Db | Trx, artefact: string, files: readonly SealedFile[]): Promise<void> {
  await forgetSealedFiles(db, artefact)
  if (files.length > 0)
    await db.insertInto('sealed_files').values(files.map(({ path, bytes, sha256 }) => ({ artefact, file: path, bytes, sha256 }))).execute()
}

/** Forgets an artefact that is gone. */
export async function forgetSealedFiles(db: Db | Trx, artefact: string): Promise<void> {
  await db.deleteFrom('sealed_files').where('artefact', '=', artefact).execute()
}

/** Files of all artefacts by their artefact's name; an artefact sealed before checksums were kept is not among them. */
export async function sealedFilesByArtefact(db: Db): Promise<Map<string, SealedFile[]>> {
  const byArtefact = new Map<string, SealedFile[]>()
  for (const { artefact, file, bytes, sha256 } of await db.selectFrom('sealed_files').selectAll().orderBy('artefact').orderBy('file').execute()) {
    const files = byArtefact.get(artefact)
    if (files)
      files.push({ path: file, bytes, sha256 })
    else
      byArtefact.set(artefact, [{ path: file, bytes, sha256 }])
  }
  return byArtefact
}
