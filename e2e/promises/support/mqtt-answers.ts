/** How MQTT says that a submission was refused, in each of its versions. */
import { ErrorCode, submissionAnswer } from '@isthmus/proto/codec'
import type { Answer } from './client.ts'
import { readVariable } from './mqtt-packets.ts'

export const hex = (code: number): string => `0x${code.toString(16).padStart(2, '0')}`

const nameOf = (error: ErrorCode): string =>
  Object.entries(ErrorCode).find(([, code]) => code === error)?.[0] ?? ''

/** Of a message on `answers/...`, MQTT 3.1.1. */
export const refusalOnTopic = (
  payload: Uint8Array,
): { readonly id: string; readonly answer: Answer } => {
  const { id, answer } = submissionAnswer.decode(payload)
  if (!answer) throw new Error('a SubmissionAnswer came without an answer')
  return { id, answer: { ...answer, error: nameOf(answer.error), said: 'answers' } }
}

/** Of an MQTT 5 PUBACK: User Properties are 0x26, the Reason String is 0x1f. */
export const refusalIn = (code: number, bytes: Buffer): Answer => {
  const pairs: [string, string][] = []
  let rest = bytes.length > 0 ? readVariable(bytes).rest : bytes
  const string = (): string => {
    const end = 2 + rest.readUInt16BE(0)
    const value = rest.toString('utf8', 2, end)
    rest = rest.subarray(end)
    return value
  }
  while (rest.length > 0) {
    const isPair = rest[0] === 0x26
    rest = rest.subarray(1)
    const first = string()
    if (isPair) pairs.push([first, string()])
  }
  const all = (name: string): string[] =>
    pairs.filter(([key]) => key === name).map((pair) => pair[1])
  return {
    error: all('error')[0] ?? '',
    missing: all('missing'),
    extra: all('extra'),
    retryAfterMs: Number(all('retry-after-ms')[0] ?? 0),
    said: hex(code),
  }
}
