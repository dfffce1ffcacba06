import type { RegisterCommand } from './command.ts'
import { backup } from './commands/backup.ts'
import { bench } from './commands/bench.ts'
import { compare } from './commands/compare.ts'
import { pause, resume, stop } from './commands/control.ts'
import { dataset } from './commands/dataset.ts'
import { doctor } from './commands/doctor.ts'
import { exportModel } from './commands/export.ts'
import { gc } from './commands/gc.ts'
import { init } from './commands/init.ts'
import { logs } from './commands/logs.ts'
import { plan } from './commands/plan.ts'
import { predict } from './commands/predict.ts'
import { reproduce } from './commands/reproduce.ts'
import { run } from './commands/run.ts'
import { runs } from './commands/runs.ts'
import { serve } from './commands/serve.ts'
import { show } from './commands/show.ts'
import { study } from './commands/study.ts'
import { table } from './commands/table.ts'
import { teacher } from './commands/teacher.ts'

/** All commands, in the order of the help. One file and one line here add a command. */
export const commands: RegisterCommand[] = [
  init,
  dataset,
  teacher,
  plan,
  run,
  runs,
  show,
  logs,
  pause,
  stop,
  resume,
  reproduce,
  table,
  compare,
  predict,
  exportModel,
  study,
  serve,
  gc,
  backup,
  doctor,
  bench,
]
