/**
 * Configuration: the environment is read once, checked against a schema, and handed on as a typed
 * value. Nothing else reads process.env.
 */
import { z } from 'zod'

export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads a configuration from environment variables.
 * @param schema an object schema whose keys are the variables' names
 * @throws ConfigError that names each wrong variable and says what it should be
 */
export const readConfig = <T extends z.ZodObject>(schema: T, env: Environment): z.output<T> => {
  const given = Object.keys(schema.shape).flatMap((key) =>
    env[key] === undefined || env[key] === '' ? [] : [[key, env[key]]],
  )
  const result = schema.safeParse(Object.fromEntries(given))
  if (result.success) return result.data
  const lines = result.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`)
  throw new ConfigError(`the configuration is wrong:\n${lines.join('\n')}`)
}

/** A TCP port; 0 asks for any free one. */
export const port = (fallback: number): z.ZodDefault<z.ZodCoercedNumber> =>
  z.coerce.number('must be a port, 0 to 65535').int().min(0).max(65_535).default(fallback)

/** A whole number within bounds. */
export const integer = (
  fallback: number,
  min: number,
  max: number,
): z.ZodDefault<z.ZodCoercedNumber> =>
  z.coerce
    .number(`must be a whole number, ${min} to ${max}`)
    .int()
    .min(min)
    .max(max)
    .default(fallback)

/** An address to listen on. */
export const host = (fallback: string): z.ZodDefault<z.ZodString> => z.string().default(fallback)
