import type { RegisterCommand } from '../command.ts'
import { resolve } from 'node:path'
import { Option } from 'commander'
import { parseRunKey } from '../run-key.ts'

/** export KEY -o DIR: a student, or a knowledge on a student, as a model other programs load. */
export const exportModel: RegisterCommand = (program, act) => program
  .command('export')
  .argument('<key>', 'its key, or the first 6 digits of it', parseRunKey)
  .description('write a student, or a knowledge learnt on one, as a TensorFlow SavedModel with a model card')
  .addOption(new Option('--format <format>', 'what is written').choices(['savedmodel']).default('savedmodel'))
  .requiredOption('-o, --output <dir>', 'new or empty folder')
  .action(act(async ({ terminal, connect }, key: string, { format, output }: { format: 'savedmodel', output: string }) => {
    const exported = await (await connect()).call('models.export', {
      key,
      format,
      into: resolve(output),
    })
    terminal.result(exported, () => [
      `The model is in ${exported.path}:`,
      ...exported.files.map(file => `  ${file}`),
    ].join('\n'))
  }))
