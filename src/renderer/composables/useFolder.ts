import type { ShallowRef } from 'vue'
import type { FrontResult } from '#shared/desktop.ts'
import type { Problem } from '#shared/errors.ts'
import { shallowRef } from 'vue'
import { useDesktop } from '#renderer/client/desktop.ts'
import { toProblem } from '#shared/errors.ts'

export interface Folder {
  /** What is shown; the folder before stays while another one is read, and where that failed. */
  folder: Readonly<ShallowRef<FrontResult<'browse'> | undefined>>
  problem: Readonly<ShallowRef<Problem | null>>
  isReading: Readonly<ShallowRef<boolean>>
  enter: (path?: string) => Promise<void>
}

/** Walks through the folders of the machine that Facet runs on. */
export function useFolder({ showsFiles, extensions }: { showsFiles: boolean, extensions: string[] }): Folder {
  const desktop = useDesktop()
  const folder = shallowRef<FrontResult<'browse'>>()
  const problem = shallowRef<Problem | null>(null)
  const isReading = shallowRef(false)
  let newest = 0
  async function enter(path?: string): Promise<void> {
    const turn = ++newest
    isReading.value = true
    try {
      const read = await desktop.browse({ path, showsFiles, extensions })
      if (turn !== newest)
        return
      folder.value = read
      problem.value = null
    }
    catch (error) {
      if (turn === newest)
        problem.value = toProblem(error)
    }
    finally {
      if (turn === newest)
        isReading.value = false
    }
  }
  return { folder, problem, isReading, enter }
}
