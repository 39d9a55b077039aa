/**
 * `npm run bench [name] [options]`: measures, prints, asserts nothing. Each bench is a module that
 * exports `run()` and reads its own options after the name.
 */
interface Bench {
  readonly about: string
  readonly load: () => Promise<{ readonly run: () => Promise<void> }>
}

const BENCHES: Readonly<Record<string, Bench>> = {
  relay: {
    about: 'the whole relay, nine directions, against an echo floor and other servers',
    load: () => import('./relay.ts'),
  },
  codec: {
    about: 'the protobuf codecs on the messages of the hot path',
    load: () => import('./codec.ts'),
  },
}

const usage = (): string =>
  [
    'usage: npm run bench [name] [-- options]',
    ...Object.entries(BENCHES).map(([name, { about }]) => `  ${name.padEnd(8)} ${about}`),
  ].join('\n')

const name = process.argv[2] ?? 'relay'
const bench = Object.hasOwn(BENCHES, name) ? BENCHES[name] : undefined
if (bench === undefined) {
  console.error(usage())
  process.exitCode = 2
} else {
  const { run } = await bench.load()
  await run()
}
