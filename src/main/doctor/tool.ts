import { execFile } from 'node:child_process'

/** How a short-lived tool ended: code 127 where it could not be started. */
export interface ToolResult { code: number, stdout: string, stderr: string }

/**
 * Runs a tool to its end and never throws: a doctor reports what fails.
 *
 * @param file  program, looked up on the PATH
 * @param args  its arguments
 * @param timeoutMs  after which it is ended and counts as failed
 */
export async function runTool(file: string, args: string[], timeoutMs = 15_000): Promise<ToolResult> {
  return new Promise((resolve) => {
    execFile(file, args, { timeout: timeoutMs, maxBuffer: 1 << 24 }, (error, stdout, stderr) => {
      const code = error
        ? (typeof error.code === 'number'
            ? error.code
            : 127)
        : 0
      resolve({ code, stdout, stderr })
    })
  })
}

/** The first version number in what `file args` prints, or null when it does not run. */
export async function readVersion(file: string, args: string[] = ['--version']): Promise<string | null> {
  const { code, stdout, stderr } = await runTool(file, args)
  return code === 0
    ? /\d+(?:\.\d+)+/.exec(stdout || stderr)?.[0] ?? null
    : null
}
