import type { ExportFormat, ExportWeights } from '#shared/export.ts'
import type { RegisterCommand } from '../command.ts'
import { resolve } from 'node:path'
import { Option } from 'commander'
import { ExportFormat as Formats, ExportWeights as Weights, wordLoss } from '#shared/export.ts'
import { parseRunKey } from '../run-key.ts'

/** export KEY -o DIR: a student, or a knowledge on a student, as a model other programs load. */
export const exportModel: RegisterCommand = (program, act) => program
  .command('export')
  .argument('<key>', 'its key, or the first 6 digits of it', parseRunKey)
  .description('write a student, or a knowledge learnt on one, for TensorFlow, TensorFlow.js or ONNX, with a model card and an example')
  .addOption(new Option('--format <format>', 'what is written').choices(Formats.options).default('savedmodel'))
  .addOption(new Option('--weights <type>', 'what filters and matrices are stored as; what smaller ones cost is measured').choices(Weights.options).default('float32'))
  .requiredOption('-o, --output <dir>', 'new or empty folder')
  .action(act(async ({ terminal, connect }, key: string, { format, weights, output }: { format: ExportFormat, weights: ExportWeights, output: string }) => {
    const exported = await (await connect()).call('models.export', {
      key,
      format,
      weights,
      into: resolve(output),
    })
    terminal.result(exported, () => [
      `The model is in ${exported.path}, ${(exported.bytes / 1e6).toFixed(1)} MB:`,
      ...exported.files.map(file => `  ${file}`),
      ...exported.loss ? [`${exported.weights} weights against float32: ${wordLoss(exported.loss)}`] : [],
    ].join('\n'))
  }))
