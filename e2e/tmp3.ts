import { World } from './harness/world.ts'
import { accepted, numbered } from './harness/app.ts'
import { KINDS } from './stock/kinds.ts'
let logs: string[] = []
const Orig = globalThis.WebSocket
globalThis.WebSocket = class extends Orig {
  constructor(u: string, p: string) {
    super(u, p)
    logs.push('open ' + u)
    this.addEventListener('message', (e: any) =>
      logs.push(
        '<< ' +
          String(e.data)
            .replace(/from=.*?id=/, 'id=')
            .slice(0, 150),
      ),
    )
    this.addEventListener('close', (e: any) => logs.push('closed ' + e.code))
  }
  override send(d: any) {
    logs.push('>> ' + String(d).slice(0, 120))
    super.send(d)
  }
} as never
const world = await World.begin()
const to = KINDS[Number(process.argv[2])]!
for (let i = 0; i < 30; i++) {
  const sender = await world.online(KINDS[Number(process.argv[3])]!)
  const recipient = await world.away(to)
  logs = []
  await accepted(await sender.writeAll(recipient.account, numbered('waiting', 5)))
  await recipient.open()
  await recipient.texts(5)
  await accepted(await sender.writeAll(recipient.account, numbered('live', 3)))
  await recipient.texts(3)
  if (recipient.repeated.length) {
    console.log(i, recipient.repeated)
    console.log(logs.join('\n'))
    break
  }
}
await world.end()
