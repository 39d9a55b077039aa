/** Preloaded into jest's processes: drops one warning, that VM modules are experimental. */
const emitWarning = process.emitWarning.bind(process)

process.emitWarning = (warning: string | Error, ...rest: unknown[]): void => {
  if (String(warning).startsWith('VM Modules is an experimental feature')) return
  ;(emitWarning as (...args: unknown[]) => void)(warning, ...rest)
}
