/** What TensorFlow says when it starts, whatever its log level. */
const greeting = /^(?:WARNING: All log messages before absl::InitializeLog|[IW]\d{4} )/

/** Whether a line of a worker's output is TensorFlow's greeting: kept in log files, of no use on a terminal. */
export function isEngineGreeting(line: string): boolean {
  return greeting.test(line)
}

/** A text without such lines. */
export function withoutEngineGreeting(text: string): string {
  return text.split('\n').filter(line => !isEngineGreeting(line)).join('\n')
}
